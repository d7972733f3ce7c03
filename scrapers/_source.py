"""What a scraper says of its source, and how it hands over what it fetched.

A scraper is one file `scrapers/<id>.py` with SOURCE and

    collect(fetcher, run) -> Iterator[Page]

It yields bodies as they came and never reads more of them than it needs to go on. Each Page carries the
cursor that a later run continues from; rows and cursor are committed together. The generator ends without an
error only when everything that was asked for has been seen: then the run is complete. Anything else is
raised: Partial (what came is kept, the next run goes on) or Refused.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import scrapers
from pipelines.errors import UnknownName
from scrapers._fetch import Fetched, Limits


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `reader` is the kind that reads its bodies (pipelines/readers)."""

    id: str
    title: str
    publisher: str
    licence: str
    home: str
    reader: str
    cadence_days: int
    credit: str | None = None
    minimum_rows: int = 0
    caveats: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Page:
    """One body. `cursor` is where a later run continues once this page is committed."""

    fetched: Fetched
    name: str
    cursor: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    reader: str | None = None


@dataclass(slots=True)
class Run:
    """What one run was asked for, and what the last one left."""

    since: dt.date | None
    until: dt.date | None
    cursor: Mapping[str, Any]
    now: dt.datetime
    arguments: tuple[str, ...] = ()
    progress: Callable[[int, int | None, str], None] = lambda done, total, what: None


@functools.cache
def sources() -> Mapping[str, ModuleType]:
    """Every scraper by the id of its source, found by folder."""
    found: dict[str, ModuleType] = {}
    for info in sorted(pkgutil.iter_modules(scrapers.__path__), key=lambda m: m.name):
        if not info.name.startswith("_"):
            module = importlib.import_module(f"scrapers.{info.name}")
            found[module.SOURCE.id] = module
    return found


def source(source_id: str) -> ModuleType:
    """The scraper of a source; UnknownName where there is none."""
    try:
        return sources()[source_id]
    except KeyError:
        raise UnknownName("source", source_id, sources()) from None
