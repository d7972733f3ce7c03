"""The working data beside the checkout, where there is any: every file of a kind imports, figures agree."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.shared


def test_every_ocds_file_and_the_zones_import_and_build(run: Callable, shared: Path) -> None:
    files = sorted((shared / "procurement" / "ocds").glob("*/*"))
    assert len(files) == 8
    first = run("import", "ocds", *files, "--json")
    assert first.code == 0
    counts = {Path(f["path"]).name: f for f in first.json["files"]}
    assert sum(f["new"] for f in counts.values()) == 461
    assert sum(f["quarantined"] for f in counts.values()) == 0
    zones = [shared / "dns" / name for name in ("moj_records_dev.csv", "hmcts_records_dev.csv")]
    assert run("import", "records-csv", *zones).code == 0
    built = run("build", "--json").json
    assert built["counts"]["notices"] - 89 > 300
    again = (
        run("import", "ocds", *files, "--json").json["files"]
        + run("import", "records-csv", *zones, "--json").json["files"]
    )
    assert sum(f["new"] for f in again) == 0
    assert run("build", "--json").json["content_hash"] == built["content_hash"]
    export = run("explain", "www.judiciary.uk", "--json").json
    assert export["findings"]
    assert run("check").code == 0


def test_findings_for_over_2500_hosts_and_a_host_walks_back(run: Callable, shared: Path, tmp_path: Path) -> None:
    zones = [shared / "dns" / name for name in ("moj_records_dev.csv", "hmcts_records_dev.csv")]
    assert run("import", "records-csv", *zones).code == 0
    assert run("build").code == 0
    assert run("export", "findings", "--out", tmp_path).code == 0
    with (tmp_path / "findings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["subject"] for row in rows}) > 2500
    entry = run("explain", "c2.justice.gov.uk", "--json").json["findings"][0]
    evidence = entry["evidence"][0]
    assert evidence["rule_id"] and evidence["source"] and len(evidence["sha256"]) == 64 and evidence["fetched_at"]


def test_the_published_tables_of_two_countries_are_equal(run: Callable, shared: Path) -> None:
    expected = json.loads((shared / "metrics" / "expected_by_country.json").read_text())
    counts = run(
        "concentration", shared / "metrics" / "ca_counts.csv",
        "--group", "country", "--item", "issuer", "--count", "sites", "--json",
    ).json["groups"]  # fmt: skip
    services = run(
        "concentration", shared / "metrics" / "dns_sites.csv", "--services", "--group", "country", "--service", "site",
        "--providers", "providers_folded", "--types", "ns_types", "--json",
    ).json["groups"]  # fmt: skip
    compared = 0
    for country, tables in expected.items():
        for key, value in (tables["ca"] or {}).items():
            assert counts[country][key] == value, (country, key)
            compared += 1
        for key, value in (tables["dns"] or {}).items():
            found = services[country][key]
            if key.startswith("top_"):  # the contract orders ties by name, the table by first appearance
                assert sorted(found) == sorted(value), (country, key)
            else:
                assert found == value, (country, key)
            compared += 1
    assert compared > 60


def test_labelled_supplier_names(shared: Path) -> None:
    """Precision first: what is labelled another firm, retail or consumer is never a cloud provider."""
    from pipelines import reference
    from pipelines.contracts.identity import Suppliers

    known = Suppliers(reference.load())
    wrong = []
    with (shared / "procurement" / "supplier_name_labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            label = row["label"]
            if label.startswith("not_") or label.endswith(("_retail", "_ads")) or "_consumer" in label:
                identity = known.find(row["supplier_name"])
                if identity.provider or identity.reseller:
                    wrong.append((label, row["supplier_name"], identity))
    assert wrong == []
