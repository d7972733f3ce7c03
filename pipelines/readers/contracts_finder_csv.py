"""Contracts Finder notices as a CSV with the site's columns: its search download, or the columns of its pages.

A notice has no OCID here, so its id is the buyer and the buyer's own reference. Where one reference stands on
several rows, rows that differ only in the supplier are one award with several suppliers; any other row is a
further award of the same notice and is flagged.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.contracts.identity import company_number
from pipelines.contracts.notices import clean, stamp_versions
from pipelines.contracts.portals import reference_key
from pipelines.readers import _rows
from pipelines.readers._values import day, money
from pipelines.records import Award, Notice
from pipelines.text import plain, unpack

KIND = "contracts-finder-csv"
TITLE = "Contracts Finder notices from a CSV"
PUBLISHER = "Crown Commercial Service"
LICENCE = "Open Government Licence v3.0"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
PRIMARY = "notices"
LINES = False
EXAMPLE = "cloudhold import contracts-finder-csv notices.csv"

PORTAL = "contracts-finder"
# Our name of a column: its names in the pages' columns and in the search download.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "buyer": ("buyer", "organisation name"),
    "reference": ("procurement reference", "notice identifier"),
    "published": ("published date",),
    "status": ("status",),
    "notice_type": ("notice type",),
    "industry": ("industry", "cpv codes"),
    "description": ("description",),
    "procedure": ("procedure type", "ojeu procedure type"),
    "value": ("value of contract", "awarded value"),
    "value_high": ("value high",),
    "awarded": ("awarded date",),
    "start": ("contract start date",),
    "end": ("contract end date",),
    "supplier": ("supplier", "supplier [name|address|ref type|ref number|is sme|is vcse]"),
    "supplier_reference": ("reference",),
}
REQUIRED = ("title", "buyer", "reference", "published", "awarded", "supplier")
_CPV = re.compile(r"(?<!\d)(\d{8})(?!\d)")
_COMPANY = re.compile(r"compan(?:y|ies)[ _]house(?: number)?\s*[:|]?\s*([A-Za-z]{0,2}\s?\d{1,8})\s*$", re.IGNORECASE)
_PACKED = re.compile(r"\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]")
_WITHDRAWN = ("withdrawn", "cancelled")
# What a form makes people write: many notices share it, so it names none of them.
_NO_REFERENCE = frozenset(
    ["", "tbc", "tba", "tbd", "none", "n a", "na", "nan", "null", "not applicable", "unknown", "various", "see above"]
)

Cells = Mapping[str, str]


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Notices and awards of one file."""
    batch = Batch()
    try:
        if unpack(body).lstrip()[:1] == b"{":
            raise ValueError("it is JSON, not a CSV of the Contracts Finder site")
        tables = _rows.below_header(body, _places)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    groups: dict[str, list[Cells]] = defaultdict(list)
    for table, place, cells in ((t, n, row) for t in tables for n, row in enumerate(t.rows)):
        if not any(cell.strip() for cell in cells):
            continue
        batch.read += 1
        width = len(table.header)
        reason = "" if len(cells) >= width and not any(cells[width:]) else f"it has {len(cells)} cells, not {width}"
        row = {} if reason else {field: cells[column].strip() for field, column in table.found.items()}
        if row and (not row["buyer"] or not row["title"]):
            reason = "it names no buyer or no title"
        if reason:
            batch.rejected.append(Rejected(table.name(name, place), repr(list(cells)).encode()[:2000], reason))
        else:
            if _rows.column_name(row["reference"]) in _NO_REFERENCE and not any(map(str.isdigit, row["reference"])):
                row["reference"] = ""
            groups[_notice_id(row)].append(row)
    notices, awards = [], []
    for notice_id, rows in sorted(groups.items()):
        notice, of_notice = _notice(notice_id, rows, source_id)
        notices.append(notice)
        awards.extend(of_notice)
    batch.tables["notices"], batch.tables["awards"] = stamp_versions(
        clean("notices", schema.to_arrow("notices", notices)), clean("awards", schema.to_arrow("awards", awards))
    )
    return batch


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each column of ours stands; ValueError where the file is of another kind."""
    names = [_rows.column_name(cell) for cell in header]
    if "ocid" in names or any(cell.strip().startswith("releases/0/") for cell in header):
        raise ValueError("its columns are OCDS, not those of the Contracts Finder site; import its JSON as kind ocds")
    places: dict[str, int] = {}
    for field, known in COLUMNS.items():
        for wanted in known:
            if _rows.column_name(wanted) in names:
                places[field] = names.index(_rows.column_name(wanted))
                break
    missing = [COLUMNS[field][0].capitalize() for field in REQUIRED if field not in places]
    if missing:
        raise _rows.NotHeader(f"it lacks the column {' and '.join(missing)}", len(missing))
    return places


def _notice_id(row: Cells) -> str:
    reference = row["reference"]
    if not reference:
        content = "\x1f".join(
            row.get(field, "") for field in ("title", "published", "awarded", "value", "start", "end")
        )
        reference = "content-" + hashlib.sha256(content.encode()).hexdigest()[:16]
    return f"{PORTAL}:{reference_key(row['buyer'], reference)}"


def _notice(notice_id: str, rows: list[Cells], source_id: str) -> tuple[Notice, list[Award]]:
    """One notice and its awards; the rows' order in the file does not matter."""
    by_award: dict[tuple[str, ...], list[Cells]] = defaultdict(list)
    for row in rows:
        by_award[tuple(row.get(f, "") for f in ("title", "published", "awarded", "start", "end", "value"))].append(row)
    groups = [by_award[key] for key in sorted(by_award)]
    first = groups[0][0]
    awards = []
    for number, group in enumerate(groups):
        award_id = "1" if number == 0 else hashlib.sha256(repr(sorted(by_award)[number]).encode()).hexdigest()[:8]
        award = _award(notice_id, award_id, group, source_id, flags=("reference-used-twice",) if number else ())
        if award is not None:
            awards.append(award)
    published = day(first["published"])
    withdrawn = first.get("status", "").casefold() in _WITHDRAWN
    cpv = _CPV.search(first.get("industry", ""))
    notice = Notice(
        notice_id=notice_id,
        portal=PORTAL,
        ocid=None,
        release_id=None,
        reference=first["reference"] or None,
        version="",
        published_on=published,
        published_at=None,
        tags=("awardCancellation",) if withdrawn and awards else ("award",) if awards else ("tender",),
        notice_type=plain(first.get("notice_type"), 100),
        legal_basis=None,
        canonical_url=None,
        url=None,
        title=first["title"],
        description=first.get("description") or None,
        buyer_name=first["buyer"],
        buyer_scheme=None,
        buyer_number=None,
        publisher_name=None,
        organisation_id=None,
        tender_status=first.get("status") or None,
        method=None,
        method_details=first.get("procedure") or None,
        is_framework=None,
        cpv=cpv.group(1) if cpv else None,
        tender_value=money(first.get("value_high", "")),
        tender_currency="GBP" if money(first.get("value_high", "")) is not None else None,
        flags=("date-unreadable",) if first["published"] and published is None else (),
        source_id=source_id,
    )
    return notice, awards


def _award(
    notice_id: str, award_id: str, rows: list[Cells], source_id: str, flags: tuple[str, ...] = ()
) -> Award | None:
    """The award that some rows publish together; None where they show none."""
    row = rows[0]
    dates = {field: day(row.get(field, "")) for field in ("awarded", "start", "end")}
    suppliers = sorted({pair for item in rows for pair in _suppliers(item)})
    value = money(row.get("value", ""))
    if not suppliers and dates["awarded"] is None:
        return None
    return Award(
        notice_id=notice_id,
        version="",
        award_id=award_id,
        title=row["title"],
        description=row.get("description") or None,
        award_status="active",
        value=value,
        value_gross=None,
        value_min=None,
        value_max=None,
        currency="GBP" if value is not None else None,
        awarded_on=dates["awarded"],
        signed_on=None,
        start_on=dates["start"],
        end_on=dates["end"],
        max_end_on=None,
        suppliers=tuple(name for name, _ in suppliers),
        supplier_numbers=tuple(number for _, number in suppliers),
        flags=tuple(sorted({*flags, *_doubts(row, value, dates)})),
        source_id=source_id,
    )


def _doubts(row: Cells, value: Decimal | None, dates: Mapping[str, dt.date | None]) -> set[str]:
    found = set()
    if row.get("value") and value is None:
        found.add("value-unreadable")
    if value is not None and value < 0:
        found.add("value-negative")
    if any(row.get(field) and dates[field] is None for field in dates):
        found.add("date-unreadable")
    if (end := dates["end"]) and end.year > 2045:
        found.add("end-beyond-2045")
    if (start := dates["start"]) and (awarded := dates["awarded"]) and start < awarded:
        found.add("start-before-award")
    return found


def _suppliers(row: Cells) -> list[tuple[str, str]]:
    """(name, company number or '-') of each supplier that a row names."""
    text = row["supplier"]
    if text.startswith("[") and "|" in text:
        found = []
        for block in _PACKED.findall(text):
            cells = [cell.strip() for cell in block.split("|")]
            number = _number(f"{cells[2]} {cells[3]}") if len(cells) > 3 else "-"
            if cells[0]:
                found.append((plain(cells[0], 300) or "-", number))
        return found
    return [(plain(text, 300) or "-", _number(row.get("supplier_reference", "")))] if text else []


def _number(text: str) -> str:
    """The Companies House number that a reference names; '-' for another register, 0 or nonsense."""
    match = _COMPANY.search(text)
    return (company_number(match.group(1)) if match else None) or "-"
