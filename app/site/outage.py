"""If it fails, who is exposed? A form that is an address, presets after real outages, the paths, low and high."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.figures import SCENARIO, scenario_of
from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Cell, Column, Link, Row, body_cell, of, sure, table
from app.stores import ask
from app.words import EFFECTS, TOUCH, day, money, web
from pipelines import outage, reference
from pipelines.answers import Answer, exposure, incidents, provider_name
from pipelines.presets import stored_scenarios

DEFAULT = {"provider": "azure", "hours": "8"}
MOST = 8
LONGEST = 80
CONTRACTS = [
    Column("Buyer", of("buyer_name", "not named")),
    Column("What", of("title", "no title")),
    Column("Award value", lambda row: money(row["value_gbp"]), True),
    Column("Until", of("end_on", "no end date")),
    Column("How sure", sure),
]


def page(request: Request) -> Response:
    state = State(request)
    asked = {key: value for key in SCENARIO if (value := state.get(key))}
    if asked and "preset" not in asked:
        asked.setdefault("provider", DEFAULT["provider"])
        asked.setdefault("hours", DEFAULT["hours"])
    keys = asked or DEFAULT
    scenario = scenario_of(keys)
    answer = ask(state.edition, "exposure", scenario=scenario)
    services = answer.frames["services"]
    known = reference.load().provider(scenario.provider)
    seen = state.edition.query(
        "SELECT DISTINCT provider FROM (SELECT provider FROM findings UNION SELECT provider FROM statements) "
        "WHERE provider NOT IN ('none', 'unknown')"
    )["provider"]
    columns = [
        Column("Service", lambda row: _service(state, row)),
        Column("Public body", body_cell(state, "organisation_id", "organisation")),
        Column(
            "Effect",
            lambda row: EFFECTS[row["effect"]],
        ),
        Column("How sure", sure),
        Column("Path", of("via")),
        Column("Evidence", _evidence),
        Column("What is left", of("alternatives", "none shown")),
    ]
    return respond(
        state,
        "outage.html",
        "If it fails, who is exposed?",
        answer.title,
        answer=answer,
        explorer=state.explorer("outage", **keys),
        figures=[answer.figure(f) for f in ("down", "degraded", "unknown", "bodies")],
        scenario=scenario,
        words=scenario.title or exposure.describe(scenario),
        presets=stored_scenarios(reference.load()),
        providers=sorted(seen, key=lambda p: provider_name(p).lower()),
        regions=known.regions,
        preset=keys.get("preset"),
        exposed=chart(state, "exposed", **keys),
        radius=chart(state, "blast-radius", **keys),
        hit=table("Exposed, and through which path", services[services["effect"] != "unknown"], columns, most=MOST),
        dark=table(
            "Cannot be said", services[services["effect"] == "unknown"], [columns[0], columns[1], columns[4]], most=6
        ),
        said=table("Statements on bodies and their systems", answer.frames["statements"], _statements(state), most=6),
        cause=answer.body["scenario"]["cause_words"],
        causes={
            c: incidents.cause_words({"cause": c, "ai_agent_involved": ""}) for c in outage.causes(reference.load())
        },
        real=answer.body["real_outage"],
        beside=answer.body["beside"],
        impact=[answer.figure(f) for f in ("service_hours", "transactions", "tied_gbp", "with_alternative")],
        lengths=chart(state, "durations", **_whose(answer, scenario.provider)),
        signed=table(
            "Listed contracts in force with the provider",
            answer.frames["contracts"],
            CONTRACTS,
            most=6,
            total=answer.body["contract_value_tied"]["contracts"],
        ),
    )


def _service(state: State, row: Row) -> Cell:
    return (
        Link(str(row["name"]), state.url(f"/service/{row['service_id']}"))
        if row["kind"] != "mail"
        else str(row["name"])
    )


def _evidence(row: Row) -> Cell:
    """What the path rests on, shortened, with its day: a link where it stands in public."""
    text = str(row["evidence"]) if isinstance(row["evidence"], str) else ""
    if not text:
        return "none: not known"
    words = f"{text[:LONGEST].rstrip()}{'…' if len(text) > LONGEST else ''} ({day(row['seen_on'])})"
    address = web(row["url"])
    return Link(words, address, foreign=True) if address else words


def _statements(state: State) -> list[Column]:
    def words(row: Row) -> Cell:
        address = web(row["url"])
        text = f"{row['statement']} ({day(row['stated_on'])})"
        return Link(text, address, foreign=True) if address else text

    return [
        Column("About", of("subject")),
        Column("Public body", body_cell(state, "organisation_id", "organisation")),
        Column("How it is touched", lambda row: TOUCH[row["touch"]]),
        Column("How sure", sure),
        Column("Statement", words),
    ]


def _whose(answer: Answer, provider: str) -> dict[str, str]:
    """Whose lengths the curve shows: the provider's, or all where none of its own has a length."""
    return {"provider": provider} if answer.body["history"]["curve_of"] == "provider" else {}


ROUTES = [Route("/outage", page)]
