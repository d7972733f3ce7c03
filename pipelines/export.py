"""Tables as files: CSV by RFC 4180 with CSVW beside it, Parquet, and one datapackage.json.

Lists are joined with a semicolon; a missing value is an empty cell; money is a plain number. Every file's
row count and SHA-256 stand in the metadata, so a cut download shows.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines import schema
from pipelines.edition import Edition
from pipelines.errors import Refused
from pipelines.store import parquet_bytes, sha256, write_durably

LICENCE = "Open Government Licence v3.0"
LICENCE_URL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
SEPARATOR = ";"
BATCH_ROWS = 10_000

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


def cell(value: Any) -> str:
    """One value as it stands in a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return SEPARATOR.join(item.replace(SEPARATOR, ",") for item in value)
    return str(value)


def csv_lines(rows: pa.Table) -> Iterator[bytes]:
    """A table as CSV in pieces: UTF-8, CRLF, one header row."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(rows.column_names)
    for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
        columns = [column.to_pylist() for column in batch.columns]
        writer.writerows([cell(value) for value in row] for row in zip(*columns, strict=True))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def caveats(edition: Edition) -> list[str]:
    found = [
        "Unknown is not none: an empty cell says that we do not know, each column says why.",
        "Records that point to closed providers are kept back; issues counts them.",
    ]
    if edition.private:
        found.insert(0, "This edition holds a body's private records; do not publish it.")
    return found


def write(
    edition: Edition, tables: Sequence[str], out: Path, form: str = "csv", private: bool = False
) -> list[dict[str, Any]]:
    """Write tables into a folder, each with its metadata, and the datapackage over all of them.

    Gives back path, rows, bytes and sha256 per data file. UnknownName for a table that does not exist;
    Refused for a private edition without `private`.
    """
    chosen = list(dict.fromkeys(tables)) or list(schema.EDITION_TABLES)
    for name in chosen:
        if name not in schema.EDITION_TABLES:
            schema.table("no such table " + name if name in schema.tables() else name)
    if edition.private and not private:
        raise Refused("this edition holds a body's private records; repeat with --private to export them")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{out} cannot be written ({error.strerror}); name another folder with --out") from error
    written = []
    resources = []
    for name in chosen:
        rows = edition.arrow(name)
        body = b"".join(csv_lines(rows)) if form == "csv" else parquet_bytes(rows)
        file = f"{name}.{form}"
        facts = {"path": file, "rows": rows.num_rows, "bytes": len(body), "sha256": sha256(body)}
        write_durably(out / file, body)
        if form == "csv":
            metadata = csvw(edition, name, facts)
            write_durably(out / f"{name}.csv-metadata.json", _json(metadata))
        resources.append(resource(name, facts, form))
        written.append(facts)
    write_durably(out / "datapackage.json", _json(datapackage(edition, resources)))
    return written


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, indent=1, ensure_ascii=False).encode()


def csvw(edition: Edition, name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """CSV on the Web metadata of one table."""
    spec = schema.table(name)
    columns = []
    for column in spec.columns:
        item: dict[str, Any] = {
            "name": column.name,
            "titles": column.name,
            "dc:description": _described(column),
            "datatype": _csvw_type(column),
            "required": False if column.python == tuple[str, ...] else column.required,
        }
        if column.python == tuple[str, ...]:
            item["separator"] = SEPARATOR
        columns.append(item)
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": facts["path"],
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n", "\n"], "header": True},
        "dc:title": f"cloudhold {name}, edition {edition.id}",
        "dc:description": spec.meaning,
        "dc:license": {"@id": LICENCE_URL},
        "dc:rights": CREDIT,
        "dc:identifier": f"{edition.id}/{name}",
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
    """What a value must be, as frictionless says it. An empty list is an empty cell, so lists are never required."""
    found: dict[str, Any] = {}
    if column.required and column.python != tuple[str, ...]:
        found["required"] = True
    if column.words.codelist:
        found["enum"] = list(schema.CODELISTS[column.words.codelist])
    return found


def _described(column: schema.Column) -> str:
    text = column.words.meaning
    if column.words.unit:
        text += f" ({column.words.unit})"
    if not column.required:
        text += f"; empty: {column.words.missing}"
    if column.words.codelist:
        text += f"; codelist {column.words.codelist}"
    return text


def resource(name: str, facts: Mapping[str, Any], form: str) -> dict[str, Any]:
    """One resource of the data package."""
    spec = schema.table(name)
    fields = [
        {
            "name": column.name,
            "type": _FRICTIONLESS_TYPES[column.duckdb],
            "description": _described(column),
            **({"constraints": held} if (held := _constraints(column)) else {}),
        }
        for column in spec.columns
    ]
    body: dict[str, Any] = {
        "name": name.replace("_", "-"),
        "path": facts["path"],
        "description": spec.meaning,
        "format": form,
        "mediatype": "text/csv" if form == "csv" else "application/vnd.apache.parquet",
        "encoding": "utf-8",
        "bytes": facts["bytes"],
        "hash": f"sha256:{facts['sha256']}",
        "rows": facts["rows"],
    }
    if form == "csv":
        body["dialect"] = {"lineTerminator": "\r\n"}
        body["schema"] = {"fields": fields, "primaryKey": list(spec.key), "missingValues": [""]}
    return body


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
