"""The tables: columns with type and words, keys, and the closed lists of words that a column may hold.

The types come from the records' annotations, the words from pipelines.columns. Parquet types, validation, CSVW,
datapackage.json and the dictionary page are all derived from this module.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipelines.columns import COLUMNS, IN_TABLE, Words
from pipelines.errors import CloudholdError, UnknownName
from pipelines.records import RECORDS

CODELISTS: dict[str, dict[str, str]] = {
    "role": {
        "web": "what answers a web address: hosting, network in front, storage, load balancing",
        "origin": "where a site runs behind the network in front",
        "dns": "who answers for the zone",
        "mail": "who takes the mail",
        "mail_sending": "who sends mail in the body's name",
        "saas": "an online service rented ready-made",
        "identity": "who signs people in",
        "certificate": "who issues or validates a certificate",
        "ai": "an AI vendor's model or tool",
        "contract": "a signed agreement",
    },
    "layer": {"front": "what the public reaches first", "back": "what stands behind it"},
    "confidence": {
        "confirmed": "a record that can hardly mean anything else",
        "likely": "a record that almost always means this",
        "possible": "a weak sign, or a rule that nobody has re-checked",
    },
    "certainty": {
        "known": "confirmed finding, or a contract whose supplier or text names the provider",
        "inferred": "likely or possible finding, or a provider inferred from a contract's context",
        "unknown": "we could not tell",
    },
    "grade": {
        "direct": "a company of the provider signed",
        "named": "the notice names the provider or its product",
        "inferred": "the provider follows from context, not from words",
    },
    "outcome": {
        "ok": "answered",
        "nodata": "the name exists without this type",
        "nxdomain": "the name does not exist",
        "alias": "an alias whose target was not answered",
        "dangling": "an alias to a name that does not exist",
        "loop": "aliases that lead back to themselves",
        "lame": "the named server does not answer for the zone",
        "servfail": "the server failed",
        "refused": "the server refused",
        "timeout": "no valid answer in time",
        "malformed": "an answer that breaks the protocol",
        "incomplete": "an answer that was cut",
        "not_asked": "not asked, at the operator's request",
        "published": "read in a published list, not asked",
    },
    "effect": {
        "down": "no alternative is left in a part that the service needs",
        "degraded": "a part that can be missed, or the ability to change, is lost",
        "unknown": "evidence is too thin to say",
    },
    "mode": {
        "all_of": "needed: its loss stops the dependent",
        "any_of": "one of several: the others can carry on",
        "unknown": "not known whether its loss stops the dependent",
    },
    "contract_class": {
        "contract": "an agreement of its own",
        "call_off": "an order under a framework",
        "framework": "permission to spend, not spending: never summed",
        "unknown": "cannot be told from the notice",
    },
    "service_class": {
        "infrastructure": "hosting, computing, storage or a platform to build on",
        "software": "software rented ready-made",
        "licences": "licences and subscriptions",
        "support": "a support plan or maintenance",
        "consultancy": "advice, implementation or training",
        "ads": "advertising",
        "unknown": "neither words nor the code of goods tell",
    },
    "flag": {
        "buyer-abolished-ambiguous": "the buyer had ended by that day, and more than one body succeeded it",
        "currency-doubt": "said to be in pounds, while its text speaks of another currency",
        "currency-not-pounds": "the value is in another currency and stands in no sum",
        "currency-of-lot-differs": "a lot is valued in another currency than the whole",
        "date-unreadable": "a published date cannot be read, or lies outside 1990 to 2200",
        "day-not-published": "the line has no day that can be read",
        "end-beyond-2045": "it ends after 2045",
        "on-behalf-of": "an intermediary published it, and the text names the buyer",
        "published-before-award": "published before the day of its award",
        "publisher-is-software": "published by the account of e-tendering software, which is never the buyer",
        "reference-used-twice": "one reference of the file stands for different awards",
        "release-without-id": "published without an id; its content gives one",
        "service-not-named": "a company that sells several services signed, and no word of the notice says for which",
        "start-before-award": "it starts before the day of its award",
        "value-negative": "the value is below nothing",
        "value-unreadable": "the published value is no number, or too large for one",
    },
    "value_status": {
        "known": "a published value above 100",
        "unknown": "no value, or 0 or 1 in its place",
        "suspect": "a value that can hardly be one: up to 100, below nothing, or of a hundred billion and more",
    },
    "value_basis": {
        "net": "stated without VAT",
        "gross": "stated with VAT",
        "unknown": "the portal has one field and does not say",
    },
    "contract_status": {
        "active": "awarded and not withdrawn",
        "pending": "announced, not signed yet",
        "cancelled": "cancelled or unsuccessful",
        "withdrawn": "taken back by the publisher",
        "planned": "not awarded yet",
    },
    "state": {
        "complete": "everything the source offered for the dates was read",
        "partial": "the source ended early; what came is kept",
        "failed": "nothing could be read",
        "reference": "our own reviewed table",
        "imported": "a file that somebody gave us; nobody says that it is complete",
        "not_collected": "not asked yet",
        "not_covered": "cannot be collected",
    },
    "incident_status": {
        "open": "not over when the feed was last read",
        "resolved": "over, as the provider or the sources say",
        "duplicate": "the list marks it as another report of the same event",
        "unknown": "nobody says whether it is over",
    },
    "impact": {
        "none": "no impact, as the provider says",
        "minor": "information or degraded performance",
        "major": "a part failed",
        "critical": "outage",
        "unknown": "the feed grades nothing",
    },
    "current": {"yes": "stands today", "no": "no longer", "unknown": "nobody has said since"},
    "sector": {
        "central": "central government and arm's-length bodies",
        "local": "councils",
        "devolved": "Scotland, Wales and Northern Ireland",
        "health": "NHS bodies",
        "police": "police forces and their joint bodies",
        "justice": "courts, tribunals and prisons",
        "education": "schools, colleges and universities",
        "other": "other public bodies",
    },
    "yes_no_unknown": {
        "yes": "yes",
        "no": "no",
        "disputed": "the parties do not agree",
        "unknown": "not known",
    },
}

_ARROW: dict[object, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
    Decimal: pa.decimal128(18, 2),
    tuple[str, ...]: pa.list_(pa.string()),
}
_DUCKDB: dict[object, str] = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    date: "DATE",
    datetime: "TIMESTAMPTZ",
    Decimal: "DECIMAL(18,2)",
    tuple[str, ...]: "VARCHAR[]",
}


_PLAIN: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    date: "day, YYYY-MM-DD",
    datetime: "time in UTC, ISO 8601",
    Decimal: "amount with two decimals",
    tuple[str, ...]: "list, separated by semicolons",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of one table."""

    name: str
    python: object
    required: bool
    words: Words

    @property
    def arrow(self) -> pa.DataType:
        return _ARROW[self.python]

    @property
    def duckdb(self) -> str:
        return _DUCKDB[self.python]

    @property
    def never_empty(self) -> bool:
        """Whether every row shows a value in a CSV: an empty list is an empty cell, though it is known."""
        return self.required and self.python != tuple[str, ...]

    @property
    def plain(self) -> str:
        """The type in words."""
        return _PLAIN[self.python]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its record type, columns in order, key."""

    name: str
    record: type
    key: tuple[str, ...]
    stored: bool
    meaning: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownName(f"column of {self.name}", name, (c.name for c in self.columns))

    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def _column(table: str, name: str, annotation: object) -> Column:
    required = True
    if isinstance(annotation, types.UnionType):
        inner = [part for part in typing.get_args(annotation) if part is not type(None)]
        annotation, required = inner[0], False
    return Column(name, annotation, required, IN_TABLE.get((table, name)) or COLUMNS[name])


@functools.cache
def tables() -> dict[str, Table]:
    """Every table by name, in the order of `records.RECORDS`."""
    found = {}
    for record in RECORDS:
        hints = typing.get_type_hints(record)
        name: str = record.TABLE  # type: ignore[attr-defined]
        columns = tuple(_column(name, f.name, hints[f.name]) for f in fields(record))
        meaning = (record.__doc__ or "").strip().splitlines()[0]
        found[name] = Table(name, record, record.KEY, record.STORED, meaning, columns)  # type: ignore[attr-defined]
    return found


# What an edition publishes. Awards stay in the store: contracts are what they become.
EDITION_TABLES: tuple[str, ...] = (
    "notices",
    "contracts",
    "contract_suppliers",
    "contract_providers",
    "organisations",
    "services",
    "observations",
    "findings",
    "statements",
    "edges",
    "incidents",
    "exposures",
    "coverage",
    "issues",
    "sources",
    "payments",
    "sales",
)


def table(name: str) -> Table:
    """The table called `name`; UnknownName where there is none."""
    try:
        return tables()[name]
    except KeyError:
        raise UnknownName("table", name, EDITION_TABLES) from None


@functools.cache
def arrow_schema(name: str) -> pa.Schema:
    """Arrow schema of a table; a required column is not nullable."""
    return pa.schema([pa.field(c.name, c.arrow, nullable=not c.required) for c in table(name).columns])


def to_arrow(name: str, records: Iterable[Any]) -> pa.Table:
    """Records of one type as an Arrow table in the schema of table `name`.

    Raises CloudholdError where a record breaks the schema: that is our fault, never the source's, because
    foreign values are checked where they enter.
    """
    rows = list(records)
    spec = table(name)
    arrays = []
    for column in spec.columns:
        values = [getattr(row, column.name) for row in rows]
        try:
            arrays.append(pa.array(values, type=column.arrow))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise CloudholdError(f"table {name}, column {column.name}: {error}") from error
    made = pa.table(arrays, schema=arrow_schema(name))
    validate(name, made)
    return made


def validate(name: str, data: pa.Table) -> None:
    """Check required columns and codelists of `data`; CloudholdError names table, column and a value."""
    spec = table(name)
    if data.column_names != spec.names():
        raise CloudholdError(f"table {name} has columns {data.column_names}, not {spec.names()}")
    for column in spec.columns:
        values = data[column.name]
        if column.required and values.null_count:
            raise CloudholdError(f"table {name}, column {column.name}: {values.null_count} empty values")
        if column.words.codelist:
            allowed = CODELISTS[column.words.codelist]
            if column.python == tuple[str, ...]:
                values = values.combine_chunks().flatten()
            for value in values.unique().to_pylist():
                if value is not None and value not in allowed:
                    raise CloudholdError(f"table {name}, column {column.name}: {value!r} is not in its codelist")


def empty(name: str) -> pa.Table:
    """Table `name` without rows."""
    # Not Schema.empty_table(): it imports pandas.
    return pa.Table.from_batches([], schema=arrow_schema(name))


def described(name: str) -> Sequence[Mapping[str, object]]:
    """The dictionary of one table: one mapping per column, ready for a page or a file."""
    return [
        {
            "table": name,
            "column": c.name,
            "type": c.plain,
            "unit": c.words.unit,
            "required": c.never_empty,
            "meaning": c.words.meaning,
            "missing": "never empty" if c.never_empty else c.words.missing,
            "codelist": c.words.codelist,
        }
        for c in table(name).columns
    ]
