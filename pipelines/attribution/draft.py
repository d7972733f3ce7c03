"""A finding before it is tied to a body: what one host shows in one role."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from pipelines.attribution.book import Seen
from pipelines.attribution.rules import Rule

UNKNOWN, NONE, HIDDEN = "unknown", "none", "hidden"


@dataclass(slots=True)
class Draft:
    """One row: host, role and provider, with the records that it rests on.

    `provider` is an id, "none" where there is certainly none, or "unknown". `origin` follows the same words
    for what stands behind a web address, and "hidden" behind a network in front.
    """

    host: str
    role: str
    layer: str
    provider: str
    rule_id: str
    confidence: str
    evidence: list[Seen] = field(default_factory=list)
    product: str | None = None
    region: str | None = None
    endpoint: str | None = None
    origin: str | None = None
    note: str | None = None
    contradiction: str | None = None

    @property
    def seen_on(self) -> dt.date | None:
        """The newest day on which its evidence was seen."""
        return max([seen.on for seen in self.evidence if seen.on], default=None)

    def evidence_text(self) -> str:
        """The evidence in one line, hop by hop."""
        parts = [f"{seen.host} {seen.kind} {seen.value}" for seen in self.evidence]
        if self.note:
            parts.append(self.note)
        return " > ".join(parts)


# The three words, strongest first.
STRENGTH = {"confirmed": 0, "likely": 1, "possible": 2}


def by_rule(
    host: str,
    rule: Rule,
    evidence: list[Seen],
    *,
    role: str | None = None,
    layer: str | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    origin: str | None = None,
) -> Draft:
    """What a rule says of a host. The role is the rule's; the layer is back for mail and front for the others."""
    role = role or rule.role
    return Draft(
        host,
        role,
        layer or ("back" if role == "mail" else "front"),
        rule.provider,
        rule.id,
        rule.confidence,
        evidence,
        product=rule.product,
        region=region,
        endpoint=endpoint,
        origin=origin,
    )


def weaker(first: str, second: str) -> str:
    """The weaker of two confidence words."""
    return first if STRENGTH[first] >= STRENGTH[second] else second


def merge(drafts: list[Draft]) -> list[Draft]:
    """One row per host, role, layer and provider: the strongest stays, the evidence is joined."""
    kept: dict[tuple[str, str, str, str], Draft] = {}
    for draft in drafts:
        key = (draft.host, draft.role, draft.layer, draft.provider)
        other = kept.get(key)
        if other is None:
            kept[key] = draft
            continue
        strong, weak = (draft, other) if STRENGTH[draft.confidence] < STRENGTH[other.confidence] else (other, draft)
        known = {seen.id for seen in strong.evidence}
        strong.evidence.extend(seen for seen in weak.evidence if seen.id not in known)
        strong.product = strong.product or weak.product
        strong.contradiction = strong.contradiction or weak.contradiction
        kept[key] = strong
    return list(kept.values())
