"""The edition that a face shows."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from app.place import store_path
from pipelines import build, reference
from pipelines.answers import Answer, questions
from pipelines.edition import Edition, open_edition
from pipelines.errors import UnknownName
from pipelines.store import Store


def current_edition(store: Store, edition_id: str | None = None) -> Edition:
    """The edition to show: the store's, or the embedded default where nothing was built yet."""
    if not store.manifest().editions:
        embedded = embedded_edition(str(store.path))
        if edition_id in (None, embedded.id):
            return embedded
        raise UnknownName("edition", str(edition_id), [embedded.id])
    return open_edition(store, edition_id)


@functools.lru_cache(maxsize=1)
def embedded_edition(store: str) -> Edition:
    """The edition of data/reference and whatever the store holds, built in memory."""
    place = Store(Path(store))
    return Edition.of(build.build(reference.load(), place, place.manifest()))


def shown_edition(edition_id: str | None = None) -> Edition:
    """The edition that a page shows: the one asked for, or the newest. Both faces share the open one."""
    place = store_path()
    return _opened(str(place), Store(place).manifest().number, edition_id or None)


@functools.lru_cache(maxsize=4)
def _opened(path: str, number: int, edition_id: str | None) -> Edition:
    return current_edition(Store(Path(path)), edition_id)


@functools.lru_cache(maxsize=512)
def ask(edition: Edition, question: str, **parameters: Any) -> Answer:
    """The answer to a question, worked out once per edition and parameters. Callers do not change it."""
    answer: Answer = questions()[question].answer(edition, **parameters)
    return answer
