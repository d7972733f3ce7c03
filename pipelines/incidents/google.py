"""Google Cloud: status.cloud.google.com/incidents.json, a list. No `end` means open.

Severity and status_impact say the same thing twice. Locations are empty before March 2022.
"""

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

SHAPE = "google"
TITLE = "Google Cloud incidents"
IMPACTS = {"SERVICE_INFORMATION": "minor", "SERVICE_DISRUPTION": "major", "SERVICE_OUTAGE": "critical"}


def matches(document: Document) -> bool:
    data = document.data
    return (
        document.kind == "json"
        and isinstance(data, list)
        and bool(data)
        and isinstance(data[0], Mapping)
        and ("external_desc" in data[0] or "affected_products" in data[0])
    )


def parse(document: Document, context: Context) -> Iterator[Draft]:
    for incident in document.data:
        try:
            yield _draft(incident)
        except ShapeChanged as error:
            name = str(incident.get("id")) if isinstance(incident, Mapping) else "incident"
            context.broken(name, incident, str(error))


def _draft(incident: Any) -> Draft:
    key, title = need(incident, "id"), need(incident, "external_desc")
    started = iso(need(incident, "begin"))
    if started is None:
        raise ShapeChanged("the field 'begin' is not a time; the feed may have changed its shape")
    ended = iso(incident.get("end"))
    if ended is not None and ended < started:
        ended = None
    places = listed_names(incident, "currently_affected_locations", "id")
    places += listed_names(incident, "previously_affected_locations", "id")
    updates = objects_of(incident, "updates")
    over = [iso(u.get("created")) for u in updates if u.get("status") == "AVAILABLE"]
    closed = max((at for at in over if at), default=None)
    return Draft(
        feed_id=key,
        title=title.splitlines()[0] if title.strip() else "Google Cloud incident",
        provider="gcp",
        products=tuple(sorted(set(listed_names(incident, "affected_products", "title")))),
        regions=tuple(sorted(set(places))),
        status=RESOLVED if ended else OPEN,
        impact_stated=text_of(incident, "status_impact") or text_of(incident, "severity"),
        impact=IMPACTS.get(str(incident.get("status_impact")), UNKNOWN),
        started=started,
        ended=ended,
        posted=iso(incident.get("created")),
        closed=closed if ended else None,
        updates=len(updates),
        url=f"https://status.cloud.google.com/{text_of(incident, 'uri') or 'summary'}",
        seen=iso(incident.get("modified")) or ended or started,
        feed="google",
    )
