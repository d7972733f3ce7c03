"""One provider: who depends on it, in which role, on what evidence, under which contracts, and what failed there."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.site import _columns as columns
from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Column, Link, Row, of, records, table
from app.stores import ask
from app.words import share_range
from pipelines import reference
from pipelines.answers import companies, concentration, provider_name
from pipelines.answers._populations import HEADLINES, POPULATIONS

MOST = 12
# Where a provider's share is shown: population and weight.
SHARES = (*((population, "count") for population in HEADLINES), ("contracts", "count"), ("contracts", "value"))


def _shares(state: State, provider: str) -> list[Row]:
    """The provider's row of each concentration answer that holds it."""
    found: list[Row] = []
    for population, weight in SHARES:
        answer = ask(state.edition, "concentration", population_id=population, weight=weight)
        rows = answer.frames["providers"]
        for row in records(rows[rows["provider"] == provider]):
            found.append({**row, "population": population, "weight": weight, "of": answer.figure("attributed").of})
    return found


def page(request: Request) -> Response:
    state = State(request)
    provider = request.path_params["id"]
    if provider not in reference.load().providers and provider in companies():
        # A company sells under several names, each with a page of its own: search lists them with what else is called so.
        return RedirectResponse(state.url("/search", q=companies()[provider]))
    facts = reference.load().provider(provider)
    answer = ask(state.edition, "dependence", provider=provider)
    signed = ask(state.edition, "contracts", provider=provider)
    incidents = ask(state.edition, "incidents", provider=provider)
    held = len(signed.frames["contracts"]) > 0
    return respond(
        state,
        "provider.html",
        facts.name,
        answer.title,
        answer=answer,
        explorer=state.explorer("provider", provider=provider),
        facts=facts,
        company=companies()[facts.parent],
        home=concentration.called(concentration.COUNTRIES.get(facts.jurisdiction or "", facts.jurisdiction or "")),
        figures=[answer.figure(f) for f in ("subjects", "known", "inferred", "statements")],
        roles=chart(state, "provider-roles", provider=provider) if len(answer.frames["findings"]) else None,
        shares=table(
            "Its share of what we count",
            _shares(state, provider),
            [
                Column(
                    "What is counted",
                    lambda row: Link(
                        POPULATIONS[row["population"]].title + (", by value" if row["weight"] == "value" else ""),
                        state.url("/concentration", population=row["population"], weight=row["weight"]),
                    ),
                ),
                Column("Share", lambda row: share_range(row["low"], row["high"])),
                Column("Of", of("of")),
                Column("Rank", of("rank")),
            ],
        ),
        findings=table(
            f"Names that point to {provider_name(provider)}",
            answer.frames["findings"],
            columns.findings(state, with_provider=False, with_origin=False),
            most=MOST,
        ),
        statements=table(
            "Published statements",
            answer.frames["statements"],
            columns.statements(state, with_provider=False),
            most=MOST,
        ),
        signed=signed,
        timeline=chart(state, "contracts-timeline", provider=provider) if held else None,
        renewals=chart(state, "renewals", provider=provider) if held else None,
        contracts=table(
            "Contracts listed",
            signed.frames["contracts"],
            columns.contracts(state, with_provider=False),
            most=MOST,
            total=signed.body["rows"],
        ),
        incidents=incidents,
        failed=table(
            "Recorded incidents",
            incidents.frames["incidents"],
            columns.incidents(state, with_provider=False),
            most=MOST,
        ),
    )


ROUTES = [Route("/provider/{id}", page)]
