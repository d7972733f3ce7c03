"""Exact bounds of concentration where some mass is not attributed.

The sum of squares is convex, so its largest value puts all unknown mass on the largest provider, and its
smallest spreads it. Both are exact; nothing is simulated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipelines.metrics import Counts


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure over the attributed mass, and the lowest and highest that any truth allows."""

    value: float | None
    low: float | None
    high: float | None
    known: float
    unknown: float


def hhi_bounds(counts: Counts, unknown: float, grain: float = 1.0, new_allowed: bool = True) -> Bounds:
    """HHI of `counts`, with bounds for `unknown` further mass.

    `grain` is the smallest mass that one provider can have: 1 for things that are counted (each unknown item
    may have a provider of its own), 0 for money (unknown pounds may be spread without end). With
    `new_allowed` False only the providers in `counts` may hold the unknown mass: the lower bound levels the
    smallest ones up (water-filling). Unknown mass with no known provider gives bounds too.
    """
    known = math.fsum(counts)
    total = known + unknown
    if total <= 0:
        return Bounds(None, None, None, 0.0, 0.0)
    value = math.fsum((c / known) ** 2 for c in counts) if known > 0 else None
    largest = max(counts, default=0.0)
    squares = math.fsum(c * c for c in counts)
    high = (squares - largest * largest + (largest + unknown) ** 2) / total**2
    if new_allowed or not counts:
        low = (squares + unknown * grain) / total**2
    else:
        low = math.fsum(c * c for c in _level(counts, unknown)) / total**2
    return Bounds(value, low, high, known, unknown)


def effective_number_bounds(counts: Counts, unknown: float, grain: float = 1.0) -> Bounds:
    """Effective number of providers (1 / HHI), with bounds: many unknown providers make it high."""
    bounds = hhi_bounds(counts, unknown, grain)

    def inverse(x: float | None) -> float | None:
        return 1 / x if x else None

    return Bounds(inverse(bounds.value), inverse(bounds.high), inverse(bounds.low), bounds.known, bounds.unknown)


def share_bounds(count: float, known: float, unknown: float, could_be: float | None = None) -> Bounds:
    """Share of one provider: of the attributed mass, and of all mass with none or all of the unknown its own.

    `could_be` restricts by evidence how much of the unknown may be this provider's.
    """
    total = known + unknown
    if total <= 0:
        return Bounds(None, None, None, 0.0, 0.0)
    possible = unknown if could_be is None else min(could_be, unknown)
    return Bounds(count / known if known else None, count / total, (count + possible) / total, known, unknown)


def _level(counts: Counts, water: float) -> list[float]:
    """`counts` with `water` poured over the smallest until they are level."""
    levels = sorted(counts)
    for index in range(len(levels)):
        count = index + 1
        ceiling = levels[count] if count < len(levels) else math.inf
        base = math.fsum(levels[:count])
        if (base + water) / count <= ceiling:
            return [(base + water) / count] * count + list(levels[count:])
    return list(levels)
