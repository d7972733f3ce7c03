"""A published figure beside ours: the same thing counted in our sources, and how the two stand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.answers import count, family_of, number, percent
from pipelines.contracts.definitions import LABELS, Count
from pipelines.edition import Edition

CONTRACTS = ("contracts", "gbp", "buyers")
FINGERPRINTS = ("bodies", "connections")
MEASURES = (*CONTRACTS, "payments", "sales", *FINGERPRINTS, "none")
# Where ours and a published figure differ by no more than rounding.
SAME = 0.03


def compare(
    edition: Edition, claim: Mapping[str, Any], figure: Mapping[str, Any], found: Count | None
) -> dict[str, Any]:
    """One published figure beside ours."""
    measure = figure["measure"]
    ours: float | None = None
    of: int | None = None
    how = figure.get("why", "")
    if found and measure in CONTRACTS:
        c = found.definitions[figure["definition"]]
        ours = float(c.gbp) if measure == "gbp" else float(c.contracts if measure == "contracts" else c.buyers)
        how = f"direct contracts, {LABELS[c.id].lower()}"
        if c.id == "since" and found.undated:
            how += f"; {count(found.undated, 'contract')} without an award date left out"
    elif measure in ("payments", "sales"):
        ours, how = _money(edition, measure, {"provider": claim.get("provider"), **figure})
    elif measure in FINGERPRINTS:
        ours, of, how = _fingerprints(edition, figure)
    said = float(figure["value"])
    if measure == "bodies" and of:
        part = (ours or 0) / of
        result = f"{percent(part)} of {number(of)} bodies in our records, {percent(said / figure['of'])} of {figure['of']} as published"
    elif ours is None:
        result = f"our sources hold nothing that could confirm or contradict it: {how}"
    elif measure == "connections":
        result = f"not comparable: {how}"
    elif said and abs(ours - said) <= SAME * said:
        result = "our sources give the same figure"
    elif ours < said:
        result = (
            f"our sources hold {percent(ours / said)} of it; what they lack is listed, and a part is no contradiction"
        )
    else:
        result = "our sources hold more than that under this definition: compare the definitions"
    return {
        "id": figure["id"],
        "label": figure["label"],
        "published": said,
        "unit": figure["unit"],
        "ours": ours,
        "of": of,
        "measure": how,
        "result": result,
        "publisher": claim["publisher"],
        "date": claim["date"],
        "reply": claim["reply"],
    }


def _money(edition: Edition, table: str, figure: Mapping[str, Any]) -> tuple[float | None, str]:
    _, family, name = family_of(figure["provider"])
    day = "paid_on" if table == "payments" else "sold_on"
    row = edition.rows(
        f"""SELECT count(*) AS n, sum(amount) AS gbp, min({day}) AS first, max({day}) AS last FROM {table}
            WHERE provider IN (SELECT unnest($family)) AND {day} BETWEEN $from AND $to
              AND ($buyer IS NULL OR organisation_id = $buyer)""",
        {"family": family, "from": figure["from"], "to": figure["to"], "buyer": figure.get("buyer")},
    )[0]
    words = "payments in published spending files" if table == "payments" else "sales that suppliers reported"
    if not row["n"]:
        return None, f"no {words} to {name} in those dates"
    return float(row["gbp"]), f"{number(row['n'])} lines of {words}, {row['first']} to {row['last']}"


def _fingerprints(edition: Edition, figure: Mapping[str, Any]) -> tuple[float, int, str]:
    """Bodies, or hosts and roles, in which a provider is seen: departments, agencies and councils with records."""
    home = figure.get("jurisdiction")
    family = family_of(figure["provider"])[1] if figure.get("provider") else None
    row = edition.rows(
        """WITH seen AS (
             SELECT f.* FROM findings f JOIN organisations o USING (organisation_id)
             WHERE o.sector IN ('central', 'local') AND NOT f.private
           ), hits AS (
             SELECT * FROM seen WHERE provider NOT IN ('unknown', 'none')
               AND ($home IS NULL OR jurisdiction = $home) AND ($family IS NULL OR provider IN (SELECT unnest($family)))
           )
           SELECT (SELECT count(DISTINCT organisation_id) FROM seen) AS bodies,
                  (SELECT count(DISTINCT organisation_id) FROM hits) AS with_it,
                  (SELECT count(*) FROM (SELECT DISTINCT subject, role, provider FROM hits)) AS connections""",
        {"home": home, "family": family},
    )[0]
    if figure["measure"] == "bodies":
        return (
            float(row["with_it"]),
            int(row["bodies"]),
            "departments, agencies and councils in whose records it is seen",
        )
    how = f"ours are pairs of host and provider in a role, over {number(row['bodies'])} bodies; theirs are not defined"
    return float(row["connections"]), int(row["bodies"]), how


# How our sources stand to claimed figures, by how a result begins, in the order in which they are told.
STANDINGS = {
    "our sources give": "give the same figure for {}",
    "our sources hold more": "hold more than claimed on {} under our definition, which neither confirms nor contradicts",
    "our sources hold": "hold a part of {}, which neither confirms nor contradicts",
    "our sources hold nothing": "hold nothing on {}",
    "": "stand on another base than {}",
}


def standing(results: list[str]) -> str:
    """What our sources say of the claimed figures, in one sentence."""
    starts = [max((start for start in STANDINGS if result.startswith(start)), key=len) for result in results]
    found = {words: starts.count(start) for start, words in STANDINGS.items() if start in starts}
    if len(found) == 1:
        whole = "the figure claimed" if len(results) == 1 else f"the {number(len(results))} figures claimed"
        return f"our sources {next(iter(found)).format(whole)}."
    said = [words.format(number(times)) for words, times in found.items()]
    return f"of the {number(len(results))} figures claimed our sources {'; they '.join(said)}."
