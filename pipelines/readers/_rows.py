"""Bytes of a table somebody saved, as rows of text cells: CSV with any usual separator, Excel, OpenDocument.

Every failure is a ValueError whose text ends a sentence that begins with the file's name.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence

from pipelines.text import unpack

SEPARATORS = (",", "\t", ";", "|")
_SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# A spreadsheet is a zip file: what it says that it holds is looked at before anything is unpacked.
MAX_UNPACKED = 512 * 1024 * 1024


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@functools.lru_cache(maxsize=4096)
def column_name(cell: str) -> str:
    """A column's name without case, punctuation, joined words and leading numbers; £ becomes gbp."""
    text = _CAMEL.sub(" ", cell).casefold().replace("(t)", " text").replace("£", " gbp ").replace("&", " and ")
    text = re.sub(r"[^a-z0-9]+", " ", text)
    return " ".join(re.sub(r"^\s*\d+\s+", " ", text).split())


def places(header: Sequence[str], fields: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where each field's column stands in a header. `fields`: patterns of a whole name, best first.

    A column is given to one field, the first that asks for it; a field without a column is left out.
    """
    names = [column_name(cell) for cell in header]
    found: dict[str, int] = {}
    for field, patterns in fields.items():
        place = _first(names, patterns, found.values())
        if place is not None:
            found[field] = place
    return found


def _first(names: Sequence[str], patterns: Sequence[str], taken: Collection[int]) -> int | None:
    for pattern in patterns:
        for place, name in enumerate(names):
            if name and place not in taken and re.fullmatch(pattern, name):
                return place
    return None


def is_spreadsheet(body: bytes) -> bool:
    """Whether the bytes are those of an Excel or OpenDocument file."""
    return body.startswith(_SPREADSHEET)


def text_of(body: bytes) -> str:
    """The text of a body: UTF-8, UTF-16 with its mark, else Windows-1252, which old exports are written in."""
    body = unpack(body)
    if not body.strip():
        raise ValueError("it is empty")
    if body.startswith(b"SQLite format 3\x00"):
        raise ValueError("it is an SQLite database; save the table as CSV")
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = body.decode("utf-16")
        except UnicodeDecodeError as error:
            raise ValueError(f"it says UTF-16 and is not ({error.reason})") from error
    else:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = body.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise ValueError("it is not text (it holds NUL bytes)")
    return text


def separator(line: str) -> str:
    """The character that separates the cells of a line: the most frequent of comma, tab, semicolon, pipe."""
    counts = [line.count(mark) for mark in SEPARATORS]
    return SEPARATORS[counts.index(max(counts))]


def split(text: str, mark: str) -> list[list[str]]:
    """Every line as cells. ValueError for a quote that never closes."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        return list(reader)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num} is not valid CSV ({error})") from error


def one(line: str, mark: str) -> list[str]:
    """One line as cells, whatever its quotes: a line on its own cannot swallow the next."""
    line = line.replace("\r", " ").replace("\n", " ")
    try:
        return next(csv.reader((line,), delimiter=mark), [])
    except csv.Error:
        return line.split(mark)


def sheets(body: bytes) -> list[list[list[str]]]:
    """Each sheet of a spreadsheet as rows of text; dates as ISO dates, whole numbers without a fraction."""
    if body.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                size = sum(item.file_size for item in archive.infolist())
        except (zipfile.BadZipFile, OSError) as error:
            raise ValueError("it looks like a spreadsheet and is cut or damaged") from error
        if size > MAX_UNPACKED:
            raise ValueError(f"unpacked it would be {size // 1048576} MiB; split it")
    import pandas as pd  # half the start of a verb that reads no spreadsheet

    try:
        found = pd.read_excel(io.BytesIO(body), sheet_name=None, header=None, dtype=object, engine="calamine")
    except ImportError as error:
        raise ValueError("reading a spreadsheet needs python-calamine; install it, or save the sheet as CSV") from error
    except Exception as error:
        raise ValueError(f"it cannot be read as a spreadsheet ({' '.join(str(error).split())[:120]})") from error
    return [[[_cell(value) for value in row] for row in frame.itertuples(index=False)] for frame in found.values()]


def _cell(value: object) -> str:
    if value is None or value != value:  # NaT and NaN
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
