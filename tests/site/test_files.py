"""Files, answers and feeds: addresses that never change, the same numbers as the command line, nothing lost on the way."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
import requests

from app.asking import parameters_of
from pipelines import schema
from pipelines.answers import questions

ATOM = "{http://www.w3.org/2005/Atom}"
# What a question cannot do without.
NEEDS = {
    "explain": "subject=home-office", "exposure": "preset=fastly-2021-06-08", "claim": "claim=tussell-aws-2025",
    "service": "service=govuk", "peers": "organisation=leeds",
}  # fmt: skip


def get(served: str, path: str, **more: Any) -> requests.Response:
    return requests.get(served + path, timeout=60, **more)


@pytest.mark.parametrize("table", schema.EDITION_TABLES)
def test_every_table_is_whole_in_both_forms(served: str, table: str) -> None:
    edition = get(served, "/healthz").json()["edition"]
    fixed = get(served, f"/data/{edition}/{table}.csv")
    assert hashlib.sha256(fixed.content).hexdigest() == fixed.headers["x-sha256"]
    rows = list(csv.reader(io.StringIO(fixed.content.decode(), newline="")))
    assert len(rows) - 1 == int(fixed.headers["x-row-count"])
    assert rows[0] == schema.table(table).names()
    assert "immutable" in fixed.headers["cache-control"] and b"@" not in fixed.content
    latest = get(served, f"/data/latest/{table}.csv")
    assert latest.content == fixed.content and latest.headers["cache-control"] == "no-cache"
    columns = pq.read_table(io.BytesIO(get(served, f"/data/{edition}/{table}.parquet").content))
    assert columns.num_rows == len(rows) - 1
    described = get(served, f"/data/{edition}/{table}.csv-metadata.json").json()
    assert [column["name"] for column in described["tableSchema"]["columns"]] == rows[0]


def test_the_package_names_every_file_with_its_fingerprint(served: str) -> None:
    package = get(served, "/data/latest/datapackage.json").json()
    for resource in package["resources"]:
        body = get(served, f"/data/latest/{resource['path']}").content
        assert resource["hash"].rpartition(":")[2] == hashlib.sha256(body).hexdigest()
    assert len(package["resources"]) == len(schema.EDITION_TABLES)


@pytest.mark.parametrize("question", sorted(questions()))
def test_every_answer_is_there_for_programs_with_the_edition_it_is_of(served: str, question: str) -> None:
    answer = get(served, f"/api/{question}.json?{NEEDS.get(question, '')}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    health = get(served, "/healthz").json()
    assert (body["edition"], body["content_hash"]) == (health["edition"], health["content_hash"])
    assert body["question"] and body["caveats"] is not None and body["methods"]


@pytest.mark.parametrize(
    ("command", "address"),
    [
        (["concentration"], "concentration.json"),
        (["outage", "--preset", "fastly-2021-06-08"], "exposure.json?preset=fastly-2021-06-08"),
        (["claim", "tussell-aws-2025"], "claim.json?claim=tussell-aws-2025"),
        (["hindcast", "aws-2025-10-20-dynamodb-dns"], "hindcast.json?incident=aws-2025-10-20-dynamodb-dns"),
        (["explain", "justice.gov.uk"], "explain.json?subject=justice.gov.uk"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_command_line_and_address_give_the_same_object(
    served: str, run: Callable[..., Any], command: list[str], address: str
) -> None:
    told = json.loads(run(*command, "--json").out)
    given = get(served, f"/api/{address}").json()
    assert told == given


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/no-such.json", 404, "unknown answer"),
        ("/api/concentration.json?nonsense=1", 400, "is no key of concentration"),
        ("/api/contracts.json?since=yesterday", 400, "is not a day"),
        ("/api/incidents.json?first_year=x", 400, "is not a number"),
        ("/api/explain.json", 400, "needs subject"),
        ("/api/exposure.json?provider=aws&hours=0", 400, "hours"),
        ("/data/latest/no-such.csv", 404, "unknown file"),
        ("/data/latest/%2e%2e%2fsecret", 400, ""),
        ("/data/2020-01-01-00000000/contracts.csv", 404, "unknown edition"),
        ("/feed/no-such/x.atom", 404, "unknown feed"),
        ("/feed/provider/no-such.atom", 404, "unknown provider"),
    ],
)
def test_a_program_that_asks_wrongly_gets_one_sentence(served: str, path: str, status: int, words: str) -> None:
    answer = get(served, path)
    assert answer.status_code == status
    assert words in answer.text.lower() or words in answer.text
    assert len(answer.text) < 600 and "<html" not in answer.text


@pytest.mark.parametrize("name", ["organisation/home-office", "provider/aws", "leads/all", "incidents/all"])
def test_a_feed_has_entries_with_ids_of_their_own_that_lead_to_pages(served: str, name: str) -> None:
    answer = get(served, f"/feed/{name}.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.content)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) >= 5
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(ids) == len(set(ids))
    days = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    assert days == sorted(days, reverse=True) and max(days) <= (feed.findtext(f"{ATOM}updated") or "")
    for entry in entries[:5]:
        link = entry.find(f"{ATOM}link")
        assert link is not None and requests.get(link.attrib["href"], timeout=60).status_code == 200


def test_the_keys_of_every_answer_are_listed(served: str) -> None:
    listed = get(served, "/api/").json()["answers"]
    assert {entry["answer"] for entry in listed} == set(questions())
    assert parameters_of("exposure") == ["preset", "provider", "product", "region", "plane", "cause", "hours"]
