"""Public Contracts Scotland and Sell2Wales against a stand-in: month by month, type by type, complete or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipelines.errors import Refused
from scrapers import public_contracts_scotland, sell2wales
from scrapers._source import source
from tests.scrapers.proactis import package

SINCE = dt.date(2026, 9, 1)
# month -> type -> notices, of our own invention in the portals' shape.
NOTICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "11-2026": {"103": ("NOV100",), "2": ("NOV2",)},
    "10-2026": {"3": ("OCT30", "OCT31"), "103": ("OCT103",)},
    "09-2026": {"6": ("SEP6",), "104": ("SEP104",), "20": ("SEP20",)},
}
AWARDS = ["NOV100", "OCT103", "OCT30", "OCT31", "SEP104", "SEP20", "SEP6"]


def portal(path: str, query: Mapping[str, str]) -> tuple[int, bytes]:
    """The portal: contract notices where no type is named, as the real ones do."""
    assert path == "/v1/Notices" and query["outputType"] == "0"
    return 200, package(*NOTICES.get(query["dateFrom"], {}).get(query.get("noticeType", "2"), ()))


def notices(runs: Any) -> list[str]:
    return [row.rpartition(":")[2] for row in runs.ids("notices", "notice_id")]


def test_both_are_found_by_their_ids() -> None:
    assert source("public-contracts-scotland") is public_contracts_scotland
    assert source("sell2wales") is sell2wales


def test_awards_arrive_newest_month_first_and_contract_notices_do_not(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = portal
    runs = runs_of(public_contracts_scotland)
    assert runs.run(since=SINCE) == "complete"
    assert notices(runs) == AWARDS
    months = [path.partition("dateFrom=")[2][:7] for path in site.asked]
    assert months == ["11-2026"] * 7 + ["10-2026"] * 7 + ["09-2026"] * 7
    assert site.asked[0] == "/v1/Notices?dateFrom=11-2026&outputType=0&noticeType=103"
    assert runs.span == (dt.date(2026, 9, 1), dt.date(2026, 11, 25))


def test_wales_is_asked_for_its_own_award_types_in_english(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = lambda path, query: (
        200,
        package("W1", prefix="kuma6s") if query["noticeType"] == "53" else package(),
    )
    runs = runs_of(sell2wales)
    assert runs.run(since=dt.date(2026, 11, 1)) == "complete"
    assert notices(runs) == ["W1"]
    assert all(path.endswith("&locale=2057") for path in site.asked)
    assert [path.partition("noticeType=")[2].partition("&")[0] for path in site.asked] == [
        "53", "56", "3", "6", "25", "20", "15",
    ]  # fmt: skip


def test_the_whole_history_is_asked_for_without_dates(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = portal
    runs = runs_of(public_contracts_scotland)
    assert runs.run("103") == "complete"
    assert len(site.asked) == 95  # January 2019 to November 2026
    assert "dateFrom=01-2019" in site.asked[-1]
    # a later run goes back 30 days from where the last one began, and no further
    site.asked.clear()
    assert runs.run("103", now=dt.datetime(2026, 12, 2, tzinfo=dt.UTC)) == "complete"
    assert [path.partition("dateFrom=")[2][:7] for path in site.asked] == ["12-2026", "11-2026", "10-2026"]
    # other types were never read, so they are asked for from the beginning
    site.asked.clear()
    assert runs.run("104", now=dt.datetime(2026, 12, 2, tzinfo=dt.UTC)) == "complete"
    assert len(site.asked) == 96


def test_a_run_of_a_few_months_does_not_pass_for_the_history(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = portal
    runs = runs_of(public_contracts_scotland)
    assert runs.run("103", since=SINCE) == "complete"
    site.asked.clear()
    assert runs.run("103") == "complete"
    assert len(site.asked) == 95


@pytest.mark.parametrize("killed_at", range(22))
def test_killed_at_any_request_and_run_again_nothing_is_lost_or_doubled(
    site: Any, runs_of: Callable[..., Any], killed_at: int
) -> None:
    site.answer = portal
    runs = runs_of(public_contracts_scotland)
    assert runs.run(since=SINCE, dies_at=killed_at) == ("killed" if killed_at < 21 else "complete")
    assert runs.run(since=SINCE) == "complete"
    assert notices(runs) == AWARDS
    assert runs.store.read("awards", runs.store.manifest()).num_rows == len(AWARDS)
    if killed_at < 21:
        assert len(site.asked) == 21  # no month was asked for twice


def test_a_type_that_the_server_fails_on_stops_no_other_and_the_run_is_not_complete(
    site: Any, runs_of: Callable[..., Any]
) -> None:
    def failing(path: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        if query["dateFrom"] == "10-2026" and query["noticeType"] == "3":
            return 500, b'{"Message": "Error converting data type nvarchar to float."}'
        return portal(path, query)

    site.answer = failing
    runs = runs_of(public_contracts_scotland)
    assert runs.run(since=SINCE) == "partial"
    assert len(runs.lacks) == 1 and runs.lacks[0].startswith("2026-10/3 (")
    assert notices(runs) == [n for n in AWARDS if n not in ("OCT30", "OCT31")]
    site.answer = portal
    site.asked.clear()
    assert runs.run(since=SINCE) == "complete"
    assert site.asked == ["/v1/Notices?dateFrom=10-2026&outputType=0&noticeType=3"]  # only what was open
    assert notices(runs) == AWARDS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"error": "try later", "version": "1.1"}',
        b'{"Message": "An error has occurred."}',
        b'{"version": "1.1", "publisher": {}, "releases": null}',
        package("OCT30").replace(b'"releases"', b'"results"'),
        package("OCT30")[:-40],
        b"<html>Request blocked</html>",
    ],
)
def test_an_answer_that_is_no_package_is_never_taken_for_an_empty_month(
    site: Any, runs_of: Callable[..., Any], body: bytes
) -> None:
    site.answer = lambda path, query: (200, body) if query["dateFrom"] == "10-2026" else portal(path, query)
    runs = runs_of(public_contracts_scotland)
    assert runs.run("103", since=SINCE) == "partial"
    assert [lack[:11] for lack in runs.lacks] == ["2026-10/103"]
    assert notices(runs) == ["NOV100"]
    site.answer = portal
    site.asked.clear()
    assert runs.run("103", since=SINCE) == "complete"
    assert len(site.asked) == 1 and notices(runs) == ["NOV100", "OCT103"]


def test_numbers_that_json_does_not_allow_are_repaired_by_the_reader(site: Any, runs_of: Callable[..., Any]) -> None:
    broken = package("NOV100").replace(b"120000", b" 000")
    site.answer = lambda path, query: (200, broken) if query["dateFrom"] == "11-2026" else portal(path, query)
    runs = runs_of(public_contracts_scotland)
    assert runs.run("103", since=SINCE) == "complete"
    assert notices(runs) == ["NOV100", "OCT103"]


def test_a_server_that_is_down_ends_the_run_early(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = lambda path, query: (503, b"down") if query["dateFrom"] == "10-2026" else portal(path, query)
    runs = runs_of(public_contracts_scotland)
    assert runs.run(since=SINCE) == "partial"
    assert "3 months in a row gave nothing" in runs.lacks[-1]
    assert len(site.asked) == 7 + 3 * 5  # the newest month, then three places of five tries each
    site.answer = portal
    assert runs.run(since=SINCE) == "complete" and notices(runs) == AWARDS


def test_requests_allowed_are_kept_and_the_next_run_goes_on(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = portal
    runs = runs_of(public_contracts_scotland)
    assert runs.run(since=SINCE, max_requests=5) == "partial"
    assert "--max-requests" in runs.lacks[-1] and len(site.asked) == 5
    assert runs.run(since=SINCE) == "complete" and len(site.asked) == 21


def test_a_second_between_requests(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = portal
    runs = runs_of(public_contracts_scotland)
    runs.run("103", since=SINCE)
    assert runs.waits == [1.0, 1.0]


def test_an_unknown_notice_type_is_refused_with_the_known_ones(site: Any, runs_of: Callable[..., Any]) -> None:
    with pytest.raises(Refused, match=r"notice type '53' is not known; give all, or numbers of 1, 2, 3.*101"):
        runs_of(public_contracts_scotland).run("53")


def test_no_contact_detail_is_kept(site: Any, runs_of: Callable[..., Any]) -> None:
    site.answer = portal
    runs = runs_of(public_contracts_scotland)
    runs.run(since=SINCE)
    manifest = runs.store.manifest()
    assert manifest.raw and not any(b"a.person" in runs.store.raw_body(part) for part in manifest.raw)
