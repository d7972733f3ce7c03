"""Spending files of our own with the drift that real ones have: what each line becomes, and what is set aside."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import random
from decimal import Decimal
from typing import Any

import pytest

from pipelines.batch import Batch
from pipelines.readers import spend_csv
from tests.sheets import workbook

HEAD = "Department family,Entity,Date,Expense Type,Expense Area,Supplier,Transaction number,Amount"
ROW = 'DfX,Agency of X,14/04/2015,ICT Hosting,Digital,Cloud Ltd,T1,"25,000.50"'


def read(data: bytes | str, name: str = "spend.csv", **options: Any) -> Batch:
    return spend_csv.read(name, data.encode() if isinstance(data, str) else data, "src", options)


def rows(batch: Batch) -> list[dict[str, Any]]:
    return batch.tables["payments"].to_pylist()


def only(data: bytes | str, **options: Any) -> dict[str, Any]:
    (row,) = rows(read(data, **options))
    return row


def test_one_line() -> None:
    row = only(f"{HEAD}\n{ROW}\n")
    assert row["payment_id"].startswith("pay-")
    del row["payment_id"]
    assert row == {
        "buyer_name": "Agency of X", "organisation_id": None, "supplier_name": "Cloud Ltd",
        "paid_on": dt.date(2015, 4, 14), "amount": Decimal("25000.50"), "value_basis": "unknown",
        "expense": "ICT Hosting / Digital", "reference": "T1", "provider": None, "reseller": None,
        "flags": [], "source_id": "src",
    }  # fmt: skip


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_separators(mark: str) -> None:
    lines = ("Body Name", "Date", "Supplier", "Amount"), ("B", "01/02/2016", "S Ltd", "12.30")
    row = only("\n".join(mark.join(line) for line in lines))
    assert (row["buyer_name"], row["supplier_name"], row["amount"]) == ("B", "S Ltd", Decimal("12.30"))


@pytest.mark.parametrize(
    ("header", "cells", "amount", "basis"),
    [
        ("Supplier,Date,Net Amount", "S,1/2/2016,10", "10.00", "net"),
        ("Vendor Name,Clearing Date,Gross,VAT,Net", "S,1/2/2016,12,2,10", "10.00", "net"),
        ("Supplier,Date,Invoice Line Value (net of VAT)", "S,1/2/2016,10", "10.00", "net"),
        ("Supplier,Date,Total (excludes VAT)", "S,1/2/2016,10", "10.00", "net"),
        ("Supplier(Beneficiary) Name,Date,Amount,Irrecoverable VAT", "S,1/2/2016,10,2", "10.00", "unknown"),
        ("Supplier,Date, Amount (£) ", "S,1/2/2016,£10", "10.00", "unknown"),
        ("Supplier,Date,SumOfAmount", "S,1/2/2016,10", "10.00", "unknown"),
        ("Supplier,VAT Registration Number,Date,Amount", "S,123456789,1/2/2016,10", "10.00", "unknown"),
        ("Supplier,Date,Inc VAT (where applicable)", "S,1/2/2016,12", "12.00", "gross"),
        ("1 Entity,2 Date,3 Supplier,4 Amount", "E,1/2/2016,S,10", "10.00", "unknown"),
        ("SupplierName,DatePaid,NetAmount", "S,1/2/2016,10", "10.00", "net"),
        ("Suuplier ID (T),Pay date,Amount", "S,1/2/2016,10", "10.00", "unknown"),
        ("Supplicer,Payment date,Invoice Amount (GBP)", "S,1/2/2016,10", "10.00", "unknown"),
        ("Supplier,Supplier Name,Date,Amount", "00417,S,1/2/2016,10", "10.00", "unknown"),
        ("Suppliers Name,Date Paid,Spend (£)", "S,1/2/2016,10", "10.00", "unknown"),
        ("Payee / Supplier,Payment Dt,£", "S,1/2/2016,10", "10.00", "unknown"),
        ("Supplier Description,Pay Dt,Total Spend", "S,1/2/2016,10", "10.00", "unknown"),
        ("Contractor,Paid on,Cost", "S,1/2/2016,10", "10.00", "unknown"),
        ("Supplier,Date,Invoice Distribution Amount", "S,1/2/2016,10", "10.00", "unknown"),
        ("Supplier,Date,Sum of Net Amount,Gross", "S,1/2/2016,10,12", "10.00", "net"),
        ("Supplier,Date,NET £,GROSS £", "S,1/2/2016,10,12", "10.00", "net"),
        ("Supplier,Date,Amount exclusive of VAT", "S,1/2/2016,10", "10.00", "net"),
        ("Supplier,Date,Invoice Amount,Amount Paid", "S,1/2/2016,12,10", "10.00", "unknown"),
        ("Supplier,Date,Expenditure,Gross Amount", "S,1/2/2016,Hosting,12", "12.00", "gross"),
        ("Supplier,Date,Order Value,Amount", "S,1/2/2016,99,10", "10.00", "unknown"),
    ],
)
def test_drifting_headers(header: str, cells: str, amount: str, basis: str) -> None:
    row = only(f"{header}\n{cells}\n")
    assert (row["supplier_name"], row["amount"], row["value_basis"]) == ("S", Decimal(amount), basis)
    assert row["paid_on"] == dt.date(2016, 2, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [("40862", dt.date(2011, 11, 15)), ("13.09.2012", dt.date(2012, 9, 13)), ("2019-06-20", dt.date(2019, 6, 20))],
)
def test_dates_in_every_fashion(text: str, day: dt.date) -> None:
    assert only(f"Supplier,Date,Amount\nS,{text},5\n")["paid_on"] == day


def test_a_period_is_no_day_and_is_flagged() -> None:
    row = only("Supplier,Period,Amount\nS,201304,5\n")
    assert (row["paid_on"], row["flags"]) == (None, ["day-not-published"])


def test_each_file_keeps_its_own_order_of_day_and_month() -> None:
    data = "Supplier,Date,Amount\nS,04/25/2012,5\nT,05/06/2012,5\n"
    assert [row["paid_on"] for row in rows(read(data))] == [dt.date(2012, 4, 25), dt.date(2012, 5, 6)]


def test_preamble_totals_and_blank_lines_are_no_payments() -> None:
    data = (
        "Report: invoices over 25k,,,\n\nPeriod:,01/04/2015,to,30/04/2015\nSupplier,Date,Transaction number,Amount\n"
        "A Ltd,01/04/2015,1,10\n,,,\nB Ltd,02/04/2015,2,(4.00)\nSupplier,Date,Transaction number,Amount\n"
        ",,,6.00\nGrand Total,,,6.00\n"
    )
    batch = read(data)
    assert batch.read == 2 and batch.rejected == []
    assert [(r["supplier_name"], r["amount"]) for r in rows(batch)] == [("A Ltd", Decimal(10)), ("B Ltd", Decimal(-4))]


def test_a_supplier_called_total_is_no_total() -> None:
    data = "Supplier,Amount\nTotal Gas & Power Ltd,5\nTotal Solutions Ltd,6\nTotal,11\nTotal spend for April:,11\n"
    assert [row["supplier_name"] for row in rows(read(data))] == ["Total Gas & Power Ltd", "Total Solutions Ltd"]


def test_an_amount_beside_words_and_no_supplier_is_not_lost() -> None:
    batch = read("Entity,Supplier,Amount\nE,,500.00\nE,A Ltd,5\n,,505.00\nGrand total,,505.00\n")
    assert batch.read == 2 and [(r.reason, r.rows) for r in batch.rejected] == [("they name no supplier", 1)]


def test_a_comma_too_many_before_the_amount_makes_no_other_amount() -> None:
    """ "Smith, Jones" without quotes moves the transaction number under the amount; cells after the end do no harm."""
    data = "Date,Supplier,Ref,Amount\n1/4/2024,Smith, Jones,1001,50.00\n1/4/2024,A Ltd,1002,60,\n1/4/2024,B Ltd,1003,70,note\n"
    batch = read(data)
    assert [(r["supplier_name"], r["amount"]) for r in rows(batch)] == [("A Ltd", Decimal(60)), ("B Ltd", Decimal(70))]
    assert [r.rows for r in batch.rejected] == [1] and "more cells than their header" in batch.rejected[0].reason


def test_a_quote_that_stays_open_swallows_no_other_line_of_a_file() -> None:
    open_quote = 'D,E,1/2/2016,x,y,"Open Ltd,1,7'
    data = "\n".join(
        [
            HEAD,
            ROW,
            open_quote,
            *(f"D,E,{n}/2/2016,x,y,Ltd {n},{n},8" for n in range(1, 9)),
            'D,E,9/2/2016,x,y,"Two\nlines",9,9',
        ]
    )
    batch = read(data)
    assert (batch.read, len(rows(batch)), [r.rows for r in batch.rejected]) == (11, 10, [1])
    assert "Two\nlines" in {row["supplier_name"] for row in rows(batch)}


def test_what_has_no_amount_or_supplier_is_set_aside_in_one_piece() -> None:
    data = f"{HEAD}\n{ROW}\nD,E,1/2/2016,x,y,A Ltd,1,N/A\nD,E,1/2/2016,x,y,B Ltd,2,€5\nD,E,1/2/2016,x,y,,3,7\n"
    batch = read(data)
    assert batch.read == 4 and len(rows(batch)) == 1
    assert [(r.name, r.reason, r.rows) for r in batch.rejected] == [
        ("2 lines of src", "they have no amount in pounds", 2),
        ("1 lines of src", "they name no supplier", 1),
    ]
    assert b"A Ltd" in batch.rejected[0].body


def test_equal_lines_of_one_file_are_both_kept_and_a_month_published_twice_counts_once() -> None:
    twice, once = rows(read(f"{HEAD}\n{ROW}\n{ROW}\n")), rows(read(f"{HEAD}\n{ROW}\n"))
    assert len({r["payment_id"] for r in twice}) == 2
    assert once[0]["payment_id"] in {r["payment_id"] for r in twice}


def test_equal_lines_without_a_day_are_of_different_files() -> None:
    group = {"org": "x", "header": "Supplier,Amount", "rows": ["S,5"], "rows_in_file": 9}
    data = "\n".join(json.dumps({**group, "source_path": path}) for path in ("jan.csv", "feb.csv"))
    assert len(rows(read(data, "groups.jsonl"))) == 2


def test_the_order_of_lines_does_not_show() -> None:
    lines = [f"D,E,{n % 28 + 1}/2/2016,x,y,S{n % 3} Ltd,{n % 5},{n}" for n in range(40)]
    shuffled = random.Random(1).sample(lines, len(lines))
    first, second = (rows(read("\n".join([HEAD, *part]))) for part in (lines, shuffled))
    assert {r["payment_id"] for r in first} == {r["payment_id"] for r in second}


@pytest.mark.parametrize(
    ("entity", "family", "buyer"),
    [
        ("Rural Agency", "DEFRA", "Rural Agency"),
        ("Core Dept", "DEFRA", "DEFRA"),
        ("Corporate", "Department for Work", "Department for Work"),
        ("", "FCO", "FCO"),
        ("http://statistics.example/00CY", "", "bis"),
        ("", "", "bis"),
    ],
)
def test_who_paid(entity: str, family: str, buyer: str) -> None:
    data = f"Department family,Entity,Supplier,Amount\n{family},{entity},S,5\n"
    assert only(data, organisation="bis")["buyer_name"] == buyer


def test_json_lines_of_many_files() -> None:
    groups = [
        {"org": "bis", "source_path": "a.csv", "rows_in_file": 90, "header": HEAD, "rows": [ROW, ROW.replace("T1", "T2")]},
        {"org": "cefas", "source_path": "b.csv", "rows_in_file": 9, "header": "Entity;Date;Supplier;Amount", "rows": ["Cefas;27/10/2010;Bytes;25167.08"]},
        {"org": "dh", "source_path": "c.csv", "rows_in_file": 9, "header": "Invoices by Value,,", "rows": ["DH,x,1", "DH,y,2"]},
    ]  # fmt: skip
    batch = read(gzip.compress("\n".join(map(json.dumps, groups)).encode()), "groups.jsonl.gz")
    assert batch.read == 5
    assert sorted((r["buyer_name"], r["reference"]) for r in rows(batch)) == [
        ("Agency of X", "T1"),
        ("Agency of X", "T2"),
        ("Cefas", None),
    ]
    assert [(r.name, r.rows) for r in batch.rejected] == [("2 lines of c.csv", 2)]


def test_a_cell_with_an_open_quote_swallows_no_other_line() -> None:
    group = {"org": "x", "header": "Supplier,Date,Amount", "rows": ['"S Ltd,1/2/2016,5', "T Ltd,1/2/2016,6"]}
    assert [r["supplier_name"] for r in rows(read(json.dumps(group), "g.jsonl"))] == ["T Ltd"]


def test_a_json_document_of_rows() -> None:
    document = {
        "metadata": {"publisher": "HM Body"},
        "data": [{"department_family": "HM Body", "entity": "DMO", "date": "2025-01-09", "expense_type": "Data",
                  "supplier": "S Ltd", "transaction_number": "None", "amount_gbp": 74039.61, "description": None}],
    }  # fmt: skip
    row = only(json.dumps(document))
    assert (row["buyer_name"], row["amount"], row["reference"]) == ("DMO", Decimal("74039.61"), None)


def test_a_spreadsheet_is_read_from_the_sheet_with_the_payments() -> None:
    notes: list[list[str | float]] = [["Notes"], ["Refunds are negative"]]
    spend: list[list[str | float]] = [
        ["Over 25k"], ["Entity", "Date", "Supplier", "Amount"], ["E", 42108.0, "S Ltd", 25000.5], ["E", 42109, "T Ltd", -3],
    ]  # fmt: skip
    found = rows(read(workbook(notes, spend), "spend.xlsx"))
    assert [(r["supplier_name"], r["paid_on"], r["amount"]) for r in found] == [
        ("S Ltd", dt.date(2015, 4, 14), Decimal("25000.50")),
        ("T Ltd", dt.date(2015, 4, 15), Decimal("-3.00")),
    ]


def sheet(*months: int) -> list[list[str | float]]:
    body: list[list[str | float]] = [[f"E{n}", 45292.0 + 31 * n, f"S{n} Ltd", 10 + n] for n in months]
    return [["Spend"], ["Entity", "Date", "Supplier", "Amount"], *body, ["", "", "Total", 99]]


def test_every_sheet_of_payments_is_read() -> None:
    found = rows(read(workbook([["Notes"]], sheet(0, 1), sheet(2), sheet(3)), "spend.xlsx"))
    assert [row["supplier_name"] for row in found] == ["S0 Ltd", "S1 Ltd", "S2 Ltd", "S3 Ltd"]


def test_a_sheet_for_the_year_beside_its_months_counts_once() -> None:
    batch = read(workbook(sheet(0, 1, 2), sheet(0), sheet(1), sheet(2)), "spend.xlsx")
    assert (batch.read, len(rows(batch)), batch.repeated) == (6, 3, 3)


def test_a_summary_sheet_is_set_aside() -> None:
    pivot: list[list[str | float]] = [["Supplier", "Sum of Amount"], ["S0 Ltd", 10], ["S1 Ltd", 11]]
    batch = read(workbook(sheet(0, 1), pivot), "spend.xlsx")
    assert len(rows(batch)) == 2
    assert [(r.rows, r.reason) for r in batch.rejected] == [
        (2, "their sheet has no day beside sheets that have: a summary of them")
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (b"<html><table><tr><td>Supplier</td></tr></table></html>", "it begins with '<html>"),
        (b"Supplier,Date,Debit,Credit\nS,1/4/2024,5,\n", "it begins with 'Supplier,Date,Debit,Credit'"),
        (b"Entity,Date,Amount\nE,1/4/2024,5\n", "names a supplier and an amount"),
        (
            b"Supplier,Contract start date,Contract end date,Value\nS,1/4/2024,1/4/2026,5\n",
            "it is a register of contracts",
        ),
        (b"Supplier,Start date,Annual Value\nS,1/4/2024,5\n", "names a supplier and an amount"),
        (b"colour,size\nred,2\n", "none of its first 2 lines names a supplier and an amount"),
        (b"PK\x03\x04 cut", "it looks like a spreadsheet and is cut or damaged"),
        (workbook([["Notes"]]), "no sheet has a line that names a supplier and an amount"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "it cannot be read as a spreadsheet"),
        (b'{"noticeList": []}', "it is JSON, but no list of payments"),
        (b'{"a": 1}\n{"b": 2}\n', "line 1 is not a JSON object with header and rows"),
        (b'[{"colour": "red"}]', "its rows name no supplier and amount"),
        (b"[1, 2]", "it is JSON, but no list of payments"),
        (b"SQLite format 3\x00" + b"\x00" * 80, "it is an SQLite database"),
        (b'Supplier,Amount\n"S,5\n' + b"x" * 200_000, "is not valid CSV"),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, says: str) -> None:
    batch = read(data)
    assert not batch.whole and says in batch.rejected[-1].reason


def test_a_spreadsheet_without_its_engine_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    def absent(*_: object, **__: object) -> None:
        raise ImportError("Missing optional dependency 'python-calamine'")

    monkeypatch.setattr(pd, "read_excel", absent)
    assert "needs python-calamine" in read(workbook([["x"]]), "s.xlsx").rejected[0].reason


def test_a_spreadsheet_that_would_unpack_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.readers import _rows

    monkeypatch.setattr(_rows, "MAX_UNPACKED", 100)
    assert "split it" in read(workbook([["x"]]), "s.xlsx").rejected[0].reason


def test_old_encodings() -> None:
    data = "Supplier,Date,Amount\nCafé é,1/2/2016,£5\n"
    for encoding in ("cp1252", "utf-8-sig", "utf-16"):
        assert only(data.encode(encoding))["supplier_name"] == "Café é"
