"""What a scenario puts out beside who is exposed, and that each number walks back to its evidence (default edition)."""

from __future__ import annotations

import csv
import json
import re
import statistics
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines import outage, reference
from pipelines.answers import Answer, _impact, contracts, exposure
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.graph import Graph
from pipelines.nodes import Leaf, Node, Slot
from pipelines.presets import stored_scenarios
from pipelines.scenario import Scenario

DATA = Path(__file__).parents[2] / "data" / "reference"
SCENARIOS = ["provider=fastly&hours=2", "provider=azure&region=uksouth&hours=8", "provider=aws&region=us-east-1&hours=14.5"]  # fmt: skip


def asked(edition: Edition, words: str) -> Answer:
    keys: dict[str, Any] = dict(part.split("=") for part in words.split("&"))
    return exposure.answer(edition, exposure.scenario_from(**keys | {"hours": float(keys["hours"])}))


@pytest.fixture(scope="module")
def answers(default_edition: Edition) -> dict[str, Answer]:
    return {words: asked(default_edition, words) for words in SCENARIOS}


@pytest.mark.parametrize("words", SCENARIOS)
def test_every_count_is_the_count_of_paths_and_every_known_path_has_its_evidence(
    answers: dict[str, Answer], default_edition: Edition, words: str
) -> None:
    body = answers[words].body
    found = Counter((path["effect"], path["certainty"]) for path in body["paths"])
    for state in ("down", "degraded"):
        assert body[state]["known"] == found[state, "known"]
        assert body[state]["inferred"] == found[state, "inferred"]
    assert body["unknown"]["known"] == found["unknown", "unknown"]
    held = {
        row["id"]
        for table, key in (
            ("observations", "observation_id"),
            ("statements", "statement_id"),
            ("edges", "edge_id"),
        )
        for row in default_edition.rows(f"SELECT {key} AS id FROM {table}")
    }
    for path in body["paths"]:
        if path["effect"] != "unknown":
            assert path["evidence"], path["service"]
        for item in path["evidence"]:
            assert item["id"] in held
            source = default_edition.sources[item["source_id"]]
            assert source["title"] and source["sha256"] and (item["url"] or source["url"] or source["publisher"])


def test_uk_south_has_at_least_the_services_that_statements_and_records_place_there(
    answers: dict[str, Answer], default_edition: Edition
) -> None:
    """Asked of the tables alone: a statement on the service, its first host's record, or the platform that it needs."""
    placed = {
        row["service_id"]
        for row in default_edition.rows(
            """
            SELECT service_id FROM statements WHERE provider = 'azure' AND region = 'uksouth' AND role = 'web'
              AND current <> 'no' AND service_id IS NOT NULL
            UNION
            SELECT s.service_id FROM services s JOIN findings f ON f.subject = s.hosts[1]
              WHERE f.provider = 'azure' AND f.region = 'uksouth' AND f.role = 'web'
            """
        )
    }
    body = answers["provider=azure&region=uksouth&hours=8"].body
    shown = {path["service"] for path in body["paths"] if path["effect"] != "unknown"}
    assert len(placed) >= 5 and placed <= shown


def test_each_statement_that_places_something_in_uk_south_is_told(
    answers: dict[str, Answer], default_edition: Edition
) -> None:
    """On a service it stands in a path, on a platform in the paths through it, on anything else in a list of its own."""
    found = answers["provider=azure&region=uksouth&hours=8"]
    in_paths = {item["id"] for path in found.body["paths"] for item in path["evidence"]}
    apart = found.frames["statements"]
    direct = set(apart[apart["touch"] == "direct"]["statement_id"])
    rows = default_edition.rows(
        "SELECT statement_id, service_id, platform_id FROM statements WHERE provider = 'azure' AND region = 'uksouth' "
        "AND current <> 'no'"
    )
    assert len(rows) >= 8
    for row in rows:
        listed = row["service_id"] or row["platform_id"]
        assert row["statement_id"] in (in_paths if listed else direct), row
    assert apart["stated_on"].notna().any() and apart["url"].notna().all()


def test_a_region_not_named_is_possible_and_a_control_plane_touches_changes(default_edition: Edition) -> None:
    frame = asked(default_edition, "provider=aws&region=us-east-1&hours=14.5").frames["statements"]
    assert set(frame["touch"]) == {"changes"}  # control planes of the whole provider stand in that region
    assert {"home-office", "department-for-work-pensions"} <= set(frame["organisation_id"])
    frame = asked(default_edition, "provider=aws&region=eu-west-1&hours=8").frames["statements"]
    assert {"direct", "possible"} == set(frame["touch"])


def test_a_row_shows_the_evidence_that_carries_a_day(answers: dict[str, Answer]) -> None:
    """Where a path runs through a platform, the row shows what was said or seen and when, not only how parts hang together."""
    found = answers["provider=azure&region=uksouth&hours=8"]
    rows = found.frames["services"].set_index("service_id")
    dated = {path["service"] for path in found.body["paths"] if any(item["date"] for item in path["evidence"])}
    assert len(dated) > 5
    assert all(pd.notna(rows.loc[service, "seen_on"]) for service in dated)


def test_us_east_1_touches_control_planes_only(answers: dict[str, Answer]) -> None:
    body = answers["provider=aws&region=us-east-1&hours=14.5"].body
    assert body["degraded"]["known"] > 50
    assert (body["down"]["known"], body["down"]["inferred"]) == (0, 0)
    assert body["lost_service_hours"]["value"] == 0


@pytest.mark.parametrize("words", SCENARIOS)
def test_service_hours_are_services_times_hours(answers: dict[str, Answer], words: str) -> None:
    body, hours = answers[words].body, float(words.rpartition("=")[2])
    lost, down = body["lost_service_hours"], body["down"]
    assert lost["low"] == pytest.approx(down["low"] * hours)
    assert lost["value"] == pytest.approx((down["known"] + down["inferred"]) * hours)
    assert lost["high"] == pytest.approx(down["high"] * hours)


class Volumes:
    """An edition that knows the yearly volumes of services and nothing else."""

    def __init__(self, **volumes: int | None) -> None:
        self.volumes = volumes

    def query(self, sql: str) -> pd.DataFrame:
        return pd.DataFrame(list(self.volumes.items()), columns=["service_id", "transactions_year"])


def on(provider: str, name: str, certainty: str = "known") -> Node:
    leaf = Leaf(provider, None, None, "web", "back", certainty)
    return Node(name, name, "service", None, [Slot("web", "back", (leaf,))])


def test_transactions_by_hand() -> None:
    """8,760,000 a year are 1,000 an hour. In 3 hours: a 3,000 on known evidence, b 30 on inferred, c publishes none."""
    made = Graph([on("x", "a"), on("x", "b", "inferred"), on("x", "c"), on("y", "d")], [], {}, {})
    edition: Any = Volumes(a=8_760_000, b=87_600, c=None, d=8_760_000)
    fails = Scenario("x", hours=3.0)
    told = _impact.lost(edition, made, made.codes(fails), fails)
    assert told["service_hours"] == {"low": 6, "value": 9, "high": 9}
    assert told["transactions"] == {"low": 3000, "value": 3030, "high": 3030, "with_volume": 2, "without_volume": 1}


def test_where_nobody_publishes_a_volume_it_is_unknown_and_not_nought() -> None:
    made = Graph([on("x", "c"), on("y", "d")], [], {}, {})
    edition: Any = Volumes(c=None, d=5)
    for provider, value, without in (("x", None, 1), ("z", 0, 0)):
        fails = Scenario(provider, hours=3.0)
        told = _impact.lost(edition, made, made.codes(fails), fails)["transactions"]
        assert (told["value"], told["without_volume"]) == (value, without)


def test_contract_value_is_that_of_the_contracts_page_with_its_bounds(default_edition: Edition) -> None:
    body = asked(default_edition, "provider=aws&hours=8").body
    told, page = body["contract_value_tied"], contracts.answer(default_edition, provider="aws")
    assert told["gbp"] == page.figure("in_force_gbp").value
    assert told["contracts"] == page.figure("in_force").value == len(body["contracts_tied"])
    assert 0 <= told["low"] <= told["gbp"] <= told["high"]
    assert told["gbp"] == pytest.approx(float(body["contracts_tied"]["value_gbp"].sum()))


def test_contract_value_counts_the_contracts_that_a_page_leaves_out(
    default_edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, rows = _impact.tied(default_edition, "aws")
    before = contracts.answer.__defaults__ or ()
    monkeypatch.setattr(contracts.answer, "__defaults__", (*before[:-2], 2, 0))  # two rows a page
    assert len(contracts.answer(default_edition, provider="aws").frames["contracts"]) == 2 < whole["contracts"]
    told, listed = _impact.tied(default_edition, "aws")
    assert told == whole and len(listed) == len(rows)


def test_history_as_counted_in_the_table_of_incidents(default_edition: Edition) -> None:
    """Azure UK South, 24 hours, cooling: lengths of Azure's and of power and cooling incidents, from the file."""
    with (DATA / "incidents.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["duration_h"] and float(row["duration_h"]) > 0]
    cooling = [float(row["duration_h"]) for row in rows if row["root_cause_category"] == "power_cooling"]
    past = exposure.answer(default_edition, exposure.scenario_from(preset="azure-uksouth")).body["history"]
    assert past["cause"]["events"] == len(cooling)
    assert past["cause"]["median_hours"] == pytest.approx(statistics.median(cooling))
    assert past["cause"]["longer"] == pytest.approx(sum(hours > 24 for hours in cooling) / len(cooling))
    for part in (past["provider"], past["cause"]):
        assert part["low"] <= part["longer"] <= part["high"]
    curve = past["curve"]
    assert (curve["low"] <= curve["share"]).all() and (curve["share"] <= curve["high"]).all()


def test_what_has_no_history_says_so(default_edition: Edition) -> None:
    body = asked(default_edition, "provider=sendgrid&hours=8").body
    assert body["history"]["provider"] is None and body["history"]["curve_of"] == "all providers"
    assert any("No incident recorded" in sentence for sentence in body["beside"])


# -- stored scenarios -------------------------------------------------------------------------------------------

NAMED = {
    # what the scenario is after: (provider, region, incident)
    "December 2025 with its true scope": ("aws", "cn-northwest-1", "aws-2025-12-kiro-costexplorer"),
    "October 2025": ("aws", "us-east-1", "aws-2025-10-20-dynamodb-dns"),
    "June 2021": ("fastly", None, "fastly-2021-06-08"),
    "September 2020": ("azure", "uksouth", "azure-2020-09-14-uksouth-cooling"),
    "loss of a region": ("aws", "eu-west-2", None),
    "exit of a supplier": ("ukcloud", None, "ukcloud-2022-10-25"),
}


@pytest.mark.parametrize("words", NAMED)
def test_each_named_scenario_is_stored(words: str) -> None:
    found = {(s.provider, s.region, s.incident): s for s in stored_scenarios(reference.load()).values()}
    assert NAMED[words] in found and found[NAMED[words]].title


def test_december_2025_exposes_nobody_and_shows_both_sides(default_edition: Edition) -> None:
    body = exposure.answer(default_edition, exposure.scenario_from(preset="aws-2025-12-cost-explorer")).body
    assert [body[state]["known"] + body[state]["inferred"] for state in ("down", "degraded", "unknown")] == [0, 0, 0]
    real = body["real_outage"]
    assert "disputed" in real["cause"] and real["vendor_position"] and real["disputed_claims"]


def test_nobody_can_stand_on_a_supplier_that_has_closed(default_edition: Edition) -> None:
    found = exposure.answer(default_edition, exposure.scenario_from(preset="supplier-exit"))
    assert found.body["unknown"]["known"] == 0
    assert any("still trades" in caveat for caveat in found.caveats)
    possible = outage.could_be(reference.load())
    assert not any("ukcloud" in providers for providers in possible.values())


def test_an_unknown_cause_is_one_sentence(run: Callable[..., Any]) -> None:
    ran = run("outage", "--provider", "aws", "--hours", "8", "--cause", "goblins")
    assert ran.code == 2 and "goblins" in ran.err and "Traceback" not in ran.err
    with pytest.raises(UnknownName):
        outage.scenario(reference.load(), "aws", cause="goblins")


@pytest.mark.parametrize("words", SCENARIOS)
def test_exposure_is_never_called_downtime(answers: dict[str, Answer], words: str) -> None:
    found = answers[words]
    written = json.dumps(found.to_json()).lower()
    assert written.count("downtime") == written.count("not downtime")
    assert "spend " not in found.methods and "never spending" in found.methods


def test_the_verb_prints_the_figures_and_the_sentences(run: Callable[..., Any]) -> None:
    ran = run("outage", "--provider", "fastly", "--hours", "2")
    assert ran.code == 0
    assert "Service-hours, if nothing carries on: 2 service-hours" in ran.out and "Beside it: " in ran.out
    line = next(line for line in ran.out.splitlines() if line.strip().startswith("GOV.UK "))
    assert re.search(r"degraded +known .* 20\d\d-\d\d-\d\d .*Fastly", line)  # its day and what was said
