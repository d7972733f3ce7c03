"""Providers' incident feeds of every shape, and tables of their past events, as one record."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.incidents import places, shapes
from pipelines.incidents.body import Document, open_body
from pipelines.incidents.draft import Context, Draft, NotReadable, ShapeChanged
from pipelines.records import IncidentState
from pipelines.text import plain

KIND = "incidents-feed"
TITLE = "Incident feed"
PUBLISHER = "the provider named in each row"
LICENCE = "facts of public status pages; titles as published"
CREDIT = None
PRIMARY = "incident_states"
LINES = False
EXAMPLE = "cloudhold import incidents-feed summary.json"

MAX_TITLE = 300
# One event of 2026 touched 154 services; a list beyond this is a defect of the feed.
MAX_NAMES = 400


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """States of one body.

    A body whose shape is not known, or none of whose incidents can be used, is refused whole with its
    reason; single incidents that cannot be used are kept aside. options: provider and feed, where the body
    does not say whose it is; looked_on, the day of the look, which goes before any day in the body; seen_on,
    the day for bodies that carry none.
    """
    batch = Batch()
    try:
        document = open_body(body)
    except NotReadable as error:
        return batch.refuse(name, body, str(error))
    if _calm(document):
        batch.tables[PRIMARY] = schema.empty(PRIMARY)
        return batch
    shape = next((module for module in shapes() if module.matches(document)), None)
    if shape is None:
        return batch.refuse(name, body, f"it is no incident feed that we know: {_outline(document)}")

    def broken(record_name: str, record: Any, reason: str) -> None:
        text = json.dumps(record, default=str, ensure_ascii=False)[:20_000]
        batch.rejected.append(Rejected(f"{name} {record_name}"[:200], text.encode(errors="replace"), reason))

    context = Context(name, places.region, options, broken)
    states: dict[tuple[str, str], IncidentState] = {}
    try:
        for draft in shape.parse(document, context):
            state = _state(draft, shape.SHAPE, context, source_id)
            states[state.state_id, state.version] = state
    except ShapeChanged as error:
        return batch.refuse(name, body, f"{shape.TITLE}: {error}")
    batch.read = len(states) + len(batch.rejected)
    if batch.rejected and not states:
        return batch.refuse(name, body, f"{shape.TITLE}: none of its incidents can be used: {batch.rejected[0].reason}")
    batch.tables[PRIMARY] = schema.to_arrow(PRIMARY, states.values())
    return batch


def blank(body: bytes) -> bytes:
    """`body` without contact details, as it is kept raw: UTF-16 is looked through too, and stays UTF-16."""
    from pipelines.ingest import blank_contacts

    if body[:2] not in (b"\xfe\xff", b"\xff\xfe"):
        return blank_contacts(body)
    order = "utf-16-be" if body[:2] == b"\xfe\xff" else "utf-16-le"
    try:
        text = body[2:].decode(order)
    except UnicodeDecodeError:
        return body
    return body[:2] + blank_contacts(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace").encode(order)


def _calm(document: Document) -> bool:
    """Whether the body is a feed with nothing to tell: an empty list, as AWS gives it."""
    return document.kind == "json" and document.data in ([], {"current": []}, {"incidents": []})


def _outline(document: Document) -> str:
    """What the body is, in a few words, for the reason of a refusal."""
    data = document.data
    if document.kind == "table":
        return f"a table with {', '.join(sorted(document.columns)[:6]) or 'no rows'}"[:160]
    if isinstance(data, Mapping):
        return f"a JSON object with {', '.join(map(str, list(data)[:6])) or 'no keys'}"[:160]
    if isinstance(data, list):
        first = data[0]
        keys = ", ".join(map(str, list(first)[:6])) if isinstance(first, Mapping) else type(first).__name__
        return f"a JSON list of {keys}"[:160]
    return {"xml": "XML that is not the Azure status feed", "html": "a page without a history of incidents"}.get(
        document.kind, f"JSON {type(data).__name__}"
    )


def _state(draft: Draft, shape: str, context: Context, source_id: str) -> IncidentState:
    """A draft made safe: ids for provider and regions, plain text, fingerprint of the content."""
    provider = _provider(draft, context)
    # One feed keeps one id whatever file it came in: AWS's history ends what its list of open events began.
    feed = draft.feed or str(context.options.get("feed") or provider if provider != "unknown" else shape)
    regions = {places.region(provider, text) or plain(text, 80) or "" for text in draft.regions[:MAX_NAMES]}
    facts: dict[str, Any] = {
        "provider": provider,
        "feed": plain(feed, 80) or shape,
        "feed_id": plain(draft.feed_id, 200) or "none",
        "title": plain(draft.title, MAX_TITLE) or "untitled",
        "products": tuple(sorted({plain(p, 120) or "" for p in draft.products[:MAX_NAMES]} - {""})),
        "regions": tuple(sorted(regions - {""})),
        "status": draft.status,
        "impact": draft.impact,
        "impact_stated": plain(draft.impact_stated, 40),
        "started_at": draft.started,
        "ended_at": draft.ended,
        "posted_at": draft.posted,
        "closed_at": draft.closed,
        "updates": draft.updates,
        "url": _address(draft.url),
    }
    version = hashlib.sha256(json.dumps(facts, default=str, ensure_ascii=False).encode()).hexdigest()[:16]
    return IncidentState(
        state_id=f"{facts['feed']}:{facts['feed_id']}",
        version=version,
        **facts,
        seen_on=_seen(draft, context.options),
        source_id=source_id,
    )


def _provider(draft: Draft, context: Context) -> str:
    found = places.provider_of(draft.provider)
    if found == "unknown" and context.options.get("provider"):
        found = places.provider_of(str(context.options["provider"]))
    if found == "unknown":
        # Captures are named after their source: mistral-20260727.json
        found = places.provider_of(re.split(r"[-_.]", context.name, maxsplit=1)[0])
    return found


def _seen(draft: Draft, options: Mapping[str, Any]) -> dt.date | None:
    looked = options.get("looked_on")
    if isinstance(looked, dt.date):
        return looked
    if draft.seen is not None:
        return draft.seen.date()
    fallback = options.get("seen_on")
    return fallback if isinstance(fallback, dt.date) else None


def _address(url: str | None) -> str | None:
    """A web address as published; anything else is left out."""
    if not url or not re.match(r"https?://[^\s\"'<>]+$", url) or "@" in url:
        return None
    return plain(url, 400)
