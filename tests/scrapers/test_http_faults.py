"""Every fault of the catalogue on a page of a feed: each ends in its documented state, and nothing is lost or doubled.

The server is real HTTP on loopback. A fault strikes the second of three pages of five releases, once or every time. The
words of the table:

    whole     the fault passes with a second try, or is none: complete, all fifteen releases
    ends      the run ends partial with the first page; the next run goes on
    open      the page is in quarantine, the others are read, the run is partial; the next run asks for it again
    one less  one release of the page is in quarantine with its reason, the run is complete
    hides     the page itself no longer holds or names what it should, and nothing shows it: complete, as the feed says
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import collecting
from pipelines.store import Store
from scrapers._fetch import Fetcher
from scrapers._source import Source
from tests.scrapers.http_catalogue import FAULTS
from tests.scrapers.http_faults import HttpFaults

PASSING = [
    "http_429_seconds",
    "http_429_date",
    "http_429_bare",
    "http_429_negative",
    "http_429_junk",
    "http_500",
    "http_502",
    "http_503",
    "http_504",
    "http_503_html",
    "reset",
    "close_early",
    "hang",
    "slow_headers",
    "slow_body",
    "endless_headers",
    "giant_header",
    "short_body",
    "bad_chunk",
    "cut_chunk",
    "not_http",
    "gzip_cut",
    "truncated_json",
    "redirect_loop",
]
ENDING = [
    "http_429_huge",
    "http_400",
    "http_401",
    "http_403",
    "http_404",
    "http_410",
    "http_204",
    "rate_403",
    "waf_200",
    "waf_200_json",
    "empty_200",
    "null_200",
    "list_200",
    "error_200",
    "redirect_private",
    "redirect_link_local",
    "redirect_decimal",
    "redirect_mapped",
    "redirect_zero",
    "redirect_file",
    "redirect_userinfo",
    "endless_body",
    "gzip_bomb",
    "gzip_layers",
    "gzip_lie",
    "utf16",
    "trailing_junk",
    "deep_json",
    "deep_html",
    "xml_bomb",
    "schema_renamed",
    "cursor_foreign",
    "repeated_page",
]
OPEN = ["latin1", "two_documents", "duplicate_keys"]
ONE_LESS = ["id_missing", "suppliers_object", "unknown_tag"]
# An id of another form is an id: its release is kept under it. A loop is seen when the same page comes again.
OTHERS = {
    "empty_page": "hides",
    "cursor_lost": "hides",
    "cursor_loop": "ends",
    "cursor_self": "ends",
    "id_path": "other id",
}
END = {
    **dict.fromkeys(PASSING, "whole"), **dict.fromkeys(ENDING, "ends"), **dict.fromkeys(OPEN, "open"),
    **dict.fromkeys(ONE_LESS, "one less"), **OTHERS,
}  # fmt: skip
# Bodies that are worth keeping apart for whoever looks into it; the others were never received whole.
KEPT_APART = ["waf_200", "waf_200_json", "empty_200", "null_200", "list_200", "error_200", "schema_renamed", "utf16", "trailing_junk", "deep_json", "deep_html", "xml_bomb"]  # fmt: skip
# The page itself is good and is read; where it leads is not followed.
ASTRAY = ("cursor_loop", "cursor_self", "cursor_foreign")
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[HttpFaults]:
    with HttpFaults() as running:
        yield running


def run(server: HttpFaults, store: Store, fault: str, at: int, times: int) -> tuple[collecting.Collected, set[str]]:
    waits = fault.startswith(("http_429_seconds", "http_429_date", "http_503_html"))

    def fetcher_of(facts: Source) -> Fetcher:
        sleep, clock = (time.sleep, time.monotonic) if waits else (lambda _: None, lambda: 0.0)
        return Fetcher(facts.limits, base_url=server.base, deadline=0.5, max_bytes=12 * MIB, sleep=sleep, clock=clock)

    url = server.url(fault, pages=3, per=5, at=at, times=times, run=f"{store.path.parent.name}", mib=32, hold=3)
    report = collecting.collect(store, "ocds-feed", fetcher_of, arguments=(url,), sleep=lambda _: None)
    rows = store.read("notices", store.manifest()).to_pylist()
    keys = [(row["notice_id"], row["version"], row["source_id"]) for row in rows]
    assert len(keys) == len(set(keys)), "a release was kept twice"
    return report, {row["ocid"] for row in rows}


def test_the_table_names_every_fault() -> None:
    others = {name for name, (kind, _, _) in FAULTS.items() if kind not in ("page", "body")}
    assert others <= END.keys() <= FAULTS.keys() and len(FAULTS) >= 100


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_strikes_once(server: HttpFaults, store: Store, fault: str) -> None:
    truth = set(server.truth(pages=3, per=5))
    first, middle = (set(server.truth(pages=n, per=5)) for n in (1, 2))
    report, held = run(server, store, fault, at=1, times=1)
    end = END.get(fault, "whole")
    told = (report.state, len(held & truth), report.quarantined)
    apart = int(fault in KEPT_APART)
    if end == "whole":
        assert told == ("complete", 15, 0), report.reason
    elif end == "ends":
        assert report.state == "partial" and report.reason and first <= held < truth
        assert report.quarantined == apart
        assert held == (middle if fault in ASTRAY else first)
    elif end == "open":
        assert told == ("partial", 10, 1) and held == truth - (middle - first)
    elif end == "one less":
        assert told == ("complete", 14, 1), report.reason
    elif end == "hides":
        assert told == ("complete", 10, 0)
    else:
        assert told == ("complete", 14, 0) and len(held) == 15
    # Whatever it was, the next run gets the rest.
    if report.state == "partial":
        server.server.quiet_until.clear()  # it comes when it may
        report, held = run(server, store, fault, at=1, times=1)
        assert report.state == "complete" and held == truth, report.reason


def test_nobody_was_led_astray_or_asked_too_early(server: HttpFaults, store: Store) -> None:
    """After all of the above: no page behind a forbidden redirect was read, no promised silence was broken."""
    for fault in ("redirect_private", "http_429_seconds"):
        run(server, store, fault, at=1, times=1)
    stats = server.stats()
    assert stats["requests"] > 0 and stats["secrets_read"] == 0 and stats["during_retry_after"] == 0
    assert all(agent.startswith("cloudhold/") and "(+https://" in agent for agent in stats["user_agents"])


def test_a_feed_that_stops_early_is_not_believed_after_a_whole_one(server: HttpFaults, store: Store) -> None:
    """The address is the same; only the count shows that a link was lost."""
    assert run(server, store, "cursor_lost", at=9, times=0)[0].state == "complete"
    before = store.manifest().cursors["ocds-feed"]
    assert before["complete"]["read"] == 15
    report, _ = run(server, store, "cursor_lost", at=1, times=0)
    assert report.state == "partial" and "10 rows where the last complete run gave 15" in (report.reason or "")


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_after_any_fault_everything_is_there_and_known(server: HttpFaults, store: Store, fault: str) -> None:
    """Three runs: the last one finds nothing new, whatever struck the first."""
    for _ in range(3):
        report, held = run(server, store, fault, at=1, times=1)
        server.server.quiet_until.clear()
    assert (report.state, report.new) == ("complete", 0) and set(server.truth(pages=3, per=5)) <= held


@pytest.mark.full
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_strikes_every_time(server: HttpFaults, tmp_path: Path, fault: str, at: int) -> None:
    """What a second try cannot mend is never called complete, and costs no other page what was read before it."""
    truth = server.truth(pages=3, per=5)
    report, held = run(server, Store(tmp_path / "store"), fault, at=at, times=0)
    end = END.get(fault, "whole")
    before = set(truth[: 5 * at])
    if fault in PASSING or (end == "ends" and fault not in (*ASTRAY, "repeated_page")):
        assert report.state == ("partial" if at or fault in [*KEPT_APART, "truncated_json"] else "failed")
        assert held == before and report.reason
    elif end == "open":
        assert report.state == "partial" and held == set(truth) - set(truth[5 * at : 5 * at + 5])
    elif end in ("whole", "one less"):
        assert report.state == "complete" and len(held) == 15 - (end == "one less")
    else:
        assert before <= held


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        ("cursor_loop", ("partial", None)),  # it went astray and begins again
        ("repeated_page", ("partial", None)),
        ("duplicate_releases", ("complete", 15)),  # five stood twice on one page
        ("conflicting_copy", ("complete", 15)),  # one stood there in two versions
    ],
)
def test_a_feed_is_measured_by_its_fifteen_releases(
    server: HttpFaults, store: Store, fault: str, first: tuple[str, int | None]
) -> None:
    """Neither what an earlier run read nor what stands twice is added: else the next whole run would not be believed."""
    ended = []
    for _ in range(3):
        report, _ = run(server, store, fault, at=1, times=1)
        ended.append((report.state, (store.manifest().cursors["ocds-feed"]["complete"] or {}).get("read")))
    assert ended == [first, ("complete", 15), ("complete", 15)]
