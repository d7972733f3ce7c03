"""The published list of .gov.uk names: candidates for a scan, and whose they are where the list says so.

Lists until 2023 have a column that says for whom a name is registered; later ones are names alone, below a line of title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines import schema
from pipelines.attribution import names
from pipelines.batch import Batch, Rejected
from pipelines.readers import _rows
from pipelines.readers._values import day
from pipelines.records import Domain
from pipelines.text import plain

KIND = "govuk-domains"
TITLE = "List of .gov.uk domain names"
PUBLISHER = "Cabinet Office"
LICENCE = "Open Government Licence v3.0"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
PRIMARY = "domains"
LINES = False
EXAMPLE = "cloudhold import govuk-domains List_of_.gov.uk_domain_names_as_of_31_March_2026.csv"

FIELDS: Mapping[str, tuple[str, ...]] = {
    "domain": (r"(?:gov uk )?domain ?names?|domains?|name of domain",),
    "owner": (r"registered for|(?:domain )?owner(?: name)?|organi[sz]ation(?: name)?|registrant(?: name)?",),
}
# A header further down than this is not one.
HEADER_WITHIN = 10
_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+gov\.uk")
_DAY_IN_NAME = re.compile(r"(\d{1,2}[ _]+[A-Za-z]{3,9}[ _]+\d{4})")


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Names of one list. Columns of a name: see `pipelines.records.Domain`.

    The day is `options["seen_on"]`, else the one in the file's name, else missing.
    """
    batch = Batch()
    try:
        rows, ends = _table(body)
        places, first = _header(rows)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    said = _DAY_IN_NAME.search(name)
    listed_on = options.get("seen_on") or (day(said[1].replace("_", " ")) if said else None)
    found: dict[str, Domain] = {}
    for number, row in enumerate(rows[first:], start=first + 1):
        cells = [row[place] if place < len(row) else "" for place in places.values()]
        told = dict(zip(places, cells, strict=True))
        if not any(cell.strip() for cell in row):
            continue
        batch.read += 1
        domain = names.host(told["domain"])
        if not _NAME.fullmatch(domain):
            if number == len(rows) and not ends:
                return Batch().refuse(name, body, _rows.CUT)
            batch.rejected.append(
                Rejected(f"{name} row {number}", ",".join(row).encode(), "it is no name below gov.uk")
            )
            continue
        found.setdefault(domain, Domain(domain, plain(told.get("owner"), 300), listed_on, source_id))
    if not found:
        batch.tables.clear()
        batch.rejected.clear()
        return batch.refuse(name, body, "it holds no domain name")
    batch.tables["domains"] = schema.to_arrow("domains", found.values())
    return batch


def _table(body: bytes) -> tuple[list[list[str]], bool]:
    """The rows, and whether the last one has its end."""
    if _rows.is_spreadsheet(body):
        return max(_rows.sheets(body).values(), key=len, default=[]), True
    text = _rows.text_of(body)
    return _rows.split(text, _rows.separator(text[:4000])), _rows.has_end(text)


def _header(rows: Sequence[Sequence[str]]) -> tuple[dict[str, int], int]:
    """Where the columns stand and the first row of names; ValueError where there is neither header nor name."""
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        places = _rows.places(row, FIELDS)
        if "domain" in places:
            return places, number + 1
        if row and _NAME.fullmatch(names.host(row[0])):
            return {"domain": 0}, number
    raise ValueError(f"none of its first {HEADER_WITHIN} lines is a header or a domain name")
