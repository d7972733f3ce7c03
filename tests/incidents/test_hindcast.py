"""The freeze, the score and the labels: small cases by hand, then the real outages on the default edition."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines import hindcast, reference
from pipelines.answers import hindcast as question
from pipelines.answers._scored import CONTROL, CONTROL_SCENARIOS, evidence_of
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.scenario import Scenario

DAY = dt.date(2025, 10, 20)
BEFORE, AFTER = dt.date(2025, 10, 19), dt.date(2025, 10, 21)
CONTROL_PLANE = {
    "edge_id": "e-1", "dependent": "aws: IAM", "dependent_kind": "product", "dependent_name": "IAM", "underlying": "aws",
    "underlying_kind": "control plane", "underlying_name": "AWS", "region": "us-east-1", "role": "web", "mode": "all_of",
    "certainty": "known", "basis": "control plane",
}  # fmt: skip
US_EAST_1 = Scenario("aws", region="us-east-1", hours=14.5)


def body(key: str) -> dict[str, Any]:
    return {"organisation_id": key, "name": key, "domain": None}


def statement(key: str, **more: Any) -> dict[str, Any]:
    return {
        "statement_id": f"s-{key}", "organisation_id": key, "service_id": None, "platform_id": None, "provider": "aws",
        "product": None, "region": None, "role": "web", "layer": "back", "stated_on": BEFORE, "current": "yes",
        "certainty": "known",
    } | more  # fmt: skip


def finding(key: str, **more: Any) -> dict[str, Any]:
    return {
        "subject": f"www.{key}.example", "organisation_id": key, "service_id": None, "role": "web", "layer": "front",
        "provider": "aws", "product": None, "region": None, "origin_provider": "aws", "certainty": "known",
        "evidence_ids": [f"o-{key}"], "seen_on": BEFORE,
    } | more  # fmt: skip


def contract(key: str, **more: Any) -> dict[str, Any]:
    return {
        "contract_id": f"c-{key}", "organisation_id": key, "provider": "aws", "certainty": "known", "awarded_on": BEFORE,
        "signed_on": None, "start_on": None, "end_on": None, "max_end_on": None,
    } | more  # fmt: skip


def evidence(**more: Any) -> hindcast.Evidence:
    parts: dict[str, Any] = {
        "organisations": [],
        "services": [],
        "findings": [],
        "statements": [],
        "edges": [CONTROL_PLANE],
    }
    return hindcast.Evidence(**(parts | {"contracts": []} | more))


FREEZE = [
    # kind, row, kept by the freeze
    ("findings", finding("a"), True),
    ("findings", finding("a", seen_on=DAY), False),
    ("findings", finding("a", seen_on=None), False),
    ("statements", statement("a"), True),
    ("statements", statement("a", stated_on=AFTER), False),
    ("statements", statement("a", stated_on=None), False),
    ("statements", statement("a", current="no"), False),
    ("contracts", contract("a"), True),
    ("contracts", contract("a", awarded_on=None, start_on=BEFORE), True),
    ("contracts", contract("a", awarded_on=None), False),
    ("contracts", contract("a", awarded_on=AFTER), False),
    ("contracts", contract("a", awarded_on=AFTER, signed_on=BEFORE), True),
    ("contracts", contract("a", end_on=BEFORE), False),
    ("contracts", contract("a", end_on=BEFORE, max_end_on=AFTER), True),
    ("contracts", contract("a", end_on=DAY), True),
    ("edges", CONTROL_PLANE, True),  # how the provider is built
    ("edges", CONTROL_PLANE | {"underlying_kind": "platform"}, False),  # what a body stands on, without a date
]


@pytest.mark.parametrize(("kind", "row", "kept"), FREEZE, ids=[f"{i} {row[0]}" for i, row in enumerate(FREEZE)])
def test_what_was_there_the_day_before(kind: str, row: dict[str, Any], kept: bool) -> None:
    frozen = evidence(**{kind: [row]}).before(DAY)
    assert (len(getattr(frozen, kind)) == 1) is kept


EXPOSED = [
    # evidence on body a, what 20 October's scenario does to it
    ({"contracts": [contract("a")]}, "degraded"),  # its control planes stand in the region that failed
    ({"contracts": [contract("a", provider="azure")]}, None),
    ({"statements": [statement("a", region="eu-west-2")]}, "degraded"),
    ({"statements": [statement("a", region="us-east-1")]}, "down"),
    ({"statements": [statement("a", provider="gcp")]}, None),
    ({"statements": [statement("a", role="mail_sending")]}, None),  # sending mail is no place to run
    ({"findings": [finding("a")]}, "degraded"),
    ({"findings": [finding("a", role="mail_sending")]}, None),
    ({"findings": [finding("a", role="saas")]}, None),  # a token proves ownership, not use
    ({"findings": [finding("a", provider="unknown")]}, None),
]


@pytest.mark.parametrize(("rows", "effect"), EXPOSED, ids=range(len(EXPOSED)))
def test_what_a_body_s_evidence_says_of_the_event(rows: dict[str, Any], effect: str | None) -> None:
    found = hindcast.exposed(reference.load(), evidence(organisations=[body("a")], **rows), [US_EAST_1])
    if effect is None:
        assert "a" not in found or not found["a"].found
    else:
        assert found["a"].found and found["a"].effect == effect


def test_a_region_without_control_planes_is_not_guessed() -> None:
    """A contract names no region: had Frankfurt failed, nobody could say."""
    rows = evidence(organisations=[body("a")], contracts=[contract("a")])
    found = hindcast.exposed(reference.load(), rows, [Scenario("aws", region="eu-central-1")])
    assert not found["a"].found and found["a"].open > 0


def test_dns_alone_sees_no_contract() -> None:
    rows = evidence(organisations=[body("a"), body("b")], contracts=[contract("a")], findings=[finding("b")])
    found = hindcast.exposed(reference.load(), rows.only_dns(), [US_EAST_1])
    assert {key for key, seen in found.items() if seen.found} == {"b"}


def label(key: str | None, counted: bool = True, service: str | None = None) -> hindcast.Label:
    return hindcast.Label("i", key or service or "?", key, service, "x", "press", counted, None, None, "")


def test_the_score_by_hand() -> None:
    """Three bodies reported, one twice and one not counted: a found, b missed: one of two."""
    hit, miss = hindcast.Exposed(likely=1, known=1, open=1), hindcast.Exposed(open=2)
    reports = [label("a"), label("a"), label("b"), label("c", counted=False)]
    score = hindcast.score(reports, {"a": hit, "b": miss, "c": hit, "d": hit})
    assert (score.found, score.missed, score.recall) == (["a"], ["b"], 0.5)
    assert (score.named, score.cannot_say) == (3, 1)
    assert hindcast.score([], {}).recall is None
    assert hindcast.score([label(None, service="s")], {"service:s": hit}).found == ["service:s"]


# -- the reviewed labels ------------------------------------------------------------------------------------


def test_every_label_names_what_exists_and_where_it_was_read() -> None:
    facts = reference.load()
    incidents = {row["incident_id"]: row for _, row in facts.rows("incidents.csv")}
    bodies = {row["organisation_slug"] for _, row in facts.rows("organisations.csv")}
    bodies |= {row["organisation_id"] for _, row in facts.rows("former_organisations.csv")}
    services = {row["service_id"] for _, row in facts.rows("services.csv")}
    found = hindcast.labels(facts)
    assert len(found) >= 18
    for row in found:
        assert row.incident_id in incidents, row
        assert row.organisation_id is None or row.organisation_id in bodies, row
        assert row.service_id is None or row.service_id in services, row
        assert row.url and row.url in incidents[row.incident_id]["source_urls"], row
        assert row.check and row.reported_by in ("minister", "body", "press"), row
    assert len({(row.incident_id, row.body) for row in found}) == len(found)


# -- the real outages ---------------------------------------------------------------------------------------

FOUR = ["department-for-work-pensions", "driver-and-vehicle-licensing-agency", "hm-revenue-customs", "home-office"]


def test_20_october_2025(default_edition: Edition) -> None:
    """Four departments by the minister's answer: contracts and statements from before name them, DNS does not."""
    told = question.answer(default_edition, "aws-2025-10-20-dynamodb-dns").to_json()
    assert told["incident"] == "aws-2025-10-20-dynamodb-dns" and told["frozen_at"] == "2025-10-20"
    assert told["reported"] == FOUR
    assert (told["all_evidence"]["found"], told["all_evidence"]["missed"], told["all_evidence"]["recall"]) == (
        FOUR,
        [],
        1.0,
    )
    assert (told["dns_only"]["found"], told["dns_only"]["missed"], told["dns_only"]["recall"]) == ([], FOUR, 0.0)
    assert set(told["all_evidence"]["effects"].values()) == {"degraded"}
    # no record of DNS that ships is older than the event: said in the figures and in words
    assert told["evidence_rows"]["frozen"]["findings"] == 0
    assert any("No finding from DNS" in caveat for caveat in told["caveats"])
    assert told["negative_control"]["exposed"] == 0 and told["negative_control"]["ok"] is True
    # the evidence tells providers apart: no other cloud would have named all four
    assert all(len(other["found"]) < 4 for other in told["placebo"].values())


def test_each_of_the_four_walks_back_to_a_contract_or_statement_dated_before(default_edition: Edition) -> None:
    held = evidence_of(default_edition).before(dt.date(2025, 10, 20))
    named = hindcast.exposed(reference.load(), held, [US_EAST_1])
    for key in FOUR:
        assert named[key].kinds <= {"contract", "statement", "service"} and named[key].evidence, key
        dates = [s["stated_on"] for s in held.statements if s["statement_id"] in named[key].evidence]
        dates += [hindcast.began(c) for c in held.contracts if c["contract_id"] in named[key].evidence]
        assert dates and all(day and day < dt.date(2025, 10, 20) for day in dates), key


def test_every_miss_names_the_evidence_that_is_missing(default_edition: Edition) -> None:
    told = question.answer(default_edition).to_json()
    assert len(told["hindcasts"]) == len(told["incidents"]) >= 7
    total = 0
    for one in told["hindcasts"]:
        missed = one["all_evidence"]["missed"]
        assert set(one["all_evidence"]["missing_evidence"]) == set(missed)
        assert all(len(reason) > 20 for reason in one["all_evidence"]["missing_evidence"].values())
        assert sorted([*one["all_evidence"]["found"], *missed]) == one["reported"]
        total += len(one["reported"])
    pooled = told["all_evidence"]
    assert len(pooled["found"]) + len(pooled["missed"]) == total == len(told["reported"])
    assert pooled["recall"] == pytest.approx(len(pooled["found"]) / total)
    # what is held today can only add to what was held then
    for key in ("dns_only", "all_evidence"):
        assert set(told[key]["found"]) <= set(told["with_todays_evidence"][key]["found"])


def test_gov_uk_in_june_2021_is_found_only_by_evidence_written_later(default_edition: Edition) -> None:
    told = question.answer(default_edition, "fastly-2021-06-08").to_json()
    assert "government-digital-service" in told["all_evidence"]["missed"]
    assert "government-digital-service" in told["with_todays_evidence"]["all_evidence"]["found"]
    assert "dated after the event" in told["all_evidence"]["missing_evidence"]["government-digital-service"]


def test_the_negative_control_can_fail() -> None:
    """A body that said it stands on Cost Explorer in that region would be named."""
    said = statement("a", product="Cost Explorer", region="cn-north-1")
    rows = evidence(organisations=[body("a"), body("b")], statements=[said, statement("b")], contracts=[contract("b")])
    found = hindcast.exposed(reference.load(), rows, CONTROL_SCENARIOS)
    assert {key for key, seen in found.items() if seen.found} == {"a"}


def test_the_control_replayed_names_nobody(default_edition: Edition) -> None:
    """Its region is told in words ("one of two regions in mainland China"): it must not be read as everywhere."""
    answer = question.answer(default_edition, CONTROL)
    assert answer.figure("named").value == 0
    for part in (answer.body["all_evidence"], answer.body["with_todays_evidence"]["all_evidence"]):
        assert part["bodies_named"] == 0


SCENARIOS = [
    # regions of the incident, regions of the scenarios (None: everywhere)
    ("global", [None]),
    ("", [None]),
    ("all regions", [None]),
    ("eu-west-2", ["eu-west-2"]),
    ("us-east-1 (use1-az4)", ["us-east-1"]),
    ("eu-west-1, eu-west-2", ["eu-west-1", "eu-west-2"]),
    ("one of two regions in mainland China", ["one of two regions in mainland China"]),
    ("not stated", ["not stated"]),
]


@pytest.mark.parametrize(("text", "regions"), SCENARIOS, ids=[row[0] for row in SCENARIOS])
def test_the_scope_of_an_incident_is_never_widened(text: str, regions: list[str | None]) -> None:
    row = {"incident_id": "x", "providers": ["aws"], "regions": text, "duration_hours": None, "cause": "unknown"}
    assert [s.region for s in hindcast.scenarios_of(row, {})] == regions


def test_an_outage_without_reports_says_so(default_edition: Edition) -> None:
    answer = question.answer(default_edition, CONTROL)
    assert "nothing can be scored" in answer.title
    assert answer.body["reported"] == [] and answer.body["dns_only"]["recall"] is None
    with pytest.raises(UnknownName, match="unknown incident"):
        question.answer(default_edition, "aws-2025-10-20")


def test_the_verb_prints_both_recalls_and_the_control(run: Callable[..., Any]) -> None:
    ran = run("hindcast", "aws-2025-10-20-dynamodb-dns")
    assert ran.code == 0 and ran.err == ""
    for words in ("Found by DNS alone, evidence before the event: 0.0%", "all evidence before the event: 100.0%",
                  "with today's evidence", "Negative control", "0 bodies named, 0 expected"):  # fmt: skip
        assert words in ran.out, words
    promised = {"incident", "frozen_at", "reported", "dns_only", "all_evidence", "negative_control"}
    for arguments in (["aws-2025-10-20-dynamodb-dns"], []):
        body_ = json.loads(run("hindcast", *arguments, "--json").out)
        assert promised | {"edition", "content_hash", "as_of", "sources", "caveats"} <= set(body_)
        for key in ("dns_only", "all_evidence"):
            assert {"found", "missed", "recall"} <= set(body_[key])
    refused = run("hindcast", "aws-2025-10-20-dynamodb")
    assert refused.code == 2 and "did you mean aws-2025-10-20-dynamodb-dns" in refused.err and len(refused.err) < 600


def test_a_broken_label_is_named(tmp_path: Any) -> None:
    import shutil

    place = tmp_path / "reference"
    shutil.copytree(reference.default_path(), place)
    path = place / "hindcast_labels.csv"
    rows = list(csv.reader(path.open(newline="")))
    rows[1][6] = "perhaps"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(Exception, match=r"hindcast_labels.csv, row 2: counted 'perhaps'"):
        hindcast.labels(reference.Reference(place))
