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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import folders, schema
from pipelines.batch import Batch
from pipelines.durable import sha256, sha256_file
from pipelines.errors import Refused
from pipelines.keys import fingerprints
from pipelines.readers import reader
from pipelines.records import Issue, Source
from pipelines.store_writer import Writer
from pipelines.text import plain

# How much of a file of JSON lines is read at a time. Reading takes some ten times this in memory.
PIECE_BYTES = 16 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024
_LINE = re.compile(r" line (\d+)$")
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
    "domains": ("domain_name", "listed_on"),
}


@dataclass(slots=True)
class Taken:
    """What became of one body. `reason` is set where it was refused whole; `distinct` are rows that can be used, what
    stands twice counted once; `reasons` says of how many rows in quarantine each reason holds."""

    path: str
    read: int = 0
    distinct: int = 0
    new: int = 0
    known: int = 0
    quarantined: int = 0
    reason: str | None = None
    reasons: dict[str, int] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Body:
    """One body: its name, its fingerprint and size as it came, and its bytes in pieces that fit in memory."""

    name: str
    sha256: str
    size: int
    pieces: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, name: str, body: bytes) -> Body:
        return cls(name, sha256(body), len(body), lambda: iter((body,)))

    @classmethod
    def of_lines(cls, path: Path) -> Body:
        """A file of JSON lines, gzipped or not. ValueError where its gzip stream is cut or damaged."""
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        if packed:
            for _ in _blocks(path, packed):  # to its end before anything of it is taken
                pass
        return cls(path.name, sha256_file(path), path.stat().st_size, lambda: _pieces(path, packed))


def is_lines(path: Path) -> bool:
    """Whether a file's name says that it holds JSON lines, which may be cut at line ends."""
    return path.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))


def _blocks(path: Path, packed: bool) -> Iterator[bytes]:
    with gzip.open(path) if packed else path.open("rb") as file:
        try:
            while block := file.read(BLOCK_BYTES):
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError("the gzip stream is cut or damaged") from error


def _pieces(path: Path, packed: bool) -> Iterator[bytes]:
    """Whole lines, PIECE_BYTES of them and the rest of the last one at a time."""
    held = bytearray()
    for block in _blocks(path, packed):
        held += block
        if len(held) >= PIECE_BYTES:
            end = held.rfind(b"\n") + 1
            if end:
                yield bytes(held[:end])
                del held[:end]
    yield bytes(held)


def take_files(writer: Writer, kind: str, paths: Iterable[Path], options: Mapping[str, Any]) -> list[Taken]:
    """Import files under the writer's lock, in their order. Nothing of them is visible before `commit`.

    JSON lines are read piece by piece: how large the file is does not show in memory. Small files are read several
    at a time where the reader can.
    """
    module = reader(kind)
    found: list[Taken] = []
    waiting: list[tuple[Body, _Came]] = []
    size = 0

    def take_waiting() -> None:
        nonlocal size
        found.extend(_take_all(writer, module, waiting, options))
        waiting.clear()
        size = 0

    for path in paths:
        name = path.name if path.name not in ("", "..") else path.resolve().name
        came = _Came(str(path), kind)
        try:
            in_pieces = module.LINES and is_lines(path) and path.is_file()
            body = Body.of_lines(path) if in_pieces else Body.of(name, _body(module, path))
        except (OSError, ValueError) as error:
            take_waiting()
            found.append(_unread(path, error))
            continue
        if in_pieces:
            take_waiting()
            try:
                found.append(_take(writer, module, body, _read(module, body, kind, options), options, came))
            except (OSError, ValueError) as error:
                found.append(_unread(path, error))
            continue
        waiting.append((body, came))
        size += body.size
        if size >= PIECE_BYTES:
            take_waiting()
    take_waiting()
    return found


def _unread(path: Path, error: OSError | ValueError) -> Taken:
    reason = f"it cannot be read ({error.strerror})" if isinstance(error, OSError) else str(error)
    return Taken(str(path), reason=reason)


def _body(module: ModuleType, path: Path) -> bytes:
    """A file's bytes; for a kind whose reader says which files it `wanted`, a whole folder or tar file."""
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
    came = _Came(shown or name, collector or kind, url, fetched_at or dt.datetime.now(dt.UTC), status)
    return _take_all(writer, reader(kind), [(Body.of(name, body), came)], options)[0]


def _distinct(table: str, rows: pa.Table) -> int:
    """Rows of a table by what they speak of: another version of the same is no other row."""
    key = [name for name in schema.table(table).key if name not in ("version", "source_id")]
    return int(rows.group_by(key).aggregate([]).num_rows) if key else rows.num_rows


@dataclass(frozen=True, slots=True)
class _Came:
    """How a body came: what to call it, which collector or importer brought it, from where and when."""

    shown: str
    collector: str
    url: str | None = None
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    status: int | None = None


def _take_all(
    writer: Writer, module: ModuleType, bodies: Sequence[tuple[Body, _Came]], options: Mapping[str, Any]
) -> list[Taken]:
    """Bodies that are in memory whole, read together where the reader can."""
    read: list[Iterable[tuple[bytes, Batch]]]
    if len(bodies) > 1 and hasattr(module, "read_all"):
        given = [
            (body.name, piece, source_id_of(came.collector, body.sha256))
            for body, came in bodies
            for piece in body.pieces()
        ]
        batches = module.read_all(given, options)
        read = [[(piece, batch)] for (_, piece, _), batch in zip(given, batches, strict=True)]
    else:
        read = [_read(module, body, came.collector, options) for body, came in bodies]
    return [
        _take(writer, module, body, pieces, options, came) for (body, came), pieces in zip(bodies, read, strict=True)
    ]


def _read(module: ModuleType, body: Body, collector: str, options: Mapping[str, Any]) -> Iterator[tuple[bytes, Batch]]:
    source_id = source_id_of(collector, body.sha256)
    for piece in body.pieces():
        yield piece, module.read(body.name, piece, source_id, options)


def _take(
    writer: Writer,
    module: ModuleType,
    body: Body,
    pieces: Iterable[tuple[bytes, Batch]],
    options: Mapping[str, Any],
    came: _Came,
) -> Taken:
    """Gather what was read of a body, piece by piece, in `writer`."""
    private = bool(options.get("private", False))
    taken = Taken(came.shown)
    source_id = source_id_of(came.collector, body.sha256)
    span: list[dt.date] = []
    issues: list[Issue] = []
    usable, lines = False, 0
    for piece, batch in pieces:
        taken.read += batch.read
        taken.known += batch.repeated
        for rejected in batch.rejected:
            name = _in_file(rejected.name, lines)
            writer.quarantine(came.collector, name, blank_contacts(rejected.body), rejected.reason)
            taken.quarantined += rejected.rows
            taken.reasons[rejected.reason] = taken.reasons.get(rejected.reason, 0) + rejected.rows
            issues.append(_issue(source_id, module.PRIMARY, name, rejected.reason))
        lines += piece.count(b"\n")
        if not batch.whole:
            taken.reason = taken.reason or batch.rejected[-1].reason
            continue
        usable = True
        for table, rows in batch.tables.items():
            rows = _cleaned(table, rows)
            new, kept = _unseen(writer, table, rows)
            if table == module.PRIMARY:
                taken.distinct += _distinct(table, rows)
                taken.new += new
                taken.known += rows.num_rows - new
                span.extend(_span(table, rows))
            writer.add_rows(table, kept, private)
    if not usable:
        return taken
    taken.reason = None  # a piece that could not be used is in quarantine; the others are taken
    if (source_id,) in writer.known("sources", ("source_id",)):
        return taken
    day = came.at.date().isoformat()
    writer.add_raw(came.collector, day, map(blank_contacts, body.pieces()), private)
    source = Source(
        source_id=source_id,
        collector=came.collector,
        title=f"{module.TITLE}: {plain(body.name, 120)}",
        publisher=module.PUBLISHER,
        licence=module.LICENCE,
        credit=module.CREDIT,
        url=came.url,
        media_type=None,
        status=came.status,
        sha256=body.sha256,
        bytes=body.size,
        date_from=min(span, default=None),
        date_to=max(span, default=None),
        fetched_at=came.at.replace(microsecond=0),
        private=private,
    )
    writer.add_rows("sources", schema.to_arrow("sources", [source]), private)
    writer.remember("sources", ("source_id",), [(source_id,)])
    if issues:
        unique = {issue.issue_id: issue for issue in issues}
        writer.add_rows("issues", schema.to_arrow("issues", unique.values()), private)
    return taken


def _in_file(name: str, before: int) -> str:
    """The name of a line of a piece, counted from the beginning of its file."""
    return _LINE.sub(lambda match: f" line {int(match[1]) + before}", name) if before else name


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
    # The first column is the permanent id: another version of a known notice is kept, and is not new.
    columns = (*identity, "source_id")
    values = {column: rows[column].to_pylist() for column in columns}
    ids = np.unique(fingerprints(zip(values[identity[0]], strict=True)))
    keys = fingerprints(zip(*values.values(), strict=True))
    new = len(ids) - int(writer.known(table, identity[:1]).holds(ids).sum())
    kept = np.zeros(len(keys), dtype=bool)
    kept[np.unique(keys, return_index=True)[1]] = True  # what stands twice is kept where it stands first
    kept &= ~writer.known(table, columns).holds(keys)
    writer.remember(table, identity[:1], ids)
    writer.remember(table, columns, keys)
    return new, rows.filter(pa.array(kept))


def _span(table: str, rows: pa.Table) -> list[dt.date]:
    for column in schema.table(table).columns:
        if column.words.evidence and rows.num_rows:
            ends = pc.min_max(rows[column.name]).as_py()
            return [day for day in (ends["min"], ends["max"]) if day is not None]
    return []
