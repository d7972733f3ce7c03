"""Every answer for programs: the same object that the command line prints with --json."""

from __future__ import annotations

import datetime as dt
import inspect
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.figures import SCENARIO, scenario_of
from app.site._pages import State
from app.stores import ask
from pipelines.answers import jsonable, questions
from pipelines.errors import Refused, UnknownName


def parameters_of(question: str) -> list[str]:
    """The keys that a question takes in its address, as its answer names them: claim, not claim_id."""
    names = [name for name in inspect.signature(questions()[question].answer).parameters if name != "edition"]
    return [key for name in names for key in (SCENARIO if name == "scenario" else (name.removesuffix("_id"),))]


def read(question: str, given: Mapping[str, str | None]) -> dict[str, Any]:
    """The parameters of a question from text. Refused, in a sentence, for a value of the wrong kind or a key left out."""
    found: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(questions()[question].answer).parameters.items())[1:]:
        if name == "scenario":
            found[name] = scenario_of({key: value for key in SCENARIO if (value := given.get(key))})
            continue
        key = name.removesuffix("_id")
        text = given.get(key)
        if text is None:
            if parameter.default is parameter.empty:
                raise Refused(f"the answer {question} needs {key}; add ?{key}= to its address")
            continue
        kind = str(parameter.annotation)
        try:
            if "date" in kind:
                found[name] = dt.date.fromisoformat(text)
            elif "int" in kind:
                found[name] = int(text)
            elif "bool" in kind:
                found[name] = {"true": True, "1": True, "false": False, "0": False}[text.lower()]
            else:
                found[name] = text
        except (ValueError, KeyError):
            word = "a day such as 2026-02-20" if "date" in kind else "a number" if "int" in kind else "true or false"
            raise Refused(f"{key}={text[:40]!r} is not {word}") from None
    return found


def answer(request: Request) -> Response:
    """One answer. Its keys are those of the contract beside edition, content_hash, as_of, sources and caveats."""
    state = State(request)
    question = request.path_params["answer"]
    if question not in questions():
        raise UnknownName("answer", question, questions())
    unknown = [key for key in request.query_params if key != "edition" and key not in parameters_of(question)]
    if unknown:
        raise Refused(
            f"{unknown[0][:40]!r} is no key of {question}; it takes {', '.join(parameters_of(question)) or 'none'}"
        )
    keys = {key: state.get(key) for key in parameters_of(question)}
    body = ask(state.edition, question, **read(question, keys)).to_json()
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
