"""What was signed, with whom, for how much, until when; and which contracts end next."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site import _columns as columns
from app.site._pages import Column, State, body_cell, chart, elsewhere, of, provider_cell, respond, table
from app.stores import ask
from app.words import day, money, said
from pipelines.answers import provider_name
from pipelines.text import search_key

MOST = 40


def page(request: Request) -> Response:
    state = State(request)
    provider, organisation, q = state.get("provider"), state.get("organisation"), state.get("q")
    signed = ask(state.edition, "contracts", provider=provider, organisation=organisation)
    ending = ask(state.edition, "renewals", provider=provider, organisation=organisation)
    rows = signed.frames["contracts"]
    if q:
        wanted = search_key(q)
        held = [
            wanted in search_key(f"{row['buyer_name']} {row['title']} {said(row['suppliers'], '')}")
            for row in rows.to_dict("records")
        ]
        rows = rows[held]
    soon = ending.frames["contracts"]
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
            soon[soon["state"] == "ends within 12 months"],
            [
                Column("Ends", lambda row: day(row["end_on"])),
                Column("Buyer", body_cell(state, "organisation_id", "buyer_name")),
                Column("Contract", of("title")),
                Column("Provider", provider_cell(state)),
                Column("Award value", lambda row: money(row["value_gbp"]), True),
                Column("Source", elsewhere("url", "notice")),
            ],
        ),
        rows=table("Contracts listed, largest first", rows, columns.contracts(state), most=MOST),
        providers=sorted(known["provider"], key=lambda p: provider_name(p).lower()),
        provider_id=provider,
        words=q,
    )


ROUTES = [Route("/contracts", page)]
