"""Had we looked the day before a real outage: whom would we have named, whom missed, and for want of what?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipelines import hindcast, reference
from pipelines.answers import Answer, Figure, count, listing, long_day, new, number, percent, provider_name, sources_of
from pipelines.answers._scored import control, score_incident
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.scenario import Scenario

ID = "hindcast"
QUESTION = "How would the evidence of the day before have fared against what bodies reported?"
METHODS = (
    "The evidence is frozen at the day of the event: findings by the day they were seen, statements by the day "
    "they were made, contracts by award, signature or start. What carries no date was not available before and is "
    "left out. How a provider is built is part of what failed and is not frozen. The scenario of the event is then "
    "run; a body is found where one of its services is exposed, down or degraded, or where its own records, "
    "statements or contracts name the failing provider in a role that the scenario touches. DNS only takes "
    "records alone, all evidence adds statements, public code, contracts and platforms. Recall is found over reported; "
    "reports are those of ministers, bodies and the press, each with its source. The figures with today's evidence "
    "repeat both with everything held now, and are no test of foresight: some of that evidence was written after the event."
)
CAVEATS = (
    "Most records of DNS that we hold were seen in 2026, so a frozen map of DNS alone holds next to nothing for "
    "earlier events; read it beside the result with today's evidence.",
    "Found means exposed on the evidence, never that the body was down; a body that reported nothing may have been "
    "touched too, so there is no precision here, only how many bodies were named in all.",
    "The bodies that reported are few and known because they are large: recall on them is not recall on all.",
)


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
    scored = score_incident(edition, incident)
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
    day = long_day(scored["day"]) if scored["incident"]["started_on"] else f"{scored['day']:%B %Y}"
    scores = scored["scores"]
    reported = len(scores["all_evidence"].found) + len(scores["all_evidence"].missed)
    if not reported:
        return f"{name}, {day}: no public body is recorded as having reported trouble, so nothing can be scored."
    frozen, dns = scores["all_evidence"], scores["dns_only"]
    later = scores["today_dns_only"]
    return (
        f"{name}, {day}: of {count(reported, 'body', 'bodies')} that reported trouble, all evidence from before the event "
        f"names {number(len(frozen.found))} ({percent(frozen.recall)}) and DNS alone {number(len(dns.found))} "
        f"({percent(dns.recall)}; {number(len(later.found))} with the records held today)."
    )


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
    many = [score_incident(edition, incident_id) for incident_id in ids]
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
        "negative_control": control(edition),
        "hindcasts": [_told(scored) for scored in many],
    }
    return made
