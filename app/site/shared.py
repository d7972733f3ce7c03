"""Accounts that several bodies share, and how far the bodies that show one come down to fewer accounts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import respond
from app.site._state import State
from app.site._tables import Column, Row, Table, of, provider_cell, sure, table
from app.stores import ask
from pipelines.answers import Answer, number


def page(request: Request) -> Response:
    state = State(request)
    answer = ask(
        state.edition, "shared-accounts", organisation=state.get("organisation"), provider=state.get("provider")
    )
    return respond(
        state,
        "shared.html",
        "Accounts that bodies share",
        answer.title,
        answer=answer,
        explorer=state.explorer("compare"),
        figures=answer.figures,
        accounts=accounts(state, answer, most=40),
        kinds=table(
            "By kind of sign",
            answer.frames["kinds"],
            [
                Column("Sign", of("label")),
                Column("Bodies that show one", of("bodies"), True),
                Column("Different accounts", of("accounts"), True),
                Column("Accounts at several bodies", of("shared"), True),
                Column("Bodies that share one", of("sharing"), True),
                Column("Most bodies at one account", of("largest"), True),
                Column("Effective number of accounts", _effective, True),
                Column("Newest record", of("seen_on", "no date")),
            ],
        ),
    )


def _effective(row: Row) -> str:
    return number(row["effective"], 1) if row["effective"] == row["effective"] else "not counted"


def accounts(state: State, answer: Answer, most: int = 12) -> Table:
    """Shared accounts as a sentence each; other domains are those of bodies that are not known."""
    return table(
        "Shared accounts",
        answer.frames["accounts"],
        [
            Column("Evidence", of("sentence")),
            Column("Provider", provider_cell(state)),
            Column("Bodies", of("bodies"), True),
            Column("Other domains", of("domains"), True),
            Column("Names", of("names"), True),
            Column("How sure", sure),
        ],
        most=most,
    )


ROUTES = [Route("/shared", page)]
