"""Rows of a text: a table that was cut within its last line is refused, one that only lacks its last line end is not."""

from __future__ import annotations

import csv

import pytest

from pipelines.readers import reader

HEAD = "Entity,Date,Expense Type,Supplier,Transaction Number,Amount\n"
ROW = "Hive Ministry,05/01/2026,Hosting,Honey Cloud Ltd,T{},{}.00\n"
TABLE = HEAD + "".join(ROW.format(number, number) for number in range(1, 5))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (TABLE, 4),
        (TABLE.rstrip("\n"), 4),
        (TABLE + ",,,,,10.00", 4),  # a total
        ("Payments of January\n" + TABLE, 4),
        (TABLE[:-12], None),
        (TABLE[: len(TABLE) * 2 // 3], None),
        (TABLE + "Hive Ministry,0", None),
    ],
)
def test_payments(text: str, rows: int | None) -> None:
    batch = reader("spend-csv").read("january.csv", text.encode(), "s", {})
    assert batch.whole is (rows is not None)
    if rows is None:
        assert "it may be cut" in batch.rejected[-1].reason
    else:
        assert batch.tables["payments"].num_rows == rows


@pytest.mark.parametrize(
    ("end", "whole"), [("wax.gov.uk\n", True), ("wax.gov.uk", True), ("wax.gov", False), ("wa", False)]
)
def test_names(end: str, whole: bool) -> None:
    batch = reader("govuk-domains").read("list.csv", f"Domain Name\nhive.gov.uk\n{end}".encode(), "s", {})
    assert batch.whole is whole


def test_a_day_of_contracts_finder() -> None:
    told = (
        "releases/0/ocid,releases/0/id,releases/0/date,releases/0/tag/0\nocds-b5fd17-1,1,2026-03-01T00:00:00Z,award\n"
    )
    kind = reader("contracts-finder-harvester")
    assert kind.read("day.csv", told.encode(), "s", {}).tables["notices"].num_rows == 1
    for cut in (told + "ocds-b5fd17-2,2", told + 'ocds-b5fd17-2,"2\n\n'):
        batch = kind.read("day.csv", cut.encode(), "s", {})
        assert batch.whole is cut.endswith("\n") and batch.rejected


LONG = "x" * 200_000  # the csv module takes 131,072 characters by itself


def test_a_very_long_cell_costs_no_file() -> None:
    limit = csv.field_size_limit()
    spending = TABLE + ROW.format(5, 5).replace("Hosting", LONG)
    assert reader("spend-csv").read("january.csv", spending.encode(), "s", {}).tables["payments"].num_rows == 5
    day = f"releases/0/ocid,releases/0/id,releases/0/date,releases/0/tender/title\nocds-b5fd17-1,1,2026-03-01T00:00:00Z,{LONG}\n"
    assert reader("contracts-finder-harvester").read("day.csv", day.encode(), "s", {}).tables["notices"].num_rows == 1
    # A record of such a length is none: its row is set aside, and the rows beside it stay.
    zone = f"host,type,value\nwax.gov.uk,TXT,{LONG}\nhive.gov.uk,A,192.0.2.1\n"
    batch = reader("records-csv").read("zone.csv", zone.encode(), "s", {})
    assert batch.whole and batch.tables["observations"]["subject"].to_pylist() == ["hive.gov.uk"]
    assert [rejected.name for rejected in batch.rejected] == ["zone.csv line 2"]
    assert csv.field_size_limit() == limit
