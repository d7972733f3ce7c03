"""Deals that a later one replaced: shown as a range, never removed from a total on their own.

A deal is superseded when a later-awarded one of the same buyer, provider and service class has a value within
a factor of two and overlaps at least half of the shorter term.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal

VALUE_FACTOR = 2
PART_OF_TERM = 0.5


@dataclass(frozen=True, slots=True)
class Deal:
    """One contract with one provider. `kind` is what must be equal: buyer, provider, service class."""

    id: str
    kind: Hashable
    value: Decimal
    awarded_on: dt.date
    start_on: dt.date
    end_on: dt.date


def superseded(deals: Iterable[Deal]) -> dict[str, str]:
    """The ids of superseded deals with the id of the earliest deal that replaced each."""
    by_kind: dict[Hashable, list[Deal]] = defaultdict(list)
    for deal in deals:
        if deal.value > 0 and deal.start_on <= deal.end_on:
            by_kind[deal.kind].append(deal)
    found = {}
    for group in by_kind.values():
        group.sort(key=lambda deal: (deal.awarded_on, deal.id))
        for index, deal in enumerate(group):
            for later in group[index + 1 :]:
                if later.awarded_on > deal.awarded_on and _replaces(later, deal):
                    found[deal.id] = later.id
                    break
    return found


def _replaces(later: Deal, deal: Deal) -> bool:
    if max(later.value, deal.value) > VALUE_FACTOR * min(later.value, deal.value):
        return False
    common = (min(later.end_on, deal.end_on) - max(later.start_on, deal.start_on)).days + 1
    shorter = min((d.end_on - d.start_on).days + 1 for d in (later, deal))
    return common >= PART_OF_TERM * shorter
