"""The answers behind the pages, on tables small enough to count by hand and on the default edition."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pandas as pd
import pytest

from app import figures
from pipelines.answers import (
    ai_reliance,
    claim,
    contracts,
    coverage,
    dependence,
    exposure,
    in_force,
    layers,
    leads,
    peers,
    places,
    published,
    renewals,
    search,
    service,
)
from pipelines.answers._compared import standing
from pipelines.answers.incidents import cause_words, when
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.scenario import Scenario
from pipelines.text import search_key


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("HM Revenue & Customs", "hm revenue and customs"),
        ("  Côté-d'Or  ", "cote d or"),
        ("WWW.Example.gov.uk", "www.example.gov.uk"),
        ("<b>", "b"),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_signs_and_accents(words: str, key: str) -> None:
    assert search_key(words) == key


def first(edition: Edition, q: str, kind: str | None = None) -> list[tuple[str, str]]:
    rows = search.answer(edition, q, kind).frames["results"]
    return list(zip(rows["kind"], rows["id"], strict=True))


def test_a_name_that_is_the_words_comes_before_one_that_only_begins_with_them(default_edition: Edition) -> None:
    assert first(default_edition, "aws")[0] == ("provider", "aws")
    assert first(default_edition, "HMRC")[0] == ("organisation", "hm-revenue-customs")


def test_misspelt_names_are_found_and_unlike_ones_are_not(default_edition: Edition) -> None:
    assert first(default_edition, "birmingam city council")[0] == ("organisation", "birmingham")
    assert ("provider", "azure") in first(default_edition, "microsft azur")
    assert first(default_edition, "qqqzzz") == []
    assert first(default_edition, "a") == []


def test_search_keeps_to_the_kind_asked_for(default_edition: Edition) -> None:
    assert {kind for kind, _ in first(default_edition, "leeds", "service")} == {"service"}


def test_layers_count_each_body_once_per_company(default_edition: Edition) -> None:
    answer = layers.answer(default_edition)
    matrix = answer.frames["matrix"]
    # Counted another way: the bodies themselves, in Python.
    seen: dict[tuple[str, str, str], set[str]] = {}
    whole: dict[tuple[str, str], set[str]] = {}
    for row in default_edition.rows("SELECT * FROM findings WHERE NOT private AND organisation_id IS NOT NULL"):
        whole.setdefault((row["role"], row["layer"]), set()).add(row["organisation_id"])
        if row["provider"] not in ("none", "unknown") and row["parent"]:
            seen.setdefault((row["parent"], row["role"], row["layer"]), set()).add(row["organisation_id"])
    assert len(matrix) == len(seen) > 50
    for row in matrix.to_dict("records"):
        assert row["bodies"] == len(seen[row["parent"], row["role"], row["layer"]])
        assert row["of"] == len(whole[row["role"], row["layer"]])
        assert 0 <= row["known"] <= row["bodies"] <= row["of"]


def test_every_council_stands_on_the_map_once_or_is_counted_as_unplaced(default_edition: Edition) -> None:
    answer = places.answer(default_edition)
    table = answer.frames["places"]
    assert len(table) == 382 and table["organisation_id"].is_unique
    assert answer.figure("placed").value == int(table["lat"].notna().sum()) < 382
    with pytest.raises(UnknownName):
        places.answer(default_edition, "web")


def test_contracts_in_force_are_bounded_by_those_without_an_end(default_edition: Edition) -> None:
    quarters = in_force.answer(default_edition).frames["quarters"]
    assert (quarters["low"] <= quarters["high"]).all() and (quarters["contracts"] == quarters["low"]).all()
    day = dt.date(2024, 1, 1)
    counted = default_edition.value(
        """SELECT count(DISTINCT group_id) FROM contracts JOIN contract_providers USING (contract_id)
           WHERE parent = 'amazon' AND status IN ('active', 'pending') AND contract_class <> 'framework' AND NOT marketplace
             AND coalesce(service_class, '') <> 'ads'
             AND coalesce(start_on, awarded_on) <= DATE '2024-01-01' AND end_on >= DATE '2024-01-01'"""
    )
    shown = quarters[(quarters["day"] == day) & (quarters["company"] == "amazon")]["contracts"].tolist()
    assert shown == [counted] and counted > 0


@pytest.mark.parametrize(
    ("rows", "last_day", "due_after", "told"),
    [
        (0, None, 14, "nothing held"),
        (0, -2, 400, "in time"),  # rules, which give no rows
        (5, None, 14, "its rows bear no date"),
        (5, -20, 14, "older than it should be"),
        (5, -14, 14, "in time"),
        (5, -1, None, "1 day old; nobody says when a newer one is due"),  # a file that somebody gave us
    ],
)
def test_the_age_of_a_source_is_told_as_far_as_it_is_known(
    default_edition: Edition,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    last_day: int | None,
    due_after: int | None,
    told: str,
) -> None:
    day = None if last_day is None else default_edition.as_of + dt.timedelta(days=last_day)
    query = Edition.query

    def one_source(self: Edition, sql: str, *given: Any) -> pd.DataFrame:
        found = query(self, sql, *given)
        if "FROM coverage" in sql:
            found = found.head(1).assign(rows=rows, date_to=day, stale_after_days=pd.array([due_after], dtype="Int64"))
        return found

    monkeypatch.setattr(Edition, "query", one_source)
    assert list(coverage.answer(default_edition).frames["coverage"]["age"]) == [told]


def test_coverage_names_every_source_and_every_doubt(default_edition: Edition) -> None:
    answer = coverage.answer(default_edition)
    assert len(answer.frames["coverage"]) == default_edition.counts["coverage"]
    assert answer.frames["issues"]["rows"].sum() == default_edition.counts["issues"]
    assert "etendersni" in set(answer.frames["coverage"]["collector"])
    assert answer.figure("missing").value >= 1


def test_a_service_shows_its_names_and_an_unknown_one_is_refused(default_edition: Edition) -> None:
    answer = service.answer(default_edition, "govuk")
    assert len(answer.frames["statements"]) >= 1
    with pytest.raises(UnknownName):
        service.answer(default_edition, "no-such-service")


def test_peers_are_of_one_class_and_shares_are_of_the_tested(default_edition: Edition) -> None:
    roles = peers.answer(default_edition, "leeds").frames["roles"]
    mail = roles[roles["label"] == "Mailboxes"].to_dict("records")[0]
    counted = default_edition.rows(
        """SELECT count(DISTINCT organisation_id) AS tested,
                  count(DISTINCT organisation_id) FILTER (WHERE provider = 'microsoft-365') AS same
           FROM findings JOIN organisations USING (organisation_id)
           WHERE peer_class = 'unitary council' AND role = 'mail' AND layer = 'back'"""
    )[0]
    assert (mail["bodies"], mail["tested"]) == (counted["same"], counted["tested"])
    assert "cannot be compared" in peers.answer(default_edition, "home-office").title


def test_leads_are_questions_with_evidence(default_edition: Edition) -> None:
    table = leads.answer(default_edition).frames["leads"]
    assert set(table["kind"]) <= set(leads.KINDS) and len(set(table["kind"])) >= 4
    assert table["id"].notna().all() and table["ask"].str.startswith("Ask").all()
    assert not table["sentence"].str.contains("@").any()
    ending = table[table["kind"] == "ending"]
    assert ending["sentence"].str.contains("£").all() and ending["sentence"].str.contains("we see no successor").all()
    only = leads.answer(default_edition, provider="aws").frames["leads"]
    assert set(only["provider"]) == {"aws"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"started_on": dt.date(2021, 6, 8), "incident_id": "x"}, "8 June 2021"),
        ({"started_on": None, "incident_id": "aws-2025-12-kiro"}, "December 2025, day not known"),
        ({"started_on": None, "incident_id": "aws-2025-second"}, "2025, day not known"),
        ({"started_on": None, "incident_id": "aws-second"}, "day not known"),
    ],
)
def test_an_incident_says_how_well_its_day_is_known(row: dict[str, object], words: str) -> None:
    assert when(row) == words


@pytest.mark.parametrize(
    ("cause", "agent", "words"),
    [("ai_agent", "disputed", "AI agent (disputed)"), ("ai_agent", "yes", "AI agent"), ("dns", "no", "DNS"), ("config_change", "no", "configuration change"), ("power_cooling", "no", "power or cooling")],
)  # fmt: skip
def test_a_disputed_cause_is_never_told_as_settled(cause: str, agent: str, words: str) -> None:
    assert cause_words({"cause": cause, "ai_agent_involved": agent}) == words


def test_contracts_without_any_day_are_listed_and_none_is_in_force(default_edition: Edition) -> None:
    """A buyer whose contracts are all without dates once had no page."""
    undated = default_edition.value(
        "SELECT organisation_id FROM contracts WHERE organisation_id IS NOT NULL GROUP BY 1 "
        "HAVING count(start_on) = 0 AND count(end_on) = 0 ORDER BY 1 LIMIT 1"
    )
    answer = contracts.answer(default_edition, organisation=undated)
    assert answer.figure("contracts").value >= 1 and answer.figure("in_force").value == 0


def _tied(edition: Edition, wanted: int) -> str:
    """A provider that stands at so many host names, and in no statement or contract."""
    return str(
        edition.value(
            "SELECT provider FROM findings WHERE provider NOT IN ('none', 'unknown') "
            "AND provider NOT IN (SELECT provider FROM statements WHERE provider IS NOT NULL) "
            "AND provider NOT IN (SELECT provider FROM contract_providers) "
            "GROUP BY 1 HAVING count(DISTINCT subject) = $wanted AND count(organisation_id) > 0 ORDER BY 1 LIMIT 1",
            {"wanted": wanted},
        )
    )


def test_one_of_a_kind_is_told_in_the_singular(default_edition: Edition) -> None:
    one = dependence.answer(default_edition, provider=_tied(default_edition, 1)).title
    assert " at 1 name of 1 public body; it is named in no published statement and no listed contract." in one
    buyer = default_edition.value(
        "SELECT organisation_id FROM contracts JOIN contract_providers USING (contract_id) WHERE value_gbp IS NOT NULL "
        "AND organisation_id IN (SELECT organisation_id FROM organisations) GROUP BY 1 "
        "HAVING count(DISTINCT contract_id) = 1 ORDER BY 1 LIMIT 1"
    )
    assert contracts.answer(default_edition, organisation=buyer).title.startswith("We list 1 contract of ")
    dvla = contracts.answer(default_edition, organisation="driver-and-vehicle-licensing-agency").title
    assert ", without a known value; it is in force on " in dvla
    agency = contracts.answer(default_edition, organisation="driver-and-vehicle-licensing-agency")
    assert agency.figure("gbp").of == "1 contract or call-off"
    hour = exposure.answer(default_edition, scenario=Scenario("azure", hours=1.0, region="uksouth")).title
    assert hour.startswith("Microsoft Azure fails in uksouth (London) for 1 hour: ")


@pytest.mark.full
def test_no_sentence_counts_one_of_many(default_edition: Edition) -> None:
    """The sentence of every body, provider and service: a number of one is followed by a singular."""
    wrong = re.compile(
        r"\b1 (contracts|names|hosts|bodies|statements|findings|providers|services|hours|councils|domains)\b|  |\b1 are\b"
    )
    titles = [
        dependence.answer(default_edition, organisation=str(id)).title
        for id in default_edition.query(
            "SELECT DISTINCT organisation_id AS id FROM findings WHERE organisation_id IS NOT NULL"
        )["id"]
    ]
    for id in default_edition.query(
        "SELECT DISTINCT provider AS id FROM findings WHERE provider NOT IN ('none', 'unknown')"
    )["id"]:
        titles += [answer(default_edition, provider=id).title for answer in (dependence.answer, contracts.answer)]
    for id in default_edition.query(
        "SELECT DISTINCT organisation_id AS id FROM contracts SEMI JOIN organisations USING (organisation_id)"
    )["id"]:
        titles.append(contracts.answer(default_edition, organisation=id).title)
    titles += [
        service.answer(default_edition, id).title
        for id in default_edition.query("SELECT service_id AS id FROM services")["id"]
    ]
    assert len(titles) > 500
    assert [title for title in titles if wrong.search(title)] == []


@pytest.mark.parametrize(
    ("results", "words"),
    [
        (["our sources hold 5% of it"], "our sources hold a part of the figure claimed, which neither confirms nor contradicts."),
        (["our sources hold nothing that could"] * 3, "our sources hold nothing on the 3 figures claimed."),
        (
            ["our sources hold nothing that could", "our sources hold 5% of it", "our sources hold 9% of it", "our sources give the same figure"],
            "of the 4 figures claimed our sources give the same figure for 1; they hold a part of 2, which neither confirms nor "
            "contradicts; they hold nothing on 1.",
        ),
    ],
)  # fmt: skip
def test_a_claim_is_told_from_what_is_held_to_what_is_not(results: list[str], words: str) -> None:
    assert standing(results) == words


def test_what_shows_no_provider_is_no_name_on_the_map(default_edition: Edition) -> None:
    answer = places.answer(default_edition, "council-mail-filter")
    table = answer.frames["places"]
    none = int((table["provider"] == "none").sum())
    assert none > 0 and "None shown" not in answer.title
    assert answer.title.endswith(f"; those of {none} show none.")


def test_bodies_without_an_ai_vendor_are_unknown_and_not_free_of_one(default_edition: Edition) -> None:
    assert ai_reliance.answer(default_edition).title.endswith(
        "culture and broadcasting bodies none shows any: all are unknown."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [("2025-10-21", "21 October 2025"), ("2023-12", "December 2023"), ("2024", "2024"), ("not noted", "day not noted")],
)
def test_the_day_of_a_publication_is_told_as_well_as_it_is_known(text: str, words: str) -> None:
    assert published(text) == words


@pytest.mark.parametrize(
    ("stored", "named", "not_named"),
    [
        ("computer-weekly-2026", ["Records of names", "A scan"], ["Contracts Finder", "Payments", "Sales"]),
        ("tussell-aws-2025", ["Contracts Finder", "eTendersNI", "Payments"], ["Records of names", "A scan", "Sales"]),
        ("gcloud-aws-2024", ["Sales"], ["Contracts Finder", "Records of names", "Payments"]),
    ],
)
def test_a_claim_is_told_what_our_sources_lack_of_what_it_counts(
    default_edition: Edition, stored: str, named: list[str], not_named: list[str]
) -> None:
    lacks = "; ".join(claim.answer(default_edition, stored).body["lacks"])
    assert all(source in lacks for source in named) and not any(source in lacks for source in not_named), lacks


def test_a_contract_of_two_providers_is_one_contract_and_one_span(default_edition: Edition) -> None:
    """Home Office's Unified support names Azure and Microsoft 365: once it stood twice, with its whole value each time."""
    answer = renewals.answer(default_edition, organisation="home-office", most=0)
    rows = answer.frames["contracts"]
    assert len(rows) > rows["contract_id"].nunique() == answer.body["listed"]
    chart = figures.draw(default_edition, "contracts-timeline", organisation="home-office").chart
    assert (
        chart.of
        == f"{answer.body['listed']} listed cloud contracts (frameworks, marketplace goods and advertising left out)"
    )
    spans = [(span.label, span.start, span.end, span.value_gbp) for span in chart.spans]
    assert len(spans) == len(set(spans)) and any("+" in span.key for span in chart.spans)
    assert (
        "Microsoft 365 and Microsoft Azure" in chart.keys.values()
        or "Microsoft Azure and Microsoft 365" in chart.keys.values()
    )


def test_a_chart_names_the_sources_of_what_it_draws_and_no_other(default_edition: Edition) -> None:
    """The roles of a provider are drawn from records of names: no notice, statement or list stands under them."""
    drawn = figures.draw(default_edition, "provider-roles", provider="aws")
    rows = default_edition.rows(
        "SELECT DISTINCT title FROM sources SEMI JOIN (SELECT source_id FROM findings WHERE provider = 'aws') USING (source_id)"
    )
    assert set(drawn.chart.source.split("; ")) == {row["title"] for row in rows}
    assert len(drawn.answer.sources) > len(rows)


def test_what_answers_the_public_is_listed_before_names_that_only_prove_something(default_edition: Edition) -> None:
    """Validation names of certificates begin with an underscore and filled the first rows of a provider's page."""
    answer = dependence.answer(default_edition, provider="aws")
    for frame in ("findings", "roles"):
        roles = list(dict.fromkeys(answer.frames[frame]["role"]))
        assert roles[:3] == ["web", "dns", "mail"], frame
        assert len(roles) == answer.frames[frame]["role"].nunique()  # each role stands together
