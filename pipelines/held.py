"""What an edition holds of what sources say: reviewed facts and stored records joined, one row a key.

Which of several rows speaks is decided here for every table, by its own days and then by the smallest source id, so
that the order in which things were collected never matters.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pipelines import reference_tables, schema
from pipelines.manifest import Manifest
from pipelines.records import Observation, Organisation, Statement
from pipelines.reference import Reference
from pipelines.store import Store


def stored(store: Store, manifest: Manifest, table: str) -> list[Any]:
    """Stored records of one table, as records."""
    record = schema.table(table).record
    rows = store.read(table, manifest).to_pylist()
    return [record(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}) for row in rows]


def unique(rows: Iterable[Any], key: str) -> list[Any]:
    """One row per key. Several sources may carry a row: the one with the smallest source id speaks."""
    best: dict[str, Any] = {}
    for row in rows:
        other = best.get(getattr(row, key))
        if other is None or row.source_id < other.source_id:
            best[getattr(row, key)] = row
    return [best[k] for k in sorted(best)]


# Code says what somebody declared. After a year and a half without a newer look nobody can say that it stands.
PUBLIC_CODE_STANDS_MONTHS = 18


def statements(reference: Reference, store: Store, manifest: Manifest) -> list[Statement]:
    """Our reviewed statements and the imported ones: of one statement the newest, then the smallest source id."""
    best: dict[str, Statement] = {}
    for row in [*reference_tables.statements(reference), *stored(store, manifest, "statements")]:
        other = best.get(row.statement_id)
        if other is None or _statement_order(row) < _statement_order(other):
            best[row.statement_id] = row
    return [best[key] for key in sorted(best)]


def _statement_order(row: Statement) -> tuple[int, str]:
    return (-(row.stated_on or dt.date.min).toordinal(), row.source_id)


def aged_out(statements: list[Statement], day: dt.date) -> list[Statement]:
    """`statements` with `current` unknown where they rest on public code last seen over 18 months before `day`."""
    years, months = divmod(day.year * 12 + day.month - 1 - PUBLIC_CODE_STANDS_MONTHS, 12)
    oldest = dt.date(years, months + 1, min(day.day, 28))
    return [
        dataclasses.replace(row, current="unknown")
        if row.source_kind == "public code" and row.current == "yes" and (row.stated_on or dt.date.min) < oldest
        else row
        for row in statements
    ]


def organisations(reference: Reference, store: Store, manifest: Manifest) -> list[Organisation]:
    """Our reviewed table first; bodies that only a collected list knows are added."""
    ours = reference_tables.organisations(reference)
    known = {o.organisation_id for o in ours}
    listed: dict[str, Organisation] = {}
    for row in stored(store, manifest, "organisations"):
        other = listed.get(row.organisation_id)
        if row.organisation_id not in known and (other is None or _listing_order(row) < _listing_order(other)):
            listed[row.organisation_id] = row
    return sorted([*ours, *listed.values()], key=lambda o: o.organisation_id)


def _listing_order(row: Organisation) -> tuple[int, str]:
    # The entry that its publisher changed last speaks, then the smallest source id.
    return (-(row.updated_on or dt.date.min).toordinal(), row.source_id)


def observations(reference: Reference, store: Store, manifest: Manifest) -> list[Observation]:
    """What is held to be seen now: for each name and type the newest dated records, and undated ones.

    A newer look replaces an older one whatever it found; a list without a date cannot be newer, so it adds.
    """
    rows = [*reference_tables.observations(reference), *stored(store, manifest, "observations")]
    groups: dict[tuple[str, str, bool], list[Observation]] = defaultdict(list)
    for row in rows:
        groups[row.subject, row.kind, row.private].append(row)
    kept: dict[str, Observation] = {}
    for group in groups.values():
        newest = max((row.seen_on for row in group if row.seen_on), default=None)
        for row in group:
            if row.seen_on is not None and row.seen_on != newest:
                continue
            other = kept.get(row.observation_id)
            if other is None or _observation_order(row) < _observation_order(other):
                kept[row.observation_id] = row
    return [kept[key] for key in sorted(kept)]


def _observation_order(row: Observation) -> tuple[int, str]:
    # The dated source speaks before an undated one, then the smallest id.
    return (0 if row.seen_on else 1, row.source_id)
