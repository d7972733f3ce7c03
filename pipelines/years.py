"""Simulated years over many things that can fail: how many hours each fails, and whom that exposes.

Each thing (a root of the graph: a provider, or one of its regions) has events a year and lengths seen. A year is
drawn for each apart (pipelines.durations); what they do together is a product of two matrices, years by roots and
roots by services. Events that overlap are counted apart. Hours are hours of exposure, never of downtime: a service
may have an alternative that nobody published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.durations import Floats, simulate_years
from pipelines.reach import Codes


@dataclass(frozen=True, slots=True)
class Hazard:
    """How often something fails, events a year, and for how many hours: the lengths seen."""

    rate_per_year: float
    hours: Floats


def hours_lost(hazards: Sequence[Hazard], years: int, seed: int = 0, pooled: Floats | None = None) -> Floats:
    """Hours that each hazard fails in each simulated year: one row per year, one column per hazard.

    The same seed gives the same years; a hazard's years do not depend on the others'.
    """
    found = np.zeros((years, len(hazards)))
    for column, hazard in enumerate(hazards):
        drawn = simulate_years(hazard.rate_per_year, hazard.hours, years, seed=seed + column, pooled=pooled)
        found[:, column] = drawn.total_hours
    return found


@dataclass(frozen=True, slots=True)
class ExposedYears:
    """Exposed service-hours of each simulated year, and hours a year of each service on average.

    In each world: known rests on known evidence alone, likely takes inferred evidence too, open is what could be.
    """

    known: Floats
    likely: Floats
    open: Floats
    known_of_service: Floats
    likely_of_service: Floats
    open_of_service: Floats


def exposed_years(hours: Floats, matrix: Codes) -> ExposedYears:
    """What simulated years expose: `hours` is years by roots, `matrix` roots by services (Graph.matrix).

    Counts services without an alternative that we can see; those exposed in part are left out. ValueError where the
    two do not speak of the same roots.
    """
    if hours.shape[1] != matrix.shape[0]:
        raise ValueError(f"{hours.shape[1]} roots have hours and {matrix.shape[0]} have services")
    mean = hours.mean(axis=0) if hours.size else np.zeros(matrix.shape[0])
    years: list[Floats] = []
    services: list[Floats] = []
    for world in range(3):
        down: npt.NDArray[np.bool_] = (matrix & (0b10 << (2 * world))) != 0
        years.append(np.asarray(hours @ down.sum(axis=1)))
        services.append(np.asarray(mean @ down))
    return ExposedYears(*years, *services)
