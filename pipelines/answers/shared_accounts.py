"""Accounts that several bodies share: the same verification token, endpoint or Microsoft 365 tenant in their records."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines import reference
from pipelines.answers import Answer, Figure, listing, long_day, new, number, provider_name, sources_of
from pipelines.attribution import names
from pipelines.attribution.mail import names_host
from pipelines.edition import Edition
from pipelines.errors import BadReference, UnknownName
from pipelines.metrics import measure
from pipelines.reference import Reference
from pipelines.reference_tables import certainty, short

ID = "shared-accounts"
QUESTION = "Which bodies share one account at a provider?"
METHODS = (
    "Three signs show an account. A verification token that a vendor gave out once and that stands at several "
    "domains: tokens are kept as fingerprints only, which shows that two are equal and nothing else. A name that a "
    "provider gives to one customer, such as a Front Door endpoint or a load balancer, to which several web "
    "addresses lead. A Microsoft 365 tenant in the name of the key that signs a domain's mail; a key that names "
    "another domain was copied and is left out. An account is shared where names of at least two bodies show it, or "
    "of two registered domains where we do not know the body; names of one body that share an endpoint are no "
    "finding. The effective number of accounts is one divided by the sum of squared shares, over the bodies that "
    "show an endpoint or tenant: a body with several counts for each in equal parts. Every line is likely, never "
    "confirmed: a copied zone file, or a vendor that gives one value to several customers, would look the same."
)
CAVEATS = (
    "Evidence suggests one account or one supplier; it does not show who holds the account, nor that it is still in use.",
    "A token proves that ownership of a domain was shown once; nobody has to remove it.",
    "Sharing is often meant, as between neighbouring councils with one IT service. It is not a fault.",
)
KINDS = {"token": "Verification tokens", "endpoint": "Endpoints", "tenant": "Microsoft 365 tenants"}
# A kept token is its fingerprint, as the observations write it.
_FINGERPRINT = re.compile(r"#[0-9a-f]{12}")


def answer(edition: Edition, organisation: str | None = None, provider: str | None = None) -> Answer:
    """Accounts that names of several bodies show.

    Figures: accounts (shared by bodies), bodies (that share one), largest (bodies at one account), domains (shared by
    registered domains whose bodies we do not know). Frames: accounts (one row per shared account), members (one
    row per account, body or domain), kinds (one row per kind: bodies that show an account, accounts, shared,
    bodies that share, effective number of accounts). UnknownName for a body or provider that is not held.
    """
    facts = reference.load()
    if provider:
        facts.provider(provider)
    bodies = dict(edition.query("SELECT organisation_id, name FROM organisations").itertuples(index=False, name=None))
    if organisation and organisation not in bodies:
        raise UnknownName("organisation", organisation, bodies)
    signs = sorted(_signs(edition, facts), key=lambda sign: (sign.account_id, sign.subject, sign.evidence_id))
    members = _members(signs, bodies)
    accounts = _accounts(members)
    kinds = _kinds(members, accounts)
    if organisation:
        held = set(members.loc[members["organisation_id"] == organisation, "account_id"])
        accounts = accounts[accounts["account_id"].isin(held)]
    if provider:
        accounts = accounts[accounts["provider"] == provider]
    accounts = accounts.reset_index(drop=True)
    members = members[members["account_id"].isin(accounts["account_id"])].reset_index(drop=True)
    made = new(
        edition,
        ID,
        QUESTION,
        _title(accounts, kinds),
        _population(kinds),
        METHODS,
        figures=_figures(accounts, members, kinds),
        frames={"accounts": accounts, "members": members, "kinds": kinds},
        caveats=list(CAVEATS),
        parameters={k: v for k, v in (("organisation", organisation), ("provider", provider)) if v},
        sources=sources_of(edition, [*members["source_id"], "reference-account_names"]),
    )
    made.body = dict(made.frames)
    return made


# -- signs --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sign:
    """One record that shows one account. `shown` is what a screen may print: never a token or a tenant."""

    account_id: str
    kind: str
    provider: str
    shown: str
    words: str
    rule_id: str
    confidence: str
    subject: str
    organisation_id: str | None
    seen_on: dt.date | None
    evidence_id: str
    source_id: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """A row of account_names.csv: names below `suffix` belong to one account."""

    suffix: str
    by_label: bool
    kind: str
    provider: str
    words: str
    confidence: str

    @property
    def rule_id(self) -> str:
        return f"shared-account:{self.kind}:{self.suffix}"

    def account(self, name: str) -> str | None:
        """The account in a host name; None where the name is not below the suffix."""
        if not name.endswith(f".{self.suffix}"):
            return None
        # dualstack. is the same load balancer, asked for both kinds of address.
        own = name.removesuffix(f".{self.suffix}").removeprefix("dualstack.")
        return own.rpartition(".")[2] if self.by_label else own


def marks(facts: Reference) -> list[_Mark]:
    """The names that providers give to one customer, from account_names.csv. BadReference for a row that cannot be read."""
    file = "account_names.csv"
    found = []
    for where, row in facts.rows(file, ("mark", "account", "kind", "provider", "words", "source", "check")):
        if row["account"] not in ("name", "label"):
            raise BadReference(file, where, f"account {row['account']!r} is not name or label")
        if row["kind"] not in KINDS or row["kind"] == "token":
            raise BadReference(file, where, f"kind {row['kind']!r} is not endpoint or tenant")
        if row["provider"] not in facts.providers:
            raise BadReference(file, where, f"provider {row['provider']!r} is not known")
        confidence = "possible" if row["check"] == "recalled" else "likely"
        found.append(
            _Mark(row["mark"], row["account"] == "label", row["kind"], row["provider"], row["words"], confidence)
        )
    return found


def _signs(edition: Edition, facts: Reference) -> Iterator[_Sign]:
    by_kind = defaultdict(list)
    for mark in marks(facts):
        by_kind[mark.kind].append(mark)
    owners = _owners(edition)
    yield from _tokens(edition, owners)
    yield from _endpoints(edition, by_kind["endpoint"], owners)
    yield from _tenants(edition, by_kind["tenant"], owners)


def _owners(edition: Edition) -> Mapping[str, str]:
    """The body of every name that a finding, or a body's own domain, ties to one."""
    found = edition.rows(
        "SELECT domain AS subject, min(organisation_id) AS body FROM organisations WHERE domain IS NOT NULL GROUP BY 1 "
        "UNION ALL SELECT subject, min(organisation_id) FROM findings WHERE organisation_id IS NOT NULL GROUP BY 1"
    )
    return {row["subject"]: row["body"] for row in found}


def _body(owners: Mapping[str, str], host: str) -> str | None:
    return next((owners[name] for name in (host, *names.parents(host)) if name in owners), None)


_TOKENS = """
WITH used AS (
  SELECT unnest(evidence_ids) AS evidence_id, min(provider) AS provider
  FROM findings WHERE starts_with(rule_id, 'token') AND (NOT private OR $private) GROUP BY 1
)
SELECT o.observation_id, o.subject, o.value, o.seen_on, o.source_id, coalesce(u.provider, 'unknown') AS provider
FROM observations o LEFT JOIN used u ON u.evidence_id = o.observation_id
WHERE o.kind = 'TXT' AND contains(o.value, '#') AND (NOT o.private OR $private)
"""


def _tokens(edition: Edition, owners: Mapping[str, str]) -> Iterator[_Sign]:
    for row in edition.rows(_TOKENS, {"private": edition.private}):
        mark, fingerprint = row["value"][:-13].strip(), row["value"][-13:]
        if not _FINGERPRINT.fullmatch(fingerprint) or "p=" in mark.split(";")[-1]:
            continue  # prose, or the key that signs mail: its owner is the domain itself
        vendor = provider_name(row["provider"]) if row["provider"] != "unknown" else "a vendor that we do not know"
        label = mark.rstrip("=: ") or "no mark"
        yield _sign(
            "token", row["value"], row["provider"], label, f"verification token of {vendor}", "shared-account:token", "likely",
            row["subject"], owners, row,
        )  # fmt: skip


_ENDPOINTS = """
SELECT finding_id AS observation_id, subject, endpoint, seen_on, source_id, provider FROM findings
WHERE role = 'web' AND endpoint IS NOT NULL AND provider NOT IN ('none', 'unknown') AND (NOT private OR $private)
"""


def _endpoints(edition: Edition, known: list[_Mark], owners: Mapping[str, str]) -> Iterator[_Sign]:
    for row in edition.rows(_ENDPOINTS, {"private": edition.private}):
        for mark in known:
            account = mark.account(row["endpoint"])
            if account and mark.provider == row["provider"]:
                shown = f"{account}.{mark.suffix}"
                yield _sign(
                    "endpoint", shown, mark.provider, shown, mark.words, mark.rule_id, mark.confidence,
                    row["subject"], owners, row,
                )  # fmt: skip


_TENANTS = """
SELECT observation_id, subject, value, seen_on, source_id FROM observations
WHERE kind = 'CNAME' AND contains(subject, '._domainkey.') AND (NOT private OR $private)
"""


def _tenants(edition: Edition, known: list[_Mark], owners: Mapping[str, str]) -> Iterator[_Sign]:
    for row in edition.rows(_TENANTS, {"private": edition.private}):
        domain = row["subject"].partition("._domainkey.")[2]
        for mark in known:
            account = mark.account(row["value"] or "")
            if account and names_host(row["value"], domain):
                yield _sign(
                    "tenant", account, mark.provider, "tenant", mark.words, mark.rule_id, mark.confidence, domain, owners, row
                )  # fmt: skip


def _sign(
    kind: str, account: str, provider: str, shown: str, words: str, rule_id: str, confidence: str, subject: str,
    owners: Mapping[str, str], row: Mapping[str, Any],
) -> _Sign:  # fmt: skip
    return _Sign(
        f"sa-{short(kind, account)}", kind, provider, shown, words, rule_id, confidence, subject, _body(owners, subject),
        row["seen_on"], row["observation_id"], row["source_id"],
    )  # fmt: skip


# -- tables -------------------------------------------------------------------------------------------------

_MEMBERS = [
    "account_id", "kind", "provider", "member", "organisation_id", "organisation", "names", "subjects", "seen_on",
    "shown", "words", "rule_id", "confidence", "evidence_ids", "source_id",
]  # fmt: skip
_ACCOUNTS = [
    "account_id", "kind", "kind_words", "provider", "shown", "reach", "bodies", "domains", "names", "organisations",
    "sentence", "seen_from", "seen_on", "confidence", "certainty", "rule_id",
]  # fmt: skip


def _members(signs: Iterable[_Sign], bodies: Mapping[str, str]) -> pd.DataFrame:
    """One row per account and member. A member is a body, or a registered domain whose body we do not know."""
    groups: dict[tuple[str, str], list[_Sign]] = defaultdict(list)
    for sign in signs:
        groups[sign.account_id, sign.organisation_id or names.registrable(sign.subject)].append(sign)
    rows = []
    for (account_id, member), part in sorted(groups.items()):
        first = part[0]
        subjects = sorted({sign.subject for sign in part})
        rows.append(
            {
                "account_id": account_id,
                "kind": first.kind,
                "provider": min(sign.provider for sign in part),
                "member": member,
                "organisation_id": first.organisation_id,
                "organisation": bodies.get(first.organisation_id or "", member),
                "names": len(subjects),
                "subjects": subjects,
                "seen_on": max((sign.seen_on for sign in part if sign.seen_on), default=None),
                "shown": first.shown,
                "words": first.words,
                "rule_id": first.rule_id,
                "confidence": first.confidence,
                "evidence_ids": sorted({sign.evidence_id for sign in part}),
                "source_id": first.source_id,
            }
        )
    return pd.DataFrame(rows, columns=_MEMBERS)


def _accounts(members: pd.DataFrame) -> pd.DataFrame:
    """Accounts with at least two members, most bodies first."""
    rows = []
    for account_id, part in members.groupby("account_id", sort=True):
        if len(part) < 2:
            continue
        first = part.iloc[0]
        known = part[part["organisation_id"].notna()]
        days = [day for day in part["seen_on"] if not pd.isna(day)]
        newest = max(days, default=None)
        rows.append(
            {
                "account_id": account_id,
                "kind": first["kind"],
                "kind_words": first["words"],
                "provider": first["provider"],
                "shown": first["shown"],
                "reach": "bodies" if len(known) > 1 else "domains",
                "bodies": len(known),
                "domains": len(part) - len(known),
                "names": int(part["names"].sum()),
                "organisations": sorted(part["organisation"]),
                "sentence": _sentence(sorted(part["organisation"]), first["words"], newest),
                "seen_from": min(days, default=None),
                "seen_on": newest,
                "confidence": first["confidence"],
                "certainty": certainty(first["confidence"]),
                "rule_id": first["rule_id"],
            }
        )
    rows.sort(key=lambda row: (-row["bodies"], -row["domains"], -row["names"], row["account_id"]))
    return pd.DataFrame(rows, columns=_ACCOUNTS)


def _sentence(who: list[str], words: str, newest: dt.date | None) -> str:
    date = f"as of {long_day(newest)}" if newest else "in a list without a date"
    return f"{listing(who, most=4)} share the same {words} {date}; evidence suggests one account or supplier"


def _kinds(members: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """How far the bodies that show an account of a kind come down to fewer accounts."""
    rows = []
    shared = set(accounts.loc[accounts["reach"] == "bodies", "account_id"])
    for kind, label in KINDS.items():
        part = members[(members["kind"] == kind) & members["organisation_id"].notna()]
        held = part.groupby("organisation_id")["account_id"].transform("size")
        counts = part.assign(weight=1.0 / held.astype(float)).groupby("account_id")["weight"].sum()
        sharing = part[part["account_id"].isin(shared)]
        days = [day for day in part["seen_on"] if not pd.isna(day)]
        rows.append(
            {
                "kind": kind,
                "label": label,
                "bodies": int(part["organisation_id"].nunique()),
                "accounts": int(part["account_id"].nunique()),
                "shared": int(sharing["account_id"].nunique()),
                "sharing": int(sharing["organisation_id"].nunique()),
                "largest": int(part.groupby("account_id").size().max()) if len(part) else 0,
                # A body holds tokens of many vendors, so an effective number of tokens would say nothing.
                "effective": measure(list(counts))["hill_q2"] if len(part) and kind != "token" else None,
                "seen_on": max(days, default=None),
            }
        )
    return pd.DataFrame(rows)


# -- words --------------------------------------------------------------------------------------------------


def _population(kinds: pd.DataFrame) -> str:
    parts = [
        f"{number(row['bodies'])} with {row['label'][0].lower() if row['kind'] != 'tenant' else row['label'][0]}{row['label'][1:]}"
        for row in kinds.to_dict("records")
    ]
    return f"public bodies whose records show an account ({listing(parts)}), chosen by us, not a sample of the UK"


def _title(accounts: pd.DataFrame, kinds: pd.DataFrame) -> str:
    known = accounts[accounts["reach"] == "bodies"]
    if known.empty:
        return (
            "No two bodies are seen to share an account in the records that we hold. That does not show that none do."
        )
    top = known.iloc[0]
    tested = int(kinds.set_index("kind").loc[top["kind"], "bodies"])
    date = f"as of {long_day(top['seen_on'])}" if top["seen_on"] is not None else "in a list without a date"
    return (
        f"Evidence suggests that {number(len(known))} account{'s' if len(known) != 1 else ''} serve several public bodies "
        f"each; the widest, one {top['kind_words']}, is seen at {number(top['bodies'])} of the {number(tested)} bodies "
        f"that show such a sign, {date}."
    )


def _figures(accounts: pd.DataFrame, members: pd.DataFrame, kinds: pd.DataFrame) -> list[Figure]:
    known = accounts[accounts["reach"] == "bodies"]
    sharing = members[members["account_id"].isin(known["account_id"])]["organisation_id"].nunique()
    shows = _population(kinds)
    figures = [
        Figure("accounts", "Accounts seen at several bodies", len(known), unit="accounts"),
        Figure("bodies", "Bodies that share one", int(sharing), unit="bodies", of=shows),
        Figure("largest", "Bodies at the widest account", int(known["bodies"].max()) if len(known) else 0, unit="bodies"),
        Figure("domains", "Accounts seen at domains whose bodies we do not know", len(accounts) - len(known), unit="accounts"),
    ]  # fmt: skip
    for row in kinds[kinds["kind"] != "token"].to_dict("records"):
        figures.append(
            Figure(
                f"effective_{row['kind']}",
                f"Effective number: {row['label']}",
                row["effective"],
                unit="accounts",
                of=f"{number(row['bodies'])} bodies that show one, {number(row['accounts'])} accounts",
            )
        )
    return figures
