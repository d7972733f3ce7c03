"""Where the store is, and the edition that a face shows."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import platformdirs

from pipelines import build, reference
from pipelines.edition import Edition, open_edition
from pipelines.store import Store

CHECKOUT = Path(__file__).parents[1]


def store_path(given: Path | None = None) -> Path:
    """--store, else CLOUDHOLD_STORE, else data/store in a checkout, else the user's data folder."""
    if given is not None:
        return given
    named = os.environ.get("CLOUDHOLD_STORE")
    if named:
        return Path(named)
    if (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "data" / "reference").is_dir():
        return CHECKOUT / "data" / "store"
    return Path(platformdirs.user_data_dir("cloudhold")) / "store"


def current_edition(store: Store, edition_id: str | None = None) -> Edition:
    """The edition to show: the store's, or the embedded default where nothing was built yet."""
    if edition_id is None and not store.manifest().editions:
        return embedded_edition(str(store.path))
    return open_edition(store, edition_id)


@functools.lru_cache(maxsize=1)
def embedded_edition(store: str) -> Edition:
    """The edition of data/reference and whatever the store holds, built in memory."""
    place = Store(Path(store))
    return Edition.of(build.build(reference.load(), place, place.manifest()))
