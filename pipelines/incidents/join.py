"""Collected states beside our reviewed incidents: linked where they are probably one event, never merged.

A state that matches a reviewed incident is named in its `linked` column and adds nothing else to it; one that
matches none becomes a row of its own, not reviewed, cause unknown. The match is conservative: same provider,
times that fit, regions and products that do not contradict. Where a state fits two reviewed incidents it is
linked to neither, and that is counted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipelines.incidents.draft import DUPLICATE
from pipelines.incidents.places import EVERYWHERE, region
from pipelines.records import Incident, IncidentState, Issue
from pipelines.reference import Reference
from pipelines.reference_tables import short

CHECK = "collected from the provider's feed, not reviewed"
SAME_START = dt.timedelta(minutes=45)
# A first post comes a median of 76 minutes after the stated start at AWS; beyond three hours it is another event.
POSTED_BEFORE, POSTED_AFTER = dt.timedelta(minutes=15), dt.timedelta(hours=3)
SAME_POST = dt.timedelta(minutes=2)
# Words that every status title holds: they tell no product from another.
_COMMON = frozenset(
    [
        "all",
        "and",
        "any",
        "api",
        "apis",
        "are",
        "aws",
        "amazon",
        "azure",
        "been",
        "cloud",
        "customers",
        "degraded",
        "elevated",
        "error",
        "errors",
        "event",
        "for",
        "from",
        "google",
        "have",
        "high",
        "impact",
        "impacted",
        "impacting",
        "in",
        "incident",
        "increased",
        "infrastructure",
        "into",
        "issue",
        "issues",
        "latency",
        "microsoft",
        "multiple",
        "of",
        "on",
        "outage",
        "platform",
        "products",
        "rates",
        "region",
        "regions",
        "service",
        "services",
        "some",
        "the",
        "their",
        "to",
        "with",
        "within",
    ]
)
_MANY = re.compile(r"^(?:all|multiple|whole)\b", re.IGNORECASE)
_TABLES = ("-table",)


def newest(states: Iterable[IncidentState]) -> list[IncidentState]:
    """The newest state of each incident: by day of the look, then by how far the story had come."""
    best: dict[str, IncidentState] = {}
    for state in states:
        other = best.get(state.state_id)
        if (
            other is None
            or _age(state) > _age(other)
            or (_age(state) == _age(other) and state.source_id < other.source_id)
        ):
            best[state.state_id] = state
    return [best[key] for key in sorted(best)]


def _age(state: IncidentState) -> tuple[dt.date, int, int, str]:
    return (state.seen_on or dt.date.min, state.updates, state.status == "resolved", state.version)


def join(
    reference: Reference, reviewed: Iterable[Incident], states: Iterable[IncidentState]
) -> tuple[list[Incident], list[Issue]]:
    """Every incident once, with the states linked to it, and what was too ambiguous to link."""
    rows = {incident.incident_id: incident for incident in reviewed}
    links: dict[str, list[str]] = defaultdict(list)
    own = _Index()
    for incident in rows.values():
        own.add(incident, "")
    issues: list[Issue] = []
    for state in sorted(newest(states), key=lambda s: (s.feed.endswith(_TABLES), s.feed, s.state_id)):
        if state.status == DUPLICATE:
            continue
        found = [i for i in own.near(state) if own.feeds[i.incident_id] != state.feed and fits(i, state)]
        found = _narrowed(state, found, own.feeds)
        if len(found) > 1:
            issues.append(_ambiguous(state, found))
        if len(found) == 1:
            links[found[0].incident_id].append(state.state_id)
            continue
        incident = _row(reference, state)
        rows[incident.incident_id] = incident
        own.add(incident, state.feed)
    return [replace(rows[key], linked=tuple(sorted(links[key]))) for key in sorted(rows)], issues


def _narrowed(state: IncidentState, found: list[Incident], feeds: dict[str, str]) -> list[Incident]:
    """Of several that fit: the reviewed ones, else those posted in the same second."""
    reviewed = [i for i in found if not feeds[i.incident_id]]
    same = [i for i in found if i.posted_at is not None and i.posted_at == state.posted_at]
    return reviewed or same or found


class _Index:
    """Incidents by provider and day, so that each state meets the few that could be its own."""

    def __init__(self) -> None:
        self._by_day: dict[tuple[str, dt.date], list[Incident]] = defaultdict(list)
        self.feeds: dict[str, str] = {}

    def add(self, incident: Incident, feed: str) -> None:
        self.feeds[incident.incident_id] = feed
        moment = incident.started_at or incident.posted_at
        if moment:
            for provider in incident.providers:
                self._by_day[provider, moment.date()].append(incident)

    def near(self, state: IncidentState) -> Iterator[Incident]:
        moment = state.started_at or state.posted_at
        if moment:
            for days in (-1, 0, 1):
                yield from self._by_day.get((state.provider, moment.date() + dt.timedelta(days=days)), ())


def fits(incident: Incident, state: IncidentState) -> bool:
    """Whether a state is probably the same event as an incident."""
    places = _places_agree(incident, state)
    products = _products_agree(incident, state)
    if places is False or products is False:
        return False
    if incident.started_at and state.started_at:
        return abs(state.started_at - incident.started_at) <= SAME_START
    if incident.started_at and state.posted_at:
        late = state.posted_at - incident.started_at
        return -POSTED_BEFORE <= late <= POSTED_AFTER and (places is True or products is True)
    if incident.posted_at and state.posted_at:
        return abs(state.posted_at - incident.posted_at) <= SAME_POST and (places is True or products is True)
    return False


def _places_agree(incident: Incident, state: IncidentState) -> bool | None:
    """True where both name a region in common, False where they name different ones, None where one names none."""
    provider = state.provider
    mine = {r for r in state.regions if region(provider, r) == r}
    text = incident.regions or ""
    theirs = {region(provider, part) for part in re.split(r"[,;()]|\band\b", text)} | {region(provider, text)}
    theirs.discard(None)
    if not mine or not theirs or EVERYWHERE in mine or EVERYWHERE in theirs:
        return None
    return bool(mine & theirs)


def _products_agree(incident: Incident, state: IncidentState) -> bool | None:
    """The same for products, by their telling words; None where one of them speaks of many."""
    if _MANY.match(incident.product or "") or len(state.products) > 9 or any(_MANY.match(p) for p in state.products):
        return None
    mine = _words(" ".join((state.title, *state.products)))
    theirs = _words(f"{incident.product or ''} {incident.title or ''}")
    if not mine or not theirs:
        return None
    return bool(mine & theirs)


def _words(text: str) -> set[str]:
    found = set(re.findall(r"[a-z0-9]{2,}", text.casefold())) - _COMMON
    return {word.removesuffix("s") if len(word) > 3 else word for word in found}


def _row(reference: Reference, state: IncidentState) -> Incident:
    """An incident row for a state that matches none: what the feed says, and nothing more."""
    moment = state.started_at or state.posted_at or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    # The day of the first post never changes; that of the start is often told later.
    named = (state.posted_at or moment).date()
    length = None
    if state.started_at and state.ended_at:
        length = round((state.ended_at - state.started_at).total_seconds() / 3600, 4)
    return Incident(
        incident_id=f"{state.provider}-{named.isoformat()}-feed-{short(state.state_id)[:8]}",
        title=state.title,
        providers=(state.provider,),
        parent=reference.parent(state.provider),
        product=_listed(state.products, 8),
        regions=_listed(state.regions, 60),
        status=state.status,
        started_at=state.started_at,
        ended_at=state.ended_at,
        posted_at=state.posted_at,
        closed_at=state.closed_at,
        started_on=moment.date(),
        duration_hours=length,
        time_precision="minute" if state.started_at else "posting",
        cause="unknown",
        cause_note=None,
        automation_involved="unknown",
        ai_agent_involved="unknown",
        vendor_position=None,
        disputed_claims=None,
        uk_services_affected=None,
        linked=(),
        check=CHECK,
        urls=(state.url,) if state.url else (),
        source_id=state.source_id,
    )


def _listed(names: tuple[str, ...], most: int) -> str | None:
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return ", ".join(names) or None


def _ambiguous(state: IncidentState, found: list[Incident]) -> Issue:
    names = ", ".join(sorted(i.incident_id for i in found)[:4])
    return Issue(
        issue_id=f"i-{short('incident-ambiguous', state.state_id)}",
        kind="incident-ambiguous",
        about_table="incidents",
        record_id=state.state_id[:200],
        detail=f"fits more than one incident and is linked to none: {names}",
        source_id=state.source_id,
    )
