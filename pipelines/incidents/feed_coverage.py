"""How fresh each incident feed is: one coverage row per feed.

A feed that changes its shape is refused whole, with its reason; the last good state stays, and its day is
what `date_to` shows. What the collector last asked, and how that ended, stands in its cursor.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.manifest import Manifest
from pipelines.records import Coverage, IncidentState, Source

COLLECTOR = "incidents"
# Feeds are to be asked every five minutes; a state older than this is called stale.
STALE_AFTER_DAYS = 2


def feed_coverage(manifest: Manifest, sources: Sequence[Source], states: Iterable[IncidentState]) -> list[Coverage]:
    """Rows `incidents:<feed>`, collected feeds by the collector's name for them, imported ones by their own."""
    by_source: dict[str, set[str]] = defaultdict(set)
    imported: dict[str, list[IncidentState]] = defaultdict(list)
    collected = {source.source_id for source in sources if source.collector == COLLECTOR}
    for state in states:
        by_source[state.source_id].add(state.state_id)
        if state.source_id not in collected:
            imported[state.feed].append(state)
    cursor = manifest.cursors.get(COLLECTOR) or {}
    # The collector keeps where a source continues under "at", beside the facts of its last run.
    feeds = (cursor.get("at") or cursor).get("feeds")
    rows = [
        _collected(feed, facts, manifest, sources, by_source)
        for feed, facts in sorted((feeds or {}).items())
        if isinstance(facts, Mapping)
    ]
    rows += [_imported(feed, group) for feed, group in sorted(imported.items())]
    return rows


def _collected(
    feed: str,
    facts: Mapping[str, Any],
    manifest: Manifest,
    sources: Sequence[Source],
    by_source: Mapping[str, set[str]],
) -> Coverage:
    digest = str(facts.get("sha256") or "")
    title = f"Incident feed: {feed}"
    # An unchanged feed answers 304 without a body, which is kept as an empty one and says nothing.
    good = [s for s in sources if s.collector == COLLECTOR and s.bytes and (s.title == title or s.sha256 == digest)]
    days = [day for s in good for day in (s.date_to, s.fetched_at.date() if s.fetched_at else None) if day]
    last = max(days, default=None)
    state, reason = "complete", None
    read = any(s.sha256 == digest for s in sources)
    if digest and not read:
        why = [q["reason"] for q in manifest.quarantined if q["collector"] == COLLECTOR and q["name"] == feed]
        state = "partial" if last else "failed"
        kept = f"what was read on {last.isoformat()} stays" if last else "nothing was read before"
        reason = f"the newest body was refused ({why[-1] if why else 'not readable'}); {kept}"
    elif facts.get("problem"):
        state = "partial" if last else "failed"
        reason = str(facts["problem"])
    else:
        last = max(filter(None, (last, _day(facts.get("looked_on")))), default=None)
    ids = {state_id for s in good for state_id in by_source.get(s.source_id, ())}
    return Coverage(
        collector=f"{COLLECTOR}:{feed}",
        title=f"Incident feed {feed}",
        state=state,
        date_from=min(days, default=last),
        date_to=last,
        rows=len(ids),
        stale_after_days=STALE_AFTER_DAYS,
        reason=reason,
    )


def _imported(feed: str, states: Sequence[IncidentState]) -> Coverage:
    days = [state.seen_on for state in states if state.seen_on]
    return Coverage(
        collector=f"{COLLECTOR}:{feed}",
        title=f"Incident feed {feed}",
        state="imported",
        date_from=min(days, default=None),
        date_to=max(days, default=None),
        rows=len({state.state_id for state in states}),
        stale_after_days=None,
        reason="from files",
    )


def _day(text: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
