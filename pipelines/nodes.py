"""What the dependence graph is made of: nodes with slots, each filled by leaves or platforms."""

from __future__ import annotations

import datetime as dt
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
