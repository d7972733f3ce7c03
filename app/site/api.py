"""Every answer for programs: what the command line prints with --json, its tables as CSV, its queries as a script."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.asking import asked, frames_of, parameters_of, queries_of, whole
from app.site._state import State
from pipelines.answers import csv_of, jsonable, questions
from pipelines.durable import sha256
from pipelines.errors import Refused


def answer(request: Request) -> Response:
    """One answer. Its keys are those of the contract beside edition, content_hash, as_of, sources and caveats."""
    state = State(request)
    given = {key: state.get(key) for key in request.query_params if key != "edition"}
    body = asked(state.edition, request.path_params["answer"], given).to_json()
    text = json.dumps(body, ensure_ascii=False, allow_nan=False)
    return Response(text, media_type="application/json", headers={"cache-control": "no-cache"})


def rows(request: Request) -> Response:
    """One table of an answer as CSV, all of its rows: that of `frame`, or the first where it is not named."""
    state = State(request)
    question = request.path_params["answer"]
    given = {key: state.get(key) for key in request.query_params if key not in ("edition", "frame")}
    if "skip" in given:
        given = {"most": "0", **given}
    found = asked(state.edition, question, given)
    if not found.frames:
        raise Refused(f"the answer {question} has no table; /api/{question}.json gives all of it")
    frame = state.get("frame") or next(iter(found.frames))
    # An answer gives a page of its rows, a file gives all, unless the address says how many.
    table = found.frames[frame] if "most" in given and frame in found.frames else whole(state.edition, found, frame)
    body = csv_of(table)
    headers = {
        "cache-control": "no-cache",
        "content-disposition": f'inline; filename="cloudhold-{question}-{frame}-{found.edition}.csv"',
        "etag": f'"{sha256(body)}"',
        "x-cloudhold-edition": found.edition,
        "x-content-hash": found.content_hash,
        "x-frames": ", ".join(frames_of(found)),
        "x-row-count": str(len(table)),
        "x-sha256": sha256(body),
    }
    return Response(body, media_type="text/csv", headers=headers)


def queries(request: Request) -> Response:
    """The queries behind an answer, to read, change and run over this edition's files."""
    state = State(request)
    question = request.path_params["answer"]
    given = {key: state.get(key) for key in request.query_params if key != "edition"}
    base = f"{str(request.base_url).rstrip('/')}/data/{state.edition.id}"
    text = queries_of(state.edition, question, given, lambda table: f"{base}/{table}.parquet")
    headers = {
        "cache-control": "no-cache",
        "content-disposition": f'inline; filename="cloudhold-{question}-{state.edition.id}.sql"',
    }
    return Response(text, media_type="text/plain", headers=headers)


def index(request: Request) -> Response:
    """What can be asked, and with which keys."""
    state = State(request)
    listed = [
        {
            "answer": name,
            "question": module.QUESTION,
            "keys": parameters_of(name),
            "address": f"/api/{name}.json",
            "tables": f"/api/{name}.csv?frame=",
            "queries": f"/api/{name}.sql",
        }
        for name, module in questions().items()
    ]
    body = {"edition": state.edition.id, "content_hash": state.edition.content_hash, "answers": listed}
    return JSONResponse(jsonable(body), headers={"cache-control": "no-cache"})


ROUTES = [
    Route("/api/", index),
    Route("/api/{answer}.json", answer),
    Route("/api/{answer}.csv", rows),
    Route("/api/{answer}.sql", queries),
]
