"""What changed between two editions, row by row and column by column, and why as far as the editions can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines import schema
from pipelines.answers import jsonable
from pipelines.edition import Edition

# Why a row differs, as far as its source tells.
NEW_SOURCE = "a source that the earlier edition did not have"
GONE_SOURCE = "a source that the later edition no longer has"
CHANGED_SOURCE = "the source changed"
RULES = "rules or other records changed"
# Rows about the editions themselves, and columns that hold when something was fetched, differ always and say nothing.
LEFT_OUT = ("sources", "coverage")


def changes(old: Edition, new: Edition) -> Iterator[dict[str, Any]]:
    """Every difference: {table, key, column, old, new, cause}. A row that came or went has column None and the row's
    values, as an object, on its side. Ordered by table and key."""
    for name in schema.EDITION_TABLES:
        if name in LEFT_OUT:
            continue
        table = schema.table(name)
        columns = [column.name for column in table.columns if not column.words.run]
        key = ", ".join(f'"{column}"' for column in table.key)
        listed = ", ".join(f'"{column}"' for column in columns)
        before, after = (
            {
                tuple(row[column] for column in table.key): row
                for row in edition.rows(f'SELECT {listed} FROM "{name}" ORDER BY {key}')
            }
            for edition in (old, new)
        )
        for place in sorted({*before, *after}, key=lambda values: [str(value) for value in values]):
            was, is_now = before.get(place), after.get(place)
            if was == is_now:
                continue
            shown = dict(zip(table.key, jsonable(list(place)), strict=True))
            cause = _cause(old, new, was, is_now)
            if was is None or is_now is None:
                yield _change(name, shown, None, was, is_now, cause)
                continue
            for column in columns:
                if was[column] != is_now[column]:
                    yield _change(name, shown, column, was[column], is_now[column], cause)


def _change(table: str, key: dict[str, Any], column: str | None, was: Any, is_now: Any, cause: str) -> dict[str, Any]:
    return {"table": table, "key": key, "column": column, "old": jsonable(was), "new": jsonable(is_now), "cause": cause}


def _cause(old: Edition, new: Edition, was: dict[str, Any] | None, is_now: dict[str, Any] | None) -> str:
    source_id = (is_now or was or {}).get("source_id")
    earlier, later = old.sources.get(source_id or ""), new.sources.get(source_id or "")
    if was is None and earlier is None:
        return NEW_SOURCE
    if is_now is None and later is None:
        return GONE_SOURCE
    if earlier and later and earlier["sha256"] != later["sha256"]:
        return CHANGED_SOURCE
    return RULES
