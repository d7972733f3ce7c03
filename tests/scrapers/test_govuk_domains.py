"""The list of .gov.uk names against a stand-in, what its rows become, and what a scan and an edition do with them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import build, reference
from pipelines.domains import newest_list, owned
from pipelines.edition import Edition
from pipelines.readers import reader
from pipelines.store import Store
from scrapers import govuk_domains
from scrapers._fetch import Fetcher, FetchRefused
from scrapers._source import source
from tests.scrapers import runs
from tests.scrapers.cases.govuk_domains import LIST, MARCH, NAMES, OWNED, PAGE, site
from tests.scrapers.govuk import ASSETS, LAYOUTS, broken, new_layout
from tests.scrapers.standin import Reply, serve
from tests.sheets import workbook


def collect(store: Store, answer: runs.Answer) -> tuple[Any, list[str]]:
    report, log = runs.collect(store, "govuk-domains", answer)
    return report, [asked.path for asked in log]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_newest_list_is_found_through_its_page(store: Store, layout: str) -> None:
    assert source("govuk-domains") is govuk_domains
    report, asked = collect(store, site(layout))
    assert (report.state, report.reason, report.new, report.quarantined) == ("complete", None, 3, 0)
    assert asked == ["/robots.txt", PAGE, MARCH]
    rows = store.read("domains", store.manifest()).to_pylist()
    assert sorted(row["domain_name"] for row in rows) == NAMES
    assert {row["listed_on"] for row in rows} == {dt.date(2026, 3, 31)}
    report, _ = collect(store, site(layout))
    assert (report.state, report.new, report.known) == ("complete", 0, 3)


BROKEN = [
    *broken(PAGE, MARCH),
    ("a page without the list", PAGE, Reply(new_layout("Domain names", None, [])), "names no list of domain names"),
    ("a table of something else", MARCH, Reply(b"month,bees\n2018-07,7\n"), "is a header or a domain name"),
    ("a header and nothing below", MARCH, Reply(b"Domain Name\n"), "holds no domain name"),
]


@pytest.mark.parametrize(("case", "path", "reply", "reason"), BROKEN, ids=[row[0] for row in BROKEN])
def test_what_breaks_is_never_complete(store: Store, case: str, path: str, reply: Reply, reason: str) -> None:
    wrong = site()
    wrong.answers[path] = reply
    report, _ = collect(store, wrong)
    assert report.state in ("partial", "failed") and reason in (report.reason or ""), report.reason
    assert newest_list(store, store.manifest()) == {}
    assert collect(store, site())[0].state == "complete" and list(newest_list(store, store.manifest())) == NAMES


SHAPES = [
    ("names and owners", OWNED, {"hive.gov.uk": "Home Office", "wax.gov.uk": "Wax Parish Council", "comb.gov.uk": None}),
    ("names below a title", LIST, dict.fromkeys(NAMES)),
    ("names alone", b"hive.gov.uk\nwax.gov.uk\n", {"hive.gov.uk": None, "wax.gov.uk": None}),
    ("other words", b"Organisation;Domain\nHome Office;hive.gov.uk.\n", {"hive.gov.uk": "Home Office"}),
    ("a spreadsheet", workbook([["Domain Name", "Owner"], ["hive.gov.uk", "Home Office"]]), {"hive.gov.uk": "Home Office"}),
    ("a name twice", b"Domain Name\nhive.gov.uk\nHive.gov.uk\n", {"hive.gov.uk": None}),
]  # fmt: skip


@pytest.mark.parametrize(("case", "body", "rows"), SHAPES, ids=[row[0] for row in SHAPES])
def test_every_shape_that_the_list_has_had(case: str, body: bytes, rows: dict[str, str | None]) -> None:
    batch = reader("govuk-domains").read("list as of 30 March 2023.csv", body, "s", {})
    found = batch.tables["domains"].to_pylist()
    assert {row["domain_name"]: row["owner_name"] for row in found} == rows
    assert {row["listed_on"] for row in found} == {dt.date(2023, 3, 30)}


@pytest.mark.parametrize("cell", ["not a name", "-x.gov.uk", "gov", "a" * 64 + ".gov.uk", "x.gov.uk/path", "a..gov.uk"])
def test_what_is_no_name_goes_to_quarantine_alone(cell: str) -> None:
    batch = reader("govuk-domains").read("l.csv", f"Domain Name\nhive.gov.uk\n{cell}\n".encode(), "s", {})
    assert batch.tables["domains"].num_rows == 1 and [one.name for one in batch.rejected] == ["l.csv row 3"]


def test_a_name_that_the_newest_list_has_no_more_is_left_out(store: Store) -> None:
    first = site(body=b"Domain Name\nhive.gov.uk\nwax.gov.uk\n")
    later = site(body=b"Domain Name\nwax.gov.uk\n")
    june = MARCH.replace("31_March", "30_June")
    later.bodies[june] = later.bodies.pop(MARCH)
    later.bodies[PAGE] = new_layout("List", None, [("List of .gov.uk domain names as of 30 June 2026", ASSETS + june)])
    collect(store, first)
    assert list(newest_list(store, store.manifest())) == ["hive.gov.uk", "wax.gov.uk"]
    collect(store, later)
    assert list(newest_list(store, store.manifest())) == ["wax.gov.uk"]


def test_an_owner_counts_only_by_its_exact_name() -> None:
    names = {
        "a.gov.uk": "HOME OFFICE",
        "b.gov.uk": "Home Office Agency",
        "c.gov.uk": "Ashford Town Council",
        "d.gov.uk": None,
    }
    bodies = [("home-office", "Home Office"), ("ashford", "Ashford Borough Council")]
    assert owned(names, bodies) == {"a.gov.uk": "home-office"}


def test_what_is_seen_below_a_listed_name_belongs_to_its_owner(store: Store, run: Callable, tmp_path: Path) -> None:
    collect(store, site(body=OWNED))
    rows = "host,type,value\nwww.hive.gov.uk,CNAME,d1.cloudfront.net\nwww.wax.gov.uk,CNAME,d2.cloudfront.net\n"
    (tmp_path / "records.csv").write_text(rows)
    assert run("import", "records-csv", tmp_path / "records.csv", "--seen-on", "2026-11-01").code == 0
    edition = Edition.of(build.build(reference.load(), store, store.manifest()))
    found = edition.rows("SELECT subject, organisation_id FROM findings WHERE subject LIKE '%hive.gov.uk' OR subject LIKE '%wax.gov.uk'")  # fmt: skip
    assert {row["subject"]: row["organisation_id"] for row in found} == {"www.hive.gov.uk": "home-office", "www.wax.gov.uk": None}  # fmt: skip
    # The list alone makes no service, no observation and no finding.
    assert edition.rows("SELECT * FROM observations WHERE subject = 'comb.gov.uk'") == []
    (coverage,) = edition.rows("SELECT * FROM coverage WHERE collector = 'govuk-domains'")
    assert (coverage["state"], coverage["rows"], coverage["date_to"]) == ("complete", 3, dt.date(2026, 3, 31))


def test_listed_names_can_be_scanned(store: Store, run: Callable) -> None:
    """Nobody answers at the resolver named here, so each name is asked and times out or is refused."""
    done = run("scan", "--listed", "--resolver", "127.0.0.1:1", "--rate", "0", "--json")
    assert done.code == 2 and "collect govuk-domains first" in done.err
    collect(store, site(body=b"Domain Name\nhive.gov.uk\n"))
    done = run("scan", "--listed", "--resolver", "127.0.0.1:1", "--rate", "0", "--json")
    assert done.code == 0 and {json.loads(line)["host"] for line in done.out.splitlines()} == {"hive.gov.uk"}
    for words in (["scan"], ["scan", "hosts.txt", "--listed"]):
        refused = run(*words)
        assert refused.code == 2 and "and not both" in refused.err


def test_who_opted_out_is_not_asked_even_in_the_name_of_a_stand_in() -> None:
    with serve(site()) as server, pytest.raises(FetchRefused, match="opted out"):
        Fetcher(base_url=server.base, opt_out=["*.gov.uk"]).get("https://www.gov.uk" + PAGE)
    assert server.log == []
