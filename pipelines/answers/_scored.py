"""One incident scored on an edition: evidence frozen the day before and as held now, what each names, the controls."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Any

from pipelines import hindcast, reference
from pipelines.answers import contracts
from pipelines.edition import Edition
from pipelines.errors import Refused
from pipelines.presets import stored_scenarios
from pipelines.scenario import Scenario

# An incident that cannot have touched a UK service: one product, in a region of mainland China, a partition of its
# own. Whoever it names is named wrongly.
CONTROL = "aws-2025-12-kiro-costexplorer"
CONTROL_SCENARIOS = tuple(
    Scenario("aws", "Cost Explorer", place, cause="ai_agent", hours=13, incident=CONTROL, apart=True)
    for place in ("cn-north-1", "cn-northwest-1")
)
# Clouds that did not fail in an event: how many of the bodies that reported would they have named?
PLACEBOS = ("aws", "azure", "gcp", "oracle")

# Contracts by the days on which they were in force: begun by award, signature or start, whichever comes first.
_TERMS = f"""
SELECT c.organisation_id, p.provider, p.certainty, c.contract_id, least(c.awarded_on, c.signed_on, c.start_on) AS began_on,
       coalesce(c.max_end_on, c.end_on) AS end_on
FROM contracts c JOIN contract_providers p USING (contract_id)
WHERE {contracts.DEPENDS} AND c.status NOT IN ('cancelled', 'withdrawn', 'planned')
"""
# Stretches of time in which some contract of a body with a provider was in force, each by the contract that begins it: on
# every day they say of a body what all of its contracts say, and there are few of them however many contracts there are.
_STRETCHES = """
WITH marked AS (
  SELECT *, coalesce(began_on > max(coalesce(end_on, 'infinity')) OVER (of ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS apart
  FROM contract_terms WHERE organisation_id IS NOT NULL
  WINDOW of AS (PARTITION BY organisation_id, provider, certainty, began_on IS NULL ORDER BY began_on, contract_id)),
numbered AS (SELECT *, sum(apart::INTEGER) OVER of AS stretch FROM marked
  WINDOW of AS (PARTITION BY organisation_id, provider, certainty, began_on IS NULL ORDER BY began_on, contract_id))
SELECT organisation_id, provider, certainty, first(contract_id ORDER BY began_on, contract_id) AS contract_id,
       NULL AS awarded_on, NULL AS signed_on, min(began_on) AS start_on, NULL AS max_end_on,
       nullif(max(coalesce(end_on, 'infinity')), 'infinity') AS end_on
FROM numbered GROUP BY organisation_id, provider, certainty, began_on IS NULL, stretch ORDER BY contract_id, provider
"""


@functools.lru_cache(maxsize=4)
def evidence_of(edition: Edition) -> hindcast.Evidence:
    """Everything in an edition that says something of bodies; contracts as stretches of time."""
    tables = ("organisations", "services", "findings", "statements", "edges")
    rows = {table: edition.rows(f"SELECT * FROM {table}") for table in tables}
    edition.derive("contract_terms", _TERMS)
    return hindcast.Evidence(**rows, contracts=edition.rows(_STRETCHES))


def _contracts(edition: Edition, day: dt.date) -> tuple[int, int]:
    """How many contracts were in force and dated before `day`, and how many had not ended by it."""
    edition.derive("contract_terms", _TERMS)
    row = edition.rows(
        "SELECT count(*) FILTER (began_on < $day) AS frozen, count(*) AS today FROM contract_terms "
        "WHERE end_on IS NULL OR end_on >= $day",
        {"day": day},
    )[0]
    return row["frozen"], row["today"]


@functools.lru_cache(maxsize=64)
def score_incident(edition: Edition, incident_id: str) -> dict[str, Any]:
    """Everything about one incident: scenario, freeze, the four scores, the reports, the controls."""
    facts = reference.load()
    [incident] = edition.rows("SELECT * FROM incidents WHERE incident_id = $id", {"id": incident_id})
    day = incident["started_on"] or _month(incident)
    if incident["providers"][0] not in facts.providers:
        raise Refused(
            f"incident {incident_id} names no provider that we track, so no scenario can be run; choose another"
        )
    scenarios = hindcast.scenarios_of(incident, stored_scenarios(facts))
    if incident_id == CONTROL:
        scenarios = list(CONTROL_SCENARIOS)
    held = evidence_of(edition)
    reports = [label for label in hindcast.labels(facts) if label.incident_id == incident_id]
    frozen, today = held.before(day), held.known_today(day)
    exposures = {
        "dns_only": hindcast.exposed(facts, frozen.only_dns(), scenarios),
        "all_evidence": hindcast.exposed(facts, frozen, scenarios),
        "today_dns_only": hindcast.exposed(facts, today.only_dns(), scenarios),
        "today_all_evidence": hindcast.exposed(facts, today, scenarios),
    }
    scores = {key: hindcast.score(reports, bodies) for key, bodies in exposures.items()}
    in_force = _contracts(edition, day)
    known = frozenset({o["organisation_id"] for o in held.organisations}) | {
        f"service:{s['service_id']}" for s in held.services
    }
    why = {
        key: hindcast.missing_evidence(
            key, scenarios[0].provider, scores["all_evidence"], scores["today_all_evidence"], known, held
        )
        for key in scores["all_evidence"].missed
    }
    return {
        "incident": incident,
        "day": day,
        "scenarios": scenarios,
        "reports": reports,
        "counts": {
            "frozen": frozen.counts() | {"contracts": in_force[0]},
            "today": today.counts() | {"contracts": in_force[1]},
        },
        "scores": scores,
        "why": why,
        "placebo": _placebo(facts, frozen, scenarios[0], reports),
        "control": control(edition),
    }


def _month(incident: Any) -> dt.date:
    """The first day of an incident known by its month or year, from its id: evidence before it is surely earlier."""
    found = re.search(r"(\d{4})-(\d{2})(?!\d)", incident["incident_id"])
    year = re.search(r"(\d{4})", incident["incident_id"])
    if found and 1 <= int(found[2]) <= 12:
        return dt.date(int(found[1]), int(found[2]), 1)
    if year:
        return dt.date(int(year[1]), 1, 1)
    raise Refused(
        f"incident {incident['incident_id']} has no day, so no evidence can be frozen before it; choose another"
    )


def _placebo(facts: Any, frozen: Any, scenario: Scenario, reports: Any) -> dict[str, dict[str, Any]]:
    """The same evidence, had another cloud failed everywhere: how many of the bodies would have been named."""
    found = {}
    for provider in PLACEBOS:
        if provider != scenario.provider:
            other = hindcast.score(reports, hindcast.exposed(facts, frozen, [Scenario(provider, hours=scenario.hours)]))
            found[provider] = {"found": other.found, "share": other.recall}
    return found


@functools.lru_cache(maxsize=4)
def _control_counts(edition: Edition) -> tuple[int, int]:
    facts, held = reference.load(), evidence_of(edition)
    named: set[str] = set()
    open_ended: set[str] = set()
    for key, body in hindcast.exposed(facts, held, CONTROL_SCENARIOS).items():
        (named if body.found else open_ended).add(key)
    return len(named), len(open_ended - named)


def control(edition: Edition) -> dict[str, Any]:
    """The negative control: whom all evidence held now would name for what can have touched nobody here."""
    named, open_ended = _control_counts(edition)
    return {
        "incident": CONTROL,
        "scenario": "AWS Cost Explorer fails in one of the two regions of mainland China",
        "exposed": named,
        "expected": 0,
        "ok": named == 0,
        "product_not_shown": open_ended,
        "note": "all evidence held now; product_not_shown counts bodies whose records name AWS, or nobody, without a "
        "product: they are not named",
    }
