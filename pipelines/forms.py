"""How rows become a file, batch by batch: CSV by RFC 4180, the same made inert for spreadsheets, and Parquet.

No form holds a table in memory. Each counts its rows and works out its SHA-256 as the bytes go by.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypedDict

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines import schema
from pipelines.text import redact

SEPARATOR = ";"


class Facts(TypedDict):
    """What there is to say of a written file: rows without the header, bytes, SHA-256."""

    path: str
    rows: int
    bytes: int
    sha256: str


class Sink(Protocol):
    """One table on its way into a file."""

    def add(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> Facts: ...


# -- values ------------------------------------------------------------------------------------------------


def cell(value: Any) -> str:
    """One value as it stands in a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list):
        return SEPARATOR.join(cell(item).replace(SEPARATOR, ",") for item in value)
    return str(value)


# What Excel, LibreOffice or Google Sheets may take for a formula, blanks before it included.
_FORMULA = re.compile("\\s*[=+\\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def inert(text: str) -> str:
    """`text` as no spreadsheet runs it: an apostrophe before what might be a formula. A plain number stays."""
    return "'" + text if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def texts(values: pa.Array) -> pa.Array:
    """`cell` of every value, a column at a time."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        whole = pc.floor_temporal(values, unit="second").cast(pa.timestamp("s"))
        found = pc.binary_join_element_wise(pc.strftime(whole, "%Y-%m-%dT%H:%M:%S"), "Z", "")
    elif pa.types.is_list(kind) and not pc.any(pc.match_substring(values.flatten(), SEPARATOR)).as_py():
        found = pc.binary_join(values, SEPARATOR)
    elif pa.types.is_list(kind) or pa.types.is_floating(kind):
        found = pa.array([cell(value) for value in values.to_pylist()], pa.string())
    else:
        found = values.cast(pa.string())
    return pc.fill_null(found, "")


def _all_inert(found: pa.Array) -> pa.Array:
    """`inert` of every text; only one that begins with neither letter nor digit can be a formula."""
    doubtful = pc.match_substring_regex(found, r"^[^\pL\pN]")
    if not pc.any(doubtful).as_py():
        return found
    return pc.replace_with_mask(found, doubtful, pa.array(map(inert, found.filter(doubtful).to_pylist()), pa.string()))


def _quoted(found: pa.Array) -> pa.Array:
    """Texts with quotes around those that hold a comma, a quote or a line end."""
    special = pc.match_substring_regex(found, '[",\r\n]')
    if not pc.any(special).as_py():
        return found
    inside = pc.replace_substring(found, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', inside, '"', ""), found)


def without_addresses(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The last look before publication: no '@' in any text. Cheap, because readers have removed them."""
    for index, column in enumerate(batch.columns):
        listed = pa.types.is_list(column.type)
        if not listed and not pa.types.is_string(column.type):
            continue
        texts = column.flatten() if listed else column
        if pc.any(pc.match_substring_regex(texts, "[@＠]")).as_py():
            values = [
                [redact(item) for item in value] if isinstance(value, list) else value and redact(value)
                for value in column.to_pylist()
            ]
            batch = batch.set_column(index, batch.schema.field(index), pa.array(values, type=column.type))
    return batch


# -- files -------------------------------------------------------------------------------------------------


class _Counted(io.RawIOBase):
    """A file that knows its length and SHA-256 when it is closed, and is on the disk by then."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self.length = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.length

    def write(self, data: Any) -> int:
        self._file.write(data)
        self._digest.update(data)
        size = memoryview(data).nbytes
        self.length += size
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        super().close()

    def facts(self, name: str, rows: int) -> Facts:
        return {"path": name, "rows": rows, "bytes": self.length, "sha256": self._digest.hexdigest()}


class Csv:
    """A CSV file: UTF-8, CRLF, one header row. With `spreadsheet` it has a byte order mark and inert text."""

    def __init__(self, path: Path, columns: Sequence[schema.Column], spreadsheet: bool = False) -> None:
        self._name, self._columns, self._spreadsheet = path.name, columns, spreadsheet
        self._rows = 0
        self._file = _Counted(path)
        if spreadsheet:  # Excel takes a file without the mark for the code page of the machine
            self._file.write(b"\xef\xbb\xbf")
        self._put([pa.array([column.name]) for column in columns])

    def _put(self, columns: Sequence[pa.Array]) -> None:
        """Rows of columns of text as they stand in the file. A row of one empty cell has quotes, since readers pass an
        empty line over."""
        if len(columns) == 1:
            columns = [pc.replace_substring_regex(columns[0], "^$", '""')]
        lines = pc.binary_join_element_wise(*columns, pa.scalar(","))
        lines = pc.binary_join_element_wise(lines, "", pa.scalar("\r\n"))
        length = pc.sum(pc.binary_length(lines)).as_py() or 0
        self._file.write(memoryview(lines.buffers()[2] or b"")[:length])

    def _cells(self, column: schema.Column, values: pa.Array) -> pa.Array:
        words = column.python in (str, tuple[str, ...])
        found = texts(values)
        if words and self._spreadsheet:
            found = _all_inert(found)
        return _quoted(found) if words else found

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._put([self._cells(*pair) for pair in zip(self._columns, batch.columns, strict=True)])
            self._rows += batch.num_rows

    def close(self) -> Facts:
        self._file.close()
        return self._file.facts(self._name, self._rows)


class Parquet:
    """A Parquet file with zstd and page checksums, one row group for each batch."""

    def __init__(self, path: Path, columns: Sequence[schema.Column]) -> None:
        self._name, self._rows = path.name, 0
        self._file = _Counted(path)
        wanted = pa.schema([pa.field(c.name, c.arrow, nullable=not c.required) for c in columns])
        self._writer = pq.ParquetWriter(self._file, wanted, compression="zstd", write_page_checksum=True)

    def add(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)
        self._rows += batch.num_rows

    def close(self) -> Facts:
        self._writer.close()
        self._file.close()
        return self._file.facts(self._name, self._rows)


# Forms with one file for each table: how its name ends, and what writes it.
PER_TABLE: dict[str, tuple[str, Callable[[Path, Sequence[schema.Column]], Sink]]] = {
    "csv": (".csv", Csv),
    "parquet": (".parquet", Parquet),
    "spreadsheet": (".spreadsheet.csv", lambda path, columns: Csv(path, columns, spreadsheet=True)),
}
