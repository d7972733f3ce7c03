"""What two regions or two providers buy, and what an outage takes from services: plain arithmetic with its terms.

Numbers for explanation, not for prediction: each term is assumed to fail independently of the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

HOURS_A_YEAR = 8760


def shared_control(region_down: float, control_down: float, regions: int = 1) -> float:
    """Chance that a service is down which runs in `regions` regions of one provider.

    It is down when every region is, or when the control plane that they share is:
    1 - (1 - region_down^regions) (1 - control_down).
    """
    return 1 - (1 - region_down**regions) * (1 - control_down)


def independent(*each: float) -> float:
    """Chance that all of several independent alternatives are down at once."""
    return math.prod(each)


@dataclass(frozen=True, slots=True)
class Lost:
    """What an outage takes from some services. Services without a published volume are counted, never guessed."""

    service_hours: float
    transactions_known: float
    services_without_volume: int


def lost(hours: float, services: Iterable[tuple[float | None, float]]) -> Lost:
    """Service-hours lost and transactions affected in `hours` hours.

    `services`: (transactions a year or None, fraction of the service lost, 1.0 for all of it). The volume is
    spread evenly over the year, because no profile is published.
    """
    known = list(services)
    fractions = math.fsum(fraction for _, fraction in known)
    hourly = math.fsum(volume / HOURS_A_YEAR * fraction for volume, fraction in known if volume is not None)
    return Lost(hours * fractions, hours * hourly, sum(volume is None for volume, _ in known))
