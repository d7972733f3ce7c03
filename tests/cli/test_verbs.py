"""Every verb has help with an example; results are on stdout alone; JSON carries what the contract promises."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from app.cli import cloudhold
from pipelines import schema

VERBS = cloudhold.list_commands(click.Context(cloudhold))

ROOT = Path(__file__).parents[2]
BODIES = Path(__file__).parents[1] / "golden" / "bodies"
COMMON = {"edition", "content_hash", "as_of", "sources", "caveats"}


@pytest.mark.parametrize("verb", VERBS)
def test_help_shows_an_example(run: Callable, verb: str) -> None:
    ran = run(verb, "--help")
    assert ran.code == 0
    assert f"Example: cloudhold {verb}" in " ".join(ran.out.split())
    assert ran.err == ""
    words = ran.out.partition("Options:")[0]
    assert [line for line in words.splitlines() if "  " in line.strip() or line.startswith("   ")] == []


def test_an_answer_in_words_tells_counts_as_whole_numbers_and_each_unit_once(run: Callable) -> None:
    ran = run("concentration")
    lines = [line.strip() for line in ran.out.splitlines()]
    assert lines[0].endswith(".") and "not tested" in lines[0]
    assert "In the population: 382 councils" in lines and "Not tested: 52 of 382 councils" in lines
    assert any(
        re.fullmatch(r"Effective number.*: 1\.\d\d providers \(between 1\.\d\d and 1\.\d\d\) of .*", line)
        for line in lines
    )
    assert any(re.fullmatch(r"Microsoft 365 +\d+ +\d+ +\d+ +0\.\d\d +0\.\d\d +1", line) for line in lines)
    claim = run("claim", "--provider", "aws").out.splitlines()
    assert claim[0].startswith("Evidence suggests ") and "GBP" not in "".join(claim[:10])


def test_bare_help_lists_the_verbs(run: Callable) -> None:
    ran = run("--help")
    assert ran.code == 0
    assert set(VERBS) >= {"build", "import", "export", "attribute", "outage", "explain", "check", "serve"}


def test_a_build_takes_away_what_a_crash_left_a_day_ago(run: Callable, store_path: Path) -> None:
    assert run("build").code == 0
    old, young = (store_path / "tables" / f"part-000009-000{n}-deadbeef.parquet" for n in (1, 2))
    for left in (old, young):
        left.write_bytes(b"left by a crash")
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    kept = {path: path.read_bytes() for path in (store_path / "editions").rglob("*.parquet")}
    assert run("build").code == 0
    assert (old.exists(), young.exists()) == (False, True)
    assert {path: path.read_bytes() for path in kept} == kept


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["build"], {"counts", "coverage", "issues"}),
        (["import", "ocds", str(BODIES / "notices.json")], {"files"}),
        (["concentration"], {"figures", "providers"}),
        (["outage", "--provider", "azure", "--region", "uksouth", "--hours", "8"],
         {"scenario", "population", "down", "degraded", "unknown", "paths", "alternatives"}),
        (["outage", "--preset", "fastly-2021-06-08"], {"scenario", "paths"}),
        (["explain", "www.judiciary.uk"], {"subject", "findings"}),
        (["check"], {"checks"}),
        (["sources"], {"coverage"}),
    ],
    ids=lambda v: v[0] if isinstance(v, list) else "",
)  # fmt: skip
def test_json_is_one_object_with_the_promised_keys(run: Callable, arguments: list[str], keys: set[str]) -> None:
    assert run("build").code == 0
    ran = run(*arguments, "--json")
    assert ran.code == 0
    body = json.loads(ran.out)
    assert COMMON | keys <= set(body)


def test_outage_counts_have_their_four_parts_and_paths_their_evidence(run: Callable) -> None:
    body = run("outage", "--provider", "azure", "--region", "uksouth", "--hours", "8", "--json").json
    for state in ("down", "degraded", "unknown"):
        assert set(body[state]) == {"known", "inferred", "low", "high"}
        assert body[state]["low"] <= body[state]["known"] + body[state]["inferred"] <= body[state]["high"]
    sure = [path for path in body["paths"] if path["certainty"] == "known"]
    assert sure
    for path in sure:
        assert {"service", "effect", "layer", "via", "evidence"} <= set(path)
        assert path["evidence"], path
        assert all(item["source_id"] for item in path["evidence"])


def test_fastly_names_gov_uk_with_its_statement_and_date(run: Callable) -> None:
    body = run("outage", "--provider", "fastly", "--hours", "1", "--json").json
    path = next(p for p in body["paths"] if p["service"] == "govuk")
    statements = [item for item in path["evidence"] if item["kind"] == "statement"]
    assert statements and all(item["date"] and item["url"] for item in statements)


def test_us_east_1_degrades_and_takes_nothing_down_on_that_ground_alone(run: Callable) -> None:
    body = run("outage", "--provider", "aws", "--region", "us-east-1", "--hours", "14.5", "--json").json
    assert body["degraded"]["known"] > 50
    assert body["down"] == {"known": 0, "inferred": 0, "low": 0, "high": body["down"]["high"]}


def test_attribute_has_the_columns_of_the_contract(run: Callable, tmp_path: Path) -> None:
    ran = run("attribute", BODIES / "records.csv")
    assert ran.code == 0
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert list(rows[0]) == [
        "host", "role", "layer", "provider", "parent", "product", "region", "origin_provider", "confidence",
        "rule_id", "evidence", "evidence_date",
    ]  # fmt: skip
    assert len({(r["host"], r["role"], r["layer"], r["provider"]) for r in rows}) == len(rows)
    by = {(r["host"], r["role"], r["layer"]): r for r in rows}
    assert by["old.council.example", "web", "front"]["provider"] == "none"
    assert by["mystery.council.example", "web", "front"]["provider"] == "unknown"
    assert by["council.example", "mail", "front"]["provider"] == "mimecast"
    assert by["council.example", "mail", "back"]["provider"] == "microsoft-365"
    assert by["www.council.example", "web", "front"]["evidence_date"] == "2026-09-01"
    out = tmp_path / "findings.csv"
    assert run("attribute", BODIES / "records.csv", "--out", out).out == ""
    assert out.read_text() == ran.out


def test_attribute_starts_without_what_it_does_not_use(store_path: Path, tmp_path: Path) -> None:
    """Arrow and numpy took half of a run on a small file: a store without ranges and few addresses need neither."""
    records = tmp_path / "records.csv"
    records.write_text("host,type,value\nwww.example.gov.uk,A,192.0.2.1\n")
    program = (
        "import sys; from app.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(*sorted({'duckdb', 'numpy', 'pandas', 'pyarrow', 'requests'} & set(sys.modules)), 'in the end')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "attribute", str(records)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[1].startswith("www.example.gov.uk,web,front,")
    assert ran.stdout.splitlines()[2:] == ["in the end"]


def test_concentration_of_a_file_by_hand(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("g,p,n\nx,a,40\nx,b,30\nx,c,20\nx,d,10\ny,only,7\ny,none,0\n")
    groups = run("concentration", path, "--group", "g", "--item", "p", "--count", "n", "--json").json["groups"]
    assert groups["x"]["hhi_10000"] == 3000
    assert groups["x"]["cr3"] == 0.9
    assert groups["x"]["gini"] == 0.25
    assert groups["x"]["hill_q2"] == 3.333333
    assert groups["y"]["k"] == 1
    assert groups["y"]["hhi_normalised"] is None
    assert set(groups["x"]) == {
        "n", "k", "hhi_10000", "hhi", "cr1", "cr3", "cr4", "cr5", "hhi_normalised", "gini", "shannon_nats",
        "shannon_bits", "entropy_normalised", "hill_q0", "hill_q1", "hill_q2", "hill_inf", "S_emd", "hhi_unbiased",
        "hhi_se_delta",
    }  # fmt: skip


def test_build_twice_and_elsewhere_gives_the_same_hash(run: Callable, tmp_path: Path, monkeypatch) -> None:
    first = run("build", "--json").json
    assert run("build", "--json").json["content_hash"] == first["content_hash"]
    monkeypatch.setenv("CLOUDHOLD_STORE", str(tmp_path / "elsewhere"))
    second = run("build", "--json").json
    assert second["content_hash"] == first["content_hash"]
    assert second["edition"] == f"{second['as_of']}-{second['content_hash'][:8]}"


def test_the_hash_does_not_depend_on_the_process(tmp_path: Path) -> None:
    """Sets and dicts of strings have another order in each process; no edition may show it."""
    hashes = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "--store", str(tmp_path / seed), "build", "--json"],
            env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, capture_output=True, check=True,
        )  # fmt: skip
        hashes.add(json.loads(done.stdout)["content_hash"])
    assert len(hashes) == 1


def test_reading_verbs_work_before_anything_was_built(run: Callable) -> None:
    assert run("concentration", "--json").json["figures"]["items"]["value"] == 382
    assert run("explain", "www.judiciary.uk").code == 0


def test_a_note_says_when_records_came_in_after_the_edition(run: Callable) -> None:
    run("build")
    run("import", "ocds", BODIES / "notices.json")
    assert "run cloudhold build" in run("concentration").err
    run("build")
    assert run("concentration").err == ""


def test_exports_are_the_same_bytes_twice(run: Callable, tmp_path: Path) -> None:
    run("build")
    for name in ("a", "b"):
        assert run("export", "--out", tmp_path / name).code == 0
        assert run("export", "findings", "--format", "parquet", "--out", tmp_path / name).code == 0
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    wanted = {f"{table}{end}" for table in schema.EDITION_TABLES for end in (".csv", ".csv-metadata.json")}
    assert wanted | {"datapackage.json", "findings.parquet"} <= set(files)
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(("mark", "end"), [(",", "\n"), (",", "\r\n"), (";", "\r\n"), ("\t", "\n")])
def test_suppliers_reads_a_table_as_people_save_it(
    run: Callable, tmp_path: Path, encoding: str, mark: str, end: str
) -> None:
    """One row out for each row in, in order, the name as it stands; other columns are let pass."""
    names = ["Amazon Web Services EMEA S.À R.L.", "", "Softcat plc", "AWS Solicitors", "Softcat plc"]
    lines = [mark.join(("id", "supplier_name")), *(mark.join((str(n), name)) for n, name in enumerate(names))]
    path = tmp_path / "names.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    done = run("suppliers", path)
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["supplier_name"] for row in rows] == names
    assert [(row["provider"], row["reseller"], row["parent"], row["grade"]) for row in rows] == [
        ("aws", "", "amazon", "direct"), ("", "", "", ""), ("", "softcat", "", ""), ("", "", "", ""), ("", "softcat", "", ""),
    ]  # fmt: skip


def test_import_says_why_rows_were_set_aside(run: Callable, tmp_path: Path) -> None:
    """Read = new + known + set aside, each of these with its reason; a header alone is said to be one."""
    path, bare = tmp_path / "spend.csv", tmp_path / "bare.csv"
    path.write_text(
        "Entity,Date,Supplier,Amount\nE,1/4/2024,A Ltd,5\nE,1/4/2024,B Ltd,tbc\nE,2/4/2024,,7\nE,2/4/2024,,8\n"
    )
    bare.write_text("Entity,Date,Supplier,Amount\n")
    reasons = {"they have no amount in pounds": 1, "they name no supplier": 2}
    done = run("import", "spend-csv", path, bare)
    assert done.code == 0 and "4 read, 1 new, 0 known, 3 in quarantine" in done.out
    assert all(f"{path}: {rows} set aside: {reason}" in done.err for reason, rows in reasons.items())
    assert f"{bare}: nothing stands below its header" in done.err
    file = run("import", "spend-csv", path, "--json").json["files"][0]
    assert (file["read"], file["new"], file["known"], file["quarantined"], file["reasons"]) == (4, 0, 1, 3, reasons)


def test_a_claim_in_words_has_both_sides_and_what_our_sources_lack(run: Callable) -> None:
    assert run("build").code == 0
    for claim_id, publisher, reply in (
        ("tussell-aws-2025", "The Guardian", "We read no reply"),
        ("cma-cloud-2025", "Competition and Markets Authority", "voluntary commitments"),
    ):
        done, answer = run("claim", claim_id), run("claim", claim_id, "--json").json
        assert done.code == 0 and answer["verdict"] in done.out
        sides, _, lacks = done.out.partition("Claimed by")[2].partition("What our sources lack:")
        assert publisher in sides and reply in sides
        assert all(figure["label"] in sides and figure["result"] in sides for figure in answer["figures_published"])
        assert answer["lacks"] and all(lack in lacks for lack in answer["lacks"])


def test_attribute_says_which_rows_it_could_not_use(run: Callable, tmp_path: Path) -> None:
    """A quote that never closes swallows what comes after it: an answer of nothing must not look like a finding."""
    path = tmp_path / "zones.csv"
    path.write_text('host,type,value\na.gov.uk,A,192.0.2.1\nshort\n"b.gov.uk,A,192.0.2.1\nc.gov.uk,A,192.0.2.1\n')
    ran = run("attribute", path)
    assert ran.code == 0
    assert [line.split(",")[0] for line in ran.out.splitlines()[1:]] == ["a.gov.uk"]
    assert (
        ran.err
        == f"{path}: 2 rows set aside, the first on line 3: it has no host, type or value, or a value too long\n"
    )


def test_an_incident_is_explained_by_the_addresses_that_its_row_names(run: Callable) -> None:
    with (ROOT / "data/reference/incidents.csv").open(encoding="utf-8", newline="") as file:
        row = next(r for r in csv.DictReader(file) if r["incident_id"] == "aws-2025-10-20-dynamodb-dns")
    explained = run("explain", row["incident_id"], "--json").json
    (entry,) = explained["findings"]
    assert entry["incident_id"] == row["incident_id"] and entry["title"].endswith(f": {row['product']}")
    urls = {step["url"] for step in entry["evidence"]}
    assert urls and all(url in " ".join(row.values()) for url in urls)
    assert {"kind", "value", "source", "url", "fetched_at", "sha256", "rule_id"} <= set(entry["evidence"][0])
