"""The G-Cloud sales file against a stand-in: found through its page, the newest of several, never called complete untried."""

from __future__ import annotations

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
from scrapers._source import source
from tests.scrapers import runs
from tests.scrapers.cases.gcloud_sales import GCLOUD, JULY, JUNE, NEW_HELD, NEW_ROWS, OLD_ROWS, PAGE, site, table
from tests.scrapers.govuk import ASSETS, LAYOUTS, broken, new_layout
from tests.scrapers.standin import Reply


def collect(store: Store, answer: runs.Answer, *words: str, **more: Any) -> tuple[collecting.Collected, list[str]]:
    report, log = runs.collect(store, "gcloud-sales", answer, *words, **more)
    return report, [asked.path for asked in log]


def held(store: Store) -> list[tuple[str, str]]:
    rows = store.read("sales", store.manifest()).to_pylist()
    return sorted((str(row["sold_on"]), str(row["amount"])) for row in rows)


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
    *broken(PAGE, JULY),
    ("a page without files", GCLOUD, Reply(new_layout("G-Cloud sales", None, [])), "names no file of G-Cloud sales"),
    ("a file without the columns", JULY, Reply(b"month,bees\n2018-07,7\n"), "lacks the column"),
]


@pytest.mark.parametrize(("case", "path", "reply", "reason"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_breaks_is_never_complete(store: Store, case: str, path: str, reply: Reply, reason: str) -> None:
    wrong = site()
    wrong.answers[path] = reply
    report, _ = collect(store, wrong)
    assert report.state in ("partial", "failed") and reason in (report.reason or ""), report.reason
    assert held(store) == []
    assert collect(store, site())[0].state == "complete" and held(store) == NEW_HELD


def test_a_file_of_half_the_rows_is_not_believed(store: Store) -> None:
    collect(store, site())
    half = site()
    half.bodies[JULY] = table(("AMAZON WEB SERVICES EMEA SARL", "2018-08-01", "1"))
    for _ in range(3):  # however often it comes: each run reads the whole file, so counts do not add up
        report, _ = collect(store, half)
        assert report.state == "partial" and "1 rows where the last complete run gave 3" in (report.reason or "")


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
