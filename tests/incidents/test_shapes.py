"""Each shape of incident feed is read into the same record; expected rows worked out by hand from the bodies."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.batch import Batch
from pipelines.incidents import shapes
from pipelines.readers import incidents_feed

BODIES = Path(__file__).parent / "bodies"
EXPECTED = list(csv.DictReader((BODIES / "expected.csv").open(newline="")))


def body_of(name: str) -> bytes:
    """A body as its provider sends it: AWS in UTF-16 with a byte-order mark, the others as they stand."""
    body = (BODIES / name).read_bytes()
    if name in ("aws-current.json", "aws-history.json"):
        return b"\xfe\xff" + body.decode().encode("utf-16-be")
    return body


def read(name: str, body: bytes | None = None, **options: Any) -> Batch:
    return incidents_feed.read(name, body_of(name) if body is None else body, "source", options)


def rows(batch: Batch) -> list[dict[str, Any]]:
    assert batch.whole, batch.rejected[-1].reason
    return batch.tables["incident_states"].to_pylist()


def test_there_is_a_body_for_every_shape() -> None:
    from pipelines.incidents.body import open_body

    bodies = {row["body"] for row in EXPECTED}
    assert len(EXPECTED) >= 17
    for shape in shapes():
        assert [name for name in bodies if shape.matches(open_body(body_of(name)))], shape.SHAPE


@pytest.mark.parametrize("name", sorted({row["body"] for row in EXPECTED}))
def test_every_incident_of_a_body(name: str) -> None:
    expected = {row["feed_id"]: row for row in EXPECTED if row["body"] == name}
    batch = read(name)
    found = {row["feed_id"]: row for row in rows(batch)}
    assert set(found) == set(expected)
    assert batch.read == len(expected) and not batch.rejected
    for key, row in expected.items():
        state = found[key]
        shown = {
            "provider": state["provider"],
            "products": ";".join(state["products"]),
            "regions": ";".join(state["regions"]),
            "status": state["status"],
            "impact": state["impact"],
            "updates": str(state["updates"]),
            "seen": state["seen_on"].isoformat(),
        }
        for column in ("started", "ended", "posted", "closed"):
            moment = state[f"{column}_at"]
            shown[column] = moment.replace(tzinfo=None).isoformat() if moment else ""
        assert shown == {column: row[column] for column in shown}, key


def test_the_time_of_posting_is_never_taken_for_the_start() -> None:
    """Statuspage's started_at is the moment of posting; only shapes that state an impact have a start."""
    for name in ("statuspage-incidents.json", "statuspage-dialect.json", "instatus.json", "mistral-checkly.json"):
        assert all(row["started_at"] is None and row["posted_at"] for row in rows(read(name))), name


def test_titles_are_plain_and_no_prose_of_vendors_is_kept() -> None:
    for row in EXPECTED:
        for state in rows(read(row["body"])):
            assert "\n" not in state["title"] and len(state["title"]) <= 300
            assert "More words of the vendor" not in json.dumps(state, default=str)
            assert "We look" not in json.dumps(state, default=str)


def test_an_event_told_under_two_services_is_one_state() -> None:
    assert len(rows(read("aws-history.json"))) == 1


def test_the_history_ends_what_the_list_of_open_events_began() -> None:
    """The same arn gives the same id, whichever file it came in."""
    [current] = rows(read("aws-current.json"))
    moved = (
        body_of("aws-history.json")
        .decode("utf-16")
        .replace("EC2/AWS_EC2_OPERATIONAL_ISSUE/AWS_EC2_OPERATIONAL_ISSUE_BBB_222", current["feed_id"])
    )
    [past] = rows(read("aws-history.json", moved.encode("utf-16")))
    assert past["state_id"] == current["state_id"] and past["version"] != current["version"]


@pytest.mark.parametrize("body", [b"[]", b'{"current": []}', b'{"incidents": []}', b"\xfe\xff\x00[\x00]"])
def test_a_calm_feed_is_no_error(body: bytes) -> None:
    batch = read("aws-current", body)
    assert batch.whole and batch.read == 0 and batch.tables["incident_states"].num_rows == 0


def test_the_day_of_the_look_goes_before_any_day_in_the_body() -> None:
    import datetime as dt

    day = dt.date(2026, 2, 1)
    assert {row["seen_on"] for row in rows(read("aws-current.json", looked_on=day))} == {day}


def test_the_version_changes_with_the_content_only() -> None:
    import datetime as dt

    first, again = rows(read("google.json")), rows(read("google.json", looked_on=dt.date(2026, 2, 1)))
    assert [row["version"] for row in first] == [row["version"] for row in again]
    changed = body_of("google.json").replace(b'"high"', b'"high" ').replace(b"SERVICE_OUTAGE", b"SERVICE_DISRUPTION", 1)
    assert rows(read("google.json", changed))[0]["version"] != first[0]["version"]


REFUSED = [
    # what came, what the reason must say
    (b"", "empty"),
    (b"   \n", "empty"),
    (b"\xff\xfe\x00", "UTF-16"),
    (b"\xe9\xe8", "UTF-8"),
    (b"null", "neither JSON"),
    (b"{}", "JSON object with no keys"),
    (b"[1, 2]", "JSON list of int"),
    (b'{"page": {"name": "X"}, "events": []}', "JSON object with page, events"),
    (b'[{"id": NaN}]', "NaN"),
    (b'{"incidents": [], "incidents": []}', "twice"),
    (b"[" * 100_000, "nested too deeply"),
    (b'[{"id": 1', "not JSON"),
    (b"<?xml version='1.0'?><rss><channel><title>Other</title></channel></rss>", "not the Azure status feed"),
    (
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><rss><channel><title>Azure</title></channel></rss>",
        "document type",
    ),
    (b"<?xml version='1.0'?><rss>", "not XML"),
    (b"<html><body>Sign in</body></html>", "without a history"),
    (b"a,b\n1,2\n", "neither JSON"),
    (b"a,b,c\n1,2,3\n", "a table with a, b, c"),
    (b"\x1f\x8bxxxx", "gzip"),
    (b"a\x00b", "NUL"),
]


@pytest.mark.parametrize(("body", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_what_is_no_feed_is_refused_with_its_reason(body: bytes, says: str) -> None:
    batch = read("feed", body)
    assert not batch.whole
    assert says in batch.rejected[-1].reason
    assert len(batch.rejected[-1].reason) < 400


def test_a_key_that_stands_twice_is_found_without_looking_back_at_every_key() -> None:
    """Ten thousand keys with one twice cost about what ten thousand keys cost: a body may hold millions."""
    keys = ", ".join(f'"k{number}": 1' for number in range(10_000))
    once, twice = f"{{{keys}}}".encode(), f'{{{keys}, "k9999": 2}}'.encode()

    def seconds(body: bytes, says: str) -> float:
        started = time.process_time()
        assert says in read("feed", body).rejected[-1].reason
        return time.process_time() - started

    usual = min(seconds(once, "JSON object with k0") for _ in range(3))
    assert min(seconds(twice, "'k9999' stands twice") for _ in range(2)) < 10 * usual


CHANGED = [
    # body, what stands there, what it becomes, what the reason names
    ("statuspage-dialect.json", '"incidents":', '"outages":', "no incident feed that we know"),
    ("statuspage-dialect.json", '"created_at": "2026-01-10T14:48:46Z", "updated_at"', '"updated_at"', "'created_at'"),
    ("google.json", '"begin"', '"start"', "'begin'"),
    ("aws-current.json", '"arn"', '"id"', "'arn'"),
    ("aws-current.json", '"1767261600", "arn"', '"yesterday", "arn"', None),
    ("azure.rss", "<pubDate>Fri, 02 Jan 2026 16:29:09 Z</pubDate>", "", "pubDate"),
    ("azure-history.html", "incident-history-title", "review-title", "tracking id or title"),
    ("better-stack.json", '"starts_at"', '"from"', "'starts_at'"),
    ("mistral-checkly.json", '"name": "Audio slow"', '"title": "Audio slow"', "'name'"),
    ("instatus.json", '"started"', '"since"', "'started'"),
    ("events.csv", "start_utc", "begins", "a table with"),
]


@pytest.mark.parametrize(("name", "old", "new", "says"), CHANGED, ids=[f"{row[0]} {row[2][:18]}" for row in CHANGED])
def test_a_feed_that_changes_its_shape_is_named(name: str, old: str, new: str, says: str | None) -> None:
    text = (BODIES / name).read_text()
    assert old in text
    batch = read(name, text.replace(old, new).encode())
    if says is None:  # the log still tells when it was first posted
        assert rows(batch)[0]["posted_at"].isoformat() == "2026-01-01T10:00:00+00:00"
        return
    assert not batch.whole
    assert says in batch.rejected[-1].reason


def test_one_broken_incident_is_kept_aside_and_the_rest_read() -> None:
    batch = read("google.json", body_of("google.json").replace(b'"id": "gOpen"', b'"id": 5'))
    assert [row["feed_id"] for row in rows(batch)] == ["gAbCd"]
    assert batch.read == 2
    assert [(r.name, "'id' is int" in r.reason) for r in batch.rejected] == [("google.json 5", True)]


def test_hostile_text_is_made_safe() -> None:
    body = body_of("statuspage-dialect.json").decode().replace(
        "Errors at login", "Call 0161 496 0000 or jo@example.org \\u202e\\u0000 <script>\\ud800"
    )  # fmt: skip
    [state] = rows(read("statuspage-dialect.json", body.encode()))
    assert "@" not in state["title"] and "0161" not in state["title"]
    assert "\u202e" not in state["title"] and "\x00" not in state["title"]
    odd = body.replace("https://status.openai.com/", "javascript:alert(1)")
    assert rows(read("x", odd.encode()))[0]["url"] is None


@pytest.mark.parametrize("url", ["https://[broken", "https://a]b/", "//", "https://", "status.openai.com"])
def test_an_address_that_is_none_names_no_host(url: str) -> None:
    """Found by scrambling: the standard library raises for a bracket in a host."""
    for name in ("statuspage-dialect.json", "instatus.json"):
        body = json.loads(body_of(name))
        body["page"]["url"] = url
        [state] = rows(read(name, json.dumps(body).encode()))
        assert state["provider"] in ("openai", "perplexity")  # by the page's name


def test_deep_markup_ends() -> None:
    page = (
        b"<html>"
        + b"<div class='incident-history-item'>" * 20_000
        + b"<p class='incident-history-tracking-id'>x: 1</p>"
    )
    batch = read("azure-history", page)
    assert not batch.whole or batch.read == 0


def test_contact_details_in_utf16_do_not_reach_the_raw_store() -> None:
    body = '[{"message": "write to jo.bloggs@example.org"}]'
    for mark, order in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")):
        kept = incidents_feed.blank(mark + body.encode(order))
        assert kept.startswith(mark)
        assert "jo.bloggs" not in kept[2:].decode(order) and "x@example.org" in kept[2:].decode(order)
    clean = body.replace("jo.bloggs@example.org", "us").encode("utf-16")
    assert incidents_feed.blank(clean) == clean
