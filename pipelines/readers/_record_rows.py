"""The rows of DNS records and response headers as CSV, checked: what `records_csv` and `cloudhold attribute` read."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.attribution import names, observe
from pipelines.batch import Batch, Rejected
from pipelines.readers._rows import long_cells, separator
from pipelines.text import unpack_text

DATE_COLUMNS = ("seen_on", "seen_at", "observed_at", "date")
MAX_VALUE = 10_000
# Types whose value is one word: several in a cell are several records.
_ONE_WORD = ("A", "AAAA", "NS")
_BETWEEN_WORDS = re.compile(r"[\s,;|]+")
# Mail exchangers stand with their number: the next begins behind a separator or with a number of its own.
_BETWEEN_EXCHANGERS = re.compile(r"\s*[,;|\r\n]\s*|\s+(?=\d+\s+\S)")


def rows(name: str, body: bytes, batch: Batch) -> Iterator[Row]:
    """Rows of the CSV, checked; a body that is none, or lacks the columns, is refused as a whole.

    A cell with several addresses, name servers or mail exchangers gives a row for each.
    """
    try:
        text = unpack_text(body)
    except ValueError as error:
        batch.refuse(name, body, str(error))
        return
    if not text.strip():
        batch.refuse(name, body, "it is empty")
        return
    if "\x00" in text:
        batch.refuse(name, body, "it is not text (it holds NUL bytes)")
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text.lstrip().partition("\n")[0]))
    try:
        with long_cells():
            fields = [field.strip().lower() for field in next(reader, [])]
            missing = [column for column in ("type", "value") if column not in fields]
            if "host" not in fields and "name" not in fields:
                missing.insert(0, "host (or name)")
            if missing:
                batch.refuse(name, body, f"it lacks the column {' and '.join(missing)}")
                return
            host_at = fields.index("host" if "host" in fields else "name")
            kind_at, value_at = fields.index("type"), fields.index("value")
            env_at = fields.index("env") if "env" in fields else -1
            days_at = [fields.index(column) for column in DATE_COLUMNS if column in fields]
            width = max(host_at, kind_at, value_at)
            for cells in reader:
                if not cells:
                    continue
                batch.read += 1
                if len(cells) <= width:
                    _reject(name, reader.line_num, cells, batch)
                    continue
                host, kind, value = names.host(cells[host_at]), cells[kind_at], cells[value_at]
                if not host or not kind.strip() or len(value) > 10 * MAX_VALUE:
                    if any(map(str.strip, cells)):
                        _reject(name, reader.line_num, cells, batch)
                    continue
                kind = observe.kind(kind)
                for one in _records(kind, value):
                    yield Row(
                        host,
                        kind,
                        one,
                        _day(cells, days_at) if days_at else None,
                        cells[env_at] if 0 <= env_at < len(cells) else None,
                        None if cells[host_at].isascii() else names.spelled(cells[host_at]),
                    )
    except csv.Error as error:
        batch.refuse(name, body, f"line {reader.line_num} is not valid CSV ({error})")


def _records(kind: str, value: str) -> Sequence[str]:
    """The records of one cell: the cell itself where its type allows one or where it is not clearly several."""
    if kind in _ONE_WORD:
        return _BETWEEN_WORDS.split(value.strip(' \t\r\n"'))
    if kind == "MX":
        several = [one for one in _BETWEEN_EXCHANGERS.split(value.strip(' \t\r\n"')) if one]
        if len(several) > 1 and all("." in one for one in several):
            return several
    return (value,)


class Row(NamedTuple):
    """One row: host and type written one way, value as it stands, the day it was seen, the stated environment.

    `spelled` is the host with the accents that its source writes; None where it has none.
    """

    host: str
    kind: str
    value: str
    day: dt.date | None
    environment: str | None
    spelled: str | None


def _reject(name: str, line: int, cells: Sequence[str], batch: Batch) -> None:
    reason = "has no host, type or value, or a value too long"
    batch.rejected.append(Rejected(f"{name} line {line}", repr(cells).encode()[:2000], reason))


def _day(cells: Sequence[str], columns: Sequence[int]) -> dt.date | None:
    """The day on which the row says it was seen; None where it says none."""
    for column in columns:
        text = cells[column][:10] if column < len(cells) else ""
        if text:
            return _iso_day(text)
    return None


@functools.lru_cache(maxsize=4096)
def _iso_day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
