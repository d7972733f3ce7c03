"""What is covered, missing, doubtful or old; how the figures are made; what the editions are; how accessible it is."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.figures import ROLES
from app.place import store_path
from app.site._pages import respond
from app.site._state import State
from app.site._tables import Column, Row, Table, of, table
from app.stores import ask
from app.words import LEVELS, days_in, said
from pipelines.answers import Answer, number, questions
from pipelines.metrics import essays
from pipelines.store import Store


def _days(row: Row) -> str:
    """The days that a source covers; often only the last of them is known."""
    first, last = (said(row[key], "") for key in ("date_from", "date_to"))
    return f"{first} to {last}" if first and last else f"up to {last}" if last else "no date"


def _note(key: str, none: str) -> Callable[[Row], str]:
    """A note of a table with its days in words; what stands for a level of checking is said."""
    return lambda row: LEVELS.get(row[key]) or days_in(said(row[key], none))


def quality(request: Request) -> Response:
    state = State(request)
    answer = ask(state.edition, "coverage")
    states = {
        "reference": "part of the product",
        "not_covered": "not covered",
        "not_collected": "not collected",
        "imported": "imported by somebody",
        "complete": "collected, complete",
        "partial": "collected, ended early",
        "failed": "failed",
    }
    return respond(
        state,
        "quality.html",
        "Data quality: what is covered, missing and doubtful",
        answer.title,
        answer=answer,
        figures=answer.figures,
        coverage=table(
            "Sources",
            answer.frames["coverage"],
            [
                Column("Source", of("title")),
                Column("State", lambda row: states.get(row["state"], said(row["state"]))),
                Column("Days", _days),
                Column(
                    "Rows",
                    lambda row: said(row["rows"]) if row["rows"] or row["state"] != "reference" else "rules",
                    True,
                ),
                Column("Age", of("age")),
                Column("Note", _note("reason", "none")),
            ],
            most=100,
        ),
        issues=table(
            "Doubts", answer.frames["issues"], [Column("Doubt", of("label")), Column("Rows", of("rows"), True)]
        ),
        checks=table(
            "How far rows were checked",
            answer.frames["checks"],
            [
                Column("Table", of("table")),
                Column("Check", _note("check", "not stated")),
                Column("Rows", of("rows"), True),
            ],
            most=60,
        ),
        tables=table(
            "Tables", answer.frames["tables"], [Column("Table", of("table")), Column("Rows", of("rows"), True)]
        ),
    )


def methods(request: Request) -> Response:
    """Every question with its method, from the code that answers it, and the accuracy where it was measured."""
    state = State(request)
    known = [
        (module.ID, module.QUESTION, module.METHODS) for module in questions().values() if hasattr(module, "METHODS")
    ]
    measured = ask(state.edition, "accuracy")
    return respond(
        state,
        "methods.html",
        "Methods: how we know",
        "How each figure is made, what each word means, and what the figures cannot say.",
        answer=measured,
        scores=_scores(measured),
        known=known,
        measures=essays(),
        looked_back=ask(state.edition, "hindcast"),
    )


def _scores(measured: Answer) -> Table:
    """Attribution on labelled sets, role by role."""

    def of_counts(right: str, wrong: str) -> Callable[[Row], str]:
        return lambda row: f"{number(row[right])} of {number(row[right] + row[wrong])}"

    def of_all(found: str, all_: str) -> Callable[[Row], str]:
        return lambda row: f"{number(row[found])} of {number(row[all_])}" if row[all_] else "none to tell"

    return table(
        "Attribution on labelled sets",
        measured.frames["scores"],
        [
            Column("Set", lambda row: f"{row['label_set']}: {row['part']}"),
            Column("Role", lambda row: ROLES.get(row["role"], "All roles")),
            Column("Hosts", of("hosts"), True),
            Column("Labels", of("labels"), True),
            Column("Right, of the answers", of_counts("right", "wrong"), True),
            Column("Found, of what can be known", of_counts("right", "abstained"), True),
            Column("Claimed, of hidden origins", of_all("origin_claimed", "hidden"), True),
            Column("Invented, of regions shown", of_all("region_invented", "regions"), True),
        ],
        most=40,
    )


def changes(request: Request) -> Response:
    state = State(request)
    manifest = Store(store_path()).manifest()
    return respond(
        state,
        "changes.html",
        "What changed",
        "Every edition that is kept, with its fingerprint; each can be read as it was.",
        editions=sorted(manifest.editions, reverse=True),
    )


def accessibility(request: Request) -> Response:
    state = State(request)
    return respond(
        state,
        "accessibility.html",
        "Accessibility",
        "How far these pages meet WCAG 2.2 AA, what is known to fall short, and how to get the same facts another way.",
    )


ROUTES = [
    Route("/quality", quality),
    Route("/methods", methods),
    Route("/changes", changes),
    Route("/accessibility", accessibility),
]
