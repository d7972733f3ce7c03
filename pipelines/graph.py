"""The dependence graph: services, role-slots, platforms and what runs beneath them.

A service needs every critical slot (AND); a slot is filled by any of its alternatives (OR); an alternative
is a leaf (a provider's product in a region, with its evidence) or a platform, which has slots of its own. So
the walk is transitive without a special case.

A scenario asks three questions of the graph at once:

    known    what fails on known evidence alone
    likely   what fails when inferred evidence is taken too
    open     what might fail: unknown providers and regions could be the failing one

Each contains the one before. Loops are resolved as the least fixed point: nothing fails for its own sake.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A provider's product that something stands on, with the evidence for it.

    provider "unknown" means that nobody could tell; `layer` and `role` then say what kind it must be.
    `global_product` marks fronts without a region: a regional failure does not take them down.
    """

    provider: str
    product: str | None
    region: str | None
    role: str
    layer: str
    certainty: str
    evidence: tuple[str, ...] = ()
    seen_on: dt.date | None = None
    global_product: bool = False
    label: str | None = None
    source: str | None = None

    @property
    def text(self) -> str:
        where = f" in {self.region}" if self.region else ""
        what = f" ({self.product})" if self.product else ""
        return f"{self.provider}{what}{where}"


@dataclass(frozen=True, slots=True)
class OnPlatform:
    """An alternative that is a platform. `effect` is what its loss does to the dependent."""

    platform: str
    certainty: str
    evidence: tuple[str, ...] = ()
    effect: str = "down"


@dataclass(frozen=True, slots=True)
class Slot:
    """One part that a node needs.

    mode any_of: one alternative is enough; unknown: nobody says whether one is enough, so the loss of some
    degrades and the loss of all takes it down. `critical` False: its loss degrades only.
    """

    role: str
    layer: str
    alternatives: tuple[Leaf | OnPlatform, ...]
    critical: bool = True
    mode: str = "any_of"


@dataclass(slots=True)
class Node:
    """A service, a body's mail or a platform."""

    id: str
    name: str
    kind: str
    organisation_id: str | None = None
    slots: list[Slot] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What fails. No region: everywhere. Plane control: changes and failover fail, serving goes on."""

    provider: str
    product: str | None = None
    region: str | None = None
    plane: str = "data"
    cause: str = "unknown"
    hours: float = 1.0
    id: str | None = None
    title: str | None = None
    incident: str | None = None
    apart: bool = False
    """Whether the region belongs to a partition of its own (China, government clouds)."""


DOWN, DEGRADED, NOTHING = 2, 1, 0


@dataclass(slots=True)
class Effect:
    """What a scenario does to one node, in each world, and the path that shows it."""

    known: int = NOTHING
    likely: int = NOTHING
    open: int = NOTHING
    path: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    layer: str = "front"
    role: str = "web"


def leaf_effect(
    leaf: Leaf, scenario: Scenario, can_be: Mapping[str, frozenset[str]], controls: frozenset[str | None]
) -> tuple[int, int, int]:
    """What the scenario does to a leaf in the worlds known, likely and open.

    `can_be[layer]` are the providers that an unknown leaf of that layer could be. `controls` are the regions
    whose loss takes away the scenario provider's global control planes.
    """
    if scenario.apart and leaf.region != scenario.region:
        # Regions of their own partition hold nobody who is not shown there.
        return (NOTHING, NOTHING, NOTHING)
    if leaf.provider == UNKNOWN:
        possible = scenario.provider in can_be.get(f"{leaf.role}:{leaf.layer}", frozenset())
        severity = DOWN if scenario.plane == "data" else DEGRADED
        return (NOTHING, NOTHING, severity if possible else NOTHING)
    if leaf.provider != scenario.provider:
        return (NOTHING, NOTHING, NOTHING)
    if scenario.product and not _same_product(leaf.product, scenario.product):
        # The product at fault is another one; where ours is not known it could be the one, unless it stands elsewhere.
        elsewhere = scenario.region is not None and leaf.region not in (None, scenario.region)
        return (NOTHING, NOTHING, DOWN if leaf.product is None and not elsewhere else NOTHING)
    if scenario.plane == "control":
        return _by_certainty(leaf, DEGRADED)
    if scenario.region is None or leaf.region == scenario.region:
        return _by_certainty(leaf, DOWN)
    degraded = _by_certainty(leaf, DEGRADED) if scenario.region in controls else (NOTHING, NOTHING, NOTHING)
    if leaf.region is None and not leaf.global_product:
        return (degraded[0], degraded[1], DOWN)  # it may stand in the failing region
    return degraded


def _same_product(mine: str | None, failing: str) -> bool:
    return mine is not None and failing.casefold() in mine.casefold()


def _by_certainty(leaf: Leaf, severity: int) -> tuple[int, int, int]:
    return (severity if leaf.certainty == "known" else NOTHING, severity, severity)


class Graph:
    """Services and platforms with their slots."""

    def __init__(
        self,
        services: Iterable[Node],
        platforms: Iterable[Node],
        can_be: Mapping[str, frozenset[str]],
        controls: Mapping[str, frozenset[str | None]],
    ) -> None:
        self.services = {node.id: node for node in services}
        self.platforms = {node.id: node for node in platforms}
        self._can_be = can_be
        self._controls = controls
        self._order = self._platform_order()

    def _platform_order(self) -> list[list[str]]:
        """Platforms in an order in which what they stand on comes first; loops stay together.

        Tarjan's strongly connected components: each component is complete before any that depends on it.
        """
        index: dict[str, int] = {}
        low: dict[str, int] = {}
        stack: list[str] = []
        on_stack: set[str] = set()
        components: list[list[str]] = []

        def beneath(name: str) -> list[str]:
            return [
                alternative.platform
                for slot in self.platforms[name].slots
                for alternative in slot.alternatives
                if isinstance(alternative, OnPlatform) and alternative.platform in self.platforms
            ]

        def visit(name: str) -> None:
            index[name] = low[name] = len(index)
            stack.append(name)
            on_stack.add(name)
            for other in beneath(name):
                if other not in index:
                    visit(other)
                    low[name] = min(low[name], low[other])
                elif other in on_stack:
                    low[name] = min(low[name], index[other])
            if low[name] == index[name]:
                component = []
                while True:
                    other = stack.pop()
                    on_stack.discard(other)
                    component.append(other)
                    if other == name:
                        break
                components.append(sorted(component))

        for name in sorted(self.platforms):
            if name not in index:
                visit(name)
        return components

    def solve(self, scenario: Scenario) -> dict[str, Effect]:
        """What the scenario does to every service; services without any effect are left out."""
        controls = self._controls.get(scenario.provider, frozenset())
        state: dict[str, Effect] = {name: Effect() for name in self.platforms}
        for component in self._order:
            changed = True
            while changed:
                changed = False
                for name in component:
                    effect = self._evaluate(self.platforms[name], scenario, state, controls)
                    before = state[name]
                    if (effect.known, effect.likely, effect.open) != (
                        before.known,
                        before.likely,
                        before.open,
                    ):
                        state[name] = effect
                        changed = True
        found = {}
        for name, node in self.services.items():
            effect = self._evaluate(node, scenario, state, controls)
            if effect.open or effect.likely or effect.known:
                found[name] = effect
        return found

    def _evaluate(
        self,
        node: Node,
        scenario: Scenario,
        state: Mapping[str, Effect],
        controls: frozenset[str | None],
    ) -> Effect:
        result = Effect()
        rank = (-1, -1, -1)
        for slot in node.slots:
            if not slot.alternatives:
                continue
            effects = [self._alternative(a, scenario, state, controls) for a in slot.alternatives]
            worlds = [self._combine(slot, [effect[w] for effect in effects], w) for w in range(3)]
            if not any(worlds):
                continue
            result.known = max(result.known, worlds[0])
            result.likely = max(result.likely, worlds[1])
            result.open = max(result.open, worlds[2])
            if tuple(worlds) > rank:
                rank = (worlds[0], worlds[1], worlds[2])
                hit = max(range(len(effects)), key=lambda i: effects[i])
                result.path, result.evidence = self._path(node, slot, slot.alternatives[hit], state)
                result.layer, result.role = slot.layer, slot.role
        return result

    def _alternative(
        self,
        alternative: Leaf | OnPlatform,
        scenario: Scenario,
        state: Mapping[str, Effect],
        controls: frozenset[str | None],
    ) -> tuple[int, int, int]:
        if isinstance(alternative, Leaf):
            return leaf_effect(alternative, scenario, self._can_be, controls)
        beneath = state.get(alternative.platform)
        if beneath is None:
            return (NOTHING, NOTHING, NOTHING)
        limit = DOWN if alternative.effect == "down" else DEGRADED
        known = min(beneath.known, limit) if alternative.certainty == "known" else NOTHING
        return (known, min(beneath.likely, limit), min(beneath.open, limit))

    @staticmethod
    def _combine(slot: Slot, effects: list[int], world: int) -> int:
        """One slot in one world: lost when no alternative is left, degraded when some are lost."""
        if slot.mode == "all_of":
            worst = max(effects)
        else:
            worst = min(effects)
            if worst < DOWN and any(effect >= DEGRADED for effect in effects):
                # Some alternative is lost. Where nobody says that one is enough, the open world fears all.
                worst = max(effects) if slot.mode == UNKNOWN and world == 2 else DEGRADED
        return min(worst, DOWN if slot.critical else DEGRADED)

    def _path(
        self, node: Node, slot: Slot, hit: Leaf | OnPlatform, state: Mapping[str, Effect]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if isinstance(hit, Leaf):
            return (f"{slot.role} ({slot.layer})", hit.text), hit.evidence
        beneath = state[hit.platform]
        name = self.platforms[hit.platform].name
        return (f"{slot.role} ({slot.layer})", name, *beneath.path), (*hit.evidence, *beneath.evidence)

    def alternatives(self, service_id: str, scenario: Scenario) -> list[str]:
        """What is left in the slots that the scenario touches: who could carry on."""
        node = self.services[service_id]
        controls = self._controls.get(scenario.provider, frozenset())
        left = []
        for slot in node.slots:
            touched = [
                any(leaf_effect(a, scenario, self._can_be, controls)) if isinstance(a, Leaf) else False
                for a in slot.alternatives
            ]
            if any(touched):
                left += [
                    f"{slot.role}: {a.text}"
                    for a, hit in zip(slot.alternatives, touched, strict=True)
                    if isinstance(a, Leaf) and not hit and a.provider != UNKNOWN
                ]
        return left
