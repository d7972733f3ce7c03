"""What is worth a question: facts of this edition that somebody could ask about, each with its evidence and whom to ask."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipelines.answers import (
    Answer,
    Figure,
    concentration,
    family_of,
    incidents,
    listing,
    long_day,
    new,
    number,
    pounds,
    provider_name,
    renewals,
)
from pipelines.answers import claim as claim_answer
from pipelines.answers._populations import HEADLINES, population
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "leads"
QUESTION = "What is worth a question?"
METHODS = (
    "Sentences made from rows by fixed rules, none written by hand and none by a model: contracts of at least "
    "£10m that end within 12 months or ended in the last 12 months without a successor in our sources; populations "
    "of which nine in ten tested items point to one provider; outages in which a claim contradicts the vendor; records "
    "about one subject that do not agree; published figures for which our sources hold more. A lead is a question, "
    "not a finding: ask before you write."
)
LARGE_GBP = 10_000_000
WIDE = 0.9
KINDS = {
    "ending": "Ends soon",
    "ended": "Ended, successor not seen",
    "concentrated": "One provider for nearly all",
    "disputed": "Disputed outage",
    "contradiction": "Records that do not agree",
    "claim": "Published figure",
}
_COLUMNS = ["kind", "label", "sentence", "ask", "about", "id", "date", "url", "organisation_id", "provider"]


def answer(edition: Edition, provider: str | None = None, organisation: str | None = None) -> Answer:
    """Leads of one provider, one body, or all.

    Frames: leads (kind, label, sentence, ask: whom to ask what, about: the table or page, id in it, date, url,
    organisation_id, provider). UnknownName for a provider or body that is not listed: none of its leads is no finding.
    """
    leads = _all(edition)
    if provider:
        family_of(provider)
        leads = leads[leads["provider"] == provider]
    if organisation:
        listed = edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
        if organisation not in set(listed):
            raise UnknownName("organisation", organisation, listed)
        leads = leads[leads["organisation_id"] == organisation]
    leads = leads.reset_index(drop=True)
    counts = leads["kind"].value_counts()
    return new(
        edition,
        ID,
        QUESTION,
        f"{number(len(leads))} facts of this edition raise a question."
        if len(leads)
        else "No fact of this edition fits the rules.",
        "the contracts, records, incidents and claims that we hold, not all that there are",
        METHODS,
        figures=[Figure(kind, label, int(counts.get(kind, 0)), unit="leads") for kind, label in KINDS.items()],
        frames={"leads": leads},
        caveats=[
            "A successor that we do not see may stand on a portal that was not collected.",
            "An award value is a ceiling, never money spent.",
        ],
        parameters={k: v for k, v in (("provider", provider), ("organisation", organisation)) if v},
        body={"leads": leads},
    )


@functools.lru_cache(maxsize=2)
def _all(edition: Edition) -> pd.DataFrame:
    """Every lead of an edition, made once: a choice only leaves rows out."""
    rows = [
        *_contracts(edition),
        *_concentrated(edition),
        *_disputed(edition),
        *_contradictions(edition),
        *_claims(edition),
    ]
    return pd.DataFrame([{"label": KINDS[row["kind"]], **row} for row in rows], columns=_COLUMNS)


def _contracts(edition: Edition) -> Iterator[dict[str, Any]]:
    undated = {
        (row["organisation_id"], row["provider"]): row["contracts"]
        for row in renewals.ends(
            edition,
            """SELECT organisation_id, provider, count(DISTINCT contract_id) AS contracts FROM contract_ends
               WHERE start_on IS NULL GROUP BY 1, 2""",
            {},
            edition.as_of,
        ).to_dict("records")
    }
    large = renewals.ends(
        edition,
        f"""SELECT * FROM (SELECT {renewals.COLUMNS} FROM contract_ends WHERE stands AND value_gbp >= $large)
            WHERE state = '{renewals.ENDS_SOON}' AND successor IS NULL
               OR state = '{renewals.UNSEEN}' AND end_on >= $on - 365
            ORDER BY end_on, contract_id""",
        {"large": LARGE_GBP},
        edition.as_of,
    )
    large["end_on"] = large["end_on"].dt.date
    for row in large.to_dict("records"):
        soon = row["state"] == renewals.ENDS_SOON
        verb = "ends" if soon else "ended"
        could = undated.get((row["organisation_id"], row["provider"]), 0)
        perhaps = f", though {number(could)} listed without a start could be it" if could else ""
        yield {
            "kind": "ending" if soon else "ended",
            "sentence": f"{row['buyer_name']}: {row['title']}, awarded at up to {pounds(row['value_gbp'])} with "
            f"{provider_name(row['provider'])}, {verb} on {long_day(row['end_on'])}; we see no successor{perhaps}.",
            "ask": f"Ask {row['buyer_name']} what follows, by which procedure, and what leaving would take.",
            "about": "contract",
            "id": row["contract_id"],
            "date": row["end_on"],
            "url": row["url"],
            "organisation_id": row["organisation_id"],
            "provider": row["provider"],
        }


def _concentrated(edition: Edition) -> Iterator[dict[str, Any]]:
    for chosen in map(population, HEADLINES):
        found = concentration.answer(edition, chosen.id)
        tested = float(found.figure("known").value or 0) + float(found.figure("inferred").value or 0)
        top = found.frames["providers"].head(1).to_dict("records")
        if not top or not tested or top[0]["provider"] == "none" or top[0]["items"] / tested < WIDE:
            continue
        yield {
            "kind": "concentrated",
            "sentence": f"{chosen.title}: {found.title}",
            "ask": f"Ask what the {chosen.unit} would do without {top[0]['name']}, and who has practised it.",
            "about": "population",
            "id": chosen.id,
            "date": found.as_of,
            "provider": top[0]["provider"],
        }


def _disputed(edition: Edition) -> Iterator[dict[str, Any]]:
    rows = incidents.answer(edition, ai_agent="disputed").frames["incidents"]
    for row in rows.to_dict("records"):
        names = ", ".join(provider_name(p) for p in row["providers"])
        yield {
            "kind": "disputed",
            "sentence": f"{names}, {row['when']}: whether an AI agent took part is disputed. Claimed: {row['disputed_claims']}. "
            f"The vendor: {row['reply']}.",
            "ask": f"Ask {names} for its own report of the event; both sides stand on the page.",
            "about": "incident",
            "id": row["incident_id"],
            "date": row["started_on"],
            "url": next(iter(row["urls"]), None),
            "provider": next(iter(row["providers"]), None),
        }


def _contradictions(edition: Edition) -> Iterator[dict[str, Any]]:
    rows = edition.rows(
        "SELECT finding_id, subject, organisation_id, provider, contradiction, seen_on FROM findings "
        "WHERE contradiction IS NOT NULL AND NOT private ORDER BY subject, finding_id"
    )
    for row in rows:
        yield {
            "kind": "contradiction",
            "sentence": f"{row['subject']}: records point to {provider_name(row['provider'])}, but {_in_words(row['contradiction'])}.",
            "ask": "Ask the body which of them stands today.",
            "about": "finding",
            "id": row["finding_id"],
            "date": row["seen_on"],
            "organisation_id": row["organisation_id"],
            "provider": row["provider"],
        }


_SIGNS = {"token": "a verification token", "dkim": "a signing record", "spf": "a list of senders"}


def _in_words(contradiction: str) -> str:
    """What does not agree, as a reader says it: "a verification token names Microsoft 365"."""

    def told(found: re.Match[str]) -> str:
        return f"{_SIGNS.get(found[1], 'another record')} names {provider_name(found[2])}"

    return listing(re.sub(r"[\w-]+:(\w+) names ([\w-]+)", told, contradiction).split(", "), 9)


def _claims(edition: Edition) -> Iterator[dict[str, Any]]:
    for claim_id, claim in claim_answer.claims().items():
        for row in claim_answer.compared(edition, claim_id):
            if row["result"].startswith("our sources hold more"):
                yield {
                    "kind": "claim",
                    "sentence": f"{claim['publisher']}: {row['label']} was published as {number(row['published'])}; our sources "
                    f"hold {number(row['ours'])} under this definition: {row['measure']}.",
                    "ask": f"Ask {claim['publisher']} how it was counted.",
                    "about": "claim",
                    "id": claim_id,
                    "date": claim["date"],
                    "provider": claim.get("provider"),
                }
