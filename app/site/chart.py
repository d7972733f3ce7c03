"""A figure by itself: as picture, as its rows, as its answer, and in a frame on somebody else's page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app import charts, figures, svg
from app.site._pages import respond
from app.site._state import State
from pipelines.answers import csv_rows, jsonable
from pipelines.durable import sha256


def _drawn(state: State) -> figures.Drawn:
    keys = {key: state.get(key) for key in state.request.query_params if key != "edition"}
    return figures.draw(state.edition, state.request.path_params["id"], **keys)


def picture(request: Request) -> Response:
    """The picture with title and source line in it, so that it stays whole when it travels."""
    state = State(request)
    return Response(svg.draw(_drawn(state).chart, burn=True), media_type="image/svg+xml", headers=_named(state, "svg"))


def rows(request: Request) -> Response:
    """Exactly the rows that are drawn, as RFC 4180 says; an empty cell is not known."""
    state = State(request)
    table = charts.table(_drawn(state).chart)
    body = csv_rows((column or "name" for column in table[0]), (row.values() for row in table)) if table else b""
    headers = {**_named(state, "csv"), "x-row-count": str(len(table)), "x-sha256": sha256(body)}
    return Response(body, media_type="text/csv", headers=headers)


def data(request: Request) -> Response:
    """The rows with their words and the edition that they are of."""
    state = State(request)
    drawn = _drawn(state)
    chart, answer = drawn.chart, drawn.answer
    body = {
        "figure": drawn.id,
        "parameters": dict(drawn.parameters),
        "title": chart.title,
        "subtitle": chart.subtitle,
        "unit": chart.unit,
        "of": chart.of,
        "alt": charts.alt(chart),
        "rows": charts.table(chart),
        "edition": answer.edition,
        "content_hash": answer.content_hash,
        "as_of": answer.as_of,
        "source": chart.source,
        "licence": chart.licence,
        "caveats": answer.caveats,
    }
    return JSONResponse(jsonable(body), headers={"cache-control": "no-cache"})


def _named(state: State, suffix: str) -> dict[str, str]:
    name = f"cloudhold-{state.request.path_params['id']}-{state.edition.id}.{suffix}"
    return {"content-disposition": f'inline; filename="{name}"', "cache-control": "no-cache"}


def embed(request: Request) -> Response:
    """The figure alone with its source line, for a frame."""
    state = State(request)
    drawn = _drawn(state)
    return respond(state, "embed.html", drawn.chart.title, drawn.answer.title, drawn=drawn)


ROUTES = [
    Route("/chart/{id}.svg", picture),
    Route("/chart/{id}.csv", rows),
    Route("/chart/{id}.json", data),
    Route("/embed/{id}", embed),
]
