"""Bodies into the store: read, cleaned, matched with what is there, kept. The same body twice adds nothing.

A row is kept once per source that carries it, so that the order of imports never shows; it counts as new
only when no source carried it before.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines import folders, schema
from pipelines.batch import Batch
from pipelines.errors import Refused
from pipelines.readers import reader
from pipelines.records import Issue, Source
from pipelines.store import Writer, sha256
from pipelines.text import plain

CHUNK_BYTES = 32 * 1024 * 1024
_CONTACT_OBJECT = re.compile(rb'"contactPoint"\s*:\s*\{[^{}]*\}')
_CONTACT_FIELD = re.compile(rb'"(telephone|faxNumber|email)"\s*:\s*"[^"]*"')
_LOCAL_PART = re.compile(rb"[A-Za-z0-9._%+'&=/-]+$")
# What identifies a row whoever carries it, by stored table.
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "notices": ("notice_id", "version"),
    "awards": ("notice_id", "version", "award_id"),
    "observations": ("observation_id", "seen_on"),
    "statements": ("statement_id",),
    "payments": ("payment_id",),
    "sales": ("sale_id",),
    "incident_states": ("state_id", "version"),
    "organisations": ("organisation_id",),
    "ranges": ("range_id",),
}


@dataclass(slots=True)
class Taken:
    """What became of one body. `reason` is set where it was refused whole."""

    path: str
    read: int = 0
    new: int = 0
    known: int = 0
    quarantined: int = 0
    reason: str | None = None


def blank_contacts(body: bytes) -> bytes:
    """`body` without contact details: the form in which a raw body is kept.

    Contact objects become empty, phone and mail fields too; the local part of any address becomes 'x'.
    Works on bytes, before anything is parsed, so a body that does not parse is kept the same way. A gzipped
    body is unpacked first; a spreadsheet, whose parts are packed one by one, stays as it is.
    """
    if body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return body
    if body.startswith(b"\x1f\x8b"):
        with contextlib.suppress(EOFError, OSError, zlib.error):
            body = gzip.decompress(body)
    body = _CONTACT_OBJECT.sub(b'"contactPoint":{}', body)
    body = _CONTACT_FIELD.sub(rb'"\1":""', body)
    if b"@" not in body:
        return body
    parts = body.split(b"@")
    for index in range(len(parts) - 1):
        parts[index] = _LOCAL_PART.sub(b"x", parts[index][-200:]).join((parts[index][:-200], b""))
    return b"@".join(parts)


def source_id_of(collector: str, body_sha256: str) -> str:
    return f"{collector}-{body_sha256[:16]}"


def chunks(name: str, body: bytes, by_line: bool) -> Iterator[bytes]:
    """`body` in pieces that fit in memory: JSON lines are cut at line ends, anything else stays whole."""
    lines = name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))
    if not (by_line and lines) or len(body) < CHUNK_BYTES // 8:
        yield body
        return
    if body[:2] == b"\x1f\x8b":
        try:
            body = gzip.decompress(body)
        except (EOFError, OSError, zlib.error):
            yield body
            return
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + CHUNK_BYTES)
        end = len(body) if end < 0 else end + 1
        yield body[start:end]
        start = end


def take_file(writer: Writer, kind: str, path: Path, options: Mapping[str, Any]) -> Taken:
    """Import one file under the writer's lock. Nothing of it is visible before `commit`."""
    try:
        body = _body(kind, path)
    except OSError as error:
        return Taken(str(path), reason=f"it cannot be read ({error.strerror})")
    except ValueError as error:
        return Taken(str(path), reason=str(error))
    name = path.name if path.name not in ("", "..") else path.resolve().name
    return take_body(writer, kind, name, body, options, shown=str(path))


def _body(kind: str, path: Path) -> bytes:
    """A file's bytes; for a kind whose reader says which files it `wanted`, a whole folder or tar file."""
    module = reader(kind)
    wanted = getattr(module, "wanted", None)
    if path.is_dir():
        if wanted is None:
            raise IsADirectoryError(21, "it is a folder")
        return folders.from_folder(path, wanted, module.about(path) if hasattr(module, "about") else None)
    body = path.read_bytes()
    return folders.from_tar(body, wanted) if wanted is not None and folders.is_tar(body) else body


def take_body(
    writer: Writer,
    kind: str,
    name: str,
    body: bytes,
    options: Mapping[str, Any],
    shown: str | None = None,
    collector: str | None = None,
    url: str | None = None,
    fetched_at: dt.datetime | None = None,
    status: int | None = None,
) -> Taken:
    """Read one body and gather its new rows in `writer`.

    `options`: private (bool), seen_on (date for rows that carry none), as_of. A body refused whole goes to
    quarantine with its reason, and so do single records that cannot be used.
    """
    module = reader(kind)
    collector = collector or kind
    private = bool(options.get("private", False))
    taken = Taken(shown or name)
    digest = sha256(body)
    source_id = source_id_of(collector, digest)
    now = fetched_at or dt.datetime.now(dt.UTC)
    day = now.date().isoformat()
    span: list[dt.date] = []
    issues: list[Issue] = []
    for chunk in chunks(name, body, module.LINES):
        batch: Batch = module.read(name, chunk, source_id, options)
        taken.read += batch.read
        for rejected in batch.rejected:
            writer.quarantine(collector, rejected.name, blank_contacts(rejected.body), rejected.reason)
            taken.quarantined += rejected.rows
            issues.append(_issue(source_id, module.PRIMARY, rejected.name, rejected.reason))
        if not batch.whole:
            taken.reason = batch.rejected[-1].reason
            return taken
        for table, rows in batch.tables.items():
            rows = _cleaned(table, rows)
            new, kept = _unseen(writer, table, rows)
            if table == module.PRIMARY:
                taken.new += new
                taken.known += rows.num_rows - new
                span.extend(_span(table, rows))
            writer.add_rows(table, kept, private)
    if _is_known_source(writer, source_id):
        return taken
    writer.add_raw(collector, day, blank_contacts(body), private)
    source = Source(
        source_id=source_id,
        collector=collector,
        title=f"{module.TITLE}: {plain(name, 120)}",
        publisher=module.PUBLISHER,
        licence=module.LICENCE,
        credit=module.CREDIT,
        url=url,
        media_type=None,
        status=status,
        sha256=digest,
        bytes=len(body),
        date_from=min(span, default=None),
        date_to=max(span, default=None),
        fetched_at=now.replace(microsecond=0),
        private=private,
    )
    writer.add_rows("sources", schema.to_arrow("sources", [source]), private)
    writer.remember("sources", ("source_id",), {(source_id,)})
    if issues:
        unique = {issue.issue_id: issue for issue in issues}
        writer.add_rows("issues", schema.to_arrow("issues", unique.values()), private)
    return taken


def _issue(source_id: str, table: str, name: str, reason: str) -> Issue:
    text = f"{source_id}|{name}|{reason}"
    return Issue(
        issue_id="i-" + sha256(text.encode())[:16],
        kind="quarantined",
        about_table=table,
        record_id=plain(name, 200),
        detail=plain(reason, 300),
        source_id=source_id,
    )


def _cleaned(table: str, rows: pa.Table) -> pa.Table:
    """No '@' leaves a reader: the last look at every text column, cheap because it finds nothing."""
    for index, column in enumerate(schema.table(table).columns):
        if column.python is str and rows.num_rows:
            values = rows[column.name]
            bad = pc.any(pc.match_substring(values, "@")).as_py()
            if bad:
                cleaned = [plain(v) if v is not None and "@" in v else v for v in values.to_pylist()]
                rows = rows.set_column(index, rows.schema.field(index), pa.array(cleaned, type=pa.string()))
    return rows


def _unseen(writer: Writer, table: str, rows: pa.Table) -> tuple[int, pa.Table]:
    """How many rows no source carried before, and the rows that this source has not brought yet."""
    if rows.num_rows == 0:
        return 0, rows
    identity = IDENTITY.get(table)
    if identity is None:
        raise Refused(f"rows of table {table} cannot be imported")
    columns = (*identity, "source_id")
    stored = writer.known(table, columns)
    keys = list(zip(*(rows[column].to_pylist() for column in identity), strict=True))
    sources = rows["source_id"].to_pylist()
    # The first column is the permanent id: another version of a known notice is kept, and is not new.
    anywhere = writer.known(table, identity[:1])
    arrived = {key[:1] for key in keys}
    new = len(arrived - anywhere)
    mask = []
    gathered = set()
    for key, source in zip(keys, sources, strict=True):
        full = (*key, source)
        mask.append(full not in stored and full not in gathered)
        gathered.add(full)
    writer.remember(table, columns, gathered)
    writer.remember(table, identity[:1], arrived)
    return new, rows.filter(pa.array(mask))


def _is_known_source(writer: Writer, source_id: str) -> bool:
    return (source_id,) in writer.known("sources", ("source_id",))


def _span(table: str, rows: pa.Table) -> list[dt.date]:
    for column in schema.table(table).columns:
        if column.words.evidence and rows.num_rows:
            ends = pc.min_max(rows[column.name]).as_py()
            return [day for day in (ends["min"], ends["max"]) if day is not None]
    return []
