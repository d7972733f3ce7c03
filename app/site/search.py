"""Search: one box over bodies, providers, suppliers, services, host names, incidents and claims."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import respond
from app.site._state import State
from app.site._tables import Row, records
from app.stores import ask
from app.words import PLURAL
from pipelines.answers.search import KINDS


def page(request: Request) -> Response:
    state = State(request)
    q = state.get("q") or ""
    answer = ask(state.edition, "search", q=q)
    found = records(answer.frames["results"])
    groups = []
    for kind in sorted(KINDS, key=lambda k: next((i for i, row in enumerate(found) if row["kind"] == k), 999)):
        rows = [row for row in found if row["kind"] == kind]
        if rows:
            groups.append((PLURAL[kind], [(_address(state, row), row["name"], row["detail"]) for row in rows]))
    return respond(
        state,
        "search.html",
        f"Search: {q}" if q else "Search",
        answer.title,
        answer=answer,
        groups=groups,
    )


def place(row: Row) -> tuple[str, dict[str, str]]:
    """The address of a search result, and its keys."""
    kind, id = row["kind"], str(row["id"])
    if kind in ("organisation", "provider", "service", "incident", "claim"):
        return f"/{kind}/{id}", {}
    return (f"/evidence/{id}", {}) if kind == "host" else ("/contracts", {"q": id})


def _address(state: State, row: Row) -> str:
    path, keys = place(row)
    return state.url(path, **keys)


ROUTES = [Route("/search", page)]
