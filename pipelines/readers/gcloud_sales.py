"""Sales that suppliers reported under G-Cloud and other frameworks, as the CSV that was published monthly.

Column sets known: Framework, LotDescription, SupplierName, CustomerName, ReturnMonth,
ProjectNameAndDescription, EvidencedSpend, Sector, SMEorLarge, with and without ID; and the older Framework,
Lot, Supplier, Customer, For Month, Product/Service Description, Total Charge. Corrections are negative lines.
Suppliers declare these figures, and earlier months are revised upward for months.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.readers import _rows
from pipelines.readers._values import by_distinct, money, month
from pipelines.text import plain

KIND = "gcloud-sales"
TITLE = "Sales reported under G-Cloud"
PUBLISHER = "Crown Commercial Service"
LICENCE = "Open Government Licence v3.0"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
PRIMARY = "sales"
LINES = False
EXAMPLE = "cloudhold import gcloud-sales G-Cloud-Spend-2014-06.csv"

FIELDS: Mapping[str, tuple[str, ...]] = {
    "framework": (r"(?:framework|agreement)(?: name)?",),
    "lot": (r"lot(?: description| name)?",),
    "supplier": (r"supplier(?: name)?",),
    "customer": (r"(?:customer|buyer|organisation)(?: name)?",),
    "month": (r"(?:return|for|sales?|invoice|reporting) ?month|month|(?:return|invoice) date|date",),
    "description": (r"project name and description|product(?: ?service)?(?: description)?|(?:service )?description",),
    "amount": (r"evidenced ?spend|total charge.*|total spend|spend|amount|value",),
}
NEEDED = {"supplier": "SupplierName", "customer": "CustomerName", "month": "ReturnMonth", "amount": "EvidencedSpend"}
# The framework and the lot are written differently from one download to the next, so they take no part.
_IDENTITY = ("supplier", "customer", "sold_on", "amount", "description")


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Sales of one file. Columns of a sale: see `pipelines.records.Sale`."""
    batch = Batch()
    try:
        tables = _rows.below_header(body, _places)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    filled = [
        (table.name(name, place), table.found, row)
        for table in tables
        for place, row in enumerate(table.rows)
        if any(cell.strip() for cell in row)
    ]
    frame = _frame([(places, row) for _, places, row in filled])
    batch.read = len(frame)
    usable = (frame["supplier"] != "") & frame["amount"].notna() & frame["sold_on"].notna()
    for place in frame.index[~usable]:
        row_name, _, row = filled[place]
        reason = "it has no supplier, no amount in pounds or no month"
        batch.rejected.append(Rejected(row_name, ",".join(row).encode(), reason))
    batch.tables["sales"] = _sales(frame[usable], source_id)
    return batch


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each column stands; ValueError where the file is of another kind."""
    places = _rows.places(header, FIELDS)
    missing = [column for field, column in NEEDED.items() if field not in places]
    if missing:
        raise _rows.NotHeader(f"it lacks the column {' and '.join(missing)}", len(missing))
    return places


def _frame(rows: Sequence[tuple[Mapping[str, int], Sequence[str]]]) -> pd.DataFrame:
    """The fields of (places, row) as text, cleaned, with `amount` and `sold_on` read."""
    columns = {
        field: [row[place] if 0 <= (place := places.get(field, -1)) < len(row) else "" for places, row in rows]
        for field in FIELDS
    }
    frame = pd.DataFrame(columns, index=range(len(rows)), dtype=object)
    for field in ("framework", "lot", "supplier", "customer", "description"):
        frame[field] = by_distinct(frame[field], lambda text: plain(text, 1000) or "")
    frame["sold_on"] = by_distinct(frame["month"], month)
    frame["amount"] = by_distinct(frame["amount"], money)
    return frame


def _sales(rows: pd.DataFrame, source_id: str) -> pa.Table:
    filled: dict[str, list[Any]] = {
        "sale_id": _ids(rows),
        "framework": [text or None for text in rows["framework"]],
        "lot": [text or None for text in rows["lot"]],
        "supplier_name": list(rows["supplier"]),
        "buyer_name": [text or None for text in rows["customer"]],
        "sold_on": list(rows["sold_on"]),
        "amount": list(rows["amount"]),
        "description": [text or None for text in rows["description"]],
        "flags": [()] * len(rows),
        "source_id": [source_id] * len(rows),
    }
    nothing = [None] * len(rows)
    wanted = schema.arrow_schema("sales")
    return pa.table([pa.array(filled.get(f.name, nothing), type=f.type) for f in wanted], schema=wanted)


def _ids(rows: pd.DataFrame) -> list[str]:
    """Permanent ids from the line's content and which of the equal lines of the file it is.

    The file's own ID column numbers the lines of one download only, so it takes no part.
    """
    texts = [rows[field].map(lambda value: str(value).casefold()) for field in _IDENTITY]
    content = pd.Series(list(map("\x1f".join, zip(*texts, strict=True))), index=rows.index, dtype=object)
    which = content.groupby(content).cumcount()
    return [
        "sale-" + hashlib.sha256(f"{text}\x1f{number}".encode()).hexdigest()[:16]
        for text, number in zip(content, which, strict=True)
    ]
