"""Statements from a CSV: words of the reference only, and a row that uses another is named."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import held, reference, reference_tables
from pipelines.batch import Batch
from pipelines.readers import statements

BASE = {
    "subject": "A Body: its service", "provider": "Microsoft", "product": "Azure Container Apps", "region": "UK South (London)",
    "role": "hosting", "layer": "back", "statement": "It moved its service to the cloud.", "stated_at": "2024-05-01",
    "still_current": "yes", "source_kind": "body", "source_url": "https://body.example/blog", "confidence": "confirmed",
}  # fmt: skip


def body(*rows: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(*rows: dict[str, str], **options: Any) -> Batch:
    return statements.read("mine.csv", body(*rows), "src", options)


def rows(batch: Batch) -> list[dict[str, Any]]:
    return batch.tables["statements"].to_pylist()


def test_one_row() -> None:
    (row,) = rows(read(BASE, private=True))
    del row["statement_id"]
    assert row == {
        "subject": "A Body: its service", "organisation_id": None, "service_id": None, "platform_id": None,
        "provider": "azure", "parent": "microsoft", "jurisdiction": "US", "product": "Azure Container Apps",
        "region": "uksouth", "role": "web", "layer": "back", "statement": "It moved its service to the cloud.",
        "stated_on": dt.date(2024, 5, 1), "current": "yes", "source_kind": "body", "confidence": "confirmed",
        "certainty": "known", "place": None, "url": "https://body.example/blog", "source_id": "src",
        "check": "as imported, not checked by us", "private": True,
    }  # fmt: skip


def test_a_subject_of_ours_keeps_its_body_and_service() -> None:
    (row,) = rows(read({**BASE, "subject": "GOV.UK"}))
    assert (row["organisation_id"], row["service_id"]) == ("government-digital-service", "govuk")
    (row,) = rows(read(BASE, organisation="home-office"))
    assert row["organisation_id"] == "home-office"


def test_a_word_for_two_providers_is_two_statements() -> None:
    found = rows(read({**BASE, "provider": "AWS Route 53 and Google Cloud DNS", "product": "", "role": "dns"}))
    assert {row["provider"] for row in found} == {"aws", "gcp"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"provider": "Awesome Cloud"}, "'Awesome Cloud' is not the word of any provider"),
        ({"role": "hostage"}, "role 'hostage' is not in the map of roles"),
        ({"layer": "middle"}, "layer 'middle' is not one of front, back"),
        ({"confidence": "certain"}, "confidence 'certain' is not one of confirmed, likely, possible"),
        ({"still_current": "maybe"}, "still_current 'maybe' is not one of yes, no, unknown"),
        ({"stated_at": "soon"}, "stated_at 'soon' is not a date"),
        ({"statement": ""}, "it has no subject or no statement"),
        ({"subject": ""}, "it has no subject or no statement"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_stay(changes: dict[str, str], says: str) -> None:
    batch = read(BASE, {**BASE, **changes})
    assert batch.whole and batch.read == 2 and len(rows(batch)) == 1
    assert [(r.name, r.reason) for r in batch.rejected] == [("mine.csv row 3", says)]


def test_a_year_or_a_month_is_no_day() -> None:
    assert [row["stated_on"] for row in rows(read({**BASE, "stated_at": "2024"}))] == [None]
    assert [row["stated_on"] for row in rows(read({**BASE, "stated_at": "2024-05"}))] == [None]


def test_a_region_outside_the_closed_list_stays_empty() -> None:
    assert rows(read({**BASE, "region": "Atlantis South"}))[0]["region"] is None


def test_our_own_table_reads_as_it_is_shipped() -> None:
    """The reviewed rows through the importer are the same statements, so that a correction meets its row."""
    path = reference.default_path() / "published_hosting.csv"
    batch = statements.read(path.name, path.read_bytes(), "src", {})
    assert batch.rejected == []
    ours = [row for row in reference_tables.statements(reference.load()) if row.source_id.endswith("published_hosting")]
    assert {row["statement_id"] for row in rows(batch)} == {row.statement_id for row in ours}


def test_missing_columns_are_named() -> None:
    batch = statements.read("x.csv", b"subject,provider\na,AWS\n", "src", {})
    assert not batch.whole
    assert batch.rejected[0].reason == "it lacks the column role and layer and statement and source_kind and confidence"


def test_the_newest_word_on_a_statement_speaks(run: Callable, tmp_path: Path) -> None:
    for name, day, current in (("old", "2023-01-01", "yes"), ("new", "2025-01-01", "no")):
        path = tmp_path / f"{name}.csv"
        path.write_bytes(body({**BASE, "stated_at": day, "still_current": current}))
        assert run("import", "statements", path).code == 0
    assert run("build").code == 0
    assert run("export", "statements", "--out", tmp_path).code == 0
    with (tmp_path / "statements.csv").open(newline="") as file:
        kept = [r for r in csv.DictReader(file) if r["subject"] == "A Body: its service"]
    assert [(r["stated_on"], r["current"]) for r in kept] == [("2025-01-01", "no")]


def test_public_code_ages_and_other_statements_do_not() -> None:
    day = dt.date(2026, 8, 31)
    template = next(reference_tables.statements(reference.load()))
    import dataclasses

    def said(kind: str, stated: dt.date | None, current: str = "yes") -> str:
        row = dataclasses.replace(template, source_kind=kind, stated_on=stated, current=current)
        return held.aged_out([row], day)[0].current

    assert said("public code", dt.date(2025, 2, 28)) == "yes"  # 18 months before, to the day
    assert said("public code", dt.date(2025, 2, 27)) == "unknown"
    assert said("public code", None) == "unknown"
    assert said("public code", dt.date(2020, 1, 1), "no") == "no"
    assert said("body", dt.date(2020, 1, 1)) == "yes"
