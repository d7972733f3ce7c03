"""Where the store is, and the places that a person names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

CHECKOUT = Path(__file__).parents[1]


class Place(click.Path):
    """A file or folder by name. An empty name, as of a shell variable that is not set, is refused: it would mean the
    folder in which the command runs."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty name is no place; name a file or folder", param, ctx)
        return super().convert(value, param, ctx)


def store_path(given: Path | None = None) -> Path:
    """--store, else CLOUDHOLD_STORE, else data/store in a checkout, else the user's data folder."""
    if given is not None:
        return given
    named = os.environ.get("CLOUDHOLD_STORE")
    if named:
        return Path(named)
    if (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "data" / "reference").is_dir():
        return CHECKOUT / "data" / "store"
    import platformdirs  # only whoever names no store waits for it

    return Path(platformdirs.user_data_dir("cloudhold")) / "store"
