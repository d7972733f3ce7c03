"""One workbook for people who read tables in a spreadsheet: a first sheet that says what it is, one sheet per table.

Plain, as the Analysis Function asks of published workbooks: one table on a sheet from its first cell, no merged
cells, no hidden rows, no colours that carry meaning. Nothing in it is a formula, and text that might become one when
somebody saves a sheet as CSV is made inert (`forms.inert`).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from pipelines import schema
from pipelines.durable import sha256_file
from pipelines.forms import Facts, cell, inert

# What a sheet and a cell hold: 1,048,576 rows, the first of which is the header; 32,767 characters.
MOST_ROWS = 1_048_575
MOST_CHARACTERS = 32_767
# A spreadsheet counts days from 1900 and shows no earlier one.
_FIRST_YEAR = 1900
_DATE, _TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


class Sheet:
    """One table on its way onto a sheet. Rows beyond the last that fits are counted, and the first sheet says so."""

    def __init__(self, book: Workbook, spec: schema.Table) -> None:
        self._book, self.spec = book, spec
        self.rows = self.shown = self.cut = 0
        self._sheet = book.file.add_worksheet(spec.name)
        for place, column in enumerate(spec.columns):
            self._sheet.set_column(place, place, min(40, max(12, len(column.name) + 2)))
            self._sheet.write_string(0, place, column.name, book.head)

    def add(self, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        fitting = batch.slice(0, MOST_ROWS - self.shown)
        for row in zip(*(column.to_pylist() for column in fitting.columns), strict=True):
            self.shown += 1
            for place, value in enumerate(row):
                if value not in (None, "", []):
                    self._put(place, value)

    def _put(self, place: int, value: Any) -> None:
        line, sheet = self.shown, self._sheet
        if isinstance(value, bool):
            sheet.write_boolean(line, place, value)
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(line, place, value)
        elif isinstance(value, dt.datetime) and value.year >= _FIRST_YEAR:
            sheet.write_datetime(line, place, value.astimezone(dt.UTC).replace(tzinfo=None), self._book.time)
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime) and value.year >= _FIRST_YEAR:
            sheet.write_datetime(line, place, value, self._book.date)
        else:
            text = inert(cell(value))
            if len(text) > MOST_CHARACTERS:
                text = text[: MOST_CHARACTERS - 1] + "…"
                self.cut += 1
            sheet.write_string(line, place, text)


class Workbook:
    """The file. XlsxWriter keeps one row in memory and gives the same bytes for the same rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.file = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self.file.use_zip64()
        self.head = self.file.add_format({"bold": True})
        self.date = self.file.add_format({"num_format": _DATE})
        self.time = self.file.add_format({"num_format": _TIME})
        self._first = self.file.add_worksheet("README")
        self._sheets: list[Sheet] = []

    def sheet(self, spec: schema.Table) -> Sheet:
        """The next sheet, with its header."""
        self._sheets.append(Sheet(self, spec))
        return self._sheets[-1]

    def close(self, title: str, facts: Mapping[str, str], words: Sequence[str]) -> Facts:
        """Write the first sheet (a title, facts by name, sentences, the contents) and the file."""
        lines: list[tuple[Any, ...]] = [(title,), *facts.items(), *((sentence,) for sentence in words)]
        for sheet in self._sheets:
            if sheet.shown < sheet.rows:
                lines.append(
                    (
                        f"Sheet {sheet.spec.name} shows the first {sheet.shown:,} of {sheet.rows:,} rows, all that fit; "
                        f"{sheet.spec.name}.csv holds every row.",
                    )
                )
            if sheet.cut:
                lines.append(
                    (
                        f"Sheet {sheet.spec.name} ends {sheet.cut:,} long texts with …, since a cell holds "
                        f"{MOST_CHARACTERS:,} characters; {sheet.spec.name}.csv holds them whole.",
                    )
                )
        lines += [(), ("sheet", "rows in the table", "rows on the sheet", "what a row is")]
        contents = len(lines)
        lines += [(s.spec.name, s.rows, s.shown, s.spec.meaning.replace("`", "")) for s in self._sheets]
        self._first.set_column(0, 0, 22)
        self._first.set_column(1, 2, 18)
        for line, values in enumerate(lines):
            for place, value in enumerate(values):
                if isinstance(value, int):
                    self._first.write_number(line, place, value)
                else:
                    head = line in (0, contents - 1)
                    self._first.write_string(line, place, inert(value), self.head if head else None)
        # The day of the evidence: a clock would give other bytes each time.
        day = dt.datetime.fromisoformat(facts["as of"])
        self.file.set_properties({"title": title, "created": day, "comments": facts["licence"]})
        try:
            self.file.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error
        with self._path.open("rb") as written:
            os.fsync(written.fileno())
        size = self._path.stat().st_size
        rows = sum(sheet.shown for sheet in self._sheets)
        return {"path": self._path.name, "rows": rows, "bytes": size, "sha256": sha256_file(self._path)}
