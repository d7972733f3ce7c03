"""What is counted: direct contracts of a provider under six definitions, each a filter on another.

    all_rows                 one per published notice, whichever source carries it, with the value that it states
    deduplicated             [all_rows] republished twins joined
    provider_products_only   [deduplicated] without goods of another vendor bought in the provider's shop
    since                    [deduplicated] awarded on or after a day
    superseded_removed       [provider_products_only] without deals that a later one replaced
    in_force                 [deduplicated] running on a day

A seventh row, via_reseller, stands outside: contracts that somebody else signed and whose notice names the
provider. Direct: a company of the provider's group signed. Frameworks, and what was cancelled or withdrawn, are
in no row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipelines.contracts.groups import PORTAL_ORDER
from pipelines.contracts.portals import NO_NOTICE
from pipelines.contracts.superseding import SUPERSEDED
from pipelines.edition import Edition

LABELS = {
    "all_rows": "Every published notice",
    "deduplicated": "Republished twins joined",
    "provider_products_only": "Without goods of other vendors",
    "since": "Awarded since",
    "superseded_removed": "Without deals that a later one replaced",
    "in_force": "In force",
    "via_reseller": "Signed by somebody else, naming the provider",
}
DEFINITIONS = tuple(LABELS)


@dataclass(frozen=True, slots=True)
class Counted:
    """One definition's contracts. `gbp` sums known values; `low` and `high` what the values themselves leave open;
    `buyers` are distinct, and a contract whose buyer nobody knows adds none. `notices`: the first of their ids."""

    id: str
    notices: tuple[str, ...]
    contracts: int
    buyers: int
    gbp: Decimal
    low: Decimal
    high: Decimal
    unknown_values: int


@dataclass(frozen=True, slots=True)
class Count:
    """Every definition by id, and the notices behind any of them.

    `notices`: the first of them, each once, with the definitions that count it; `held`: how many there are. `endless`
    and `undated`: deduplicated contracts without an end, and without a day of award. `reported`: direct contracts that
    a page names without a notice that we know, in no definition, worth `reported_gbp`. `sources`: ids of all sources.
    """

    definitions: dict[str, Counted]
    notices: list[dict[str, Any]]
    held: int
    endless: int
    undated: int
    reported: int
    reported_gbp: Decimal
    sources: frozenset[str]


_GUID = "(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
# A notice's id without a revision counter: Contracts Finder's GUID, elsewhere the id itself.
PUBLISHED = f"""
CASE WHEN starts_with(id, 'contracts-finder:') AND regexp_matches(id[18:], '{_GUID}')
     THEN 'contracts-finder:' || lower(regexp_extract_all(id[18:], '{_GUID}')[-1]) ELSE id END
"""
_RANK = " ".join(f"WHEN '{portal}' THEN {rank}" for rank, portal in enumerate(PORTAL_ORDER))

# Contracts that a company of the family signed, and those whose notices name a provider that somebody else signed for.
_SIGNED = f"""
direct AS (SELECT DISTINCT contract_id FROM contract_suppliers WHERE provider IN (SELECT unnest($family))),
others AS (
  SELECT DISTINCT contract_id FROM contract_providers ANTI JOIN direct USING (contract_id)
  WHERE provider IN (SELECT unnest($providers)) AND grade <> 'direct'),
goods AS (
  SELECT contract_id, bool_and(marketplace) AS marketplace FROM contract_providers
  WHERE provider IN (SELECT unnest($family)) AND grade = 'direct' GROUP BY 1),
held AS MATERIALIZED (
  SELECT c.contract_id, c.group_id, c.portal, coalesce(c.ocid, '') AS ocid, coalesce(c.reference, '') AS reference,
         c.organisation_id, coalesce(c.organisation_id, lower(c.buyer_name), '') AS buyer_key, c.notice_ids, c.notice_values,
         c.service_class,
         c.value_gbp, c.value_low, c.value_high, c.awarded_on, c.start_on, c.end_on, c.source_id, s.direct,
         coalesce(goods.marketplace, false) AS marketplace
  FROM contracts c
  JOIN (SELECT contract_id, true AS direct FROM direct UNION ALL SELECT contract_id, false FROM others) s USING (contract_id)
  LEFT JOIN goods USING (contract_id)
  WHERE c.status IN ('active', 'pending') AND c.contract_class <> 'framework'
    AND ($buyer IS NULL OR c.organisation_id = $buyer)),
signed AS MATERIALIZED (SELECT * FROM held WHERE portal <> '{NO_NOTICE}'),
reported AS (
  SELECT * FROM held WHERE portal = '{NO_NOTICE}' AND direct AND group_id NOT IN (SELECT group_id FROM signed))
"""
# One row per contract and published notice, whichever source carries the notice, with what this notice states (the last
# of its revisions): a contract's own value is that of its newest notice. A source that knows only a reference adds
# nothing where another knows the notice itself; neither does our own table of named contracts.
_NOTICED = f"""
with_id AS (SELECT DISTINCT direct, portal, buyer_key, reference FROM signed WHERE reference <> '' AND ocid <> ''),
published AS (SELECT DISTINCT direct, portal, ocid FROM signed WHERE ocid <> '' AND source_id <> $named),
known AS (
  SELECT signed.* FROM signed
  ANTI JOIN with_id w ON signed.ocid = '' AND w.direct = signed.direct AND w.portal = signed.portal
    AND w.buyer_key = signed.buyer_key AND w.reference = signed.reference
  ANTI JOIN published p ON signed.source_id = $named AND p.direct = signed.direct AND p.portal = signed.portal
    AND p.ocid = signed.ocid),
revisions AS (
  SELECT contract_id, unnest(notice_ids) AS id, try_cast(unnest(notice_values) AS DECIMAL(18,2)) AS stated FROM known),
stated AS (
  SELECT contract_id, {PUBLISHED} AS notice, count(*) OVER (PARTITION BY contract_id) > 1 AS amended,
         arg_max(stated, coalesce(try_cast(regexp_extract(id, '-([0-9]+)$', 1) AS BIGINT), 0)) AS stated
  FROM revisions GROUP BY 1, 2),
noticed AS MATERIALIZED (
  SELECT * EXCLUDE (notice_ids, notice_values, amended, stated),
         CASE WHEN amended THEN stated ELSE value_gbp END AS stated_gbp,
         CASE WHEN amended THEN stated ELSE value_low END AS stated_low,
         CASE WHEN amended THEN stated ELSE value_high END AS stated_high
  FROM known JOIN stated USING (contract_id))
"""
# One row per group: the one with a known value first, then by portal.
_JOINED = f"""
once AS MATERIALIZED (
  SELECT * REPLACE (bool_and(marketplace) OVER (PARTITION BY direct, group_id) AS marketplace) FROM noticed
  QUALIFY row_number() OVER (
    PARTITION BY direct, group_id
    ORDER BY value_gbp IS NULL, CASE portal {_RANK} ELSE 9 END, contract_id <> group_id, notice, contract_id) = 1),
deals AS MATERIALIZED (
  SELECT group_id AS id, dense_rank() OVER (ORDER BY buyer_key, service_class) AS kind, value_gbp AS value, awarded_on,
         start_on, end_on
  FROM once WHERE direct AND NOT marketplace AND value_gbp IS NOT NULL AND awarded_on IS NOT NULL AND start_on IS NOT NULL
    AND end_on IS NOT NULL AND buyer_key <> ''),
replaced AS MATERIALIZED ({SUPERSEDED})
"""
_KEPT = {
    "deduplicated": "direct",
    "provider_products_only": "direct AND NOT marketplace",
    "since": "direct AND ($since IS NULL OR awarded_on >= $since)",
    "superseded_removed": "direct AND NOT marketplace AND NOT gone",
    "in_force": "direct AND start_on <= $on AND end_on >= $on",
    "via_reseller": "NOT direct",
}
# One row per thing that a definition counts, and what it sums to.
_COUNTED = f"""
kept AS MATERIALIZED (
  SELECT *, [{", ".join(f"CASE WHEN {condition} THEN '{key}' END" for key, condition in _KEPT.items())}] AS counted_in
  FROM (SELECT *, group_id IN (SELECT id FROM replaced) AS gone FROM once)),
things AS (
  SELECT 'all_rows' AS id, notice, organisation_id, stated_gbp AS value_gbp, stated_low AS value_low,
         stated_high AS value_high, group_id FROM noticed WHERE direct
  UNION ALL
  SELECT unnest(counted_in), NULL, organisation_id, value_gbp, value_low, value_high, group_id FROM kept),
sums AS (
  SELECT id, CASE id WHEN 'all_rows' THEN count(DISTINCT notice) ELSE count(*) END AS contracts,
         count(DISTINCT nullif(organisation_id, '')) AS buyers, sum(value_gbp) AS gbp,
         sum(value_low) FILTER (group_id NOT IN (SELECT id FROM replaced)) AS low, sum(value_high) AS high,
         count(*) FILTER (value_gbp IS NULL) AS unknown_values
  FROM things WHERE id IS NOT NULL GROUP BY 1)
"""
# The first notices behind any definition: of several rows with one notice the first stands for it.
_LISTED = """
page AS (SELECT DISTINCT notice FROM noticed ORDER BY notice LIMIT $most),
shown AS (
  SELECT n.notice, coalesce(min(n.contract_id) FILTER (n.direct), arg_min(k.contract_id, k.group_id)) AS contract_id,
         bool_or(n.direct) AS direct, list_distinct(flatten(list(k.counted_in))) AS counted_in,
         coalesce(sum(n.stated_gbp) FILTER (n.direct), sum(n.stated_gbp) FILTER (NOT n.direct)) AS stated_gbp
  FROM noticed n JOIN page USING (notice) JOIN kept k ON k.direct = n.direct AND k.group_id = n.group_id GROUP BY 1),
named AS (
  SELECT notice, list_sort(list(DISTINCT CASE WHEN direct THEN supplier_name ELSE coalesce(supplier_name, 'no supplier named') END)) AS suppliers
  FROM shown LEFT JOIN contract_suppliers s USING (contract_id)
  WHERE NOT direct OR s.provider IN (SELECT unnest($family)) GROUP BY 1),
listed AS (
  SELECT notice AS notice_id, c.buyer_name AS buyer, suppliers, c.title, c.service_class, stated_gbp::DOUBLE AS value_gbp,
         c.awarded_on, c.start_on, c.end_on, c.url, contract_id,
         CASE WHEN direct THEN list_prepend('all_rows', counted_in) ELSE counted_in END AS counted_in
  FROM shown JOIN named USING (notice) JOIN contracts c USING (contract_id))
"""
_ALL = f"""
WITH {_SIGNED}, {_NOTICED}, {_JOINED}, {_COUNTED}, {_LISTED}
SELECT (SELECT list(sums) FROM sums) AS sums, (SELECT list(listed ORDER BY notice_id) FROM listed) AS notices,
       (SELECT count(DISTINCT notice) FROM noticed) AS held,
       (SELECT list(DISTINCT source_id) FROM (SELECT source_id FROM noticed WHERE direct UNION ALL
                                              SELECT source_id FROM kept WHERE NOT direct)) AS sources,
       (SELECT count(*) FROM kept WHERE direct AND end_on IS NULL) AS endless,
       (SELECT count(*) FROM kept WHERE direct AND awarded_on IS NULL) AS undated,
       (SELECT count(*) FROM reported) AS reported, (SELECT sum(value_gbp) FROM reported) AS reported_gbp
"""


def count(
    edition: Edition,
    providers: Sequence[str],
    family: Sequence[str],
    buyer: str | None,
    since: dt.date | None,
    on: dt.date,
    named_source: str,
    most: int = 0,
) -> Count:
    """Every definition counted. `providers` are those asked for, `family` all of the same group of companies; the
    first `most` notices are listed, or all for 0."""
    asked = {"providers": list(providers), "family": list(family), "buyer": buyer, "since": since, "on": on, "named": named_source,
             "most": most or None}  # fmt: skip
    found = edition.rows(_ALL, asked)[0]
    sums = {row["id"]: row for row in found["sums"] or ()}
    notices = found["notices"] or []
    behind: dict[str, list[str]] = {key: [] for key in DEFINITIONS}
    for notice in notices:
        notice["counted_in"] = [key for key in DEFINITIONS if key in notice["counted_in"]]
        for key in notice["counted_in"]:
            behind[key].append(notice["notice_id"])
    nothing = {"contracts": 0, "buyers": 0, "unknown_values": 0}
    return Count(
        {key: _counted(key, sums.get(key, nothing), behind[key]) for key in DEFINITIONS},
        notices,
        found["held"],
        found["endless"],
        found["undated"],
        found["reported"],
        found["reported_gbp"] or Decimal(0),
        frozenset(found["sources"] or ()),
    )


def _counted(key: str, row: dict[str, Any], notices: Sequence[str]) -> Counted:
    gbp, low, high = (row.get(name) or Decimal(0) for name in ("gbp", "low", "high"))
    return Counted(key, tuple(notices), row["contracts"], row["buyers"], gbp, low, high, row["unknown_values"])
