"""The one way to draw. A chart is a specification: title sentence, subtitle, unit, data, denominator, source.

One specification gives the plotly figure of the explorer as a plain dict (`figure`; 19 times cheaper than
plotly express), the picture of the HTML pages (app.svg), the words for those who cannot see either (`alt`,
computed from the data) and the rows of the table and of the data file (`table`). The same numbers in all.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

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
    """One place. `size` is drawn as area; `key` is one of the map's categories. Without lon and lat it is listed only."""

    label: str
    lon: float | None
    lat: float | None
    size: float
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
        return pounds(value).replace("GBP ", "£")
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


# -- the plotly figure -------------------------------------------------------------------------------------

_GRID = "#E5E5E5"


def _layout(height: int, **more: Any) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 8, "b": 40},
        "font": {"size": 14},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        **more,
    }


def _axis(**more: Any) -> dict[str, Any]:
    return {"fixedrange": True, "gridcolor": _GRID, "automargin": True, **more}


@functools.singledispatch
def figure(chart: Chart) -> dict[str, Any]:
    """The chart as a plotly figure: a plain dict of data and layout."""
    raise TypeError(f"no figure for {type(chart).__name__}")


def drawn(chart: Chart) -> go.Figure:
    """The figure as plotly checks it: a wrong key or value fails here and not in the browser."""
    return go.Figure(figure(chart))


@figure.register
def _(chart: Bars) -> dict[str, Any]:
    labels = list(chart.labels)
    places = palette.places(series.key for series in chart.series)
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": series.label,
            "y": labels,
            "x": list(series.values),
            "marker": {
                "color": palette.colour(series.key, places[series.key]),
                "line": {"color": "#FFFFFF", "width": 1},
                "pattern": {
                    "shape": palette.PATTERN.get(series.key, ""),
                    "size": 8,
                    "solidity": 0.25,
                    "fillmode": "overlay",
                    "fgcolor": "#FFFFFF",
                    "fgopacity": 0.8,
                },
            },
            "text": [words(v, chart) if v else "" for v in series.values],
            "textposition": "auto",
            "insidetextfont": {
                "color": "#FFFFFF" if palette.colour(series.key, places[series.key]) in palette.DARK else palette.INK
            },
            "outsidetextfont": {"color": palette.INK},
            "textangle": 0,
            "hovertemplate": "%{y}: %{x} " + series.label.lower() + "<extra></extra>",
        }
        for series in chart.series
    ]
    return {
        "data": traces,
        "layout": _layout(
            110 + 34 * max(len(labels), 1),
            barmode="stack",
            showlegend=len(chart.series) > 1,
            xaxis=_axis(title={"text": chart.unit}, rangemode="tozero"),
            yaxis=_axis(autorange="reversed", ticklabelposition="outside"),
        ),
    }


@figure.register
def _(chart: Lines) -> dict[str, Any]:
    traces: list[dict[str, Any]] = []
    places = palette.places(line.label for line in chart.lines)
    for place, line in enumerate(chart.lines):
        colour = palette.colour(line.label, places[line.label])
        if line.low:
            held = [i for i, low in enumerate(line.low) if low is not None and line.high[i] is not None]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{line.label}, range",
                    "x": [line.xs[i] for i in held] + [line.xs[i] for i in reversed(held)],
                    "y": [line.low[i] for i in held] + [line.high[i] for i in reversed(held)],
                    "fill": "toself",
                    "fillcolor": _faded(colour),
                    "line": {"width": 0},
                    "hoverinfo": "skip",
                    "showlegend": False,
                }
            )
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(line.xs) < 40 else "lines",
                "name": line.label,
                "x": list(line.xs),
                "y": list(line.ys),
                "line": {"color": colour, "width": 2.5, "dash": ("solid", "dash", "dot", "dashdot")[place % 4]},
                "marker": {"symbol": SHAPES[place % len(SHAPES)], "size": 7},
                "connectgaps": False,
            }
        )
    rules = [
        {
            "type": "line", "x0": rule.x, "x1": rule.x, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": palette.DARK_GREY, "width": 1, "dash": "dot"},
        }
        for rule in chart.rules
    ]  # fmt: skip
    # Numbers, since the words of two outages in one month would lie on each other; `rule_words` says what they are.
    notes = [
        {
            "x": rule.x, "y": 1 - 0.07 * (count % 3), "yref": "paper", "text": str(count + 1), "showarrow": False,
            "bgcolor": "#505A5F", "font": {"size": 12, "color": "#FFFFFF"}, "borderpad": 3,
        }
        for count, rule in enumerate(chart.rules)
    ]  # fmt: skip
    return {
        "data": traces,
        "layout": _layout(
            380,
            showlegend=len(chart.lines) > 1,
            xaxis=_axis(title={"text": chart.x_label}),
            yaxis=_axis(title={"text": chart.unit}, rangemode="tozero", tickformat=".0%" if chart.share else ","),
            shapes=rules,
            annotations=notes,
        ),
    }


def rule_words(chart: Lines) -> list[str]:
    """What each numbered mark on the time axis stands for."""
    return [f"{count + 1}: {rule.label}, {day(rule.x)}" for count, rule in enumerate(chart.rules)]


def _faded(colour: str) -> str:
    return f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},0.18)"


def _inert(text: str) -> str:
    """Foreign text for plotly, which reads a few HTML tags in its labels."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@figure.register
def _(chart: Matrix) -> dict[str, Any]:
    shares = [[chart.share(r, c) for c in range(len(chart.columns))] for r in range(len(chart.rows))]
    text = [
        ["" if count is None else f"{words(count)}<br>{percent(share)}" for count, share in zip(line, row, strict=True)]
        for line, row in zip(chart.counts, shares, strict=True)
    ]
    return {
        "data": [
            {
                "type": "heatmap",
                "x": list(chart.columns),
                "y": [_inert(row) for row in chart.rows],
                "z": shares,
                "zmin": 0,
                "zmax": 1,
                "text": text,
                "texttemplate": "%{text}",
                "colorscale": [[0, "#FFFFFF"], [1, palette.DARK_BLUE]],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": "%{y}, %{x}: %{text}<extra></extra>",
            }
        ],
        "layout": _layout(
            90 + 44 * max(len(chart.rows), 1),
            xaxis=_axis(side="top"),
            yaxis=_axis(autorange="reversed"),
        ),
    }


@figure.register
def _(chart: Dots) -> dict[str, Any]:
    traces: list[dict[str, Any]] = []
    for place, key in enumerate(dict.fromkeys(dot.certainty for dot in chart.dots)):
        part = [dot for dot in chart.dots if dot.certainty == key]
        ranges = [
            (max((dot.high if dot.high is not None else dot.value) - dot.value, 0),
             max(dot.value - (dot.low if dot.low is not None else dot.value), 0))
            for dot in part
        ]  # fmt: skip
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": palette.WORDS.get(key, key),
                "x": [dot.value for dot in part],
                "y": [_inert(dot.label) for dot in part],
                "error_x": {
                    "type": "data", "symmetric": False, "array": [high for high, _ in ranges],
                    "arrayminus": [low for _, low in ranges], "thickness": 1.5,
                },
                "marker": {
                    "color": palette.colour(key, place), "size": 12, "symbol": SHAPES[place % len(SHAPES)],
                    "line": {"color": palette.DARK_GREY, "width": 1},
                },
                "customdata": [_inert(dot.path) for dot in part],
                "hovertemplate": "%{y}: %{x}<br>%{customdata}<extra></extra>",
            }
        )  # fmt: skip
    return {
        "data": traces,
        "layout": _layout(
            110 + 30 * max(len(chart.dots), 1),
            xaxis=_axis(title={"text": chart.unit}, rangemode="tozero"),
            yaxis=_axis(
                autorange="reversed",
                categoryorder="array",
                categoryarray=[_inert(dot.label) for dot in chart.dots],
            ),
        ),
    }


@figure.register
def _(chart: Timeline) -> dict[str, Any]:
    first, last = extent(chart)
    places = palette.places(chart.keys)
    traces = []
    for key, label in chart.keys.items():
        part = [(row, span) for row, span in enumerate(chart.spans) if span.key == key and (span.start or span.end)]
        if not part:
            continue
        xs: list[Any] = []
        ys: list[Any] = []
        text: list[Any] = []
        for row, span in part:
            note = _inert(f"{span.label}, {words(span.value_gbp)} GBP, {day(span.start)} to {day(span.end)}")
            xs += [span.start or first, span.end or last, None]
            ys += [row, row, None]
            text += [note, note, None]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label,
                "x": xs,
                "y": ys,
                "text": text,
                "line": {"color": palette.colour(key, places[key]), "width": 9},
                "marker": {"symbol": "line-ns", "size": 10},
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    return {
        "data": traces,
        "layout": _layout(
            110 + 26 * max(len(chart.spans), 1),
            xaxis=_axis(type="date"),
            yaxis=_axis(
                tickmode="array",
                tickvals=list(range(len(chart.spans))),
                ticktext=[_inert(_short(span.label)) for span in chart.spans],
                autorange="reversed",
                zeroline=False,
            ),
            shapes=[
                {
                    "type": "line", "x0": chart.on, "x1": chart.on, "y0": 0, "y1": 1, "yref": "paper",
                    "line": {"color": palette.INK, "width": 1, "dash": "dot"},
                }
            ],
        ),
    }  # fmt: skip


def extent(chart: Timeline) -> tuple[dt.date, dt.date]:
    """First and last day that a timeline draws."""
    days = [d for span in chart.spans for d in (span.start, span.end) if d] + [chart.on]
    return min(days), max(days)


def _short(text: str, most: int = 48) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


@figure.register
def _(chart: DotMap) -> dict[str, Any]:
    largest = max((point.size for point in chart.points), default=1) or 1
    places = palette.places(chart.keys)
    traces = []
    for key, label in chart.keys.items():
        part = [point for point in chart.placed if point.key == key]
        if part:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": label,
                    "x": [point.lon for point in part],
                    "y": [point.lat for point in part],
                    "text": [_inert(f"{point.label}: {point.words}") for point in part],
                    "marker": {
                        "color": palette.colour(key, places[key]),
                        "symbol": SHAPES[places[key]],
                        "size": [6 + 16 * (point.size / largest) ** 0.5 for point in part],
                        "opacity": 0.85,
                        "line": {"color": "#505A5F" if key in palette.GREYS else "#FFFFFF", "width": 1},
                    },
                    "hovertemplate": "%{text}<extra></extra>",
                }
            )
    return {
        "data": traces,
        "layout": _layout(
            760,
            xaxis=_axis(visible=False),
            # A degree of latitude is 1.7 times as long as one of longitude at 54 degrees north.
            yaxis=_axis(visible=False, scaleanchor="x", scaleratio=1.7),
        ),
    }
