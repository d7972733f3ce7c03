"""Statements about where things run, as a CSV with the columns of data/reference/published_hosting.csv.

subject (or service_or_body), provider, role, layer, statement, source_kind and confidence are needed; product,
region, stated_at, still_current, source_url, place, check, organisation_id, service_id and platform_id are
used where they are there. Provider and role are the words of the reference; a word outside it sets that row
aside, with the row named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines import reference, schema
from pipelines.batch import Batch, Rejected
from pipelines.errors import BadReference
from pipelines.readers import _rows
from pipelines.readers._values import day
from pipelines.records import Statement
from pipelines.reference import Reference
from pipelines.reference_tables import certainty, short
from pipelines.text import plain

KIND = "statements"
TITLE = "Published statements"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "statements"
LINES = False
EXAMPLE = "cloudhold import statements statements.csv"

NEEDED = ("provider", "role", "layer", "statement", "source_kind", "confidence")
_CHOICES = {"layer": ("front", "back"), "confidence": tuple(schema.CODELISTS["confidence"])}
_CHOICES |= {"still_current": tuple(schema.CODELISTS["current"])}

Cells = Mapping[str, str]


class _Unusable(ValueError):
    """A row that cannot be used; the text says why."""


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Statements of one file."""
    batch = Batch()
    try:
        text = _rows.text_of(body)
        lines = _rows.split(text, _rows.separator(text[:4000].partition("\n")[0]))
        header = _header(lines[0] if lines else [])
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    known = reference.load()
    about = {row["subject"]: row for _, row in known.rows("subjects.csv", ("subject", "service_id"))}
    found: dict[str, Statement] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        batch.read += 1
        row = {column: cells[place].strip() if place < len(cells) else "" for column, place in header.items()}
        try:
            for statement in _statements(known, about.get(row["subject"], {}), row, source_id, options):
                found[statement.statement_id] = statement
        except _Unusable as problem:
            batch.rejected.append(Rejected(f"{name} row {number}", ",".join(cells).encode()[:2000], str(problem)))
    batch.tables["statements"] = schema.to_arrow("statements", found.values())
    return batch


def _header(cells: list[str]) -> dict[str, int]:
    """Where each column stands; ValueError where one that is needed is missing."""
    places = {cell.strip().lower(): place for place, cell in reversed(list(enumerate(cells)))}
    if "subject" not in places and "service_or_body" in places:
        places["subject"] = places.pop("service_or_body")
    missing = [column for column in ("subject", *NEEDED) if column not in places]
    if missing:
        raise ValueError(f"it lacks the column {' and '.join(missing)}")
    return places


def _statements(
    known: Reference, about: Cells, row: Cells, source_id: str, options: Mapping[str, Any]
) -> Iterator[Statement]:
    """One statement per provider that the row names."""
    subject, said = plain(row["subject"], 200), plain(row["statement"], 2000)
    if not subject or not said:
        raise _Unusable("it has no subject or no statement")
    current = row.get("still_current") or "unknown"
    for column, value in (("layer", row["layer"]), ("confidence", row["confidence"]), ("still_current", current)):
        if value not in _CHOICES[column]:
            raise _Unusable(f"{column} {plain(value, 40)!r} is not one of {', '.join(_CHOICES[column])}")
    stated = day(row.get("stated_at", ""))
    if row.get("stated_at") and stated is None and not row["stated_at"][:4].isdigit():
        raise _Unusable(f"stated_at {plain(row['stated_at'], 40)!r} is not a date")
    try:
        providers, _ = known.by_word(row["provider"], row.get("product"), "statements", "row")
        role = known.role(row["role"], "statements", "row")
    except BadReference as error:
        raise _Unusable(str(error).partition(": ")[2]) from None
    product, region = plain(row.get("product"), 200), row.get("region", "")
    for provider in providers:
        if provider == "none":
            continue
        company = known.providers.get(provider)
        yield Statement(
            statement_id=f"s-{short(subject, provider, product or '', region, said)}",
            subject=subject,
            organisation_id=row.get("organisation_id") or about.get("organisation_id") or options.get("organisation"),
            service_id=row.get("service_id") or about.get("service_id") or None,
            platform_id=row.get("platform_id") or about.get("platform_id") or None,
            provider=provider,
            parent=known.parent(provider),
            jurisdiction=known.jurisdiction(provider),
            product=product,
            region=company.region(region) if company else None,
            role=role,
            layer=row["layer"],
            statement=said,
            stated_on=stated,
            current=current,
            source_kind=plain(row["source_kind"], 40) or "unknown",
            confidence=row["confidence"],
            certainty=certainty(row["confidence"]),
            place=plain(row.get("place"), 200),
            url=plain(row.get("source_url"), 2000),
            source_id=source_id,
            check=plain(row.get("check"), 200) or "as imported, not checked by us",
            private=bool(options.get("private", False)),
        )
