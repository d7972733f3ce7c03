"""Atom feeds: contracts, leads and incidents of one body or provider, or one incident, so that a change comes to the reader."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._state import State
from app.site._tables import Row, records
from app.stores import ask
from app.words import blank, day, money, said, sentence
from pipelines.answers import contracts, provider_name
from pipelines.durable import sha256
from pipelines.errors import UnknownName
from pipelines.export import CREDIT

KINDS = ("organisation", "provider", "leads", "incidents", "incident")
MOST = 100


def feed(request: Request) -> Response:
    """The newest entries of one feed. An entry's id is that of its record, so that a reader sees each once."""
    state = State(request)
    kind, id = request.path_params["kind"], request.path_params["id"]
    if kind not in KINDS:
        raise UnknownName("feed", kind, KINDS)
    title, entries = _entries(state, kind, id)
    base = str(request.base_url).rstrip("/")
    updated = f"{state.edition.as_of.isoformat()}T00:00:00Z"
    entries.sort(key=lambda entry: entry["updated"], reverse=True)
    body = "".join(
        f"<entry><id>urn:cloudhold:{escape(e['id'])}</id><title>{escape(e['title'][:300])}</title>"
        f"<updated>{e['updated']}T00:00:00Z</updated>"
        f'<link href="{escape(base + state.url(e["path"]), {chr(34): "&quot;"})}"/>'
        f"<summary>{escape(e['summary'])}</summary></entry>\n"
        for e in entries[:MOST]
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:cloudhold:feed:{escape(kind)}:{escape(id)}</id><title>{escape(title)}</title><updated>{updated}</updated>"
        f'<link rel="self" href="{escape(str(request.url), {chr(34): "&quot;"})}"/><author><name>cloudhold</name></author>'
        f"<rights>{escape(CREDIT)}</rights>\n{body}</feed>\n"
    )
    return Response(text, media_type="application/atom+xml", headers={"cache-control": "no-cache"})


def _entries(state: State, kind: str, id: str) -> tuple[str, list[dict[str, str]]]:
    """Title of the feed and its entries."""
    edition = state.edition
    if kind == "leads":
        rows = records(ask(edition, "leads", **({} if id == "all" else {"provider": id})).frames["leads"])
        return "cloudhold: leads", [_lead(row, edition.as_of) for row in rows]
    if kind == "incidents":
        rows = records(ask(edition, "incidents", **({} if id == "all" else {"provider": id})).frames["incidents"])
        return "cloudhold: recorded outages", [_incident(row, edition.as_of) for row in rows]
    if kind == "incident":
        [row] = records(ask(edition, "incidents", incident=id).frames["incidents"])
        entries = _sides(row, edition.as_of)
        return f"cloudhold: {entries[0]['title']}", entries
    ask(edition, "contracts", **{kind: id}, most=1)  # refused for an id that there is none of
    signed = contracts.newest(edition, **{kind: id}, most=MOST)
    name = (
        provider_name(id)
        if kind == "provider"
        else edition.value("SELECT name FROM organisations WHERE organisation_id = $id", {"id": id})
    )
    entries = [_contract(row, edition.as_of) for row in records(signed)]
    entries += [_lead(row, edition.as_of) for row in records(ask(edition, "leads", **{kind: id}).frames["leads"])]
    if kind == "provider":
        entries += [
            _incident(row, edition.as_of) for row in records(ask(edition, "incidents", provider=id).frames["incidents"])
        ]
    return f"cloudhold: {name}", entries


def _on(value: Any, otherwise: dt.date) -> str:
    """A day as Atom writes it; the edition's where the record has none, or one that lies after it."""
    if value is None or pd.isna(value):
        return otherwise.isoformat()
    return min(pd.Timestamp(value).date(), otherwise).isoformat()


def _contract(row: Row, otherwise: dt.date) -> dict[str, str]:
    return {
        "id": f"{row['contract_id']}:{row['provider']}",
        "title": f"{said(row['buyer_name'], 'Buyer not known')}: {row['title']}",
        "updated": _on(row["awarded_on"], otherwise),
        "path": f"/evidence/{row['contract_id']}",
        "summary": f"Award value {money(row['value_gbp'])}, a ceiling and not spending; from {day(row['start_on'])} to {day(row['end_on'])}; "
        f"evidence names {provider_name(row['provider'])}.",
    }


def _lead(row: Row, otherwise: dt.date) -> dict[str, str]:
    page = f"/{row['about']}/{row['id']}" if row["about"] in ("incident", "claim") else "/leads"
    return {
        "id": f"lead:{row['kind']}:{row['id']}",
        "title": f"{row['label']}: {row['sentence']}",
        "updated": otherwise.isoformat(),
        "path": page,
        "summary": f"{row['sentence']} {row['ask']}",
    }


def _incident(row: Row, otherwise: dt.date) -> dict[str, str]:
    return {
        "id": str(row["incident_id"]),
        "title": f"{', '.join(provider_name(p) for p in row['providers'])}, {row['when']}",
        "updated": _on(row["started_on"], otherwise),
        "path": f"/incident/{row['incident_id']}",
        "summary": f"Cause: {row['cause_words']}. The vendor's position: {row['reply']}.",
    }


def _sides(row: Row, otherwise: dt.date) -> list[dict[str, str]]:
    """What is recorded of one incident. An id holds the fingerprint of its words: what changes is a new entry."""
    whole = _incident(row, otherwise)
    hours = "length not known" if blank(row["duration_hours"]) else f"{said(row['duration_hours'])} hours"
    found = {
        "record": (whole["title"], f"{row['status']}, {hours}. {whole['summary']}"),
        "position": ("The vendor's position", said(row["reply"])),
        "disputed": ("What is claimed or disputed", said(row["disputed_claims"], "")),
        "uk": ("UK public services named in a source", said(row["uk_services_affected"], "")),
    }
    return [
        {
            **whole,
            "id": f"{whole['id']}:{side}:{sha256(words.encode())[:12]}",
            "title": title,
            "summary": sentence(words),
        }
        for side, (title, words) in found.items()
        if words
    ]


ROUTES = [Route("/feed/{kind}/{id}.atom", feed)]
