"""How far AI vendors reach into public service, through which clouds they run, and which outages involved automation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipelines import reference
from pipelines.answers import Answer, Figure, count, listing, new, number, provider_name, sources_of
from pipelines.answers import incidents as incident_answer
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.incidents.join import CHECK

ID = "ai-reliance"
QUESTION = "Which bodies show evidence of AI vendors, and is automation a new single point of failure?"
METHODS = (
    "Evidence is of three kinds, never added up into a share. A verification token in DNS shows that somebody proved "
    "ownership of the domain to the vendor: not that the vendor's product is used. A statement is what a body, the "
    "press or public code says. A contract is a notice that names the vendor. Through which clouds a vendor runs is "
    "what the vendor or its partners said; it needs a cloud where the loss of that cloud stops it; where "
    "several are named, nobody says that one is enough; perhaps means that nothing more is known. Incidents are those of the "
    "reviewed table; accepted means that the parties agree, disputed that they do not, and both sides stand beside "
    "each other. A body without a row shows nothing either way."
)
PEERS = "culture and broadcasting"
CAVEATS = (
    "A verification token proves that a domain's ownership was shown to a vendor, never that its product is used.",
    "A memorandum or a trial is no service in use; statements keep their own words.",
    "On this evidence automation in outages is mostly ordinary automation that reaches everywhere at once; an AI agent "
    "is named in four rows, two of them disputed.",
    "Which clouds stand beneath AI vendors rests on general knowledge unless the row says otherwise.",
)


def answer(edition: Edition, organisation: str | None = None, provider: str | None = None) -> Answer:
    """AI vendors' evidence of one body, one vendor, or all.

    Figures: bodies, tokens, statements, contracts, vendors, peers (with evidence, of how many). Frames: evidence,
    bodies, vendors, clouds, incidents, peers. UnknownName for a body or vendor that is not held.
    """
    facts = reference.load()
    vendors = {p.id for p in facts.providers.values() if p.kind == "AI vendor"}
    if provider:
        facts.provider(provider)
    names = dict(edition.query("SELECT organisation_id, name FROM organisations").itertuples(index=False, name=None))
    if organisation and organisation not in names:
        raise UnknownName("organisation", organisation, names)
    evidence = _evidence(edition, vendors, names)
    if organisation:
        evidence = evidence[evidence["organisation_id"] == organisation]
    if provider:
        evidence = evidence[evidence["provider"] == provider]
    evidence = evidence.reset_index(drop=True)
    clouds = _clouds(edition, vendors | set(evidence["provider"]))
    peers = _peers(edition, evidence)
    recorded = _recorded(edition)
    frames = {
        "evidence": evidence,
        "bodies": _bodies(evidence, clouds),
        "vendors": _vendors(evidence, clouds),
        "clouds": clouds,
        "incidents": recorded,
        "peers": peers,
    }
    made = new(
        edition,
        ID,
        QUESTION,
        _title(evidence, peers),
        "the domains, statements and contracts that we hold; no body without a row is said to be free of AI",
        METHODS,
        figures=_figures(evidence, peers, recorded),
        frames=frames,
        caveats=list(CAVEATS),
        parameters={k: v for k, v in (("organisation", organisation), ("provider", provider)) if v},
        sources=sources_of(edition, [*evidence["source_id"], *clouds["source_id"], *recorded["source_id"]]),
    )
    made.body = dict(frames)
    return made


# -- evidence -----------------------------------------------------------------------------------------------

_EVIDENCE = [
    "subject", "organisation_id", "organisation", "service_id", "provider", "product", "kind", "words", "date", "current",
    "certainty", "url", "evidence_id", "source_id",
]  # fmt: skip


def _evidence(edition: Edition, vendors: set[str], names: dict[str, str]) -> pd.DataFrame:
    """One row per piece of evidence, in words that its level allows."""
    rows = [*_tokens(edition), *_statements(edition, vendors), *_contracts(edition, vendors)]
    for row in rows:
        row["organisation"] = names.get(row["organisation_id"] or "")
    rows.sort(key=lambda r: (r["organisation"] or "~", r["subject"], r["provider"], r["kind"], r["evidence_id"]))
    return pd.DataFrame(rows, columns=_EVIDENCE)


def _tokens(edition: Edition) -> list[dict[str, Any]]:
    found = edition.rows(
        "SELECT finding_id AS evidence_id, subject, organisation_id, service_id, provider, product, seen_on AS date, "
        "certainty, source_id FROM findings WHERE role = 'ai' AND provider NOT IN ('none', 'unknown') "
        "AND (NOT private OR $private)",
        {"private": edition.private},
    )
    return [
        row
        | {
            "kind": "token",
            "words": f"{row['subject']} has proved domain ownership to {provider_name(row['provider'])}",
            "current": None,
            "url": None,
        }
        for row in found
    ]


def _statements(edition: Edition, vendors: set[str]) -> list[dict[str, Any]]:
    found = edition.rows(
        "SELECT statement_id AS evidence_id, subject, organisation_id, service_id, provider, product, statement, "
        "stated_on AS date, current, source_kind, certainty, url, source_id FROM statements "
        "WHERE (role = 'ai' OR provider IN (SELECT unnest($vendors))) AND (NOT private OR $private)",
        {"vendors": sorted(vendors), "private": edition.private},
    )
    return [
        row | {"kind": "statement", "words": f"{_SPEAKER[row['source_kind']]}: {row['statement']}"} for row in found
    ]


class _Speakers(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"A source ({key}) says"


_SPEAKER = _Speakers(
    {
        "body": "The body says",
        "supplier": "The supplier says",
        "press": "The press reports",
        "public code": "Public code shows",
        "parliament": "Parliament was told",
    }
)


def _contracts(edition: Edition, vendors: set[str]) -> list[dict[str, Any]]:
    found = edition.rows(
        "SELECT c.contract_id AS evidence_id, coalesce(c.buyer_name, 'buyer not named') AS subject, c.organisation_id, "
        "p.provider, c.title, coalesce(c.signed_on, c.awarded_on, c.start_on) AS date, p.certainty, c.url, c.source_id "
        "FROM contracts c JOIN contract_providers p USING (contract_id) "
        "WHERE p.provider IN (SELECT unnest($vendors)) AND c.contract_class <> 'framework'",
        {"vendors": sorted(vendors)},
    )
    return [
        row
        | {
            "service_id": None,
            "product": None,
            "kind": "contract",
            "words": f"A notice names {provider_name(row['provider'])}: {row['title'] or 'no title'}",
            "current": None,
        }
        for row in found
    ]


# -- clouds beneath -----------------------------------------------------------------------------------------


def _clouds(edition: Edition, vendors: set[str]) -> pd.DataFrame:
    """One row per vendor and cloud beneath it: mode, certainty and how far the row was checked."""
    return edition.query(
        'SELECT dependent AS vendor, underlying AS cloud, region, mode, certainty, basis, "check", edge_id, source_id '
        "FROM edges WHERE dependent_kind = 'provider' AND dependent IN (SELECT unnest($vendors)) "
        "ORDER BY vendor, cloud",
        {"vendors": sorted(vendors)},
    )


def _through(vendor: str, clouds: pd.DataFrame) -> str:
    """The clouds beneath a vendor in words; a vendor's own cloud is named as its own."""
    mine = clouds[clouds["vendor"] == vendor]
    if mine.empty:
        known = reference.load().providers.get(vendor)
        return "its own cloud" if known and known.kind == "cloud" else "not known"
    parts = []
    for mode, group in mine.groupby("mode", sort=True):
        word = {"all_of": "needs", "any_of": "one or more of", "unknown": "perhaps"}[str(mode)]
        parts.append(f"{word} {listing([provider_name(c) for c in sorted(set(group['cloud']))], 6)}")
    return "; ".join(parts)


def _bodies(evidence: pd.DataFrame, clouds: pd.DataFrame) -> pd.DataFrame:
    """One row per body or subject: vendors, kinds of evidence, the clouds beneath."""
    rows = []
    owner = evidence["organisation"].fillna(evidence["subject"])
    for name, group in evidence.groupby(owner, sort=True):
        found = sorted(set(group["provider"]))
        rows.append(
            {
                "body": name,
                "organisation_id": group["organisation_id"].dropna().iloc[0]
                if group["organisation_id"].notna().any()
                else None,
                "vendors": ", ".join(provider_name(v) for v in found),
                "tokens": int((group["kind"] == "token").sum()),
                "statements": int((group["kind"] == "statement").sum()),
                "contracts": int((group["kind"] == "contract").sum()),
                "through": " / ".join(f"{provider_name(v)}: {_through(v, clouds)}" for v in found),
                "newest": max((day for day in group["date"].dropna()), default=None),
            }
        )
    columns = ["body", "organisation_id", "vendors", "tokens", "statements", "contracts", "through", "newest"]
    return pd.DataFrame(rows, columns=columns)


def _vendors(evidence: pd.DataFrame, clouds: pd.DataFrame) -> pd.DataFrame:
    """One row per vendor with evidence: bodies by kind, the clouds beneath."""
    rows = []
    for vendor, group in evidence.groupby("provider", sort=True):
        rows.append(
            {
                "vendor": vendor,
                "name": provider_name(str(vendor)),
                "subjects": int(group["subject"].nunique()),
                "bodies": int(group["organisation_id"].nunique()),
                "tokens": int((group["kind"] == "token").sum()),
                "statements": int((group["kind"] == "statement").sum()),
                "contracts": int((group["kind"] == "contract").sum()),
                "through": _through(str(vendor), clouds),
            }
        )
    columns = ["vendor", "name", "subjects", "bodies", "tokens", "statements", "contracts", "through"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["subjects", "vendor"], ascending=[False, True], ignore_index=True
    )


# -- peers and incidents ------------------------------------------------------------------------------------


def _peers(edition: Edition, evidence: pd.DataFrame) -> pd.DataFrame:
    """Culture and broadcasting bodies, each with its evidence or the word unknown: nothing is presumed."""
    bodies = edition.query(
        "SELECT organisation_id, name FROM organisations WHERE peer_class = $peers ORDER BY name", {"peers": PEERS}
    )
    looked = set(
        edition.query("SELECT DISTINCT organisation_id FROM findings WHERE organisation_id IS NOT NULL")[
            "organisation_id"
        ]
    )
    shown = evidence.groupby("organisation_id")["provider"].agg(
        lambda column: ", ".join(provider_name(p) for p in sorted(set(column)))
    )
    bodies["ai_vendors"] = [shown.get(key, "unknown") for key in bodies["organisation_id"]]
    bodies["records_held"] = ["yes" if key in looked else "not tested" for key in bodies["organisation_id"]]
    return bodies


def _recorded(edition: Edition) -> pd.DataFrame:
    """Reviewed incidents that involved automation or an AI agent, or are said to: both sides of each."""
    found = edition.query(
        "SELECT incident_id, providers, product, started_on, cause, cause_note, automation_involved, ai_agent_involved, "
        'vendor_position, disputed_claims, "check", urls, source_id FROM incidents '
        "WHERE \"check\" <> $check AND (automation_involved = 'yes' OR ai_agent_involved IN ('yes', 'disputed')) "
        "ORDER BY ai_agent_involved IN ('yes', 'disputed') DESC, started_on DESC NULLS LAST, incident_id",
        {"check": CHECK},
    )
    found["reply"] = [incident_answer.reply(row) for row in found.to_dict("records")]
    return found


def _figures(evidence: pd.DataFrame, peers: pd.DataFrame, recorded: pd.DataFrame) -> list[Figure]:
    with_evidence = int((peers["ai_vendors"] != "unknown").sum())
    known = evidence["organisation_id"].nunique()
    agents = recorded["ai_agent_involved"]
    return [
        Figure("bodies", "Bodies with evidence of an AI vendor", int(known), unit="bodies"),
        Figure("tokens", "Domains that have proved ownership to an AI vendor", _count(evidence, "token"), unit="domains"),
        Figure("statements", "Published statements", _count(evidence, "statement"), unit="statements"),
        Figure("contracts", "Contracts whose notice names an AI vendor", _count(evidence, "contract"), unit="contracts"),
        Figure("vendors", "Vendors", int(evidence["provider"].nunique()), unit="vendors"),
        Figure(
            "peers", "Culture and broadcasting bodies with evidence", with_evidence, with_evidence, len(peers), "bodies",
            f"{number(len(peers))} bodies", len(peers) - with_evidence,
        ),
        Figure("automation", "Incidents that involved automation", int((recorded["automation_involved"] == "yes").sum()), unit="incidents"),
        Figure("ai_accepted", "Incidents with an AI agent, accepted", int((agents == "yes").sum()), unit="incidents"),
        Figure("ai_disputed", "Incidents with an AI agent, disputed", int((agents == "disputed").sum()), unit="incidents"),
    ]  # fmt: skip


def _count(evidence: pd.DataFrame, kind: str) -> int:
    return int((evidence["kind"] == kind).sum())


def _title(evidence: pd.DataFrame, peers: pd.DataFrame) -> str:
    if evidence.empty:
        return "We hold no evidence of an AI vendor here; that says nothing of whether one is used."
    vendors = [provider_name(v) for v in evidence["provider"].value_counts().index]
    tokens = _count(evidence, "token")
    bodies = count(evidence["organisation_id"].nunique(), "public body", "public bodies")
    return (
        f"Evidence names AI vendors ({listing(vendors)}) at {bodies}: {count(tokens, 'domain')} with proved ownership, "
        f"{count(_count(evidence, 'statement'), 'published statement')} and "
        f"{count(_count(evidence, 'contract'), 'contract')}; {_shown(peers)}."
    )


def _shown(peers: pd.DataFrame) -> str:
    """How many of the culture and broadcasting bodies show a vendor; nobody is presumed to have none."""
    shown = int((peers["ai_vendors"] != "unknown").sum())
    of = f"of {count(len(peers), 'culture or broadcasting body', 'culture and broadcasting bodies')}"
    return (
        f"{of} {number(shown)} show any, the others are unknown" if shown else f"{of} none shows any: all are unknown"
    )
