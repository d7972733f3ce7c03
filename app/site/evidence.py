"""How do we know? Every record behind a host name, finding, contract or body, hop by hop."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import State, respond
from app.stores import ask

MOST = 40


def page(request: Request) -> Response:
    state = State(request)
    subject = request.path_params["subject"]
    answer = ask(state.edition, "explain", subject=subject)
    entries = answer.body["findings"]
    return respond(
        state,
        "evidence.html",
        f"How we know: {subject}",
        answer.title,
        answer=answer,
        entries=entries[:MOST],
        total=len(entries),
        subject=subject,
    )


ROUTES = [Route("/evidence/{subject}", page)]
