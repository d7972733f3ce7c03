"""How long outages last, by provider and by cause, and how often a long one is to be expected."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipelines import durations, reference
from pipelines.answers import Answer, Figure, new, number, percent, provider_name, sources_of
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.incidents.join import CHECK

ID = "durations"
QUESTION = "How long do outages last?"
METHODS = (
    "Lengths are those of incidents with a stated start and end, or a stated length. Shares are of the events seen; "
    "a group of n under 30 events is drawn towards all events with weight n / 30. The band resamples whole calendar "
    "months. The lognormal curve stands beside as a check: ks is the largest distance between curve and data, p the "
    "share of 400 samples drawn from a fitted lognormal that lie at least as far from their own. A return period is "
    "1 / (events a year x share over the length); hours in a year are those of 10,000 simulated years, whose events come "
    "as scattered over the years as those seen, the middle one and the range of nine in ten. Events without an end, and "
    "the loss of a region, stand outside."
)
NOT_A_PROVIDER = "A vendor's event is not an outage of the whole provider: most touch one product in one region."
NOT_A_LEAGUE = "Vendors publish different things; lengths do not compare vendors."
FAMOUS = (
    "With nothing imported the lengths are those of our reviewed table: famous incidents, whose median is about twice "
    "that of all published events (4.4 against 2.3 hours). Import a table of events for the full model."
)
SIMULATED = 10_000
GRID = (0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 72)


def answer(
    edition: Edition,
    provider: str | None = None,
    cause: str | None = None,
    basis: str = "auto",
    hours: float | None = None,
) -> Answer:
    """Lengths of the incidents of a provider or cause, or of all.

    basis: reviewed (our table), feeds (what vendors published, as collected or imported) or auto (feeds where at
    least 100 of their events have a length). Figures: events, median, over_8h, over_24h (low and high from the
    band), rate and return periods and hours_a_year where the period is known. Frames: curve, providers, causes.
    """
    if provider:
        reference.load().provider(provider)
    rows = edition.rows(
        'SELECT incident_id, providers, cause, started_on, started_at, duration_hours, linked, "check", source_id FROM incidents'
    )
    if cause and cause not in {row["cause"] for row in rows}:
        raise UnknownName("cause", cause, {row["cause"] for row in rows})
    chosen, those = _basis(rows, basis)
    kept, left_out = durations.usable(those)
    group = [r for r in kept if (not provider or provider in r["providers"]) and (not cause or r["cause"] == cause)]
    lengths, pooled = durations.hours_of(group), durations.hours_of(kept)
    curve = _curve(group)
    # How often an event comes can only be told of a set that was not picked by hand.
    figures = _figures(group, lengths, pooled, with_rate=chosen == "feeds", asked=hours)
    made = new(
        edition,
        ID,
        QUESTION,
        _title(group, lengths, chosen, provider, cause),
        f"{number(len(group))} incidents with a length, "
        + ("of those that we reviewed" if chosen == "reviewed" else "of those that vendors published"),
        METHODS,
        figures=figures,
        frames={
            "curve": _curve_frame(curve, lengths, pooled),
            "providers": _groups(kept, pooled, lambda row: row["providers"]),
            "causes": _groups(kept, pooled, lambda row: (row["cause"],)),
        },
        caveats=[NOT_A_PROVIDER, NOT_A_LEAGUE, *([FAMOUS] if chosen == "reviewed" else []), *_left(left_out)],
        parameters={
            k: v for k, v in (("provider", provider), ("cause", cause), ("basis", chosen), ("hours", hours)) if v
        },
        sources=sources_of(edition, (row["source_id"] for row in group)),
    )
    made.body = {
        "basis": chosen,
        "left_out": dict(left_out),
        "curve": made.frames["curve"],
        "providers": made.frames["providers"],
        "causes": made.frames["causes"],
    }
    if hours is not None:
        made.body["longer_shrunk"] = float(durations.shrunk_share_over(lengths, pooled, hours))
    return made


def _basis(rows: Sequence[Mapping[str, Any]], basis: str) -> tuple[str, list[Mapping[str, Any]]]:
    """The rows to model and what they are. A reviewed incident that a feed tells too belongs to both."""
    if basis not in ("auto", "reviewed", "feeds"):
        raise UnknownName("basis", basis, ("auto", "reviewed", "feeds"))
    reviewed = [row for row in rows if row["check"] != CHECK]
    feeds = [row for row in rows if row["check"] == CHECK or row["linked"]]
    if basis == "auto":
        basis = "feeds" if sum(bool(row["duration_hours"]) for row in feeds) >= 100 else "reviewed"
    if basis == "feeds" and not feeds:
        raise Refused(
            "no incident of a feed is held yet; run cloudhold import incidents-feed or cloudhold collect incidents"
        )
    return basis, feeds if basis == "feeds" else reviewed


def _month(row: Mapping[str, Any]) -> str:
    return row["started_on"].strftime("%Y-%m") if row["started_on"] else f"unknown {row['incident_id']}"


def _curve(group: list[Mapping[str, Any]]) -> durations.Curve:
    return durations.exceedance([row["duration_hours"] for row in group], [_month(row) for row in group], GRID)


def _curve_frame(curve: durations.Curve, hours: durations.Floats, pooled: durations.Floats) -> pd.DataFrame:
    """hours, share (events seen), low, high, shrunk (what a model should use), lognormal (the check)."""
    fitted = durations.fit(hours)
    return pd.DataFrame(
        {
            "hours": curve.hours,
            "share": curve.share,
            "low": curve.low,
            "high": curve.high,
            "shrunk": durations.shrunk_share_over(hours, pooled, curve.hours),
            "lognormal": fitted.over(curve.hours) if fitted else np.nan,
        }
    )


def _years(group: list[Mapping[str, Any]]) -> float | None:
    """Calendar years that the events span, whole years; None where a day is not known for any."""
    years = {row["started_on"].year for row in group if row["started_on"]}
    return float(max(years) - min(years) + 1) if years else None


def _figures(
    group: list[Mapping[str, Any]],
    hours: durations.Floats,
    pooled: durations.Floats,
    with_rate: bool,
    asked: float | None,
) -> list[Figure]:
    if not hours.size:
        return [Figure("events", "Incidents with a length", 0, unit="incidents")]
    marks = (8.0, 24.0) if asked is None else (8.0, 24.0, asked)
    band = durations.exceedance([r["duration_hours"] for r in group], [_month(r) for r in group], marks)
    of = f"{number(hours.size)} incidents with a length"
    figures = [
        Figure("events", "Incidents with a length", int(hours.size), unit="incidents"),
        Figure("median", "Half lasted longer than", float(np.median(hours)), unit="hours", of=of),
        Figure("p90", "One in ten lasted longer than", float(np.percentile(hours, 90)), unit="hours", of=of),
    ]
    if asked is not None:
        figures.append(
            Figure(
                "longer", f"Lasted over {asked:g} hours", float(band.share[2]), float(band.low[2]),
                float(band.high[2]), "share", of,
            )
        )  # fmt: skip
    years = _years(group) if with_rate else None
    for place, x in enumerate((8, 24)):
        share = float(durations.share_over(hours, x))
        figures.append(
            Figure(
                f"over_{x}h",
                f"Lasted over {x} hours",
                share,
                float(band.low[place]),
                float(band.high[place]),
                "share",
                of,
            )
        )
        if years:
            rate = hours.size / years
            shrunk = float(durations.shrunk_share_over(hours, pooled, x))
            figures.append(
                Figure(
                    f"return_{x}h", f"Years between published events over {x} hours",
                    durations.return_period(rate, shrunk), unit="years", of=f"{of}, {years:g} calendar years",
                )
            )  # fmt: skip
    if years:
        figures.append(_simulated(group, hours, pooled, years))
    return figures


def _simulated(
    group: list[Mapping[str, Any]], hours: durations.Floats, pooled: durations.Floats, years: float
) -> Figure:
    """Hours of published events in a year: the middle simulated year, and the range that nine in ten years keep."""
    seen = Counter(row["started_on"].year for row in group if row["started_on"])
    counts = [seen[year] for year in range(min(seen), max(seen) + 1)]
    drawn = durations.simulate_years(
        hours.size / years, hours, SIMULATED, size=durations.dispersion(counts), pooled=pooled
    ).total_hours
    low, middle, high = (round(float(x), 1) for x in np.quantile(drawn, (0.05, 0.5, 0.95)))
    return Figure(
        "hours_a_year", "Hours of published events in a year", middle, low, high, "hours",
        f"{number(SIMULATED)} simulated years; events that overlap are counted apart",
    )  # fmt: skip


def _groups(kept: list[Any], pooled: durations.Floats, keys: Any) -> pd.DataFrame:
    """One row per group: n, quantiles, shares as seen and as shrunk, the fitted curve and its check."""
    groups: dict[str, list[Any]] = {}
    for row in kept:
        for key in keys(row):
            groups.setdefault(key, []).append(row)
    rows = []
    for key, members in groups.items():
        hours = durations.hours_of(members)
        fitted, check = durations.fit(hours), _check(tuple(hours))
        rows.append(
            {
                "group": key,
                "n": int(hours.size),
                "median_hours": float(np.median(hours)),
                "p90_hours": float(np.percentile(hours, 90)),
                "over_8h": float(durations.share_over(hours, 8)),
                "over_8h_shrunk": float(durations.shrunk_share_over(hours, pooled, 8)),
                "over_24h": float(durations.share_over(hours, 24)),
                "over_24h_shrunk": float(durations.shrunk_share_over(hours, pooled, 24)),
                "mu": fitted.mu if fitted else None,
                "sigma": fitted.sigma if fitted else None,
                "ks": check[0] if check else None,
                "p": check[1] if check else None,
            }
        )
    columns = ["group", "n", "median_hours", "p90_hours", "over_8h", "over_8h_shrunk", "over_24h", "over_24h_shrunk",
               "mu", "sigma", "ks", "p"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["n", "group"], ascending=[False, True], ignore_index=True)


@functools.lru_cache(maxsize=256)
def _check(hours: tuple[float, ...]) -> tuple[float, float] | None:
    return durations.ks_check(np.array(hours))


def _left(left_out: Counter[str]) -> list[str]:
    return [f"Left out: {number(count)} ({reason})." for reason, count in left_out.most_common()]


def _title(group: list[Any], hours: durations.Floats, basis: str, provider: str | None, cause: str | None) -> str:
    who = provider_name(provider) if provider else "all providers"
    why = f", cause {cause.replace('_', ' ')}" if cause else ""
    kind = "reviewed incidents" if basis == "reviewed" else "published incidents"
    if not hours.size:
        return f"No {kind[:-1]} of {who}{why} has a length."
    over = float(durations.share_over(hours, 8))
    return (
        f"Of {number(len(group))} {kind} of {who}{why} with a length, half lasted longer than "
        f"{float(np.median(hours)):.1f} hours and {percent(over)} longer than 8."
    )
