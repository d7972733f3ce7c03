"""Bytes of a table somebody saved, as rows of text cells: CSV with any usual separator, Excel, OpenDocument.

Every failure is a ValueError whose text ends a sentence that begins with the file's name.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import functools
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipelines.text import unpack

SEPARATORS = (",", "\t", ";", "|")
# A header further down than this is not one.
HEADER_WITHIN = 40
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


# A description may be longer than the csv module takes by itself; its limit is the whole program's, so it is put back.
LONGEST_CELL = 10_000_000


@contextlib.contextmanager
def long_cells() -> Iterator[None]:
    """While it lasts, the csv module takes cells of up to LONGEST_CELL characters."""
    limit = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


# Single control characters stand in real exports; a picture or a PDF is made of them.
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
_LOOKED_AT = 4_096


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
    if len(_CONTROLS.findall(text, 0, _LOOKED_AT)) * 50 > min(len(text), _LOOKED_AT):
        raise ValueError("it is not text (many of its characters are control characters)")
    return text


def separator(line: str) -> str:
    """The character that separates the cells of a line: the most frequent of comma, tab, semicolon, pipe."""
    counts = [line.count(mark) for mark in SEPARATORS]
    return SEPARATORS[counts.index(max(counts))]


CUT = "it ends within its last line; it may be cut, fetch it again"
# The last line is measured by so many before it: what stands above a table has other widths.
_BEFORE = 10


def split(text: str, mark: str) -> list[list[str]]:
    """Every row as cells. ValueError for a quote that never closes, and for a last line that is a piece of one.

    A quote that stays open by mistake swallows the rows after it. Where at least two lines of one row have as many
    marks as the rows before it, its first line is cut on its own and the next is read afresh.
    """
    lines = list(io.StringIO(text, newline=""))
    rows: list[list[str]] = []
    widths: Counter[int] = Counter()
    start = 0
    while start < len(lines):
        reader = csv.reader(itertools.islice(lines, start, None), delimiter=mark)
        first, start = start, len(lines)
        before = 0
        try:
            with long_cells():
                for row in reader:
                    own = lines[first + before : first + reader.line_num]
                    if len(own) > 1 and _is_torn(own, mark, widths):
                        rows.append(one(own[0], mark))
                        start = first + before + 1
                        break
                    if len(own) > 1 and first + reader.line_num == len(lines) and sum(o.count('"') for o in own) % 2:
                        raise ValueError(f"line {first + before + 1} is not valid CSV (its quote never closes)")
                    rows.append(row)
                    widths[len(row)] += 1
                    before = reader.line_num
        except csv.Error as error:
            raise ValueError(f"line {first + reader.line_num} is not valid CSV ({error})") from error
    if not has_end(text) and len(rows) > 1 and len(rows[-1]) < min(len(row) for row in rows[-_BEFORE:-1]):
        raise ValueError(CUT)
    return rows


def has_end(text: str) -> bool:
    """Whether the last line has its end. Many whole files lack it; a file that was cut always does."""
    return text.endswith(("\n", "\r"))


def _is_torn(lines: Sequence[str], mark: str, widths: Counter[int]) -> bool:
    usual = max(widths, key=lambda width: (widths[width], width), default=0)
    return usual > 3 and sum(line.count(mark) == usual - 1 for line in lines) > 1


def one(line: str, mark: str) -> list[str]:
    """One line as cells, whatever its quotes: a line on its own cannot swallow the next."""
    line = line.replace("\r", " ").replace("\n", " ")
    try:
        return next(csv.reader((line,), delimiter=mark), [])
    except csv.Error:
        return line.split(mark)


P = TypeVar("P")


class NotHeader(ValueError):
    """A line that lacks `missing` of the columns that a kind needs."""

    def __init__(self, reason: str, missing: int = 0) -> None:
        super().__init__(reason)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Below(Generic[P]):
    """The rows below a header. `found` is what the header says, `first` the number of the first of the rows,
    `sheet` the name of their sheet in a spreadsheet of several, else empty."""

    found: P
    header: list[str]
    rows: list[list[str]]
    first: int
    sheet: str = ""

    def name(self, file: str, place: int) -> str:
        """How a message calls one of the rows."""
        return f"{file}{' sheet ' + self.sheet if self.sheet else ''} row {self.first + place}"


def below_header(body: bytes, find: Callable[[Sequence[str]], P]) -> list[Below[P]]:
    """The rows below the first header of a text, or of each sheet of a spreadsheet that has one.

    `find` reads a header and raises NotHeader for a line that is none. Where no line is one, the NotHeader of the
    line that lacks least; any other ValueError ends the search.
    """
    found: list[Below[P]] = []
    nearest: NotHeader | None = None
    for sheet, rows in _tables(body):
        for index, row in enumerate(rows[:HEADER_WITHIN]):
            try:
                found.append(Below(find(row), row, rows[index + 1 :], index + 2, sheet))
                break
            except NotHeader as error:
                if nearest is None or error.missing < nearest.missing:
                    nearest = error
        if found and not sheet:
            break  # the others are other separators for the same text
    if not found:
        raise nearest or NotHeader("it has no line")
    return found


def _tables(body: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    """Each sheet under its name, or a text cut by each mark that separates cells on one of its first lines."""
    if is_spreadsheet(body):
        yield from sheets(body).items()
        return
    text = text_of(body)
    first = [line for line in text[:65536].splitlines() if line.strip()][:HEADER_WITHIN]
    problem: ValueError | None = None
    for mark in sorted({separator(line) for line in first}, key=SEPARATORS.index):
        try:
            rows = split(text, mark)
        except ValueError as error:
            problem = problem or error
            continue
        yield "", rows
    if problem is not None:
        raise problem


def sheets(body: bytes) -> dict[str, list[list[str]]]:
    """Each sheet of a spreadsheet under its name, as rows of text; dates as ISO dates, whole numbers without a fraction."""
    if body.startswith(b"PK"):
        import zipfile  # no other table needs it

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
    return {
        str(name): [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
        for name, frame in found.items()
    }


def _cell(value: object) -> str:
    if value is None or value != value:  # NaT and NaN
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
