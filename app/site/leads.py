"""Leads: facts of this edition that raise a question, with their evidence and whom to ask."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import respond
from app.site._state import State
from app.site._tables import Row, records
from app.stores import ask
from pipelines.answers.leads import KINDS


def page(request: Request) -> Response:
    state = State(request)
    answer = ask(state.edition, "leads", provider=state.get("provider"), organisation=state.get("organisation"))
    rows = records(answer.frames["leads"])
    groups = [
        (kind, label, [(row, _address(state, row)) for row in rows if row["kind"] == kind])
        for kind, label in KINDS.items()
    ]
    return respond(
        state,
        "leads.html",
        "Leads: what is worth a question",
        answer.title,
        answer=answer,
        groups=[group for group in groups if group[2]],
    )


def _address(state: State, row: Row) -> str:
    """Where the lead's evidence stands."""
    if row["about"] in ("incident", "claim"):
        return state.url(f"/{row['about']}/{row['id']}")
    if row["about"] == "population":
        return state.url("/")
    return state.url(f"/evidence/{row['id']}")


ROUTES = [Route("/leads", page)]
