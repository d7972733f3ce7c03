"""Checkly: unresolved incidents of a status page. The body does not say whose page it is: the caller does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.incidents.body import Document
from pipelines.incidents.draft import (
    OPEN,
    RESOLVED,
    UNKNOWN,
    Context,
    Draft,
    ShapeChanged,
    listed_names,
    need,
    objects_of,
    text_of,
)
from pipelines.incidents.times import iso

SHAPE = "checkly"
TITLE = "Checkly status page"
IMPACTS = {"MINOR": "minor", "MEDIUM": "minor", "MAJOR": "major", "CRITICAL": "critical"}


def matches(document: Document) -> bool:
    data = document.data
    if document.kind != "json" or not isinstance(data, Mapping) or "page" in data:
        return False
    listed = data.get("incidents")
    return isinstance(listed, list) and all(isinstance(i, Mapping) and "incidentUpdates" in i for i in listed)


def parse(document: Document, context: Context) -> Iterator[Draft]:
    for incident in document.data["incidents"]:
        try:
            yield _draft(incident)
        except ShapeChanged as error:
            context.broken(str(incident.get("id")), incident, str(error))


def _draft(incident: Mapping[str, Any]) -> Draft:
    key, title = need(incident, "id"), need(incident, "name")
    posted = iso(need(incident, "created_at"))
    if posted is None:
        raise ShapeChanged("the field 'created_at' is not a time; the feed may have changed its shape")
    need(incident, "incidentUpdates", list)
    last = iso(incident.get("updated_at")) or posted
    over = str(incident.get("lastUpdateStatus")).upper() == "RESOLVED"
    severity = text_of(incident, "severity")
    return Draft(
        feed_id=key,
        title=title,
        provider="unknown",
        products=tuple(listed_names(incident, "services")),
        status=RESOLVED if over else OPEN,
        impact_stated=severity,
        impact=IMPACTS.get(severity or "", UNKNOWN),
        posted=posted,
        closed=last if over else None,
        updates=len(objects_of(incident, "incidentUpdates")),
        seen=last,
    )
