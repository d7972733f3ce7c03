"""What is doubted, what was left out, and what each source covers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb

from pipelines import reference_tables
from pipelines.manifest import Manifest
from pipelines.records import Coverage, Issue
from pipelines.reference import Reference


def _issue(kind: str, table: str, record: str | None, detail: str | None, source: str) -> Issue:
    return Issue(f"i-{reference_tables.short(kind, table, record, detail)}", kind, table, record, detail, source)


def contract_issues(connection: duckdb.DuckDBPyConnection) -> Iterator[Issue]:
    """What the fold doubts of contracts."""
    rows = connection.execute(
        """SELECT unnest(list_concat(flags, CASE WHEN value_status <> 'known' THEN ['value-' || value_status] ELSE [] END)),
                  contract_id, source_id FROM contracts ORDER BY ALL"""
    )
    for kind, contract_id, source_id in rows.fetchall():
        yield _issue(kind, "contracts", contract_id, None, source_id)


def used(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> Counter[str]:
    """How many rows of `tables` rest on each source."""
    counts: Counter[str] = Counter()
    for name in tables:
        counts.update(dict(connection.execute(f"SELECT source_id, count(*) FROM {name} GROUP BY ALL").fetchall()))
    return counts


def issues(tables: Mapping[str, list[Any]], withheld: int) -> Iterator[Issue]:
    """What is doubted or left out, counted: contradictions, unchecked marks, withheld."""
    for finding in tables["findings"]:
        if finding.contradiction:
            yield _issue("contradiction", "findings", finding.finding_id, finding.contradiction, finding.source_id)
    weak = Counter(f.rule_id for f in tables["findings"] if f.confidence == "possible" and f.certainty == "inferred")
    for rule, count in sorted(weak.items()):
        yield _issue("rule-not-rechecked", "findings", rule, f"{count} findings", "reference-providers")
    if withheld:
        yield _issue(
            "withheld",
            "observations",
            None,
            f"{withheld} records that point to closed providers or to nothing are kept back: they could be claimed by anybody",
            "reference-service_records",
        )


_COLLECTOR = ("collector", "title", "state", "stale_after_days", "reason")


def coverage(
    reference: Reference, manifest: Manifest, tables: Mapping[str, list[Any]], resting: Counter[str]
) -> list[Coverage]:
    rows: dict[str, Coverage] = {}
    counts = Counter(resting)
    for name, records in tables.items():
        if name in ("sources", "coverage", "issues"):
            continue
        counts.update(record.source_id for record in records)
    by_collector: dict[str, list[Any]] = defaultdict(list)
    for source in tables["sources"]:
        if source.collector == "reference":
            title, used = source.title, counts[source.source_id]
            rows[source.source_id] = Coverage(
                source.source_id,
                title,
                "reference",
                source.date_from,
                source.date_to,
                used,
                400,
                reference.tables[source.source_id.removeprefix("reference-")].check,
            )
        else:
            by_collector[source.collector].append(source)
    for collector, group in sorted(by_collector.items()):
        facts = manifest.coverage.get(collector, {})
        rows[collector] = Coverage(
            collector,
            facts.get("title") or group[0].title.partition(":")[0],
            facts.get("state", "imported"),
            min((s.date_from for s in group if s.date_from), default=None),
            max((s.date_to for s in group if s.date_to), default=None),
            sum(counts[s.source_id] for s in group),
            facts.get("stale_after_days"),
            facts.get("reason") or f"{len(group)} file{'' if len(group) == 1 else 's'}",
        )
    for _, row in reference.rows("collectors.csv", _COLLECTOR):
        key = row["collector"]
        if key in rows:
            continue
        asked = manifest.coverage.get(key)  # it was asked, and nothing came of it
        if asked is not None:
            state, reason = asked["state"], asked.get("reason")
            rows[key] = Coverage(key, row["title"], state, None, None, 0, asked.get("stale_after_days"), reason)
            continue
        stale = int(row["stale_after_days"]) if row["stale_after_days"] else None
        reason = row["reason"] or f"not asked yet; run cloudhold collect {key}"
        rows[key] = Coverage(key, row["title"], row["state"], None, None, 0, stale, reason)
    return [rows[key] for key in sorted(rows)]
