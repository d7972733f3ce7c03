"""AWS before July 2022: status.aws.amazon.com/data.json, with `current` and `archive`.

The log is one cell of HTML: each entry begins with its time on a 12-hour Pacific clock, with a day only after
midnight ("Aug 7, 2:53 AM PDT"). Titles may stand in two languages and begin with [RESOLVED].
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.incidents.aws_events import IMPACTS, impact_times
from pipelines.incidents.body import Document
from pipelines.incidents.draft import OPEN, RESOLVED, UNKNOWN, Context, Draft, ShapeChanged, need, text_of
from pipelines.incidents.times import PACIFIC, epoch

SHAPE = "aws-legacy"
TITLE = "AWS status archive, until July 2022"

_ENTRY = re.compile(r"<div>\s*<span[^>]*>([^<]*)</span>(.*?)(?=<div>\s*<span|\Z)", re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,200}>")
_STAMP = re.compile(r"^(?:([A-Z][a-z]{2})\s+(\d{1,2}),\s+)?(\d{1,2}):(\d{2})\s+([AP])M\s+P[SD]T$")
_REGION = re.compile(r"-((?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov)?-[a-z]+-\d)$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def matches(document: Document) -> bool:
    data = document.data
    return (
        document.kind == "json"
        and isinstance(data, Mapping)
        and isinstance(data.get("archive"), list)
        and isinstance(data.get("current"), list)
    )


def parse(document: Document, context: Context) -> Iterator[Draft]:
    for place in ("archive", "current"):
        for event in document.data[place]:
            try:
                yield _draft(event, open_event=place == "current")
            except ShapeChanged as error:
                name = str(event.get("service")) if isinstance(event, Mapping) else "event"
                context.broken(name, event, str(error))


def _draft(event: Any, open_event: bool) -> Draft:
    service, summary = need(event, "service"), need(event, "summary")
    posted = epoch(event.get("date"))
    if posted is None:
        raise ShapeChanged("the field 'date' is not a time; the feed may have changed its shape")
    log = entries(str(event.get("description") or ""), posted)
    started, ended = impact_times(log)
    over = summary.upper().startswith("[RESOLVED]") or not open_event
    # "US Standard" was the name of S3 in Northern Virginia.
    region = _REGION.search(service.replace("us-standard", "us-east-1"))
    last = epoch(log[-1]["timestamp"]) if log else posted
    name = re.sub(r"\s*\([^()]*\)$", "", text_of(event, "service_name") or service)
    return Draft(
        feed_id=f"{service}/{event['date']}",
        title=re.sub(r"^\[RESOLVED\]\s*", "", summary, flags=re.IGNORECASE),
        provider="aws",
        products=(name,),
        regions=(region[1] if region else "global",),
        status=RESOLVED if over else OPEN,
        impact_stated=str(event["status"]) if "status" in event else None,
        impact=IMPACTS.get(str(event.get("status")), UNKNOWN),
        started=started,
        ended=ended,
        posted=posted,
        closed=last if over else None,
        updates=len(log),
        url="https://status.aws.amazon.com/",
        seen=last,
        feed="aws-legacy",
    )


def entries(description: str, posted: dt.datetime) -> list[dict[str, Any]]:
    """The log as [{timestamp, message}]: times go forward from the first post, a day at midnight."""
    found: list[dict[str, Any]] = []
    latest = posted.replace(second=0)
    for stamp, message in _ENTRY.findall(description):
        at = _after(stamp.strip(), latest)
        if at is None:
            at = latest
        latest = max(latest, at)
        found.append({"timestamp": int(at.timestamp()), "message": html.unescape(_TAG.sub(" ", message)).strip()})
    return found


def _after(stamp: str, earliest: dt.datetime) -> dt.datetime | None:
    """The time of a stamp: the first one at or after `earliest` (less a minute), on its own day where it names one."""
    found = _STAMP.match(" ".join(stamp.split()))
    if not found:
        return None
    month, day, hour, minute, half = found.groups()
    local = earliest.astimezone(PACIFIC)
    try:
        clock = dt.time(int(hour) % 12 + (12 if half == "P" else 0), int(minute))
        if month in _MONTHS:
            number = _MONTHS.index(month) + 1
            year = local.year + (1 if number < local.month else 0)
            return dt.datetime.combine(dt.date(year, number, int(day)), clock, PACIFIC).astimezone(dt.UTC)
        moment = dt.datetime.combine(local.date(), clock, PACIFIC)
    except ValueError:
        return None
    if moment < local - dt.timedelta(minutes=1):
        moment += dt.timedelta(days=1)
    return moment.astimezone(dt.UTC)
