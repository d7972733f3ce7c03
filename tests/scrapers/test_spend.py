"""Spending files against a stand-in of GOV.UK: every layout, every format, dead links, pages that change shape, kills."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app import collecting
from pipelines.errors import Refused
from pipelines.store import Store
from scrapers import _govuk, spend
from scrapers._source import source
from tests.scrapers import runs
from tests.scrapers.cases.spend import BOTH, FEBRUARY, HIVE, HIVE_ROWS, JANUARY, MARCH, WAX, WAX_ROWS, WWW, csv, site
from tests.scrapers.govuk import ASSETS, collection, new_layout, old_collection
from tests.scrapers.standin import Asked, Reply, Site, serve


def collect(store: Store, answer: runs.Answer, *words: str, **more: Any) -> tuple[collecting.Collected, list[Asked]]:
    return runs.collect(store, "spend", answer, *words, **more)


def held(store: Store) -> set[tuple[str, str, str]]:
    rows = store.read("payments", store.manifest()).to_pylist()
    told = [(row["buyer_name"], str(row["paid_on"]), str(row["amount"])) for row in rows]
    assert len(told) == len(set(told)), "a payment was kept twice"
    return set(told)


def test_it_is_found_and_its_pages_are_real_ones() -> None:
    assert source("spend") is spend and len(spend.PAGES) >= 8
    assert all(page.startswith("https://www.gov.uk/government/") for page in spend.PAGES)


def test_every_layout_and_format_arrives_once(store: Store) -> None:
    report, log = collect(store, site(), *BOTH)
    assert (report.reason, report.state, report.quarantined) == (None, "complete", 0)
    assert held(store) == HIVE_ROWS | WAX_ROWS
    asked = Counter(one.path for one in log)
    assert max(asked.values()) == 1 and asked["/robots.txt"] == 1
    # Neither previews nor navigation nor the second format of a file nor what is no spending were asked for.
    assert asked.keys() == {"/robots.txt", *site().bodies} - {"/media/b4/wax-march.ods"}
    assert all(b.at - a.at >= 1.0 for a, b in itertools.pairwise(log))
    # Newest first, as the page lists them.
    assert [one.path for one in log].index(MARCH) < [one.path for one in log].index(JANUARY)


def test_raw_files_are_kept_with_their_addresses(store: Store) -> None:
    collect(store, site(), WWW + HIVE)
    manifest = store.manifest()
    rows = [row for row in store.read("sources", manifest).to_pylist() if row["collector"] == "spend"]
    assert {row["url"].rpartition("/")[2].partition("?")[0] for row in rows} == {"Hive_spend_January_2026.csv", "february.csv", "hive-spend-march-2026.CSV"}  # fmt: skip
    bodies = {store.raw_body(part) for part in manifest.raw if part.table == "spend"}
    assert bodies == {site().bodies[path] for path in (JANUARY, FEBRUARY, MARCH)}


def test_a_later_run_reads_only_what_came_after(store: Store) -> None:
    collect(store, site(), *BOTH)
    later = site()
    path = "/government/publications/hive-ministry-spending-over-25000-april-2026"
    listed = [("Hive Ministry: spending over £25,000, April 2026", path)]
    later.bodies[HIVE] = old_collection("Hive Ministry spending", None, listed)
    later.bodies[path] = new_layout("April", "Hive Ministry", [("April 2026 spend", f"{ASSETS}/media/a4/april.csv")])
    later.bodies["/media/a4/april.csv"] = csv(("Honey Cloud Ltd", "05/04/2026", "400"))
    report, log = collect(store, later, *BOTH)
    assert (report.state, report.new, report.known) == ("complete", 1, 0)
    assert {one.path for one in log} == {"/robots.txt", HIVE, path, "/media/a4/april.csv", WAX}
    assert held(store) == HIVE_ROWS | WAX_ROWS | {("Hive Ministry", "2026-04-05", "400.00")}


def test_only_the_months_asked_for(store: Store) -> None:
    report, log = collect(store, site(), *BOTH, since=dt.date(2026, 2, 1), until=dt.date(2026, 2, 28))
    assert report.state == "complete"
    assert held(store) == {("Hive Ministry", "2026-02-05", "200.00"), ("Wax Office", "2026-02-14", "1234.50")}
    assert len(log) == 6  # robots.txt, the collection, one month of it and its file, the yearly page and one file


def test_files_by_address_and_by_name(store: Store, tmp_path: Path) -> None:
    """A single file's address, a file of this machine, and a page saved on this machine."""
    mine = tmp_path / "mine.csv"
    mine.write_bytes(csv(("Honey Cloud Ltd", "07/07/2026", "7"), entity="Comb Council"))
    saved = tmp_path / "saved.html"
    saved.write_bytes(site().bodies[WAX])
    report, log = collect(store, site(), ASSETS + JANUARY, str(mine), str(saved))
    assert report.state == "complete", report.reason
    # A file that names no body, and that no page offered, has an unknown payer.
    assert held(store) == {(None, *row[1:]) for row in HIVE_ROWS if "-01-" in row[1]} | WAX_ROWS | {("Comb Council", "2026-07-07", "7.00")}  # fmt: skip
    assert WAX not in {one.path for one in log}
    (row,) = [row for row in store.read("sources", store.manifest()).to_pylist() if "mine.csv" in row["title"]]
    assert row["url"] is None


@pytest.mark.parametrize("word", ["nothing-here.csv", "ftp://www.gov.uk/x.csv", "https://", ""])
def test_a_word_that_is_neither_is_refused_before_anything_is_asked(store: Store, word: str) -> None:
    with pytest.raises(Refused, match="neither an address nor a file"):
        collect(store, site(), WWW + HIVE, word)
    assert store.manifest().number == 0


LACKING = [
    ("a dead link", JANUARY, Reply(b"gone", 404), " answered 404", 3),
    ("a file taken away", JANUARY, Reply(b"", 410), " answered 410", 3),
    ("a file that is forbidden", JANUARY, Reply(b"no", 403), " answered 403", 3),
    ("a web page instead of a file", JANUARY, Reply(b"\n<!DOCTYPE html><html><body>Sorry</body></html>"), "it is a web page, no table", 3),
    ("an empty file", JANUARY, Reply(b""), "it is empty", 3),
    ("a file without the columns", JANUARY, Reply(b"month,bees\n2026-01,7\n"), "names a supplier and an amount", 3),
    ("a file cut short", JANUARY, Reply(csv(), cut=True), "the body was cut", 3),
    ("a damaged spreadsheet", "/media/b1/wax-january.xlsx", Reply(b"PK\x03\x04" + b"x" * 40), "cut or damaged", 6),
    ("a page that is gone", WAX, Reply(b"gone", 404), " answered 404", 4),
    ("a page that lists nothing any more", WAX, Reply(new_layout("Wax Office spending", "Wax Office", [])), "its shape may have changed", 4),
    ("a collection of another shape", HIVE, Reply(b"<!doctype html><html><body><div id=app></div></body></html>"), "its shape may have changed", 3),
    ("a page that is no page", WAX, Reply(b'{"error": "busy"}'), "no list of payments", 4),
]  # fmt: skip


@pytest.mark.parametrize(("case", "path", "reply", "reason", "rows"), LACKING, ids=[row[0] for row in LACKING])
def test_what_is_lacking_stops_no_other_and_the_run_is_partial(
    store: Store, case: str, path: str, reply: Reply, reason: str, rows: int
) -> None:
    broken = site()
    broken.answers[path] = reply
    report, first = collect(store, broken, *BOTH)
    assert report.state == "partial" and reason in (report.reason or ""), report.reason
    assert len(held(store)) >= rows
    report, again = collect(store, site(), *BOTH)
    assert (report.state, report.reason) == ("complete", None)
    assert held(store) == HIVE_ROWS | WAX_ROWS
    # No file that was read is asked for again.
    files = {one for one in site().bodies if _govuk.is_file(one)} - {path}
    assert not files & {one.path for one in first} & {one.path for one in again}


def test_a_site_that_is_down_ends_the_run_early(store: Store) -> None:
    report, log = collect(store, lambda asked, number: Reply(b"down", 503 if asked.path != "/robots.txt" else 404), *BOTH, WWW + HIVE + "-2", WWW + HIVE + "-3")  # fmt: skip
    assert report.state == "failed" and "3 addresses in a row gave nothing" in (report.reason or "")
    assert len(log) == 1 + 3 * 5


def test_many_dead_addresses_are_no_site_that_is_down(store: Store) -> None:
    """A page that has moved says nothing about the others: they are all asked."""
    gone = [f"{WWW}/government/collections/moved-{number}" for number in range(5)]
    report, _ = collect(store, site(), *gone, *BOTH)
    assert report.state == "partial" and "without 5 parts" in (report.reason or "")
    assert held(store) == HIVE_ROWS | WAX_ROWS


def test_as_an_operator_types_it(store: Store, run: Any) -> None:
    with serve(site()) as server:
        done = run("collect", "spend", WWW + FEBRUARY, "--base-url", server.base, "--json")
    assert (done.code, done.json["state"], done.json["new"], done.json["requests"]) == (0, "complete", 1, 1)
    assert done.json["caveats"] == list(spend.SOURCE.caveats)


def test_robots_are_honoured_for_pages(store: Store) -> None:
    shut = site()
    shut.bodies["/robots.txt"] = f"User-agent: *\nDisallow: {WAX}\n".encode()
    report, log = collect(store, shut, *BOTH)
    assert report.state == "partial" and "robots.txt does not let us ask" in (report.reason or "")
    assert WAX not in {one.path for one in log} and held(store) == HIVE_ROWS


def test_too_many_requests(store: Store) -> None:
    """A bare 429 is followed by a minute of silence; a day's Retry-After ends the run at once."""
    told = site()
    turns = iter([Reply(b"", 429)])
    report, log = collect(store, lambda asked, n: next(turns, told(asked, n)) if asked.path == JANUARY else told(asked, n), WWW + HIVE)  # fmt: skip
    waits = [b.at - a.at for a, b in itertools.pairwise(log)]
    assert report.state == "complete" and sum(wait >= 60 for wait in waits) == 1


def test_asked_to_stay_away_it_stays_away(store: Store) -> None:
    told = site()
    told.answers[FEBRUARY] = Reply(b"", 429, {"Retry-After": "86400"})
    report, log = collect(store, told, *BOTH)
    assert report.state == "partial" and "asks us to stay away until" in (report.reason or "")
    assert log[-1].path == FEBRUARY
    assert held(store) == {row for row in HIVE_ROWS if "-03-" in row[1]}


@pytest.mark.parametrize("allowed", [1, 2, 4, 9])
def test_stopped_by_max_requests_it_goes_on_where_it_was(store: Store, allowed: int) -> None:
    report, _ = collect(store, site(), *BOTH, max_requests=allowed)
    assert (report.requests, report.state in ("partial", "failed")) == (allowed, True)
    assert "--max-requests" in (report.reason or "")
    assert collect(store, site(), *BOTH)[0].state == "complete"
    assert held(store) == HIVE_ROWS | WAX_ROWS


@pytest.mark.full
@pytest.mark.parametrize("every", [5, 11])
def test_ten_years_of_months_killed_again_and_again(store: Store, every: int) -> None:
    """120 publications of a file each; each life has so many requests, robots.txt and the collection among them."""
    big, documents = Site(), []
    for number in range(120):
        month = dt.date(2016 + number // 12, number % 12 + 1, 1)
        path = f"/government/publications/hive-spend-{month:%B-%Y}".lower()
        documents.append((f"Hive spending {month:%B %Y}", path))
        big.bodies[path] = new_layout(
            "Hive", "Hive Ministry", [(f"Spend {month:%B %Y}", f"{ASSETS}/media/{number}/m.csv")]
        )
        big.bodies[f"/media/{number}/m.csv"] = csv(("Honey Cloud Ltd", f"{month:%d/%m/%Y}", str(number + 1)))
    big.bodies[HIVE] = collection("Hive Ministry spending", "Hive Ministry", documents)
    assert runs.kill_and_go_on(lambda: collect(store, big, WWW + HIVE, lives=every)[0]) >= 240 // every
    assert held(store) == {("Hive Ministry", f"{2016 + n // 12}-{n % 12 + 1:02}-01", f"{n + 1}.00") for n in range(120)}


PERIODS = [
    ("Spending over £25,000: January 2026", "2026-01-01", "2026-01-31"),
    ("hmrc_spend_feb_2024.csv", "2024-02-01", "2024-02-29"),
    ("MoD spending January to December 2025", "2025-01-01", "2025-12-31"),
    ("April 2024 to March 2025", "2024-04-01", "2025-03-31"),
    ("spend-2023-11.csv", "2023-11-01", "2023-11-30"),
    ("Home Office spending, 2025", "2025-01-01", "2025-12-31"),
    ("Spend 2024 to 2025", "2024-01-01", "2025-12-31"),
    ("Spend 2024-25", "2024-01-01", "2025-12-31"),
    ("How to read these files", None, None),
    ("Spending over £25,000", None, None),
]


@pytest.mark.parametrize(("words", "first", "last"), PERIODS, ids=[row[0] for row in PERIODS])
def test_the_months_that_a_title_names(words: str, first: str | None, last: str | None) -> None:
    named = _govuk.period(words)
    assert named == (None if first is None else (dt.date.fromisoformat(first), dt.date.fromisoformat(last or "")))


def test_files_of_two_months_are_never_taken_for_two_formats() -> None:
    page = new_layout("x", None, [
        ("Spend January 2026", f"{ASSETS}/media/1/spend.csv"), ("Spend February 2026", f"{ASSETS}/media/2/spend.ods"),
        ("Spend February 2026", f"{ASSETS}/media/3/spend-february.xlsx"), ("Notes", f"{ASSETS}/media/4/a.csv"),
    ])  # fmt: skip
    assert [file.url.partition("/media/")[2] for file in _govuk.files(page, WWW)] == ["1/spend.csv", "3/spend-february.xlsx", "4/a.csv"]  # fmt: skip


def test_a_page_of_endless_nesting_is_read_in_time() -> None:
    assert _govuk.files(b"<html><main>" + b"<div>" * 100_000 + b'<a href="/x.csv">x</a>', WWW) is not None
