"""Published spending of a public body: CSV, spreadsheets, JSON rows, and JSON lines of {org, header, rows}.

Headers drift from month to month, so columns are found by what their names say. Lines before the header and
totals after the end are passed over; refunds stay, negative. The amount without VAT is preferred where a
file has both. A column that cannot be named, an amount that is none and a day that is none are never guessed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.readers import _rows
from pipelines.readers._spend_columns import PARTY, Columns, columns, is_register
from pipelines.readers._values import by_distinct, day, is_month_first, money
from pipelines.text import plain, unpack

KIND = "spend-csv"
TITLE = "Payments that a public body published"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "payments"
LINES = True
EXAMPLE = "cloudhold import spend-csv spending-over-25000-january-2026.csv"

# Entities that only make sense beside their family: the family is the buyer.
_GENERIC = re.compile(
    r"(?:core|corporate|main|head ?quarters|hq|shared services|agency)(?: dep(?:artmen)?t| \w+)?", re.IGNORECASE
)
# A line of a total: "Total Gas & Power" is a supplier.
_TOTAL = re.compile(
    r"(?:grand |sub[ -]?|overall )?totals?\W*(?:(?:for|of|spend|spent|amount|paid|payments?|value|expenditure|net|gross|inc|exc|gbp)\b.*)?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(r"\s*\d{1,2}[/.\-](?:1[3-9]|2\d|3[01])[/.\-]")
_HEADER_CELL = re.compile(rf"{PARTY}(?: {PARTY})?(?: name)?")
_NOTHING = ("", "none", "null", "n/a", "nan")


@dataclass(slots=True)
class Lines:
    """Rows under one header. `origin` names, row by row, the file that a row came from, `buyer` its publisher."""

    header: Sequence[str]
    rows: list[Sequence[str]]
    origin: list[str]
    buyer: list[str]


# -- bodies to lines ----------------------------------------------------------------------------------------


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Payments of one body."""
    batch = Batch()
    publisher = str(options.get("organisation") or "")
    try:
        groups = _lines(name, body, publisher, source_id, batch)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    picked = _picked(groups, batch)
    is_row = ~_is_total(picked)
    batch.read += int(is_row.sum())
    usable = is_row & picked["amount"].notna() & (picked["supplier"] != "") & ~picked["shifted"]
    _reject_rows(groups, picked, is_row & ~usable, batch)
    payments = _payments(picked[usable], source_id)
    batch.tables["payments"] = _distinct(payments)
    batch.repeated = payments.num_rows - batch.tables["payments"].num_rows
    return batch


def _lines(name: str, body: bytes, publisher: str, source_id: str, batch: Batch) -> list[Lines]:
    """The rows of a body under their headers; ValueError where it holds no table of spending."""
    if not _rows.is_spreadsheet(body) and unpack(body)[:4096].lstrip()[:1] in (b"{", b"["):
        return _from_json(name, _rows.text_of(body), publisher, source_id, batch)
    try:
        tables = _rows.below_header(body, _known_columns)
    except _rows.NotHeader:
        if _rows.is_spreadsheet(body):
            raise ValueError("no sheet has a line that names a supplier and an amount") from None
        first = [line for line in _rows.text_of(body)[:65536].splitlines() if line.strip()][: _rows.HEADER_WITHIN]
        shown = plain(first[0] if first else "", 80)
        raise ValueError(
            f"none of its first {len(first)} lines names a supplier and an amount; it begins with {shown!r}"
        ) from None
    found = []
    dated = any("paid" in table.found.places for table in tables)
    for table in tables:
        rows: list[Sequence[str]] = [cells for cells in table.rows if any(cells)]
        # Equal lines of two sheets are one payment: a sheet for the year beside those of its months.
        origin = f"{source_id} sheet {table.sheet}" if len(tables) > 1 else source_id
        lines = Lines(table.header, rows, [origin] * len(rows), [publisher] * len(rows))
        if dated and "paid" not in table.found.places:
            batch.read += len(rows)
            _reject(lines, range(len(rows)), "their sheet has no day beside sheets that have: a summary of them", batch)
        else:
            found.append(lines)
    return found


def _known_columns(header: Sequence[str]) -> Columns:
    found = columns(header)
    if is_register(header):
        raise ValueError(
            "its columns have a start and an end: it is a register of contracts, and nobody was paid these"
        )
    if found is None:
        raise _rows.NotHeader("it names no supplier and no amount", 2)
    return found


def _from_json(name: str, text: str, publisher: str, origin: str, batch: Batch) -> list[Lines]:
    """A JSON list of rows (alone or under `data`), or JSON lines of {org, source_path, header, rows}."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _from_json_lines(name, text, batch)
    if isinstance(document, dict) and "header" in document and "rows" in document:
        return _from_json_lines(name, json.dumps(document), batch)
    rows = document.get("data") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it is JSON, but no list of payments")
    if isinstance(document, dict) and isinstance(document.get("metadata"), dict):
        publisher = publisher or str(document["metadata"].get("publisher") or "")
    header = list(dict.fromkeys(key for row in rows for key in row))
    if columns(header) is None:
        raise ValueError(f"its rows name no supplier and amount; they have {', '.join(map(str, header))[:120]}")
    cells = [["" if row.get(key) is None else str(row[key]) for key in header] for row in rows]
    return [Lines(header, cells, [origin] * len(cells), [publisher] * len(cells))]  # type: ignore[arg-type]


def _from_json_lines(name: str, text: str, batch: Batch) -> list[Lines]:
    """Groups of rows by their header text, so that each header is worked out once."""
    by_header: dict[str, Lines] = {}
    good = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            group = json.loads(line)
            header, rows = str(group["header"]), group["rows"]
            path, publisher = str(group.get("source_path") or ""), str(group.get("org") or "")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            if not good:
                raise ValueError(f"line {number} is not a JSON object with header and rows") from None
            batch.rejected.append(Rejected(f"{name} line {number}", line.encode()[:2000], "it is not JSON with rows"))
            continue
        good += 1
        rows = [row for row in rows if isinstance(row, str)]
        mark = _rows.separator(header)
        found = by_header.get(header)
        if found is None:
            found = by_header[header] = Lines(_rows.one(header.removeprefix("\xef\xbb\xbf"), mark), [], [], [])
        found.rows.extend(_rows.one(row, mark) for row in rows)
        found.origin.extend([path or f"line {number}"] * len(rows))
        found.buyer.extend([publisher] * len(rows))
    if not good:
        raise ValueError("it is empty")
    return [by_header[header] for header in sorted(by_header)]


# -- lines to payments --------------------------------------------------------------------------------------


_TEXTS = ("supplier", "paid", "expense_type", "expense_area", "description", "reference", "buyer", "family")


def _picked(groups: Sequence[Lines], batch: Batch) -> pd.DataFrame:
    """The fields of every line, cleaned, in one frame, so that each distinct text is read once.

    Columns: those of _TEXTS, amount (Decimal or None), basis, origin, publisher, group and place, which name
    the line, bare and shifted (bool). Lines under a header that names no supplier or amount are rejected.
    """
    lists: dict[str, list[Any]] = {
        name: [] for name in (*_TEXTS, "amount", "basis", "origin", "publisher", "group", "place", "bare", "shifted")
    }
    for number, lines in enumerate(groups):
        found = columns(lines.header)
        if found is None:
            batch.read += len(lines.rows)
            shown = plain(",".join(lines.header), 100) or "nothing"
            _reject(lines, range(len(lines.rows)), f"their header names no supplier and no amount: {shown}", batch)
            continue
        filler = [""] * found.width
        rows = [row if len(row) >= found.width else [*row, *filler] for row in lines.rows]
        for field in _TEXTS:
            place = found.places.get(field)
            lists[field].extend([""] * len(rows) if place is None else [row[place] for row in rows])
        lists["amount"].extend(row[found.amount] for row in rows)
        lists["bare"].extend(not row[found.places["supplier"]].strip() and _is_bare(row) for row in rows)
        lists["shifted"].extend(len(row) > found.width and _is_shifted(row, found) for row in rows)
        lists["basis"].extend([found.basis] * len(rows))
        lists["origin"].extend(lines.origin)
        lists["publisher"].extend(lines.buyer)
        lists["group"].extend([number] * len(rows))
        lists["place"].extend(range(len(rows)))
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in lists.items()})
    for field in (*_TEXTS, "publisher"):
        frame[field] = _clean(frame[field])
    frame["amount"] = by_distinct(frame["amount"], money)
    frame[["bare", "shifted"]] = frame[["bare", "shifted"]].astype(bool)
    return frame


def _clean(texts: pd.Series) -> pd.Series:
    """Foreign text made plain; each distinct text once; what stands for nothing becomes empty."""

    def one(text: str) -> str:
        cleaned = plain(text, 500) or ""
        return "" if cleaned.casefold() in _NOTHING else cleaned

    return by_distinct(texts, one)


def _is_total(rows: pd.DataFrame) -> pd.Series:
    """Lines that are no payments: empty ones and notes, headers repeated, totals."""
    undated = (rows["paid"] == "") & (rows["reference"] == "")
    bare = (rows["supplier"] == "") & undated & (rows["bare"] | rows["amount"].isna())
    named = by_distinct(rows["supplier"], lambda text: bool(_TOTAL.fullmatch(text))).astype(bool)
    again = by_distinct(rows["supplier"], lambda text: bool(_HEADER_CELL.fullmatch(_rows.column_name(text)))).astype(
        bool
    )
    return bare | (named & undated) | (again & rows["amount"].isna())


def _is_bare(cells: Sequence[str]) -> bool:
    """Whether a line holds numbers and the word for a total, and nothing that could be a payment's."""
    return all(not cell.strip() or money(cell) is not None or _TOTAL.fullmatch(cell.strip()) for cell in cells)


def _is_shifted(cells: Sequence[str], found: Columns) -> bool:
    """Whether a line has more cells than its header and a second amount where a comma too many would put it."""
    end = max((place for place, cell in enumerate(cells) if cell.strip()), default=0) + 1
    place = found.amount + end - found.width
    return end > found.width and place > found.amount and money(cells[place]) is not None


def _reject_rows(groups: Sequence[Lines], rows: pd.DataFrame, wrong: pd.Series, batch: Batch) -> None:
    no_amount, shifted = rows["amount"].isna(), rows["shifted"]
    for mask, reason in (
        (no_amount & ~shifted, "they have no amount in pounds"),
        (~no_amount & ~shifted, "they name no supplier"),
        (shifted, "they have more cells than their header, so that either of two numbers could be the amount"),
    ):
        for number, group in rows[wrong & mask].groupby("group"):
            _reject(groups[int(str(number))], group["place"].tolist(), reason, batch)


def _reject(lines: Lines, places: Sequence[int], reason: str, batch: Batch) -> None:
    """Set lines of one header aside in one piece: a file may hold thousands that lack the same thing."""
    if not places:
        return
    name = f"{len(places)} lines of {lines.origin[places[0]]}"
    body = "\n".join([",".join(lines.header), *(",".join(lines.rows[place]) for place in places)])
    batch.rejected.append(Rejected(name, body.encode(errors="replace"), reason, len(places)))


def _payments(rows: pd.DataFrame, source_id: str) -> pa.Table:
    """Usable rows in the schema of payments."""
    days = _days(rows)
    buyer = _buyer(rows)
    expense = _joined(rows["expense_type"], rows["expense_area"], rows["description"])
    dated = [value if isinstance(value, dt.date) else None for value in days]
    filled: dict[str, list[Any]] = {
        "payment_id": _ids(rows, dated, buyer, expense),
        "buyer_name": [text or None for text in buyer],
        "supplier_name": list(rows["supplier"]),
        "paid_on": dated,
        "amount": list(rows["amount"]),
        "value_basis": list(rows["basis"]),
        "expense": [text or None for text in expense],
        "reference": [text or None for text in rows["reference"]],
        "flags": [() if value else ("day-not-published",) for value in dated],
        "source_id": [source_id] * len(rows),
    }
    nothing = [None] * len(rows)  # who is who is worked out when the edition is built
    wanted = schema.arrow_schema("payments")
    arrays = [pa.array(filled.get(field.name, nothing), type=field.type) for field in wanted]
    return pa.table(arrays, schema=wanted)


def _buyer(rows: pd.DataFrame) -> pd.Series:
    """Who paid: the entity, else its family, else whoever published the file."""
    entity = by_distinct(
        rows["buyer"], lambda text: "" if text.startswith("http") or _GENERIC.fullmatch(text) else text
    )
    family = by_distinct(rows["family"], lambda text: "" if text.startswith("http") else text)
    return entity.where(
        entity != "", family.where(family != "", rows["publisher"].where(rows["publisher"] != "", rows["buyer"]))
    )


def _days(rows: pd.DataFrame) -> pd.Series:
    """The day of each row. Each file has one order of day and month, found from its own dates."""
    if rows.empty:
        return pd.Series([], dtype=object, index=rows.index)
    suspects = by_distinct(rows["paid"], lambda text: bool(_MONTH_FIRST.match(text))).astype(bool)
    month_first = {
        o for o in rows.loc[suspects, "origin"].unique() if is_month_first(rows.loc[rows["origin"] == o, "paid"])
    }
    days = by_distinct(rows["paid"], day)
    if month_first:
        swapped = rows["origin"].isin(month_first)
        days[swapped] = by_distinct(rows.loc[swapped, "paid"], lambda text: day(text, month_first=True))
    return days


def _joined(*texts: pd.Series) -> pd.Series:
    """Texts that are there, joined, none twice."""
    distinct: dict[tuple[str, ...], str] = defaultdict(str)
    keys = list(zip(*texts, strict=True))
    for key in set(keys):
        distinct[key] = " / ".join(dict.fromkeys(part for part in key if part))
    return pd.Series([distinct[key] for key in keys], index=texts[0].index, dtype=object)


def _ids(rows: pd.DataFrame, days: Sequence[dt.date | None], buyer: pd.Series, expense: pd.Series) -> list[str]:
    """Permanent ids: the line's content and which of the equal lines of its file it is.

    A month published twice in two files is then counted once. A line without a day could be of any month:
    the file is part of what identifies it.
    """
    parts = pd.DataFrame(
        {
            "buyer": buyer,
            "supplier": rows["supplier"],
            "day": [str(value) for value in days],
            "amount": rows["amount"].map(str),
            "reference": rows["reference"],
            "expense": expense,
            "file": [path if value is None else "" for path, value in zip(rows["origin"], days, strict=True)],
        },
        index=rows.index,
    )
    content = pd.Series(list(map("\x1f".join, zip(*(parts[c] for c in parts), strict=True))), index=rows.index)
    which = content.groupby([content, rows["origin"]]).cumcount()
    keys = [f"{text}\x1f{number}" for text, number in zip(content, which, strict=True)]
    return ["pay-" + hashlib.sha256(key.encode()).hexdigest()[:16] for key in keys]


def _distinct(rows: pa.Table) -> pa.Table:
    """One row per id, the first one."""
    ids = rows["payment_id"].to_pylist()
    first = {key: place for place, key in reversed(list(enumerate(ids)))}
    return rows if len(first) == len(ids) else rows.take(pa.array(sorted(first.values())))
