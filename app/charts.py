"""The one way to draw. A chart is a specification: title sentence, subtitle, unit, data, denominator, source.

One specification gives the plotly figure of the explorer (app.plots), the picture of the HTML pages (app.svg), the
words for those who cannot see either (`alt`, computed from the data) and the rows of the table and of the data file
(`table`). The same numbers in all.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app import palette
from pipelines.answers import long_day, number, percent, pounds
from pipelines.export import CREDIT

X = float | dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What every kind has. `of` names the denominator in words; `source` and `licence` go under the picture."""

    id: str
    title: str
    subtitle: str
    unit: str
    of: str
    source: str
    licence: str = CREDIT

    @property
    def empty(self) -> bool:
        return not table(self)


@dataclass(frozen=True, slots=True)
class Series:
    """One stacked part of every bar. `key` is a certainty or any name with a colour."""

    key: str
    label: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars(Chart):
    """Horizontal bars, stacked, usually by certainty. `rest` is what belongs to the whole and is not drawn."""

    labels: Sequence[str]
    series: Sequence[Series]
    rest: Mapping[str, float] = field(default_factory=dict)
    links: Sequence[str | None] = ()

    def totals(self) -> list[float]:
        return [sum(series.values[i] for series in self.series) for i in range(len(self.labels))]


@dataclass(frozen=True, slots=True)
class Line:
    """One line with the band that unknown evidence allows; low and high are empty where there is none."""

    label: str
    xs: Sequence[X]
    ys: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """An event on a time axis, such as an outage."""

    x: X
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Chart):
    """Lines over time (or any number), with bands and events. `share` draws 0 to 1 as a percentage."""

    lines: Sequence[Line]
    x_label: str
    rules: Sequence[Rule] = ()
    share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix(Chart):
    """Rows by columns; a cell holds its count, None where nothing was tested. `out_of` is each column's whole."""

    rows: Sequence[str]
    columns: Sequence[str]
    counts: Sequence[Sequence[float | None]]
    out_of: Sequence[float]

    def share(self, row: int, column: int) -> float | None:
        count, whole = self.counts[row][column], self.out_of[column]
        return count / whole if count is not None and whole else None


@dataclass(frozen=True, slots=True)
class Dot:
    """One item of a ranking: its value, the range it may have, how sure, and the path that leads to it."""

    label: str
    value: float
    certainty: str = "known"
    low: float | None = None
    high: float | None = None
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots(Chart):
    """Items ranked on one scale, each with its range and path."""

    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Span:
    """One contract in time. A missing end is open and drawn so; `key` groups spans that share a colour."""

    label: str
    start: dt.date | None
    end: dt.date | None
    key: str
    value_gbp: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline(Chart):
    """Spans from start to end, with the day that divides what has ended from what runs."""

    spans: Sequence[Span]
    keys: Mapping[str, str]
    on: dt.date


@dataclass(frozen=True, slots=True)
class Point:
    """One place. `size` is drawn as area, smallest where it is not known; `key` is one of the map's categories.

    Without lon and lat it is listed only.
    """

    label: str
    lon: float | None
    lat: float | None
    size: float | None
    key: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DotMap(Chart):
    """Places as dots: no tiles, nothing fetched. A category has a colour and a shape of its own."""

    points: Sequence[Point]
    keys: Mapping[str, str]
    size_label: str

    @property
    def placed(self) -> list[Point]:
        return [point for point in self.points if point.lon is not None and point.lat is not None]


SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "circle-open")


# -- words -------------------------------------------------------------------------------------------------


def words(value: float | None, chart: Chart | None = None) -> str:
    """A value as a reader expects it, by the chart's unit."""
    if value is None:
        return "unknown"
    unit = chart.unit if chart else ""
    if unit == "share":
        return percent(value)
    if unit == "GBP":
        return pounds(value)
    return number(value, 0 if float(value).is_integer() or abs(value) >= 100 else 1)


def day(value: X | None) -> str:
    if isinstance(value, dt.date):
        return long_day(value)
    return "an unknown day" if value is None else f"{value:g}"


def _largest(labels: Sequence[str], values: Sequence[float], chart: Chart) -> str:
    """The ends of a ranking in words."""
    first = max(range(len(values)), key=lambda i: values[i])
    last = min(range(len(values)), key=lambda i: values[i])
    out = f"Largest: {labels[first]} with {words(values[first], chart)}."
    if first != last:
        out += f" Smallest: {labels[last]} with {words(values[last], chart)}."
    return out


@functools.singledispatch
def alt(chart: Chart) -> str:
    """What the chart shows, in words: kind, measure, ends, change, what is unknown, count, denominator."""
    raise TypeError(f"no words for {type(chart).__name__}")


@alt.register
def _(chart: Bars) -> str:
    totals = chart.totals()
    if not totals:
        return f"Bar chart without rows: {chart.title}"
    parts = [f"Bar chart of {chart.unit}, {chart.subtitle}, {len(totals)} bars."]
    parts.append(_largest(chart.labels, totals, chart))
    for key, value in chart.rest.items():
        parts.append(f"{palette.WORDS.get(key, key)}: {words(value)}.")
    parts.append(f"Out of {chart.of}.")
    return " ".join(parts)


@alt.register
def _(chart: Lines) -> str:
    if not any(line.xs for line in chart.lines):
        return f"Line chart without points: {chart.title}"
    parts = [f"Line chart of {chart.unit}, {chart.subtitle}, {len(chart.lines)} lines."]
    for line in chart.lines:
        held = [(x, y) for x, y in zip(line.xs, line.ys, strict=True) if y is not None]
        if held:
            (x0, y0), (x1, y1) = held[0], held[-1]
            parts.append(f"{line.label}: {_y(chart, y0)} at {day(x0)}, {_y(chart, y1)} at {day(x1)}.")
    if chart.rules:
        parts.append(f"{len(chart.rules)} events marked: {'; '.join(f'{r.label}, {day(r.x)}' for r in chart.rules)}.")
    parts.append(f"Out of {chart.of}.")
    return " ".join(parts)


def _y(chart: Lines, value: float | None) -> str:
    return percent(value) if chart.share else words(value, chart)


@alt.register
def _(chart: Matrix) -> str:
    cells = [
        (count, row, column)
        for row, line in zip(chart.rows, chart.counts, strict=True)
        for column, count in zip(chart.columns, line, strict=True)
        if count
    ]
    if not cells:
        return f"Table of shaded cells without counts: {chart.title}"
    count, row, column = max(cells, key=lambda cell: cell[0])
    return (
        f"Table of shaded cells, {chart.subtitle}: {len(chart.rows)} rows by {len(chart.columns)} columns, "
        f"{len(cells)} cells with a count. Largest: {row}, {column} with {words(count, chart)}. Out of {chart.of}."
    )


@alt.register
def _(chart: Dots) -> str:
    if not chart.dots:
        return f"Ranked dots without rows: {chart.title}"
    by = {key: sum(1 for dot in chart.dots if dot.certainty == key) for key in palette.WORDS}
    sure = ", ".join(f"{n} {palette.WORDS[key].lower()}" for key, n in by.items() if n)
    return (
        f"Ranked dots of {chart.unit}, {chart.subtitle}, {len(chart.dots)} rows: {sure}. "
        f"{_largest([d.label for d in chart.dots], [d.value for d in chart.dots], chart)} Out of {chart.of}."
    )


@alt.register
def _(chart: Timeline) -> str:
    if not chart.spans:
        return f"Timeline without contracts: {chart.title}"
    ends = sorted(s.end for s in chart.spans if s.end and s.end >= chart.on)
    parts = [f"Timeline of {len(chart.spans)} {chart.unit}, {chart.subtitle}."]
    parts.append(f"{len(ends)} end on or after {day(chart.on)}" + (f", the first on {day(ends[0])}." if ends else "."))
    open_ = sum(1 for s in chart.spans if s.end is None)
    if open_:
        parts.append(f"{open_} have no end date.")
    parts.append(f"Out of {chart.of}.")
    return " ".join(parts)


@alt.register
def _(chart: DotMap) -> str:
    if not chart.points:
        return f"Map without places: {chart.title}"
    counts = [
        f"{label} {sum(1 for p in chart.points if p.key == key)}"
        for key, label in chart.keys.items()
        if any(p.key == key for p in chart.points)
    ]
    unplaced = len(chart.points) - len(chart.placed)
    lost = f" {unplaced} have no place on it." if unplaced else ""
    return (
        f"Map of {len(chart.points)} {chart.unit}, {chart.subtitle}, dots sized by {chart.size_label}: "
        f"{', '.join(counts)}.{lost} Out of {chart.of}."
    )


def rule_words(chart: Lines) -> list[str]:
    """What each numbered mark on the time axis stands for."""
    return [f"{count + 1}: {rule.label}, {day(rule.x)}" for count, rule in enumerate(chart.rules)]


def extent(chart: Timeline) -> tuple[dt.date, dt.date]:
    """First and last day that a timeline draws."""
    days = [d for span in chart.spans for d in (span.start, span.end) if d] + [chart.on]
    return min(days), max(days)


# -- rows --------------------------------------------------------------------------------------------------


@functools.singledispatch
def table(chart: Chart) -> list[dict[str, Any]]:
    """The chart's data as rows, the same numbers that are drawn."""
    raise TypeError(f"no rows for {type(chart).__name__}")


@table.register
def _(chart: Bars) -> list[dict[str, Any]]:
    rows = []
    for index, label in enumerate(chart.labels):
        row: dict[str, Any] = {"": label}
        for series in chart.series:
            row[series.label] = series.values[index]
        if len(chart.series) > 1:
            row["Total"] = sum(series.values[index] for series in chart.series)
        rows.append(row)
    return rows


@table.register
def _(chart: Lines) -> list[dict[str, Any]]:
    xs = sorted({x for line in chart.lines for x in line.xs})
    rows = []
    for x in xs:
        row: dict[str, Any] = {chart.x_label: x}
        for line in chart.lines:
            place = next((i for i, other in enumerate(line.xs) if other == x), None)
            row[line.label] = None if place is None else line.ys[place]
            if line.low:
                row[f"{line.label}, low"] = None if place is None else line.low[place]
                row[f"{line.label}, high"] = None if place is None else line.high[place]
        rows.append(row)
    return rows


@table.register
def _(chart: Matrix) -> list[dict[str, Any]]:
    return [
        {"": row, **dict(zip(chart.columns, line, strict=True))}
        for row, line in zip(chart.rows, chart.counts, strict=True)
    ]


@table.register
def _(chart: Dots) -> list[dict[str, Any]]:
    return [
        {
            "": dot.label,
            chart.unit.capitalize(): dot.value,
            "How sure": palette.WORDS.get(dot.certainty, dot.certainty),
            **({"Low": dot.low, "High": dot.high} if any(d.low is not None for d in chart.dots) else {}),
            **({"Path": dot.path} if any(d.path for d in chart.dots) else {}),
        }
        for dot in chart.dots
    ]


@table.register
def _(chart: Timeline) -> list[dict[str, Any]]:
    return [
        {
            "Contract": span.label,
            "With": chart.keys.get(span.key, span.key),
            "From": span.start,
            "To": span.end,
            "Value (GBP)": span.value_gbp,
            "State": span.note,
        }
        for span in chart.spans
    ]


@table.register
def _(chart: DotMap) -> list[dict[str, Any]]:
    return [
        {
            "Place": p.label,
            "Shown as": p.words,
            chart.size_label.capitalize(): p.size,
            "Longitude": p.lon,
            "Latitude": p.lat,
        }
        for p in chart.points
    ]
