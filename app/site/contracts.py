"""What was signed, with whom, for how much, until when; and which contracts end next."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site import _columns as columns
from app.site._pages import Column, State, body_cell, chart, elsewhere, of, provider_cell, respond, table
from app.stores import ask
from app.words import day, money
from pipelines.answers import provider_name

MOST = 40


def page(request: Request) -> Response:
    state = State(request)
    provider, organisation, q = state.get("provider"), state.get("organisation"), state.get("q")
    part = state.part()
    signed = ask(
        state.edition,
        "contracts",
        provider=provider,
        organisation=organisation,
        q=q,
        most=MOST,
        skip=MOST * (part - 1),
    )
    ending = ask(state.edition, "renewals", provider=provider, organisation=organisation)
    known = state.edition.query(
        "SELECT DISTINCT provider FROM contract_providers WHERE provider NOT IN ('none', 'unknown')"
    )
    return respond(
        state,
        "contracts.html",
        f"Cloud contracts with {provider_name(provider)}" if provider else "Cloud contracts",
        signed.title,
        answer=signed,
        explorer=state.explorer("contracts", provider=provider),
        ending=ending,
        figures=[signed.figure(f) for f in ("contracts", "gbp", "in_force", "in_force_gbp", "via_reseller")],
        renewals=chart(state, "renewals", provider=provider, organisation=organisation),
        timeline=chart(state, "contracts-timeline", provider=provider, organisation=organisation),
        soon=table(
            "Contracts that end within 12 months",
            ending.frames["soon"],
            [
                Column("Ends", lambda row: day(row["end_on"])),
                Column("Buyer", body_cell(state, "organisation_id", "buyer_name")),
                Column("Contract", of("title")),
                Column("Provider", provider_cell(state)),
                Column("Award value", lambda row: money(row["value_gbp"]), True),
                Column("Source", elsewhere("url", "notice")),
            ],
        ),
        rows=table(
            "Contracts listed, largest first",
            signed.frames["contracts"],
            columns.contracts(state),
            most=MOST,
            total=signed.body["rows"],
        ),
        part=part,
        parts_=max(1, math.ceil(signed.body["rows"] / MOST)),
        organisation_id=organisation,
        providers=sorted(known["provider"], key=lambda p: provider_name(p).lower()),
        provider_id=provider,
        words=q,
    )


ROUTES = [Route("/contracts", page)]
