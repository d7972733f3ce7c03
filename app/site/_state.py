"""What the address of a page says: its keys, the edition that they choose, and the addresses that follow from them."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request

from app import views
from app.state import KEYS
from app.stores import shown_edition
from pipelines import days
from pipelines.edition import Edition
from pipelines.errors import Refused

LONGEST_VALUE = 200


class State:
    """The keys that the address of a page holds. Values are ids; the last one counts where a key stands twice."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.edition: Edition = shown_edition(self.get("edition"))

    def get(self, key: str) -> str | None:
        values = [v for v in self.request.query_params.getlist(key) if v]
        return values[-1][:LONGEST_VALUE].strip() or None if values else None

    def day(self, key: str) -> dt.date | None:
        """A key's value as a day; None where it is not given, Refused where it is no day."""
        value = self.get(key)
        try:
            return days.day(value) if value else None
        except ValueError as error:
            raise Refused(str(error)) from None

    def part(self) -> int:
        """Which part of a long table, from 1; the first where the address says nothing sensible."""
        text = self.get("part") or ""
        return int(text) if text.isdecimal() and 0 < int(text) < 1_000_000 else 1

    def body(self, organisation_id: str) -> str | None:
        """The name of a body that has a page; None for one that has none, such as a department that is closed."""
        return _bodies(self.edition).get(organisation_id)

    def url(self, path: str, **keys: Any) -> str:
        """An address with its keys and the pinned edition; keys without a value are left out."""
        kept = {key: str(value) for key, value in keys.items() if value not in (None, "")}
        pinned = self.get("edition")
        if pinned and "edition" not in kept:
            kept["edition"] = pinned
        return f"{quote(path)}?{urlencode(kept)}" if kept else quote(path)

    def here(self, edition: str | None = None) -> str:
        """The address of this page with every key that it was asked with, of one edition or of the newest."""
        asked = {key: value for key in self.request.query_params if key != "edition" and (value := self.get(key))}
        if edition:
            asked["edition"] = edition
        path = quote(self.request.url.path)
        return f"{path}?{urlencode(asked)}" if asked else path

    def explorer(self, page: str, **keys: Any) -> str:
        """The same state in the explorer; its first page where it has no page of this name."""
        if page not in {view.PAGE.id for view in views.views()}:
            page = ""
        held = {key: self.get(key) for key in KEYS}
        return self.url(f"/explore/{page}", **{**held, **keys})


@functools.lru_cache(maxsize=4)
def _bodies(edition: Edition) -> Mapping[str, str]:
    """Every listed body's name by id, asked once: tables link to bodies row by row."""
    return {
        row["organisation_id"]: row["name"] for row in edition.rows("SELECT organisation_id, name FROM organisations")
    }
