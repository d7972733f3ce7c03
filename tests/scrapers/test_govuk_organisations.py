"""GOV.UK's list of organisations against a stand-in: pages, counts, a list that moves, kills; and what the rows become."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from app import collecting
from pipelines import build, reference
from pipelines.edition import Edition
from pipelines.readers import reader
from pipelines.store import Store
from scrapers import govuk_organisations
from scrapers._source import source
from tests.scrapers import runs
from tests.scrapers.cases.govuk_organisations import BODIES, SITE, List, body
from tests.scrapers.standin import Asked, Reply


def collect(store: Store, site: List, **more: Any) -> tuple[collecting.Collected, list[Asked]]:
    return runs.collect(store, "govuk-organisations", site, **more)


def held(store: Store) -> list[str]:
    return sorted(store.read("organisations", store.manifest())["organisation_id"].to_pylist())


EVERY = sorted(one["details"]["slug"] for one in BODIES)


def test_it_is_found_and_asks_the_real_address() -> None:
    assert source("govuk-organisations") is govuk_organisations
    assert govuk_organisations.ADDRESS == "https://www.gov.uk/api/organisations"


def test_every_page_arrives_and_again_adds_nothing(store: Store) -> None:
    report, log = collect(store, List())
    assert (report.state, report.reason, report.requests, report.pages) == ("complete", None, 4, 4)
    assert (report.read, report.new, report.known, report.quarantined) == (7, 7, 0, 0)
    assert [asked.query["page"] for asked in log] == ["1", "2", "3", "4"]
    assert all(b.at - a.at >= 0.5 for a, b in itertools.pairwise(log))
    assert held(store) == EVERY
    report, _ = collect(store, List())
    assert (report.state, report.new, report.known) == ("complete", 0, 7)
    assert held(store) == EVERY


# what the list says -> what the row says
ROWS = [
    ("exchequer-of-bees", "central", "Ministerial department", "live", ()),
    ("hive-agency", "central", "Executive agency", "live", ("exchequer-of-bees",)),
    ("wax-board", "central", "Advisory non-departmental public body", "exempt", ()),
    ("old-honey-office", "central", "former body", "ended 2016-07-14", ()),
    ("bee-government", "devolved", "Devolved government", "exempt", ()),
    ("swarm-club", "other", "A format nobody has seen", "live", ()),
    ("hive-tribunal", "central", "Tribunal", "live", ()),
]


@pytest.mark.parametrize(("slug", "sector", "kind", "status", "parents"), ROWS, ids=[row[0] for row in ROWS])
def test_what_a_body_becomes(slug: str, sector: str, kind: str, status: str, parents: tuple[str, ...]) -> None:
    batch = reader("govuk-organisations").read("page 1", json.dumps({"results": BODIES}).encode(), "s", {})
    (row,) = [r for r in batch.tables["organisations"].to_pylist() if r["organisation_id"] == slug]
    assert (row["sector"], row["peer_class"], row["status"], tuple(row["parents"])) == (sector, kind, status, parents)
    assert row["updated_on"] == dt.date(2026, 5, 1)
    # What the list does not say stays unknown.
    assert {row[column] for column in ("domain", "gss_code", "inhabitants", "lat", "lon")} == {None}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": None}, "no title"),
        ({"details": None}, "no body with details"),
        ({"details": {"slug": "../up"}}, "cannot be an id"),
        ({"details": {}}, "cannot be an id"),
    ],
)
def test_a_body_that_cannot_be_read_goes_to_quarantine_alone(change: dict[str, Any], reason: str) -> None:
    told = {"results": [BODIES[0], {**BODIES[1], **change}]}
    batch = reader("govuk-organisations").read("page 1", json.dumps(told).encode(), "s", {})
    assert batch.tables["organisations"].num_rows == 1
    assert [reason in one.reason for one in batch.rejected] == [True]


BROKEN = [
    ("a page of another shape", Reply(b'{"organisations": []}'), "shape may have changed"),
    ("the page of another number", Reply(b'{"results": [], "total": 7, "current_page": 9}'), "shape may have changed"),
    ("a web page", Reply(b"<html>Sorry</html>", headers={"Content-Type": "text/html"}), "cannot be read"),
    ("forbidden", Reply(b"", 403), "answered 403"),
    ("gone", Reply(b"", 404), "answered 404"),
    ("a cut body", Reply(b'{"results": [', cut=True), "the body was cut"),
    ("down", Reply(b"", 503), "it answered 503"),
    ("fewer than it says", Reply(json.dumps({"results": BODIES[2:4], "total": 7, "current_page": 2}).encode()), "says 7 bodies and its pages hold 4"),
    ("a page twice", Reply(json.dumps({"results": BODIES[:2], "total": 7, "current_page": 2, "next_page_url": f"{SITE}/api/organisations?page=3"}).encode()), "already read"),
    ("a link that goes back", Reply(json.dumps({"results": BODIES[2:4], "total": 7, "current_page": 2, "next_page_url": f"{SITE}/api/organisations?page=1"}).encode()), "does not go on"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "reply", "reason"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_list_that_breaks_is_never_complete_and_the_next_run_goes_on(
    store: Store, case: str, reply: Reply, reason: str
) -> None:
    report, _ = collect(store, List(answers=dict.fromkeys(range(2, 9), reply)))
    assert report.state == "partial" and reason in (report.reason or "")
    assert set(held(store)) == {"exchequer-of-bees", "hive-agency"}
    report, log = collect(store, List())
    assert report.state == "complete" and held(store) == EVERY
    assert [asked.query["page"] for asked in log] == ["2", "3", "4"]


@pytest.mark.parametrize(("header", "waits"), [({}, 60.0), ({"Retry-After": "7"}, 7.0)], ids=["bare", "with a time"])
def test_too_many_requests_are_followed_by_silence(store: Store, header: dict[str, str], waits: float) -> None:
    report, log = collect(store, List(answers={2: Reply(b"", 429, header)}))
    assert report.state == "complete" and log[2].at - log[1].at >= waits


def test_a_list_that_grows_while_it_is_read_is_read_again(store: Store) -> None:
    """The new body pushes one from page 1 to page 2: going on would miss one and see one twice."""
    new = body("aardvark-office", "Aardvark Office")
    report, log = collect(store, List(joins={3: new}))
    assert report.state == "complete"
    assert [asked.query["page"] for asked in log] == ["1", "2", "3", "1", "2", "3", "4"]
    assert set(held(store)) == {*EVERY, "aardvark-office"}


def test_a_list_that_never_stands_still_ends_the_run(store: Store) -> None:
    joins = {number: body(f"new-{number}", f"New {number}") for number in range(2, 30)}
    report, _ = collect(store, List(joins=joins))
    assert report.state == "partial" and "changed each time" in (report.reason or "")


def test_stopped_by_max_requests_it_goes_on_where_it_was(store: Store) -> None:
    report, _ = collect(store, List(), max_requests=3)
    assert (report.state, report.requests) == ("partial", 3) and "--max-requests" in (report.reason or "")
    report, log = collect(store, List())
    assert report.state == "complete" and [asked.query["page"] for asked in log] == ["4"]
    assert held(store) == EVERY


@pytest.mark.full
@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_a_long_list_killed_again_and_again_arrives_whole(store: Store, every: int) -> None:
    bodies = [body(f"body-{number:04d}", f"Body {number}") for number in range(1265)]
    kills = runs.kill_and_go_on(lambda: collect(store, List(bodies, per=20), lives=every)[0])
    assert kills >= 64 // every - 1
    assert held(store) == [f"body-{number:04d}" for number in range(1265)]


@pytest.fixture
def built(store: Store) -> Callable[[], Edition]:
    return lambda: Edition.of(build.build(reference.load(), store, store.manifest()))


def test_collected_bodies_stand_beside_ours_and_never_over_them(store: Store, built: Callable[[], Edition]) -> None:
    """Our reviewed row of a body speaks before the list's; a body that only the list has is added, ended ones too."""
    theirs = body("home-office", "HOME OFFICE (renamed)", "Other")
    collect(store, List([*BODIES, theirs]))
    edition = built()
    rows = {row["organisation_id"]: row for row in edition.rows("SELECT * FROM organisations")}
    assert (
        rows["home-office"]["name"] == "Home Office" and rows["home-office"]["peer_class"] == "Ministerial department"
    )
    assert set(EVERY) <= set(rows) and rows["old-honey-office"]["status"] == "ended 2016-07-14"
    (coverage,) = edition.rows("SELECT * FROM coverage WHERE collector = 'govuk-organisations'")
    assert (coverage["state"], coverage["rows"]) == ("complete", 7)


def test_the_newest_entry_of_a_body_speaks_whatever_the_order(store: Store, tmp_path: Any) -> None:
    old = [body("hive-agency", "Hive Agency", updated="2026-05-01T00:00:00+01:00")]
    new = [body("hive-agency", "National Hive Agency", updated="2026-09-01T00:00:00+01:00")]
    names, hashes = set(), set()
    for number, order in enumerate(((old, new), (new, old))):
        place = Store(tmp_path / str(number))
        for bodies in order:
            collect(place, List(bodies))
        edition = Edition.of(build.build(reference.load(), place, place.manifest()))
        names.add(edition.rows("SELECT name FROM organisations WHERE organisation_id = 'hive-agency'")[0]["name"])
        hashes.add(edition.content_hash)
    assert names == {"National Hive Agency"} and len(hashes) == 1


def test_a_collected_list_does_not_settle_who_succeeded_a_body_that_ended(
    store: Store, built: Callable[[], Edition]
) -> None:
    """BEIS has three successors: a notice of 2023 that names it stays ambiguous when the list names it too."""
    from pipelines.contracts.identity import Buyers

    key = "department-for-business-energy-and-industrial-strategy"
    collect(store, List([body(key, "Department for Business, Energy & Industrial Strategy", "Ministerial department", "closed", "2023-02-07T00:00:00Z")]))  # fmt: skip
    rows = built().rows("SELECT organisation_id, name, sector FROM organisations")
    assert sum(row["organisation_id"] == key for row in rows) == 1
    buyers = Buyers(reference.load(), [tuple(row.values()) for row in rows])
    found = buyers.find("Department for Business, Energy & Industrial Strategy", day=dt.date(2023, 12, 1))
    assert found.flag is not None and "ambiguous" in found.flag
