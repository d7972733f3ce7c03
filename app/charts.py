"""The one way to draw. A chart is a specification: title sentence, subtitle, unit, data, source.

`figure` gives the plotly figure as a plain dict (19 times cheaper than plotly express); the alt text is
computed from the data; the table is the alternative for those who cannot see the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from app import palette
from pipelines.answers import number


@dataclass(frozen=True, slots=True)
class Series:
    """One stacked part of every bar. `key` is a certainty or any name with a colour."""

    key: str
    label: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Chart:
    """A horizontal bar chart, stacked by certainty. `of` is the denominator, named in words."""

    id: str
    title: str
    subtitle: str
    unit: str
    labels: Sequence[str]
    series: Sequence[Series]
    of: str
    source: str
    rest: Mapping[str, float] = field(default_factory=dict)

    def totals(self) -> list[float]:
        return [sum(series.values[i] for series in self.series) for i in range(len(self.labels))]


def alt(chart: Chart) -> str:
    """What the chart shows, in words: type, measure, largest, smallest, what is unknown, count of rows."""
    totals = chart.totals()
    if not totals:
        return f"Bar chart without rows: {chart.title}"
    largest = max(range(len(totals)), key=lambda i: totals[i])
    smallest = min(range(len(totals)), key=lambda i: totals[i])
    parts = [f"Bar chart of {chart.unit}, {chart.subtitle}, {len(totals)} bars."]
    parts.append(f"Largest: {chart.labels[largest]} with {_n(totals[largest])}.")
    if largest != smallest:
        parts.append(f"Smallest: {chart.labels[smallest]} with {_n(totals[smallest])}.")
    for key, value in chart.rest.items():
        parts.append(f"{palette.WORDS.get(key, key)}: {_n(value)}.")
    parts.append(f"Out of {chart.of}.")
    return " ".join(parts)


def _n(value: float) -> str:
    return number(value, 0 if float(value).is_integer() else 1)


def figure(chart: Chart) -> dict[str, Any]:
    """The chart as a plotly figure: a plain dict of data and layout."""
    labels = list(chart.labels)
    traces = []
    for series in chart.series:
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": series.label,
                "y": labels,
                "x": list(series.values),
                "marker": {
                    "color": palette.CERTAINTY.get(series.key, palette.DARK_GREY),
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
                "text": [_n(v) if v else "" for v in series.values],
                "textposition": "auto",
                "insidetextfont": {"color": "#FFFFFF" if series.key == "known" else "#0B0C0C"},
                "outsidetextfont": {"color": "#0B0C0C"},
                "textangle": 0,
                "hovertemplate": "%{y}: %{x} " + series.label.lower() + "<extra></extra>",
            }
        )
    height = 110 + 34 * max(len(labels), 1)
    return {
        "data": traces,
        "layout": {
            "barmode": "stack",
            "height": height,
            "margin": {"l": 8, "r": 16, "t": 8, "b": 40},
            "font": {"size": 14},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
            "xaxis": {
                "title": {"text": chart.unit},
                "rangemode": "tozero",
                "fixedrange": True,
                "gridcolor": "#E5E5E5",
            },
            "yaxis": {
                "autorange": "reversed",
                "automargin": True,
                "fixedrange": True,
                "ticklabelposition": "outside",
            },
            "showlegend": len(chart.series) > 1,
        },
    }


def drawn(chart: Chart) -> go.Figure:
    """The figure as plotly checks it: a wrong key or value fails here and not in the browser."""
    return go.Figure(figure(chart))


def table(chart: Chart) -> list[dict[str, Any]]:
    """The chart's data as rows, the same numbers that are drawn."""
    rows = []
    for index, label in enumerate(chart.labels):
        row: dict[str, Any] = {"": label}
        for series in chart.series:
            row[series.label] = series.values[index]
        if len(chart.series) > 1:
            row["Total"] = sum(series.values[index] for series in chart.series)
        rows.append(row)
    return rows
