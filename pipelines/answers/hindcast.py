"""Had we looked the day before a real outage: whom would we have named, whom missed, and for want of what?"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Any

import pandas as pd

from pipelines import hindcast, reference
from pipelines.answers import Answer, Figure, listing, new, number, percent, provider_name, sources_of
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.graph import Scenario
from pipelines.presets import stored_scenarios

ID = "hindcast"
QUESTION = "How would the evidence of the day before have fared against what bodies reported?"
METHODS = (
    "The evidence is frozen at the day of the event: findings by the day they were seen, statements by the day "
    "they were made, contracts by award, signature or start. What carries no date was not available before and is "
    "left out. How a provider is built is part of what failed and is not frozen. The scenario of the event is then "
    "run; a body is found where one of its services is exposed, down or degraded, or where its own records, "
    "statements or contracts name the failing provider in a role that the scenario touches. DNS only takes "
    "records alone, all evidence adds statements, public code, contracts and platforms. Recall is found over reported; "
    "reports are those of ministers, bodies and the press, each with its source. The figures with today's evidence repeat both "
    "with everything held now, and is no test of foresight: some of that evidence was written after the event."
)
# An incident that cannot have touched a UK service: one product, in a region of mainland China, a partition of its
# own. Whoever it names is named wrongly.
CONTROL = "aws-2025-12-kiro-costexplorer"
CONTROL_SCENARIOS = tuple(
    Scenario("aws", "Cost Explorer", place, cause="ai_agent", hours=13, incident=CONTROL, apart=True)
    for place in ("cn-north-1", "cn-northwest-1")
)
# Clouds that did not fail in an event: how many of the bodies that reported would they have named?
PLACEBOS = ("aws", "azure", "gcp", "oracle")
CAVEATS = (
    "Most records of DNS that we hold were seen in 2026, so a frozen map of DNS alone holds next to nothing for "
    "earlier events; read it beside the result with today's evidence.",
    "Found means exposed on the evidence, never that the body was down; a body that reported nothing may have been "
    "touched too, so there is no precision here, only how many bodies were named in all.",
    "The bodies that reported are few and known because they are large: recall on them is not recall on all.",
)


# Contracts by the days on which they were in force: begun by award, signature or start, whichever comes first.
_TERMS = """
SELECT c.organisation_id, p.provider, p.certainty, c.contract_id, least(c.awarded_on, c.signed_on, c.start_on) AS began_on,
       coalesce(c.max_end_on, c.end_on) AS end_on
FROM contracts c JOIN contract_providers p USING (contract_id)
WHERE c.contract_class <> 'framework' AND NOT p.marketplace AND c.status NOT IN ('cancelled', 'withdrawn', 'planned')
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


def answer(edition: Edition, incident: str | None = None) -> Answer:
    """One incident scored, or all that have reports.

    Figures: reported, dns_only, all_evidence (recall, each strictly frozen), the same with today's evidence.
    Frames: bodies (one row per report). UnknownName for an incident that the edition does not hold.
    """
    if incident is None:
        return _all(edition)
    rows = edition.rows("SELECT * FROM incidents WHERE incident_id = $id", {"id": incident})
    if not rows:
        raise UnknownName("incident", incident, edition.query("SELECT incident_id FROM incidents")["incident_id"])
    scored = _scored(edition, incident)
    told = _told(scored)
    name = ", ".join(provider_name(p) for p in rows[0]["providers"])
    made = new(
        edition,
        ID,
        QUESTION,
        _title(name, scored),
        "bodies and services that are named in a report of this outage, chosen by who reported, not a sample",
        METHODS,
        figures=_figures(scored),
        frames={"bodies": _frame([scored])},
        caveats=[*CAVEATS, *_own_caveats(scored)],
        parameters={"incident": incident},
        sources=sources_of(edition, ["reference-hindcast_labels", rows[0]["source_id"]]),
    )
    made.body = told
    return made


# -- scoring ------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _scored(edition: Edition, incident_id: str) -> dict[str, Any]:
    """Everything about one incident: scenario, freeze, the four scores, the reports, the controls."""
    facts = reference.load()
    [incident] = edition.rows("SELECT * FROM incidents WHERE incident_id = $id", {"id": incident_id})
    day = incident["started_on"] or _month(incident)
    if incident["providers"][0] not in facts.providers:
        raise Refused(
            f"incident {incident_id} names no provider that we track, so no scenario can be run; choose another"
        )
    scenarios = hindcast.scenarios_of(facts, incident, stored_scenarios(facts))
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
            key, scenarios[0].provider, scores["all_evidence"], scores["today_all_evidence"], known, frozen, held
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
        "control": _control(edition, held),
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


def _control(edition: Edition, held: Any) -> dict[str, Any]:
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


# -- words --------------------------------------------------------------------------------------------------


def _part(score: hindcast.Score) -> dict[str, Any]:
    return {
        "found": score.found,
        "missed": score.missed,
        "recall": score.recall,
        "bodies_named": score.named,
        "cannot_say": score.cannot_say,
        "effects": {key: body.effect for key, body in score.detail.items()},
    }


def _told(scored: dict[str, Any]) -> dict[str, Any]:
    """The keys that the command line promises, and what explains them."""
    scores = scored["scores"]
    scenarios: list[Scenario] = scored["scenarios"]
    return {
        "incident": scored["incident"]["incident_id"],
        "frozen_at": scored["day"],
        "scenario": {
            "provider": scenarios[0].provider,
            "product": scenarios[0].product,
            "regions": [s.region for s in scenarios if s.region],
            "plane": scenarios[0].plane,
            "preset": scenarios[0].id,
        },
        "reported": sorted({label.key for label in scored["reports"] if label.counted}),
        "reports": [
            {
                "key": label.key,
                "body": label.body,
                "reported_as": label.reported_as,
                "reported_by": label.reported_by,
                "counted": label.counted,
                "note": label.note,
                "url": label.url,
                "check": label.check,
            }
            for label in scored["reports"]
        ],
        "dns_only": _part(scores["dns_only"]),
        "all_evidence": _part(scores["all_evidence"]) | {"missing_evidence": scored["why"]},
        "with_todays_evidence": {
            "dns_only": _part(scores["today_dns_only"]),
            "all_evidence": _part(scores["today_all_evidence"]),
        },
        "evidence_rows": scored["counts"],
        "placebo": scored["placebo"],
        "negative_control": scored["control"],
    }


_LABELS = {
    "dns_only": "Found by DNS alone, evidence before the event",
    "all_evidence": "Found by all evidence before the event",
    "today_dns_only": "Found by DNS alone, with today's evidence",
    "today_all_evidence": "Found by all evidence, with today's evidence",
}


def _figures(scored: dict[str, Any]) -> list[Figure]:
    reported = len({label.key for label in scored["reports"] if label.counted})
    figures = [Figure("reported", "Bodies that reported trouble", reported, unit="bodies")]
    for key, label in _LABELS.items():
        score: hindcast.Score = scored["scores"][key]
        figures.append(
            Figure(
                key, label, score.recall, unit="share", of=f"{number(reported)} bodies that reported", n_unknown=None
            )
        )
    figures.append(
        Figure(
            "named",
            "Bodies named by all evidence before the event",
            scored["scores"]["all_evidence"].named,
            unit="bodies",
        )
    )
    return figures


def _title(name: str, scored: dict[str, Any]) -> str:
    day = f"{scored['day'].day} {scored['day']:%B %Y}" if scored["incident"]["started_on"] else f"{scored['day']:%B %Y}"
    scores = scored["scores"]
    reported = len(scores["all_evidence"].found) + len(scores["all_evidence"].missed)
    if not reported:
        return f"{name}, {day}: no public body is recorded as having reported trouble, so nothing can be scored."
    frozen, dns = scores["all_evidence"], scores["dns_only"]
    later = scores["today_dns_only"]
    return (
        f"{name}, {day}: of {number(reported)} {_bodies(reported)} that reported trouble, all evidence from before the event names "
        f"{number(len(frozen.found))} ({percent(frozen.recall)}) and DNS alone {number(len(dns.found))} "
        f"({percent(dns.recall)}; {number(len(later.found))} with the records held today)."
    )


def _bodies(count: int) -> str:
    return "body" if count == 1 else "bodies"


def _own_caveats(scored: dict[str, Any]) -> list[str]:
    caveats = []
    if not scored["counts"]["frozen"]["findings"]:
        caveats.append(
            "No finding from DNS that we hold is dated before this event: its score by DNS alone is zero for want of data."
        )
    first: Scenario = scored["scenarios"][0]
    if first.id is None and first.product is None and scored["incident"]["product"]:
        caveats.append(
            f"No scenario is stored for this event: the one used takes the whole provider where it failed, which is "
            f"wider than the event ({scored['incident']['product']})."
        )
    uncounted = [label.body for label in scored["reports"] if not label.counted]
    if uncounted:
        caveats.append(f"Reported and not scored, with the reason in the table: {listing(uncounted, 4)}.")
    return caveats


_COLUMNS = [
    "incident_id", "body", "key", "reported_as", "reported_by", "counted", "dns_only", "all_evidence", "effect",
    "certainty", "kinds", "today_dns_only", "today_all_evidence", "missing_evidence", "note", "url", "check",
]  # fmt: skip


def _frame(many: list[dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for scored in many:
        scores = scored["scores"]
        for label in scored["reports"]:
            detail = scores["all_evidence"].detail.get(label.key)
            rows.append(
                {
                    "incident_id": label.incident_id,
                    "body": label.body,
                    "key": label.key,
                    "reported_as": label.reported_as,
                    "reported_by": label.reported_by,
                    "counted": label.counted,
                    **{key: _mark(scores[key], label) for key in _LABELS},
                    "effect": detail.effect if detail and label.counted else None,
                    "certainty": detail.certainty if detail and label.counted else None,
                    "kinds": ", ".join(sorted(detail.kinds)) if detail and label.counted else None,
                    "missing_evidence": scored["why"].get(label.key) if label.counted else None,
                    "note": label.note,
                    "url": label.url,
                    "check": label.check,
                }
            )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _mark(score: hindcast.Score, label: hindcast.Label) -> str:
    if not label.counted:
        return "not scored"
    return "found" if label.key in score.found else "missed"


# -- all incidents ------------------------------------------------------------------------------------------


def _all(edition: Edition) -> Answer:
    """Every incident with a report, pooled: each pair of incident and body counts once."""
    held = {row["incident_id"] for row in edition.rows("SELECT incident_id FROM incidents")}
    ids = sorted({label.incident_id for label in hindcast.labels(reference.load())} & held)
    many = [_scored(edition, incident_id) for incident_id in ids]
    pooled: dict[str, dict[str, Any]] = {}
    for key in _LABELS:
        found = [f"{s['incident']['incident_id']}: {name}" for s in many for name in s["scores"][key].found]
        missed = [f"{s['incident']['incident_id']}: {name}" for s in many for name in s["scores"][key].missed]
        total = len(found) + len(missed)
        pooled[key] = {"found": found, "missed": missed, "recall": len(found) / total if total else None}
    total = len(pooled["all_evidence"]["found"]) + len(pooled["all_evidence"]["missed"])
    figures = [Figure("reported", "Reports of bodies", total, unit="reports")]
    figures += [
        Figure(key, label, pooled[key]["recall"], unit="share", of=f"{number(total)} reports in {len(ids)} outages")
        for key, label in _LABELS.items()
    ]
    made = new(
        edition,
        ID,
        QUESTION,
        f"In {len(ids)} outages that {number(total)} reports of public bodies speak of, all evidence from before the event "
        f"names {percent(pooled['all_evidence']['recall'])} of them, DNS alone {percent(pooled['dns_only']['recall'])} "
        f"({percent(pooled['today_all_evidence']['recall'])} and {percent(pooled['today_dns_only']['recall'])} with the "
        "evidence held today).",
        "reports of public bodies in outages of our incidents table, chosen by who reported, not a sample",
        METHODS,
        figures=figures,
        frames={"bodies": _frame(many)},
        caveats=list(CAVEATS),
        sources=sources_of(edition, ["reference-hindcast_labels", "reference-incidents"]),
    )
    made.body = {
        "incident": None,
        "incidents": ids,
        "frozen_at": {s["incident"]["incident_id"]: s["day"] for s in many},
        "reported": [f"{s['incident']['incident_id']}: {key}" for s in many for key in _told(s)["reported"]],
        "dns_only": pooled["dns_only"],
        "all_evidence": pooled["all_evidence"],
        "with_todays_evidence": {
            "dns_only": pooled["today_dns_only"],
            "all_evidence": pooled["today_all_evidence"],
        },
        "negative_control": _control(edition, None),
        "hindcasts": [_told(scored) for scored in many],
    }
    return made
