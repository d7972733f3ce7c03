"""Statuspage v2: summary.json, incidents.json, incidents/unresolved.json, and the pages that imitate it.

`started_at` is the moment of posting, equal to `created_at` within milliseconds in every capture: it is never
taken for the start. incident.io's pages of the same shape leave out started_at, resolved_at and the list of
components. Planned work is listed apart and is no incident. GOV.UK's platforms have pages of this shape.
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
from pipelines.incidents.places import host_of, provider_of
from pipelines.incidents.times import iso

SHAPE = "statuspage"
TITLE = "Statuspage v2"
IMPACTS = {"none": "none", "minor": "minor", "major": "major", "critical": "critical"}
_OVER = frozenset({"resolved", "postmortem", "completed"})
_PLANNED = frozenset({"scheduled", "in_progress", "verifying", "completed"})


def matches(document: Document) -> bool:
    data = document.data
    return (
        document.kind == "json"
        and isinstance(data, Mapping)
        and isinstance(data.get("page"), Mapping)
        and isinstance(data.get("incidents"), list)
    )


def parse(document: Document, context: Context) -> Iterator[Draft]:
    page = document.data["page"]
    address = text_of(page, "url") or ""
    host = host_of(address)
    provider = provider_of(host) if host else "unknown"
    if provider == "unknown":
        provider = text_of(page, "name") or "unknown"
    seen = iso(page.get("updated_at"))
    for incident in document.data["incidents"]:
        try:
            draft = _draft(incident, provider, host)
        except ShapeChanged as error:
            name = str(incident.get("id")) if isinstance(incident, Mapping) else "incident"
            context.broken(name, incident, str(error))
            continue
        if draft is not None:
            draft.seen = seen or draft.seen
            yield draft


def _draft(incident: Any, provider: str, host: str) -> Draft | None:
    key, title, status = need(incident, "id"), need(incident, "name"), need(incident, "status")
    if incident.get("impact") == "maintenance" or status in _PLANNED:
        return None
    posted = iso(need(incident, "created_at"))
    if posted is None:
        raise ShapeChanged("the field 'created_at' is not a time; the feed may have changed its shape")
    updates = objects_of(incident, "incident_updates")
    over = status in _OVER
    stated = text_of(incident, "impact")
    return Draft(
        feed_id=key,
        title=title,
        provider=provider,
        products=_components(incident, updates),
        status=RESOLVED if over else OPEN,
        impact_stated=stated,
        impact=IMPACTS.get(stated or "", UNKNOWN),
        posted=posted,
        closed=(iso(incident.get("resolved_at")) or _last(updates)) if over else None,
        updates=len(updates),
        url=text_of(incident, "shortlink") or (f"https://{host}/incidents/{key}" if host else None),
        seen=iso(incident.get("updated_at")) or posted,
        feed=host or None,
    )


def _components(incident: Mapping[str, Any], updates: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """Names of the affected components, from the incident or, where it lists none, from its updates."""
    told = [listed_names(incident, "components")]
    told += [listed_names(update, "affected_components") for update in updates]
    return next((tuple(sorted(set(names))) for names in told if names), ())


def _last(updates: list[Mapping[str, Any]]) -> Any:
    times = [iso(u.get("created_at")) for u in updates]
    return max((at for at in times if at), default=None)
