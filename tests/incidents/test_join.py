"""Collected states beside reviewed incidents: linked when they are probably one event, otherwise a row of their own."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from pipelines import reference
from pipelines.incidents.join import fits, join, newest
from pipelines.records import Incident, IncidentState

UTC = dt.UTC


def at(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def incident(**more: Any) -> Incident:
    base: dict[str, Any] = {field.name: None for field in dataclasses.fields(Incident)}
    base |= {
        "incident_id": "aws-2026-01-01", "providers": ("aws",), "product": "EC2, EBS", "regions": "eu-west-2",
        "started_at": at("2026-01-01T10:00"), "linked": (), "urls": (), "status": "resolved",
        "vendor_position": "our words", "source_id": "reference-incidents", "check": "A", "cause": "power_cooling",
        "automation_involved": "no", "ai_agent_involved": "no", "time_precision": "minute",
    }  # fmt: skip
    return Incident(**(base | more))


def state(**more: Any) -> IncidentState:
    base: dict[str, Any] = {
        "state_id": "aws:1", "version": "v", "provider": "aws", "feed": "aws", "feed_id": "1", "title": "EC2 errors",
        "products": ("Amazon EC2",), "regions": ("eu-west-2",), "status": "resolved", "impact": "major",
        "impact_stated": "2", "started_at": at("2026-01-01T10:20"), "ended_at": at("2026-01-01T12:20"),
        "posted_at": at("2026-01-01T10:50"), "closed_at": None, "updates": 2, "url": None,
        "seen_on": dt.date(2026, 1, 1), "source_id": "incidents-1",
    }  # fmt: skip
    return IncidentState(**(base | more))


FITS = [
    # what differs in the state, whether it is probably the same event
    ({}, True),
    ({"started_at": at("2026-01-01T10:46")}, False),  # more than 45 minutes apart
    ({"provider": "azure"}, None),  # another provider never meets it
    ({"regions": ("us-east-1",)}, False),
    ({"regions": ("global",)}, True),  # says nothing against
    ({"products": ("Amazon S3",), "title": "S3 errors"}, False),
    ({"products": ("Multiple services",), "title": "Errors"}, True),
    ({"started_at": None}, True),  # posted 50 minutes after the start, region and product agree
    ({"started_at": None, "posted_at": at("2026-01-01T13:01")}, False),  # more than three hours
    ({"started_at": None, "posted_at": at("2026-01-01T09:40")}, False),  # posted before it began
    ({"started_at": None, "regions": (), "products": (), "title": "Errors"}, False),  # nothing but the time
    ({"started_at": None, "posted_at": None}, False),
]


@pytest.mark.parametrize(("more", "same"), FITS, ids=[str(row[0])[:60] for row in FITS])
def test_which_states_fit(more: dict[str, Any], same: bool | None) -> None:
    rows, _ = join(reference.load(), [incident()], [state(**more)])
    linked = next(row for row in rows if row.incident_id == "aws-2026-01-01").linked
    assert linked == (("aws:1",) if same else ())
    assert len(rows) == (1 if same else 2)
    if same is not None:
        assert fits(incident(), state(**more)) is same


def test_a_link_changes_nothing_else() -> None:
    [row], _ = join(reference.load(), [incident()], [state()])
    assert dataclasses.replace(row, linked=()) == incident()


def test_a_row_of_its_own_says_what_the_feed_says_and_no_more() -> None:
    rows, issues = join(reference.load(), [], [state()])
    assert issues == []
    [row] = rows
    assert row.incident_id.startswith("aws-2026-01-01-feed-")
    assert (row.duration_hours, row.time_precision, row.parent) == (2.0, "minute", "amazon")
    assert (row.cause, row.automation_involved, row.ai_agent_involved) == ("unknown", "unknown", "unknown")
    assert row.vendor_position is None and row.disputed_claims is None
    assert "not reviewed" in row.check
    [posted], _ = join(reference.load(), [], [state(started_at=None, ended_at=None)])
    assert (posted.started_at, posted.duration_hours, posted.time_precision) == (None, None, "posting")
    assert posted.incident_id == row.incident_id  # the id does not move when the start is told later


def test_a_state_that_fits_two_is_linked_to_neither_and_counted() -> None:
    two = [incident(), incident(incident_id="aws-2026-01-01-b", started_at=at("2026-01-01T10:30"))]
    rows, issues = join(reference.load(), two, [state()])
    assert [row.linked for row in rows if not row.linked] and len(rows) == 3
    assert all(row.linked == () for row in rows)
    [issue] = issues
    assert issue.kind == "incident-ambiguous" and "aws-2026-01-01-b" in (issue.detail or "")


def test_a_marked_duplicate_is_no_incident() -> None:
    assert join(reference.load(), [], [state(status="duplicate")]) == ([], [])


def test_the_same_event_from_two_feeds_is_one_row() -> None:
    other = state(state_id="aws-archive-table:A", feed="aws-archive-table", feed_id="A")
    rows, _ = join(reference.load(), [], [state(), other])
    assert [row.linked for row in rows] == [("aws-archive-table:A",)]


def test_the_newest_state_speaks_whatever_the_order() -> None:
    old = state(status="open", seen_on=dt.date(2026, 1, 1), updates=1, version="a", source_id="incidents-9")
    new = state(status="resolved", seen_on=dt.date(2026, 1, 2), updates=1, version="b", source_id="incidents-1")
    longer = state(status="open", seen_on=dt.date(2026, 1, 1), updates=5, version="c")
    for order in ([old, new, longer], [longer, new, old]):
        assert [s.version for s in newest(order)] == ["b"]
    assert [s.version for s in newest([old, longer])] == ["c"]
