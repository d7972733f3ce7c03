"""What a scraper says of its source, and how it hands over what it fetched.

A scraper is one file `scrapers/<id>.py` with SOURCE and

    collect(fetcher, run) -> Iterator[Page]

It yields bodies as they came and never reads more of them than it needs to go on. Each Page carries the
cursor that a later run continues from; rows and cursor are committed together. The generator ends without an
error only when everything that was asked for has been seen: then the run is complete. Anything else is
raised: Partial (what came is kept, the next run goes on) or Refused.

A body that cannot be read need not end the run. After each page `run.unread` says why the page just yielded
could not be used (its cursor was not kept then); a scraper that can go on without it leaves the page's place
open in the cursors that follow, so that the next run asks for it again. Either way the run is not complete.
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
    """One source. `reader` is the kind that reads its bodies (pipelines/readers).

    `takes` says what words after the source's name mean ("page or file", None where it takes none).
    `everything`: every complete run reads all there is for its dates, so that its count can be held against the last
    one's: fewer rows than `believed_share` of them, for the same days, are not believed to be all.
    """

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
    takes: str | None = None
    everything: bool = True
    believed_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Page:
    """One body. `cursor` is where a later run continues once this page is committed.

    `refused` says why the scraper knows already that the body cannot be used: it goes to quarantine unread.
    `empty`: the source said that it has nothing; the body is kept and holds no rows.
    """

    fetched: Fetched
    name: str
    cursor: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    reader: str | None = None
    refused: str | None = None
    empty: bool = False


@dataclass(slots=True)
class Run:
    """What one run was asked for, and what the last one left.

    `resuming`: the last run was asked for the same and did not finish. `span`: the days that a complete run
    covers, told by the scraper. `lacks`: what the scraper could not get and went on without; a run that lacks
    anything is not complete. `anew`: it reads from the beginning, so rows that an earlier run read do not count beside
    these; a scraper that goes on where the last run stopped sets it to False before its first page.
    """

    since: dt.date | None
    until: dt.date | None
    cursor: Mapping[str, Any]
    now: dt.datetime
    arguments: tuple[str, ...] = ()
    progress: Callable[[int, int | None, str], None] = lambda done, total, what: None
    resuming: bool = False
    span: tuple[dt.date, dt.date] | None = None
    unread: str | None = None
    lacks: list[str] = field(default_factory=list)
    anew: bool = True


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
