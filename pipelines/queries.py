"""The queries behind an answer as one script, which DuckDB runs over the files of the edition."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pipelines import schema
from pipelines.answers import Answer
from pipelines.edition import Parameters, Watched

# A text, a name, a named parameter or a parameter by place: only the last two are replaced.
_PLACES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<name>[A-Za-z_]\w*)|(?P<place>\?)""")


def script(edition: Watched, answer: Answer, address: Callable[[str], str]) -> str:
    """What was asked of `edition` for `answer`, in order, each query once, with its values written in.

    `address` gives the place of a table's Parquet file: an address or a path. What an answer works out after its queries
    stands in its methods, which the script quotes.
    """
    seen: set[str] = set()
    statements = []
    for sql, parameters, table in edition.asked:
        text = written(sql, parameters).strip()
        if table:
            text = f'CREATE TABLE "{table}" AS {text}'
        if text not in seen:
            seen.add(text)
            statements.append(text)
    used = [name for name in schema.EDITION_TABLES if any(re.search(rf"\b{name}\b", text) for text in statements)]
    return "\n".join([*_head(answer), *_views(used, address), *(f"\n{text};" for text in statements)]) + "\n"


def _head(answer: Answer) -> Iterator[str]:
    keys = ", ".join(f"{key}={value}" for key, value in answer.parameters.items())
    yield _comment(f"{answer.question} {f'({keys})' if keys else ''}")
    yield _comment(
        f"Answer {answer.id}, edition {answer.edition}, content hash {answer.content_hash}. Run it with DuckDB."
    )
    yield _comment(f"Population: {answer.population}.")
    yield _comment(f"What is worked out after the queries: {answer.methods}")
    yield "SET TimeZone = 'UTC';"


def _comment(text: str) -> str:
    return "-- " + " ".join(text.split())


def _views(tables: Iterable[str], address: Callable[[str], str]) -> Iterator[str]:
    for name in tables:
        yield f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet({literal(address(name))});'


def written(sql: str, parameters: Parameters) -> str:
    """A query with its parameters written in as values."""
    values = iter(() if parameters is None or isinstance(parameters, Mapping) else parameters)

    def value(match: re.Match[str]) -> str:
        if match["name"] and isinstance(parameters, Mapping):
            return literal(parameters[match["name"]])
        return literal(next(values)) if match["place"] else match[0]

    return _PLACES.sub(value, sql)


def literal(value: Any) -> str:
    """A value as DuckDB writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, dt.datetime):
        return f"TIMESTAMPTZ '{value.isoformat()}'"
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"[{', '.join(map(literal, value))}]"
    return "'" + str(value).replace("'", "''") + "'"
