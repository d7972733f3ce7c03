"""The dependence graph: services, role-slots, platforms and what runs beneath them.

A service needs every critical slot (AND); a slot is filled by any of its alternatives (OR); an alternative
is a leaf (a provider's product in a region, with its evidence) or a platform, which has slots of its own. So
the walk is transitive without a special case.

A scenario asks three questions of the graph at once:

    known    what fails on known evidence alone
    likely   what fails when inferred evidence is taken too
    open     what might fail: unknown providers and regions could be the failing one

Each contains the one before. Loops are resolved as the least fixed point: nothing fails for its own sake.

Which services a scenario touches, and how, is solved once for what fails (hours and cause do not matter to it), over
all services at once (pipelines.reach); the path and the evidence are then looked up for those that are touched.
"""

from __future__ import annotations

import functools
import operator
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.nodes import UNKNOWN, Leaf, Node, OnPlatform, Slot
from pipelines.reach import (
    AT_LEAST_DEGRADED,
    NOT_KNOWN,
    NOTHING,
    Codes,
    Reach,
    SlotKind,
    decode,
    encode,
    slot_effect,
)
from pipelines.scenario import Scenario, leaf_effect

# Rows of the matrix of what fails by service that are kept: a byte a service.
MOST_ROWS = 2048


@dataclass(slots=True)
class Effect:
    """What a scenario does to one node, in each world, the path that shows it, and what is left in the parts hit."""

    known: int = NOTHING
    likely: int = NOTHING
    open: int = NOTHING
    path: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    layer: str = "front"
    role: str = "web"
    left: tuple[str, ...] = ()


def _slot_code(codes: Sequence[int], slot: Slot | SlotKind) -> int:
    """The effect of one slot, from the codes of its alternatives."""
    any_lost = functools.reduce(operator.or_, codes)
    all_lost = functools.reduce(operator.and_, codes)
    return int(slot_effect(any_lost, all_lost, slot.mode, slot.critical))


def _through(alternative: OnPlatform, code: int) -> int:
    """What reaches the dependent of a platform's effect."""
    if alternative.effect != "down":
        code &= AT_LEAST_DEGRADED
    return code if alternative.certainty == "known" else code & NOT_KNOWN


class _Compiled:
    """A graph in numbers: alternatives that a scenario cannot tell apart are one.

    `size` alternatives; `leaves` and `of_provider` by number; `platforms` holds each platform's slots, `beneath` the
    numbers of their alternatives, `on_platform` the alternatives that stand on it; `reach` solves the services.
    """

    def __init__(self, services: Mapping[str, Node], platforms: Mapping[str, Node]) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self.leaves: dict[int, Leaf] = {}
        self.of_provider: dict[str, list[int]] = {}
        self.on_platform: dict[str, list[tuple[int, OnPlatform]]] = {}
        self.platforms = {name: [self._kind(slot) for slot in _full(node)] for name, node in platforms.items()}
        self.beneath = {
            name: frozenset(number for kind in kinds for number in kind.alternatives)
            for name, kinds in self.platforms.items()
        }
        kinds: dict[SlotKind, int] = {}
        nodes = [[kinds.setdefault(self._kind(slot), len(kinds)) for slot in _full(node)] for node in services.values()]
        self.reach = Reach(list(kinds), nodes)
        self.size = len(self._numbers)

    def number(self, alternative: Leaf | OnPlatform) -> int:
        """The number of an alternative; what decides its effect is the same for all of one number."""
        if isinstance(alternative, OnPlatform):
            key: tuple[object, ...] = (alternative.platform, alternative.certainty, alternative.effect)
        else:
            key = (
                alternative.provider, alternative.product, alternative.region, alternative.role, alternative.layer,
                alternative.certainty, alternative.global_product,
            )  # fmt: skip
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            if isinstance(alternative, OnPlatform):
                self.on_platform.setdefault(alternative.platform, []).append((number, alternative))
            else:
                self.leaves[number] = alternative
                self.of_provider.setdefault(alternative.provider, []).append(number)
        return number

    def _kind(self, slot: Slot) -> SlotKind:
        numbers = tuple(dict.fromkeys(self.number(alternative) for alternative in slot.alternatives))
        return SlotKind(numbers, slot.mode, slot.critical)


def _full(node: Node) -> list[Slot]:
    return [slot for slot in node.slots if slot.alternatives]


class Graph:
    """Services and platforms with their slots; not to be changed once made."""

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
        self._rows: OrderedDict[tuple[str, str | None, str | None, str, bool], Codes] = OrderedDict()

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

    def effect_on(self, leaf: Leaf, scenario: Scenario) -> tuple[int, int, int]:
        """What the scenario does to something that stands on one leaf: severity known, likely and open."""
        return leaf_effect(leaf, scenario, self._can_be, self._controls.get(scenario.provider, frozenset()))

    # -- over all services at once ------------------------------------------------------------------------

    @functools.cached_property
    def _compiled(self) -> _Compiled:
        return _Compiled(self.services, self.platforms)

    @functools.cached_property
    def service_ids(self) -> tuple[str, ...]:
        """Services in the order of `codes`."""
        return tuple(self.services)

    def codes(self, scenario: Scenario) -> Codes:
        """What the scenario does to every service, a byte each in the order of `service_ids` (pipelines.reach).

        Solved once for what fails and kept; do not write to it.
        """
        kept = self._rows.get(scenario.root)
        if kept is None:
            compiled = self._compiled
            effects = np.zeros(compiled.size, dtype=np.uint8)
            if hit := self._hits(scenario):
                effects[list(hit)] = list(hit.values())
            kept = compiled.reach.codes(effects)
            kept.flags.writeable = False
            self._rows[scenario.root] = kept
            while len(self._rows) > MOST_ROWS:
                self._rows.popitem(last=False)
        else:
            self._rows.move_to_end(scenario.root)
        return kept

    def matrix(self, scenarios: Sequence[Scenario]) -> Codes:
        """One row per scenario, one column per service of `service_ids`: the codes."""
        found = np.empty((len(scenarios), len(self.services)), dtype=np.uint8)
        for row, scenario in enumerate(scenarios):
            found[row] = self.codes(scenario)
        return found

    def roots(self) -> list[Scenario]:
        """Everything that evidence shows could fail: each provider, and each of its regions that something stands in."""
        shown = {(leaf.provider, leaf.region) for leaf in self._compiled.leaves.values() if leaf.provider != UNKNOWN}
        shown |= {(provider, None) for provider, _ in shown}
        return [
            Scenario(provider, region=region) for provider, region in sorted(shown, key=lambda r: (r[0], r[1] or ""))
        ]

    def _hits(self, scenario: Scenario, paths: dict[str, Effect] | None = None) -> dict[int, int]:
        """The code of every alternative that is hit, by its number; `paths` takes the effect on each platform hit.

        Only what names the provider, or nobody, can be hit, so only that is looked at. A platform is solved once one
        of its alternatives is hit; what it stands on comes before it, and a loop goes round until nothing changes.
        """
        compiled = self._compiled
        hit: dict[int, int] = {}
        controls = self._controls.get(scenario.provider, frozenset())
        for number in (*compiled.of_provider.get(scenario.provider, ()), *compiled.of_provider.get(UNKNOWN, ())):
            code = encode(*leaf_effect(compiled.leaves[number], scenario, self._can_be, controls))
            if code:
                hit[number] = code
        states: dict[str, int] = {}
        for component in self._order:
            changed = True
            while changed:
                changed = False
                for name in component:
                    if compiled.beneath[name].isdisjoint(hit):
                        continue
                    code = 0
                    for kind in compiled.platforms[name]:
                        code |= _slot_code([hit.get(number, 0) for number in kind.alternatives], kind)
                    if code == states.get(name, 0):
                        continue
                    states[name] = code
                    changed = True
                    if paths is not None:
                        paths[name] = self._explain(self.platforms[name], hit, paths)
                    for number, alternative in compiled.on_platform.get(name, ()):
                        hit[number] = _through(alternative, code)
        return hit

    # -- with paths ---------------------------------------------------------------------------------------

    def solve(self, scenario: Scenario) -> dict[str, Effect]:
        """What the scenario does to every service, with the path that shows it; services without any are left out."""
        touched = np.flatnonzero(self.codes(scenario))
        beneath: dict[str, Effect] = {}
        hit = self._hits(scenario, beneath)
        return {
            (name := self.service_ids[place]): self._explain(self.services[name], hit, beneath) for place in touched
        }

    def _explain(self, node: Node, hit: Mapping[int, int], beneath: Mapping[str, Effect]) -> Effect:
        """The effect on a node, and the path through the worst of its slots."""
        result, code, rank = Effect(), 0, (-1, -1, -1)
        for slot in node.slots:
            if not slot.alternatives:
                continue
            codes = [hit.get(self._compiled.number(alternative), 0) for alternative in slot.alternatives]
            mine = _slot_code(codes, slot)
            code |= mine
            if mine and slot.mode != "all_of":
                result.left += self._left(slot, codes)
            if mine and decode(mine) > rank:
                rank = decode(mine)
                worst = slot.alternatives[max(range(len(codes)), key=lambda i: decode(codes[i]))]
                result.path, result.evidence = self._path(slot, worst, beneath)
                result.layer, result.role = slot.layer, slot.role
        result.known, result.likely, result.open = decode(code)
        return result

    def _path(
        self, slot: Slot, hit: Leaf | OnPlatform, state: Mapping[str, Effect]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if isinstance(hit, Leaf):
            return (f"{slot.role} ({slot.layer})", hit.text), hit.evidence
        beneath = state[hit.platform]
        name = self.platforms[hit.platform].name
        return (f"{slot.role} ({slot.layer})", name, *beneath.path), (*hit.evidence, *beneath.evidence)

    def _left(self, slot: Slot, codes: Sequence[int]) -> tuple[str, ...]:
        """The alternatives of a slot that the scenario leaves alone: who could carry on."""
        left = []
        for alternative, code in zip(slot.alternatives, codes, strict=True):
            if code:
                continue
            if isinstance(alternative, Leaf):
                if alternative.provider != UNKNOWN:
                    left.append(f"{slot.role}: {alternative.text}")
            elif alternative.platform in self.platforms:
                left.append(f"{slot.role}: {self.platforms[alternative.platform].name}")
        return tuple(left)
