"""Measures of concentration, one file each, found by folder.

Every file has METRIC. A measure of counts has METRIC (what it is, in words a reader can check) and `compute(counts)`, which takes the
number of items at each provider and gives back its figures by name. None where the guard forbids a figure.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

Counts = Sequence[float]


@dataclass(frozen=True, slots=True)
class Metric:
    """The essay of one measure. `figures` names what compute gives, with its meaning."""

    id: str
    name: str
    figures: Mapping[str, str]
    formula: str
    range: str
    reading: str
    guard: str
    example: str
    source: str


@functools.cache
def metrics() -> Mapping[str, ModuleType]:
    """Every measure of counts, by id."""
    return {module.METRIC.id: module for module in _modules() if hasattr(module, "compute")}


@functools.cache
def essays() -> Sequence[Metric]:
    """What every measure says of itself, those of services and of ranges included: the methods page."""
    return [module.METRIC for module in _modules()]


def _modules() -> list[ModuleType]:
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}") for name in names]


def measure(counts: Counts) -> dict[str, float | int | None]:
    """Every figure of every measure of one distribution; counts of zero are no providers."""
    present = sorted((float(c) for c in counts if c > 0), reverse=True)
    figures: dict[str, float | int | None] = {"n": sum(present), "k": len(present)}
    for module in metrics().values():
        figures.update(module.compute(present))
    return figures
