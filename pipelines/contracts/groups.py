"""What is one contract: the same award published twice in a portal, or in two portals. Linked, never deleted.

Twins within a portal: same buyer, resolved supplier, value, start and end; without a known value, the title
must be the same too. Across portals, in this order of trust:

1. the notice of one portal names the other's as its original (`links.canonical`);
2. same buyer, and the reference of one stands in the reference or title of the other;
3. same buyer, start within 31 days, value within 1 per cent (or 1.2 times: VAT), and most words of the title;
4. same buyer and supplier (or both frameworks) where a value or a start is missing, and most words of the title.

Never the month of publication: portals publish the same award weeks apart. Each contract is linked to at most
one contract of another portal, the best match first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import duckdb

from pipelines.tables import given

PORTAL_ORDER = ("find-a-tender", "contracts-finder", "public-contracts-scotland", "sell2wales")
START_DAYS = 31
WITH_VAT = 1.2 + 0.001
TITLE_OVERLAP = 0.6
_WORD = re.compile(r"\w{2,}")
_EMPTY_WORDS = frozenset(["the", "of", "and", "for", "to", "in", "on", "an", "at", "by", "with", "or"])


def words(title: str | None) -> frozenset[str]:
    """The words of a title that say something."""
    return frozenset(_WORD.findall((title or "").casefold())) - _EMPTY_WORDS


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared words as a part of all words of both titles; 0 where both are empty."""
    either = len(one | other)
    return len(one & other) / either if either else 0.0


class _Sets:
    """Union-find over contract ids."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def root(self, item: str) -> str:
        while (parent := self._parent.get(item, item)) != item:
            self._parent[item] = self._parent.get(parent, parent)
            item = parent
        return item

    def join(self, one: str, other: str) -> None:
        self._parent[self.root(one)] = self.root(other)

    def members(self) -> Iterator[tuple[str, str]]:
        for item in list(self._parent):
            yield item, self.root(item)


# Needs `contracts_raw` and `supplier_keys` (contract_id, supplier_key: who the suppliers are, sorted).
_TWINS = """
SELECT min(contract_id) AS first, unnest(list(contract_id)) AS other
FROM (SELECT c.*, coalesce(k.supplier_key, '') AS supplier_key FROM contracts_raw c LEFT JOIN supplier_keys k USING (contract_id))
WHERE buyer_key <> '' AND supplier_key <> '' AND start_on IS NOT NULL AND end_on IS NOT NULL
GROUP BY portal, buyer_key, supplier_key, amount, start_on, end_on,
         CASE WHEN value_status = 'known' THEN '' ELSE lower(trim(coalesce(title, contract_id))) END
HAVING count(*) > 1
UNION ALL
-- the same notice, from a source that knows its process and from one that knows only its reference
SELECT a.contract_id, b.contract_id
FROM contracts_raw a JOIN contracts_raw b ON a.portal = b.portal AND a.buyer_key = b.buyer_key AND a.reference = b.reference
WHERE a.ocid IS NOT NULL AND b.ocid IS NULL AND a.buyer_key <> ''
QUALIFY count(*) OVER (PARTITION BY b.contract_id) = 1
UNION ALL
-- a process that our reviewed table names, and the same process from its portal
SELECT a.contract_id, b.contract_id
FROM contracts_raw a JOIN contracts_raw b USING (portal, ocid)
WHERE a.source_id <> $named AND b.source_id = $named
QUALIFY count(*) OVER (PARTITION BY b.contract_id) = 1
"""

_ELSEWHERE = """
CREATE OR REPLACE TEMP TABLE elsewhere AS
SELECT c.contract_id, c.portal, c.buyer_key, c.reference, c.title, c.amount, c.value_status, c.start_on, c.contract_class,
       c.canonical_url, c.url, c.notice_ids, coalesce(k.supplier_key, '') AS supplier_key,
       lower(regexp_replace(coalesce(c.reference, ''), '[^A-Za-z0-9]', '', 'g')) AS short_reference,
       lower(regexp_replace(concat_ws(' ', c.reference, c.title), '[^A-Za-z0-9]', '', 'g')) AS short_text
FROM contracts_raw c LEFT JOIN supplier_keys k USING (contract_id)
WHERE c.buyer_key IN (SELECT buyer_key FROM contracts_raw WHERE buyer_key <> '' GROUP BY buyer_key HAVING count(DISTINCT portal) > 1)
   OR c.canonical_url IS NOT NULL
"""

# How far apart two amounts are; none where their signs differ: a logarithm would be no number, and nothing can be sorted by it.
_APART = "CASE WHEN a.amount / nullif(b.amount, 0) >= 0 THEN abs(ln(a.amount / b.amount)) END"

# A reference is worth something when it is long and holds a digit: "1", "TBC" and "Lot 2" are not.
_CANDIDATES = f"""
SELECT 1 AS trust, a.contract_id, b.contract_id, a.portal, b.portal, a.title, b.title, 0.0 AS distance
FROM elsewhere a JOIN contracts_raw b
  ON a.canonical_url IS NOT NULL AND a.portal <> b.portal
 AND (b.url = a.canonical_url OR regexp_extract(a.canonical_url, '([^/=?#]+)/?$', 1) IN (b.reference, b.ocid))
UNION ALL
SELECT 2, a.contract_id, b.contract_id, a.portal, b.portal, a.title, b.title,
       coalesce({_APART}, 9)
FROM elsewhere a JOIN elsewhere b ON a.buyer_key = b.buyer_key AND a.portal <> b.portal
WHERE length(a.short_reference) >= 6 AND regexp_matches(a.short_reference, '[0-9]')
  AND contains(b.short_text, a.short_reference)
  AND (a.supplier_key = b.supplier_key OR a.supplier_key = '' OR b.supplier_key = '')
UNION ALL
SELECT 3, a.contract_id, b.contract_id, a.portal, b.portal, a.title, b.title,
       abs(ln(a.amount / b.amount)) + abs(a.start_on - b.start_on) / 100.0
FROM elsewhere a JOIN elsewhere b ON a.buyer_key = b.buyer_key AND a.portal < b.portal
WHERE a.value_status = 'known' AND b.value_status = 'known' AND abs(a.start_on - b.start_on) <= {START_DAYS}
  AND greatest(a.amount, b.amount) <= {WITH_VAT} * least(a.amount, b.amount)
UNION ALL
SELECT 4, a.contract_id, b.contract_id, a.portal, b.portal, a.title, b.title,
       coalesce(abs(a.start_on - b.start_on) / 100.0, 1) + coalesce({_APART}, 1)
FROM elsewhere a JOIN elsewhere b ON a.buyer_key = b.buyer_key AND a.portal < b.portal
WHERE (a.supplier_key = b.supplier_key AND a.supplier_key <> ''
       OR a.contract_class = 'framework' AND b.contract_class = 'framework')
  AND (a.value_status <> 'known' OR b.value_status <> 'known' OR a.start_on IS NULL OR b.start_on IS NULL)
  AND coalesce(abs(a.start_on - b.start_on) <= {START_DAYS}, true)
  AND coalesce(greatest(a.amount, b.amount) <= {WITH_VAT} * nullif(least(a.amount, b.amount), 0)
               OR a.value_status <> 'known' OR b.value_status <> 'known', true)
"""


def group(connection: duckdb.DuckDBPyConnection, named_source: str) -> None:
    """Leave table `groups` (contract_id, group_id): the group's id is that of the contract that stands for it.

    Rows of `named_source`, our own table of named contracts, never stand for a group that has a published row.
    """
    sets = _Sets()
    for first, other in connection.execute(_TWINS, {"named": named_source}).fetchall():
        sets.join(other, first)
    connection.execute(_ELSEWHERE)
    taken: set[tuple[str, str]] = set()
    known: dict[str, frozenset[str]] = {}

    def near(row: tuple[Any, ...]) -> bool:
        texts = [known.setdefault(title or "", words(title)) for title in row[5:7]]
        return overlap(*texts) >= TITLE_OVERLAP

    candidates = [row for row in connection.execute(_CANDIDATES).fetchall() if row[0] <= 2 or near(row)]
    for _, one, other, portal, other_portal, *_ in sorted(candidates, key=lambda r: (r[0], r[7], *sorted(r[1:3]))):
        if sets.root(one) == sets.root(other):
            continue
        # Twins count as one: what one of them is linked to, the other is too.
        here, there = (sets.root(one), other_portal), (sets.root(other), portal)
        if here in taken or there in taken:
            continue
        sets.join(one, other)
        taken |= {(sets.root(one), other_portal), (sets.root(one), portal)}
    given(connection, "group_members", ("contract_id", "root"), sets.members())
    order = " ".join(f"WHEN '{portal}' THEN {rank}" for rank, portal in enumerate(PORTAL_ORDER))
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE groups AS
            WITH all_members AS (
              SELECT contract_id, root FROM group_members UNION SELECT root, root FROM group_members
            )
            SELECT contract_id, first_value(contract_id) OVER (
              PARTITION BY root
              ORDER BY source_id = $named, CASE portal {order} ELSE 9 END, published_on NULLS LAST, contract_id
            ) AS group_id
            FROM all_members JOIN contracts_raw USING (contract_id)""",
        {"named": named_source},
    )
