"""How far AI vendors reach into public service, through which clouds, and which outages involved automation."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site import _columns as columns
from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Column, body_cell, elsewhere, of, provider_cell, records, sure, table
from app.stores import ask


def page(request: Request) -> Response:
    state = State(request)
    answer = ask(state.edition, "ai-reliance")
    everything = ask(state.edition, "incidents").frames["incidents"]
    recorded = everything[everything["incident_id"].isin(answer.frames["incidents"]["incident_id"])]
    told = recorded[recorded["ai_agent_involved"].isin(["yes", "disputed"])]
    return respond(
        state,
        "ai.html",
        "AI vendors in public service",
        answer.title,
        answer=answer,
        explorer=state.explorer("ai"),
        figures=[answer.figure(f) for f in ("bodies", "tokens", "statements", "contracts", "peers")],
        drawn=chart(state, "ai-vendors"),
        vendors=table(
            "Vendors and the clouds beneath them",
            answer.frames["vendors"],
            [
                Column("Vendor", provider_cell(state, "vendor")),
                Column("Public bodies", of("bodies"), True),
                Column("Domains", of("tokens"), True),
                Column("Statements", of("statements"), True),
                Column("Contracts", of("contracts"), True),
                Column("Runs on", of("through", "not known")),
            ],
        ),
        evidence=table(
            "Evidence",
            answer.frames["evidence"],
            [
                Column("Public body", body_cell(state, "organisation_id", "organisation")),
                Column("Evidence", of("words")),
                Column("Vendor", provider_cell(state)),
                Column("How sure", sure),
                Column("Date", of("date", "no date")),
                Column("Source", elsewhere("url", "source")),
            ],
        ),
        peers=table(
            "Culture and broadcasting bodies",
            answer.frames["peers"],
            [
                Column("Public body", body_cell(state, "organisation_id", "name")),
                Column("AI vendors shown", of("ai_vendors")),
                Column("Records held", of("records_held")),
            ],
        ),
        lacking=answer.figure("peers"),
        agents=[answer.figure(f) for f in ("automation", "ai_accepted", "ai_disputed")],
        told=records(told),
        incidents=table("Incidents with automation or an AI agent", recorded, columns.incidents(state), most=40),
    )


ROUTES = [Route("/ai", page)]
