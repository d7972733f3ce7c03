"""Days that people write: on the command line, in an address, in the explorer."""

from __future__ import annotations

import datetime as dt

# Answers look a year ahead and some years back: a day at either end of the calendar has no such day.
FIRST = dt.date(1900, 1, 1)
LAST = dt.date(2200, 12, 31)


def day(text: str) -> dt.date:
    """The day that `text` writes as 2026-02-20. ValueError, in words that end a sentence, for anything else."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not FIRST <= found <= LAST:
        raise ValueError(f"{text[:40]!r} is not a day from {FIRST.year} to {LAST.year}; write it as 2026-02-20")
    return found
