"""Which contracts: who signed, for how much, until when, and who is behind the reseller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipelines import reference, schema
from pipelines.answers import Answer, Figure, count, long_day, new, number, page_of, sources_of, worth
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.text import search_key

ID = "contracts"
QUESTION = "What was signed, with whom, for how much, until when?"
POPULATION = "the cloud contracts listed: named in public sources or imported; not all contracts of the UK"
METHODS = (
    "One row per award within a process, buyer and portal. The value is the award's, a ceiling and never "
    "spending; 0 and 1 stand for unknown and are counted, not summed; frameworks are permission to spend and "
    "never summed. Direct means that a company of the provider signed; named that the notice's words name it; "
    "inferred that it follows from context. Sums take contracts and call-offs in pounds, each group once: by a "
    "notice with a known value, and of those by the one that the group is called by."
)
# Rows of an answer; the tables of the edition hold all, and `skip` gives the next ones.
MOST = 1_000

# A contract by which a body depends on its provider: a framework is permission to spend, goods of other vendors and
# advertising are bought from a provider and run on nothing of it.
DEPENDS = "contract_class <> 'framework' AND NOT marketplace AND service_class IS DISTINCT FROM 'ads'"

# Contracts and their providers in the order of the list, made once per edition, so that a choice reads columns and the rows
# of one page only. Of the chosen rows of a group the one with the least `turn` stands for it, see `once`: a known value
# first, then the notice that the group is called by, then the order of the list.
_LATER = 10_000_000_000
LISTED = f"""
WITH signed AS (
  SELECT contract_id, list(DISTINCT supplier_name ORDER BY supplier_name) AS suppliers
  FROM contract_suppliers WHERE supplier_name IS NOT NULL GROUP BY 1),
placed AS (
  SELECT row_number() OVER (ORDER BY c.value_gbp DESC NULLS LAST, c.contract_id, p.provider) AS no,
         c.contract_id, c.group_id, p.parent, p.marketplace, p.rule_id, c.portal, c.reference, c.organisation_id,
         c.buyer_name, p.provider, p.grade, p.certainty, p.via_reseller, p.phrase, p.place, suppliers, c.title,
         c.contract_class, c.service_class, c.value_gbp, c.value_status, c.value_basis, c.awarded_on, c.start_on, c.end_on,
         c.max_end_on, c.flags, c.url, c.source_id, o.sector
  FROM contracts c JOIN contract_providers p USING (contract_id) LEFT JOIN signed USING (contract_id)
  LEFT JOIN organisations o ON o.organisation_id = c.organisation_id
  WHERE c.status IN ('active', 'pending')),
turned AS (
  SELECT *, no + {_LATER} * (2 * (value_gbp IS NULL)::BIGINT + (contract_id <> group_id)::BIGINT) AS turn FROM placed)
SELECT *, min(turn) OVER (PARTITION BY group_id) AS group_no, count(*) OVER (PARTITION BY group_id) = 1 AS alone,
       year(awarded_on) AS award_year, contract_class IN ('contract', 'call_off') AS summed
FROM turned ORDER BY no
"""


def once(rows: str, by: str = "group_no") -> str:
    """What follows FROM and rows of the list in a query that takes each group once: `rows` is their name, or the query
    of them in brackets; `by` the columns within which a group counts once."""
    return f"SEMI JOIN (SELECT min(turn) AS turn FROM {rows} GROUP BY {by}) USING (turn)"


# Buyer, title and suppliers of each row as `search_key` writes words.
_WORDS = r"""
SELECT no, trim(regexp_replace(lower(strip_accents(replace(said, '&', ' and '))), '[^\p{L}\p{N}.]+', ' ', 'g')) AS words
FROM (SELECT no, concat_ws(' ', buyer_name, title, array_to_string(suppliers, ' ')) AS said FROM contract_listed)
"""
_SUMS = f"""
WITH listed AS MATERIALIZED (
  SELECT turn, group_no, via_reseller, summed, value_gbp AS gbp, value_status = 'known' AS known,
         awarded_on, start_on, end_on
  FROM contract_listed WHERE {{where}}),
marked AS (
  SELECT *, year(coalesce(awarded_on, start_on)) AS year, coalesce(start_on <= $on AND end_on >= $on, false) AS live
  FROM listed {once("listed")})
SELECT grouping(year) AS part, year, count(*) AS contracts, count(*) FILTER (via_reseller) AS via_reseller,
       count(*) FILTER (summed) AS summed, sum(gbp) FILTER (summed) AS gbp,
       count(*) FILTER (summed AND NOT known) AS unknown,
       count(*) FILTER (summed AND live) AS live, sum(gbp) FILTER (summed AND live) AS live_gbp,
       count(*) FILTER (summed AND live AND NOT known) AS live_unknown
FROM marked GROUP BY GROUPING SETS ((), (year))
"""
_BY_PROVIDER = f"""
WITH listed AS MATERIALIZED (
  SELECT turn, group_no, provider, summed, value_gbp AS gbp FROM contract_listed WHERE {{where}})
SELECT provider, count(*) AS contracts, coalesce(sum(gbp), 0) AS gbp, count(*) FILTER (gbp IS NULL) AS unknown
FROM listed {once("listed", "group_no, provider")} WHERE summed GROUP BY 1 ORDER BY gbp DESC, provider
"""
# What a choice can be narrowed by: the contracts of each value, each group once. A group of one row, as nearly all are, needs
# no look for a second one.
_COUNTED = """
SELECT '{key}' AS key, value::VARCHAR AS value, sum(contracts)::BIGINT AS contracts FROM (
  SELECT {column} AS value, count(*) AS contracts FROM listed WHERE alone GROUP BY 1
  UNION ALL
  SELECT value, count(*) FROM (SELECT DISTINCT {column} AS value, group_no FROM listed WHERE NOT alone) GROUP BY 1)
WHERE value IS NOT NULL GROUP BY ALL"""
NARROWER = {
    "provider": "provider",
    "organisation": "organisation_id",
    "sector": "sector",
    "evidence": "certainty",
    "year": "award_year",
}
_PAGE = """
SELECT * EXCLUDE (no, turn, group_no, alone, award_year, summed, sector, parent, marketplace, rule_id)
FROM contract_listed WHERE {where} ORDER BY no {limit}
"""


def listed(edition: Edition, sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    """Rows of a query over `contract_listed`: one row per contract and provider in the order of the list; group_no: one
    number per group; turn: see `once`; summed: a contract or call-off."""
    edition.derive("contract_listed", LISTED)
    return edition.query(sql, parameters)


def newest(
    edition: Edition, provider: str | None = None, organisation: str | None = None, most: int = MOST
) -> pd.DataFrame:
    """The listed contracts of a provider or a buyer that were awarded last; without a day of award they count as new."""
    return listed(
        edition,
        f"""SELECT * FROM contract_listed
            WHERE ($provider IS NULL OR provider = $provider) AND ($organisation IS NULL OR organisation_id = $organisation)
            ORDER BY least(coalesce(awarded_on, $on), $on) DESC, no LIMIT {int(most)}""",
        {"provider": provider, "organisation": organisation, "on": edition.as_of},
    )


def answer(
    edition: Edition,
    provider: str | None = None,
    organisation: str | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
    on: dt.date | None = None,
    sector: str | None = None,
    evidence: str | None = None,
    q: str | None = None,
    most: int = MOST,
    skip: int = 0,
) -> Answer:
    """Contracts of a provider, a buyer, a sector of buyers, with words in buyer, title or supplier, or all that are listed.

    `since` and `until` are days of award, the first and the last; `evidence` "known" leaves out contracts whose provider is
    inferred, None and "inferred" leave out none.

    Figures: contracts, gbp (known values), unknown_values, in_force (on `on`, by default the edition's
    as_of), in_force_gbp, via_reseller. Frames: contracts (`most` rows after the first `skip`; 0: all), by_provider (a
    contract with two counts with both), by_year, narrower (key, value, body, contracts: what is left once a
    further key has that value). body.rows: how many rows there are. UnknownName for a provider, organisation,
    sector or evidence that is not known.
    """
    on = on or edition.as_of
    limit, more = page_of(most, skip)
    edition.derive("contract_listed", LISTED)
    conditions = ["true"]
    parameters: dict[str, Any] = {}
    name = ""
    if provider:
        name = f" with {reference.load().provider(provider).name}"
        conditions.append("provider = $provider")
        parameters["provider"] = provider
    if organisation:
        body = edition.rows("SELECT name FROM organisations WHERE organisation_id = $id", {"id": organisation})
        if not body:
            ids = edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
            raise UnknownName("organisation", organisation, ids)
        name = f"{name} of {body[0]['name']}"
        conditions.append("organisation_id = $organisation")
        parameters["organisation"] = organisation
    if sector:
        if sector not in schema.CODELISTS["sector"]:
            raise UnknownName("sector", sector, schema.CODELISTS["sector"])
        name = f"{name} by {schema.CODELISTS['sector'][sector]}"
        conditions.append("sector = $sector")
        parameters["sector"] = sector
    if evidence not in (None, "known", "inferred"):
        raise UnknownName("evidence", evidence or "", ("known", "inferred"))
    if since:
        conditions.append("awarded_on >= $since")
        parameters["since"] = since
    if until:
        conditions.append("awarded_on <= $until")
        parameters["until"] = until
    if since or until:
        first, last = (f" {word} {long_day(day)}" if day else "" for word, day in (("from", since), ("to", until)))
        name = f"{name} awarded{first}{last}"
    if evidence == "known":
        name = f"{name} whose provider is known, not inferred"
        conditions.append("certainty = 'known'")
    if q and (wanted := search_key(q)):
        name = f"{name} that hold “{q[:80]}”"
        edition.derive("contract_words", _WORDS)
        conditions.append("no IN (SELECT no FROM contract_words WHERE contains(words, $words))")
        parameters["words"] = wanted
    where = " AND ".join(conditions)
    sums = edition.query(_SUMS.format(where=where), {**parameters, "on": on})
    held = edition.rows(
        f"SELECT count(*) AS rows, list(DISTINCT source_id) AS sources FROM contract_listed WHERE {where}",
        parameters,
    )[0]
    rows = edition.query(_PAGE.format(where=where, limit=limit), parameters)
    # The year grouped away: the sums of everything.
    whole = sums[sums["part"] == 1].fillna({"gbp": 0, "live_gbp": 0}).iloc[0]
    contracts, summed, unknown, live = (int(whole[key]) for key in ("contracts", "summed", "unknown", "live"))
    total = round(float(whole["gbp"]), 2)
    figures = [
        Figure("contracts", "Contracts listed", contracts, unit="contracts"),
        Figure(
            "gbp",
            "Known value of contracts and call-offs",
            total,
            unit="GBP",
            n_unknown=unknown,
            of=count(summed, "contract or call-off", "contracts and call-offs"),
        ),
        Figure("unknown_values", "Without a known value", unknown, unit="contracts"),
        Figure("in_force", f"In force on {long_day(on)}", live, unit="contracts"),
        Figure(
            "in_force_gbp",
            f"Known value in force on {long_day(on)}",
            round(float(whole["live_gbp"]), 2),
            unit="GBP",
            n_unknown=int(whole["live_unknown"]),
        ),
        Figure("via_reseller", "Through a reseller", int(whole["via_reseller"]), unit="contracts"),
    ]
    title = (
        f"We list {count(contracts, 'contract')}{name}, {worth(contracts, summed - unknown, total)}; "
        f"{_live(contracts, live)} in force on {long_day(on)}."
        if contracts
        else f"We list no contracts{name}: that says what we hold, not what exists."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        POPULATION,
        METHODS,
        figures=figures,
        frames={
            "contracts": rows,
            "by_provider": edition.query(_BY_PROVIDER.format(where=where), parameters),
            "by_year": _by_year(sums),
            "narrower": _narrower(edition, where, parameters),
        },
        caveats=[
            "An award's value is a ceiling, never money spent; a framework's value is in no sum.",
            "Northern Ireland below the threshold is not covered: its portal offers no public interface.",
            *more(held["rows"]),
        ],
        parameters={
            key: value
            for key, value in (
                ("provider", provider), ("organisation", organisation), ("since", since), ("until", until), ("on", on),
                ("sector", sector), ("evidence", evidence), ("q", q),
            )
            if value
        },
        sources=sources_of(edition, held["sources"] or ()),
        total={"contracts": held["rows"]},
        body={"rows": held["rows"], "contracts": rows},
    )  # fmt: skip


def _live(contracts: int, live: int) -> str:
    """Those in force. One without both days may run all the same, so that none is shown, not that none is."""
    if not live:
        return "it is not shown to be" if contracts == 1 else "none is shown to be"
    if contracts == 1:
        return "it is"
    return f"{number(live)} {'is' if live == 1 else 'are'}"


def _by_year(sums: pd.DataFrame) -> pd.DataFrame:
    """Contracts and call-offs by year of award, else of start; last those without either."""
    part = sums[(sums["part"] == 0) & (sums["summed"] > 0)]
    table = pd.DataFrame(
        {"year": part["year"].astype("Int64"), "contracts": part["summed"], "gbp": part["gbp"].fillna(0.0)}
    )
    return table.sort_values("year", na_position="last", ignore_index=True)


def _narrower(edition: Edition, where: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """How many contracts of this choice each value of a further one would leave: key, value, body (its name), contracts."""
    counted = " UNION ALL ".join(_COUNTED.format(key=key, column=column) for key, column in NARROWER.items())
    return edition.query(
        f"WITH listed AS MATERIALIZED (SELECT alone, group_no, {', '.join(NARROWER.values())} FROM contract_listed "
        f"WHERE {where}) "
        f"SELECT key, value, name AS body, contracts FROM ({counted}) LEFT JOIN organisations "
        "ON key = 'organisation' AND organisation_id = value ORDER BY key, contracts DESC, value",
        parameters,
    )
