"""The queries of an answer are one script: anybody can read, change and run it over the files of the edition."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from pipelines import queries
from tests.site.test_same_number import CASES


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("queries") / "store"


@pytest.fixture
def store(place: Path, run: Callable[..., Any]) -> Path:
    """One store for all, built by the first that asks."""
    if not place.exists():
        assert run("--store", place, "build").code == 0
    return place


def rerun(script: str) -> list[list[dict[str, Any]]]:
    """The rows of each query of a script, run by somebody who has the files and nothing of ours."""
    connection = duckdb.connect()
    found = []
    for statement in duckdb.extract_statements(script):
        rows = connection.execute(statement)
        if statement.type == duckdb.StatementType.SELECT:
            names = [column[0] for column in rows.description]
            found.append([dict(zip(names, row, strict=True)) for row in rows.fetchall()])
    return found


@pytest.mark.parametrize("question", sorted(CASES))
def test_the_queries_of_every_answer_run_elsewhere(run: Callable[..., Any], store: Path, question: str) -> None:
    keys = [f"{key}={value}" for key, value in CASES[question].keys.items()]
    printed = run("--store", store, "explain", "--answer", question, *keys, "--sql")
    assert printed.code == 0, printed.err
    assert any(rerun(printed.out)), "no query of it gave a row"
    head = printed.out.partition("SET TimeZone")[0]
    assert "content hash" in head and "-- Population: " in head


def test_a_rerun_gives_the_rows_that_we_show(run: Callable[..., Any], store: Path) -> None:
    keys = ("contracts", "provider=aws", "since=2019-04-01", "q=hosting & cloud's")
    shown = run("--store", store, "explain", "--answer", "contracts", "provider=aws", "since=2019-04-01", "--json").json
    again = rerun(
        run("--store", store, "explain", "--answer", "contracts", "provider=aws", "since=2019-04-01", "--sql").out
    )
    page = next(rows for rows in again if rows and "phrase" in rows[0])
    assert [row["contract_id"] for row in page] == [row["contract_id"] for row in shown["contracts"]]
    assert len(page) > 3
    # an apostrophe in the words is a text, not the end of one
    assert rerun(run("--store", store, "explain", "--answer", *keys, "--sql").out)


def test_a_changed_query_gives_another_answer(run: Callable[..., Any], store: Path) -> None:
    script = run("--store", store, "explain", "--answer", "contracts", "provider=aws", "--sql").out
    aws, oracle = rerun(script), rerun(script.replace("'aws'", "'oracle'"))
    assert {row["provider"] for rows in aws for row in rows if "phrase" in row} == {"aws"}
    assert {row["provider"] for rows in oracle for row in rows if "phrase" in row} == {"oracle"}


def test_the_served_script_names_files_that_are_served(served: str) -> None:
    got = requests.get(f"{served}/api/contracts.sql?provider=aws", timeout=60)
    assert got.status_code == 200 and got.headers["content-type"].startswith("text/plain")
    addresses = re.findall(r"read_parquet\('([^']+)'\)", got.text)
    assert {"contracts", "contract_providers", "contract_suppliers", "organisations"} <= {
        address.rpartition("/")[2].removesuffix(".parquet") for address in addresses
    }
    for address in addresses:
        file = requests.get(address, timeout=60)
        assert file.status_code == 200 and file.content[:4] == b"PAR1", address
    page = requests.get(f"{served}/contracts?provider=aws", timeout=60).text
    assert "/api/contracts.sql?provider=aws" in page


@pytest.mark.parametrize(("address", "status"), [("nothing.sql", 404), ("contracts.sql?colour=red", 400)])
def test_a_script_that_cannot_be_written_gets_a_sentence(served: str, address: str, status: int) -> None:
    assert requests.get(f"{served}/api/{address}", timeout=60).status_code == status


def test_queries_are_of_an_answer(run: Callable[..., Any], store: Path) -> None:
    refused = run("--store", store, "explain", "www.justice.gov.uk", "--sql")
    assert refused.code == 2 and "--answer" in refused.err


@pytest.mark.parametrize(
    ("sql", "parameters", "text"),
    [
        ("a = $a AND b = '$a ?'", {"a": "O'Hare"}, "a = 'O''Hare' AND b = '$a ?'"),
        ("a = ? AND b < ?", [dt.date(2026, 2, 20), Decimal("1.50")], "a = DATE '2026-02-20' AND b < 1.50"),
        ("a IN (SELECT unnest($ids))", {"ids": ["x", None, "y"]}, "a IN (SELECT unnest(['x', NULL, 'y']))"),
        ('"$a" = $a', {"a": True}, '"$a" = true'),
    ],
)
def test_values_are_written_in_where_they_are_asked_for(sql: str, parameters: Any, text: str) -> None:
    assert queries.written(sql, parameters) == text
