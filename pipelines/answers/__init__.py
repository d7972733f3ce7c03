"""Answers: one file per question, edition in, Answer out. Every face shows an Answer and computes nothing.

A question module has ID, QUESTION and `answer(edition, ...) -> Answer`. It is found by folder.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import importlib
import io
import math
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import ModuleType
from typing import Any

import pandas as pd

from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.forms import cell
from pipelines.text import redact


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with the range that unknown evidence allows and what it is a number of.

    `value` rests on what is attributed; `low` and `high` on every way the unknown could turn out. None means
    that it cannot be said.
    """

    id: str
    label: str
    value: float | int | None
    low: float | int | None = None
    high: float | int | None = None
    unit: str = ""
    of: str = ""
    n_unknown: int | None = None

    @property
    def has_range(self) -> bool:
        return self.low is not None and self.high is not None and self.low != self.high


@dataclass(slots=True)
class Answer:
    """One question answered from one edition: sentence, figures, tables, and what they rest on.

    `frames` are the tables behind the answer by name; `total` says how many rows there are in those that it holds in
    part, or not at all until it is asked with `most`; `body` holds the keys that the command line promises.
    """

    id: str
    question: str
    title: str
    edition: str
    content_hash: str
    as_of: dt.date
    population: str
    methods: str
    figures: list[Figure] = field(default_factory=list)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    caveats: list[str] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)

    def figure(self, figure_id: str) -> Figure:
        for figure in self.figures:
            if figure.id == figure_id:
                return figure
        raise UnknownName(f"figure of {self.id}", figure_id, (f.id for f in self.figures))

    def to_json(self) -> dict[str, Any]:
        """The answer as the command line and /api print it."""
        return {
            "answer": self.id,
            "question": self.question,
            "title": self.title,
            "edition": self.edition,
            "content_hash": self.content_hash,
            "as_of": self.as_of.isoformat(),
            "population": self.population,
            "parameters": jsonable(self.parameters),
            "figures": {
                f.id: {
                    "label": f.label,
                    "value": jsonable(f.value),
                    "low": jsonable(f.low),
                    "high": jsonable(f.high),
                    "unit": f.unit,
                    "of": f.of,
                    "unknown": f.n_unknown,
                }
                for f in self.figures
            },
            **jsonable(self.body),
            "caveats": list(self.caveats),
            "sources": jsonable(self.sources),
            "methods": self.methods,
        }


def jsonable(value: Any) -> Any:
    """`value` as JSON can hold it: dates as ISO text, decimals as numbers, nan as null."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, pd.DataFrame):
        return [jsonable(row) for row in value.to_dict("records")]
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "ndarray":
        return [jsonable(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, pd.Timestamp) and value.tzinfo is None and value == value.normalize():
        return value.date().isoformat()  # DuckDB gives a column of days as timestamps
    if isinstance(value, (dt.datetime, dt.date)):
        return None if value is pd.NaT else value.isoformat()
    if isinstance(value, float):
        return None if math.isnan(value) or math.isinf(value) else value
    if hasattr(value, "item"):
        return jsonable(value.item())
    if value is pd.NaT or value is pd.NA:
        return None
    return value


def csv_of(frame: pd.DataFrame) -> bytes:
    """A frame as CSV, each value as the tables of an edition write it."""
    return csv_rows(frame.columns, frame.itertuples(index=False, name=None))


def csv_rows(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows as CSV by RFC 4180: UTF-8, CRLF, one header row; an empty cell is not known."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    for row in rows:
        texts = [cell(jsonable(value)) for value in row]
        writer.writerow([redact(text) if "@" in text else text for text in texts])
    return out.getvalue().encode()


@functools.cache
def questions() -> Mapping[str, ModuleType]:
    """Every question by id."""
    found = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "answer"):
            found[module.ID] = module
    return found


def sources_of(edition: Edition, ids: Iterable[str]) -> list[dict[str, Any]]:
    """The sources behind some rows, once each: title, licence, credit, date, address."""
    listed = []
    for source_id in sorted(set(ids)):
        row = edition.sources.get(source_id)
        if row is not None:
            listed.append(
                {
                    "source_id": source_id,
                    "title": row["title"],
                    "publisher": row["publisher"],
                    "licence": row["licence"],
                    "credit": row["credit"],
                    "url": row["url"],
                    "date_to": row["date_to"],
                    "sha256": row["sha256"],
                    "fetched_at": row["fetched_at"],
                }
            )
    return listed


def new(
    edition: Edition, module_id: str, question: str, title: str, population: str, methods: str, **more: Any
) -> Answer:
    """An Answer with the edition's facts filled in and its warnings as first caveats."""
    caveats: list[str] = list(more.pop("caveats", []))
    if edition.notice:
        caveats.insert(0, edition.notice)
    if edition.private:
        caveats.insert(0, "This edition holds a body's private records; do not publish it.")
    return Answer(
        id=module_id,
        question=question,
        title=title,
        edition=edition.id,
        content_hash=edition.content_hash,
        as_of=edition.as_of,
        population=population,
        methods=methods,
        caveats=caveats,
        **more,
    )


def page_of(most: int, skip: int) -> tuple[str, Callable[[int], list[str]]]:
    """The end of a query that gives `most` rows after the first `skip` (most 0: all), and what to say of the rows left out,
    as caveats for so many rows in all. Refused for a negative number."""
    if most < 0 or skip < 0:
        raise Refused(f"rows cannot be counted by {min(most, skip)}; give most and skip as 0 or more")

    def more(rows: int) -> list[str]:
        if rows <= most or not most:
            return []
        return [
            f"{number(most)} of {number(rows)} rows are here; skip= gives the next, the tables of the edition have all."
        ]

    return (f"LIMIT {int(most)} OFFSET {int(skip)}" if most else f"OFFSET {int(skip)}"), more


# -- words -------------------------------------------------------------------------------------------------


def number(value: float | int | None, digits: int = 0) -> str:
    """A number as a reader expects it: 1,234 or 1.23; "unknown" for None."""
    if value is None:
        return "unknown"
    return f"{value:,.{digits}f}"


def count(value: int | float, noun: str, plural: str = "") -> str:
    """A number with its noun: 1 contract, 2 contracts; 2 bodies where the plural is given."""
    shown = number(value) if float(value).is_integer() else f"{value:g}"
    return f"{shown} {noun if value == 1 else plural or noun + 's'}"


def long_day(day: dt.date) -> str:
    """A day in words, 2 February 2026. strftime has no such day on Windows."""
    return f"{day.day} {day:%B %Y}"


def published(text: str) -> str:
    """The day, month or year of a publication as its table writes it, in words.

    >>> published("2025-10-21"), published("2023-12"), published("2024"), published("not noted")
    ('21 October 2025', 'December 2023', '2024', 'day not noted')
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return long_day(dt.date.fromisoformat(text))
    if re.fullmatch(r"\d{4}-\d\d", text):
        return f"{dt.date.fromisoformat(text + '-01'):%B %Y}"
    return text if text[:1].isdigit() else f"day {text}"


def percent(value: float | None) -> str:
    """A share as a whole percentage; "under 1%" rather than "0%" for a share that exists."""
    if value is None:
        return "unknown"
    shown = round(value * 100)
    if shown == 0 and value > 0:
        return "under 1%"
    if shown == 100 and value < 1:
        return "over 99%"
    return f"{shown}%"


def pounds(value: float | None) -> str:
    """Money in words, the same in a sentence, a table and a chart: £1.7bn, £684.2m, £6,000, -£5."""
    if value is None:
        return "unknown"
    sign, size = "-" if value < 0 else "", abs(value)
    for limit, word in ((1e9, "bn"), (1e6, "m")):
        if size >= limit:
            return f"{sign}£{size / limit:,.1f}{word}"
    return f"{sign}£{size:,.0f}"


def worth(contracts: int, priced: int, total: float) -> str:
    """What they are worth, in the words of a sentence; `priced` of them have a known value."""
    if not priced:
        return "without a known value"
    return f"worth {pounds(total)}" + (
        "" if priced == contracts else f" where a value is known ({number(priced)} of them)"
    )


def listing(words: Sequence[str], most: int = 3) -> str:
    """Words joined as in a sentence, with how many more there are."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def provider_name(provider_id: str) -> str:
    """A provider's name as screens write it."""
    from pipelines import reference

    known = reference.load().providers.get(provider_id)
    if known:
        return known.name
    return {"unknown": "Unknown", "none": "None shown", "own": "Own systems"}.get(provider_id, provider_id)


def companies() -> dict[str, str]:
    """Names of the companies: that of the provider which carries the company's id, else the id with a capital."""
    from pipelines import reference

    known = reference.load().providers
    return {
        p.parent: known[p.parent].name.removesuffix(" Cloud")
        if p.parent in known
        else p.parent.replace("-", " ").title()
        for p in known.values()
    }


def family_of(name: str) -> tuple[list[str], list[str], str]:
    """(providers meant, providers of the same group of companies, the name to show) of a provider or company id."""
    from pipelines import reference

    known = reference.load().providers
    parents = {provider.parent for provider in known.values()}
    if name in known:
        parent = known[name].parent
        meant = [name]
    elif name in parents:
        parent = name
        meant = sorted(p.id for p in known.values() if p.parent == name)
    else:
        raise UnknownName("provider", name, [*known, *parents])
    shown = provider_name(name) if name in known else companies().get(name, name)
    return meant, sorted(p.id for p in known.values() if p.parent == parent), shown
