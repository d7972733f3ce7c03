"""Is a published figure right, and under which definition? A stored claim, or a form for any provider."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import chart, respond
from app.site._state import State
from app.site._tables import Column, Link, elsewhere, of, table
from app.stores import ask
from app.words import claimed, day, money, said
from pipelines import reference
from pipelines.answers import Answer, claim, companies, provider_name

MOST = 40


def stored(request: Request) -> Response:
    state = State(request)
    claim_id = request.path_params["id"]
    answer = ask(state.edition, "claim", claim_id=claim_id, most=claim.MOST)
    return respond(
        state,
        "claim.html",
        answer.body["claim"]["title"],
        answer.title,
        answer=answer,
        explorer=state.explorer("claim", q=claim_id),
        published=answer.body["claim"],
        drawn=chart(state, "claim-definitions", claim=claim_id) if len(answer.frames["definitions"]) else None,
        compared=table(
            "Published beside ours",
            answer.frames["figures"],
            [
                Column("Figure", of("label")),
                Column("Published", lambda row: claimed(row["published"], row["unit"]), True),
                Column("In our sources", lambda row: claimed(row["ours"], row["unit"]), True),
                Column("What we counted", of("measure")),
                Column("What that says", of("result")),
            ],
        ),
        **_parts(state, answer),
    )


def form(request: Request) -> Response:
    state = State(request)
    provider, buyer = state.get("provider"), state.get("organisation")
    answer = None
    if provider:
        answer = ask(
            state.edition,
            "claim",
            provider=provider,
            buyer=buyer,
            since=state.day("from"),
            on=state.day("to"),
            most=claim.MOST,
        )
    known = state.edition.query(
        "SELECT DISTINCT provider FROM contract_providers WHERE provider NOT IN ('none', 'unknown')"
    )["provider"]
    parents = sorted({reference.load().provider(p).parent for p in known if p in reference.load().providers})
    bodies = state.edition.rows(
        "SELECT DISTINCT o.organisation_id AS id, o.name FROM organisations o JOIN contracts c USING (organisation_id) ORDER BY o.name"
    )
    return respond(
        state,
        "claim_form.html",
        "Check a claim about cloud contracts",
        answer.title
        if answer
        else "Count a provider's contracts under every definition, or read what we found on published claims.",
        answer=answer,
        explorer=state.explorer("claim"),
        claims=claim.claims(),
        providers=sorted(known, key=lambda p: provider_name(p).lower()),
        parents=parents,
        companies=companies(),
        bodies=bodies,
        provider_id=provider,
        buyer=buyer,
        since=state.get("from") or "",
        on=state.get("to") or "",
        **(_parts(state, answer) if answer else {}),
    )


def _parts(state: State, answer: Answer) -> dict[str, Any]:
    """What both forms of the page show: definitions, records, what is lacking."""
    places = {row["id"]: place for place, row in enumerate(answer.body["definitions"], start=1)}
    return {
        "definitions": table(
            "Direct contracts under each definition",
            answer.frames["definitions"],
            [
                Column("Definition", lambda row: f"{places[row['id']]}. {row['label']}"),
                Column("Contracts", of("contracts"), True),
                Column("Buyers", of("buyers"), True),
                Column("Known value", lambda row: money(row["gbp"]), True),
                Column("Low", lambda row: money(row["low"]), True),
                Column("High", lambda row: money(row["high"]), True),
                Column("Without a value", of("unknown_values"), True),
            ],
        )
        if len(answer.frames["definitions"])
        else None,
        "records": table(
            "Records counted",
            answer.frames["notices"],
            [
                Column("Buyer", of("buyer", "body not known")),
                Column(
                    "Contract",
                    lambda row: Link(said(row["title"], "no title"), state.url(f"/evidence/{row['contract_id']}")),
                ),
                Column("Award value", lambda row: money(row["value_gbp"]), True),
                Column("Awarded", lambda row: day(row["awarded_on"])),
                Column("From", lambda row: day(row["start_on"])),
                Column("To", lambda row: day(row["end_on"])),
                Column("Counted under", lambda row: ", ".join(str(places[key]) for key in row["counted_in"])),
                Column("Source", elsewhere("url", "notice")),
            ],
            most=MOST,
            total=answer.total.get("notices", 0),
        )
        if len(answer.frames["notices"])
        else None,
        "lacks": answer.body["lacks"],
        "command": answer.body["query"],
    }


ROUTES = [Route("/claim", form), Route("/claim/{id}", stored)]
