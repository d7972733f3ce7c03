"""A population's items as masses: how much hangs from whom, from whom alone, and from nobody that could be shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.metrics.bounds import Bounds, Distribution, Open
from pipelines.reference import Reference

Row = Mapping[str, Any]
Holder = Callable[[Row], tuple[str | None, frozenset[str] | None]]

NONE, RESELLER, SEVERAL, ALONE = "none", "the reseller", "several", "own "
# Each unknown item may have a provider of its own; unknown pounds and transactions may be spread without end.
GRAIN: Mapping[str, float] = {"count": 1.0}


@dataclass(slots=True)
class Held:
    """The items of a population as masses: who holds how much, and how much hangs from one holder alone."""

    settled: dict[str, float] = field(default_factory=dict)
    open: list[Open] = field(default_factory=list)
    alone: dict[str, float] = field(default_factory=dict)
    alone_open: list[Open] = field(default_factory=list)
    shared: float = 0.0
    nobody: float = 0.0
    missing: float = 0.0
    uses: list[tuple[float, frozenset[str], list[frozenset[str] | None]]] = field(default_factory=list)
    known: dict[str, float] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    seen: dict[str, dt.date] = field(default_factory=dict)
    items: int = 0
    without_weight: int = 0

    def holders(self, grain: float) -> Distribution:
        return Distribution(self.settled, [*self.open, *self._unattributed()], grain, self.nobody)

    def only(self, grain: float) -> Distribution:
        """Mass by the one holder that it hangs from alone; what hangs from several has them as its holder."""
        open_ = [*self.alone_open, *self._unattributed()]
        return Distribution({**self.alone, SEVERAL: self.shared}, open_, grain, self.nobody)

    def use(self, holder: str) -> Bounds:
        """Share of the mass that hangs from a holder at all, alone or beside others."""
        total = self.nobody + self.missing + sum(amount for amount, _, _ in self.uses)
        if total <= 0:
            return Bounds(None, None, None, 0.0, 0.0)
        known = total - self.missing
        used = sum(amount for amount, names, _ in self.uses if holder in names)
        possible = sum(
            amount
            for amount, names, parts in self.uses
            if holder not in names and any(may_be is None or holder in may_be for may_be in parts)
        )
        high = (used + possible + self.missing) / total
        return Bounds(used / known if known else None, used / total, high, known, self.missing)

    def _unattributed(self) -> list[Open]:
        return [Open(self.missing)] if self.missing else []


def holder_by(facts: Reference, by: str) -> Holder:
    """What a row hangs from: (holder, None), or (None, the holders that evidence leaves; None for anybody)."""

    def of(row: Row) -> tuple[str | None, frozenset[str] | None]:
        provider = row["provider"]
        if by == "parent":
            return facts.parent(provider) or provider, None
        if by == "jurisdiction":
            return facts.jurisdiction(provider), None
        if by == "endpoint":
            if _said(row["endpoint"]):
                return f"{provider}/{row['endpoint']}", None
            # A name without a shared endpoint stands behind its own; of a contract nobody can say.
            return (f"{ALONE}{row['own']}/{provider}" if row["own"] else None), None
        if by == "region":
            if _said(row["region"]):
                return f"{provider}/{row['region']}", None
            known = facts.providers.get(provider)
            if known and known.regions:
                near = [r for r in known.regions if not (known.apart and r.startswith(known.apart))]
                return None, frozenset(f"{provider}/{region}" for region in near)
            return (f"{provider}/" if known and known.kind == "network in front" else None), None
        return provider, None

    return of


def _said(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _by_pattern(items: Sequence[Row]) -> Iterable[list[Row]]:
    """The rows of items that are alike, together."""
    found: dict[int, list[Row]] = {}
    for row in items:
        found.setdefault(row["pattern"], []).append(row)
    return found.values()


def weigh(items: Sequence[Row], holder: Holder, weight: str, known_only: bool) -> Held:
    """Every item's weight given to what it hangs from."""
    held = Held()
    sure = ("known",) if known_only else ("known", "inferred")
    for found in _by_pattern(items):
        held.items += found[0]["items"]
        amount = float(found[0]["items"]) if weight == "count" else found[0][weight]
        if amount is None:
            held.without_weight += found[0]["items"]
            continue
        named = [row for row in found if row["certainty"] in sure and row["provider"] not in (NONE, "unknown")]
        if not named:
            none = any(row["provider"] == NONE and row["certainty"] in sure for row in found)
            held.nobody += amount if none else 0.0
            held.missing += 0.0 if none else amount
            continue
        _give(held, named, holder, amount, weight, doubted=any(row["provider"] == "unknown" for row in found))
    return held


def _give(held: Held, named: list[Row], holder: Holder, amount: float, weight: str, doubted: bool) -> None:
    """The weight of items that are alike. `doubted`: they have a part besides that nobody could attribute."""
    kinds: dict[tuple[str | None, frozenset[str] | None], list[Row]] = {}
    items = named[0]["items"]
    for row in named:
        kinds.setdefault(holder(row), []).append(row)
    part = amount / len(kinds)
    parts = [may_be for name, may_be in kinds if name is None] + ([None] if doubted else [])
    held.uses.append((amount, frozenset(name for name, _ in kinds if name is not None), parts))
    names = [name for name, _ in kinds if name is not None]
    resold = weight == "value" and any(row["via_reseller"] for row in named)
    if weight == "value" and (resold or len(kinds) > 1):
        # Nobody publishes the split, nor what the reseller keeps.
        settled_names = len(names) == len(kinds)
        may_be = frozenset([*names, RESELLER] if resold else names) if settled_names else None
        held.open.append(Open(amount, may_be, dict.fromkeys(names, part), amount / items))
    else:
        for name, may_be in kinds:
            if name is None:
                held.open.append(Open(part, may_be, piece=part / items))
            else:
                held.settled[name] = held.settled.get(name, 0.0) + part
    for (name, _), rows_ in kinds.items():
        if name is not None:
            held.users[name] = held.users.get(name, 0) + items
            if any(row["certainty"] == "known" for row in rows_):
                held.known[name] = held.known.get(name, 0.0) + part
            days = [row["seen_on"] for row in rows_ if row["seen_on"]]
            if days:
                held.seen[name] = max(*days, held.seen.get(name, days[0]))
    name, may_be = next(iter(kinds))
    if len(kinds) > 1:
        held.shared += amount
    elif name is None:
        held.alone_open.append(Open(amount, may_be, piece=amount / items))
    elif doubted or resold:
        held.alone_open.append(Open(amount, frozenset((name, SEVERAL)), {name: amount}))
    else:
        held.alone[name] = held.alone.get(name, 0.0) + amount


def count_by_certainty(items: Sequence[Row]) -> dict[str, int]:
    """Items by certainty, each once: an item is as sure as its surest row."""
    counts = dict.fromkeys(("known", "inferred", "unknown", "not_tested"), 0)
    order = list(counts)
    for found in _by_pattern(items):
        counts[min((row["certainty"] for row in found), key=order.index)] += found[0]["items"]
    return counts
