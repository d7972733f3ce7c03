"""The dictionary and the codelists as tables of their own: small, the same for every edition, described like the others."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from pipelines import reference, schema
from pipelines.columns import Words

Row = Mapping[str, object]
# What the spreadsheet forms do to text; the plain CSV and the Parquet hold every value as it is.
INERT = "text that a spreadsheet might run as a formula (it begins with = + - or a tab) has an apostrophe before it"


@dataclass(frozen=True, slots=True)
class Listing:
    """A small table and its description."""

    spec: schema.Table
    rows: pa.Table


def _listing(
    name: str, meaning: str, key: tuple[str, ...], columns: Iterable[schema.Column], rows: Iterable[Row]
) -> Listing:
    spec = schema.Table(name, dict, key, False, meaning, tuple(columns))
    wanted = pa.schema([pa.field(c.name, c.arrow, nullable=not c.required) for c in spec.columns])
    return Listing(spec, pa.Table.from_pylist([dict(row) for row in rows], schema=wanted))


def _text(name: str, meaning: str, missing: str | None = None) -> schema.Column:
    return schema.Column(name, str, missing is None, Words(meaning, missing or "never empty"))


_DICTIONARY = (
    _text("table", "name of the table: its file is <table>.csv"),
    _text("column", "name of the column"),
    _text("type", "what a value is"),
    _text("unit", "unit of the value", "has no unit"),
    schema.Column("required", bool, True, Words("whether every row has a value", "never empty")),
    _text("meaning", "what the value says"),
    _text("missing", "what an empty cell says"),
    _text("codelist", "the only words that may stand here: codelist_<name>.csv explains them", "any value"),
    _text("in_spreadsheets", "how the value differs in the workbook and in <table>.spreadsheet.csv", "not at all"),
)
_CODELIST = (_text("word", "the word as it stands in the tables"), _text("meaning", "what it says"))
_PROVIDERS = (
    *_CODELIST,
    _text("kind", "what the provider mainly does"),
    _text("parent", "company id of the controlling parent", "not settled"),
    _text("jurisdiction", "home country of the parent, ISO 3166-1", "not settled"),
)


def _dictionary() -> Iterable[Row]:
    for name in schema.EDITION_TABLES:
        for row in schema.described(name):
            text = schema.table(name).column(str(row["column"])).python in (str, tuple[str, ...])
            yield {**row, "in_spreadsheets": INERT if text else None}


def _providers() -> Iterable[Row]:
    for provider in sorted(reference.load().providers.values(), key=lambda provider: provider.id):
        yield {
            "word": provider.id,
            "meaning": provider.name,
            "kind": provider.kind,
            "parent": provider.parent,
            "jurisdiction": provider.jurisdiction,
        }


@functools.cache
def dictionary() -> Listing:
    """Every column of every table: type, unit, meaning, what an empty cell says, codelist."""
    return _listing("dictionary", "Every column of every table.", ("table", "column"), _DICTIONARY, _dictionary())


@functools.cache
def codelists() -> tuple[Listing, ...]:
    """Each codelist by name, that of the providers included."""
    found = [
        _listing(
            "codelist_provider", "Every provider id with the provider's name.", ("word",), _PROVIDERS, _providers()
        )
    ]
    for name, words in schema.CODELISTS.items():
        rows = [{"word": word, "meaning": meaning} for word, meaning in words.items()]
        found.append(_listing(f"codelist_{name}", f"The words of {name}.", ("word",), _CODELIST, rows))
    return tuple(sorted(found, key=lambda listing: listing.spec.name))


@functools.cache
def every_codelist() -> Listing:
    """All codelists in one table, as the workbook shows them."""
    rows = [
        {"codelist": listing.spec.name.removeprefix("codelist_"), "word": row["word"], "meaning": row["meaning"]}
        for listing in codelists()
        for row in listing.rows.to_pylist()
    ]
    columns = (_text("codelist", "name of the codelist, as the dictionary gives it"), *_CODELIST)
    return _listing("codelists", "The words of every codelist.", ("codelist", "word"), columns, rows)
