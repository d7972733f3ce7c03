"""A scenario turned into exposure: which services, through which path, how sure, and what is left.

Exposure is what depends on the failing part. It is never called downtime: failover that nobody published
may exist.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.errors import Refused
from pipelines.graph import Effect, Graph
from pipelines.nodes import UNKNOWN, Leaf, Node, OnPlatform, Slot
from pipelines.reach import DEGRADED, DOWN, Codes, decode
from pipelines.reference import Reference
from pipelines.scenario import Scenario

Row = Mapping[str, Any]
# Which kinds of provider an unknown slot could turn out to be.
_FRONT_KINDS = frozenset({"cloud", "network in front", "platform"})
_BACK_KINDS = frozenset({"cloud", "platform"})
_MAIL_KINDS = frozenset({"office suite", "mail host", "cloud"})
_FILTER_KINDS = frozenset({"mail filter", "network in front"})
_DNS_KINDS = frozenset({"cloud", "network in front", "name servers"})
MAX_HOURS = 24 * 366


def could_be(reference: Reference) -> dict[str, frozenset[str]]:
    """Providers that an unknown leaf could be, by `role:layer`."""

    def of(kinds: frozenset[str]) -> frozenset[str]:
        return frozenset(p.id for p in reference.providers.values() if p.kind in kinds and not p.closed)

    return {
        "web:front": of(_FRONT_KINDS),
        "web:back": of(_BACK_KINDS),
        "dns:front": of(_DNS_KINDS),
        "mail:back": of(_MAIL_KINDS),
        "mail:front": of(_FILTER_KINDS),
    }


def control_regions(edges: Iterable[Row]) -> dict[str, frozenset[str | None]]:
    """Regions whose loss takes away a provider's global control planes, by provider."""
    found: dict[str, set[str | None]] = defaultdict(set)
    for edge in edges:
        if edge["underlying_kind"] == "control plane" and edge["region"]:
            found[edge["underlying"]].add(edge["region"])
    return {provider: frozenset(regions) for provider, regions in found.items()}


def scenario(
    reference: Reference,
    provider: str,
    product: str | None = None,
    region: str | None = None,
    plane: str = "data",
    cause: str = "unknown",
    hours: float = 1.0,
    **more: Any,
) -> Scenario:
    """A checked scenario; UnknownName or Refused, in one sentence, for what cannot be."""
    from pipelines.errors import UnknownName

    known = reference.provider(provider)
    if region is not None:
        code = known.region(region)
        if code is None:
            raise UnknownName(f"region of {provider}", region, known.regions)
        region = code
    if product is not None:
        names = products(reference, provider)
        if not any(product.casefold() in name.casefold() for name in names):
            raise UnknownName(f"product of {provider}", product, names)
    if plane not in ("data", "control"):
        raise UnknownName("plane", plane, ("data", "control"))
    if cause not in causes(reference):
        raise UnknownName("cause", cause, causes(reference))
    if not 0 < hours <= MAX_HOURS:
        raise Refused(f"hours must be more than 0 and at most {MAX_HOURS}, not {hours:g}; give a number such as 8")
    apart = region is not None and region.startswith(known.apart)
    return Scenario(provider, product, region, plane, cause, hours, apart=apart, **more)


def products(reference: Reference, provider: str) -> set[str]:
    """Products of a provider that can fail: those that records show, and those that a recorded incident names."""
    return {
        entry["product"]
        for section in ("suffixes", "name_servers", "mail", "headers")
        for entry in reference.provider(provider).sections[section]
        if entry.get("product")
    } | failed_products(reference).get(provider, set())


@functools.lru_cache(maxsize=4)
def causes(reference: Reference) -> tuple[str, ...]:
    """Causes that a scenario can have: those of the incidents table."""
    rows = reference.rows("incidents.csv", ("root_cause_category",))
    return tuple(sorted({row["root_cause_category"] for _, row in rows if row["root_cause_category"]} | {"unknown"}))


@functools.lru_cache(maxsize=4)
def failed_products(reference: Reference) -> dict[str, set[str]]:
    """Products that a recorded incident names, by provider: they can fail although no record in DNS shows them."""
    found: dict[str, set[str]] = defaultdict(set)
    for where, row in reference.rows("incidents.csv", ("provider", "product")):
        providers, _ = reference.by_word(row["provider"], row["product"], "incidents.csv", where)
        for provider in providers:
            found[provider].update(part.strip() for part in re.split(r"[;,]", row["product"]) if part.strip())
    return found


# -- the graph from an edition's tables -------------------------------------------------------------------


@dataclass(slots=True)
class Evidence:
    """The rows that a graph is made of."""

    organisations: Sequence[Row]
    services: Sequence[Row]
    findings: Sequence[Row]
    statements: Sequence[Row]
    edges: Sequence[Row]


def build_graph(reference: Reference, evidence: Evidence) -> Graph:
    """Services, bodies' mail and platforms with their slots."""
    by_subject: dict[str, list[Row]] = defaultdict(list)
    for finding in evidence.findings:
        by_subject[finding["subject"]].append(finding)
    said: dict[str, list[Row]] = defaultdict(list)
    said_of_platform: dict[str, list[Row]] = defaultdict(list)
    for statement in evidence.statements:
        if statement["current"] == "no":
            continue
        if statement["service_id"]:
            said[statement["service_id"]].append(statement)
        elif statement["platform_id"]:
            said_of_platform[statement["platform_id"]].append(statement)
    on: dict[str, list[Row]] = defaultdict(list)
    beneath: dict[str, list[Row]] = defaultdict(list)
    names: dict[str, str] = {}
    for edge in evidence.edges:
        if edge["dependent_kind"] == "service":
            on[edge["dependent"]].append(edge)
        elif edge["dependent_kind"] == "platform":
            beneath[edge["dependent"]].append(edge)
            names[edge["dependent"]] = edge["dependent_name"]
        if edge["underlying_kind"] == "platform":
            names.setdefault(edge["underlying"], edge["underlying_name"])
    services = [_service(row, by_subject, said[row["service_id"]], on[row["service_id"]]) for row in evidence.services]
    services += _mail_nodes(evidence.organisations, by_subject)
    platforms = [
        _platform(platform, name, beneath[platform], said_of_platform[platform])
        for platform, name in sorted(names.items())
    ]
    return Graph(services, platforms, could_be(reference), control_regions(evidence.edges))


def _leaf(finding: Row) -> Leaf:
    in_front = finding["origin_provider"] == "hidden"
    return Leaf(
        provider=finding["provider"],
        product=finding["product"],
        region=finding["region"],
        role=finding["role"],
        layer=finding["layer"],
        certainty=finding["certainty"],
        evidence=tuple(finding["evidence_ids"]),
        seen_on=finding["seen_on"],
        global_product=in_front or finding["role"] in ("dns", "mail"),
        label=finding["subject"],
    )


def _unknown(role: str, layer: str) -> Leaf:
    return Leaf(UNKNOWN, None, None, role, layer, "unknown")


def _service(row: Row, by_subject: Mapping[str, list[Row]], statements: list[Row], edges: list[Row]) -> Node:
    node = Node(row["service_id"], row["name"], "service", row["organisation_id"])
    hosts = list(row["hosts"])
    hidden = not hosts
    for number, host in enumerate(hosts):
        web = [f for f in by_subject.get(host, ()) if f["role"] == "web" and f["provider"] != "none"]
        leaves = tuple(_leaf(f) for f in web) or (_unknown("web", "front"),)
        node.slots.append(Slot("web", "front", leaves, critical=number == 0))
        if number == 0:
            hidden = all(f["origin_provider"] in ("hidden", "unknown", None) for f in web)
        dns = _zone_dns(host, by_subject)
        if dns and number == 0:
            node.slots.append(Slot("dns", "front", tuple(_leaf(f) for f in dns)))
    if not hosts:
        node.slots.append(Slot("web", "front", (_unknown("web", "front"),)))
    front = [s for s in statements if s["role"] == "web" and s["layer"] == "front"]
    if front:
        known = [a for a in node.slots[0].alternatives if isinstance(a, Leaf) and a.provider != UNKNOWN]
        providers = {a.provider for a in known}
        said = [stated(s) for s in front if s["provider"] not in providers]
        node.slots[0] = Slot("web", "front", (*known, *said), mode="any_of")
    back = [s for s in statements if s["role"] == "web" and s["layer"] == "back"]
    on_platform = [e for e in edges if e["role"] == "web"]
    if back:
        node.slots.append(Slot("web", "back", tuple(stated(s) for s in back), mode=UNKNOWN))
    elif hidden and not on_platform:
        node.slots.append(Slot("web", "back", (_unknown("web", "back"),)))
    for statement in statements:
        if statement["role"] not in ("web",):
            leaf = stated(statement)
            critical = statement["role"] in ("dns",)
            node.slots.append(Slot(statement["role"], statement["layer"], (leaf,), critical=critical))
    for edge in edges:
        node.slots.append(
            Slot(
                edge["role"],
                "back",
                (OnPlatform(edge["underlying"], edge["certainty"], (edge["edge_id"],), _edge_effect(edge)),),
                critical=True,
            )
        )
    return node


def _edge_effect(edge: Row) -> str:
    return "down" if edge["mode"] == "all_of" and edge["role"] in ("web", "dns") else "degraded"


def stated(statement: Row) -> Leaf:
    """What a statement says that something stands on."""
    return Leaf(
        provider=statement["provider"],
        product=statement["product"],
        region=statement["region"],
        role=statement["role"],
        layer=statement["layer"],
        certainty=statement["certainty"],
        evidence=(statement["statement_id"],),
        seen_on=statement["stated_on"],
        global_product=statement["layer"] == "front",
    )


def _zone_dns(host: str, by_subject: Mapping[str, list[Row]]) -> list[Row]:
    """Name servers of the nearest zone above a host."""
    name = host
    while name.count(".") >= 1:
        found = [f for f in by_subject.get(name, ()) if f["role"] == "dns" and f["provider"] not in ("none", UNKNOWN)]
        if found:
            return found
        name = name.partition(".")[2]
    return []


def _mail_nodes(organisations: Sequence[Row], by_subject: Mapping[str, list[Row]]) -> list[Node]:
    nodes = []
    for body in organisations:
        domain = body["domain"]
        rows = [f for f in by_subject.get(domain or "", ()) if f["role"] == "mail" and f["provider"] != "none"]
        if not rows:
            continue
        node = Node(f"mail:{body['organisation_id']}", f"Mail of {body['name']}", "mail", body["organisation_id"])
        for layer in ("front", "back"):
            leaves = tuple(_leaf(f) for f in rows if f["layer"] == layer)
            if leaves:
                node.slots.append(Slot("mail", layer, leaves))
        nodes.append(node)
    return nodes


def _platform(platform: str, name: str, edges: list[Row], statements: list[Row]) -> Node:
    node = Node(platform, name, "platform")
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for number, edge in enumerate(edges):
        if edge["mode"] == "any_of":
            groups[edge["role"], edge["basis"] or "any"].append(edge)
        else:
            groups[edge["role"], f"edge {number}"].append(edge)
    for (role, _), members in sorted(groups.items()):
        alternatives: tuple[Leaf | OnPlatform, ...] = tuple(_underlying(edge, statements) for edge in members)
        node.slots.append(
            Slot(
                role,
                "back",
                alternatives,
                critical=role in ("web", "dns", "identity"),
                mode="any_of" if members[0]["mode"] == "any_of" else members[0]["mode"],
            )
        )
    covered = {(edge["underlying"], edge["region"]) for edge in edges}
    for statement in statements:
        if (statement["provider"], statement["region"]) not in covered and statement["role"] == "web":
            node.slots.append(Slot("web", statement["layer"], (stated(statement),), critical=not edges, mode=UNKNOWN))
    return node


def _underlying(edge: Row, statements: Sequence[Row]) -> Leaf | OnPlatform:
    """What an edge leads to. What was said of the same place stands with it as evidence: an edge carries no day."""
    if edge["underlying_kind"] == "platform":
        return OnPlatform(edge["underlying"], edge["certainty"], (edge["edge_id"],))
    return Leaf(
        provider=edge["underlying"],
        product=edge["basis"],
        region=edge["region"],
        role=edge["role"],
        layer="back",
        certainty=edge["certainty"],
        evidence=(
            edge["edge_id"],
            *(
                s["statement_id"]
                for s in statements
                if (s["provider"], s["region"], s["role"]) == (edge["underlying"], edge["region"], edge["role"])
            ),
        ),
        global_product=edge["role"] == "dns"
        or "global" in (edge["basis"] or "").lower()
        or "CloudFront" in (edge["basis"] or ""),
    )


# -- results ----------------------------------------------------------------------------------------------


def classify(effect: Effect) -> tuple[str, str]:
    """(down | degraded | unknown, known | inferred | unknown) of one effect."""
    return _class_of(effect.known, effect.likely)


def _class_of(known: int, likely: int) -> tuple[str, str]:
    if known == DOWN:
        return "down", "known"
    if likely == DOWN:
        return "down", "inferred"
    if known == DEGRADED:
        return "degraded", "known"
    if likely == DEGRADED:
        return "degraded", "inferred"
    return "unknown", "unknown"


def tally(codes: Codes) -> dict[str, dict[str, int]]:
    """Services down, degraded and unknown: known, inferred, and the range that unknown evidence allows.

    `codes` are the effects on all services (Graph.codes). low counts what known evidence shows, high what could be
    so if every unknown turned out that way.
    """
    counts = {state: {"known": 0, "inferred": 0, "low": 0, "high": 0} for state in ("down", "degraded", "unknown")}
    for code, number in enumerate(np.bincount(codes, minlength=64).tolist()):
        if not code or not number:
            continue
        known, likely, opened = decode(code)
        state, certainty = _class_of(known, likely)
        counts[state]["inferred" if certainty == "inferred" else "known"] += number
        counts["down"]["high"] += number * (opened == DOWN)
        counts["degraded"]["high"] += number * (opened >= DEGRADED and known < DOWN)
    counts["down"]["low"] = counts["down"]["known"]
    counts["degraded"]["low"] = counts["degraded"]["known"]
    counts["unknown"]["high"] = counts["unknown"]["known"]
    return counts
