"""How do we know? Every record behind a host name, finding, contract or body, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.figures import ROLES
from app.site import _columns as columns
from app.site._pages import respond
from app.site._state import State
from app.site._tables import Cell, Link, Row, provider_cell, sure
from app.stores import ask
from app.words import LAYERS, SPEAKERS, blank, day, money, said
from pipelines.answers import provider_name

MOST = 40
# What a record says, in the order in which a reader wants it. What is not listed here is in the JSON.
WORDS = {
    "product": "Product",
    "region": "Region",
    "endpoint": "Endpoint",
    "environment": "Environment",
    "contradiction": "Does not agree",
    "suppliers": "Signed with",
    "contract_class": "Kind",
}
DAYS = {"awarded_on": "Awarded", "start_on": "From", "end_on": "To", "seen_on": "Seen on"}
IDS = ("finding_id", "statement_id", "contract_id", "incident_id")
CLASSES = {"call_off": "call-off"}


def page(request: Request) -> Response:
    state = State(request)
    answer = ask(state.edition, "explain", subject=request.path_params["subject"])
    entries = answer.body["findings"]
    return respond(
        state,
        "evidence.html",
        f"How we know: {answer.body['name']}",
        answer.title,
        answer=answer,
        entries=[_entry(state, entry) for entry in entries[:MOST]],
        total=answer.figure("held").value,
    )


def _entry(state: State, entry: Row) -> dict[str, Any]:
    """One finding, statement or contract as the page shows it: heading, how sure, facts, records, permanent id."""
    return {
        "head": _head(entry),
        "sure": sure(entry) if entry.get("certainty") else None,
        "facts": list(_facts(state, entry)),
        "steps": [_step(step) for step in entry["evidence"]],
        "id": next(entry[key] for key in IDS if key in entry),
    }


def _head(entry: Row) -> str:
    if "contract_id" in entry:
        return f"Contract: {said(entry['title'], 'no title')}"
    if "incident_id" in entry:
        return f"Incident: {said(entry['title'], 'no title')}"
    role = ", ".join(
        word for word in (ROLES.get(entry["role"], said(entry["role"], "")), LAYERS.get(entry["layer"], "")) if word
    )
    names = {"unknown": "unknown", "none": "no provider shown"}
    return f"{entry['subject']}: {role}: {names.get(entry['provider']) or provider_name(said(entry['provider'], 'unknown'))}"


def _facts(state: State, entry: Row) -> Iterator[tuple[str, Cell]]:
    """(label, value) of what a record says beside its heading."""
    if isinstance(entry.get("organisation_id"), str):
        buyer = entry.get("buyer_name")
        words = str(buyer or state.body(entry["organisation_id"]) or entry["organisation_id"])
        known = state.body(entry["organisation_id"]) is not None
        yield (
            "Buyer" if buyer else "Public body",
            Link(words, state.url(f"/organisation/{entry['organisation_id']}") if known else None),
        )
    elif entry.get("buyer_name"):
        yield "Buyer", str(entry["buyer_name"])
    for key, words in WORDS.items():
        if not blank(entry.get(key)) and entry[key] != []:
            yield words, CLASSES.get(str(entry[key]), said(entry[key]))
    if "value_gbp" in entry:
        yield "Award value, a ceiling and not spending", money(entry["value_gbp"])
        if entry["providers"]:
            yield "Cloud providers", said([provider_name(p) for p in entry["providers"]])
    if isinstance(entry.get("origin_provider"), str):
        yield "What runs behind", provider_cell(state, "origin_provider")(entry)
    if "current" in entry:
        yield "Stands today", said(entry["current"])
    for key, words in DAYS.items():
        if not blank(entry.get(key)):
            yield words, day(entry[key])
    if "incident_id" in entry:
        yield "With both sides", Link("its own page", state.url(f"/incident/{entry['incident_id']}"))


def _step(step: Row) -> dict[str, Any]:
    """One record: what it is in words, what it says, the rule that read it, where it comes from."""
    kind, rule = str(step["kind"]), str(step["rule_id"])
    source = said(step["source"], "no source named")
    if kind == "incident" and step["url"]:
        source = str(urlsplit(step["url"]).hostname)  # one outage has several addresses, each another's words
    if kind.startswith("statement ("):
        speaker = kind.removeprefix("statement (").removesuffix(")")
        kind = f"Said by {SPEAKERS.get(speaker, speaker)}"
    elif kind.startswith("provider ("):
        kind = "How the provider shows"
    elif kind in ("notice", "incident"):
        kind = kind.capitalize()
    else:
        kind = columns.mark(rule).capitalize()
    return {
        "kind": kind,
        "value": said(step["value"]).rstrip("."),
        "date": day(step["date"]) if step["date"] else "",
        # A notice is read as it is and a statement too: only what is concluded from a record has a rule to show.
        "rule": rule if rule not in ("fold", "published-statement", "recorded-incident") else "",
        "source": source,
        "url": step["url"],
        "sha256": str(step["sha256"] or "")[:16],
    }


ROUTES = [Route("/evidence/{subject}", page)]
