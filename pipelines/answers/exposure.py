"""Who is exposed if a provider, product or region fails, through which path, and who has an alternative."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import pandas as pd

from pipelines import outage, reference
from pipelines.answers import Answer, Figure, _impact, count, new, number, provider_name, sources_of
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.graph import Graph
from pipelines.presets import stored_scenarios
from pipelines.scenario import Scenario

ID = "exposure"
QUESTION = "If it fails, who is exposed, and who has an alternative?"
METHODS = (
    "A service needs each of its critical parts; a part is lost when no alternative is left. Losing a control "
    "plane degrades changes and failover, never serving. Known rests on confirmed evidence, inferred on likely "
    "or possible evidence, unknown means that the part's provider or region is not shown and could be the "
    "failing one; low counts what is known, high what could be. Exposure is not downtime: failover that nobody "
    f"published may exist. {_impact.METHODS}"
)


@functools.lru_cache(maxsize=4)
def graph_of(edition: Edition) -> Graph:
    """The dependence graph of an edition, built once."""
    evidence = outage.Evidence(
        *(
            edition.rows(f"SELECT * FROM {table}")
            for table in ("organisations", "services", "findings", "statements", "edges")
        )
    )
    return outage.build_graph(reference.load(), evidence)


def scenario_from(
    preset: str | None = None,
    provider: str | None = None,
    product: str | None = None,
    region: str | None = None,
    plane: str = "data",
    cause: str = "unknown",
    hours: float | None = None,
) -> Scenario:
    """A stored scenario by its id, or one from its parts; Refused or UnknownName in one sentence."""
    if preset:
        known = stored_scenarios(reference.load())
        if preset not in known:
            raise UnknownName("preset", preset, known)
        return known[preset]
    if not provider:
        raise Refused("an outage needs a provider or a preset; give provider aws or preset fastly-2021-06-08")
    if hours is None:
        raise Refused("an outage needs its length; give its hours, such as 8")
    return outage.scenario(reference.load(), provider, product, region, plane, cause, hours)


def answer(edition: Edition, scenario: Scenario) -> Answer:
    """What a scenario exposes in one edition.

    Figures: down, degraded, unknown (value = known + inferred, low, high), each with its parts; bodies, service_hours,
    transactions, tied_gbp, with_alternative. Frames: services (one row per exposed service: effect, certainty, layer,
    via, alternatives, evidence, seen_on, url), statements (on bodies and their systems beside listed services), contracts
    (in force with the provider, the first of them), curve (how long its recorded
    outages lasted).
    """
    graph = graph_of(edition)
    effects, codes = graph.solve(scenario), graph.codes(scenario)
    counts = outage.tally(codes)
    rows: list[dict[str, Any]] = []
    paths: list[dict[str, Any]] = []
    evidence_ids: set[str] = set()
    for service_id in sorted(effects):
        effect = effects[service_id]
        node = graph.services[service_id]
        state, certainty = outage.classify(effect)
        rows.append(
            {
                "service_id": service_id,
                "name": node.name,
                "kind": node.kind,
                "organisation_id": node.organisation_id,
                "effect": state,
                "certainty": certainty,
                "layer": effect.layer,
                "via": path_words(effect.path),
                "alternatives": "; ".join(effect.left),
            }
        )
        evidence_ids.update(effect.evidence)
        paths.append(
            {
                "service": service_id,
                "effect": state,
                "certainty": certainty,
                "layer": effect.layer,
                "via": list(effect.path),
                "evidence": list(effect.evidence),
            }
        )
    bodies = dict(edition.query("SELECT organisation_id, name FROM organisations").itertuples(index=False, name=None))
    for row in rows:
        row["organisation"] = bodies.get(row["organisation_id"])
    rows.sort(key=lambda row: (_ORDER[row["effect"]], _ORDER[row["certainty"]], row["name"]))
    columns = [
        "service_id",
        "name",
        "organisation",
        "kind",
        "organisation_id",
        "effect",
        "certainty",
        "layer",
        "via",
        "alternatives",
        "evidence",
        "seen_on",
        "url",
    ]
    evidence = evidence_rows(edition, evidence_ids)
    known_evidence = {row["id"]: row for row in evidence}
    first: dict[str, dict[str, Any]] = {}
    for path in paths:
        path["evidence"] = [known_evidence[i] for i in path["evidence"] if i in known_evidence]
        # In one row stands what carries a day: what was said or seen, before how parts hang together.
        first[path["service"]] = min(path["evidence"], key=lambda item: item["date"] is None, default={})
    for row in rows:
        shown = first[row["service_id"]]
        row |= {"evidence": shown.get("value"), "seen_on": shown.get("date"), "url": shown.get("url")}
    services = pd.DataFrame(rows, columns=columns)
    alternatives = [
        {"service": row["service_id"], "alternatives": row["alternatives"].split("; ")}
        for row in rows
        if row["alternatives"]
    ]
    total = len(graph.services)
    mail = sum(node.kind == "mail" for node in graph.services.values())
    figures = []
    for state, label in (
        ("down", "Exposed: no alternative shown"),
        ("degraded", "Exposed in part"),
        ("unknown", "Cannot be said"),
    ):
        figures.append(
            Figure(
                state,
                label,
                counts[state]["known"] + counts[state]["inferred"],
                counts[state]["low"],
                counts[state]["high"],
                "services",
                f"{total} services and bodies' mail",
                counts["unknown"]["known"],
            )
        )
    figures.append(
        Figure(
            "bodies",
            "Public bodies exposed",
            services.loc[services["effect"] != "unknown", "organisation_id"].nunique(),
            unit="bodies",
        )
    )
    impact = _impact.lost(edition, graph, codes, scenario)
    worth, signed = _impact.tied(edition, scenario.provider)
    past = _impact.history(edition, scenario)
    real = _impact.behind(edition, scenario)
    said = _impact.said_of_bodies(edition, graph, scenario)
    exposed = int((services["effect"] != "unknown").sum())
    left = int(((services["effect"] != "unknown") & (services["alternatives"] != "")).sum())
    figures += _impact.figures(impact, worth, left, exposed)
    population = (
        f"{number(total - mail)} services and the mail of {number(mail)} councils that we hold evidence for, "
        "chosen by us, not a sample of the UK"
    )
    answer = new(
        edition,
        ID,
        QUESTION,
        _title(scenario, counts, total),
        population,
        METHODS,
        figures=figures,
        frames={"services": services, "contracts": signed, "curve": past["curve"], "statements": said},
        caveats=[
            "Exposure is not downtime: failover that nobody published may exist.",
            "Evidence from DNS shows front doors; most back ends are unknown, and are counted as unknown.",
            *_closed(scenario.provider),
            *(
                [
                    f"{number(len(signed))} of {number(worth['contracts'])} contracts in force are here; the answer contracts has all."
                ]
                if len(signed) < worth["contracts"]
                else []
            ),
        ],
        parameters={
            key: value
            for key, value in (
                ("preset", scenario.id),
                ("provider", scenario.provider),
                ("product", scenario.product),
                ("region", scenario.region),
                ("plane", scenario.plane),
                ("cause", scenario.cause),
                ("hours", scenario.hours),
            )
            if value
        },
        sources=sources_of(edition, [*(row["source_id"] for row in evidence), *said["source_id"]]),
    )
    answer.body = {
        "scenario": {
            "id": scenario.id,
            "title": scenario.title or describe(scenario),
            "provider": scenario.provider,
            "product": scenario.product,
            "region": scenario.region,
            "plane": scenario.plane,
            "cause": scenario.cause,
            "cause_words": _impact.cause_in_words(scenario, real),
            "hours": scenario.hours,
            "incident": scenario.incident,
        },
        "real_outage": real,
        "services_in_population": total,
        "down": counts["down"],
        "degraded": counts["degraded"],
        "unknown": counts["unknown"],
        "paths": paths,
        "alternatives": alternatives,
        "lost_service_hours": impact["service_hours"],
        "transactions": impact["transactions"],
        "contract_value_tied": worth,
        "contracts_tied": signed,
        "statements_on_bodies": said,
        "history": past,
        "beside": _impact.words(past, worth, provider_name(scenario.provider)),
    }
    return answer


def _closed(provider: str) -> list[str]:
    known = reference.load().provider(provider)
    if not known.closed:
        return []
    return [
        f"{known.name}: evidence held now names nobody on it any more; the hindcast says whom it served. For the exit of a "
        "supplier that still trades choose its name, the cause supplier failure and the hours of notice."
    ]


_ORDER = {"down": 0, "degraded": 1, "known": 0, "inferred": 1, "unknown": 2}
_PART = {
    "web (front)": "what answers",
    "web (back)": "where it runs",
    "dns (front)": "name servers",
    "mail (back)": "mailboxes",
    "mail (front)": "mail filter",
    "identity (front)": "sign-in",
    "identity (back)": "sign-in",
    "dns (back)": "name servers",
    "mail_sending (front)": "sending mail",
    "mail_sending (back)": "sending mail",
    "saas (front)": "online services",
    "saas (back)": "online services",
    "certificate (front)": "certificates",
    "certificate (back)": "certificates",
    "ai (front)": "AI",
    "ai (back)": "AI",
}


def path_words(path: Iterable[str]) -> str:
    """A path as a reader can follow it: parts by what they do, providers by their names."""
    words = []
    for step in path:
        first, _, rest = step.partition(" ")
        if step in _PART:
            words.append(_PART[step])
        elif first in reference.load().providers:
            words.append(f"{provider_name(first)} {rest}".strip())
        elif step == "unknown":
            words.append("not known")
        else:
            words.append(step)
    return " > ".join(words)


def describe(scenario: Scenario) -> str:
    """The scenario in words."""
    known = reference.load().provider(scenario.provider)
    what = f"{known.name} {scenario.product}" if scenario.product else known.name
    place = f" in {region_words(known, scenario.region)}" if scenario.region else " everywhere"
    how = "cannot be changed or failed over" if scenario.plane == "control" else "fails"
    return f"{what} {how}{place} for {count(round(scenario.hours, 1 if scenario.hours >= 1 else 2), 'hour')}"


def region_words(provider: reference.Provider, region: str) -> str:
    """A region with its place: uksouth (London)."""
    place = provider.regions.get(region)
    return f"{region} ({place})" if place else region


def _title(scenario: Scenario, counts: dict[str, dict[str, int]], total: int) -> str:
    down, degraded = counts["down"], counts["degraded"]
    return (
        f"{scenario.title or describe(scenario)}: "
        f"{number(down['known'] + down['inferred'])} of {number(total)} services and bodies' mail would be without "
        f"an alternative that we can see ({number(down['known'])} known, {number(down['inferred'])} inferred), "
        f"{number(degraded['known'] + degraded['inferred'])} exposed in part; for "
        f"{number(counts['unknown']['known'])} it cannot be said."
    )


def evidence_rows(edition: Edition, ids: set[str]) -> list[dict[str, Any]]:
    """Observations, statements and edges by id, in one shape: id, kind, value, date, url, source_id."""
    if not ids:
        return []
    parameters = {"ids": sorted(ids)}
    return [
        *edition.rows(
            "SELECT observation_id AS id, kind, subject || ' ' || kind || ' ' || coalesce(value, '') AS value, "
            "seen_on AS date, NULL AS url, source_id FROM observations WHERE observation_id IN (SELECT unnest($ids))",
            parameters,
        ),
        *edition.rows(
            "SELECT statement_id AS id, 'statement' AS kind, subject || ': ' || statement AS value, "
            "stated_on AS date, url, source_id FROM statements WHERE statement_id IN (SELECT unnest($ids))",
            parameters,
        ),
        *edition.rows(
            "SELECT edge_id AS id, 'dependence' AS kind, dependent_name || ' on ' || underlying_name || "
            "coalesce(' (' || basis || ')', '') AS value, NULL AS date, url, source_id FROM edges "
            "WHERE edge_id IN (SELECT unnest($ids))",
            parameters,
        ),
    ]
