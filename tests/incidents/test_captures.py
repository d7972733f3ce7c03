"""The real captures and tables of events, where they are: every one reads, and two independent readings agree."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.readers import incidents_feed
from pipelines.records import IncidentState
from pipelines.schema import table

pytestmark = pytest.mark.shared

# incidents in each capture, counted in the raw JSON or XML by another program
COUNTS = {
    "anthropic": 1, "aws": 2, "aws-legacy": 86, "azure": 1, "bitbucket": 1, "cloudflare": 1, "cohere": 1,
    "gcp": 157, "github": 1, "huggingface": 3, "mistral": 1, "openai": 1, "perplexity": 1,
}  # fmt: skip


def states(path: Path) -> list[dict[str, Any]]:
    batch = incidents_feed.read(path.name, path.read_bytes(), "s", {})
    assert batch.whole and not batch.rejected, path.name
    rows: list[dict[str, Any]] = batch.tables["incident_states"].to_pylist()
    return rows


def test_all_13_captures_parse_into_the_same_record(shared: Path) -> None:
    files = sorted((shared / "incidents" / "samples").iterdir())
    assert len(files) == 13
    for path in files:
        name = "aws-legacy" if path.name.startswith("aws-legacy") else path.name.partition("-")[0]
        rows = states(path)
        assert len(rows) == COUNTS[name], path.name
        for row in rows:
            assert list(row) == table("incident_states").names()
            IncidentState(**row)
            assert row["provider"] != "unknown" and row["posted_at"] and row["seen_on"], path.name


def test_the_two_regions_of_march_2026_are_open_after_five_months(shared: Path) -> None:
    rows = states(shared / "incidents" / "samples" / "aws-20260801-155355-minor.json")
    assert {(row["regions"][0], row["status"], len(row["products"]) > 100) for row in rows} == {
        ("me-central-1", "open", True),
        ("me-south-1", "open", True),
    }


def test_aws_times_in_prose_agree_with_an_independent_reading(shared: Path) -> None:
    """68 of the 86 events have times in the table of another program, which takes the last sentence with times.

    Three differ: their last message names several spans, and we take the first start and the last end.
    """
    mine = {
        (row["feed_id"].partition("/")[0], f"{row['posted_at']:%Y-%m-%dT%H:%M:%SZ}"): row
        for row in states(shared / "incidents" / "samples" / "aws-legacy-data-20220703.json")
    }
    differ, compared = [], 0
    with (shared / "incidents" / "aws_status_archive_2021_2022.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found = mine[row["service_key"], row["first_posted_utc"]]
            assert found["regions"] == [row["region"]]
            if row["start_utc"]:
                compared += 1
                times = [f"{found[k]:%Y-%m-%dT%H:%MZ}" if found[k] else "" for k in ("started_at", "ended_at")]
                if times != [row["start_utc"], row["end_utc"]]:
                    differ.append(row["event_id"])
    assert compared == 68
    assert differ == ["AWSH-051", "AWSH-053", "AWSH-064"]


def test_google_json_and_the_table_made_from_it_agree(shared: Path) -> None:
    mine = {row["feed_id"]: row for row in states(shared / "incidents" / "samples" / "gcp-incidents-20220703.json")}
    theirs = states(shared / "incidents" / "gcp_incidents_2021_2022.csv")
    assert len(mine) == len(theirs) == 157
    for row in theirs:
        for column in ("state_id", "started_at", "ended_at", "posted_at", "impact", "regions"):
            assert mine[row["feed_id"]][column] == row[column], (row["feed_id"], column)


def test_importing_everything_links_and_repeats_nothing(run: Callable[..., Any], shared: Path) -> None:
    place = shared / "incidents"
    tables = [place / f"{name}.csv" for name in ("provider_events_2018_2020", "llm_incidents_2020_2024")]
    files = [*sorted((place / "samples").iterdir()), *tables]
    first = run("import", "incidents-feed", *files, "--json")
    assert first.code == 0
    assert sum(item["quarantined"] for item in first.json["files"]) == 0
    built = run("build", "--json").json
    again = run("import", "incidents-feed", *reversed(files), "--json").json
    assert sum(item["new"] for item in again["files"]) == 0
    assert run("build", "--json").json["content_hash"] == built["content_hash"]
    assert built["counts"]["incidents"] > 1500
    from app.stores import current_edition
    from pipelines.store import Store

    edition = current_edition(Store(Path(__import__("os").environ["CLOUDHOLD_STORE"])))
    linked = {row["incident_id"]: row["linked"] for row in edition.rows("SELECT incident_id, linked FROM incidents")}
    for key in ("aws-2026-03-01-uae", "azure-2026-07-23-westus", "github-2026-07-24-pr", "cf-2026-07-29-workers",
                "anthropic-2026-07-29", "azure-2018-02-20-uksouth", "aws-2020-11-25-kinesis"):  # fmt: skip
        assert linked[key], key
