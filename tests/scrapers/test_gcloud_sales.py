"""The G-Cloud sales file against a stand-in: found through its page, the newest of several, never called complete untried."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app import collecting
from pipelines import build, reference
from pipelines.edition import Edition
from pipelines.errors import Refused
from pipelines.store import Store
from scrapers import gcloud_sales
from scrapers._source import Source, source
from tests.scrapers.govuk import ASSETS, Site, collection, inline_layout, new_layout, old_layout
from tests.scrapers.mortal import Killed, Mortal
from tests.scrapers.standin import Asked, Clock, Reply, serve

HEADER = "Framework,LotDescription,SupplierName,CustomerName,ReturnMonth,ProjectNameAndDescription,EvidencedSpend,Sector,SMEorLarge\n"
PAGE = "/government/collections/digital-marketplace-sales"
GCLOUD, OUTCOMES = "/government/publications/g-cloud-sales", "/government/publications/digital-outcomes-sales"
JULY, JUNE = "/media/c7/G-Cloud-spend-end-July2018.csv", "/media/c6/g-cloud-spend-end-june2018.csv"


def table(*rows: tuple[str, str, str]) -> bytes:
    """A file of (supplier, month, amount)."""
    return (HEADER + "".join(f"G-Cloud,IaaS,{name},Hive Ministry,{month},Hosting,{amount},Central,Large\n" for name, month, amount in rows)).encode()  # fmt: skip


OLD_ROWS = (
    ("AMAZON WEB SERVICES EMEA SARL", "2018-05-01", "100"),
    ("AMAZON WEB SERVICES EMEA SARL", "2018-06-01", "50"),
)
# A month later June was revised upward, and July came.
NEW_ROWS = (OLD_ROWS[0], ("AMAZON WEB SERVICES EMEA SARL", "2018-06-01", "80"), ("AMAZON WEB SERVICES EMEA SARL", "2018-07-01", "70"))  # fmt: skip
LAYOUTS = {"new": new_layout, "old": old_layout, "inline": inline_layout}


def site(layout: str = "new", files: tuple[str, ...] = (JUNE, JULY)) -> Site:
    page = LAYOUTS[layout]("G-Cloud sales", "Crown Commercial Service", [(f"Figures, part {n}", ASSETS + path) for n, path in enumerate(files)])  # fmt: skip
    return Site({
        PAGE: collection("Digital Marketplace sales", "Crown Commercial Service", [("Digital Outcomes sales", OUTCOMES), ("G-Cloud sales figures", GCLOUD)]),
        GCLOUD: page,
        OUTCOMES: new_layout("Outcomes", None, [("DOS sales August 2018", f"{ASSETS}/media/d8/dos-august2018.csv")]),
        JUNE: table(*OLD_ROWS), JULY: table(*NEW_ROWS),
    })  # fmt: skip


def collect(
    store: Store, answer: Callable[[Asked, int], Reply], *words: str, lives: int = 10**9
) -> tuple[collecting.Collected, list[str]]:
    clock = Clock()
    with serve(answer, clock) as server:

        def fetcher_of(facts: Source) -> Mortal:
            return Mortal(lives, facts.limits, base_url=server.base, clock=clock, sleep=clock.sleep)

        report = collecting.collect(store, "gcloud-sales", fetcher_of, arguments=words, sleep=clock.sleep)
        return report, server.paths()


def held(store: Store) -> list[tuple[str, str]]:
    rows = store.read("sales", store.manifest()).to_pylist()
    return sorted((str(row["sold_on"]), str(row["amount"])) for row in rows)


NEW_HELD = [("2018-05-01", "100.00"), ("2018-06-01", "80.00"), ("2018-07-01", "70.00")]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_newest_file_is_found_through_its_page(store: Store, layout: str) -> None:
    report, asked = collect(store, site(layout))
    assert (report.state, report.reason, report.new) == ("complete", None, 3)
    assert asked == ["/robots.txt", PAGE, GCLOUD, JULY] and held(store) == NEW_HELD
    report, _ = collect(store, site(layout))
    assert (report.state, report.new, report.known) == ("complete", 0, 3)


def test_it_is_found_and_a_page_a_file_or_a_file_here_can_be_given(store: Store, tmp_path: Path) -> None:
    assert source("gcloud-sales") is gcloud_sales and gcloud_sales.SOURCE.home.startswith("https://www.gov.uk/")
    assert collect(store, site(), "https://www.gov.uk" + GCLOUD)[1] == ["/robots.txt", GCLOUD, JULY]
    assert collect(store, site(), ASSETS + JULY)[1] == [JULY]
    mine = tmp_path / "kept.csv"
    mine.write_bytes(table(*NEW_ROWS))
    assert collect(store, site(), str(mine))[1] == [] and held(store) == NEW_HELD
    with pytest.raises(Refused, match="neither an address nor a file"):
        collect(store, site(), "no-such-file.csv")
    with pytest.raises(Refused, match="one page or file"):
        collect(store, site(), str(mine), str(mine))


BROKEN = [
    ("a page without files", GCLOUD, Reply(new_layout("G-Cloud sales", None, [])), "names no file of G-Cloud sales"),
    ("a page of another shape", PAGE, Reply(b"<!doctype html><div id=app></div>"), "its shape may have changed"),
    ("a page that is gone", PAGE, Reply(b"gone", 404), "answered 404"),
    ("a dead link", JULY, Reply(b"gone", 404), "answered 404"),
    ("forbidden", JULY, Reply(b"", 403), "answered 403"),
    ("too many, for a day", JULY, Reply(b"", 429, {"Retry-After": "86400"}), "stay away until"),
    ("a web page instead of a file", JULY, Reply(b"<html><body>Sorry</body></html>"), "it is a web page, no table"),
    ("an empty file", JULY, Reply(b" \n"), "it is empty"),
    ("a file without the columns", JULY, Reply(b"month,bees\n2018-07,7\n"), "lacks the column"),
    ("a cut file", JULY, Reply(table(*NEW_ROWS), cut=True), "the body was cut"),
]


@pytest.mark.parametrize(("case", "path", "reply", "reason"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_breaks_is_never_complete(store: Store, case: str, path: str, reply: Reply, reason: str) -> None:
    broken = site()
    broken.answers[path] = reply
    report, _ = collect(store, broken)
    assert report.state in ("partial", "failed") and reason in (report.reason or ""), report.reason
    assert held(store) == []
    assert collect(store, site())[0].state == "complete" and held(store) == NEW_HELD


def test_a_file_of_half_the_rows_is_not_believed(store: Store) -> None:
    collect(store, site())
    half = site()
    half.bodies[JULY] = table(("AMAZON WEB SERVICES EMEA SARL", "2018-08-01", "1"))
    report, _ = collect(store, half)
    assert report.state == "partial" and "1 rows where the last complete run gave 3" in (report.reason or "")


@pytest.mark.parametrize("lives", range(4))
def test_killed_at_any_request_and_run_again_nothing_is_lost_or_doubled(store: Store, lives: int) -> None:
    with pytest.raises(Killed):
        collect(store, site(), lives=lives)
    assert collect(store, site())[0].state == "complete" and held(store) == NEW_HELD


@pytest.mark.parametrize("order", [(JUNE, JULY), (JULY, JUNE)], ids=["older first", "newer first"])
def test_a_revised_month_counts_once(store: Store, order: tuple[str, str]) -> None:
    """June was 50 in the older file and is 80 in the newer one: 250 in all, never 300, whichever came first."""
    for path in order:
        collect(store, site(files=(path,)))
    edition = Edition.of(build.build(reference.load(), store, store.manifest()))
    rows = edition.rows("SELECT sold_on, amount FROM sales")
    assert sum((row["amount"] for row in rows), Decimal(0)) == Decimal(250)


def test_files_that_somebody_imported_stand_side_by_side(store: Store, tmp_path: Path, run: Any) -> None:
    """Two halves of one body of data: neither replaces the other."""
    for number, row in enumerate(OLD_ROWS):
        (tmp_path / f"{number}.csv").write_bytes(table(row))
    assert run("import", "gcloud-sales", tmp_path / "0.csv", tmp_path / "1.csv").code == 0
    edition = Edition.of(build.build(reference.load(), store, store.manifest()))
    assert len(edition.rows("SELECT * FROM sales")) == 2
