"""The first page: what this is, the headline with its population, how sure we are, three charts, three doors."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import State, chart, respond

CHARTS = ("council-mail", "council-mail-filter", "service-web")


def page(request: Request) -> Response:
    state = State(request)
    drawn = [chart(state, figure_id) for figure_id in CHARTS]
    mail = drawn[0]
    return respond(
        state,
        "home.html",
        "Which clouds do UK public services hang from?",
        mail.answer.title,
        mail=mail,
        drawn_=drawn,
        states=[mail.answer.figure(f) for f in ("known", "inferred", "unknown", "not_tested")],
    )


ROUTES = [Route("/", page)]
