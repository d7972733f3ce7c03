"""One real path: bodies of our own go in as files and come out as findings, contracts, pages and files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.schema import EDITION_TABLES

BODIES = Path(__file__).parent / "bodies"


@pytest.fixture
def taken(run: Callable) -> Callable:
    """The three bodies imported and built."""
    assert run("import", "ocds", BODIES / "notices.json").code == 0
    assert run("import", "records-csv", BODIES / "records.csv").code == 0
    assert run("import", "bind-zone", BODIES / "example.gov.uk.zone").code == 0
    assert run("build").code == 0
    return run


def test_findings_by_hand(taken: Callable) -> None:
    """Expected rows worked out by reading the bodies, not by running the product."""
    expected = {
        ("www.council.example", "web"): ("azure", "hidden", "Front Door"),
        ("app.council.example", "web"): ("aws", "aws", "Elastic Load Balancing (ALB/Classic)"),
        ("council.example", "dns"): ("aws", None, "Route 53"),
        ("council.example", "saas"): ("atlassian", None, None),
    }
    for (host, role), (provider, origin, product) in expected.items():
        entries = [e for e in taken("explain", host, "--json").json["findings"] if e["role"] == role]
        assert [(e["provider"], e["origin_provider"], e["product"]) for e in entries] == [(provider, origin, product)]
    mail = [e for e in taken("explain", "council.example", "--json").json["findings"] if e["role"] == "mail"]
    assert {(e["layer"], e["provider"], e["rule_id"].split(":")[0]) for e in mail} == {
        ("front", "mimecast", "mx"),
        ("back", "microsoft-365", "mail-through"),
    }
    region = [e for e in taken("explain", "app.council.example", "--json").json["findings"] if e["role"] == "web"]
    assert region[0]["region"] == "eu-west-2"


def test_a_zone_file_goes_the_same_way(taken: Callable) -> None:
    entries = taken("explain", "shop.example.gov.uk", "--json").json["findings"]
    title = taken("explain", "shop.example.gov.uk").out.splitlines()[0]
    assert title == "1 finding about shop.example.gov.uk, with its evidence."
    assert [(e["role"], e["provider"]) for e in entries] == [("web", "github-pages")]
    assert entries[0]["evidence"][0]["value"] == "shop.example.gov.uk CNAME example-council.github.io"


def test_contracts_by_hand(taken: Callable) -> None:
    contract = taken("explain", "ocds-b5fd17-11111111-1111-1111-1111-111111111111", "--json").json["findings"][0]
    assert contract["buyer_name"] == "Home Office"
    assert contract["organisation_id"] == "home-office"
    assert contract["value_gbp"] == 250000
    assert contract["providers"] == ["aws"]
    assert contract["evidence"][0]["url"] == "https://www.contractsfinder.service.gov.uk/Notice/aaaa-1111"
    shared = taken("explain", "ocds-b5fd17-22222222-2222-2222-2222-222222222222", "--json").json["findings"][0]
    assert shared["contract_class"] == "framework"
    assert len(shared["suppliers"]) == 3
    unknown = taken("explain", "ocds-h6vhtk-333333", "--json").json["findings"][0]
    assert (unknown["value_gbp"], unknown["value_status"]) == (None, "unknown")


def test_every_step_back_is_there(taken: Callable) -> None:
    """From the screen to the record, the rule, the source and the bytes."""
    for subject in ("www.council.example", "ocds-b5fd17-11111111-1111-1111-1111-111111111111"):
        for entry in taken("explain", subject, "--json").json["findings"]:
            for item in entry["evidence"]:
                assert item["rule_id"] and item["source"] and item["value"]
                assert len(item["sha256"]) == 64
                assert item["fetched_at"]


def test_importing_again_adds_nothing_and_order_does_not_matter(
    taken: Callable, run: Callable, store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("build", "--json").json["content_hash"]
    again = run("import", "ocds", BODIES / "notices.json", "--json").json["files"][0]
    assert (again["read"], again["new"], again["known"]) == (4, 0, 4)
    assert run("build", "--json").json["content_hash"] == first
    monkeypatch.setenv("CLOUDHOLD_STORE", str(tmp_path / "other"))
    for kind, name in (("bind-zone", "example.gov.uk.zone"), ("records-csv", "records.csv"), ("ocds", "notices.json")):
        assert run("import", kind, BODIES / name).code == 0
    assert run("build", "--json").json["content_hash"] == first


def test_two_files_with_the_same_notices_in_either_order(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same release in two files, one of them with more: the union, whatever came first."""
    package = json.loads((BODIES / "notices.json").read_text())
    part = tmp_path / "part.jsonl"
    part.write_text("\n".join(json.dumps(release) for release in package["releases"][:2]))
    hashes = []
    for place, order in (("a", (part, BODIES / "notices.json")), ("b", (BODIES / "notices.json", part))):
        monkeypatch.setenv("CLOUDHOLD_STORE", str(tmp_path / place))
        counts = [run("import", "ocds", path, "--json").json["files"][0] for path in order]
        assert sum(c["new"] for c in counts) == 4
        built = run("build", "--json").json
        assert built["counts"]["notices"] == 89 + 4
        hashes.append(built["content_hash"])
    assert hashes[0] == hashes[1]


def test_no_contact_details_anywhere(taken: Callable, tmp_path: Path, store_path: Path) -> None:
    assert taken("export", "--out", tmp_path / "files").code == 0
    texts = {path.name: path.read_text() for path in (tmp_path / "files").glob("*.csv")}
    assert {f"{name}.csv" for name in EDITION_TABLES} < set(texts)
    for name, text in texts.items():
        assert "@" not in text, name
        assert "jo.bloggs" not in text.lower(), name
        assert "0161 496 0000" not in text, name
    assert "[phone removed]" in texts["notices.csv"]
    # not in what is kept raw either
    from pipelines.store import Store

    store = Store(store_path)
    for part in store.manifest().raw:
        assert b"jo.bloggs" not in store.raw_body(part)


def test_exported_files_agree_with_their_metadata(taken: Callable, tmp_path: Path) -> None:
    import hashlib

    assert taken("export", "findings", "contracts", "--out", tmp_path / "files").code == 0
    for name in ("findings", "contracts"):
        body = (tmp_path / "files" / f"{name}.csv").read_bytes()
        metadata = json.loads((tmp_path / "files" / f"{name}.csv-metadata.json").read_text())
        rows = list(csv.DictReader(body.decode().splitlines(keepends=True)))
        assert metadata["notes"][0]["rows"] == len(rows) > 50
        assert metadata["notes"][0]["sha256"] == hashlib.sha256(body).hexdigest()
        assert body.count(b"\r\n") >= len(rows) + 1
        assert [c["name"] for c in metadata["tableSchema"]["columns"]] == list(rows[0])
    package = json.loads((tmp_path / "files" / "datapackage.json").read_text())
    assert {resource["path"] for resource in package["resources"]} == {"findings.csv", "contracts.csv"}


def test_the_screen_shows_what_the_command_line_says(taken: Callable) -> None:
    said = taken("concentration", "--json").json
    test = AppTest.from_string(
        "import app.views as v\nfrom app.components import frame_page\n"
        "frame_page([w for w in v.views() if w.PAGE.id == 'overview'][0])\n",
        default_timeout=60,
    ).run()
    shown = "\n".join(str(m.value) for m in test.markdown).replace("\\", "")
    assert said["title"] in shown
    value = said["figures"]["effective_number"]["value"]
    assert f"{value:.2f}" in [metric.value for metric in test.metric]
    assert any(said["edition"] in str(caption.value) for caption in test.caption)


def test_private_records_are_marked_and_held_back(run: Callable, tmp_path: Path) -> None:
    assert run("import", "bind-zone", "--private", BODIES / "example.gov.uk.zone").code == 0
    built = run("build", "--json").json
    assert built["private"] is True
    refused = run("export", "--out", tmp_path / "files")
    assert refused.code == 2
    assert "--private" in refused.err
    assert not (tmp_path / "files" / "findings.csv").exists()
    assert run("export", "--private", "--out", tmp_path / "files").code == 0
