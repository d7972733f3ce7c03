"""Exact bounds of concentration where it is not settled who holds some of the mass.

What is not settled is a list of open masses, each with the holders that evidence leaves: anybody, the regions of
one provider, the suppliers of one contract, a provider and its reseller. The sum of squares is convex, so its
largest value gives every open mass whole to one holder, and its smallest levels the holders (water-filling).
Nothing is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.metrics import Metric

METRIC = Metric(
    id="bounds",
    name="Low and high",
    figures={"low": "smallest value that any truth allows", "high": "largest value that any truth allows"},
    formula="high: each open mass whole to the one holder that makes Σ p_i² largest; low: open mass levelled over the "
    "holders that may have it, or spread over new ones",
    range="low <= value <= high wherever the value is one of the completions",
    reading="a wide range says that evidence is missing, not that concentration moves",
    guard="needs mass; a contract without a known value has no bound and is counted apart",
    example="40, 25 and 10 with 25 not attributed: HHI 2,325 (new holders without end) to 4,950 (all to the largest); "
    "3,400 at least if only the three named may hold it",
    source="convexity of the sum of squares",
)
# Open masses with one set of holders are moved together, so that even a large table has few. Past this many steps,
# or sets, the search for the largest sum gives way to a bound that is never too low.
MOST_STEPS = 20_000
MOST_SETS = 500
NEW = ""
# What adding up thirds leaves of a whole.
NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure over the attributed mass, and the lowest and highest that any truth allows."""

    value: float | None
    low: float | None
    high: float | None
    known: float
    unknown: float


@dataclass(frozen=True, slots=True)
class Open:
    """Mass whose holder is not settled.

    `may_be`: the only holders that it may have; None where it may be anybody's, those not named yet included.
    `central`: how much of it the evidence gives to whom meanwhile; empty where it gives it to nobody.
    `piece`: the most of it that one holder must have whole, where it is many alike put together; 0 where it is one.
    """

    amount: float
    may_be: frozenset[str] | None = None
    central: Mapping[str, float] = field(default_factory=dict)
    piece: float = 0.0


@dataclass(frozen=True, slots=True)
class Distribution:
    """Who holds how much: settled mass by holder, open masses, and mass that is known to have no holder.

    `grain` is the smallest mass that one new holder can have: 1 for things that are counted (each unknown item may
    have a holder of its own), 0 for money (unknown pounds may be spread without end). `nobody` counts in the whole
    of a share, and in no measure of how concentrated the holders are.
    """

    settled: Mapping[str, float]
    open: Sequence[Open] = ()
    grain: float = 1.0
    nobody: float = 0.0

    @property
    def central(self) -> dict[str, float]:
        """Mass by holder as the evidence has it: settled, and open where evidence leans to somebody."""
        masses = dict(self.settled)
        for mass in self.open:
            for holder, amount in mass.central.items():
                masses[holder] = masses.get(holder, 0.0) + amount
        return masses

    @property
    def held(self) -> float:
        """All mass that has a holder, whoever it is."""
        return math.fsum(self.settled.values()) + math.fsum(mass.amount for mass in self.open)

    @property
    def unattributed(self) -> float:
        """Mass that evidence gives to nobody meanwhile; what parts of items leave over when they are added is none."""
        left = self.held - math.fsum(self.central.values())
        return left if left > NOISE * self.held else 0.0

    def hhi(self) -> Bounds:
        """Herfindahl-Hirschman index, 0 to 1. None where there is no mass, its value None where none is attributed."""
        total = self.held
        if total <= 0:
            return Bounds(None, None, None, 0.0, 0.0)
        central = self.central
        known = math.fsum(central.values())
        value = math.fsum((c / known) ** 2 for c in central.values()) if known > 0 else None
        anybody = math.fsum(m.amount * min(m.piece or m.amount, self.grain) for m in self.open if m.may_be is None)
        low = math.fsum(c * c for c in self.levelled().values()) + anybody
        return Bounds(value, low / total**2, _most(self.settled, self._sets()) / total**2, known, total - known)

    def effective_number(self) -> Bounds:
        """Effective number of holders, 1 / HHI: many unknown holders make it high."""
        hhi = self.hhi()

        def inverse(x: float | None) -> float | None:
            return 1 / x if x else None

        return Bounds(inverse(hhi.value), inverse(hhi.high), inverse(hhi.low), hhi.known, hhi.unknown)

    def share(self, holder: str) -> Bounds:
        """Share of one holder: of the attributed mass; of all mass with none, or all, of what is open and may be its."""
        total = self.held + self.nobody
        if total <= 0:
            return Bounds(None, None, None, 0.0, 0.0)
        known = total - self.unattributed
        settled = self.settled.get(holder, 0.0)
        low = settled + math.fsum(m.amount for m in self.open if m.may_be == frozenset((holder,)))
        high = settled + math.fsum(m.amount for m in self.open if m.may_be is None or holder in m.may_be)
        value = self.central.get(holder, 0.0) / known if known > 0 else None
        return Bounds(value, low / total, high / total, known, self.unattributed)

    def levelled(self) -> dict[str, float]:
        """Mass by holder with every open mass that has named holders poured over them as level as it goes.

        Each set of holders is poured again and again beside the others until nothing moves: the sum of squares is
        convex and smooth, so this ends at its smallest value.
        """
        sets = [(amount, sorted(holders)) for amount, holders in self._sets() if holders is not None]
        masses = dict(self.settled)
        poured: list[dict[str, float]] = [{} for _ in sets]
        for _ in range(1000):
            moved = 0.0
            for index, (amount, holders) in enumerate(sets):
                before = {h: masses.get(h, 0.0) - poured[index].get(h, 0.0) for h in holders}
                level = _level(before.values(), amount)
                given = {h: max(0.0, level - base) for h, base in before.items()}
                moved = max(moved, *(abs(given[h] - poured[index].get(h, 0.0)) for h in holders))
                masses |= {h: base + given[h] for h, base in before.items()}
                poured[index] = given
            if moved <= 1e-13 * self.held:
                break
        return masses

    def _sets(self) -> list[tuple[float, frozenset[str] | None]]:
        """Open mass by its set of possible holders, the largest first."""
        amounts: dict[frozenset[str] | None, float] = {}
        for mass in self.open:
            amounts[mass.may_be] = amounts.get(mass.may_be, 0.0) + mass.amount
        found = [(amount, holders) for holders, amount in amounts.items()]
        return sorted(found, key=lambda pair: (-pair[0], sorted(pair[1] or ())))


def share_ranges_hhi(ranges: Mapping[str, tuple[float, float]], whole: float = 100.0) -> tuple[float, float]:
    """Lowest and highest HHI (0 to 10,000) of published share ranges, the rest split in any way among firms none of
    which is larger than the smallest one named may be: else it would have been named.

    ValueError where the ranges cannot sum to the whole.
    """
    low_sum = math.fsum(low for low, _ in ranges.values())
    if low_sum > whole:
        raise ValueError("the low ends sum to more than the whole")
    largest_rest = min(high for _, high in ranges.values())
    low = math.fsum(a * a for a, _ in ranges.values())

    def rest(amount: float) -> float:
        if largest_rest <= 0:
            return 0.0
        full, left = divmod(amount, largest_rest)
        return full * largest_rest**2 + left**2

    # A convex sum is largest where every share but one stands at an end of its range.
    high = 0.0
    names = list(ranges)
    for free in (None, *names):
        fixed = [name for name in names if name != free]
        for ends in range(2 ** len(fixed)):
            shares = [ranges[name][ends >> i & 1] for i, name in enumerate(fixed)]
            left = whole - math.fsum(shares)
            own = [0.0] if free is None else [min(ranges[free][1], left)]
            if left < 0 or (free is not None and own[0] < ranges[free][0]):
                continue
            high = max(high, math.fsum(s * s for s in (*shares, *own)) + rest(left - own[0]))
    return low / whole**2 * 10_000, high / whole**2 * 10_000


def _level(levels: Collection[float], water: float) -> float:
    """How high `water` stands when poured over columns of these heights."""
    ordered = sorted(levels)
    base = 0.0
    for count, height in enumerate(ordered, 1):
        base += height
        level = (base + water) / count
        if count == len(ordered) or level <= ordered[count]:
            return level
    return 0.0


def _most(settled: Mapping[str, float], sets: Sequence[tuple[float, frozenset[str] | None]]) -> float:
    """Largest sum of squares, with each open set of `sets` whole at one holder.

    Holders that may have the same of the sets still to come are alike but for their mass, so only the largest of
    them is tried.
    """
    named = set(settled).union(*(holders for _, holders in sets if holders is not None))
    masses = {NEW: 0.0} | {holder: settled.get(holder, 0.0) for holder in named}
    can = {holder: [holders is None or holder in holders for _, holders in sets] for holder in masses}
    rest = [math.fsum(amount for amount, _ in sets[i:]) for i in range(len(sets) + 1)]
    best = 0.0
    steps = 0

    def search(index: int, squares: float) -> None:
        nonlocal best, steps
        steps += 1
        largest = max(masses.values())
        if index == len(sets):
            best = max(best, squares)
            return
        if steps > MOST_STEPS or squares - largest**2 + (largest + rest[index]) ** 2 <= best:
            return
        alike: dict[tuple[bool, ...], str] = {}
        for holder, mass in masses.items():
            if can[holder][index]:
                key = tuple(can[holder][index + 1 :])
                if key not in alike or mass > masses[alike[key]]:
                    alike[key] = holder
        amount = sets[index][0]
        for holder in sorted(alike.values(), key=lambda h: (-masses[h], h)):
            before = masses[holder]
            masses[holder] = before + amount
            search(index + 1, squares - before**2 + (before + amount) ** 2)
            masses[holder] = before

    if len(sets) <= MOST_SETS:
        search(0, math.fsum(mass * mass for mass in masses.values()))
    return best if 0 < steps <= MOST_STEPS else _never_too_low(masses, can, sets)


def _never_too_low(
    masses: Mapping[str, float], can: Mapping[str, Sequence[bool]], sets: Sequence[tuple[float, frozenset[str] | None]]
) -> float:
    """A bound of the largest sum of squares: every holder as large as it may be, from the largest on, while there is
    mass. Taking from a smaller one to fill a larger one never lowers a sum of squares."""
    left = math.fsum(masses.values()) + math.fsum(amount for amount, _ in sets)
    squares = 0.0
    caps = (
        mass + math.fsum(amount for (amount, _), may in zip(sets, can[holder], strict=True) if may)
        for holder, mass in masses.items()
    )
    for cap in sorted(caps, reverse=True):
        taken = min(cap, left)
        squares += taken**2
        left -= taken
    return squares
