"""What fails, and what that does to one leaf of the dependence graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipelines.nodes import UNKNOWN, Leaf
from pipelines.reach import DEGRADED, DOWN, NOTHING


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

    @property
    def root(self) -> tuple[str, str | None, str | None, str, bool]:
        """What fails, without how long and why: what decides who is exposed."""
        return (self.provider, self.product, self.region, self.plane, self.apart)


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
        # The product at fault is another one; where ours is not known it could be the one, and fares at worst as if
        # all of the provider's products had failed.
        if leaf.product is not None:
            return (NOTHING, NOTHING, NOTHING)
        whole = leaf_effect(leaf, replace(scenario, product=None), can_be, controls)
        return (NOTHING, NOTHING, whole[2])
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
