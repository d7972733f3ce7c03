"""Tables of events that researchers compiled from the providers' own histories, one event per row.

Four layouts are read, each by its columns: events of three clouds with `likely_duplicate` marks, AWS's archive
with `service_key`, Google's with `status_impact`, and AI vendors' with `impact_level`. A row that its table
marks as a probable duplicate is kept and called one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.incidents.body import Document
from pipelines.incidents.draft import DUPLICATE, RESOLVED, UNKNOWN, Context, Draft, ShapeChanged
from pipelines.incidents.google import IMPACTS as GOOGLE_IMPACTS
from pipelines.incidents.times import iso

SHAPE = "event-table"
TITLE = "Table of events"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what; '' where the table has none."""

    feed: str
    id: str
    provider: str
    title: str
    products: str
    regions: str
    started: str
    ended: str
    posted: str
    impact: str
    impacts: Mapping[str, str]
    fixed_provider: str = ""
    split: str = ""
    url: str = ""


LAYOUTS = (
    Layout("events-table", "event_id", "vendor", "service", "service", "location", "start_utc", "end_utc", "",
           "status_code", {"0.0": "none", "1.0": "minor", "2.0": "major", "3.0": "critical"}),
    Layout("aws-archive-table", "event_id", "", "summary", "service", "region", "start_utc", "end_utc",
           "first_posted_utc", "status_code", {"0": "none", "1": "minor", "2": "major", "3": "critical"}, "aws"),
    Layout("google", "incident_id", "", "description", "service_name", "locations", "begin_utc", "end_utc",
           "created_utc", "status_impact", GOOGLE_IMPACTS, "gcp", " ", "url"),
    Layout("ai-vendor-table", "incident_id", "provider", "title", "products", "", "start_utc", "close_utc", "",
           "impact_level", {"0": "none", "1": "minor", "2": "major", "3": "critical"}, "", ";"),
)  # fmt: skip


def layout_of(columns: frozenset[str]) -> Layout | None:
    """The layout whose columns are all there; the one with most columns where several fit."""
    fitting = []
    for layout in LAYOUTS:
        names = {getattr(layout, part) for part in ("id", "provider", "title", "regions", "started", "ended", "impact")}
        if names - {""} <= columns:
            fitting.append((len(names), layout))
    return max(fitting, key=lambda found: found[0])[1] if fitting else None


def matches(document: Document) -> bool:
    return document.kind == "table" and layout_of(document.columns) is not None


def parse(document: Document, context: Context) -> Iterator[Draft]:
    layout = layout_of(document.columns)
    assert layout is not None
    for number, row in enumerate(document.data, start=2):
        try:
            yield _draft(layout, row)
        except ShapeChanged as error:
            context.broken(f"row {number}", row, str(error))


def _moment(text: str) -> dt.datetime | None:
    return iso(text.strip()) if text.strip() else None


def _draft(layout: Layout, row: Mapping[str, str]) -> Draft:
    def cell(column: str) -> str:
        return row.get(column, "").strip() if column else ""

    key, title = cell(layout.id), cell(layout.title)
    started, ended = _moment(cell(layout.started)), _moment(cell(layout.ended))
    posted = _moment(cell(layout.posted))
    if not key or (started is None and posted is None):
        raise ShapeChanged("the row has no id or no time")
    if started and ended and ended < started:
        ended = None
    stated = cell(layout.impact)
    return Draft(
        feed_id=key,
        title=title or cell(layout.products) or key,
        provider=layout.fixed_provider or cell(layout.provider),
        products=_several(cell(layout.products), ";"),
        regions=_several(cell(layout.regions), layout.split),
        status=DUPLICATE if cell("likely_duplicate") == "1" else RESOLVED if ended else UNKNOWN,
        impact_stated=stated or None,
        impact=layout.impacts.get(stated, UNKNOWN),
        started=started,
        ended=ended,
        posted=posted,
        updates=0,
        url=cell(layout.url) or None,
        seen=ended or started or posted,
        feed=layout.feed,
    )


def _several(text: str, split: str) -> tuple[str, ...]:
    parts = text.split(split) if split else [text]
    return tuple(part.strip() for part in parts if part.strip() and part.strip().casefold() != "unknown")
