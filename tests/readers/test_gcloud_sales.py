"""G-Cloud sales in both column sets that were published."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from pipelines.batch import Batch
from pipelines.readers import gcloud_sales
from tests.sheets import workbook

NEW = "Framework,LotDescription,SupplierName,CustomerName,ReturnMonth,ProjectNameAndDescription,EvidencedSpend,Sector,SMEorLarge"
OLD = "Framework,Lot,Supplier,Customer,For Month,Product / Service Description,Total Charge (Ex VAT)"


def read(data: str) -> Batch:
    return gcloud_sales.read("sales.csv", data.encode(), "src", {})


def rows(batch: Batch) -> list[dict[str, Any]]:
    return batch.tables["sales"].to_pylist()


def test_one_line_with_carriage_returns_only() -> None:
    batch = read(f"ID,{NEW}\r7,G-Cloud,3,A CLOUD LTD,HM Body,2012-04-01,20 licences,-1899.5,Central Government,SME\r")
    (row,) = rows(batch)
    assert batch.read == 1
    del row["sale_id"]
    assert row == {
        "framework": "G-Cloud", "lot": "3", "supplier_name": "A CLOUD LTD", "buyer_name": "HM Body",
        "organisation_id": None, "sold_on": dt.date(2012, 4, 1), "amount": Decimal("-1899.50"),
        "description": "20 licences", "provider": None, "reseller": None, "flags": [], "source_id": "src",
    }  # fmt: skip


def test_every_column_set_gives_the_same_line() -> None:
    """The ID numbers the lines of one download; the lot's name and the month's form drift."""
    bodies = [
        f"ID,{NEW}\n9,G-Cloud II,IaaS,A Cloud Ltd,HM Body,2012-04-01,Hosting,2130,Central,SME\n",
        f"{NEW}\n,1,A CLOUD LTD,HM Body,01/04/2012,Hosting,2130.00,Central,SME\n",
        f'{OLD}\nG-Cloud,1,A Cloud Ltd,HM Body,Apr-12,Hosting,"£2,130.00"\n',
    ]
    found = [rows(read(body))[0] for body in bodies]
    assert len({row["sale_id"] for row in found}) == 1
    assert {row["amount"] for row in found} == {Decimal("2130.00")}


def test_a_table_below_a_title_with_any_separator_or_in_sheets() -> None:
    line = ["G", "1", "S Ltd", "C", "2012-04-01", "d", "5", "x", "y"]
    texts = [mark.join(NEW.split(",")) + "\n" + mark.join(line) + "\n" for mark in (",", ";", "\t", "|")]
    bodies = [f"G-Cloud sales, April 2012\n\n{text}".encode() for text in texts]
    bodies.append(
        workbook([["About"]], [["G-Cloud sales"], NEW.split(","), line], [NEW.split(","), [*line[:6], 7.0, "x", "y"]])
    )
    found = [[row["amount"] for row in rows(gcloud_sales.read("s", body, "src", {}))] for body in bodies]
    assert found == [*[[Decimal(5)]] * 4, [Decimal(5), Decimal(7)]]


def test_equal_lines_are_both_kept() -> None:
    line = "G,1,S,C,2012-04-01,d,5,x,y\n"
    assert len({row["sale_id"] for row in rows(read(f"{NEW}\n{line}{line}"))}) == 2


def test_a_line_without_amount_month_or_supplier_is_set_aside() -> None:
    batch = read(
        f"{NEW}\nG,1,S,C,2012-04-01,d,tbc,x,y\nG,1,S,C,soon,d,5,x,y\nG,1,,C,2012-04-01,d,5,x,y\nG,1,S\n,,,,,,,,\n"
    )
    assert batch.read == 4 and rows(batch) == []
    assert [rejected.name for rejected in batch.rejected] == [f"sales.csv row {n}" for n in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("data", "says"),
    [("", "it is empty"), ("a,b\n1,2\n", "it lacks the column SupplierName and CustomerName and ReturnMonth")],
)
def test_another_kind_is_refused(data: str, says: str) -> None:
    batch = read(data)
    assert not batch.whole and says in batch.rejected[0].reason
