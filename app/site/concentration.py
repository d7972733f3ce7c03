"""How concentrated is it: any population, by what it hangs from and by what it is weighed, as a form that is an address."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Cell, Column, Row, of, table
from app.words import share_range
from pipelines import schema
from pipelines.answers import concentration, number, percent
from pipelines.answers._populations import POPULATIONS

KEYS = ("population", "by", "weight", "sector", "evidence")
MOST = 25
UNITS = {"value": "Award value, £", "transactions": "Transactions a year"}
HEADLINE = ("effective_number", "leader_share", "leader_impact", "us_law")


def _range(row: Row) -> Cell:
    return share_range(row["low"], row["high"])


def page(request: Request) -> Response:
    state = State(request)
    keys = {key: value for key in KEYS if (value := state.get(key))}
    drawn = chart(state, "concentration", **keys)
    answer = drawn.answer
    asked = {**dict.fromkeys(KEYS), **answer.parameters}
    chosen = POPULATIONS[asked["population"]]

    def mass(key: str) -> Callable[[Row], Cell]:
        # Halves come from items that name two; pounds need no pence.
        return lambda row: number(row[key], 0 if asked["weight"] != "count" or float(row[key]).is_integer() else 1)

    return respond(
        state,
        "concentration.html",
        "How concentrated is it?",
        answer.title,
        answer=answer,
        explorer=state.explorer("concentration", **keys),
        drawn=drawn,
        asked=asked,
        populations=POPULATIONS,
        ways=concentration.BY,
        weights={weight: concentration.WEIGHTS[weight] for weight in chosen.weights},
        sectors=schema.CODELISTS["sector"],
        headline=[f for f in answer.figures if f.id in HEADLINE],
        others=[f for f in answer.figures if f.id not in HEADLINE],
        holders=table(
            answer.question,
            answer.frames["providers"],
            [
                Column(concentration.BY[asked["by"]][0].capitalize(), of("name")),
                Column(UNITS.get(asked["weight"], chosen.unit.capitalize()), mass("items"), True),
                Column("Known", mass("known"), True),
                Column("Inferred", mass("inferred"), True),
                Column("Share shown", lambda row: percent(row["share"]), True),
                Column("Low to high", _range, True),
                Column("Rank", of("rank", "none")),
            ],
            most=MOST,
        ),
    )


ROUTES = [Route("/concentration", page)]
