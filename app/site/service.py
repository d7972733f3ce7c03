"""One public service: what its names show, what is said of it, what it stands on, and when it would be exposed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site import _columns as columns
from app.site._pages import respond
from app.site._state import State
from app.site._tables import Cell, Column, Link, Row, of, sure, table
from app.stores import ask
from app.words import EFFECTS, LAYERS, said
from pipelines import reference
from pipelines.presets import stored_scenarios


def page(request: Request) -> Response:
    state = State(request)
    service = request.path_params["id"]
    answer = ask(state.edition, "service", service=service)
    presets = stored_scenarios(reference.load())

    def scenario(row: Row) -> Cell:
        known = presets.get(row["scenario_id"])
        words = known.title if known and known.title else row["scenario_id"]
        return Link(words, state.url("/outage", preset=row["scenario_id"]))

    return respond(
        state,
        "service.html",
        answer.body["facts"]["name"],
        answer.title,
        answer=answer,
        explorer=state.explorer("organisation", organisation=answer.body["facts"]["organisation_id"]),
        facts=answer.body["facts"],
        figures=answer.figures,
        findings=table(
            "Evidence from its names", answer.frames["findings"], columns.findings(state, with_body=False), most=60
        ),
        statements=table("Published statements", answer.frames["statements"], columns.statements(state)),
        edges=table(
            "What it stands on",
            answer.frames["edges"],
            [
                Column("Stands on", of("underlying_name")),
                Column("Kind", of("underlying_kind")),
                Column("Region", of("region")),
                Column(
                    "Needs",
                    lambda row: {"all_of": "all of them", "any_of": "any of them"}.get(row["mode"], said(row["mode"])),
                ),
                Column("How sure", sure),
                Column("Basis", of("basis")),
            ],
        ),
        exposures=table(
            "Stored scenarios",
            answer.frames["exposures"],
            [
                Column("Scenario", scenario),
                Column("Effect", lambda row: EFFECTS[row["effect"]]),
                Column("How sure", sure),
                Column("Layer", lambda row: LAYERS.get(row["layer"], said(row["layer"]))),
            ],
        ),
    )


ROUTES = [Route("/service/{id}", page)]
