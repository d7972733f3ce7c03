"""Feeds of release packages that are asked for by a window of time: newest first, each window until its chain closes.

What is known of them, and what is done about it: a window that is too long loses releases without a word, so windows
are as short as the source needs; releases near an edge may fall outside both, so each window reaches back over the one
before; a page that is full and names no next one hides the rest, so its window is asked again in halves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scrapers._fetch import Fetcher, SourceEnded
from scrapers._packages import package
from scrapers._source import Page, Run

# The shortest window that is still cut in halves.
SHORTEST = dt.timedelta(minutes=2)
# A window counts as done once it has been over for so long: sources publish late.
SETTLED = dt.timedelta(hours=1)
MOST_PAGES = 1000
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


class Spans:
    """Stretches of time that are done, as the cursor keeps them: sorted, apart, half-open."""

    def __init__(self, said: Sequence[Sequence[str]] = ()) -> None:
        self._spans = [(str(one[0]), str(one[1])) for one in said if len(one) == 2]

    def covers(self, start: str, end: str) -> bool:
        return any(a <= start and end <= b for a, b in self._spans)

    def add(self, start: str, end: str) -> None:
        joined: list[tuple[str, str]] = []
        for a, b in sorted([*self._spans, (start, end)]):
            if joined and a <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
            else:
                joined.append((a, b))
        self._spans = joined

    def become(self, other: Spans) -> None:
        self._spans = list(other._spans)

    def said(self) -> list[list[str]]:
        return [[a, b] for a, b in self._spans]


@dataclass(frozen=True, slots=True)
class Windows:
    """How one source is walked. `address` gives the first page of a window; `limit` is the size of a full page."""

    address: Callable[[dt.datetime, dt.datetime], str]
    step: dt.timedelta
    overlap: dt.timedelta
    earliest: dt.date
    limit: int = 100


def stamp(moment: dt.datetime) -> str:
    """A moment as the portals write it, in UTC."""
    return moment.astimezone(dt.UTC).strftime(_STAMP)


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def walk(windows: Windows, fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Pages of every window between --since and --until that is not done, the newest first."""
    since = midnight(max(run.since or windows.earliest, windows.earliest))
    until = min(midnight(run.until) + dt.timedelta(days=1), run.now) if run.until else run.now
    run.span = (since.date(), (until - dt.timedelta(seconds=1)).date())
    done = Spans(run.cursor.get("done") or ())
    # Windows lie on a grid from 1970 on, so that every run asks for the same ones.
    origin = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    first, last = (since - origin) // windows.step, (until - origin - dt.timedelta(microseconds=1)) // windows.step
    wanted = []
    for number in range(last, first - 1, -1):
        start = origin + number * windows.step
        if not done.covers(stamp(start), stamp(start + windows.step)):
            wanted.append(start)
    for number, start in enumerate(wanted):
        end = start + windows.step
        run.progress(number, len(wanted), f"{start:%Y-%m-%d %H:%M}")
        yield from _window(windows, fetcher, run, done, start, end)
    run.progress(len(wanted), len(wanted), "done")


def _window(
    windows: Windows, fetcher: Fetcher, run: Run, done: Spans, start: dt.datetime, end: dt.datetime
) -> Iterator[Page]:
    """The pages of one window, in halves where a first page is full and names no other. It is done when all was read.

    A window that a kill left open goes on where it was, so that one with many pages can be read by short lives.
    """
    settled = end <= run.now - SETTLED
    left = run.cursor.get("open") or {}
    waiting = [(start - windows.overlap, end)]
    following: str | None = None
    if settled and left.get("start") == stamp(start):
        waiting = [(_moment(a), _moment(b)) for a, b in left["waiting"]]
        following = left["next"]
    number = 0
    whole = True
    while waiting or following is not None:
        first, last = waiting[-1]
        if following is None:
            following = windows.address(first, last)
        homes = {urlsplit(one)[1:3] for one in (windows.address(first, last), fetcher.address(following))}
        seen: set[str] = set()
        while following is not None:
            url = following
            seen.add(url)
            number += 1
            if number > MOST_PAGES:
                raise SourceEnded(f"the window from {stamp(start)} never ends; run again later")
            name = f"{start:%Y-%m-%dT%H%M} page {number}"
            page = package(fetcher, url, name)
            count, following = page.count, page.following
            if following is not None and (following in seen or urlsplit(following)[1:3] not in homes):
                yield Page(page.fetched, name, {"done": done.said()}, refused=page.refused)
                raise SourceEnded(f"{name} links to {following[:120]!r}, which does not go on; run again later")
            if following is None:
                waiting.pop()
                if count >= windows.limit and last - first > SHORTEST:
                    middle = first + (last - first) / 2
                    waiting += [(first, middle), (middle, last)]
                elif count >= windows.limit:
                    run.lacks.append(f"{stamp(first)} (a full page that names no next one)")
                    whole = False
            after = Spans(done.said())
            cursor: dict[str, Any] = {}
            if whole and following is None and not waiting and settled:
                after.add(stamp(start), stamp(end))
            elif whole and settled:
                cursor["open"] = {
                    "start": stamp(start), "waiting": [[_exact(a), _exact(b)] for a, b in waiting], "next": following,
                }  # fmt: skip
            run.unread = None
            yield Page(page.fetched, name, {"done": after.said(), **cursor}, refused=page.refused, empty=count == 0)
            whole = whole and run.unread is None
            if whole:
                done.become(after)


def _exact(moment: dt.datetime) -> str:
    return moment.isoformat()


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
