"""Which cloud contracts end when, and was a successor seen?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from pipelines.answers import (
    Answer,
    Figure,
    contracts,
    count,
    family_of,
    long_day,
    new,
    number,
    page_of,
    provider_name,
    sources_of,
    worth,
)
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "renewals"
QUESTION = "Which cloud contracts end when, and was a successor seen?"
METHODS = (
    "Contracts and call-offs behind which evidence shows a provider, each group once, by the month of their end. A "
    "successor is another contract of the same buyer with a provider of the same group of companies that starts "
    "between 180 days before the end and 365 days after it, and runs on beyond it. Not seen means not in our sources."
)
# Rows of an answer; the tables of the edition hold all, and `skip` gives the next ones.
MOST = 200
# A successor may start before the old deal ends, and procurement may run late.
EARLIEST, LATEST = 180, 365
STRETCH = EARLIEST + LATEST
# The nearest is the least number of days, then the first of its contracts: one number holds both.
TENTH = 10_000_000_000

# One row per group and provider, with the nearest contract that carries on. It rests on the edition alone, so it is
# worked out once; a choice of provider, body or day reads it.
# Candidates are met by buyer and by stretch of days, since a buyer of many contracts would meet each with each.
_ENDS = f"""
WITH chosen AS (
  SELECT turn, group_no, contract_id, organisation_id, buyer_name, provider, parent, grade, via_reseller, title, value_gbp,
         start_on, end_on, max_end_on, url, source_id, coalesce(organisation_id, lower(buyer_name)) AS buyer_key
  FROM contract_listed WHERE {contracts.DEPENDS}),
numbered AS MATERIALIZED (
  SELECT *, row_number() OVER (ORDER BY contract_id, provider) AS no,
         dense_rank() OVER (ORDER BY buyer_key, parent) AS buyer_no, start_on - DATE '1970-01-01' AS begins,
         end_on - DATE '1970-01-01' AS ends
  FROM chosen {contracts.once("chosen", "group_no, provider")}),
ones AS (
  SELECT no, group_no, buyer_no, begins, ends,
         unnest(range((ends - {EARLIEST}) // {STRETCH}, (ends + {LATEST}) // {STRETCH} + 1)) AS stretch
  FROM numbered WHERE ends IS NOT NULL AND buyer_key IS NOT NULL),
others AS (
  SELECT no, group_no, buyer_no, begins, ends, begins // {STRETCH} AS stretch FROM numbered WHERE begins IS NOT NULL),
followed AS (
  SELECT one.no, min(abs(other.begins - one.ends) * {TENTH} + other.no) % {TENTH} AS successor_no
  FROM ones one JOIN others other USING (buyer_no, stretch)
  WHERE other.group_no <> one.group_no AND other.begins BETWEEN one.ends - {EARLIEST} AND one.ends + {LATEST}
    AND (other.ends IS NULL OR other.ends > one.ends) AND (one.begins IS NULL OR other.begins > one.begins)
  GROUP BY 1)
SELECT row_number() OVER (ORDER BY one.end_on NULLS LAST, one.contract_id, one.provider) AS place,
       count(*) OVER (PARTITION BY one.group_no) AS providers,
       one.turn = min(one.turn) OVER (PARTITION BY one.group_no) AS stands,
       one.* EXCLUDE (buyer_key, parent, no, buyer_no, begins, ends),
       next.contract_id AS successor, next.start_on AS successor_start_on
FROM numbered one LEFT JOIN followed USING (no) LEFT JOIN numbered next ON next.no = followed.successor_no
ORDER BY place
"""
RUNS, ENDS_SOON, NO_END = "runs", "ends within 12 months", "no end date"
SEEN, UNSEEN = "ended: successor seen", "ended: successor not seen"
_STATE = f"""
CASE WHEN end_on IS NULL THEN '{NO_END}'
     WHEN end_on < $on THEN CASE WHEN successor IS NULL THEN '{UNSEEN}' ELSE '{SEEN}' END
     WHEN end_on < $year_after THEN '{ENDS_SOON}' ELSE '{RUNS}' END
"""
COLUMNS = f"""
contract_id, organisation_id, buyer_name, provider, grade, via_reseller, title, value_gbp, start_on, end_on, max_end_on,
{_STATE} AS state, successor, successor_start_on, url, source_id
"""
BY_END = "place"
# What runs longest on stands first: that is where somebody still has a choice.
LONGEST = "end_on DESC NULLS LAST, value_gbp DESC NULLS LAST, place"


def ends(edition: Edition, sql: str, parameters: dict[str, Any], on: dt.date) -> pd.DataFrame:
    """Rows of a query over `contract_ends`: one row per contract group and provider, with end, state and successor;
    stands: the row that stands for its group, whatever the provider."""
    edition.derive("contract_listed", contracts.LISTED)
    edition.derive("contract_ends", _ENDS)
    if "$on" in sql:
        parameters = {**parameters, "on": on, "year_after": _a_year_after(on)}
    return edition.query(sql, parameters)


def answer(
    edition: Edition,
    provider: str | None = None,
    organisation: str | None = None,
    on: dt.date | None = None,
    most: int = MOST,
    skip: int = 0,
) -> Answer:
    """Ends of contracts around a day, by default the edition's newest evidence.

    Figures: ending (within 12 months), gbp, ended_seen, ended_unseen, no_end. Frames: months (month, provider,
    contracts, gbp, unknown_values); contracts by their end (`most` rows after the first `skip`; 0: all; state: runs, ends
    within 12 months, ended: successor seen, ended: successor not seen, no end date); soon (those that end within 12
    months) and longest (the last to end) of the same columns. A provider stands for its group of companies, as
    body.scope says. body.rows: how many rows there are, one per contract and provider; body.listed: how many contracts.
    """
    on = on or edition.as_of
    limit, more = page_of(most, skip)
    conditions = ["true"]
    parameters: dict[str, Any] = {}
    scope = ""
    if provider:
        family = family_of(provider)[1]
        scope = f" with {provider_name(provider)}" + (" or others of its group of companies" if len(family) > 1 else "")
        parameters |= {f"provider_{place}": member for place, member in enumerate(family)}
        conditions.append(f"provider IN ({', '.join(f'$provider_{place}' for place in range(len(family)))})")
    if organisation:
        known = edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
        if organisation not in set(known):
            raise UnknownName("organisation", organisation, known)
        conditions.append("organisation_id = $organisation")
        parameters["organisation"] = organisation
    where = " AND ".join(conditions)

    def rows(sql: str) -> pd.DataFrame:
        return ends(edition, sql, parameters, on)

    # A contract of one provider has one row, and nothing has to be joined to count it.
    states = rows(
        f"""WITH held AS (SELECT turn, group_no, providers, value_gbp AS gbp, {_STATE} AS state FROM contract_ends WHERE {where}),
            once AS (SELECT state, gbp FROM held WHERE providers = 1 UNION ALL
                     SELECT state, gbp FROM held {contracts.once("(SELECT * FROM held WHERE providers > 1)")})
            SELECT state, count(*) AS contracts, sum(gbp) AS gbp, count(*) FILTER (gbp IS NULL) AS unknown
            FROM once GROUP BY 1"""
    ).set_index("state")
    held = rows(f"SELECT source_id, count(*) AS rows FROM contract_ends WHERE {where} GROUP BY 1")
    total = int(held["rows"].sum())
    listed = f"SELECT {COLUMNS} FROM contract_ends WHERE {where}"
    table = rows(f"{listed} ORDER BY {BY_END} {limit}")
    soon = rows(f"{listed} AND end_on >= $on AND end_on < $year_after ORDER BY {BY_END} LIMIT {MOST}")
    longest = rows(f"{listed} AND (start_on IS NOT NULL OR end_on IS NOT NULL) ORDER BY {LONGEST} LIMIT 40")
    months = rows(
        f"""SELECT strftime(end_on, '%Y-%m') AS month, provider, count(*) AS contracts,
                   coalesce(sum(value_gbp), 0) AS gbp, count(*) FILTER (value_gbp IS NULL) AS unknown_values
            FROM contract_ends WHERE {where} AND end_on IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"""
    )

    def those(*wanted: str) -> int:
        return int(states["contracts"].reindex(wanted, fill_value=0).sum())

    ending, ended = those(ENDS_SOON), those(SEEN, UNSEEN)
    gbp = round(float(states["gbp"].get(ENDS_SOON, 0.0)), 2) if ending else 0.0
    gbp = 0.0 if gbp != gbp else gbp
    figures = [
        Figure("ending", f"End within 12 months of {long_day(on)}", ending, unit="contracts"),
        Figure(
            "gbp",
            "Their known value",
            gbp,
            unit="GBP",
            n_unknown=_unknown(states),
            of=count(ending, "contract"),
        ),
        Figure("ended_seen", "Ended, successor seen", those(SEEN), unit="contracts", of=f"{number(ended)} ended"),
        Figure(
            "ended_unseen", "Ended, successor not seen", those(UNSEEN), unit="contracts", of=f"{number(ended)} ended"
        ),
        Figure("no_end", "Without an end date", those(NO_END), unit="contracts"),
    ]
    title = (
        f"{count(ending, 'cloud contract')}{scope}, {worth(ending, ending - _unknown(states), gbp)}, "
        f"{'ends' if ending == 1 else 'end'} within 12 months of {long_day(on)}."
        if ending
        else f"We list no cloud contract{scope} that ends within 12 months of {long_day(on)}: that says what we hold."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        contracts.POPULATION,
        METHODS,
        figures=figures,
        frames={"contracts": table, "months": months, "soon": soon, "longest": longest},
        caveats=[
            "An end date may have moved: an extension is known only where a later notice says so.",
            "A successor that we do not see may stand on a portal or under a name that we do not hold.",
            *more(total),
        ],
        parameters={k: v for k, v in (("provider", provider), ("organisation", organisation), ("on", on)) if v},
        sources=sources_of(edition, held["source_id"]),
        total={"contracts": total},
        body={"rows": total, "listed": int(states["contracts"].sum()), "scope": scope, "contracts": table},
    )


def _unknown(states: pd.DataFrame) -> int:
    """How many of those that end soon have no known value."""
    return int(states["unknown"].get(ENDS_SOON, 0))


def _a_year_after(day: dt.date) -> dt.date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, month=3, day=1)
