"""Concentration of an edition of a few rows: every share worked out by hand."""

from __future__ import annotations

import datetime as dt
import math

import duckdb
import pytest

from pipelines.answers import Answer, concentration
from pipelines.answers._populations import POPULATIONS
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName

DAY = "DATE '2026-01-02'"


@pytest.fixture(scope="module")
def small() -> Edition:
    """Five councils, six services and six contracts of invented bodies."""
    db = duckdb.connect()
    db.execute(f"""
    CREATE TABLE organisations AS SELECT * FROM (VALUES
      ('ash', 'Ash', 'local', 'ash.example'), ('birch', 'Birch', 'local', 'birch.example'),
      ('cedar', 'Cedar', 'local', 'cedar.example'), ('elm', 'Elm', 'local', 'elm.example'),
      ('fir', 'Fir', 'local', NULL), ('mill', 'Ministry of Mills', 'central', 'mills.example')
    ) t(organisation_id, name, sector, domain);
    CREATE TABLE services AS SELECT * FROM (VALUES
      ('s1', 'one', 'mill', 'central', ['s1.example'], 600), ('s2', 'two', 'mill', 'central', ['s2.example'], 300),
      ('s3', 'three', 'mill', 'central', ['s3.example'], NULL), ('s4', 'four', 'ash', 'local', ['s4.example'], 100),
      ('s5', 'five', 'ash', 'local', ['s5.example'], NULL), ('s6', 'six', 'ash', 'local', ['s6.example'], NULL)
    ) t(service_id, name, organisation_id, sector, hosts, transactions_year);
    CREATE TABLE findings AS SELECT *, {DAY} AS seen_on, 'src' AS source_id, false AS private FROM (VALUES
      ('m1', 'ash.example', 'ash', 'mail', 'back', 'microsoft-365', 'known', NULL, NULL, 'mx:microsoft-365'),
      ('m2', 'birch.example', 'birch', 'mail', 'back', 'microsoft-365', 'inferred', NULL, NULL, 'spf:x'),
      ('m3', 'birch.example', 'birch', 'mail', 'front', 'mimecast', 'known', NULL, 'in.mimecast.example', 'mx:mimecast'),
      ('m4', 'cedar.example', 'cedar', 'mail', 'back', 'google-workspace', 'known', NULL, NULL, 'mx:google'),
      ('m5', 'elm.example', 'elm', 'mail', 'back', 'unknown', 'unknown', NULL, NULL, NULL),
      ('w1', 's1.example', 'mill', 'web', 'front', 'aws', 'known', 'eu-west-2', 'lb.example', 'name'),
      ('w2', 's2.example', 'mill', 'web', 'front', 'aws', 'known', NULL, 'lb.example', 'name'),
      ('w3', 's3.example', 'mill', 'web', 'front', 'azure', 'inferred', 'uksouth', NULL, 'name'),
      ('w4', 's4.example', 'ash', 'web', 'front', 'aws', 'known', 'eu-west-1', NULL, 'name'),
      ('w5', 's4.example', 'ash', 'web', 'front', 'cloudflare', 'known', NULL, NULL, 'name'),
      ('w6', 's5.example', 'ash', 'web', 'front', 'unknown', 'unknown', NULL, NULL, NULL)
    ) t(finding_id, subject, organisation_id, role, layer, provider, certainty, region, endpoint, rule_id);
    CREATE TABLE contracts AS SELECT *, 'active' AS status, {DAY} AS awarded_on, NULL::DATE AS start_on, NULL::DATE AS end_on,
      NULL::DATE AS max_end_on, 'src' AS source_id, 'portal' AS portal, contract_id AS reference, 'body' AS buyer_name,
      NULL AS value_basis, NULL AS flags, NULL AS url
    FROM (VALUES
      ('c1', 'c1', 'one', 'mill', 'contract', 100, 'known', NULL), ('c2', 'c1', 'one again', 'mill', 'contract', 160, 'known', 'unknown'),
      ('c3', 'c3', 'split', 'mill', 'call_off', 50, 'known', 'software'), ('c4', 'c4', 'resold', 'ash', 'contract', 40, 'known', NULL),
      ('c5', 'c5', 'no value', 'ash', 'contract', NULL, 'unknown', NULL), ('c6', 'c6', 'framework', 'mill', 'framework', 9999, 'known', NULL),
      ('c7', 'c7', 'swiss', NULL, 'contract', 10, 'known', 'infrastructure'), ('c8', 'c8', 'adverts', 'mill', 'contract', 9999, 'known', 'ads')
    ) t(contract_id, group_id, title, organisation_id, contract_class, value_gbp, value_status, service_class);
    CREATE TABLE contract_suppliers AS SELECT 'c1' AS contract_id, 'A Reseller' AS supplier_name;
    CREATE TABLE contract_providers AS SELECT *, false AS marketplace, 'rule' AS rule_id, provider AS parent, 'direct' AS grade,
      NULL AS phrase, NULL AS place FROM (VALUES
      ('c1', 'aws', 'known', false), ('c2', 'aws', 'known', false), ('c3', 'aws', 'known', false),
      ('c3', 'gcp', 'known', false), ('c4', 'azure', 'known', true), ('c5', 'azure', 'known', false),
      ('c6', 'azure', 'known', false), ('c7', 'ukcloud', 'known', false),
      ('c8', 'gcp', 'known', false)
    ) t(contract_id, provider, certainty, via_reseller);
    CREATE TABLE sources AS SELECT 'src' AS source_id, 'A made-up list' AS title, NULL AS publisher, NULL AS licence,
      NULL AS credit, NULL AS url, NULL AS date_to, NULL AS sha256, NULL AS fetched_at;
    """)
    counts = {"organisations": 6, "services": 6}
    return Edition("small", "0" * 64, dt.date(2026, 1, 2), False, counts, db)


def bounds(answer: Answer, figure: str) -> tuple[float | None, float | None, float | None]:
    f = answer.figure(figure)
    return tuple(None if x is None else round(x, 6) for x in (f.value, f.low, f.high))  # type: ignore[return-value]


def held(answer: Answer) -> dict[str, tuple[float, float, float, str]]:
    rows = answer.frames["providers"].to_dict("records")
    return {r["provider"]: (r["items"], round(r["low"], 4), round(r["high"], 4), r["rank"]) for r in rows}


def test_mailboxes_of_councils(small: Edition) -> None:
    """Two with Microsoft 365 (one inferred), one with Google, one unknown, one not tested."""
    answer = concentration.answer(small)
    assert held(answer) == {
        "microsoft-365": (2, 0.4, 0.8, "joint 1"), "google-workspace": (1, 0.2, 0.6, "joint 1"),
    }  # fmt: skip
    assert bounds(answer, "hhi") == (round(5 / 9 * 10_000, 6), 10_000 * 7 / 25, 10_000 * 17 / 25)
    assert bounds(answer, "us_law") == (1.0, 0.6, 1.0)
    assert answer.title.startswith(
        "Evidence suggests that 2 of the 4 councils tested take their mail with Microsoft 365"
    )
    assert [answer.figure(f).value for f in ("known", "inferred", "unknown", "not_tested")] == [2, 1, 1, 1]


def test_several_shares_of_one_count_are_told_together(small: Edition) -> None:
    told = concentration.answer(small).body["shares"]
    assert told == (
        "One count, several shares: Microsoft 365 has 40% of all 5 councils, 50% of the 4 tested and 67% of the 3 that show "
        "a provider."
    )
    assert "or show none." in concentration.answer(small, "council-mail-filter").body["shares"]
    assert concentration.answer(small, "contracts", weight="value").body["shares"] is None


def test_the_newest_record_that_counts_is_told_and_not_that_of_the_edition(
    small: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "as_of", dt.date(2026, 9, 9))
    assert concentration.answer(small).body["newest"] == dt.date(2026, 1, 2)
    assert concentration.answer(small, sector="police").body["newest"] is None


def test_on_known_evidence_alone_what_is_inferred_is_open(small: Edition) -> None:
    answer = concentration.answer(small, evidence="known")
    assert held(answer) == {
        "google-workspace": (1, 0.2, 0.8, "joint 1"), "microsoft-365": (1, 0.2, 0.8, "joint 1"),
    }  # fmt: skip


def test_none_is_no_provider(small: Edition) -> None:
    """Ash and Cedar show no filter, Birch has Mimecast, Elm is unknown, Fir not tested."""
    answer = concentration.answer(small, "council-mail-filter")
    assert held(answer) == {"mimecast": (1, 0.2, 0.6, "1"), "none": (2, 0.4, 0.8, "")}
    assert bounds(answer, "leader_share") == (round(1 / 3, 6), 0.2, 0.6)
    assert answer.figure("effective_number").value == 1
    assert answer.figure("leader_share").of.startswith(
        "3 councils with a provider shown or shown to have none; the range"
    )
    assert answer.figure("hhi").of.startswith("1 councils with a provider shown; the range is over the 3 councils not")
    assert "2 show none" in answer.title and "Mimecast" in answer.title


def test_by_parent_and_by_home_of_the_parent(small: Edition) -> None:
    """s4 stands half on AWS and half behind Cloudflare: four items attributed, two not."""
    answer = concentration.answer(small, "service-web", by="parent")
    assert {name: mass for name, (mass, *_) in held(answer).items()} == {
        "amazon": 2.5,
        "microsoft": 1,
        "cloudflare": 0.5,
    }
    home = concentration.answer(small, "service-web", by="jurisdiction")
    assert held(home) == {"US": (4, round(4 / 6, 4), 1.0, "1")}
    assert bounds(home, "us_law") == bounds(answer, "us_law") == (1.0, round(4 / 6, 6), 1.0)
    alone = answer.figure("leader_impact")  # s1 and s2 hang from Amazon alone, s4 does not
    assert (alone.value, alone.low, alone.high) == (0.5, 2 / 6, 4 / 6)


def test_use_impact_and_redundancy(small: Edition) -> None:
    """AWS answers s1, s2 and s4 of four attributed; s4 has Cloudflare too: use 3, alone 2, with two companies 1."""
    answer = concentration.answer(small, "service-web")
    assert bounds(answer, "leader_use") == (0.75, 0.5, round(5 / 6, 6))
    assert bounds(answer, "leader_impact") == (0.5, round(2 / 6, 6), round(4 / 6, 6))
    assert bounds(answer, "redundancy") == (0.25, round(1 / 6, 6), 0.5)


def test_two_brands_of_one_company_are_no_redundancy(small: Edition) -> None:
    """The split contract names AWS and Google Cloud; of five contracts only that one shows two companies."""
    answer = concentration.answer(small, "contracts")
    assert bounds(answer, "redundancy") == (0.2, 0.2, 0.2)


def test_an_unknown_region_is_one_of_its_own_provider(small: Edition) -> None:
    """s2 is on AWS, region not shown: it may stand in eu-west-2, and not in an Azure region; s5 and s6 may anywhere."""
    answer = concentration.answer(small, "service-web", by="region")
    found = held(answer)
    assert found["aws/eu-west-2"][:3] == (1, round(1 / 6, 4), round(4 / 6, 4))
    assert found["azure/uksouth"][:3] == (1, round(1 / 6, 4), round(3 / 6, 4))
    assert found["aws/eu-west-1"][0] == found["cloudflare/"][0] == 0.5
    assert answer.figure("attributed").value == 3
    # s4 stands half in eu-west-1: that region is used by s4, and may be by s2, s5 and s6.
    assert found["aws/eu-west-1"][2] == round((0.5 + 3) / 6, 4)


def test_a_shared_endpoint_is_one_that_two_share(small: Edition) -> None:
    answer = concentration.answer(small, "service-web", by="endpoint")
    assert held(answer) == {"aws/lb.example": (2, round(2 / 6, 4), round(4 / 6, 4), "1")}
    assert bounds(answer, "hhi")[0] == round((4 + 1 + 2 * 0.25) / 16 * 10_000, 6)


def test_by_published_transactions(small: Edition) -> None:
    """900 of AWS, 100 split between AWS and Cloudflare; three services publish none."""
    answer = concentration.answer(small, "service-web", weight="transactions")
    assert {name: mass for name, (mass, *_) in held(answer).items()} == {"aws": 950, "cloudflare": 50}
    assert answer.figure("without_weight").value == 3
    assert "the 3 of 6 services that publish them" in answer.figure("leader_share").of


def test_by_award_value(small: Edition) -> None:
    """100 once though another notice of it says 160; 50 in an unknown split of two; 40 through a reseller; frameworks in no sum."""
    answer = concentration.answer(small, "contracts", weight="value")
    assert held(answer) == {
        "aws": (125, 0.5, 0.75, "1"), "azure": (40, 0, 0.2, "joint 2"), "gcp": (25, 0, 0.25, "joint 2"),
        "ukcloud": (10, 0.05, 0.05, "joint 2"),
    }  # fmt: skip
    assert bounds(answer, "us_law") == (0.95, 0.75, 0.95)
    index = answer.figure("hhi")
    # Highest: all 50 with AWS, 40 whole; lowest: the split all with gcp, the resold half with each.
    assert round(index.high, 6) == (150**2 + 40**2 + 10**2) / 200**2 * 10_000
    assert round(index.low, 6) == (100**2 + 50**2 + 2 * 20**2 + 10**2) / 200**2 * 10_000
    assert answer.figure("without_weight").value == 1
    assert "£200 in the 4 of 5 contracts with a known value" in answer.title


def test_of_one_sector(small: Edition) -> None:
    answer = concentration.answer(small, "service-web", sector="local")
    assert answer.figure("items").value == 3 and set(held(answer)) == {"aws", "cloudflare"}
    assert answer.population.startswith("those of the sector local (councils) among the 6 public services")


@pytest.mark.parametrize("chosen", POPULATIONS.values(), ids=list(POPULATIONS))
def test_every_population_by_everything(small: Edition, default_edition: Edition, chosen) -> None:
    """No share leaves its range or 1; the whole of every share is named; why no sampling interval is printed is said."""
    for edition in (small, default_edition):
        for by in concentration.BY:
            for weight in chosen.weights:
                answer = concentration.answer(edition, chosen.id, by, weight)
                table = answer.frames["providers"]
                assert (table["low"] <= table["share"] + 1e-12).all() and (
                    table["share"] <= table["high"] + 1e-12
                ).all()
                assert table["share"].sum() <= 1 + 1e-9 and (table["high"] <= 1 + 1e-12).all()
                for name in ("effective_number", "hhi", "us_law"):
                    figure = answer.figure(name)
                    assert figure.of
                    if None not in (figure.low, figure.value):
                        assert figure.low <= figure.high
                assert answer.population and any("sampl" in caveat for caveat in answer.caveats)
                ranked = [row for row in table.to_dict("records") if row["provider"] != "none"]
                for a, b in ((a, b) for a in ranked for b in ranked if a is not b):
                    if a["low"] <= b["high"] and b["low"] <= a["high"]:
                        assert a["rank"].startswith("joint"), "a rank of one's own where ranges overlap"


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        ({"population_id": "mars"}, UnknownName, "unknown population"),
        ({"by": "colour"}, UnknownName, "use one of: endpoint, jurisdiction, parent, provider, region"),
        ({"weight": "kilos"}, UnknownName, "unknown weight"),
        ({"sector": "space"}, UnknownName, "unknown sector"),
        ({"evidence": "gossip"}, UnknownName, "unknown evidence"),
        ({"weight": "value"}, Refused, "no published award value"),
    ],
)
def test_what_cannot_be_asked_is_refused(small: Edition, given: dict, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        concentration.answer(small, **given)


def test_the_default_edition_counted_again(default_edition: Edition) -> None:
    """AWS's part of the listed value, by a plain loop over the tables."""
    rows = default_edition.rows(
        """SELECT * FROM contracts JOIN contract_providers USING (contract_id) WHERE NOT marketplace AND contract_class <> 'framework'
           AND coalesce(service_class, '') <> 'ads'"""
    )
    value: dict[str, float] = {}
    names: dict[str, set[str]] = {}
    for row in rows:
        if row["value_status"] == "known":
            if (
                row["group_id"] not in value or row["contract_id"] == row["group_id"]
            ):  # the notice the group is called by
                value[row["group_id"]] = float(row["value_gbp"])
            names.setdefault(row["group_id"], set()).add(row["provider"])
    whole = math.fsum(value.values())
    expected = math.fsum(v / len(names[group]) for group, v in value.items() if "aws" in names[group])
    answer = concentration.answer(default_edition, "contracts", weight="value")
    found = answer.frames["providers"].set_index("provider")["items"]
    assert math.isclose(found["aws"], expected) and math.isclose(answer.figure("attributed").value, whole)
