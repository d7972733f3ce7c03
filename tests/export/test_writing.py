"""How files are written: the same rows in every form, all at once or not at all, in memory that does not grow with them."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import forms, schema
from pipelines.columns import Words
from pipelines.edition import Edition
from pipelines.errors import Refused

ROOT = Path(__file__).parents[2]


def rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(newline="", encoding=encoding) as file:
        return list(csv.DictReader(file))


def test_each_form_holds_the_same_rows_in_the_order_of_the_key(
    awkward_edition: Edition, files: Callable[..., Path]
) -> None:
    folder = files(awkward_edition)
    for name in schema.EDITION_TABLES:
        plain = rows(folder / f"{name}.csv")
        parquet = pq.read_table(folder / f"{name}.parquet")
        assert parquet.schema.equals(schema.arrow_schema(name))
        assert len(plain) == parquet.num_rows == awkward_edition.counts[name]
        key = schema.table(name).key
        assert [tuple(row[c] for c in key) for row in plain] == [
            tuple(map(str, row)) for row in zip(*(parquet[c].to_pylist() for c in key), strict=True)
        ]
        keys = [tuple(row[c] for c in key) for row in plain]
        assert keys == sorted(set(keys))


def test_metadata_says_what_the_file_is(awkward_edition: Edition, files: Callable[..., Path]) -> None:
    folder = files(awkward_edition)
    package = json.loads((folder / "datapackage.json").read_text())
    assert package["sources"] and package["licenses"][0]["path"].startswith("https://")
    assert {item["path"] for item in package["resources"]} == {
        path.name for path in folder.iterdir() if not path.name.endswith(".json")
    }
    for item in package["resources"]:
        body = (folder / item["path"]).read_bytes()
        assert item["bytes"] == len(body) and item["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
        name = item["path"].partition(".")[0]
        if name in schema.EDITION_TABLES:
            assert [field["name"] for field in item["schema"]["fields"]] == schema.table(name).names()


def test_values_stand_as_the_research_asks() -> None:
    """RFC 4180: quoted where they must be, nothing else changed."""
    spec = [
        schema.Column(name, python, False, Words("test"))
        for name, python in (("text", str), ("number", int), ("list", tuple[str, ...]))
    ]
    wanted = pa.schema([(column.name, column.arrow) for column in spec])
    table = pa.table(
        [['a "b", c', None, "x\r\ny", "=1"], [1, None, -2, 3], [["a;b", "c"], [], None, ["-"]]], schema=wanted
    )
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for spreadsheet, last in ((False, "=1,3,-\r\n"), (True, "'=1,3,'-\r\n")):
            file = forms.Csv(Path(folder) / "t.csv", spec, spreadsheet)
            for batch in table.to_batches(max_chunksize=3):
                file.add(batch)
            facts = file.close()
            body = (Path(folder) / "t.csv").read_bytes()
            text = body.decode("utf-8-sig" if spreadsheet else "utf-8")
            assert text == 'text,number,list\r\n"a ""b"", c",1,"a,b;c"\r\n,,\r\n"x\r\ny",-2,\r\n' + last
            assert facts == {
                "path": "t.csv", "rows": 4, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(),
            }  # fmt: skip
            assert len(list(csv.reader(io.StringIO(text, newline="")))) == 5


_WORDS = st.text(st.sampled_from('ab1 ,;"\r\n\t=+-@＝\u00a0é\u2028ŷ𝒜'), max_size=6)
_KINDS: list[tuple[Any, Any]] = [
    (str, _WORDS),
    (tuple[str, ...], st.lists(_WORDS, max_size=3)),
    (int, st.integers(-(2**63), 2**63 - 1)),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (bool, st.booleans()),
    (dt.date, st.dates(dt.date(1000, 1, 1))),
    (dt.datetime, st.datetimes(dt.datetime(1700, 1, 1), timezones=st.just(dt.UTC))),
    (Decimal, st.decimals(-(10**15), 10**15, places=2)),
]


@given(
    rows=st.lists(st.tuples(*(st.none() | value for _, value in _KINDS)), max_size=6),
    first=st.integers(0, len(_KINDS) - 1),
    spreadsheet=st.booleans(),
)
def test_columns_at_a_time_stand_as_the_csv_module_writes_them_row_by_row(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]], first: int, spreadsheet: bool
) -> None:
    """Every kind of column, alone or with those after it: the same bytes as the standard library's writer."""
    kinds = [kind for kind, _ in _KINDS[first : first + 1 if first % 2 else None]]
    rows = [row[first : first + len(kinds)] for row in rows]
    spec = [schema.Column(f"c{place}", kind, False, Words("test")) for place, kind in enumerate(kinds)]
    wanted = pa.schema([(column.name, column.arrow) for column in spec])
    batch = pa.record_batch([[row[i] for row in rows] for i in range(len(kinds))], schema=wanted)
    expected = io.StringIO(newline="")
    writer = csv.writer(expected, lineterminator="\r\n")
    writer.writerow([column.name for column in spec])
    for row in rows:
        cells = [forms.cell(value) for value in row]
        words = [kind in (str, tuple[str, ...]) for kind in kinds]
        writer.writerow([forms.inert(c) if spreadsheet and w else c for c, w in zip(cells, words, strict=True)])
    path = tmp_path_factory.getbasetemp() / "columns.csv"
    file = forms.Csv(path, spec, spreadsheet)
    file.add(batch.slice(0, 2))
    file.add(batch.slice(2))
    assert file.close()["rows"] == len(rows)
    assert path.read_bytes() == (b"\xef\xbb\xbf" if spreadsheet else b"") + expected.getvalue().encode()


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("=1+1", "'=1+1"), ("+44", "'+44"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"), ("\tx", "'\tx"), ("  =1", "'  =1"), ("＝1", "'＝1"), ("-", "'-"),
        ("-12.5", "-12.5"), ("12", "12"), ("a=b", "a=b"), ("'=1", "'=1"), ("", ""), ("Tŷ", "Tŷ"),
    ],
)  # fmt: skip
def test_no_text_is_run_by_a_spreadsheet(text: str, inert: str) -> None:
    assert forms.inert(text) == inert


def test_the_spreadsheet_form_differs_only_where_text_might_run(
    awkward_edition: Edition, files: Callable[..., Path]
) -> None:
    folder = files(awkward_edition, "csv", "spreadsheet", tables=("notices", "sales", "payments"))
    plain = rows(folder / "notices.csv")
    safe = rows(folder / "notices.spreadsheet.csv", "utf-8-sig")
    changed = {
        (one[column], other[column])
        for one, other in zip(plain, safe, strict=True)
        for column in one
        if one[column] != other[column]
    }
    words = {'=HYPERLINK("http://example.test","open")', "-2+3 servers", "=1+1 hosting", "+44 Council"}
    assert changed == {(text, "'" + text) for text in words}
    # money is a number, so a refund stays one
    assert {row["amount"] for row in rows(folder / "payments.spreadsheet.csv", "utf-8-sig")} == {"25000.50", "-12.30"}
    assert {row["amount"] for row in rows(folder / "sales.spreadsheet.csv", "utf-8-sig")} == {"-1899.50"}


def test_no_address_leaves_even_where_a_reader_missed_it() -> None:
    mark = "\N{COMMERCIAL AT}"
    batch = pa.record_batch(
        [[f"ask a.person{mark}body.example", None, "no"], [[f"x{mark}y.example", "z"], [], None], [1, 2, 3]],
        names=["text", "list", "number"],
    )
    assert forms.without_addresses(batch).to_pydict() == {
        "text": ["ask body.example", None, "no"], "list": [["y.example", "z"], [], None], "number": [1, 2, 3],
    }  # fmt: skip


def breaking(edition: Edition, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    whole = Edition.batches

    def batches(self: Edition, table: str) -> Iterator[pa.RecordBatch]:
        yield from whole(self, table)
        if table == "findings":
            raise error

    monkeypatch.setattr(Edition, "batches", batches)


def test_a_failure_halfway_leaves_the_folder_as_it_was(
    default_edition: Edition, files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = files(default_edition, "csv", tables=("sources",))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        breaking(default_edition, patched, RuntimeError("halfway"))
        files(default_edition)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with monkeypatch.context() as patched, pytest.raises(Refused, match="cannot be written"):
        breaking(default_edition, patched, OSError(28, "No space left on device"))
        files(default_edition)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_dictionary_and_the_codelists_explain_every_column_and_word(
    awkward_edition: Edition, files: Callable[..., Path]
) -> None:
    folder = files(awkward_edition, "csv")
    dictionary = {(row["table"], row["column"]): row for row in rows(folder / "dictionary.csv")}
    lists = {
        path.stem.removeprefix("codelist_"): {row["word"]: row["meaning"] for row in rows(path)}
        for path in folder.glob("codelist_*.csv")
    }
    assert set(lists) == {*schema.CODELISTS, "provider"} and lists["provider"]["azure"] == "Microsoft Azure"
    for name in schema.EDITION_TABLES:
        body = rows(folder / f"{name}.csv")
        with (folder / f"{name}.csv").open(newline="") as file:
            heads = next(csv.reader(file))
        assert [column for table, column in dictionary if table == name] == heads
        for column in heads:
            said = dictionary[name, column]
            assert said["type"] and said["meaning"] and said["missing"]
            values = {row[column] for row in body} - {""}
            if said["codelist"]:
                assert values <= set(lists[said["codelist"]]), (name, column)
            if said["required"] == "true":
                assert all(row[column] for row in body), (name, column)
    assert all(meaning for words in lists.values() for meaning in words.values())


def test_a_table_asked_for_by_name_comes_alone(awkward_edition: Edition, files: Callable[..., Path]) -> None:
    folder = files(awkward_edition, "csv", "parquet", tables=("sales",))
    assert {path.name for path in folder.iterdir()} == {
        "sales.csv", "sales.csv-metadata.json", "sales.parquet", "datapackage.json",
    }  # fmt: skip


KILLED = """
import os, signal, sys
from pathlib import Path
from app.stores import shown_edition
from pipelines import export
from pipelines.edition import Edition

whole = Edition.batches

def batches(self, table):
    if table == "findings":
        os.kill(os.getpid(), signal.SIGKILL)
    yield from whole(self, table)

edition = shown_edition()
Edition.batches = batches
export.write(edition, (), Path(sys.argv[1]), export.FORMS)
"""


def test_a_killed_export_shows_nothing_and_the_next_one_is_whole(
    run: Callable[..., Any], store_path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    assert run("build").code == 0
    ran = subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, capture_output=True)
    assert ran.returncode == -9, ran.stderr
    [hidden] = folder.iterdir()
    assert hidden.name.startswith(".export-") and (hidden / "notices.csv").is_file()  # so it was halfway
    assert run("export", "findings", "--out", folder).code == 0
    assert len(rows(folder / "findings.csv")) > 1000


# Payments of our own making: only how many there are matters.
PROGRAM = """
import resource, sys, tempfile, pathlib, datetime as dt, decimal
import duckdb, pyarrow as pa, pyarrow.parquet as pq
from pipelines import export, schema
from pipelines.edition import Edition

rows, out, forms = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
out.mkdir()
wanted = schema.arrow_schema("payments")
fixed = {pa.string(): "x" * 40, pa.date32(): dt.date(2025, 1, 1), pa.decimal128(18, 2): decimal.Decimal("12.50"),
         pa.list_(pa.string()): ["one", "two"]}
with pq.ParquetWriter(out / "payments.source", wanted) as writer:
    for start in range(0, rows, 10_000):
        columns = {field.name: [fixed[field.type]] * 10_000 for field in wanted}
        columns["payment_id"] = [f"pay-{n:09d}" for n in range(start, start + 10_000)]
        writer.write_table(pa.table(columns, schema=wanted))
connection = duckdb.connect()
connection.execute(f"CREATE VIEW payments AS SELECT * FROM read_parquet('{out / 'payments.source'}')")
connection.execute("CREATE TABLE sources (source_id VARCHAR)")
edition = Edition("2025-01-01-00000000", "0" * 64, dt.date(2025, 1, 1), False, {"payments": rows}, connection)
facts = export.write(edition, ("payments",), out, forms)
assert all(item["rows"] >= rows for item in facts) and len(facts) == len(forms), facts
# Not ru_maxrss where it can be helped: that begins with the memory of the process that started this one.
status = pathlib.Path("/proc/self/status")
kept = [line.split()[1] for line in status.read_text().splitlines() if line[:6] == "VmHWM:"] if status.exists() else []
print((kept or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss])[0], sum(item["bytes"] for item in facts))
"""


def peak(rows: int, out: Path, *forms: str) -> tuple[int, int]:
    """Peak memory in kB and bytes written."""
    program = [sys.executable, "-c", PROGRAM, str(rows), str(out), *forms]
    ran = subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT)
    memory, size = ran.stdout.split()
    return int(memory), int(size)


def test_memory_does_not_grow_with_rows(tmp_path: Path) -> None:
    """Eight times the rows, eight times the file, at most 1.2 times the memory."""
    (small, little), (large, much) = (
        peak(count, tmp_path / str(count), "csv", "spreadsheet", "parquet") for count in (20_000, 160_000)
    )
    assert much > 7 * little
    assert large <= 1.2 * small, (small, large)
    # and what it would have held: the file alone is larger than what is allowed to be added
    assert much / 1024 > 1.5 * 0.2 * small


@pytest.mark.full
def test_memory_of_the_workbook_does_not_grow_with_rows(tmp_path: Path) -> None:
    (small, _), (large, _) = (peak(count, tmp_path / str(count), "xlsx") for count in (20_000, 160_000))
    assert large <= 1.2 * small, (small, large)
