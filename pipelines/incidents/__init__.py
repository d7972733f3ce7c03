"""Providers' incident feeds: one file per shape, found by folder, all read into one record.

A shape module has SHAPE (its id), TITLE and

    matches(document) -> bool                     is this body of my shape?
    parse(document, context) -> Iterator[Draft]   its incidents; ShapeChanged where a needed field is not there

Pure: bytes in, drafts out. `pipelines.readers.incidents_feed` chooses the shape and makes the records.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import ModuleType


@functools.cache
def shapes() -> tuple[ModuleType, ...]:
    """Every shape, in the order of their ids."""
    found = []
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "SHAPE"):
            found.append(module)
    return tuple(found)
