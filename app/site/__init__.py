"""What the server gives besides the explorer: HTML pages, pictures, files, feeds. One module adds one kind.

A module of this package with `ROUTES` is found by folder; names that begin with an underscore are helpers.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from starlette.routing import BaseRoute, Match


@functools.lru_cache(maxsize=1024)
def answers(path: str) -> bool:
    """Whether some module answers this address: a page links only to what is served."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    return any(route.matches(scope)[0] is Match.FULL for route in routes())


@functools.cache
def routes() -> tuple[BaseRoute, ...]:
    """Every module's routes, in the order of the modules' names."""
    found: list[BaseRoute] = []
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if not info.name.startswith("_"):
            module = importlib.import_module(f"{__name__}.{info.name}")
            found.extend(getattr(module, "ROUTES", ()))
    return tuple(found)
