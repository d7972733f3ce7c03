"""How rows become a file, batch by batch: CSV by RFC 4180, the same made inert for spreadsheets, and Parquet.

No form holds a table in memory. Each counts its rows and works out its SHA-256 as the bytes go by.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
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
        self._put([[column.name for column in columns]])

    def _put(self, rows: Iterator[Any] | Sequence[Any]) -> None:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator="\r\n").writerows(rows)
        self._file.write(buffer.getvalue().encode())

    def _texts(self, column: schema.Column, values: pa.Array) -> list[Any]:
        found: list[Any] = values.to_pylist()
        # The csv module writes text, whole numbers, fractions and None as they have to stand.
        if column.python not in (str, int, float):
            found = [cell(value) for value in found]
        if self._spreadsheet and column.python in (str, tuple[str, ...]):
            found = [value and inert(value) for value in found]
        return found

    def add(self, batch: pa.RecordBatch) -> None:
        self._put(zip(*map(self._texts, self._columns, batch.columns), strict=True))
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
