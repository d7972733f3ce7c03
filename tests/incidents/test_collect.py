"""The collector against a stand-in on loopback: every feed, conditional requests, failures, changed shapes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from bs4 import BeautifulSoup
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from app.site import incidents as incidents_page
from pipelines import build, ingest, reference
from pipelines.answers import incidents as incidents_answer
from pipelines.edition import Edition
from pipelines.errors import Partial
from pipelines.incidents.feed_coverage import feed_coverage
from pipelines.incidents.places import HOSTS
from pipelines.records import IncidentState, Source
from pipelines.store import Store
from scrapers import incidents
from scrapers._fetch import Fetcher, SourceEnded
from scrapers._source import Page, Run
from tests.scrapers.cases.incidents import BODIES, NO_MORE, body_of

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
REVIEWS = next(feed for feed in incidents.FEEDS if feed.pages)
Served = dict[str, tuple[int, bytes, dict[str, str]]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served
    asked: list[tuple[str, dict[str, str]]]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        status, body, headers = self.served.get(self.path, (404, b"", {}))
        if status == 200 and headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, b""
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class StandIn:
    """The stand-in and one run against it."""

    def __init__(self, base: str, served: Served, asked: list[tuple[str, dict[str, str]]]) -> None:
        self.base, self.served, self.asked = base, served, asked

    def collect(
        self, cursor: Any = None, unread: Mapping[str, str] = MappingProxyType({}), **more: Any
    ) -> tuple[list[Page], Partial | None]:
        fetcher = Fetcher(base_url=self.base, clock=lambda: 0.0, sleep=lambda s: None, now=lambda: NOW, **more)
        pages: list[Page] = []
        run = Run(None, None, cursor or {}, NOW)
        try:
            for page in incidents.collect(fetcher, run):
                pages.append(page)
                run.unread = unread.get(page.name)
        except Partial as error:
            return pages, error
        finally:
            fetcher.close()
        return pages, None


def path_of(feed: incidents.Feed) -> str:
    return "/" + feed.url.split("/", 3)[3]


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """Every feed answers with a body of its shape; feeds with the same path share one."""
    served: Served = {"/robots.txt": (404, b"", {})}
    for feed in incidents.FEEDS:
        served[path_of(feed)] = (200, body_of(feed), {"ETag": f'"{feed.id}-1"'})
    served[path_of(REVIEWS)[:-1] + "2"] = (200, NO_MORE, {})
    asked: list[tuple[str, dict[str, str]]] = []
    kind = type("H", (Handler,), {"served": served, "asked": asked})
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield StandIn(f"http://127.0.0.1:{running.server_port}", served, asked)
    running.shutdown()
    running.server_close()


def keep(store: Store, pages: list[Page]) -> list[ingest.Taken]:
    """What the verb `collect` does with pages: rows and cursor in one commit."""
    taken = []
    with store.writer("test") as writer:
        for page in pages:
            if not page.empty:
                taken.append(
                    ingest.take_body(
                        writer, "incidents-feed", page.name, page.fetched.body, page.options, collector="incidents",
                        url=page.fetched.url, fetched_at=page.fetched.fetched_at, status=page.fetched.status,
                    )
                )  # fmt: skip
            writer.set_cursor("incidents", {"at": dict(page.cursor)})
        writer.commit_if_changed()
    return taken


def coverage(store: Store) -> dict[str, Any]:
    """Coverage rows of the feeds, from what the store holds."""
    manifest = store.manifest()
    sources = [Source(**row) for row in store.read("sources", manifest).to_pylist()]
    states = [IncidentState(**row) for row in store.read("incident_states", manifest).to_pylist()]
    rows = [dataclasses.asdict(row) for row in feed_coverage(manifest, sources, states)]
    return {row["collector"].partition(":")[2]: row for row in rows}


def test_every_feed_is_asked_once_and_read(stand_in: StandIn, store: Store) -> None:
    pages, error = stand_in.collect()
    assert error is None
    assert [page.name for page in pages] == [feed.id for feed in incidents.FEEDS]
    assert all(page.options["looked_on"] == NOW.date() and not page.empty for page in pages)
    taken = keep(store, pages)
    assert [t.reason for t in taken] == [None] * len(pages)
    assert sum(t.new for t in taken) > 10
    paths = [path for path, _ in stand_in.asked if path != "/robots.txt"]
    # the further pages of Azure's reviews are asked for until one lists none
    assert sorted(paths) == sorted([*(path_of(f) for f in incidents.FEEDS), path_of(REVIEWS)[:-1] + "2"])
    assert coverage(store)["aws-current"]["state"] == "complete"
    assert coverage(store)["aws-current"]["date_to"] == NOW.date()


def test_the_addresses_are_those_whose_owners_we_know() -> None:
    from urllib.parse import urlsplit

    hosts = {urlsplit(feed.url).hostname for feed in incidents.FEEDS}
    assert hosts - set(HOSTS) == {"history-events-eu-west-1-prod.s3.amazonaws.com"}  # AWS, by its arns
    assert len({feed.id for feed in incidents.FEEDS}) == len(incidents.FEEDS)


def test_an_unchanged_feed_sends_no_body_and_its_look_is_noted(stand_in: StandIn, store: Store) -> None:
    first, _ = stand_in.collect()
    keep(store, first)
    stand_in.asked.clear()
    cursor = store.manifest().cursors["incidents"]["at"]
    again, error = stand_in.collect(cursor)
    assert error is None
    # feeds that share a path share a body here, and the last one's mark is the one served
    unchanged = [page for page in again if page.empty]
    assert {"aws-current", "google", "azure-rss", "azure-reviews"} <= {page.name for page in unchanged}
    assert all(page.fetched.status == 304 and page.fetched.body == b"" for page in unchanged)
    sent = {path: headers.get("if-none-match") for path, headers in stand_in.asked}
    assert sent["/public/currentevents"] == '"aws-current-1"'
    assert not any("page=2" in path for path, _ in stand_in.asked)  # only a first run goes back
    feeds = again[-1].cursor["feeds"]
    assert feeds["aws-current"]["looked_on"] == "2026-03-01"


def test_a_history_that_was_cut_is_walked_again(stand_in: StandIn) -> None:
    stand_in.served.pop(path_of(REVIEWS)[:-1] + "2")
    pages, error = stand_in.collect()
    assert error is not None and "azure-reviews" in str(error)
    cursor = pages[-1].cursor
    stand_in.served[path_of(REVIEWS)] = (200, (BODIES / "azure-history.html").read_bytes() + b" ", {})
    stand_in.served[path_of(REVIEWS)[:-1] + "2"] = (200, NO_MORE, {})
    stand_in.asked.clear()
    _, error = stand_in.collect(cursor)
    assert error is None and any("page=2" in path for path, _ in stand_in.asked)


def test_one_feed_that_fails_does_not_stop_the_others(stand_in: StandIn, store: Store) -> None:
    stand_in.served["/incidents.json"] = (404, b"gone", {})
    pages, error = stand_in.collect()
    assert isinstance(error, SourceEnded) and "google" in str(error) and "1 of 18" in str(error)
    assert len(pages) == len(incidents.FEEDS) - 1
    keep(store, pages)
    row = coverage(store)["google"]
    assert (row["state"], row["date_to"], row["reason"]) == ("failed", None, "it answered 404")
    stand_in.served["/incidents.json"] = (200, (BODIES / "google.json").read_bytes(), {})
    later, error = stand_in.collect(pages[-1].cursor)
    assert error is None
    keep(store, later)
    row = coverage(store)["google"]
    assert (row["state"], row["date_to"], row["reason"]) == ("complete", NOW.date(), None)


def test_robots_txt_decides_about_the_page_for_people(stand_in: StandIn) -> None:
    stand_in.served["/robots.txt"] = (200, b"User-agent: *\nDisallow: /en-us/\n", {})
    pages, error = stand_in.collect()
    assert {"azure-history", "azure-reviews"} & {page.name for page in pages} == set()
    assert error is not None and "azure-history" in str(error)
    assert not any("history" in path for path, _ in stand_in.asked if "/en-us/" in path)


def test_the_requests_allowed_end_the_run(stand_in: StandIn) -> None:
    pages, error = stand_in.collect(max_requests=3)
    assert len(pages) == 3 and isinstance(error, Partial)
    assert len(stand_in.asked) == 3


def test_a_feed_that_changes_its_shape_is_quarantined_and_its_age_shows(stand_in: StandIn, store: Store) -> None:
    """The old state stays, the refused body is kept with its reason, the coverage row says since when."""
    pages, _ = stand_in.collect()
    keep(store, pages)
    before = coverage(store)["google"]
    assert (before["state"], before["date_to"], before["rows"]) == ("complete", NOW.date(), 2)
    changed = (BODIES / "google.json").read_bytes().replace(b'"begin"', b'"since"')
    stand_in.served["/incidents.json"] = (200, changed, {"ETag": '"google-2"'})
    later, error = stand_in.collect(store.manifest().cursors["incidents"]["at"])
    assert error is None
    [refused] = [t for t in keep(store, later) if t.reason]
    assert "'begin'" in (refused.reason or "")
    row = coverage(store)["google"]
    assert (row["state"], row["rows"], row["date_to"]) == ("partial", 2, NOW.date())
    assert "'begin'" in row["reason"] and "2026-03-01 stays" in row["reason"]
    assert any(item["name"] == "google" for item in store.manifest().quarantined)
    # the answer of the Incidents page says so, and how old the last good state is
    answer = incidents_answer.answer(Edition.of(build.build(reference.load(), store, store.manifest())))
    feed = answer.frames["feeds"].set_index("feed").loc["google"]
    assert (feed["state"], feed["last_good"].date(), feed["incidents"]) == ("partial", NOW.date(), 2)
    assert feed["days_before_as_of"] == (answer.as_of - NOW.date()).days > 0
    assert any("google" in caveat and "'begin'" in caveat for caveat in answer.caveats)
    # so do both faces
    request = Request({"type": "http", "method": "GET", "path": "/incidents", "query_string": b"", "headers": []})
    page = BeautifulSoup(bytes(incidents_page.page(request).body), "lxml")
    table = next(t for t in page.find_all("table") if "Last good state" in t.get_text())
    line = next(row.get_text(" ", strip=True) for row in table.find_all("tr") if "google" in row.get_text())
    assert (
        "the state before it stays" in line
        and "1\u00a0Mar\u00a02026" in line
        and str(feed["days_before_as_of"]) in line
    )
    explorer = AppTest.from_string(
        "import app.views as v\nfrom app.components import frame_page\n"
        "frame_page([w for w in v.views() if w.PAGE.id == 'incidents'][0])\n",
        default_timeout=60,
    ).run()
    assert not explorer.exception
    assert any("how old their last good state is" in str(words.value) for words in explorer.markdown)
    # and once it has its shape again, it is complete again
    stand_in.served["/incidents.json"] = (200, (BODIES / "google.json").read_bytes(), {"ETag": '"google-3"'})
    healed, _ = stand_in.collect(store.manifest().cursors["incidents"]["at"])
    keep(store, healed)
    assert coverage(store)["google"]["state"] == "complete"


def test_a_body_that_could_not_be_read_is_asked_for_again_whole(stand_in: StandIn) -> None:
    pages, _ = stand_in.collect(unread={"google": "Google Cloud incidents: the field 'begin' is missing"})
    known = pages[-1].cursor["feeds"]
    assert "etag" not in known["google"] and "etag" in known["aws-current"]
    assert "'begin'" in known["google"]["problem"]
    stand_in.asked.clear()
    stand_in.collect(pages[-1].cursor)
    sent = {path: headers.get("if-none-match") for path, headers in stand_in.asked}
    assert sent["/incidents.json"] is None and sent["/public/currentevents"]


def test_bodies_are_kept_as_they_came(stand_in: StandIn, store: Store) -> None:
    pages, _ = stand_in.collect()
    keep(store, pages)
    kept = {store.raw_body(part) for part in store.manifest().raw}
    aws = next(page.fetched.body for page in pages if page.name == "aws-current")
    assert aws.startswith(b"\xfe\xff") and aws in kept


def test_collected_and_imported_bodies_make_the_same_incidents(
    stand_in: StandIn, store: Store, run: Callable[..., Any]
) -> None:
    pages, _ = stand_in.collect()
    keep(store, pages)
    built = build.build(reference.load(), store, store.manifest())
    feeds = {row for row in built.tables["coverage"]["collector"].to_pylist() if row.startswith("incidents:")}
    assert feeds == {f"incidents:{feed.id}" for feed in incidents.FEEDS}
    ids = set(built.tables["incidents"]["incident_id"].to_pylist())
    assert {key for key in ids if "-feed-" in key}
    assert run("import", "incidents-feed", BODIES / "google.json", "--json").json["files"][0]["new"] == 0
