"""Better Stack: index.json of a status page, in JSON:API form: reports and updates stand in `included`.

`starts_at` is the start as the author gives it. Reports of planned work are left out.
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
    need,
    object_of,
    objects_of,
    text_of,
)
from pipelines.incidents.places import provider_of
from pipelines.incidents.times import iso

SHAPE = "better-stack"
TITLE = "Better Stack status page"
IMPACTS = {"degraded": "minor", "downtime": "critical"}


def matches(document: Document) -> bool:
    data = document.data
    return (
        document.kind == "json"
        and isinstance(data, Mapping)
        and isinstance(data.get("data"), Mapping)
        and data["data"].get("type") == "status_page"
        and isinstance(data.get("included"), list)
    )


def parse(document: Document, context: Context) -> Iterator[Draft]:
    page = object_of(document.data["data"], "attributes")
    host = text_of(page, "custom_domain") or f"{text_of(page, 'subdomain') or 'page'}.betteruptime.com"
    provider = provider_of(host)
    if provider == "unknown":
        provider = text_of(page, "company_name") or "unknown"
    included = objects_of(document.data, "included")
    updates = {str(i.get("id")): object_of(i, "attributes") for i in included if i.get("type") == "status_update"}
    names = {
        str(i.get("id")): text_of(object_of(i, "attributes"), "public_name") or ""
        for i in included
        if i.get("type") == "status_page_resource"
    }
    for report in included:
        if report.get("type") != "status_report":
            continue
        try:
            draft = _draft(report, updates, names, provider, host)
        except ShapeChanged as error:
            context.broken(str(report.get("id")), report, str(error))
            continue
        if draft is not None:
            draft.seen = iso(page.get("updated_at")) or draft.seen
            yield draft


def _draft(
    report: Mapping[str, Any], updates: Mapping[str, Any], names: Mapping[str, str], provider: str, host: str
) -> Draft | None:
    key, facts = need(report, "id"), need(report, "attributes", Mapping)
    if facts.get("report_type") == "maintenance":
        return None
    title, started = need(facts, "title"), iso(need(facts, "starts_at"))
    if started is None:
        raise ShapeChanged("the field 'starts_at' is not a time; the feed may have changed its shape")
    linked = objects_of(object_of(object_of(report, "relationships"), "status_updates"), "data")
    told = [updates[str(u.get("id"))] for u in linked if str(u.get("id")) in updates]
    times = sorted(at for at in (iso(u.get("published_at")) for u in told) if at)
    states = {str(resource.get("status")) for update in told for resource in objects_of(update, "affected_resources")}
    touched = {
        names.get(str(resource.get("status_page_resource_id")), "")
        for resource in objects_of(facts, "affected_resources")
    }
    over = facts.get("aggregate_state") == "resolved"
    worst = "downtime" if "downtime" in states else "degraded" if "degraded" in states else None
    return Draft(
        feed_id=key,
        title=title,
        provider=provider,
        products=tuple(sorted(touched - {""})),
        status=RESOLVED if over else OPEN,
        impact_stated=worst,
        impact=IMPACTS.get(worst or "", UNKNOWN),
        started=started,
        ended=iso(facts.get("ends_at")),
        posted=times[0] if times else None,
        closed=times[-1] if times and over else None,
        updates=len(told),
        url=f"https://{host}/incident/{key}",
        seen=times[-1] if times else started,
        feed=host,
    )
