"""Does a published figure hold? Direct contracts under each definition, and what our sources lack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from pipelines import reference, reference_tables
from pipelines.answers import (
    Answer,
    Figure,
    count,
    family_of,
    jsonable,
    listing,
    long_day,
    new,
    number,
    page_of,
    pounds,
    provider_name,
    sources_of,
    worth,
)
from pipelines.answers._compared import CONTRACTS, FINGERPRINTS, MEASURES, compare, standing
from pipelines.contracts import definitions
from pipelines.contracts.definitions import DEFINITIONS, LABELS, Count, Counted
from pipelines.edition import Edition
from pipelines.errors import BadReference, Refused, UnknownName

ID = "claim"
QUESTION = "Does a published figure about cloud contracts hold?"
METHODS = (
    "Direct contracts only: a company of the provider's group signed. Each definition filters another: every published "
    "notice; twins joined (same buyer, supplier, value, start and end, or the same award on another portal); without "
    "goods of another vendor; awarded since a day; without deals that a later one of the same buyer, provider and "
    "class replaced (value within a factor of two, half of the shorter term in common); in force on a day. Sums take "
    "known values in pounds; a range shows what the values themselves leave open, with replaced deals left out of its "
    "low end. What others signed and the notice names stands apart, as signed by somebody else."
)
# Notices of an answer that a page shows; a file has all.
MOST = 200
PROCUREMENT = (
    "contracts-finder",
    "contracts-finder-search",
    "find-a-tender",
    "public-contracts-scotland",
    "sell2wales",
)


def claims() -> dict[str, dict[str, Any]]:
    """The stored claims by id, checked."""
    found = reference.load().toml("claims.toml")
    for key, claim in found.items():
        for name in ("title", "publisher", "date", "reply", "source", "check", "figures"):
            if not claim.get(name):
                raise BadReference("claims.toml", key, f"lacks {name}")
        for figure in claim["figures"]:
            if figure.get("measure") not in MEASURES:
                raise BadReference("claims.toml", key, f"measure {figure.get('measure')!r} is not known")
            if figure["measure"] in CONTRACTS and figure.get("definition") not in DEFINITIONS:
                raise BadReference("claims.toml", key, f"definition {figure.get('definition')!r} is not known")
    return found


def answer(
    edition: Edition,
    claim_id: str | None = None,
    provider: str | None = None,
    buyer: str | None = None,
    since: dt.date | None = None,
    on: dt.date | None = None,
    most: int = 0,
) -> Answer:
    """One stored claim, or the definitions for a provider, a buyer, a first award day and a day of force.

    Figures: contracts and value of each definition. Frames: definitions, notices (the first `most`; 0: all), and for a
    stored claim figures (published beside ours).
    """
    claim: dict[str, Any] = {}
    if claim_id is not None:
        known = claims()
        if claim_id not in known:
            raise UnknownName("claim", claim_id, known)
        claim = known[claim_id]
        provider = provider or claim.get("provider")
        since, on = since or claim.get("since"), on or claim.get("on")
    elif provider is None:
        raise Refused(f"name a claim ({listing(sorted(claims()), 4)}) or a provider")
    on = on or edition.as_of
    buyer_name = _buyer(edition, buyer)
    page_of(most, 0)
    found: Count | None = None
    name = ""
    if provider is not None:
        _, family, name = family_of(provider)
        found = _count(edition, provider, buyer, since, on, most)
    counted = found.definitions if found else {}
    rows = [
        {
            "id": key,
            "label": _label(key, since, on),
            "contracts": c.contracts,
            "buyers": c.buyers,
            "gbp": float(c.gbp),
            "low": float(c.low),
            "high": float(c.high),
            "unknown_values": c.unknown_values,
            "notices": list(c.notices),
        }
        for key, c in counted.items()
    ]
    notices = found.notices if found else []
    measured = {figure["measure"] for figure in claim.get("figures", ())} - {"none"}
    lacks = _lacks(edition, measured or {"contracts", "payments"})
    if found and found.reported:
        lacks.append(
            f"Notices of {number(found.reported)} more direct contracts that a page names, worth "
            f"{pounds(float(found.reported_gbp))} where a value is known: we know no notice of them, so no row counts them"
        )
    beside = [compare(edition, claim, figure, found) for figure in claim.get("figures", ())]
    verdict = _verdict(name, buyer_name, counted, claim, beside)
    query = _query(claim_id, provider, buyer, since, on)
    figures = [
        Figure(
            key,
            _label(key, since, on),
            float(c.gbp),
            low=float(c.low),
            high=float(c.high),
            unit="GBP",
            of=f"{count(c.contracts, 'contract')}, {number(c.unknown_values)} without a known value",
            n_unknown=c.unknown_values,
        )
        for key, c in counted.items()
    ]
    caveats = [
        "An award's value is a ceiling, never money spent; where several suppliers share one value it is shown whole.",
        *([claim["note"]] if claim.get("note") else []),
    ]
    if counted and len(family) > 1 and counted["deduplicated"].contracts:
        caveats.append(
            f"The companies that signed sell {listing([provider_name(p) for p in family], 4)}: a direct contract "
            f"shows the group, the words of its notice the product."
        )
    if found and found.endless:
        caveats.append(f"{number(found.endless)} of the contracts have no end date and are not counted as in force.")
    if found and since and found.undated:
        caveats.append(
            f"{number(found.undated)} of the contracts have no award date and are not counted as awarded since."
        )
    used = {*(found.sources if found else ()), reference_tables.source_id("claims")}
    frames = {"definitions": pd.DataFrame(rows), "notices": pd.DataFrame(notices)}
    if claim:
        frames["figures"] = pd.DataFrame(beside)
    return new(
        edition,
        ID,
        QUESTION,
        f"{claim['title']}: {verdict}" if claim else verdict,
        "contracts in our sources, signed by a company of the provider; not all contracts of the UK",
        METHODS,
        figures=figures,
        frames=frames,
        total={"notices": found.held} if found else {},
        caveats=caveats,
        parameters={
            key: value
            for key, value in (
                ("claim", claim_id),
                ("provider", provider),
                ("buyer", buyer),
                ("since", since),
                ("on", on),
            )
            if value
        },
        sources=sources_of(edition, used),
        body={
            **({"claim": {"id": claim_id, **_published(claim)}, "figures_published": beside} if claim else {}),
            "definitions": rows,
            "rows": notices,
            "query": query,
            "lacks": lacks,
            "verdict": verdict,
        },
    )


def compared(edition: Edition, claim_id: str) -> list[dict[str, Any]]:
    """The published figures of a stored claim beside ours. Contracts are counted only where a figure counts them."""
    claim = claims()[claim_id]
    found = None
    if any(figure["measure"] in CONTRACTS for figure in claim["figures"]):
        found = _count(edition, claim["provider"], None, claim.get("since"), claim.get("on") or edition.as_of, most=1)
    return [compare(edition, claim, figure, found) for figure in claim["figures"]]


def _count(edition: Edition, provider: str, buyer: str | None, since: dt.date | None, on: dt.date, most: int) -> Count:
    meant, family, _ = family_of(provider)
    named = reference_tables.source_id("contracts")
    return definitions.count(edition, meant, family, buyer, since, on, named, most)


def _published(claim: Mapping[str, Any]) -> dict[str, Any]:
    return {key: jsonable(claim.get(key)) for key in ("title", "publisher", "date", "reply", "note", "source", "check")}


def _buyer(edition: Edition, buyer: str | None) -> str | None:
    if buyer is None:
        return None
    found = edition.value("SELECT name FROM organisations WHERE organisation_id = $id", {"id": buyer})
    if found is None:
        raise UnknownName(
            "organisation", buyer, edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
        )
    return str(found)


def _label(key: str, since: dt.date | None, on: dt.date) -> str:
    if key == "since":
        return f"Awarded since {long_day(since)}" if since else "Awarded since (no day given)"
    return f"In force on {long_day(on)}" if key == "in_force" else LABELS[key]


def _query(claim_id: str | None, provider: str | None, buyer: str | None, since: dt.date | None, on: dt.date) -> str:
    parts = ["cloudhold claim", claim_id or ""]
    for option, value in (("provider", provider), ("buyer", buyer), ("since", since), ("on", on)):
        if value is not None:
            parts.append(f"--{option} {value}")
    return " ".join(part for part in parts if part)


def _lacks(edition: Edition, measures: Collection[str]) -> list[str]:
    """What our sources do not hold of what is measured, from the edition's own coverage."""
    rows = {row["collector"]: row for row in edition.rows("SELECT * FROM coverage")}
    lacks = _lacking_notices(rows) if any(measure in CONTRACTS for measure in measures) else []
    if "payments" in measures and edition.counts.get("payments", 0) == 0:
        lacks.append("Payments: no spending file was read, so nothing here says what was invoiced")
    if "sales" in measures and edition.counts.get("sales", 0) == 0:
        lacks.append("Sales: no file of sales under a framework was read")
    if any(measure in FINGERPRINTS for measure in measures):
        lacks.extend(_lacking_records(edition, rows))
    return lacks


def _lacking_records(edition: Edition, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    bodies, read = edition.rows(
        """SELECT count(*) AS bodies, count(*) FILTER (organisation_id IN (SELECT organisation_id FROM findings WHERE NOT private)) AS read
           FROM organisations WHERE sector IN ('central', 'local')"""
    )[0].values()
    lacks = [
        f"Records of names: none read of {number(bodies - read)} of the {number(bodies)} departments, agencies and councils"
    ]
    if not rows.get("scan", {}).get("rows"):
        lacks.append(
            "A scan: none was made, so what we see comes from published zone files and councils' mail records; websites and "
            "who holds their addresses were not looked up"
        )
    return lacks


def _lacking_notices(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lacks = []
    for source in PROCUREMENT:
        row = rows.get(source)
        if row is None or row["state"] in ("not_collected", "failed"):
            lacks.append(f"{_titled(rows, source)}: not collected")
        elif row["state"] != "complete":
            lacks.append(
                f"{_titled(rows, source)}: {row['state']}, from {row['date_from'] or 'an unknown day'} to {row['date_to'] or 'an unknown day'}"
            )
    for row in rows.values():
        if row["state"] == "imported" and row["collector"] not in PROCUREMENT:
            lacks.append(f"{row['title']}: files that somebody gave us; nobody says that they are complete")
        if row["state"] == "not_covered":
            lacks.append(f"{row['title']}: not covered, {row['reason']}")
    return lacks


def _titled(rows: Mapping[str, Mapping[str, Any]], source: str) -> str:
    """A source by its title, with the name under which it is collected."""
    return f"{rows[source]['title']} ({source})" if source in rows else source


def _verdict(
    name: str,
    buyer_name: str | None,
    counted: Mapping[str, Counted],
    claim: Mapping[str, Any],
    compared: list[dict[str, Any]],
) -> str:
    if claim:
        return standing([row["result"] for row in compared])
    base = counted["deduplicated"]
    who = f"{buyer_name} and {name}" if buyer_name else name
    if not base.contracts:
        return f"our sources hold no direct contract of {who}: that says what we hold, not what exists."
    known = base.contracts - base.unknown_values
    sums = sorted(counted[key].gbp for key in DEFINITIONS[:6])
    between = (
        f"; between {pounds(float(sums[0]))} and {pounds(float(sums[-1]))} by what is counted"
        if sums[0] < sums[-1]
        else ""
    )
    return (
        f"evidence suggests {count(base.contracts, 'direct contract')} of {who}, "
        f"{worth(base.contracts, known, float(base.gbp))}{between}."
    )
