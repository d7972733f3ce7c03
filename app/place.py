"""Where the store is."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

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
