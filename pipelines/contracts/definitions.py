"""What is counted: direct contracts of a provider under six definitions, each a filter on another.

    all_rows                 one per published notice, whichever source carries it
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
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipelines.contracts.groups import PORTAL_ORDER
from pipelines.contracts.superseding import Deal, superseded
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
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Counted:
    """One definition's contracts. `gbp` sums known values; `low` and `high` what the values themselves leave open."""

    id: str
    rows: Sequence[dict[str, Any]]
    notices: tuple[str, ...]
    contracts: int
    gbp: Decimal
    low: Decimal
    high: Decimal
    unknown_values: int

    @property
    def buyers(self) -> int:
        """Distinct buyers; a contract whose buyer nobody knows adds none."""
        return len({row["organisation_id"] for row in self.rows if row["organisation_id"]})


def published_id(notice_id: str) -> str:
    """A notice's id without a revision counter: Contracts Finder's GUID, elsewhere the id itself."""
    portal, _, rest = notice_id.partition(":")
    guids = _GUID.findall(rest) if portal == "contracts-finder" else []
    return f"{portal}:{guids[-1].lower()}" if guids else notice_id


_ROWS = """
SELECT c.contract_id, c.group_id, c.portal, c.ocid, c.reference, c.organisation_id, c.buyer_name, c.notice_ids,
       c.title, c.service_class, c.contract_class, c.value_gbp, c.value_low, c.value_high, c.value_status, c.awarded_on,
       c.start_on, c.end_on, c.url, c.flags, c.source_id,
       coalesce(c.organisation_id, lower(c.buyer_name), '') AS buyer_key,
       list_sort(list(DISTINCT s.supplier_name)) AS suppliers,
       coalesce(bool_and(p.marketplace), false) AS marketplace
FROM contracts c JOIN ({signed}) s USING (contract_id)
LEFT JOIN (SELECT * FROM contract_providers WHERE provider IN (SELECT unnest($family)) AND grade = 'direct') p USING (contract_id)
WHERE c.status IN ('active', 'pending') AND c.contract_class <> 'framework'
  AND ($buyer IS NULL OR c.organisation_id = $buyer)
GROUP BY ALL ORDER BY c.contract_id
"""
_DIRECT = "SELECT contract_id, supplier_name FROM contract_suppliers WHERE provider IN (SELECT unnest($family))"
_OTHERS = """
SELECT contract_id, coalesce(s.supplier_name, 'no supplier named') AS supplier_name
FROM contract_providers LEFT JOIN contract_suppliers s USING (contract_id)
WHERE contract_providers.provider IN (SELECT unnest($providers)) AND contract_providers.grade <> 'direct'
  AND contract_id NOT IN (SELECT contract_id FROM contract_suppliers WHERE provider IN (SELECT unnest($family)))
"""


def count(
    edition: Edition,
    providers: Sequence[str],
    family: Sequence[str],
    buyer: str | None,
    since: dt.date | None,
    on: dt.date,
    named_source: str,
) -> dict[str, Counted]:
    """Every definition by id. `providers` are those asked for, `family` all of the same group of companies."""
    values = {"family": list(family), "buyer": buyer}
    direct = _known_once(edition.rows(_ROWS.format(signed=_DIRECT), values), named_source)
    others = edition.rows(_ROWS.format(signed=_OTHERS), {**values, "providers": list(providers)})
    once = _joined(direct)
    own = [row for row in once if not row["marketplace"]]
    replaced = superseded(
        Deal(
            r["group_id"],
            (r["buyer_key"], r["service_class"]),
            r["value_gbp"],
            r["awarded_on"],
            r["start_on"],
            r["end_on"],
        )
        for r in own
        if r["value_gbp"] is not None and r["awarded_on"] and r["start_on"] and r["end_on"] and r["buyer_key"]
    )
    rows = {
        "all_rows": direct,
        "deduplicated": once,
        "provider_products_only": own,
        "since": [r for r in once if since is None or (r["awarded_on"] is not None and r["awarded_on"] >= since)],
        "superseded_removed": [r for r in own if r["group_id"] not in replaced],
        "in_force": [r for r in once if r["start_on"] and r["end_on"] and r["start_on"] <= on <= r["end_on"]],
        "via_reseller": _joined(_known_once(others, named_source)),
    }
    return {key: _counted(key, found, replaced) for key, found in rows.items()}


def _known_once(rows: list[dict[str, Any]], named_source: str) -> list[dict[str, Any]]:
    """One row per contract and published notice, whichever source carries the notice.

    A source that knows only a reference adds nothing where another knows the notice itself; neither does our
    own table of named contracts.
    """
    with_id = {(row["portal"], row["buyer_key"], row["reference"]) for row in rows if row["reference"] and row["ocid"]}
    published = {(row["portal"], row["ocid"]) for row in rows if row["ocid"] and row["source_id"] != named_source}
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        if not row["ocid"] and (row["portal"], row["buyer_key"], row["reference"]) in with_id:
            continue
        if row["source_id"] == named_source and (row["portal"], row["ocid"]) in published:
            continue
        for notice in sorted({published_id(notice) for notice in row["notice_ids"]}):
            kept.setdefault((notice, row["contract_id"]), {**row, "notice": notice})
    return [kept[key] for key in sorted(kept)]


def _joined(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per group: the one with a known value first, then by portal; all its notices kept."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["group_id"], []).append(row)
    order = {portal: rank for rank, portal in enumerate(PORTAL_ORDER)}
    joined = []
    for _, members in sorted(groups.items()):
        best = min(
            members,
            key=lambda r: (
                r["value_gbp"] is None,
                order.get(r["portal"], 9),
                r["contract_id"] != r["group_id"],
                r["notice"],
            ),
        )
        notices = tuple(sorted({row["notice"] for row in members}))
        joined.append({**best, "notices": notices, "marketplace": all(row["marketplace"] for row in members)})
    return joined


def _counted(key: str, rows: list[dict[str, Any]], replaced: dict[str, str]) -> Counted:
    notices = tuple(sorted({notice for row in rows for notice in row.get("notices", (row["notice"],))}))
    nothing = Decimal(0)
    return Counted(
        id=key,
        rows=rows,
        notices=notices,
        contracts=len(notices) if key == "all_rows" else len(rows),
        gbp=sum((row["value_gbp"] for row in rows if row["value_gbp"] is not None), nothing),
        low=sum(
            (row["value_low"] for row in rows if row["value_low"] is not None and row["group_id"] not in replaced),
            nothing,
        ),
        high=sum((row["value_high"] for row in rows if row["value_high"] is not None), nothing),
        unknown_values=sum(1 for row in rows if row["value_gbp"] is None),
    )
