"""The two portals that Proactis runs (Scotland, Wales): one call gives one month of one notice type, whole.

    GET /v1/Notices?dateFrom=MM-YYYY&outputType=0&noticeType=N

There is no paging, so a month is complete when every type asked for has answered with a package. A caller who
leaves `noticeType` out gets contract notices only and never sees an award.

Newest month first. The cursor names the walk, the place in it and the places left open: a month whose answer
could not be read, or that the server failed on (some types answer 500 for weeks), stops no other month, is
asked again by the next run, and keeps this run from being complete.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import Refused
from scrapers._fetch import Fetched, Fetcher, RunOver, SourceEnded
from scrapers._json import BadJSON, strict_json
from scrapers._source import Page, Run

# Both portals serve OCDS from this month on.
FIRST_MONTH = dt.date(2019, 1, 1)
# A finished walk is repeated for the last month, because notices are changed and withdrawn after they appear.
LOOK_BACK = dt.timedelta(days=30)
# A server that fails this often in a row is down, and asking on would only add to its trouble.
MOST_FAILURES = 3
# What both portals number alike: OJEU forms. Each adds its own below-threshold forms.
OJEU_TYPES = (1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25)
# Awards, utilities awards, concession awards, changes of a contract, and intentions to award without competition.
OJEU_AWARDS = (3, 6, 25, 20, 15)
# Every package of these portals carries some of these; an error object carries none.
_PACKAGE_KEYS = frozenset({"uri", "publisher", "publishedDate", "version", "license", "extensions"})


@dataclass(frozen=True, slots=True)
class Portal:
    """One portal: its address, its own notice types, which of them are awards, and further parameters."""

    address: str
    own_types: tuple[int, ...]
    own_awards: tuple[int, ...]
    more: str = ""

    @property
    def awards(self) -> tuple[int, ...]:
        return (*self.own_awards, *OJEU_AWARDS)

    @property
    def all_types(self) -> tuple[int, ...]:
        return tuple(sorted({*OJEU_TYPES, *self.own_types}))

    def url(self, place: _Place) -> str:
        month = f"{place.month:%m-%Y}"
        return f"{self.address}/v1/Notices?dateFrom={month}&outputType=0&noticeType={place.type}{self.more}"

    def types(self, arguments: Sequence[str]) -> tuple[int, ...]:
        """The notice types that were asked for: awards, those named, or all of them; Refused for others."""
        if not arguments:
            return self.awards
        if list(arguments) == ["all"]:
            return self.all_types
        known = {str(number): number for number in self.all_types}
        for word in arguments:
            if word not in known:
                raise Refused(f"notice type {word!r} is not known; give all, or numbers of {', '.join(known)}")
        return tuple(dict.fromkeys(known[word] for word in arguments))


@dataclass(frozen=True, slots=True)
class _Place:
    """One call of a walk: a month and a notice type."""

    month: dt.date
    type: int

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}/{self.type}"

    @classmethod
    def of(cls, text: str) -> _Place:
        month, _, number = text.partition("/")
        return cls(dt.date.fromisoformat(f"{month}-01"), int(number))


@dataclass(slots=True)
class _Walk:
    """Months `first` to `last` of `types`, newest first; `started` is the day on which it began.

    `following` is the next place in order, None at the end; `open` are places passed without their answer.
    `covered` is what finished walks have seen since FIRST_MONTH: {types, started}.
    """

    first: dt.date
    last: dt.date
    types: tuple[int, ...]
    started: dt.date
    following: _Place | None = None
    open: list[_Place] = field(default_factory=list)
    covered: dict[str, Any] | None = None

    @classmethod
    def new(cls, run: Run, types: tuple[int, ...]) -> _Walk:
        """From the newest month back to `since`; without it to the first month, or to what is covered."""
        covered = run.cursor.get("covered")
        first = run.since or FIRST_MONTH
        if run.since is None and covered and set(types) <= set(covered["types"]):
            first = dt.date.fromisoformat(covered["started"]) - LOOK_BACK
        today = run.now.date()
        last = min(run.until or today, today)
        walk = cls(max(first, FIRST_MONTH).replace(day=1), last.replace(day=1), types, today, covered=covered)
        walk.following = next(iter(walk.places()), None)
        return walk

    @classmethod
    def resumed(cls, run: Run) -> _Walk | None:
        """The walk of the cursor; None where it has none that is unfinished."""
        at = run.cursor
        if not run.resuming or not at.get("first") or not (at["next"] or at["open"]):
            return None
        first, last, started = (dt.date.fromisoformat(at[key]) for key in ("first", "last", "started"))
        following = _Place.of(at["next"]) if at["next"] else None
        left = [_Place.of(text) for text in at["open"]]
        return cls(first, last, tuple(at["types"]), started, following, left, at.get("covered"))

    def places(self) -> list[_Place]:
        months, month = [], self.last
        while month >= self.first:
            months.append(month)
            month = (month - dt.timedelta(days=1)).replace(day=1)
        return [_Place(month, number) for month in months for number in self.types]

    def to_go(self) -> list[_Place]:
        """What is still to be asked: the rest of the walk, then what was left open."""
        every = self.places()
        rest = every[every.index(self.following) :] if self.following in every else []
        return [*rest, *(place for place in self.open if place not in rest)]

    @property
    def span(self) -> tuple[dt.date, dt.date]:
        """The days that the walk covers once it is finished."""
        month_after = (self.last + dt.timedelta(days=31)).replace(day=1)
        return self.first, min(month_after - dt.timedelta(days=1), self.started)

    def passed(self, place: _Place, every: list[_Place], good: bool) -> None:
        """Move on past a place, leaving it open where it was not `good`."""
        if place == self.following:
            after = every.index(place) + 1
            self.following = every[after] if after < len(every) else None
        self.open = [other for other in self.open if other != place]
        if not good:
            self.open.append(place)

    def cursor(self) -> dict[str, Any]:
        covered = self.covered
        if self.following is None and not self.open and self._reaches_back():
            covered = {"types": list(self.types), "started": self.started.isoformat()}
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "types": list(self.types),
            "started": self.started.isoformat(),
            "next": str(self.following) if self.following else None,
            "open": [str(place) for place in self.open],
            "covered": covered,
        }

    def _reaches_back(self) -> bool:
        """Whether this walk, with those before, covers everything since FIRST_MONTH up to its start."""
        if self.last != self.started.replace(day=1):
            return False
        if self.first == FIRST_MONTH:
            return True
        if self.covered is None or set(self.types) != set(self.covered["types"]):
            return False
        return self.first <= dt.date.fromisoformat(self.covered["started"])


def collect(portal: Portal, fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """One page for each month and type; `run.lacks` names the months that gave none.

    SourceEnded where several in a row failed: the server is down.
    """
    types = portal.types(run.arguments)
    walk = _Walk.resumed(run) or _Walk.new(run, types)
    run.span = walk.span
    every, to_go = walk.places(), walk.to_go()
    failures = 0
    for number, place in enumerate(to_go):
        run.progress(number, len(to_go), str(place))
        fetched, problem, empty = _ask(fetcher, portal.url(place))
        failures = failures + 1 if fetched is None else 0
        if failures >= MOST_FAILURES:
            raise SourceEnded(f"{failures} months in a row gave nothing, the last {place}: {problem}"[:500])
        walk.passed(place, every, good=problem is None)
        if fetched is not None:
            run.unread = None
            name = f"{place.month:%Y-%m} type {place.type}"
            yield Page(fetched, name, walk.cursor(), refused=problem, empty=empty)
            problem = problem or run.unread
        if problem is not None:
            walk.passed(place, every, good=False)
            run.lacks.append(f"{place} ({problem})"[:200])
    run.progress(len(to_go), len(to_go), "done")


def _ask(fetcher: Fetcher, url: str) -> tuple[Fetched | None, str | None, bool]:
    """(the answer, why it cannot be used, whether it says that there is nothing)."""
    try:
        fetched = fetcher.get(url)
    except RunOver:
        raise
    except SourceEnded as error:
        return None, str(error), False
    if fetched.status != 200:
        return None, f"it answered {fetched.status}", False
    try:
        package = strict_json(fetched.body)
    except BadJSON as error:
        # Numbers that JSON does not allow are repaired by the reader, who has the last word on such a body.
        return fetched, "it is empty" if "empty" in str(error) else None, False
    if not isinstance(package, dict):
        return fetched, "it is not a release package", False
    if "releases" not in package and _PACKAGE_KEYS & package.keys() and "error" not in package and not _lists(package):
        return fetched, None, True  # how Sell2Wales says that a month has none
    if not isinstance(package.get("releases"), list):
        return fetched, "it has no list of releases; its shape may have changed", False
    return fetched, None, not package["releases"]


def _lists(package: dict[str, Any]) -> bool:
    """Whether a package lists anything under whatever name: then its releases have another name, and are not none."""
    return any(isinstance(one, dict) for value in package.values() if isinstance(value, list) for one in value)
