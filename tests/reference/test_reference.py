"""Reference facts: every entry is visited; a broken one stops the load and is named by file and entry."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import build, reference, reference_tables
from pipelines.attribution import rules
from pipelines.errors import BadReference
from pipelines.reference import Reference
from pipelines.store import Store

SHIPPED = reference.default_path()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    place = tmp_path / "reference"
    shutil.copytree(SHIPPED, place)
    return place


def everything(path: Path) -> None:
    """Read all that a build reads."""
    facts = Reference(path)
    rules.Rules(facts)
    place = Store(path.parent / "store")
    build.build(facts, place, place.manifest())


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1))


def test_the_shipped_facts_hold_together(copy: Path) -> None:
    everything(copy)


def test_every_provider_has_names_parent_and_marks() -> None:
    facts = reference.load()
    assert len(facts.providers) > 280
    for provider in facts.providers.values():
        assert provider.name and provider.kind and provider.parent and provider.words
        for section in provider.sections.values():
            for entry in section:
                assert entry["source"] and entry["check"] in ("seen", "read", "recalled")


@pytest.mark.parametrize("wanted", ["aws", "azure", "microsoft-365", "github-pages", "gcp", "google-workspace", "oracle",
                                    "ibm", "cloudflare", "akamai", "fastly", "sendgrid", "mimecast"])  # fmt: skip
def test_ids_of_the_contract_exist(wanted: str) -> None:
    assert reference.load().provider(wanted).id == wanted


BROKEN: list[tuple[str, str, str, str]] = [
    # file, what stands there, what it becomes, what the message must name
    ("providers/aws.toml", 'parent = "amazon"', 'parent = ""', "providers/aws.toml, parent"),
    ("providers/aws.toml", 'jurisdiction = "US"', 'jurisdiction = "USA"', "providers/aws.toml, jurisdiction"),
    ("providers/aws.toml", 'id = "aws"', 'id = "awz"', "providers/aws.toml, id"),
    ("providers/aws.toml", 'word = "hosting"', 'word = "hostage"', "providers/aws.toml, suffixes entry"),
    ("providers/aws.toml", "[[suffixes]]", "[[suffixes]]\nsufix = 1", "suffixes entry 1"),
    ("providers/azure.toml", "[regions]", "[regionz]", "providers/azure.toml, regionz"),
    ("providers/github.toml", 'jurisdiction = "US"', 'jurisdiction = "FR"', "jurisdiction: is"),
    ("providers/aws.toml", "pattern = ", "pattern = '(' #", "cannot be read"),
    ("providers/aws.toml", "pattern = ", 'suffix = "awsdns.com"\npattern = ', "must have a suffix or a pattern"),
    ("providers/akamai.toml", 'suffix = "akam.net"', "", "name_servers entry 2: must have a suffix or a pattern"),
    ("providers/att.toml", 'suffix = "att.net"', 'suffix = "akam.net"', "'akam.net': marks akamai already"),
    ("providers/aws.toml", 'id = "aws"', "id = = 1", "is not valid TOML"),
    ("organisations.csv", "\nacas,", "\n,", "organisations.csv, row"),
    ("organisations.csv", ",central,", ",outer space,", "organisations.csv, row"),
    ("services.csv", "department-for-work-pensions", "department-of-magic", "services.csv, row"),
    ("published_hosting.csv", ",hosting,back,", ",hostage,back,", "published_hosting.csv, row"),
    ("published_hosting.csv", "GOV.UK,AWS,", "GOV.UK,AWX,", "published_hosting.csv, row 2: 'AWX'"),
    ("published_hosting.csv", "GOV.UK,AWS,", "GOV.ZZ,AWS,", "published_hosting.csv, row 2"),
    ("transitive.csv", ",single,", ",married,", "transitive.csv, row"),
    ("platforms.csv", "access-to-work-claim;", "no-such-service;", "platforms.csv, row"),
    ("incidents.csv", "2016-01-28T00:23Z", "2016-13-28T00:23Z", "incidents.csv, row 2"),
    ("incidents.csv", "2016-01-28T02:29Z", "2015-01-28T02:29Z", "ends before it begins"),
    ("contracts.csv", "450281369", "many", "contracts.csv, row 2"),
    ("ranges.csv", ",aws,", ",awx,", "ranges.csv, row"),
    ("nowhere.csv", "parking,bodis.com", "parkin,bodis.com", "nowhere.csv, row 5: kind 'parkin'"),
    ("nowhere.csv", "re-checked,recalled", "re-checked,guessed", "nowhere.csv, row 2: check is 'guessed'"),
    ("providers/azure.toml", 'suffix = "azurecr.io"', 'suffix = "cloudfront.net"', "providers/azure.toml, 'cloudfront.net': marks aws already"),
    ("providers/aws.toml", "anycast = [", "anycost = [", "providers/aws.toml, range_products.anycost"),
    ("global_dependencies.csv", ",A,https", ",Z,https", "global_dependencies.csv, row"),
    ("council_records.csv", "host,type,value", "host,typ,value", "council_records.csv, the header: lacks type"),
    ("presets.toml", 'provider = "fastly"', 'provider = "slowly"', "unknown provider 'slowly'"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "says"), BROKEN, ids=[f"{row[0]}: {row[3]}" for row in BROKEN])
def test_a_broken_entry_is_named(copy: Path, file: str, old: str, new: str, says: str) -> None:
    change(copy / file, old, new)
    with pytest.raises(Exception) as broken:
        everything(copy)
    assert getattr(broken.value, "exit_code", None) == 2, repr(broken.value)
    assert says in str(broken.value)


def test_a_word_with_two_owners_is_named(copy: Path) -> None:
    change(copy / "providers" / "fastly.toml", "words = [", 'words = ["AWS", ')
    with pytest.raises(BadReference, match="'AWS' belongs to aws already"):
        Reference(copy)


def test_a_company_word_is_decided_by_its_product() -> None:
    facts = reference.load()
    cases = [
        ("Microsoft", "Azure Kubernetes", "azure"), ("Microsoft", "Exchange Online", "microsoft-365"),
        ("Microsoft", "GitHub Actions", "github"), ("Microsoft", None, "azure"),
        ("Google", "Workspace", "google-workspace"), ("Google", "BigQuery", "gcp"),
        ("AWS", None, "aws"), ("undisclosed", None, "unknown"), ("own metal", None, "none"), ("", None, "unknown"),
    ]  # fmt: skip
    for word, product, provider in cases:
        assert facts.by_word(word, product, "f", "r") == ((provider,), "all_of"), (word, product)
    assert facts.by_word("MMG or Firetext (texts)", None, "f", "r") == (("mmg", "firetext"), "any_of")


def test_regions_are_read_from_words() -> None:
    facts = reference.load()
    cases = [
        ("aws", "AWS eu-west-2 (EKS, RDS)", "eu-west-2"), ("azure", "Azure UK South (origin)", "uksouth"),
        ("aws", "UK and Ireland", None), ("aws", "eu-west-1 and eu-west-2", None), ("gcp", "europe-west2", "europe-west2"),
        ("gcp", "europe-west", None), ("aws", None, None),
    ]  # fmt: skip
    for provider, text, region in cases:
        assert facts.providers[provider].region(text) == region, text


def test_start_pages_on_gov_uk_are_not_where_services_run(default_edition) -> None:
    rows = default_edition.rows("SELECT service_id FROM services WHERE list_contains(hosts, 'www.gov.uk')")
    assert [row["service_id"] for row in rows] == ["govuk"]


def test_council_mail_agrees_with_the_fact_check(default_edition) -> None:
    """Expected: the table of the fact check of 22 November 2026, counted over mail domains by another person.

    One tie is left out of 'unknown': Thanet and Elmbridge are contradictory and counted by their first sign. The fact
    check let SPF or a token alone show the mailbox behind a council's own server too: three by SPF (Denbighshire,
    Luton, West Lothian) and two by token (Cardiff, Stoke-on-Trent). We count those five as unknown.
    """
    rows = default_edition.rows(
        """SELECT f.provider, f.rule_id, count(*) AS n FROM findings f
           WHERE f.role = 'mail' AND f.layer = 'back' AND f.source_id = 'reference-council_records'
             AND f.subject IN (SELECT domain FROM organisations WHERE sector = 'local') GROUP BY ALL"""
    )
    by_mx = sum(r["n"] for r in rows if r["provider"] == "microsoft-365" and r["rule_id"].startswith("mx:"))
    shown = sum(r["n"] for r in rows if r["rule_id"] in ("mail-through:dkim", "mail-through:autodiscover"))
    spf = sum(r["n"] for r in rows if r["rule_id"] == "mail-through:spf")
    token = sum(r["n"] for r in rows if r["rule_id"] == "mail-through:token")
    google = sum(r["n"] for r in rows if r["provider"] == "google-workspace")
    unknown = sum(r["n"] for r in rows if r["provider"] == "unknown")
    assert by_mx == 191
    assert shown == 102 + 1  # Elmbridge
    assert (spf, token) == (13 - 3, 13 - 2)
    assert google == 4 + 1  # Thanet
    assert unknown == 4 + 5
    assert sum(r["n"] for r in rows) == 329


def test_filters_in_front_agree_with_the_fact_check(default_edition) -> None:
    rows = default_edition.rows(
        """SELECT provider, count(DISTINCT subject) AS n FROM findings WHERE role = 'mail' AND layer = 'front'
           AND subject IN (SELECT domain FROM organisations WHERE sector = 'local') GROUP BY ALL"""
    )
    counts = {row["provider"]: row["n"] for row in rows}
    expected = {
        "mimecast": 47, "barracuda": 12, "forcepoint": 10, "kent-shared-relay": 9, "sophos": 8, "vipre": 6,
        "cisco": 5, "trendmicro": 5, "topsec": 4, "proofpoint": 3, "libraesva": 2, "broadcom": 2,
        "redditch-shared-relay": 2,
    }  # fmt: skip
    assert {key: counts.get(key) for key in expected} == expected


def test_permanent_ids_do_not_depend_on_time() -> None:
    assert reference_tables.short("a", "b") == reference_tables.short("a", "b") != reference_tables.short("ab", "")


def test_every_reference_table_states_its_fingerprint(default_edition) -> None:
    rows = default_edition.rows("SELECT source_id, sha256 FROM sources WHERE collector = 'reference'")
    assert len(rows) > 12
    assert [row["source_id"] for row in rows if not row["sha256"]] == []


def test_building_from_the_reference_alone_is_quick_enough(run: Callable) -> None:
    """The contract says under 15 s on a fresh machine; here only that CPU time stays far from it."""
    import time

    started = time.process_time()
    assert run("build").code == 0
    assert time.process_time() - started < 15


def test_every_place_lies_in_the_united_kingdom(default_edition) -> None:
    """One council once stood in Wisconsin: a namesake's place had been taken for its own."""
    placed = default_edition.rows("SELECT organisation_id, lat, lon FROM organisations WHERE lat IS NOT NULL")
    assert len(placed) > 300
    assert [r["organisation_id"] for r in placed if not (49.8 <= r["lat"] <= 60.9 and -8.7 <= r["lon"] <= 1.8)] == []


def test_an_edition_names_the_facts_that_it_was_made_of_and_not_what_a_file_became_later(copy: Path) -> None:
    aws = copy / "providers" / "aws.toml"
    as_read = hashlib.sha256(aws.read_bytes()).hexdigest()
    facts = Reference(copy)
    aws.write_bytes(aws.read_bytes() + b"# a later thought\n")
    assert facts.hashes["providers/aws.toml"] == as_read
    named = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.suffix in (".csv", ".toml")}
    assert set(facts.hashes) == named
