"""Tables as files: CSV by RFC 4180 with CSVW beside it, Parquet, a workbook, and one datapackage.json over them.

Lists are joined with a semicolon; a missing value is an empty cell; money is a plain number. Every file's
row count and SHA-256 stand in the metadata, so a cut download shows.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines import schema
from pipelines.dictionary import INERT, codelists, dictionary, every_codelist
from pipelines.durable import sync_directory
from pipelines.edition import Edition
from pipelines.errors import Refused
from pipelines.forms import PER_TABLE, SEPARATOR, Facts, without_addresses
from pipelines.workbook import Workbook

LICENCE = "Open Government Licence v3.0"
LICENCE_URL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
PACKAGE = "datapackage.json"
WORKBOOK = "cloudhold.xlsx"
FORMS = (*PER_TABLE, "xlsx")

_CSVW_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMPTZ": "dateTimeStamp",
    "DECIMAL(18,2)": "decimal",
    "VARCHAR[]": "string",
}
_FRICTIONLESS_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMPTZ": "datetime",
    "DECIMAL(18,2)": "number",
    "VARCHAR[]": "string",
}


def caveats(edition: Edition) -> list[str]:
    found = [
        "Unknown is not none: an empty cell says that we do not know, each column says why.",
        "Records that point to closed providers are kept back; issues counts them.",
    ]
    if edition.private:
        found.insert(0, "This edition holds a body's private records; do not publish it.")
    return found


@dataclass(frozen=True, slots=True)
class _Content:
    """A table to write: its rows, the forms with a file of its own, and whether it has a sheet in the workbook."""

    spec: schema.Table
    batches: Iterable[pa.RecordBatch]
    forms: Sequence[str]
    sheet: bool = True


def write(
    edition: Edition, tables: Sequence[str], out: Path, forms: Sequence[str] = ("csv",), private: bool = False
) -> list[Facts]:
    """Write tables into a folder in one or more forms, with the metadata of each and the datapackage over all.

    Rows go by batch by batch, so memory does not grow with them, and the files appear when all are whole: a failure
    leaves the folder as it was. Gives back the facts of each data file. UnknownName for a table that does not exist;
    Refused for a private edition without `private` and where the folder cannot be written.
    """
    chosen = list(dict.fromkeys(tables)) or list(schema.EDITION_TABLES)
    for name in chosen:
        if name not in schema.EDITION_TABLES:
            schema.table("no such table " + name if name in schema.tables() else name)
    if edition.private and not private:
        raise Refused("this edition holds a body's private records; repeat with --private to export them")
    per_table = [form for form in PER_TABLE if form in forms]
    contents = [_Content(schema.table(name), edition.batches(name), per_table) for name in chosen]
    # What explains the tables: beside all of them as CSV, which every reader takes, and in the workbook.
    explained = ["csv"] if per_table and not tables else []
    contents.append(_Content(dictionary().spec, dictionary().rows.to_batches(), explained))
    contents += [_Content(each.spec, each.rows.to_batches(), explained, sheet=False) for each in codelists()]
    contents.append(_Content(every_codelist().spec, every_codelist().rows.to_batches(), []))
    written: list[Facts] = []
    resources = []
    with _publishing(out) as place:
        book = Workbook(place / WORKBOOK) if "xlsx" in forms else None
        for content in contents:
            spec = content.spec
            files = [(f, PER_TABLE[f][1](place / (spec.name + PER_TABLE[f][0]), spec.columns)) for f in content.forms]
            sheet = book.sheet(spec) if book and content.sheet else None
            for batch in content.batches:
                clean = without_addresses(batch)
                for _, file in files:
                    file.add(clean)
                if sheet:
                    sheet.add(clean)
            for form, file in files:
                facts = file.close()
                if form != "parquet":
                    (place / f"{facts['path']}-metadata.json").write_bytes(_json(csvw(edition, spec, facts)))
                resources.append(resource(spec, facts, form))
                written.append(facts)
        if book:
            written.append(book.close(f"cloudhold, edition {edition.id}", _facts(edition), _sentences(edition)))
            resources.append(_workbook_resource(written[-1]))
        (place / PACKAGE).write_bytes(_json(datapackage(edition, resources)))
    return written


def _facts(edition: Edition) -> dict[str, str]:
    """What the workbook's first sheet says by name."""
    return {
        "edition": edition.id,
        "content hash": edition.content_hash,
        "as of": edition.as_of.isoformat(),
        "licence": LICENCE,
        "licence text": LICENCE_URL,
        "credit": CREDIT,
    }


def _sentences(edition: Edition) -> list[str]:
    return [
        *caveats(edition),
        "Sheet dictionary says of each column what it means, and what an empty cell says; sheet codelists explains "
        "the words. Sheet sources names publisher, licence and credit of each source.",
        f"In this workbook {INERT}. The CSV files hold every value as it is.",
        "Times are UTC; amounts are plain numbers, the unit stands in the dictionary.",
    ]


@contextlib.contextmanager
def _publishing(out: Path) -> Iterator[Path]:
    """A folder to write into; its files appear in `out` at the end, or not at all, the package that names them last."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=out) as held:
            place = Path(held)
            yield place
            for path in sorted(place.iterdir(), key=lambda path: (path.name == PACKAGE, path.name)):
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                path.replace(out / path.name)
        sync_directory(out)
    except OSError as error:
        raise Refused(f"{out} cannot be written ({error.strerror or error}); name another folder with --out") from error


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, indent=1, ensure_ascii=False).encode()


def csvw(edition: Edition, spec: schema.Table, facts: Facts) -> dict[str, Any]:
    """CSV on the Web metadata of one file."""
    columns = []
    for column in spec.columns:
        item: dict[str, Any] = {
            "name": column.name,
            "titles": column.name,
            "dc:description": _described(column),
            "datatype": _csvw_type(column),
            "required": column.never_empty,
        }
        if column.python == tuple[str, ...]:
            item["separator"] = SEPARATOR
        columns.append(item)
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": facts["path"],
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n", "\n"], "header": True},
        "dc:title": f"cloudhold {spec.name}, edition {edition.id}",
        "dc:description": spec.meaning,
        "dc:license": {"@id": LICENCE_URL},
        "dc:rights": CREDIT,
        "dc:identifier": f"{edition.id}/{spec.name}",
        "notes": [
            {
                "rows": facts["rows"],
                "sha256": facts["sha256"],
                "bytes": facts["bytes"],
                "edition": edition.id,
                "content_hash": edition.content_hash,
                "as_of": edition.as_of.isoformat(),
                "caveats": caveats(edition),
            }
        ],
        "tableSchema": {"columns": columns, "primaryKey": list(spec.key)},
    }


def _csvw_type(column: schema.Column) -> str | dict[str, str]:
    """The type of a column; one with a codelist takes its words only."""
    base = _CSVW_TYPES[column.duckdb]
    if not column.words.codelist:
        return base
    return {"base": base, "format": "|".join(map(re.escape, schema.CODELISTS[column.words.codelist]))}


def _constraints(column: schema.Column) -> dict[str, Any]:
    """What a value must be, as frictionless says it."""
    found: dict[str, Any] = {}
    if column.never_empty:
        found["required"] = True
    if column.words.codelist and column.python != tuple[str, ...]:  # frictionless would take a list for one word
        found["enum"] = list(schema.CODELISTS[column.words.codelist])
    return found


def _described(column: schema.Column) -> str:
    text = column.words.meaning
    if column.words.unit:
        text += f" ({column.words.unit})"
    if not column.never_empty:
        text += f"; empty: {column.words.missing}"
    if column.words.codelist:
        text += f"; words of codelist_{column.words.codelist}.csv"
    return text


def resource(spec: schema.Table, facts: Facts, form: str) -> dict[str, Any]:
    """One resource of the data package."""
    parquet = form == "parquet"
    fields = [
        {
            "name": column.name,
            "type": "array" if parquet and column.python == tuple[str, ...] else _FRICTIONLESS_TYPES[column.duckdb],
            "description": _described(column),
            **({"constraints": held} if (held := _constraints(column)) else {}),
        }
        for column in spec.columns
    ]
    body: dict[str, Any] = {
        "name": spec.name.replace("_", "-") + ("" if form == "csv" else f"-{form}"),
        "path": facts["path"],
        "description": spec.meaning,
        "format": "parquet" if parquet else "csv",
        "mediatype": "application/vnd.apache.parquet" if parquet else "text/csv",
        "bytes": facts["bytes"],
        "hash": f"sha256:{facts['sha256']}",
        # frictionless takes "rows" as something to count, which it cannot do in Parquet (see below)
        "row_count" if parquet else "rows": facts["rows"],
        "schema": {"fields": fields, "primaryKey": list(spec.key), "missingValues": [""]},
    }
    if parquet:
        # frictionless reads Parquet by way of pandas, which turns missing numbers into nan: it looks at the bytes only.
        body["type"] = "file"
    else:
        body["encoding"] = "utf-8" if form == "csv" else "utf-8-sig"
        body["dialect"] = {"lineTerminator": "\r\n"}
    return body


def _workbook_resource(facts: Facts) -> dict[str, Any]:
    return {
        "name": "workbook",
        "path": facts["path"],
        "description": "Every table on a sheet of its own, with dictionary and codelists.",
        "type": "file",
        "format": "xlsx",
        "mediatype": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "bytes": facts["bytes"],
        "hash": f"sha256:{facts['sha256']}",
        "row_count": facts["rows"],
    }


def datapackage(edition: Edition, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The Frictionless data package over the files."""
    sources = [
        {
            "title": f"{s['title']}" + (f" ({s['credit']})" if s["credit"] else ""),
            **({"path": s["url"]} if s["url"] else {}),
        }
        for _, s in sorted(edition.sources.items())
    ]
    return {
        "name": "cloudhold",
        "id": edition.id,
        "title": f"cloudhold, edition {edition.id}",
        "description": "Which clouds UK public services depend on, on what evidence. " + " ".join(caveats(edition)),
        "version": edition.id,
        "content_hash": edition.content_hash,
        "as_of": edition.as_of.isoformat(),
        "licenses": [{"name": "OGL-UK-3.0", "title": LICENCE, "path": LICENCE_URL}],
        "sources": sources,
        "resources": list(resources),
    }
