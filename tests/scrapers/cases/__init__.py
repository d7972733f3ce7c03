"""What every collector is tried against: an honest stand-in of its source, and what a whole run of it must hold.

One file `tests/scrapers/cases/<id>.py` with CASE for each collector. With it the collector falls under the faults of the
catalogue and under the kills (test_every_collector.py); without it a test fails.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.scrapers.standin import Asked, Reply

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """`site` makes an honest stand-in. `columns` of the reader's main table are the ids of its rows, `truth` all of them,
    as text. `words` are typed after the source, `since` and `until` as its options, `path` behind the stand-in's address."""

    site: Callable[[], Callable[[Asked, int], Reply]]
    columns: tuple[str, ...]
    truth: frozenset[Row]
    words: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    path: str = ""

    def typed(self) -> tuple[str, ...]:
        """What an operator types after the source."""
        days = (("--since", self.since), ("--until", self.until))
        return (*self.words, *(word for option, day in days if day for word in (option, day.isoformat())))

    def asked(self, base: str) -> dict[str, Any]:
        """The same for `collecting.collect`."""
        words = (base + self.path,) if self.path else self.words
        return {"arguments": words, "since": self.since, "until": self.until}


def case(source_id: str) -> Case:
    """The case of a collector; ModuleNotFoundError where nobody has written it yet."""
    found = importlib.import_module(f"{__name__}.{source_id.replace('-', '_')}")
    assert isinstance(found.CASE, Case)
    return found.CASE
