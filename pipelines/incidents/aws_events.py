"""AWS: open events (health.aws.amazon.com/public/currentevents) and the history of about a year.

Open events are a list, in an older form under "current"; [] when all is calm. The history is an object keyed
by service with the same events. Both are UTF-16 with a byte-order mark. `date` and `timestamp` are seconds
since 1970 as text, milliseconds in `impacted_service_status_changes`; the region is reliable only in the arn;
`status` is the peak in the history, so whether an event is over stands in the last entry of its log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
from pipelines.incidents.times import epoch, pacific_span

SHAPE = "aws-events"
TITLE = "AWS open events and history"

# 0 resolved, 1 informational, 2 degradation, 3 disruption, as the vendor's page names them.
IMPACTS = {"0": "none", "1": "minor", "2": "major", "3": "critical"}
_ARN = re.compile(r"^arn:aws(?:-[a-z-]+)?:health:([a-z0-9-]*):[^:]*:event/")
_OVER = re.compile(r"\b(?:has|have|had) been (?:fully )?(?:resolved|mitigated)|operating normally", re.IGNORECASE)


def events_of(document: Document) -> list[Any] | None:
    """The events of any of the three forms; None where it is none of them."""
    data = document.data
    if document.kind != "json":
        return None
    if isinstance(data, Mapping) and isinstance(data.get("current"), list) and "archive" not in data:
        data = data["current"]
    if isinstance(data, Mapping) and data and all(isinstance(group, list) for group in data.values()):
        data = [event for group in data.values() for event in group]
    if isinstance(data, list) and data and all(isinstance(e, Mapping) for e in data) and _looks_like(data):
        return data
    return None


def _looks_like(events: list[Any]) -> bool:
    """Whether most events carry an arn of AWS Health or its log."""
    marks = sum("event_log" in e or str(e.get("arn", "")).startswith("arn:aws") for e in events)
    return marks * 2 > len(events)


def matches(document: Document) -> bool:
    return events_of(document) is not None


def parse(document: Document, context: Context) -> Iterator[Draft]:
    """One draft per event; the same event under several services comes once."""
    seen: set[str] = set()
    for event in events_of(document) or ():
        try:
            draft = _draft(event)
        except ShapeChanged as error:
            context.broken(str(event.get("arn") or event.get("service") or "event"), event, str(error))
            continue
        if draft.feed_id not in seen:
            seen.add(draft.feed_id)
            yield draft


def _draft(event: Mapping[str, Any]) -> Draft:
    arn = need(event, "arn")
    found = _ARN.match(arn)
    if not found:
        raise ShapeChanged(f"the arn {arn[:60]!r} is not one of AWS Health")
    need(event, "event_log", list)
    log = objects_of(event, "event_log")
    posted = epoch(event.get("date")) or (epoch(log[0].get("timestamp")) if log else None)
    if posted is None:
        raise ShapeChanged("the field 'date' is not a time; the feed may have changed its shape")
    log.sort(key=lambda entry: epoch(entry.get("timestamp")) or posted)
    started, ended = impact_times(log)
    last = log[-1] if log else {}
    over = is_over(last)
    closed = epoch(last.get("timestamp")) if over else None
    services = object_of(event, "impacted_services")
    names = [name for name in (text_of(s, "service_name") for s in services.values() if isinstance(s, Mapping)) if name]
    first = text_of(event, "service_name")
    return Draft(
        feed_id=arn.partition("event/")[2],
        title=text_of(event, "summary") or first or "AWS event",
        provider="aws",
        products=tuple(sorted(set(names))) or ((first,) if first else ()),
        regions=(found[1] or "global",),
        status=RESOLVED if over else OPEN if log else UNKNOWN,
        impact_stated=str(event["status"]) if "status" in event else None,
        impact=IMPACTS.get(str(event.get("status")), UNKNOWN),
        started=started,
        ended=ended,
        posted=posted,
        closed=closed,
        updates=len(log),
        url=f"https://health.aws.amazon.com/health/status?eventID={arn}",
        seen=epoch(last.get("timestamp")) or posted,
        feed="aws",
    )


def impact_times(log: Sequence[Mapping[str, Any]]) -> tuple[Any, Any]:
    """(start, end) of the impact from the newest entry that states both, else a start from the newest that does."""
    start_only = None
    for entry in reversed(log):
        at, message = epoch(entry.get("timestamp")), entry.get("message")
        if at is None or not isinstance(message, str):
            continue
        started, ended = pacific_span(message, at)
        if started and ended:
            return started, ended
        start_only = start_only or started
    return start_only, None


def is_over(last: Mapping[str, Any]) -> bool:
    """Whether the last entry of a log says that the event is over."""
    return (
        str(last.get("status")) == "0"
        or str(last.get("summary") or "").upper().startswith("[RESOLVED]")
        or bool(_OVER.search(str(last.get("message") or "")))
    )
