"""The reference answer for the dependence graph: networkx walks it and solves it node by node.

Slow and plain on purpose: severities are numbers, each world is solved apart, nothing is packed. The condensation
and its order are made once; a scenario then looks only at what lies downstream of the leaves that it hits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import networkx as nx

from pipelines.nodes import Leaf, Node, OnPlatform, Slot

Worlds = tuple[int, int, int]
CLEAR: Worlds = (0, 0, 0)


class Reference:
    """Services and platforms as a networkx graph: leaf -> node that needs it, platform -> node that needs it."""

    def __init__(self, services: Iterable[Node], platforms: Iterable[Node]) -> None:
        self.services = {node.id: node for node in services}
        self.platforms = {node.id: node for node in platforms}
        self.leaves: set[Leaf] = set()
        self.graph = nx.DiGraph()
        for kind, nodes in (("service", self.services), ("platform", self.platforms)):
            for name, node in nodes.items():
                self.graph.add_node((kind, name))
                for slot in node.slots:
                    for alternative in slot.alternatives:
                        if isinstance(alternative, OnPlatform):
                            self.graph.add_edge(("platform", alternative.platform), (kind, name))
                        else:
                            self.leaves.add(alternative)
                            self.graph.add_edge(("leaf", alternative), (kind, name))
        self.condensed = nx.condensation(self.graph)
        self.place = {part: place for place, part in enumerate(nx.topological_sort(self.condensed))}
        self.part_of = self.condensed.graph["mapping"]

    def solve(self, effect_of: Callable[[Leaf], Worlds]) -> dict[str, Worlds]:
        """Severity in the worlds known, likely and open of every service that is touched."""
        hit = {leaf: effect for leaf in self.leaves if any(effect := effect_of(leaf))}
        starts = {self.part_of["leaf", leaf] for leaf in hit}
        touched = [part for layer in nx.bfs_layers(self.condensed, starts) for part in layer]
        found: dict[tuple[str, str], Worlds] = {}
        for part in sorted(touched, key=self.place.__getitem__):
            members = self.condensed.nodes[part]["members"]
            changed = True
            while changed:
                changed = False
                for kind, name in members:
                    if kind == "leaf":
                        continue
                    node = self.services[name] if kind == "service" else self.platforms.get(name)
                    if node is None:
                        continue
                    now = self._node(node, hit, found)
                    if now != found.get((kind, name), CLEAR):
                        found[kind, name] = now
                        changed = len(members) > 1 or self.graph.has_edge((kind, name), (kind, name))
        return {name: worlds for (kind, name), worlds in found.items() if kind == "service"}

    def _node(self, node: Node, hit: dict[Leaf, Worlds], found: dict[tuple[str, str], Worlds]) -> Worlds:
        worst = [0, 0, 0]
        for slot in node.slots:
            if slot.alternatives:
                effects = [self._alternative(alternative, hit, found) for alternative in slot.alternatives]
                for world in range(3):
                    worst[world] = max(worst[world], self._slot(slot, [effect[world] for effect in effects], world))
        return worst[0], worst[1], worst[2]

    @staticmethod
    def _alternative(
        alternative: Leaf | OnPlatform, hit: dict[Leaf, Worlds], found: dict[tuple[str, str], Worlds]
    ) -> Worlds:
        if isinstance(alternative, Leaf):
            return hit.get(alternative, CLEAR)
        beneath = found.get(("platform", alternative.platform), CLEAR)
        most = 2 if alternative.effect == "down" else 1
        known = min(beneath[0], most) if alternative.certainty == "known" else 0
        return known, min(beneath[1], most), min(beneath[2], most)

    @staticmethod
    def _slot(slot: Slot, effects: list[int], world: int) -> int:
        if slot.mode == "all_of":
            effect = max(effects)
        elif min(effects) == 2:
            effect = 2
        elif max(effects) == 0:
            effect = 0
        else:  # some are lost, or all are degraded
            effect = max(effects) if slot.mode == "unknown" and world == 2 else 1
        return effect if slot.critical else min(effect, 1)
