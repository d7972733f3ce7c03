"""One public body: layer by layer what evidence points to, what it signed and until when, what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.figures import ROLES
from app.site import _columns as columns
from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Cell, Column, Link, Row, Table, of, provider_cell, records, sure, table
from app.site.shared import accounts
from app.stores import ask
from app.words import EFFECTS
from pipelines.answers import listing, number, percent

MOST_FINDINGS = 25


def page(request: Request) -> Response:
    state = State(request)
    body = request.path_params["id"]
    answer = ask(state.edition, "dependence", organisation=body)
    name = state.edition.value("SELECT name FROM organisations WHERE organisation_id = $id", {"id": body})
    findings = answer.frames["findings"]
    signed = ask(state.edition, "contracts", organisation=body)
    services = state.edition.rows(
        "SELECT service_id, name FROM services WHERE organisation_id = $id ORDER BY name", {"id": body}
    )
    return respond(
        state,
        "organisation.html",
        str(name),
        answer.title,
        answer=answer,
        explorer=state.explorer("organisation", organisation=body),
        figures=[answer.figure(f) for f in ("subjects", "providers", "statements", "contracts")],
        exposed=_exposed(state, answer.frames["exposures"]),
        stored=answer.frames["exposures"]["scenario_id"].nunique(),
        layers=_layers(state, answer.frames["roles"]),
        findings=table(
            "Evidence, name by name",
            findings,
            columns.findings(state, with_body=False, with_origin=bool(findings["origin_provider"].notna().any())),
            most=MOST_FINDINGS,
        ),
        statements=table("Published statements", answer.frames["statements"], columns.statements(state)),
        signed=signed,
        contracts=table(
            "Contracts listed",
            signed.frames["contracts"],
            columns.contracts(state, with_buyer=False),
            total=signed.body["rows"],
        ),
        timeline=chart(state, "contracts-timeline", organisation=body) if len(signed.frames["contracts"]) else None,
        services=services,
        peers=ask(state.edition, "peers", organisation=body),
        beside=_beside(state, body),
        shared=accounts(state, ask(state.edition, "shared-accounts", organisation=body)),
        body_id=body,
    )


def _exposed(state: State, exposures: pd.DataFrame) -> Table:
    """One row per stored outage that reaches the body: what it would leave without an alternative, in part, or unsaid."""

    def names(effect: str) -> Callable[[Row], Cell]:
        return lambda row: listing(row[effect], 4) or "none"

    rows = []
    for id, part in exposures.groupby("scenario_id", sort=False):
        touched = part[part["effect"] != "unknown"]
        if len(touched):
            rows.append(
                {
                    "id": id,
                    "scenario": part["scenario"].iloc[0],
                    **{effect: list(part[part["effect"] == effect]["name"]) for effect in EFFECTS},
                    # One inferred path makes the row no surer than that.
                    "certainty": "inferred" if (touched["certainty"] == "inferred").any() else "known",
                }
            )
    return table(
        "Where no alternative is shown",
        sorted(rows, key=lambda row: (-len(row["down"]), -len(row["degraded"]))),
        [
            Column(
                "If this happened again",
                lambda row: Link(str(row["scenario"]), state.url("/outage", preset=row["id"])),
            ),
            Column("No alternative shown", names("down")),
            Column("Exposed in part", names("degraded")),
            Column("Cannot be said", lambda row: number(len(row["unknown"])), True),
            Column("How sure", sure),
        ],
    )


def _layers(state: State, roles: Any) -> list[dict[str, Any]]:
    """One entry per role: what stands in front and what behind, apart."""
    cells = (
        Column("Provider", provider_cell(state)),
        Column("How sure", sure),
        Column("Names", of("names"), True),
        Column("Newest record", of("seen_on", "no date")),
    )
    out = []
    for role in dict.fromkeys(roles["role"]):
        part = roles[roles["role"] == role]
        halves = {}
        for layer, words in (("front", "In front"), ("back", "Behind")):
            rows = records(part[part["layer"] == layer])
            if rows:
                halves[words] = table(f"{ROLES.get(role, role)}: {words.lower()}", rows, cells, most=12)
        out.append({"role": ROLES.get(role, role), "halves": halves})
    return out


def _beside(state: State, body: str) -> Table:
    """The body's providers, and how many of its class share each."""
    rows = ask(state.edition, "peers", organisation=body).frames["roles"]
    rows = rows[rows["tested"] > 1]
    return table(
        "Beside others of its class",
        rows,
        [
            Column("Layer", of("label")),
            Column("Its records name", provider_cell(state)),
            Column(
                "So do",
                lambda row: f"{number(row['bodies'])} of {number(row['tested'])} tested ({percent(row['share'])})",
            ),
            Column("Most common", lambda row: f"{row['usual']} ({number(row['usual_bodies'])})"),
        ],
        most=30,
    )


ROUTES = [Route("/organisation/{id}", page)]
