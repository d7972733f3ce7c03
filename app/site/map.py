"""Councils on a map: one dot each, coloured by what their records name, with the table beside it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Column, body_cell, of, sure, table
from app.words import said
from pipelines.answers import places

# Councils whose records name somebody come first, then those whose records name nobody, then the others.
ORDER = {"known": 0, "inferred": 0, "unknown": 1, "not_tested": 2}


def page(request: Request) -> Response:
    state = State(request)
    role = state.get("role") or "council-mail"
    drawn = chart(state, "map", role=role)
    rows = drawn.answer.frames["places"]
    several = rows["provider_name"].value_counts()
    # The common answer fills the map; who differs from it is what a reader looks for.
    usual = str(several.index[0])
    return respond(
        state,
        "map.html",
        "Councils on a map",
        drawn.answer.title,
        answer=drawn.answer,
        explorer=state.explorer("map", role=role),
        drawn=drawn,
        role=role,
        choices=places.ROLES,
        usual=usual,
        others=table(
            f"Councils that do not show {usual}",
            rows[rows["provider_name"] != usual].sort_values(
                "certainty", key=lambda column: column.map(ORDER), kind="stable"
            ),
            [
                Column("Council", body_cell(state, "organisation_id", "name")),
                Column(
                    "Records name",
                    lambda row: "none read" if row["certainty"] == "not_tested" else said(row["providers"]),
                ),
                Column("How sure", sure),
                Column("Seen on", of("seen_on", "no date")),
            ],
            most=20,
        ),
    )


ROUTES = [Route("/map", page)]
