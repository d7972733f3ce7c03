"""OCDS releases as notices and awards, in bulk: a typed read in DuckDB, and everything after that is columns.

A release that does not fit is returned alone, with its reason.
"""

from __future__ import annotations

import bisect
import hashlib
import itertools
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.contracts import releases_sql as sql
from pipelines.contracts.notices import clean, own_connection, stamp_versions, texts

_TABLES = ("notices", "awards")


@dataclass(frozen=True, slots=True)
class Body:
    """The releases of one body, the source that it is, and the batch that takes its rows."""

    releases: Sequence[bytes]
    source_id: str
    batch: Batch


def read(releases: Iterable[bytes], source_id: str, batch: Batch | None = None) -> Batch:
    """Notices and awards of many releases.

    A release that the typed read refuses, or whose tag nobody knows, is rejected alone with its reason;
    the others stay.
    """
    body = Body(list(releases), source_id, batch or Batch())
    read_all([body])
    return body.batch


def read_all(bodies: Sequence[Body]) -> None:
    """Notices and awards of several bodies, each into its batch.

    Small bodies cost by the call, not by the release, so they are read in one. Where any of them holds a release that
    gives trouble, or one that another has too, each is read by itself.
    """
    given = [
        [line.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in line else line for line in body.releases]
        for body in bodies
    ]
    for body, lines in zip(bodies, given, strict=True):
        body.batch.read += len(lines)
    connection = own_connection()
    if len(bodies) > 1 and _sound(connection, [line for lines in given for line in lines]):
        _share(bodies, list(itertools.accumulate(map(len, given))), _made(connection))
        return
    for body, lines in zip(bodies, given, strict=True):
        parts = [(schema.empty("notices"), schema.empty("awards"))]
        while lines:
            lines = _load(connection, lines, body.batch)
            parts.append(_made(connection))
        for name, tables in zip(_TABLES, zip(*parts, strict=True), strict=True):
            table = pa.concat_tables([table.select(schema.table(name).names()) for table in tables])
            body.batch.tables[name] = _sourced(table, [body.source_id] * table.num_rows)


def _made(connection: duckdb.DuckDBPyConnection) -> tuple[pa.Table, pa.Table]:
    """Notices and awards of what stands in table `read`, each with the number of its `release` there; no source yet."""
    connection.execute(sql.AWARDS)
    connection.execute(sql.SUPPLIERS)
    notices = connection.sql(f"SELECT release, {sql.NOTICE_NAMES} FROM ({sql.NOTICES})").to_arrow_table()
    awards = connection.sql(
        f"SELECT release, {sql.AWARD_NAMES} FROM read_awards LEFT JOIN read_suppliers ON read_awards.rowid = item"
    ).to_arrow_table()
    places = notices["release"], awards["release"]
    stamped = stamp_versions(clean("notices", notices), clean("awards", awards))
    notices, awards = (table.append_column("release", place) for table, place in zip(stamped, places, strict=True))
    return notices, awards


def _share(bodies: Sequence[Body], ends: Sequence[int], tables: Sequence[pa.Table]) -> None:
    """Give each body its rows; `ends` says at which release of table `read` the next body begins."""
    for name, table in zip(_TABLES, tables, strict=True):
        table = table.take(pc.sort_indices(table["release"]))
        of_body = [bisect.bisect_right(ends, release) for release in table["release"].to_pylist()]
        table = _sourced(table.select(schema.table(name).names()), [bodies[number].source_id for number in of_body])
        starts = [bisect.bisect_left(of_body, number) for number in range(len(bodies) + 1)]
        for body, (start, end) in zip(bodies, itertools.pairwise(starts), strict=True):
            body.batch.tables[name] = table.slice(start, end - start)


def _sourced(table: pa.Table, source_ids: Iterable[str]) -> pa.Table:
    place = table.column_names.index("source_id")
    return table.set_column(place, table.schema.field(place), texts(source_ids))


def _sound(connection: duckdb.DuckDBPyConnection, lines: list[bytes]) -> bool:
    """Whether table `read` now holds all lines, and none of them gives trouble."""
    with tempfile.TemporaryDirectory(prefix="cloudhold-") as folder:
        try:
            _attempt(connection, Path(folder) / "releases.ndjson", lines)
        except duckdb.Error:
            return False
    return not connection.execute(sql.DOUBTED).fetchall()


def _load(connection: duckdb.DuckDBPyConnection, lines: list[bytes], batch: Batch) -> list[bytes]:
    """Leave the usable releases in table `read`. Returns those that repeat an id, for another round."""
    with tempfile.TemporaryDirectory(prefix="cloudhold-") as folder:
        path = Path(folder) / "releases.ndjson"
        while True:
            try:
                _attempt(connection, path, lines)
            except duckdb.Error:
                lines = _fitting(connection, path, lines, batch)
                _attempt(connection, path, lines)
            doubted = connection.execute(sql.DOUBTED).fetchall()
            if not doubted:
                return []
            lines = list(lines)
            again = []
            for row, ocid, release_id, tags, copy in doubted:
                line = lines[row]
                if ocid is None:
                    batch.rejected.append(Rejected("a release", line, "it has no ocid"))
                elif not sql.KNOWN_TAGS.issuperset(tags):
                    reason = f"its tag {tags} is not in the OCDS codelist"
                    batch.rejected.append(Rejected(f"{ocid} {release_id}", line, reason))
                elif release_id is None:
                    lines[row] = _with_id(line)
                    continue
                elif copy > 1:
                    again.append(line)
                lines[row] = b""
            lines = [line for line in lines if line]
            if again:
                _attempt(connection, path, lines)
                return again


def _with_id(line: bytes) -> bytes:
    """A release without an id, with one that its content gives."""
    body = msgspec.json.decode(line)
    body.pop("id", None)
    said = msgspec.json.encode(body, order="sorted")
    return msgspec.json.encode({"id": "content-" + hashlib.sha256(said).hexdigest()[:16], **body})


def _attempt(connection: duckdb.DuckDBPyConnection, path: Path, lines: list[bytes]) -> None:
    """One typed read of all lines into table `read`; duckdb.Error where one of them does not fit."""
    path.write_bytes(b"\n".join(lines))
    size = max(1 << 20, 2 * max(map(len, lines), default=0))
    try:
        connection.execute(sql.READ, {"path": path.as_posix(), "size": size})
    except UnicodeDecodeError as error:  # the message quotes a text, cut within a letter
        raise duckdb.Error(error.object.decode(errors="replace")) from error


# Where a temporary file broke says nothing about a release, and would make its reason another one in each run.
_PLACE = re.compile(r'^.* in file ".*?", in line \d+: ')


def _fitting(connection: duckdb.DuckDBPyConnection, path: Path, lines: list[bytes], batch: Batch) -> list[bytes]:
    """The lines that fit the types, found by halving; the others are rejected."""
    half = len(lines) // 2
    found = []
    for part in (lines[:half], lines[half:]):
        if not part:
            continue
        try:
            _attempt(connection, path, part)
            found.extend(part)
        except duckdb.Error as error:
            if len(part) > 1:
                found.extend(_fitting(connection, path, part, batch))
            else:
                reason = _PLACE.sub("", str(error).splitlines()[0])[:200]
                batch.rejected.append(Rejected("a release", part[0], f"its types are wrong: {reason}"))
    return found
