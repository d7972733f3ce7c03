"""A fetcher that can be killed at any request, and runs that are killed again and again until one ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.collecting import Collected
from scrapers._fetch import Fetched, Fetcher


class Killed(BaseException):
    """What a kill looks like from inside: nothing more happens."""


class Mortal(Fetcher):
    """A fetcher whose process is killed before request number `lives` + 1."""

    def __init__(self, lives: int, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._left = lives

    def _once(self, *words: Any, **more: Any) -> Fetched:
        self._left -= 1
        if self._left < 0:
            raise Killed
        return super()._once(*words, **more)


def kill_and_go_on(run: Callable[[], Collected], most: int = 3000) -> int:
    """Run until a run ends; the number of kills before it. It must be complete then."""
    for kills in range(most):
        try:
            report = run()
        except Killed:
            continue
        assert (report.state, report.reason) == ("complete", None)
        return kills
    raise AssertionError("it does not get on")
