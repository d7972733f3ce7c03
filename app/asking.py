"""A question with its parameters as text, from an address or from the command line: the same keys for both."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from app.figures import SCENARIO, scenario_of
from app.stores import ask
from pipelines import days
from pipelines.answers import Answer, questions
from pipelines.edition import Edition, Watched
from pipelines.errors import Refused, UnknownName
from pipelines.queries import script

# What the pages call a key, and what an answer may call it: an address of a page works for programs too.
SAME = {"organisation": ("buyer",), "from": ("since",), "to": ("until", "on")}


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
                raise Refused(f"the answer {question} needs {key}; give {key}=")
            continue
        kind = str(parameter.annotation)
        try:
            if "date" in kind:
                found[name] = days.day(text)
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


def queries_of(edition: Edition, question: str, given: Mapping[str, str | None], address: Callable[[str], str]) -> str:
    """The queries behind an answer as one script (see pipelines.queries); errors as of `asked`."""
    given = _meant(question, given)
    watched = Watched(edition)
    answer = questions()[_known(question, given)].answer(watched, **read(question, given))
    return script(watched, answer, address)


def whole(edition: Edition, answer: Answer, frame: str) -> pd.DataFrame:
    """All rows of a frame of an answer, which may hold a part of them. UnknownName for a frame that it has not."""
    if frame in answer.frames and answer.total.get(frame, 0) <= len(answer.frames[frame]):
        return answer.frames[frame]
    if frame not in answer.total:
        raise UnknownName(f"frame of {answer.id}", frame, frames_of(answer))
    question = questions()[answer.id].answer
    names = {name.removesuffix("_id"): name for name in inspect.signature(question).parameters}
    found: Answer = question(edition, **{names[key]: value for key, value in answer.parameters.items()}, most=0)
    return found.frames[frame]


def frames_of(answer: Answer) -> list[str]:
    """The names of an answer's frames, of those too that it holds only when it is asked for them."""
    return list(dict.fromkeys((*answer.frames, *answer.total)))


def asked(edition: Edition, question: str, given: Mapping[str, str | None]) -> Answer:
    """The answer to a question whose parameters come as text.

    UnknownName for a question that there is none of; Refused for a key that it does not take, and as `read` says.
    """
    given = _meant(question, given)
    return ask(edition, _known(question, given), **read(question, given))


def _meant(question: str, given: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The keys as the question calls them; those that it has no word for stay as they are."""
    known = parameters_of(question) if question in questions() else []
    return {next((k for k in (key, *SAME.get(key, ())) if k in known), key): value for key, value in given.items()}


def _known(question: str, given: Mapping[str, str | None]) -> str:
    if question not in questions():
        raise UnknownName("answer", question, questions())
    known = parameters_of(question)
    unknown = [key for key in given if key not in known]
    if unknown:
        raise Refused(f"{unknown[0][:40]!r} is no key of {question}; it takes {', '.join(known) or 'none'}")
    return question
