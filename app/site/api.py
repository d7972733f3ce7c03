"""Every answer for programs: the same object that the command line prints with --json."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.asking import asked, parameters_of
from app.site._pages import State
from pipelines.answers import jsonable, questions


def answer(request: Request) -> Response:
    """One answer. Its keys are those of the contract beside edition, content_hash, as_of, sources and caveats."""
    state = State(request)
    given = {key: state.get(key) for key in request.query_params if key != "edition"}
    body = asked(state.edition, request.path_params["answer"], given).to_json()
    text = json.dumps(body, ensure_ascii=False, allow_nan=False)
    return Response(text, media_type="application/json", headers={"cache-control": "no-cache"})


def index(request: Request) -> Response:
    """What can be asked, and with which keys."""
    state = State(request)
    listed = [
        {"answer": name, "question": module.QUESTION, "keys": parameters_of(name), "address": f"/api/{name}.json"}
        for name, module in questions().items()
    ]
    body = {"edition": state.edition.id, "content_hash": state.edition.content_hash, "answers": listed}
    return JSONResponse(jsonable(body), headers={"cache-control": "no-cache"})


ROUTES = [Route("/api/", index), Route("/api/{answer}.json", answer)]
