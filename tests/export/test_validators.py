"""What others' validators say of every file: frictionless for the data package, csvw for each table's metadata."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import frictionless
import pytest
from csvw import CSVW

from pipelines import schema
from pipelines.edition import Edition


@pytest.fixture(autouse=True)
def limit_of_cells() -> Iterator[None]:
    """frictionless lifts what a cell may hold for the whole process, and our readers' tests come after it."""
    limit = csv.field_size_limit()
    yield
    csv.field_size_limit(limit)


def package_errors(folder: Path) -> list[str]:
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    return [str(error) for error in report.errors] + [
        f"{task.name}: {error.message}" for task in report.tasks for error in task.errors
    ]


def csvw_is_valid(metadata: Path) -> bool:
    return bool(CSVW(str(metadata), validate=True).is_valid)


def test_frictionless_and_csvw_accept_every_file(edition: Edition, files: Callable[..., Path]) -> None:
    folder = files(edition)
    assert package_errors(folder) == []
    package = json.loads((folder / "datapackage.json").read_text())
    assert {f"{name}.csv" for name in schema.EDITION_TABLES} <= {item["path"] for item in package["resources"]}
    described = sorted(folder.glob("*.csv-metadata.json"))
    assert [path.name.removesuffix("-metadata.json") for path in described] == sorted(
        path.name for path in folder.glob("*.csv")
    )
    assert [path.name for path in described if not csvw_is_valid(path)] == []


def test_no_table_is_empty_in_both_editions(default_edition: Edition, awkward_edition: Edition) -> None:
    assert [n for n in schema.EDITION_TABLES if not default_edition.counts[n] and not awkward_edition.counts[n]] == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda body: body[:-40], "hash"),
        (lambda body: body.replace(b",local,", b",lokal,", 1), "constraint"),
        (lambda body: body.replace(b"\r\n", b"\r\n,A body without id\r\n", 1), "required"),
    ],
    ids=["cut", "no word of the codelist", "empty row"],
)
def test_a_damaged_file_is_not_accepted(
    default_edition: Edition, files: Callable[..., Path], damage: Callable[[bytes], bytes], words: str
) -> None:
    folder = files(default_edition, tables=("organisations",))
    path = folder / "organisations.csv"
    assert damage(path.read_bytes()) != path.read_bytes()
    path.write_bytes(damage(path.read_bytes()))
    assert any(words in error for error in package_errors(folder))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\r\n", b"\r\nx,"), (b",local,", b",lokal,")],
    ids=["one cell too many", "no word of the codelist"],
)
def test_csvw_sees_a_damaged_row(default_edition: Edition, files: Callable[..., Path], old: bytes, new: bytes) -> None:
    folder = files(default_edition, tables=("organisations",))
    path = folder / "organisations.csv"
    head, _, rest = path.read_bytes().partition(b"\r\n")
    path.write_bytes(head + b"\r\n" + rest.replace(old, new, 1))
    assert not csvw_is_valid(folder / "organisations.csv-metadata.json")


@pytest.mark.shared
@pytest.mark.full
def test_real_notices_and_spending_are_accepted_too(run: Callable, shared: Path, tmp_path: Path) -> None:
    """Every odd thing that publishers write has to come through: 20,000 payments, 2,600 contracts."""
    procurement = shared / "procurement"
    for kind, files in (
        (
            "contracts-finder-csv",
            [procurement / "contracts_finder_scrape" / "home_office_awards_2005_2025_part.csv.gz"],
        ),
        ("spend-csv", sorted((procurement / "spend").iterdir())),
        ("gcloud-sales", sorted((procurement / "gcloud_sales").iterdir())),
        ("ocds", sorted((procurement / "ocds").rglob("*.jsonl.gz"))),
    ):
        assert files and run("import", kind, *files).code == 0
    assert run("build").code == 0
    forms = [word for form in ("csv", "parquet", "spreadsheet", "xlsx") for word in ("--format", form)]
    assert run("export", *forms, "--out", tmp_path / "files").code == 0
    folder = tmp_path / "files"
    assert package_errors(folder) == []
    described = sorted(folder.glob("*.csv-metadata.json"))
    assert len(described) > 40 and [path.name for path in described if not csvw_is_valid(path)] == []
    assert not any(b"@" in path.read_bytes() for path in folder.glob("*.csv"))
