"""The explorer's pages, one file each, found by folder. A view has PAGE and render(edition)."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its address, name, the question it answers, its order, and the part of the navigation it stands in."""

    id: str
    title: str
    question: str
    order: int
    default: bool = False
    section: str = ""


@functools.cache
def views() -> list[ModuleType]:
    """Every view in its order."""
    found = [
        importlib.import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
        if not info.name.startswith("_")
    ]
    return sorted(found, key=lambda view: view.PAGE.order)
