"""Figures of concentration: shares of a population, and the map of councils."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from app.charts import Bars, Chart, Dot, DotMap, Dots, Point, Series
from app.figures import MOST_BARS, MOST_DOTS, figure, licence_line, source_line
from app.stores import ask
from app.words import share_range
from pipelines.answers import Answer, long_day, number, provider_name
from pipelines.answers import concentration as concentration_answer
from pipelines.answers import places as places_answer
from pipelines.answers._masses import NONE
from pipelines.edition import Edition

MOST_CATEGORIES = 4


def _certainty(answer: Answer, chart_id: str, what: str, unit: str) -> Bars:
    """Providers of a population as bars split into known and inferred, with what is not known drawn too. `what` evidence
    points to them for, as the title says it of the first."""
    table: pd.DataFrame = answer.frames["providers"]
    none = table[table["provider"] == "none"]
    table = table[table["provider"] != "none"]
    top, other = table.head(MOST_BARS), table.iloc[MOST_BARS:]
    labels = list(top["name"])
    known, inferred = list(top["known"]), list(top["inferred"])
    if len(other):
        labels.append(f"{len(other)} others")
        known.append(float(other["known"].sum()))
        inferred.append(float(other["inferred"].sum()))
    labels += list(none["name"])
    known += list(none["known"])
    inferred += list(none["inferred"])
    missing = [float(answer.figure(state).value or 0) for state in ("unknown", "not_tested")]
    labels += ["Unknown", "Not tested"]
    blank = [0.0] * (len(labels) - 2)
    seen = table["seen_on"].max()
    items = f"{number(answer.figure('items').value)} {unit}"
    title = (
        f"Evidence points to {labels[0]} {what} {number(known[0] + inferred[0])} of {items}"
        if len(top)
        else f"No provider could be shown {what} {items}"
    )
    return Bars(
        id=chart_id,
        title=title,
        subtitle=f"{unit} by provider" + (f", newest record {long_day(seen)}" if pd.notna(seen) else ""),
        unit=unit,
        labels=labels,
        series=(
            Series("known", "Known", [*known, 0.0, 0.0]),
            Series("inferred", "Inferred", [*inferred, 0.0, 0.0]),
            Series("unknown", "Unknown", [*blank, missing[0], 0.0]),
            Series("not_tested", "Not tested", [*blank, 0.0, missing[1]]),
        ),
        of=items,
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("council-mail")
def council_mail(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "concentration", population_id="council-mail")
    return answer, _certainty(answer, "council-mail", "for the mail of", "councils")


@figure("council-mail-filter")
def council_mail_filter(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "concentration", population_id="council-mail-filter")
    return answer, _certainty(answer, "council-mail-filter", "in front of the mail of", "councils")


@figure("service-web")
def service_web(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "concentration", population_id="service-web")
    return answer, _certainty(answer, "service-web", "at the web addresses of", "services")


@figure("concentration")
def shares(
    edition: Edition,
    population: str = "council-mail",
    by: str = "provider",
    weight: str = "count",
    sector: str | None = None,
    evidence: str | None = None,
) -> tuple[Answer, Chart]:
    answer = ask(
        edition, "concentration", population_id=population, by=by, weight=weight, sector=sector, evidence=evidence
    )
    table = answer.frames["providers"]
    drawn = table[table["provider"] != "none"].head(MOST_DOTS)
    of = answer.figure("attributed").of
    one = concentration_answer.BY[by][0]
    first = next(iter(drawn.to_dict("records")), None)
    return answer, Dots(
        id="concentration",
        title=_leader(first, of) if first else f"No {one} could be shown for {of}",
        subtitle="from what evidence shows to what the unknown allows"
        + (f"; the first {MOST_DOTS} of {number(len(table))}" if len(table) > MOST_DOTS else ""),
        unit="share",
        dots=tuple(
            Dot(
                row["name"],
                row["share"],
                "known" if row["known"] else "inferred",
                row["low"],
                row["high"],
                f"rank {row['rank']}",
            )
            for row in drawn.to_dict("records")
        ),
        of=of,
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _leader(first: Mapping[Any, Any], of: str) -> str:
    """Who is ahead, and by what it could be; where ranges overlap, only who is shown most."""
    ahead = "is ahead" if first["rank"] == "1" else "is shown most, though nobody can say who is ahead"
    return f"{first['name']} {ahead}: {share_range(first['low'], first['high'])} of {of}"


@figure("map")
def councils(edition: Edition, role: str = "council-mail") -> tuple[Answer, Chart]:
    answer = ask(edition, "places", role=role)
    places = answer.frames["places"]
    counts = places["provider_name"].value_counts()
    named = [name for name in counts.index if name not in ("Unknown", "Not tested")][:MOST_CATEGORIES]
    shown = [name for name in named if name != provider_name(NONE)]
    keys = {f"p:{name}": name for name in named}
    others = [name for name in counts.index if name not in named and name not in ("Unknown", "Not tested")]
    if others:
        keys["other"] = f"{len(others)} others"
    keys["unknown"] = "Unknown"
    keys["not_tested"] = "Not tested"
    words = {"Unknown": "unknown", "Not tested": "not_tested"}
    lost = int((places["lat"].isna() | places["lon"].isna()).sum())
    points = tuple(
        Point(
            str(row["name"]),
            None if pd.isna(row["lon"]) else float(row["lon"]),
            None if pd.isna(row["lat"]) else float(row["lat"]),
            None if pd.isna(row["inhabitants"]) else float(row["inhabitants"]),
            words.get(row["provider_name"], f"p:{row['provider_name']}" if row["provider_name"] in named else "other"),
            str(row["providers"] if row["provider_name"] not in words else row["provider_name"].lower())
            + (f", {row['certainty']}" if row["certainty"] in ("known", "inferred") else ""),
        )
        for row in places.to_dict("records")
    )
    return answer, DotMap(
        id="map",
        title=f"{places_answer.ROLES[role]}: records of {number(counts[shown[0]])} of {number(len(places))} councils name {shown[0]}"
        if shown
        else f"{places_answer.ROLES[role]}: no council's records name a provider",
        subtitle="councils at the centre of their area, sized by inhabitants, coloured by provider"
        + (f"; {number(lost)} without a known place are in the table only" if lost else ""),
        unit="councils",
        points=points,
        keys=keys,
        size_label="inhabitants",
        of=f"{number(len(places))} councils",
        source=source_line(answer),
        licence=licence_line(answer),
    )
