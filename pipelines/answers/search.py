"""Is it in here? Public bodies, providers, suppliers, services, host names, incidents and claims by name."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

from pipelines import reference
from pipelines.answers import Answer, Figure, long_day, new, number, published, sources_of
from pipelines.answers.claim import claims
from pipelines.edition import Edition
from pipelines.text import search_key

ID = "search"
QUESTION = "Is it in here?"
METHODS = (
    "A name that is the words, begins with them or holds them, in that order. Where no name does, names in which every "
    "word has one of close spelling (share of letters in common, 0 to 100, at least 75), and then whole names of close "
    "spelling. Every name and short form that we know of a body or provider is searched."
)
KINDS = {
    "organisation": "Public body",
    "provider": "Provider",
    "supplier": "Supplier",
    "service": "Service",
    "host": "Host name",
    "incident": "Incident",
    "claim": "Published claim",
}
# Under this ratio two words share little more than their letters.
CLOSE_ENOUGH = 75
_COLUMNS = ["kind", "id", "name", "detail", "score", "organisation_id", "provider"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One name under which something is found."""

    kind: str
    id: str
    name: str
    key: str
    detail: str = ""
    organisation_id: str | None = None
    provider: str | None = None


@functools.lru_cache(maxsize=2)
def index(edition: Edition) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Every name of an edition and its keys, made once."""
    entries: dict[tuple[str, str, str], Entry] = {}

    def add(kind: str, id: str, name: str, detail: str = "", words: str | None = None, **more: Any) -> None:
        key = search_key(words if words is not None else name)
        if key:
            entries.setdefault((kind, id, key), Entry(kind, id, name, key, detail, **more))

    names: dict[str, str] = {}
    for row in edition.rows("SELECT organisation_id, name, peer_class, domain FROM organisations ORDER BY 1"):
        names[row["organisation_id"]] = row["name"]
        for words in (row["name"], row["domain"]):
            if words:
                add("organisation", row["organisation_id"], row["name"], row["peer_class"] or "", words)
    for _, row in reference.load().rows("organisation_names.csv"):
        if row["organisation_id"] in names:
            add(
                "organisation",
                row["organisation_id"],
                names[row["organisation_id"]],
                f"also {row['name']}",
                row["name"],
            )
    seen = edition.rows(
        "SELECT DISTINCT provider FROM (SELECT provider FROM findings UNION SELECT provider FROM statements "
        "UNION SELECT provider FROM contract_providers) ORDER BY 1"
    )
    known = reference.load().providers
    for row in seen:
        provider = known.get(row["provider"])
        if provider is not None:
            for words in (provider.name, provider.id, *provider.words):
                add("provider", provider.id, provider.name, provider.kind, words)
    for row in edition.rows(
        "SELECT supplier_name, any_value(provider) AS provider, count(*) AS contracts FROM contract_suppliers "
        "WHERE supplier_name IS NOT NULL GROUP BY 1 ORDER BY 1"
    ):
        detail = f"{number(row['contracts'])} contract{'s' if row['contracts'] != 1 else ''} listed"
        add("supplier", row["supplier_name"], row["supplier_name"], detail, provider=row["provider"])
    for row in edition.rows("SELECT service_id, name, organisation_id, hosts FROM services ORDER BY 1"):
        body = names.get(row["organisation_id"], "")
        for words in (row["name"], *(row["hosts"] or ())):
            add("service", row["service_id"], row["name"], body, words, organisation_id=row["organisation_id"])
    for row in edition.rows(
        "SELECT subject, any_value(organisation_id) AS organisation_id FROM findings WHERE NOT private "
        "AND NOT contains('.' || subject, '._') GROUP BY 1 ORDER BY 1"  # names of validation and policy, not of hosts
    ):
        body = names.get(row["organisation_id"], "")
        add("host", row["subject"], row["subject"], body, organisation_id=row["organisation_id"])
    for row in edition.rows(
        "SELECT incident_id, title, product, providers, cause_note, started_on FROM incidents ORDER BY 1"
    ):
        what = row["title"] or row["product"] or row["incident_id"]
        providers = ", ".join(known[p].name if p in known else p for p in row["providers"] or ())
        add(
            "incident",
            row["incident_id"],
            f"{providers}: {what}",
            long_day(row["started_on"]) if row["started_on"] else "",
            f"{providers} {what}",
        )
    for claim_id, claim in claims().items():
        add("claim", claim_id, claim["title"], f"{claim['publisher']}, {published(claim['date'])}")
    kept = tuple(entries.values())
    return kept, tuple(entry.key for entry in kept)


def answer(edition: Edition, q: str = "", kind: str | None = None, most: int = 60) -> Answer:
    """What the words `q` may mean, best first; nothing for fewer than two letters.

    `most` 0 gives all. Figures: results. Frames: results (kind, id, name, detail, score from 0 to 100,
    organisation_id, provider).
    """
    wanted = search_key(q)
    entries, keys = index(edition)
    scored: dict[int, float] = {}
    if len(wanted) >= 2:
        held = {place: _held(key, wanted) for place, key in enumerate(keys)}
        scored = {place: score for place, score in held.items() if score} or _close(edition, wanted)
    best: dict[tuple[str, str], dict[str, Any]] = {}
    order = {name: place for place, name in enumerate(KINDS)}
    for place, score in sorted(
        scored.items(), key=lambda item: (-item[1], order[entries[item[0]].kind], keys[item[0]])
    ):
        entry = entries[place]
        if kind is None or entry.kind == kind:
            best.setdefault(
                (entry.kind, entry.id),
                {
                    "kind": entry.kind,
                    "id": entry.id,
                    "name": entry.name,
                    "detail": entry.detail,
                    "score": round(score, 1),
                    "organisation_id": entry.organisation_id,
                    "provider": entry.provider,
                },
            )
    results = pd.DataFrame(list(best.values())[: most or None], columns=_COLUMNS)
    title = (
        f"{number(len(best))} names fit “{q[:80]}”."
        if best
        else f"Nothing here is called “{q[:80]}”: that says what we hold, not what exists."
        if wanted
        else "Search a public body, supplier, provider, service or host name."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        f"{number(len({(e.kind, e.id) for e in entries}))} names that we hold",
        METHODS,
        figures=[Figure("results", "Names that fit", len(best), unit="names")],
        frames={"results": results},
        parameters={k: v for k, v in (("q", q), ("kind", kind)) if v},
        sources=sources_of(edition, ()),
        body={"results": results},
    )


@functools.lru_cache(maxsize=2)
def _words(edition: Edition) -> dict[str, list[int]]:
    """Every word of every name, with the places of the names that hold it."""
    found: dict[str, list[int]] = {}
    for place, key in enumerate(index(edition)[1]):
        for word in set(key.split()):
            found.setdefault(word, []).append(place)
    return found


def _close(edition: Edition, wanted: str) -> dict[int, float]:
    """Names by closeness of spelling, at most 90: word by word, else as a whole."""
    keys = index(edition)[1]
    words = _words(edition)
    totals: dict[int, float] = {}
    asked = wanted.split()
    for count, word in enumerate(asked):
        near: dict[int, float] = {}
        for found, score, _ in process.extract(
            word, list(words), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH, limit=50
        ):
            for place in words[found]:
                near[place] = max(near.get(place, 0), score)
        totals = {p: totals.get(p, 0) + s for p, s in near.items() if count == 0 or p in totals}
    if totals:
        # A name with many words more is a little further away.
        return {
            p: total / len(asked) * 0.9 - min(len(keys[p].split()) - len(asked), 8) * 0.5 for p, total in totals.items()
        }
    whole = process.extract(wanted, keys, scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH, limit=50)
    return {place: score * 0.9 for _, score, place in whole}


def _held(key: str, wanted: str) -> float:
    """How a name holds the words: is them 100, begins with them 98, a word of it begins with them 96, holds them 94,
    is written together or apart 92."""
    if key == wanted:
        return 100
    if key.startswith(wanted):
        return 98
    if f" {wanted}" in key:
        return 96
    if len(wanted) >= 3 and wanted in key:
        return 94
    if len(wanted) >= 5 and key.replace(" ", "").startswith(wanted.replace(" ", "")):
        return 92
    return 0
