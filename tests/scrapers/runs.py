"""Runs of a collector against a stand-in: on the stand-in's clock, killed at any request, again and again until one ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app import collecting
from app.collecting import Collected
from pipelines.store import Store
from scrapers._fetch import Fetched, Fetcher
from scrapers._source import Source
from tests.scrapers.standin import Asked, Reply, StandIn, serve

Answer = Callable[[Asked, int], Reply]
# More requests than any run makes.
IMMORTAL = 10**9


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


def collect_from(
    server: StandIn, store: Store, source_id: str, lives: int = IMMORTAL, max_requests: int | None = None, **more: Any
) -> Collected:
    """One run against a stand-in that stands already."""

    def fetcher_of(facts: Source) -> Fetcher:
        return Mortal(
            lives, facts.limits, base_url=server.base, clock=server.clock, sleep=server.clock.sleep,
            max_requests=max_requests,
        )  # fmt: skip

    return collecting.collect(store, source_id, fetcher_of, sleep=server.clock.sleep, **more)


def collect(store: Store, source_id: str, site: Answer, *words: str, **more: Any) -> tuple[Collected, list[Asked]]:
    """One run against a stand-in of its own, and what it asked for."""
    with serve(site) as server:
        return collect_from(server, store, source_id, arguments=words, **more), list(server.log)


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


def nothing_is_written_at_death(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed by the system instead of stopped by somebody: what was gathered since the last commit is gone."""
    commit = collecting.Keeper.commit

    def last_words(self: collecting.Keeper, done: bool, span: Any = None) -> None:
        if self.report.reason == "the last run was stopped before its end":
            self.close()
            raise Killed
        commit(self, done, span)

    monkeypatch.setattr(collecting.Keeper, "commit", last_words)
