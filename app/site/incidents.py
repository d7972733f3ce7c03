"""Outages: all that are recorded, and one with both sides of what is disputed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site import _columns as columns
from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Column, of, records, table
from app.stores import ask
from app.words import blank, said
from pipelines import reference
from pipelines.answers import listing, provider_name
from pipelines.presets import stored_scenarios

MOST = 95
LOOKS = {
    "complete": "read whole",
    "partial": "gave nothing usable; the state before it stays",
    "failed": "gave nothing usable",
    "imported": "imported from a file",
}
FEEDS = [
    Column("Feed", of("feed")),
    Column("Last look", lambda row: LOOKS.get(str(row["state"]), said(row["state"]))),
    Column("Last good state", of("last_good", "none yet")),
    Column("Days before this edition's newest evidence", of("days_before_as_of", "not known")),
    Column("Incidents", of("incidents")),
    Column("Why", of("reason", "nothing to say")),
]


def page(request: Request) -> Response:
    state = State(request)
    provider = state.get("provider")
    answer = ask(state.edition, "incidents", provider=provider)
    everything = ask(state.edition, "incidents")
    providers = sorted(
        {p for row in records(everything.frames["incidents"]) for p in row["providers"]},
        key=lambda p: provider_name(p).lower(),
    )
    return respond(
        state,
        "incidents.html",
        f"Recorded outages of {provider_name(provider)}" if provider else "Recorded outages",
        answer.title,
        answer=answer,
        figures=[answer.figure(f) for f in ("reviewed", "automation", "ai_accepted", "ai_disputed", "disputed")],
        causes=chart(state, "incident-causes"),
        lengths=chart(state, "durations"),
        rows=table("Incidents, newest first", answer.frames["incidents"], columns.incidents(state), most=MOST),
        feeds=table("Feeds", answer.frames["feeds"], FEEDS),
        providers=providers,
        provider_id=provider,
    )


def one(request: Request) -> Response:
    state = State(request)
    incident = request.path_params["id"]
    answer = ask(state.edition, "incidents", incident=incident)
    row = records(answer.frames["incidents"])[0]
    names = listing([provider_name(p) for p in row["providers"]])
    what = row["title"] if isinstance(row["title"], str) else row["product"]
    again = {id for id, scenario in stored_scenarios(reference.load()).items() if scenario.incident == incident}
    hours = row["duration_hours"]
    asked = (
        {"provider": row["providers"][0], "hours": f"{hours:g}" if not blank(hours) else "8"}
        if len(row["providers"])
        else {}
    )
    return respond(
        state,
        "incident.html",
        f"{names}: {what}" if isinstance(what, str) else str(names),
        f"Outage at {names}: what is recorded, the vendor's position, and what is disputed.",
        answer=answer,
        row=row,
        again=state.url("/outage", **({"preset": min(again)} if again else asked)),
    )


ROUTES = [Route("/incidents", page), Route("/incident/{id}", one)]
