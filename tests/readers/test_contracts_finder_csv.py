"""Contracts Finder's CSV in its two column sets: what a row becomes, and that the same notice meets itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.batch import Batch
from pipelines.contracts.portals import reference_key
from pipelines.readers import contracts_finder_csv
from tests.sheets import workbook

PAGES = [
    "Title",
    "Buyer",
    "Industry",
    "Location of contract",
    "Value of contract",
    "Procurement reference",
    "Published date",
    "Closing date",
    "Closing time",
    "Contract start date",
    "Contract end date",
    "Contract type",
    "Procedure type",
    "Contract is suitable for SMEs?",
    "Contract is suitable for VCSEs?",
    "Description",
    "Awarded date",
    "Supplier",
    "Reference",
    "Supplier is SME?",
    "Supplier is VCSE?",
]
BASE = {
    "Title": "Public cloud hosting", "Buyer": "Home Office",
    "Industry": "Software package and information systems - 48000000, IT services - 72000000",
    "Value of contract": "350000", "Procurement reference": "C-1 / 2", "Published date": "5 December 2024",
    "Contract start date": "1 December 2023", "Contract end date": "30 November 2026",
    "Procedure type": "Call-off from a framework agreement", "Description": "Hosting.\nSee clauses.",
    "Awarded date": "30 November 2023", "Supplier": "A Cloud SARL, UK Branch",
    "Reference": "Companies House number: FC034225", "Supplier is SME?": "£350,000",
}  # fmt: skip
DOWNLOAD = [
    "Notice Identifier",
    "Notice Type",
    "Organisation Name",
    "Status",
    "Published Date",
    "Title",
    "Description",
    "Nationwide",
    "Postcode",
    "Region",
    "Cpv Codes",
    "Contact Name",
    "Contact Email",
    "Value Low",
    "Value High",
    "Awarded Date",
    "Awarded Value",
    "Supplier [Name|Address|Ref type|Ref Number|Is SME|Is VCSE]",
    "Contract start date",
    "Contract end date",
    "OJEU Procedure Type",
]


def body(*rows: dict[str, str], columns: list[str] = PAGES) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def read(data: bytes) -> Batch:
    return contracts_finder_csv.read("notices.csv", data, "src", {})


def rows(batch: Batch, table: str) -> list[dict[str, Any]]:
    return batch.tables[table].to_pylist()


def test_a_row_of_the_pages_columns() -> None:
    batch = read(body(BASE))
    (notice,), (award,) = rows(batch, "notices"), rows(batch, "awards")
    assert batch.read == 1 and batch.rejected == []
    assert notice["notice_id"] == award["notice_id"] == "contracts-finder:home-office:C-1 / 2"
    assert (notice["portal"], notice["ocid"], notice["reference"]) == ("contracts-finder", None, "C-1 / 2")
    assert notice["published_on"] == dt.date(2024, 12, 5)
    assert (notice["method_details"], notice["cpv"]) == ("Call-off from a framework agreement", "48000000")
    assert notice["tags"] == ["award"] and notice["flags"] == []
    assert (award["award_id"], award["value"], award["currency"]) == ("1", Decimal("350000.00"), "GBP")
    assert (award["awarded_on"], award["start_on"], award["end_on"]) == (
        dt.date(2023, 11, 30),
        dt.date(2023, 12, 1),
        dt.date(2026, 11, 30),
    )
    assert (award["suppliers"], award["supplier_numbers"]) == (["A Cloud SARL, UK Branch"], ["FC034225"])


def test_a_row_of_the_search_download() -> None:
    row = {
        "Notice Identifier": "tender_1/2", "Notice Type": "Contract", "Organisation Name": "A BODY", "Status": "Awarded",
        "Published Date": "2023-10-10T14:38:59+01:00", "Title": "Hosting", "Description": "Ask jo@body.example",
        "Cpv Codes": "72000000 48000000", "Contact Email": "jo@body.example", "Value Low": "1", "Value High": "90,000",
        "Awarded Date": "01/09/2023", "Awarded Value": "80000.5", "Contract start date": "02/09/2023",
        "Supplier [Name|Address|Ref type|Ref Number|Is SME|Is VCSE]":
            "[Alpha Ltd|1 High St|COMPANIES_HOUSE|1234567|Yes|No][Beta [UK] LLP|2 Low St|NONE||No|No]",
        "Contract end date": "", "OJEU Procedure Type": "Open procedure",
    }  # fmt: skip
    batch = read(body(row, columns=DOWNLOAD))
    (notice,), (award,) = rows(batch, "notices"), rows(batch, "awards")
    assert notice["notice_id"] == "contracts-finder:a-body:tender_1/2"
    assert (notice["notice_type"], notice["tender_status"], notice["tender_value"]) == (
        "Contract",
        "Awarded",
        Decimal(90000),
    )
    assert notice["description"] == "Ask body.example"
    assert list(zip(award["suppliers"], award["supplier_numbers"], strict=True)) == [
        ("Alpha Ltd", "01234567"),
        ("Beta [UK] LLP", "-"),
    ]
    assert (award["value"], award["start_on"], award["end_on"]) == (Decimal("80000.50"), dt.date(2023, 9, 2), None)
    withdrawn = rows(read(body({**row, "Status": "Withdrawn"}, columns=DOWNLOAD)), "notices")[0]
    assert withdrawn["tags"] == ["awardCancellation"]


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("Companies House number: 02485577", "02485577"),
        ("Companies House number: 2485577", "02485577"),
        ("Companies House number: OC303675", "OC303675"),
        ("Companies House number: SC 12345", "SC012345"),
        ("Companies House number: 0", "-"),
        ("Companies House number: TBC", "-"),
        ("Companies House number: 123456789", "-"),
        ("Charity Commission reference: 219830", "-"),
        ("No reference - other", "-"),
        ("None", "-"),
        ("", "-"),
    ],
)
def test_company_numbers(reference: str, number: str) -> None:
    assert rows(read(body({**BASE, "Reference": reference})), "awards")[0]["supplier_numbers"] == [number]


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({"Value of contract": "-5"}, ["value-negative"]),
        ({"Value of contract": "see text"}, ["value-unreadable"]),
        ({"Contract end date": "1 May 2108"}, ["end-beyond-2045"]),
        ({"Contract start date": "29 November 2023"}, ["start-before-award"]),
        ({"Awarded date": "32 May 2023"}, ["date-unreadable"]),
        ({"Value of contract": ""}, []),
    ],
)
def test_doubts_are_flags_and_nothing_is_clamped(changes: dict[str, str], flags: list[str]) -> None:
    assert rows(read(body({**BASE, **changes})), "awards")[0]["flags"] == flags


@pytest.mark.parametrize("buyer", ["HOME OFFICE", "The Home Office", " Home  Office "])
def test_spellings_of_a_buyer_lead_to_one_notice(buyer: str) -> None:
    assert (
        rows(read(body({**BASE, "Buyer": buyer})), "notices")[0]["notice_id"] == "contracts-finder:home-office:C-1 / 2"
    )
    assert reference_key(buyer, " C-1  / 2") == "home-office:C-1 / 2"


def test_rows_that_differ_only_in_the_supplier_are_one_award() -> None:
    batch = read(body(BASE, {**BASE, "Supplier": "Another Ltd", "Reference": "None"}))
    (award,) = rows(batch, "awards")
    assert award["suppliers"] == ["A Cloud SARL, UK Branch", "Another Ltd"]
    assert award["value"] == Decimal(350000)  # shared, not added


def test_a_reference_used_for_two_awards_keeps_both_and_says_so() -> None:
    other = {**BASE, "Title": "Something else", "Value of contract": "9", "Supplier": "Other Ltd"}
    batch = read(body(BASE, other))
    assert len(rows(batch, "notices")) == 1 and batch.read == 2
    found = {a["title"]: (a["value"], a["flags"]) for a in rows(batch, "awards")}
    assert found == {
        "Public cloud hosting": (Decimal(350000), []),
        "Something else": (Decimal(9), ["reference-used-twice"]),
    }
    assert len({a["award_id"] for a in rows(batch, "awards")}) == 2


def test_the_order_of_rows_does_not_show() -> None:
    many = [{**BASE, "Procurement reference": f"R{n % 7}", "Value of contract": str(n)} for n in range(20)]
    shuffled = random.Random(4).sample(many, len(many))
    first, second = read(body(*many)), read(body(*shuffled))
    keys = {"notices": "notice_id", "awards": "award_id"}
    for table, key in keys.items():
        order = [("notice_id", "ascending"), (key, "ascending")]
        assert first.tables[table].sort_by(order).equals(second.tables[table].sort_by(order))


def test_a_notice_without_award_is_a_tender() -> None:
    batch = read(body({**BASE, "Awarded date": "", "Supplier": "", "Value of contract": ""}))
    assert rows(batch, "awards") == [] and rows(batch, "notices")[0]["tags"] == ["tender"]


@pytest.mark.parametrize(
    "spelled",
    [str.upper, str.lower, lambda c: f"  {c} ", lambda c: c.replace(" ", "_"), lambda c: c.title().replace(" ", "")],
)
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_columns_spelled_otherwise_below_a_title_make_the_same_notice(spelled: Callable[[str], str], mark: str) -> None:
    header, *lines = csv.reader(io.StringIO(body(BASE).decode(), newline=""))
    out = io.StringIO()
    out.write("Notices of the Home Office\n\n")
    writer = csv.writer(out, delimiter=mark, lineterminator="\r\n")
    writer.writerows([[spelled(cell) for cell in header], *([*line, ""] for line in lines)])
    found, expected = (read(data) for data in (out.getvalue().encode("utf-8-sig"), body(BASE)))
    assert found.rejected == [] and rows(found, "awards") == rows(expected, "awards")


def test_a_workbook_of_notices_is_read_sheet_by_sheet() -> None:
    lines = [
        list(csv.reader(io.StringIO(body(BASE | change).decode(), newline="")))
        for change in ({}, {"Procurement reference": "C-9"})
    ]
    batch = read(workbook([["About this file"]], *lines))
    assert batch.rejected == [] and sorted(row["reference"] for row in rows(batch, "notices")) == ["C-1 / 2", "C-9"]


@pytest.mark.parametrize("reference", ["", "TBC", "N/A", "None", "-", "Not applicable"])
def test_a_reference_that_names_nothing_joins_no_notices(reference: str) -> None:
    """Rows that differ are notices of their own, and the same row in another file is the same notice."""
    changes = [{}, {"Title": "Other hosting"}, {"Value of contract": "7"}, {"Awarded date": "1 May 2027"}]
    batch = read(body(*(BASE | change | {"Procurement reference": reference} for change in changes)))
    found = rows(batch, "notices")
    assert len({row["notice_id"] for row in found}) == 4 and {row["reference"] for row in found} == {None}
    again = read(body(BASE | {"Procurement reference": reference}))
    assert rows(again, "notices")[0]["notice_id"] in {row["notice_id"] for row in found}


def test_a_short_row_is_set_aside_alone() -> None:
    batch = read(body(BASE) + b"only,three,cells\n")
    assert len(rows(batch, "notices")) == 1
    assert [(r.name, r.reason) for r in batch.rejected] == [("notices.csv row 3", "it has 3 cells, not 21")]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"ocds_json,ocid,source_id\n{},ocds-b5fd17-1,1\n", "import its JSON as kind ocds"),
        (b"ocid,releases/0/tender/title\nx,y\n", "import its JSON as kind ocds"),
        (b'{"noticeList": []}', "it is JSON"),
        (b"SQLite format 3\x00" + b"\x00" * 80, "it is an SQLite database"),
        (b"Title,Buyer\nA,B\n", "it lacks the column Procurement reference"),
        (b"", "it is empty"),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, says: str) -> None:
    batch = read(data)
    assert not batch.whole and says in batch.rejected[-1].reason


def test_a_notice_of_our_own_table_meets_its_row(run: Callable, tmp_path: Path) -> None:
    """The named contract and the imported row become one contract with the import's dates and our provider."""
    row = {
        **BASE, "Title": "Public Cloud Hosting Services - Supplier 1", "Buyer": "HOME OFFICE", "Value of contract": "450281369",
        "Procurement reference": "CF-0351900D58000000L5A4EAK", "Published date": "30 November 2023",
        "Supplier": "AMAZON WEB SERVICES", "Reference": "None",
    }  # fmt: skip
    before = run("build", "--json").json["counts"]["contracts"]
    path = tmp_path / "home-office.csv"
    path.write_bytes(body(row))
    taken = run("import", "contracts-finder-csv", path, "--json").json["files"][0]
    assert (taken["read"], taken["new"]) == (1, 1)
    assert run("build", "--json").json["counts"]["contracts"] == before
    again = run("import", "contracts-finder-csv", path, "--json").json["files"][0]
    assert (again["read"], again["new"], again["known"]) == (1, 0, 1)
    out = tmp_path / "out"
    assert run("export", "contracts", "--out", out).code == 0
    with (out / "contracts.csv").open(newline="") as file:
        kept = [r for r in csv.DictReader(file) if r["reference"] == "CF-0351900D58000000L5A4EAK"]
    assert [(r["title"], r["value_gbp"], r["published_on"]) for r in kept] == [
        ("Public Cloud Hosting Services - Supplier 1", "450281369.00", "2023-11-30")
    ]
