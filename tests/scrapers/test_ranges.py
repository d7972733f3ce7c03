"""The collector of address ranges against a local stand-in: every list once, the weekly file found, resumable."""

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.errors import Partial
from pipelines.readers import reader
from pipelines.store import Store
from scrapers import ranges
from scrapers._fetch import Fetched, Fetcher, SourceEnded
from scrapers._source import Page, Run, source
from tests.scrapers import runs
from tests.scrapers.cases.ranges import BODIES, WEEKLY, site
from tests.scrapers.runs import Answer
from tests.scrapers.standin import serve

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


def collect(answer: Answer, cursor: dict[str, object] | None = None) -> tuple[list[Page], Partial | None, list[str]]:
    """The pages of one run, how it ended, and what it asked for; with a cursor the one before did not end."""
    pages: list[Page] = []
    error: Partial | None = None
    with serve(answer) as server:
        fetcher = Fetcher(base_url=server.base, sleep=lambda _: None)
        try:
            pages.extend(ranges.collect(fetcher, Run(None, None, cursor or {}, NOW, resuming=cursor is not None)))
        except Partial as stopped:
            error = stopped
        finally:
            fetcher.close()
        return pages, error, server.paths()


def test_it_is_found_by_its_id() -> None:
    assert source("ranges") is ranges


def test_every_list_is_fetched_once_and_read() -> None:
    pages, error, asked = collect(site())
    assert error is None and len(pages) == len(ranges.LISTS) == 10
    assert sorted(asked) == sorted(BODIES)  # the page of Azure's list and its newest file, never the older one
    found = []
    for page in pages:
        batch = reader("ranges").read(page.name, page.fetched.body, "src", page.options)
        assert batch.whole, batch.rejected
        found.extend((r["provider"], r["prefix"], r["published"]) for r in batch.tables["ranges"].to_pylist())
    assert sorted(found, key=str) == [
        ("aws", "3.8.0.0/14", dt.date(2026, 11, 25)),
        ("azure", "20.26.0.0/16", dt.date(2026, 11, 16)),  # the date in the file's name
        ("cloudflare", "104.16.0.0/13", dt.date(2026, 11, 25)),
        ("cloudflare", "2606:4700::/32", dt.date(2026, 11, 25)),
        ("digitalocean", "46.101.0.0/18", dt.date(2026, 11, 25)),
        ("fastly", "151.101.0.0/16", dt.date(2026, 11, 25)),
        ("gcp", "34.89.0.0/17", dt.date(2026, 11, 20)),
        ("github", "140.82.112.0/20", dt.date(2026, 11, 25)),
        ("github-pages", "185.199.108.0/22", dt.date(2026, 11, 25)),
        ("linode", "2a01:7e00::/32", dt.date(2026, 11, 25)),
        ("oracle", "129.80.0.0/16", dt.date(2026, 11, 20)),
    ]


def test_one_missing_list_stops_no_other_and_the_next_run_asks_only_for_it() -> None:
    lacking = site()
    del lacking.bodies["/meta"], lacking.bodies[WEEKLY]
    pages, error, _ = collect(lacking)
    assert len(pages) == 8 and error is not None
    assert str(error).startswith("2 of 10 lists could not be had: azure (it answered 404; run again later); github")
    pages, error, asked = collect(site(), dict(pages[-1].cursor))
    assert [p.name.split()[0] for p in pages] == ["azure", "github"] and error is None
    assert asked == ["/en-us/download/details.aspx", WEEKLY, "/meta"]


def test_another_day_asks_for_all_again() -> None:
    pages, _, _ = collect(site(), {"day": "2026-11-24", "done": ["aws"]})
    assert len(pages) == 10


def test_a_download_page_without_the_file_says_so() -> None:
    with pytest.raises(SourceEnded, match="names no ServiceTags_Public file"):
        ranges.azure_file(Fetched("", 200, {}, b"<html><a href='/x.json'>x</a></html>", NOW), "https://www.example/")


def test_a_list_that_its_reader_refused_is_asked_for_again_on_the_same_day(store: Store) -> None:
    refused = site()
    refused.bodies["/meta"] = b"<html>busy</html>"
    report, _ = runs.collect(store, "ranges", refused, now=NOW)
    assert report.state == "partial" and "github" in (report.reason or "")
    report, log = runs.collect(store, "ranges", site(), now=NOW)
    assert (report.state, [asked.path for asked in log]) == ("complete", ["/meta"])


def test_a_second_run_on_a_day_reads_everything_again(store: Store) -> None:
    for _ in range(2):
        report, log = runs.collect(store, "ranges", site(), now=NOW)
        assert (report.state, report.read, len(log)) == ("complete", 11, 11)


def test_days_on_which_a_list_was_lacking_do_not_add_up(store: Store) -> None:
    """Else the first whole run after a month of them would set a measure that no later one reaches."""
    lacking = site()
    del lacking.bodies["/meta"]
    for day in range(4):
        report, _ = runs.collect(store, "ranges", lacking, now=NOW + dt.timedelta(days=day))
        assert (report.state, report.distinct) == ("partial", 9)
    for day in (5, 6):
        report, _ = runs.collect(store, "ranges", site(), now=NOW + dt.timedelta(days=day))
        assert (report.state, report.distinct) == ("complete", 11)
