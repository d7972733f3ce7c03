"""A real outage replayed on the evidence of the day before: which bodies we would have named, and which missed.

The freeze is about evidence on bodies: findings by the day they were seen, statements by the day they were
made, contracts by award, signature or start. What carries no date was not available before. How a provider is
built (where its control planes stand) is part of what failed, and is not frozen.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipelines import outage
from pipelines.errors import BadReference
from pipelines.graph import Graph
from pipelines.incidents.places import EVERYWHERE, region
from pipelines.nodes import UNKNOWN, Leaf
from pipelines.reach import DEGRADED, DOWN, NOTHING
from pipelines.reference import Reference
from pipelines.scenario import Scenario, leaf_effect

Row = Mapping[str, Any]
FILE = "hindcast_labels.csv"
COLUMNS = (
    "incident_id",
    "body",
    "organisation_id",
    "service_id",
    "reported_as",
    "reported_by",
    "counted",
    "source_url",
)
# Edges that say how a provider is built, not what a body stands on.
_STRUCTURE = ("control plane", "global")
# What a body's own DNS can show of a cloud: a sender in SPF or a token says nothing of where things run.
_DNS_ROLES = ("web", "origin", "dns", "mail")
_NO_DEPENDENCE = ("mail_sending",)
_WORDS = {DOWN: "down", DEGRADED: "degraded", NOTHING: "unknown"}


@dataclass(frozen=True, slots=True)
class Label:
    """What one body reported in one outage. `counted` False: listed, and not scored, for the reason in `note`."""

    incident_id: str
    body: str
    organisation_id: str | None
    service_id: str | None
    reported_as: str
    reported_by: str
    counted: bool
    note: str | None
    url: str | None
    check: str

    @property
    def key(self) -> str:
        """What the label is scored by: the body, else its service, else the name that was reported."""
        if self.organisation_id:
            return self.organisation_id
        return f"service:{self.service_id}" if self.service_id else self.body


def labels(reference: Reference) -> list[Label]:
    """Every label; BadReference, naming the row, for a word that is not yes or no."""
    found = []
    for where, row in reference.rows(FILE, COLUMNS):
        if row["counted"] not in ("yes", "no"):
            raise BadReference(FILE, where, f"counted {row['counted']!r} is not yes or no")
        if row["counted"] == "no" and not row["note"]:
            raise BadReference(FILE, where, "is not counted and does not say why")
        found.append(
            Label(
                row["incident_id"], row["body"], row["organisation_id"] or None, row["service_id"] or None,
                row["reported_as"], row["reported_by"], row["counted"] == "yes", row["note"] or None,
                row["source_url"] or None, row["check"],
            )
        )  # fmt: skip
    return found


# -- the event ----------------------------------------------------------------------------------------------


def scenarios_of(incident: Row, presets: Mapping[str, Scenario]) -> list[Scenario]:
    """The stored scenario of an incident, else one from its row for each region that it names.

    A region told in words that no list holds stays those words: no evidence names it, so nothing is exposed on
    that ground, and the incident is never widened to everywhere. The row's product is not used: records seldom
    show one, so such a scenario is wider than the event within its region.
    """
    for preset in presets.values():
        if preset.incident == incident["incident_id"]:
            return [preset]
    provider, text = incident["providers"][0], (incident["regions"] or "").strip()
    parts = [part.strip() for part in re.split(r"[,;()]", text) if part.strip()]
    places: list[str | None] = [*sorted({place for part in parts if (place := region(provider, part))})]
    whole = region(provider, text)
    if not text or EVERYWHERE in places or whole == EVERYWHERE:
        places = [None]
    elif not places:
        places = [whole or text]
    hours = float(incident["duration_hours"] or 24.0)
    return [
        Scenario(provider, region=place, cause=incident["cause"], hours=hours, incident=incident["incident_id"])
        for place in places
    ]


# -- the freeze ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Evidence:
    """Rows of an edition that say something of bodies. `contracts` have provider, certainty and dates."""

    organisations: Sequence[Row]
    services: Sequence[Row]
    findings: Sequence[Row]
    statements: Sequence[Row]
    edges: Sequence[Row]
    contracts: Sequence[Row]

    def only_dns(self) -> Evidence:
        """What DNS and the network show, alone."""
        return replace(
            self, statements=(), contracts=(), edges=[e for e in self.edges if e["underlying_kind"] in _STRUCTURE]
        )

    def before(self, day: dt.date) -> Evidence:
        """What was dated before `day`; what carries no date was not there. Ended contracts are left out."""
        return Evidence(
            self.organisations,
            self.services,
            [f for f in self.findings if f["seen_on"] and f["seen_on"] < day],
            [s for s in self.statements if s["stated_on"] and s["stated_on"] < day and s["current"] != "no"],
            [e for e in self.edges if e["underlying_kind"] in _STRUCTURE],
            [c for c in self.contracts if (began(c) or dt.date.max) < day and in_force(c, day)],
        )

    def known_today(self, day: dt.date) -> Evidence:
        """Everything held now, except what is said to have ended; contracts that had ended by `day` are left out."""
        return replace(
            self,
            statements=[s for s in self.statements if s["current"] != "no"],
            contracts=[c for c in self.contracts if in_force(c, day)],
        )

    def counts(self) -> dict[str, int]:
        """How much of each kind but contracts there is to judge by: a contract may stand for others like it."""
        return {
            "findings": len(self.findings),
            "statements": len(self.statements),
            "dependences": sum(e["underlying_kind"] not in _STRUCTURE for e in self.edges),
        }


def began(contract: Row) -> dt.date | None:
    """The first day that shows the contract: award, signature or start, whichever comes first."""
    days = [contract[key] for key in ("awarded_on", "signed_on", "start_on") if contract[key]]
    return min(days, default=None)


def in_force(contract: Row, day: dt.date) -> bool:
    """Whether the contract had not ended before `day`; without an end nobody says that it had."""
    end = contract["max_end_on"] or contract["end_on"]
    return end is None or end >= day


# -- who would have been named ------------------------------------------------------------------------------


@dataclass(slots=True)
class Exposed:
    """What the scenario does to one body on some evidence: worst effect, how sure, and the ids behind it."""

    likely: int = NOTHING
    known: int = NOTHING
    open: int = NOTHING
    kinds: set[str] = field(default_factory=set)
    evidence: set[str] = field(default_factory=set)

    @property
    def found(self) -> bool:
        return self.likely >= DEGRADED

    @property
    def effect(self) -> str:
        return _WORDS[self.likely]

    @property
    def certainty(self) -> str:
        return "unknown" if not self.found else "known" if self.known == self.likely else "inferred"

    def add(self, effect: tuple[int, int, int], kind: str, ids: Iterable[str]) -> None:
        known, likely, opened = effect
        if likely >= DEGRADED:
            self.kinds.add(kind)
            self.evidence.update(ids)
        self.known, self.likely, self.open = max(self.known, known), max(self.likely, likely), max(self.open, opened)


def exposed(reference: Reference, evidence: Evidence, scenarios: Sequence[Scenario]) -> dict[str, Exposed]:
    """Bodies (and services without a body) by key, with the worst that the scenarios do to them on this evidence."""
    found: dict[str, Exposed] = defaultdict(Exposed)
    graph = outage.build_graph(
        reference,
        outage.Evidence(
            evidence.organisations, evidence.services, evidence.findings, evidence.statements, evidence.edges
        ),
    )
    possible, controls = outage.could_be(reference), outage.control_regions(evidence.edges)
    leaves = list(_own_leaves(evidence))
    for scenario in scenarios:
        _by_services(graph, scenario, found)
        for key, leaf, kind in leaves:
            effect = leaf_effect(leaf, scenario, possible, controls.get(scenario.provider, frozenset()))
            if any(effect):
                found[key].add(effect, kind, leaf.evidence)
    return dict(found)


def _by_services(graph: Graph, scenario: Scenario, found: dict[str, Exposed]) -> None:
    for service_id, effect in graph.solve(scenario).items():
        body = graph.services[service_id].organisation_id or f"service:{service_id}"
        kind = "mail" if graph.services[service_id].kind == "mail" else "service"
        found[body].add((effect.known, effect.likely, effect.open), kind, effect.evidence)


def _own_leaves(evidence: Evidence) -> Iterable[tuple[str, Leaf, str]]:
    """What is known of bodies themselves, beside their services."""
    for finding in evidence.findings:
        if (
            finding["organisation_id"]
            and finding["role"] in _DNS_ROLES
            and finding["provider"] not in (UNKNOWN, "none")
        ):
            front = finding["origin_provider"] == "hidden" or finding["role"] in ("dns", "mail")
            yield finding["organisation_id"], _leaf(finding, tuple(finding["evidence_ids"]), front), "DNS"
    for row in evidence.statements:
        body = row["organisation_id"] or (f"service:{row['service_id']}" if row["service_id"] else None)
        if body and row["role"] not in _NO_DEPENDENCE:
            yield body, _leaf(row, (row["statement_id"],), row["layer"] == "front"), "statement"
    for row in evidence.contracts:
        if row["organisation_id"]:
            yield (
                row["organisation_id"],
                Leaf(row["provider"], None, None, "contract", "back", row["certainty"], (row["contract_id"],)),
                "contract",
            )


def _leaf(row: Row, ids: tuple[str, ...], is_global: bool) -> Leaf:
    return Leaf(
        row["provider"], row["product"], row["region"], row["role"], row["layer"], row["certainty"], ids,
        global_product=is_global,
    )  # fmt: skip


# -- the score ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Score:
    """Reported bodies that were found and missed on some evidence, and how many bodies were named in all."""

    found: list[str]
    missed: list[str]
    named: int
    cannot_say: int
    detail: dict[str, Exposed]

    @property
    def recall(self) -> float | None:
        total = len(self.found) + len(self.missed)
        return len(self.found) / total if total else None


def score(reported: Sequence[Label], bodies: Mapping[str, Exposed]) -> Score:
    """How the bodies that reported trouble fare among those that the evidence names."""
    keys = sorted({label.key for label in reported if label.counted})
    hit = [key for key in keys if key in bodies and bodies[key].found]
    return Score(
        found=hit,
        missed=[key for key in keys if key not in hit],
        named=sum(body.found for body in bodies.values()),
        cannot_say=sum(not body.found for body in bodies.values()),
        detail={key: bodies[key] for key in keys if key in bodies},
    )


def missing_evidence(
    key: str, provider: str, frozen: Score, today: Score, known_bodies: frozenset[str], held: Evidence
) -> str:
    """The kind of evidence that would have found a body that was missed, in one phrase."""
    if key not in known_bodies:
        return "the body or service is not in our tables"
    if key in today.found:
        kinds = sorted(today.detail[key].kinds)
        return f"what shows it now ({', '.join(kinds)}) is undated or dated after the event"
    effect = frozen.detail.get(key) or today.detail.get(key)
    if effect is not None and effect.open:
        if _names(held, key, provider):
            return f"evidence names {provider} and not the product or region that failed"
        return "who runs its back end is not shown: a statement, contract or public code that names the provider"
    return f"no statement, contract, public code or record that names {provider}"


def _names(evidence: Evidence, key: str, provider: str) -> bool:
    body = key.removeprefix("service:")
    return any(
        row["provider"] == provider and body in (row["organisation_id"], row.get("service_id"))
        for rows in (evidence.findings, evidence.statements, evidence.contracts)
        for row in rows
    )
