"""Files, answers and feeds: addresses that never change, the same numbers as the command line, nothing lost on the way."""

from __future__ import annotations

import asyncio
import csv
import gc
import hashlib
import io
import json
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import requests
from bs4 import BeautifulSoup
from starlette.requests import Request

from app.asking import asked, parameters_of
from app.site import files
from pipelines import schema
from pipelines.answers import jsonable, questions
from pipelines.edition import Edition
from tests.site.conftest import get

ATOM = "{http://www.w3.org/2005/Atom}"
# What a question cannot do without.
NEEDS = {
    "explain": "subject=home-office", "exposure": "preset=fastly-2021-06-08", "claim": "claim=tussell-aws-2025",
    "service": "service=govuk", "peers": "organisation=leeds",
}  # fmt: skip


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
    assert {f"{table}.{form}" for table in schema.EDITION_TABLES for form in ("csv", "parquet", "spreadsheet.csv")} <= {
        resource["path"] for resource in package["resources"]
    }


def test_a_file_comes_packed_or_plain_or_not_at_all_when_it_is_known(served: str) -> None:
    plain = get(served, "/data/latest/findings.csv", headers={"accept-encoding": "identity"})
    packed = get(served, "/data/latest/findings.csv", headers={"accept-encoding": "br, gzip"}, stream=True)
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert packed.content == plain.content and packed.headers["x-sha256"] == plain.headers["x-sha256"]
    assert packed.headers["etag"] != plain.headers["etag"] and packed.headers["vary"] == "accept-encoding"
    for answer in (plain, packed):
        again = get(
            served,
            "/data/latest/findings.csv",
            headers={
                "accept-encoding": answer.request.headers["accept-encoding"],
                "if-none-match": answer.headers["etag"],
            },
        )
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    piece = get(served, "/data/latest/findings.csv", headers={"accept-encoding": "identity", "range": "bytes=10-19"})
    assert (piece.status_code, piece.content) == (206, plain.content[10:20])


def test_the_workbook_is_there_and_is_the_one_that_the_command_writes(
    served: str, run: Callable[..., Any], tmp_path: Path
) -> None:
    answer = get(served, "/data/latest/cloudhold.xlsx")
    assert answer.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert hashlib.sha256(answer.content).hexdigest() == answer.headers["x-sha256"]
    assert run("export", "--format", "xlsx", "--out", tmp_path).code == 0
    assert (tmp_path / "cloudhold.xlsx").read_bytes() == answer.content


@pytest.mark.parametrize("name", ["dictionary.csv", "codelist_role.csv", "codelist_provider.csv"])
def test_what_explains_the_tables_is_a_file_too(served: str, name: str) -> None:
    answer = get(served, f"/data/latest/{name}")
    assert int(answer.headers["x-row-count"]) == len(list(csv.DictReader(io.StringIO(answer.text, newline="")))) > 5
    assert get(served, f"/data/latest/{name}-metadata.json").json()["url"] == name
    assert f'href="/data/latest/{name}"' in get(served, "/data/latest/dictionary").text


def test_the_dictionary_explains_every_column_and_word(served: str) -> None:
    page = BeautifulSoup(get(served, "/data/latest/dictionary").content, "html.parser")
    for table in schema.EDITION_TABLES:
        shown = page.find("details", id=table)
        assert [code.text for code in shown.find_all("code")] == schema.table(table).names()
        assert f'href="/data/latest/dictionary#{table}"' in get(served, "/data/").text
    for name, words in schema.CODELISTS.items():
        assert [code.text for code in page.find("details", id=f"codelist_{name}").find_all("code")] == list(words)


def test_a_download_outlives_the_editions_that_push_its_folder_out(
    default_edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five editions, four kept: the first one's file still comes whole, and its folder goes with the last byte."""
    shown = Edition("2020-01-01-00000000", "0" * 64, default_edition.as_of, False, {}, default_edition._connection)
    monkeypatch.setattr(files, "shown_edition", lambda wanted: shown)
    files._folder.cache_clear()
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [],
        "path_params": {"edition": "latest", "file": "findings.csv"},
    }  # fmt: skip
    response = files.file(Request(scope))
    assert isinstance(response, files._Sent)
    place, expected = response.folder.place, response.folder.facts["findings.csv"]
    for number in range(1, 5):
        files._folder(f"2020-01-0{number + 1}-00000000")
    assert files._folder.cache_info().currsize == 4
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.sleep(60)

    # In a thread of its own: a browser test in the same process keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, response(scope, receive, send)).result()
    assert hashlib.sha256(b"".join(sent)).hexdigest() == expected["sha256"]
    assert place.is_dir()
    del response
    gc.collect()
    assert not place.exists()
    files._folder.cache_clear()


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
        ("/api/layers.csv?frame=no-such", 404, "unknown frame"),
        ("/api/layers.csv?nonsense=1", 400, "is no key of layers"),
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


def test_the_feed_of_one_incident_tells_both_sides(served: str) -> None:
    incident = "aws-2025-10-20-dynamodb-dns"
    feed = ET.fromstring(get(served, f"/feed/incident/{incident}.atom").content)
    entries = {entry.findtext(f"{ATOM}title"): entry for entry in feed.findall(f"{ATOM}entry")}
    assert "The vendor's position" in entries and len(entries) >= 2
    ids = [entry.findtext(f"{ATOM}id") or "" for entry in entries.values()]
    assert len(set(ids)) == len(ids) and all(id.startswith(f"urn:cloudhold:{incident}:") for id in ids)
    assert {entry.findtext(f"{ATOM}updated") for entry in entries.values()} == {"2025-10-20T00:00:00Z"}
    assert f'href="/feed/incident/{incident}.atom"' in get(served, f"/incident/{incident}").text
    assert get(served, "/feed/incident/no-such.atom").status_code == 404


@pytest.mark.parametrize("question", sorted(questions()))
def test_every_table_of_every_answer_is_a_csv(served: str, default_edition: Edition, question: str) -> None:
    keys = NEEDS.get(question, "")
    first = get(served, f"/api/{question}.csv?{keys}")
    if question == "explain":
        assert first.status_code == 400 and "has no table" in first.text
        return
    given = {"most": "0"} if "most" in parameters_of(question) else {}
    expected = asked(default_edition, question, {**given, **dict(urllib.parse.parse_qsl(keys))}).frames
    assert first.headers["x-frames"].split(", ") == list(expected)
    for name, frame in expected.items():
        answer = get(served, f"/api/{question}.csv?frame={name}&{keys}")
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["x-cloudhold-edition"] == default_edition.id
        assert answer.headers["x-sha256"] == hashlib.sha256(answer.content).hexdigest()
        head, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
        assert head == list(frame.columns) and len(rows) == len(frame) == int(answer.headers["x-row-count"])
        assert b"@" not in answer.content
        # The same values as JSON has them, column by column.
        for place, column in enumerate(head):
            told = jsonable(frame[column].tolist())
            assert [row[place] for row in rows] == [as_text(value) for value in told], column


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(as_text(item).replace(";", ",") for item in value)
    return str(value)


def test_the_keys_of_every_answer_are_listed(served: str) -> None:
    listed = get(served, "/api/").json()["answers"]
    assert {entry["answer"] for entry in listed} == set(questions())
    assert parameters_of("exposure") == ["preset", "provider", "product", "region", "plane", "cause", "hours"]


@pytest.mark.parametrize(
    ("question", "page_keys", "own_keys"),
    [
        (
            "claim",
            "provider=amazon&organisation=home-office&from=2016-01-01&to=2026-02-20",
            "provider=amazon&buyer=home-office&since=2016-01-01&on=2026-02-20",
        ),
        ("contracts", "provider=aws&from=2020-01-01&to=2021-12-31", "provider=aws&since=2020-01-01&until=2021-12-31"),
    ],
)
def test_the_keys_of_a_page_serve_programs_too(served: str, question: str, page_keys: str, own_keys: str) -> None:
    assert (
        get(served, f"/api/{question}.json?{page_keys}").json()
        == get(served, f"/api/{question}.json?{own_keys}").json()
    )
    told = get(served, f"/api/{question}.json?from=yesterday&provider=aws")
    assert told.status_code == 400 and "is not a day" in told.text
