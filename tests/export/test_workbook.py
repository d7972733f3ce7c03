"""The workbook, read back by another library: what the CSV says, nothing that runs, nothing cut without a word."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from pipelines import forms, schema, workbook
from pipelines.columns import Words
from pipelines.edition import Edition
from pipelines.schema import Column


def sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(path, read_only=True)
    return {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}


def as_csv(value: Any) -> str:
    """A cell of the workbook as the CSV writes it."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return forms.cell(value)


def test_every_sheet_says_what_its_csv_says(edition: Edition, files: Callable[..., Path]) -> None:
    folder = files(edition, "csv", "xlsx")
    read = sheets(folder / "cloudhold.xlsx")
    assert list(read) == ["README", *schema.EDITION_TABLES, "dictionary", "codelists"]
    for name in (*schema.EDITION_TABLES, "dictionary"):
        with (folder / f"{name}.csv").open(newline="") as file:
            head, *rows = csv.reader(file)
        width = len(head)
        shown = [row + (None,) * (width - len(row)) for row in read[name]]
        assert list(shown[0]) == head and len(shown) == len(rows) + 1
        numbers = {
            place for place, column in enumerate(head)
            if name != "dictionary" and schema.table(name).column(column).python in (int, float, Decimal)
        }  # fmt: skip
        days = {
            place for place, column in enumerate(head)
            if name != "dictionary" and schema.table(name).column(column).python is dt.date
        }  # fmt: skip
        for row, cells in zip(rows, shown[1:], strict=True):
            for place, (text, value) in enumerate(zip(row, cells, strict=True)):
                if place in numbers:
                    assert value is None if not text else float(text) == value
                elif place in days:
                    assert (value.date().isoformat() if value else "") == text
                else:
                    # openpyxl gives one line end where the text has two signs
                    assert as_csv(value).replace("\r\n", "\n") == forms.inert(text).replace("\r\n", "\n")


def test_the_first_sheet_says_what_the_file_is(default_edition: Edition, files: Callable[..., Path]) -> None:
    rows = sheets(files(default_edition, "xlsx") / "cloudhold.xlsx")["README"]
    facts = {row[0]: row[1] for row in rows if row[0]}
    assert facts["edition"] == default_edition.id and facts["content hash"] == default_edition.content_hash
    assert facts["as of"] == default_edition.as_of.isoformat()
    assert facts["licence"] == "Open Government Licence v3.0" and "public sector information" in facts["credit"]
    contents = {row[0]: row[1:3] for row in rows}
    for name in schema.EDITION_TABLES:
        assert contents[name] == (default_edition.counts[name],) * 2


def test_nothing_in_it_is_a_formula_or_a_link(awkward_edition: Edition, files: Callable[..., Path]) -> None:
    path = files(awkward_edition, "xlsx") / "cloudhold.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = archive.namelist()
        bodies = [archive.read(name) for name in parts if name.startswith("xl/worksheets/")]
    assert len(bodies) == len(schema.EDITION_TABLES) + 3
    assert not any(mark in body for body in bodies for mark in (b"<f>", b"<f ", b"<hyperlink", b"@"))
    assert not any("external" in name.lower() or name.endswith(".bin") for name in parts)
    head, *notices = sheets(path)["notices"]
    titles = {row[head.index("title")] for row in notices}
    assert '\'=HYPERLINK("http://example.test","open")' in titles and "'-2+3 servers" in titles


def test_the_same_rows_give_the_same_bytes(default_edition: Edition, files: Callable[..., Path]) -> None:
    first = (files(default_edition, "xlsx") / "cloudhold.xlsx").read_bytes()
    assert (files(default_edition, "xlsx") / "cloudhold.xlsx").read_bytes() == first


def test_what_does_not_fit_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 5)
    columns = (Column("text", str, False, Words("test")), Column("day", dt.date, False, Words("test")))
    spec = schema.Table("things", dict, ("text",), False, "One thing.", columns)
    rows = pa.table(
        [["x" * 40_000, "=1", *"abcdef"], [dt.date(1066, 10, 14), dt.date(2026, 2, 1), *[None] * 6]],
        schema=pa.schema([("text", pa.string()), ("day", pa.date32())]),
    )
    book = workbook.Workbook(tmp_path / "book.xlsx")
    sheet = book.sheet(spec)
    for batch in rows.to_batches(max_chunksize=3):
        sheet.add(batch)
    facts = book.close("A title", {"as of": "2026-01-01", "licence": "none"}, ["A sentence."])
    assert facts["rows"] == 5 and facts["bytes"] == (tmp_path / "book.xlsx").stat().st_size
    read = sheets(tmp_path / "book.xlsx")
    assert [row[0] for row in read["things"]] == ["text", "x" * 32_766 + "…", "'=1", "a", "b", "c"]
    # A day before spreadsheets begin to count is text, and is whole.
    assert [row[1] for row in read["things"][1:3]] == ["1066-10-14", dt.datetime(2026, 2, 1)]
    words = " ".join(str(row[0]) for row in read["README"])
    assert "Sheet things shows the first 5 of 8 rows, all that fit; things.csv holds every row." in words
    assert "ends 1 long texts with …" in words
    assert read["README"][-1] == ("things", 8, 5, "One thing.")
