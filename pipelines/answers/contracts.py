"""Which contracts: who signed, for how much, until when, and who is behind the reseller."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from pipelines import reference
from pipelines.answers import Answer, Figure, new, number, page_of, pounds, sources_of
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.text import search_key

ID = "contracts"
QUESTION = "What was signed, with whom, for how much, until when?"
METHODS = (
    "One row per award within a process, buyer and portal. The value is the award's, a ceiling and never "
    "spending; 0 and 1 stand for unknown and are counted, not summed; frameworks are permission to spend and "
    "never summed. Direct means that a company of the provider signed; named that the notice's words name it; "
    "inferred that it follows from context. Sums take contracts and call-offs in pounds, each group once."
)
# Rows of an answer; the tables of the edition hold all, and `skip` gives the next ones.
MOST = 1_000

# Buyer, title and suppliers of each contract as `search_key` writes words, made once per edition.
_WORDS = r"""
SELECT contract_id, trim(regexp_replace(lower(strip_accents(replace(concat_ws(' ', buyer_name, title, suppliers), '&', ' and '))),
                                        '[^\p{L}\p{N}.]+', ' ', 'g')) AS words
FROM contracts LEFT JOIN (SELECT contract_id, string_agg(supplier_name, ' ') AS suppliers FROM contract_suppliers GROUP BY 1)
     USING (contract_id)
"""
_LISTED = """
listed AS (
  SELECT c.contract_id, c.group_id, p.provider, p.via_reseller, c.contract_class, c.value_gbp, c.value_status,
         c.awarded_on, c.start_on, c.end_on, c.source_id
  FROM contracts c JOIN contract_providers p USING (contract_id) WHERE {where}),
once AS (
  SELECT arg_min(listed, (value_gbp IS NULL, -coalesce(value_gbp, 0), contract_id, provider)) AS g FROM listed GROUP BY group_id)
"""
_SUMS = f"""
WITH {_LISTED},
marked AS (
  SELECT g.via_reseller AS via_reseller, g.contract_class IN ('contract', 'call_off') AS summed,
         g.value_gbp AS gbp, g.value_status AS value_status, year(coalesce(g.awarded_on, g.start_on)) AS year,
         coalesce(g.start_on <= $on AND g.end_on >= $on, false) AS live
  FROM once)
SELECT grouping(year) AS part, year, count(*) AS contracts,
       count(*) FILTER (via_reseller) AS via_reseller, count(*) FILTER (summed) AS summed,
       sum(gbp) FILTER (summed) AS gbp, count(*) FILTER (summed AND value_status <> 'known') AS unknown,
       count(*) FILTER (summed AND live) AS live, sum(gbp) FILTER (summed AND live) AS live_gbp,
       count(*) FILTER (summed AND live AND value_status <> 'known') AS live_unknown
FROM marked GROUP BY GROUPING SETS ((), (year))
"""
_BY_PROVIDER = """
WITH once AS (
  SELECT c.group_id, p.provider, arg_min(c.value_gbp, (c.value_gbp IS NULL, -coalesce(c.value_gbp, 0))) AS gbp
  FROM contracts c JOIN contract_providers p USING (contract_id)
  WHERE {where} AND c.contract_class IN ('contract', 'call_off') GROUP BY 1, 2)
SELECT provider, count(*) AS contracts, coalesce(sum(gbp), 0) AS gbp, count(*) FILTER (gbp IS NULL) AS unknown
FROM once GROUP BY 1 ORDER BY gbp DESC, provider
"""
_PAGE = """
WITH page AS (
  SELECT c.contract_id, c.group_id, c.portal, c.reference, c.organisation_id, c.buyer_name, p.provider, p.grade, p.certainty,
         p.via_reseller, p.phrase, p.place, c.title, c.contract_class, c.value_gbp, c.value_status, c.value_basis, c.awarded_on,
         c.start_on, c.end_on, c.max_end_on, c.flags, c.url, c.source_id
  FROM contracts c JOIN contract_providers p USING (contract_id) WHERE {where}
  ORDER BY c.value_gbp DESC NULLS LAST, c.contract_id, p.provider {limit}),
signed AS (
  SELECT contract_id, list(DISTINCT supplier_name ORDER BY supplier_name) FILTER (supplier_name IS NOT NULL) AS suppliers
  FROM contract_suppliers SEMI JOIN page USING (contract_id) GROUP BY 1)
SELECT page.* EXCLUDE (title, contract_class, value_gbp, value_status, value_basis, awarded_on, start_on, end_on, max_end_on,
                       flags, url, source_id),
       suppliers, title, contract_class, value_gbp, value_status, value_basis, awarded_on, start_on, end_on, max_end_on, flags, url,
       source_id
FROM page LEFT JOIN signed USING (contract_id) ORDER BY value_gbp DESC NULLS LAST, contract_id, provider
"""


def answer(
    edition: Edition,
    provider: str | None = None,
    organisation: str | None = None,
    since: dt.date | None = None,
    on: dt.date | None = None,
    q: str | None = None,
    most: int = MOST,
    skip: int = 0,
) -> Answer:
    """Contracts of a provider, a buyer, with words in buyer, title or supplier, or all that are listed.

    Figures: contracts, gbp (known values), unknown_values, in_force (on `on`, by default the edition's
    as_of), in_force_gbp, via_reseller. Frames: contracts (`most` rows after the first `skip`; 0: all), by_provider (a
    contract with two counts with both), by_year. body.rows: how many rows there are. UnknownName for a provider or organisation that is not known.
    """
    on = on or edition.as_of
    limit, more = page_of(most, skip)
    conditions = ["c.status IN ('active', 'pending')"]
    parameters: dict[str, Any] = {}
    name = "contracts"
    if provider:
        name = f"contracts with {reference.load().provider(provider).name}"
        conditions.append("p.provider = $provider")
        parameters["provider"] = provider
    if organisation:
        body = edition.rows("SELECT name FROM organisations WHERE organisation_id = $id", {"id": organisation})
        if not body:
            ids = edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
            raise UnknownName("organisation", organisation, ids)
        name = f"{name} of {body[0]['name']}"
        conditions.append("c.organisation_id = $organisation")
        parameters["organisation"] = organisation
    if since:
        conditions.append("c.awarded_on >= $since")
        parameters["since"] = since
    if q and (wanted := search_key(q)):
        name = f"{name} that hold “{q[:80]}”"
        edition.derive("contract_words", _WORDS)
        conditions.append("c.contract_id IN (SELECT contract_id FROM contract_words WHERE contains(words, $words))")
        parameters["words"] = wanted
    where = " AND ".join(conditions)
    sums = edition.query(_SUMS.format(where=where), {**parameters, "on": on})
    held = edition.rows(
        f"""SELECT count(*) AS rows, list(DISTINCT c.source_id) AS sources
            FROM contracts c JOIN contract_providers p USING (contract_id) WHERE {where}""",
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
            of=f"{number(summed)} contracts and call-offs",
        ),
        Figure("unknown_values", "Without a known value", unknown, unit="contracts"),
        Figure("in_force", f"In force on {on.isoformat()}", live, unit="contracts"),
        Figure(
            "in_force_gbp",
            f"Known value in force on {on.isoformat()}",
            round(float(whole["live_gbp"]), 2),
            unit="GBP",
            n_unknown=int(whole["live_unknown"]),
        ),
        Figure("via_reseller", "Through a reseller", int(whole["via_reseller"]), unit="contracts"),
    ]
    title = (
        f"We list {number(contracts)} {name}, worth {pounds(total)} where a value is known "
        f"({number(summed - unknown)} of them); {number(live)} are in force on {on:%-d %B %Y}."
        if contracts
        else f"We list no {name}: that says what we hold, not what exists."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        "the contracts listed: named in public sources or imported; not all contracts of the UK",
        METHODS,
        figures=figures,
        frames={
            "contracts": rows,
            "by_provider": edition.query(_BY_PROVIDER.format(where=where), parameters),
            "by_year": _by_year(sums),
        },
        caveats=[
            "An award's value is a ceiling, never money spent; a framework's value is in no sum.",
            "Northern Ireland below the threshold is not covered: its portal offers no public interface.",
            *more(held["rows"]),
        ],
        parameters={
            key: value
            for key, value in (
                ("provider", provider), ("organisation", organisation), ("since", since), ("on", on), ("q", q),
            )
            if value
        },
        sources=sources_of(edition, held["sources"] or ()),
        body={"rows": held["rows"], "contracts": rows},
    )  # fmt: skip


def _by_year(sums: pd.DataFrame) -> pd.DataFrame:
    """Contracts and call-offs by year of award, else of start; last those without either."""
    part = sums[(sums["part"] == 0) & (sums["summed"] > 0)]
    table = pd.DataFrame(
        {"year": part["year"].astype("Int64"), "contracts": part["summed"], "gbp": part["gbp"].fillna(0.0)}
    )
    return table.sort_values("year", na_position="last", ignore_index=True)
