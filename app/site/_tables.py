"""Tables of a page: rows in words, with links and how sure each row is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.site._state import State
from app.words import said, web
from pipelines.answers import provider_name


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere; `foreign` addresses are marked for robots and never carry who came."""

    text: str
    href: str | None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Sure:
    """A cell that says how sure: known, inferred, unknown or not tested, with the grade of the finding."""

    certainty: str
    confidence: str = ""


Cell = str | Link | Sure
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    cell: Callable[[Row], Cell]
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in words, and how many there are when fewer are shown."""

    caption: str
    heads: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[Cell]]
    total: int


def table(
    caption: str,
    frame: pd.DataFrame | Sequence[Row],
    columns: Sequence[Column],
    most: int = 50,
    total: int | None = None,
) -> Table:
    """Rows of a frame as a page shows them; `total` where the frame holds a part of them only."""
    rows = records(frame.head(most)) if isinstance(frame, pd.DataFrame) else list(frame)[:most]
    return Table(
        caption,
        [(column.head, column.numeric) for column in columns],
        [[column.cell(row) for column in columns] for row in rows],
        len(frame) if total is None else total,
    )


def records(frame: pd.DataFrame) -> list[Row]:
    """A frame's rows by column name."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def of(key: str, none: str = "not shown") -> Callable[[Row], Cell]:
    """A column in words."""
    return lambda row: said(row[key], none)


def elsewhere(key: str, words: str) -> Callable[[Row], Cell]:
    """A link to where a row comes from; words where it has no address."""
    return lambda row: Link(words, web(row[key]), foreign=True) if web(row[key]) else "no link"


def sure(row: Row) -> Sure:
    confidence = row.get("confidence")
    # "Known" rests on what is confirmed, so only the weaker grades need a word of their own.
    return Sure(str(row["certainty"]), confidence if confidence in ("likely", "possible") else "")


def provider_cell(state: State, key: str = "provider") -> Callable[[Row], Cell]:
    def cell(row: Row) -> Cell:
        value = row[key]
        if not isinstance(value, str):
            return "not shown"
        if value in ("unknown", "none", "hidden", "own"):
            return {"unknown": "unknown", "none": "none shown", "hidden": "hidden", "own": "own systems"}[value]
        return Link(provider_name(value), state.url(f"/provider/{value}"))

    return cell


def body_cell(state: State, id_key: str, name_key: str) -> Callable[[Row], Cell]:
    """A public body by name, with its page where it has one."""

    def cell(row: Row) -> Cell:
        name = said(row[name_key], "body not known")
        id = row[id_key]
        return Link(name, state.url(f"/organisation/{id}")) if isinstance(id, str) and state.body(id) else name

    return cell
