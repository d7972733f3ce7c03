"""What was signed, with whom, for how much, until when; and which contracts end next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site import _columns as columns
from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Column, Link, body_cell, elsewhere, provider_cell, table
from app.stores import ask
from app.words import day, money, said
from pipelines import schema
from pipelines.answers import Answer, number, provider_name

MOST = 30
MOST_VALUES = 6
# What a list can be narrowed by: heading, key of the rows that count it, words of a value.
NARROWER: tuple[tuple[str, str, Callable[[Mapping[Any, Any]], str]], ...] = (
    ("Provider", "provider", lambda row: provider_name(row["value"])),
    ("Buyer", "organisation", lambda row: said(row["body"], row["value"])),
    ("Sector of the buyer", "sector", lambda row: schema.CODELISTS["sector"][row["value"]]),
    ("Year of award", "year", lambda row: row["value"]),
    ("Evidence", "evidence", lambda _: "provider known, not inferred"),
)
CHOICE = ("provider", "organisation", "sector", "evidence", "from", "to", "q")


def _narrower(state: State, choice: Mapping[str, str | None], signed: Answer) -> list[tuple[str, int, list[Link]]]:
    """What the choice can be narrowed by: (heading, how many more values there are, links to the largest ones).

    What would leave every contract, or is chosen already, is left out.
    """
    counted, listed = signed.frames["narrower"], signed.figure("contracts").value
    found = []
    for heading, key, words in NARROWER:
        rows = counted[(counted["key"] == key) & (counted["contracts"] < listed)].to_dict("records")
        if key == "evidence":
            rows = [row for row in rows if row["value"] == "known"]
        most = MOST_VALUES
        if key == "year":  # a reader looks for a year where it stands among years
            rows, most = sorted(rows, key=lambda row: str(row["value"]), reverse=True), 2 * MOST_VALUES
        links = []
        for row in rows[:most]:
            value = row["value"]
            more = {"from": f"{value}-01-01", "to": f"{value}-12-31"} if key == "year" else {key: value}
            links.append(
                Link(f"{words(row)} ({number(row['contracts'])})", state.url("/contracts", **{**choice, **more}))
            )
        if links:
            found.append((heading, max(0, len(rows) - most), links))
    return found


def _chosen(state: State, choice: Mapping[str, str | None]) -> list[Link]:
    """Each part of the choice in words, with the address that drops it."""
    words: Mapping[str, Callable[[str], str]] = {
        "provider": lambda v: f"the provider {provider_name(v)}",
        "organisation": lambda v: f"the public body {state.body(v) or v}",
        "sector": lambda v: schema.CODELISTS["sector"][v],
        "evidence": lambda _: "providers that are known, not inferred",
        "from": lambda v: f"awarded from {day(v)}",
        "to": lambda v: f"awarded to {day(v)}",
        "q": lambda v: f"the words “{v}”",
    }
    return [
        Link(words[key](value), state.url("/contracts", **{**choice, key: None}))
        for key, value in choice.items()
        if value
    ]


def _ending(state: State, provider: str | None, organisation: str | None) -> dict[str, Any]:
    """What ends when: it knows a provider and a body, and no narrower choice."""
    answer = ask(state.edition, "renewals", provider=provider, organisation=organisation)
    return {
        "title": answer.title,
        "renewals": chart(state, "renewals", provider=provider, organisation=organisation),
        "timeline": chart(state, "contracts-timeline", provider=provider, organisation=organisation),
        "soon": table(
            "Contracts that end within 12 months",
            answer.frames["soon"],
            [
                Column("Ends", lambda row: day(row["end_on"])),
                Column("Buyer", body_cell(state, "organisation_id", "buyer_name")),
                Column("Contract", columns.contract(state)),
                Column("Provider", provider_cell(state)),
                Column("Award value", lambda row: money(row["value_gbp"]), True),
                Column("Source", elsewhere("url", "notice")),
            ],
        ),
    }


def page(request: Request) -> Response:
    state = State(request)
    choice = {key: state.get(key) for key in CHOICE}
    provider, organisation, q = choice["provider"], choice["organisation"], choice["q"]
    since, until = state.day("from"), state.day("to")
    part = state.part()
    signed = ask(
        state.edition,
        "contracts",
        provider=provider,
        organisation=organisation,
        since=since,
        until=until,
        sector=choice["sector"],
        evidence=choice["evidence"],
        q=q,
        most=MOST,
        skip=MOST * (part - 1),
    )
    known = state.edition.query(
        "SELECT DISTINCT provider FROM contract_providers WHERE provider NOT IN ('none', 'unknown')"
    )
    narrowed = {key for key, value in choice.items() if value} - {"provider", "organisation"}
    return respond(
        state,
        "contracts.html",
        f"Cloud contracts with {provider_name(provider)}" if provider else "Cloud contracts",
        signed.title,
        answer=signed,
        explorer=state.explorer("contracts", provider=provider),
        ending=None if narrowed else _ending(state, provider, organisation),
        figures=[signed.figure(f) for f in ("contracts", "gbp", "in_force", "in_force_gbp", "via_reseller")],
        rows=table(
            "Contracts listed, largest first",
            signed.frames["contracts"],
            columns.contracts(state),
            most=MOST,
            total=signed.body["rows"],
        ),
        part=part,
        parts_=max(1, math.ceil(signed.body["rows"] / MOST)),
        providers=sorted(known["provider"], key=lambda p: provider_name(p).lower()),
        choice=choice,
        chosen=_chosen(state, choice),
        narrower=_narrower(state, choice, signed),
    )


ROUTES = [Route("/contracts", page)]
