"""Every file of the working data that is of a kind imports with the counts that its notes state; others are refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.folders import from_tar
from pipelines.ingest import blank_contacts
from pipelines.readers import octodns, records_csv

pytestmark = pytest.mark.shared


def taken(run: Callable, kind: str, *paths: Path) -> dict[str, dict[str, Any]]:
    ran = run("import", kind, *paths, "--json")
    assert ran.code == 0, ran.err
    return {Path(f["path"]).name: f for f in ran.json["files"]}


def test_the_home_offices_notices(run: Callable, shared: Path) -> None:
    """2,367 rows, each with its own reference: so each is a contract; 26 of our named contracts are among them."""
    before = run("build", "--json").json["counts"]["contracts"]
    path = shared / "procurement" / "contracts_finder_scrape" / "home_office_awards_2005_2025_part.csv.gz"
    file = taken(run, "contracts-finder-csv", path)[path.name]
    assert (file["read"], file["new"], file["quarantined"]) == (2367, 2367, 0)
    assert run("build", "--json").json["counts"]["contracts"] == before + 2367 - 26
    again = taken(run, "contracts-finder-csv", path)[path.name]
    assert (again["new"], again["known"]) == (0, 2367)
    arguments = ("--provider", "aws", "--buyer", "home-office", "--since", "2016-01-01", "--on", "2026-02-20", "--json")
    rows = {d["id"]: (d["contracts"], round(d["gbp"] / 1e6, 1)) for d in run("claim", *arguments).json["definitions"]}
    assert {key: rows[key] for key in rows if key != "via_reseller"} == {
        "all_rows": (14, 689.8),
        "deduplicated": (12, 684.2),
        "provider_products_only": (10, 681.9),
        "since": (10, 678.7),
        "superseded_removed": (9, 581.9),
        "in_force": (3, 452.6),
    }


def test_spending(run: Callable, shared: Path) -> None:
    """Lines read are those that the notes count; what stands aside is named by file."""
    files = taken(run, "spend-csv", *sorted((shared / "procurement" / "spend").iterdir()))
    assert {name: file["read"] for name, file in files.items()} == {
        "council_500_cloud_rows.jsonl.gz": 25_211,
        "dept_25k_2010_2016_cloud_rows.jsonl.gz": 19_642,
        "hmt_2025-01.json": 79,
        "hmt_2025-02.json": 67,
        "home_office_gpc_2020_clean.csv.gz": 872,
    }
    # Set aside: 13 files whose header was lost on the way, and ten lines without an amount or a supplier.
    assert sum(file["quarantined"] for file in files.values()) == 117
    assert sum(file["new"] for file in files.values()) == 45_507


def test_a_month_of_spending_adds_up_to_the_total_that_its_publisher_states(
    run: Callable, shared: Path, store: Any
) -> None:
    for name in ("hmt_2025-01.json", "hmt_2025-02.json"):
        path = shared / "procurement" / "spend" / name
        stated = json.loads(path.read_text())["metadata"]["financial_summary"]["total_amount_gbp"]
        before = sum(store.read("payments", store.manifest())["amount"].to_pylist())
        taken(run, "spend-csv", path)
        after = sum(store.read("payments", store.manifest())["amount"].to_pylist())
        assert float(after - before) == pytest.approx(stated, abs=0.005)


def test_amazon_payments_of_the_cabinet_office(run: Callable, shared: Path, store: Any) -> None:
    """Measured for the research notes by other means: GBP 2.04m in 2019, 3.69m in 2020, 6.99m in 2021."""
    taken(run, "spend-csv", shared / "procurement" / "spend" / "council_500_cloud_rows.jsonl.gz")
    totals: dict[int, float] = {}
    for row in store.read("payments", store.manifest()).to_pylist():
        of_the_office = (row["buyer_name"] or "").casefold() in ("cabinet office", "crown commercial service", "ccs")
        if of_the_office and row["supplier_name"].casefold().startswith(("amazon web services", "aws services")):
            totals[row["paid_on"].year] = totals.get(row["paid_on"].year, 0.0) + float(row["amount"])
    assert {year: round(total / 1e6, 2) for year, total in totals.items()} == {2019: 2.04, 2020: 3.69, 2021: 6.99}


def test_sales(run: Callable, shared: Path, store: Any) -> None:
    path = shared / "procurement" / "gcloud_sales" / "G-Cloud-Spend-2012-04_2014-06.csv.gz"
    file = taken(run, "gcloud-sales", path)[path.name]
    # The notes say 13,491; the file's own numbering runs to 13,492 without a gap.
    assert (file["read"], file["new"], file["quarantined"]) == (13_492, 13_492, 0)
    months = store.read("sales", store.manifest())["sold_on"].to_pylist()
    assert (min(months).isoformat(), max(months).isoformat()) == ("2012-04-01", "2014-06-01")


def test_other_procurement_files_are_refused_in_a_sentence(run: Callable, shared: Path) -> None:
    folder = shared / "procurement"
    others = [
        folder / "contracts_finder_scrape" / "cf_notices_2020.sqlite.gz",
        folder / "contracts_finder_scrape" / "bluetail_cf_100_with_company_ids.csv.gz",
        *sorted((folder / "contracts_finder_v2").iterdir()),
    ]
    assert len(others) == 13
    for kind in ("contracts-finder-csv", "spend-csv", "gcloud-sales"):
        for path in others:
            ran = run("import", kind, path)
            assert ran.code == 2 and ran.out == "", (kind, path.name, ran.out)
            text = ran.err.strip()
            assert path.name in text and "\n" not in text and len(text.encode()) < 600, text


def test_every_list_of_ranges(run: Callable, shared: Path) -> None:
    """Entries that the notes count: 10,668 and 6,160 of AWS, 782 of Google, 896 of Oracle."""
    paths = [path for path in sorted((shared / "ipranges").iterdir()) if path.suffix != ".md"]
    files = taken(run, "ranges", *paths)
    assert len(files) == 34
    lines = {
        path.name: sum(1 for line in path.read_text().splitlines() if line.strip() and not line.startswith("#"))
        for path in paths
        if path.suffix in (".txt", ".csv")
    }
    expected = lines | {
        "aws-ip-ranges-2026-08-22.json": 10_668 + 6_160,
        "azure-service-tags-2025-11-17.json.gz": 95_823,
        "gcp-cloud-2025-07.json": 782,
        "oracle-public-ip-ranges-2025-07.json": 896,
        "fastly-public-ip-list-2025-07.json": 21,
        "zscaler-2025-07.json": 80,
        "cdncheck-2026-08-16.json": 6_827,
    }
    assert {name: file["read"] for name, file in files.items()} == expected
    aside = {name: file["quarantined"] for name, file in files.items() if file["quarantined"]}
    # Documentation and tunnel blocks in Vultr's list; names of providers that we do not know in cdncheck.
    assert {key: aside[key] for key in aside if key != "cdncheck-2026-08-16.json"} == {
        "vultr-ipv4-2026-08.txt": 3,
        "vultr-ipv6-2026-08.txt": 4,
    }


def test_ranges_speak_for_addresses_that_the_shipped_ones_do_not_know(
    run: Callable, shared: Path, tmp_path: Path
) -> None:
    zones = shared / "dns" / "moj_records_dev.csv"
    assert run("attribute", zones, "--out", tmp_path / "before.csv").code == 0
    taken(run, "ranges", *(path for path in sorted((shared / "ipranges").iterdir()) if path.suffix != ".md"))
    assert run("attribute", zones, "--out", tmp_path / "after.csv").code == 0

    def rows(name: str) -> dict[tuple[str, str, str], dict[str, str]]:
        with (tmp_path / name).open(newline="") as file:
            return {(r["host"], r["role"], r["provider"]): r for r in csv.DictReader(file) if r["role"] == "web"}

    before, after = rows("before.csv"), rows("after.csv")
    assert before.keys() == after.keys()  # no name changes hands: what was possible becomes sure, with its place
    changed = {key for key in before if before[key]["confidence"] != after[key]["confidence"]}
    assert changed and {before[key]["confidence"] for key in changed} == {"possible"}
    row = after["holding.et.dsd.io", "web", "aws"]
    assert (row["confidence"], row["product"], row["region"]) == ("confirmed", "EC2", "eu-central-1")
    assert ("psn.digital.justice.gov.uk", "web", "gcp") not in after  # 8.8.8.8 is Google's, and no hosting


def test_zones_as_octodns_agree_with_the_flat_table(run: Callable, shared: Path) -> None:
    """303 zones; one cell of the table is the notation of its maker for an alias to the zone itself."""
    path = shared / "dns" / "moj_hostedzones_dev.tar.gz"
    file = taken(run, "octodns", path)[path.name]
    assert (file["read"], file["quarantined"]) == (5_137, 1)
    packed = from_tar(path.read_bytes(), octodns.wanted)
    zones = octodns.read("zones", packed, "a", {})
    table = records_csv.read("t.csv", (shared / "dns" / "moj_records_dev.csv").read_bytes(), "b", {})
    assert zones.read == table.read == 5_137
    ours, theirs = (
        {(r["subject"], r["kind"], r["value"]) for r in batch.tables["observations"].to_pylist()}
        for batch in (zones, table)
    )
    assert ours - theirs == {("www.trackmycrime.net", "ALIAS", "trackmycrime.net")}
    assert {(host, kind) for host, kind, _ in theirs - ours} == {("www.trackmycrime.net", "ALIAS")}
    assert b"justice.gov.uk" in blank_contacts(packed)  # what is kept of it is text, not a packed file


def test_every_flat_record_table(run: Callable, shared: Path) -> None:
    names = ("moj_records_dev.csv", "hmcts_records_dev.csv", "gsa18f_records.csv", "municipal_mail_world_2026.csv.gz")
    files = taken(run, "records-csv", *(shared / "dns" / name for name in names))
    assert {name: file["read"] for name, file in files.items()} == dict(
        zip(names, (5_137, 1_383, 488, 113_726), strict=True)
    )
