"""If it fails, who is exposed? A form that is an address, presets after real outages, the paths, low and high."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.figures import SCENARIO, scenario_of
from app.site._pages import Cell, Column, Link, Row, State, body_cell, chart, of, respond, sure, table
from app.stores import ask
from pipelines import build, reference
from pipelines.answers import exposure, provider_name

DEFAULT = {"provider": "azure", "hours": "8"}
MOST = 20


def page(request: Request) -> Response:
    state = State(request)
    asked = {key: value for key in SCENARIO if (value := state.get(key))}
    if asked and "preset" not in asked:
        asked.setdefault("provider", DEFAULT["provider"])
        asked.setdefault("hours", DEFAULT["hours"])
    keys = asked or DEFAULT
    scenario = scenario_of(keys)
    answer = ask(state.edition, "exposure", scenario=scenario)
    services = answer.frames["services"]
    known = reference.load().provider(scenario.provider)
    seen = state.edition.query(
        "SELECT DISTINCT provider FROM (SELECT provider FROM findings UNION SELECT provider FROM statements) "
        "WHERE provider NOT IN ('none', 'unknown')"
    )["provider"]
    columns = [
        Column("Service", lambda row: _service(state, row)),
        Column("Public body", body_cell(state, "organisation_id", "organisation")),
        Column(
            "Effect",
            lambda row: {"down": "no alternative shown", "degraded": "exposed in part"}.get(
                row["effect"], "cannot be said"
            ),
        ),
        Column("How sure", sure),
        Column("Path", of("via")),
        Column("What is left", of("alternatives", "none shown")),
    ]
    return respond(
        state,
        "outage.html",
        "If it fails, who is exposed?",
        answer.title,
        answer=answer,
        explorer=state.explorer("outage", **keys),
        figures=[answer.figure(f) for f in ("down", "degraded", "unknown", "bodies")],
        scenario=scenario,
        words=scenario.title or exposure.describe(scenario),
        presets=build.presets(reference.load()),
        providers=sorted(seen, key=lambda p: provider_name(p).lower()),
        regions=known.regions,
        preset=keys.get("preset"),
        exposed=chart(state, "exposed", **keys),
        radius=chart(state, "blast-radius", **keys),
        hit=table("Exposed, and through which path", services[services["effect"] != "unknown"], columns, most=MOST),
        dark=table(
            "Cannot be said", services[services["effect"] == "unknown"], [columns[0], columns[1], columns[4]], most=10
        ),
    )


def _service(state: State, row: Row) -> Cell:
    return (
        Link(str(row["name"]), state.url(f"/service/{row['service_id']}"))
        if row["kind"] != "mail"
        else str(row["name"])
    )


ROUTES = [Route("/outage", page)]
