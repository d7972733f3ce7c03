"""Contracts Finder and Find a Tender against stand-ins with every listed quirk: all arrives, limits are kept."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest

from app import collecting
from pipelines.store import Store
from tests.scrapers import runs
from tests.scrapers.procurement import CF, FTS, ContractsFinderSearch, FindATender, Harvester, Told, daily_file, truth
from tests.scrapers.standin import Reply, StandIn, serve

FIRST = dt.date(2026, 3, 1)


def collect(
    store: Store,
    source: str,
    server: StandIn,
    first: dt.date,
    last: dt.date,
    lives: int = runs.IMMORTAL,
    now: dt.datetime | None = None,
) -> collecting.Collected:
    later = now or dt.datetime.combine(last + dt.timedelta(days=9), dt.time(), dt.UTC)
    return runs.collect_from(server, store, source, lives=lives, since=first, until=last, now=later)


def held(store: Store, source: str) -> set[str]:
    manifest = store.manifest()
    sources = {s["source_id"] for s in store.read("sources", manifest).to_pylist() if s["collector"] == source}
    rows = store.read("notices", manifest).select(["ocid", "source_id"]).to_pylist()
    return {row["ocid"] for row in rows if row["source_id"] in sources}


def ocids(told: list[Told]) -> set[str]:
    return {one.ocid for one in told}


def within(times: list[float], count: int, seconds: float) -> bool:
    """Whether never more than `count` requests came within so many seconds."""
    return all(times[place + count] - times[place] > seconds for place in range(len(times) - count))


def find_a_tender(days: int, each_day: int = 12) -> tuple[list[Told], FindATender]:
    told = truth(FTS, FIRST, days, each_day, bursts=[(1, 130), (min(3, days - 1), 260)])
    return told, FindATender(told, drops_on=frozenset({FIRST + dt.timedelta(days=1)}))


@pytest.mark.parametrize("days", [5, pytest.param(31, marks=pytest.mark.full)])
def test_find_a_tender_arrives_whole(store: Store, days: int) -> None:
    told, site = find_a_tender(days)
    last = FIRST + dt.timedelta(days=days - 1)
    with serve(site) as server:
        report = collect(store, "find-a-tender", server, FIRST, last)
        assert (report.reason, report.state, report.quarantined) == (None, "complete", 0)
        times = [asked.at for asked in server.log]
        days_asked = [asked.query["updatedTo"] for asked in server.log if "cursor" not in asked.query]
    assert held(store, "find-a-tender") == ocids(told)
    assert site.limited == 0 and within(times, 12, 120)
    assert days_asked[0] > days_asked[-1]  # newest first


def test_find_a_tender_that_says_too_many_is_left_alone_for_two_minutes(store: Store) -> None:
    told, site = find_a_tender(2)
    site.times += [0.0] * 12  # somebody else at our address has used the allowance
    with serve(site) as server:
        report = collect(store, "find-a-tender", server, FIRST, FIRST + dt.timedelta(days=1))
        waits = [b.at - a.at for a, b in zip(server.log, server.log[1:], strict=False)]
    assert report.state == "complete" and site.limited == 1 and waits[0] >= 120
    assert held(store, "find-a-tender") == ocids(told)


def test_a_page_that_hides_the_rest_for_good_is_never_complete(store: Store) -> None:
    """A burst of 130 in one instant whose first page never names the second."""
    told = [Told(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC), one.body) for one in truth(FTS, FIRST, 1, 130)]
    site = FindATender(told, drops_on=frozenset({FIRST}), drops_over=dt.timedelta(0))
    with serve(site) as server:
        report = collect(store, "find-a-tender", server, FIRST, FIRST)
    assert report.state == "partial" and "names no next" in (report.reason or "")
    assert len(held(store, "find-a-tender")) == 100


def awards(store: Store) -> set[tuple[Any, ...]]:
    rows = store.read("awards", store.manifest()).select(["notice_id", "version", "award_id", "value"]).to_pylist()
    return {tuple(row.values()) for row in rows}


def kill_and_go_on(store: Store, source: str, site: Any, first: dt.date, last: dt.date, every: int) -> int:
    """Kill after so many requests, again and again, until a run ends; the number of kills."""
    with serve(site) as server:
        return runs.kill_and_go_on(lambda: collect(store, source, server, first, last, lives=every), most=500)


@pytest.mark.parametrize(
    "every", [4, 7, pytest.param(5, marks=pytest.mark.full), pytest.param(11, marks=pytest.mark.full)]
)
def test_find_a_tender_killed_again_and_again_loses_and_doubles_nothing(
    store: Store, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    monkeypatch.setattr(collecting, "BATCH_PAGES", 3)
    told, site = find_a_tender(3, each_day=6)
    last = FIRST + dt.timedelta(days=2)
    assert kill_and_go_on(store, "find-a-tender", site, FIRST, last, every) >= 2
    assert held(store, "find-a-tender") == ocids(told)
    once = Store(tmp_path / "once")
    with serve(FindATender(told)) as server:
        collect(once, "find-a-tender", server, FIRST, last)
    assert awards(store) == awards(once)


@pytest.mark.parametrize("days", [40, pytest.param(365, marks=pytest.mark.full)])
def test_contracts_finder_days_arrive_whole(store: Store, days: int) -> None:
    told = truth(CF, FIRST, days, 3)
    site = Harvester(told)
    last = FIRST + dt.timedelta(days=days - 1)
    with serve(site) as server:
        report = collect(store, "contracts-finder", server, FIRST, last)
        log = list(server.log)
    assert (report.reason, report.state, report.quarantined) == (None, "complete", 0)
    assert held(store, "contracts-finder") == ocids(told)
    gaps = [b.at - a.at for a, b in itertools.pairwise(log)]
    assert min(gaps) >= 1.0
    # The stand-in loses patience after 50 requests a minute; each time it is left alone for five.
    assert (site.limited > 0) is (days > 50)
    assert sum(gap >= 300 for gap in gaps) == site.limited
    assert log[0].path.endswith(f"/{last.year}/{last.month}/{last.day}")  # newest first


def test_a_daily_file_is_read_as_the_releases_it_was(store: Store) -> None:
    told = truth(CF, FIRST, 1, 8)
    with serve(Harvester(told)) as server:
        collect(store, "contracts-finder", server, FIRST, FIRST)
    rows = store.read("awards", store.manifest()).to_pylist()
    found = {row["notice_id"].split(":")[1]: row for row in rows}
    assert len(found) == 8
    for one in told:
        row, value = found[one.ocid], one.body["awards"][0]["value"]
        assert float(row["value"] or 0) == value.get("amount", 0)
        assert float(row["value_gross"] or 0) == value.get("amountGross", 0)
        assert row["suppliers"] == ["Example Hosting Ltd"]


def test_a_day_that_is_still_open_is_asked_again(store: Store) -> None:
    told = truth(CF, FIRST, 3, 4)
    now = dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC)
    site = Harvester([one for one in told if one.at < now])
    with serve(site) as server:
        collect(store, "contracts-finder", server, FIRST, FIRST + dt.timedelta(days=2), now=now)
        site.told = told
        server.log.clear()
        report = collect(store, "contracts-finder", server, FIRST, FIRST + dt.timedelta(days=2))
        assert [asked.path.rsplit("/", 1)[1] for asked in server.log] == ["3", "2"]
    assert report.state == "complete" and held(store, "contracts-finder") == ocids(told)


def test_an_empty_day_is_believed_when_it_is_empty_on_another_day_too(store: Store) -> None:
    """An empty answer may be a fault, and a day that is done is never asked again."""
    told = truth(CF, FIRST, 3, 4)
    whole = Harvester(told)

    def nothing(asked: Any, number: int) -> Reply:
        return Reply(b"") if asked.path.endswith("/2") else whole(asked, number)

    last, asked_for = FIRST + dt.timedelta(days=2), []
    for day in (10, 10, 11, 12):
        with serve(nothing) as server:
            now = dt.datetime(2026, 3, day, tzinfo=dt.UTC)
            report = collect(store, "contracts-finder", server, FIRST, last, now=now)
            asked_for.append((report.state, [asked.path.rsplit("/", 1)[1] for asked in server.log]))
    assert asked_for == [("partial", ["3", "2", "1"]), ("partial", ["2"]), ("complete", ["2"]), ("complete", [])]
    assert held(store, "contracts-finder") == {one.ocid for one in told if one.at.day != 2}


def test_a_missing_day_and_a_cut_file_are_never_complete(store: Store) -> None:
    told = truth(CF, FIRST, 3, 4)
    whole = Harvester(told)

    def answer(asked: Any, number: int) -> Reply:
        if asked.path.endswith("/2"):
            return Reply(b"gone", 404)
        reply = whole(asked, number)
        if asked.path.endswith("/1"):
            return Reply(reply.body[: int(len(reply.body) * 0.7)])
        return reply

    with serve(answer) as server:
        report = collect(store, "contracts-finder", server, FIRST, FIRST + dt.timedelta(days=2))
    assert report.state == "partial" and "2026-03-02" in (report.reason or "")
    assert report.quarantined == 1


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.full)])
def test_contracts_finder_killed_again_and_again(store: Store, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    monkeypatch.setattr(collecting, "BATCH_PAGES", 2)
    told = truth(CF, FIRST, 10, 2)
    # With one request a life nothing but the batch that is committed at death carries it on.
    assert kill_and_go_on(store, "contracts-finder", Harvester(told), FIRST, FIRST + dt.timedelta(days=9), every) >= 3
    assert held(store, "contracts-finder") == ocids(told)


def test_contracts_finder_search_waits_five_minutes_when_told(store: Store) -> None:
    told = truth(CF, FIRST, 45, 25)
    site = ContractsFinderSearch(told, patience=3)
    with serve(site) as server:
        report = collect(store, "contracts-finder-search", server, FIRST, FIRST + dt.timedelta(days=44))
        log = list(server.log)
    assert report.state == "complete" and held(store, "contracts-finder-search") == ocids(told)
    waits = [b.at - a.at for a, b in itertools.pairwise(log)]
    assert site.limited >= 1 and sum(wait >= 300 for wait in waits) == site.limited


def test_a_row_of_another_length_goes_to_quarantine_alone() -> None:
    from pipelines.readers import contracts_finder_harvester as reader

    told = truth(CF, FIRST, 1, 3)
    lines = daily_file([one.body for one in told]).split(b"\r\n")
    lines[2] = lines[2] + b",one,two"
    batch = reader.read("day.csv", b"\r\n".join(lines), "s", {})
    assert (batch.whole, batch.read, len(batch.rejected), batch.tables["notices"].num_rows) == (True, 3, 1, 2)
    for body in (b"", b"a,b\r\n1,2\r\n", b"\x00\x01\x02", b"\x1f\x8bnot gzip"):
        assert not reader.read("day.csv", body, "s", {}).whole
