"""Instatus: summary.json with the active incidents of a page. `started` is the moment of posting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.incidents.body import Document
from pipelines.incidents.draft import OPEN, RESOLVED, UNKNOWN, Context, Draft, ShapeChanged, need, text_of
from pipelines.incidents.places import host_of, provider_of
from pipelines.incidents.times import iso

SHAPE = "instatus"
TITLE = "Instatus status page"
IMPACTS = {"OPERATIONAL": "none", "DEGRADEDPERFORMANCE": "minor", "PARTIALOUTAGE": "major", "MAJOROUTAGE": "critical"}


def matches(document: Document) -> bool:
    data = document.data
    return (
        document.kind == "json"
        and isinstance(data, Mapping)
        and isinstance(data.get("page"), Mapping)
        and "incidents" not in data
        and ("activeIncidents" in data or data["page"].get("status") in ("UP", "HASISSUES", "UNDERMAINTENANCE"))
    )


def parse(document: Document, context: Context) -> Iterator[Draft]:
    page = document.data["page"]
    host = host_of(text_of(page, "url") or "")
    provider = provider_of(host) if host else "unknown"
    if provider == "unknown":
        provider = text_of(page, "name") or "unknown"
    listed = document.data.get("activeIncidents")
    for incident in listed if isinstance(listed, list) else ():
        try:
            yield _draft(incident, provider, host)
        except ShapeChanged as error:
            name = str(incident.get("id")) if isinstance(incident, Mapping) else "incident"
            context.broken(name, incident, str(error))


def _draft(incident: Any, provider: str, host: str) -> Draft:
    key, title = need(incident, "id"), need(incident, "name")
    posted = iso(need(incident, "started"))
    if posted is None:
        raise ShapeChanged("the field 'started' is not a time; the feed may have changed its shape")
    impact = text_of(incident, "impact")
    over = str(incident.get("status")).upper() == "RESOLVED"
    last = iso(incident.get("updatedAt")) or posted
    return Draft(
        feed_id=key,
        title=title,
        provider=provider,
        status=RESOLVED if over else OPEN,
        impact_stated=impact,
        impact=IMPACTS.get(impact or "", UNKNOWN),
        posted=posted,
        closed=last if over else None,
        updates=1,
        url=text_of(incident, "url") or (f"https://{host}/{key}" if host else None),
        seen=last,
        feed=host or None,
    )
