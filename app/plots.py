"""The plotly figure of a chart, as a plain dict: 19 times cheaper than plotly express."""

from __future__ import annotations

import functools
import textwrap
from typing import Any

import plotly.graph_objects as go

from app import palette
from app.charts import SHAPES, Bars, Chart, DotMap, Dots, Lines, Matrix, Timeline, day, extent, words
from app.palette import LIGHT, Scheme
from pipelines.answers import percent

# Letters of a label in one line.
LINE = 24
# Up to so many things an axis counts them one by one.
FEW = 6


def _layout(scheme: Scheme, height: int, **more: Any) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 8, "b": 40},
        "font": {"size": 14, "color": scheme.ink},
        "paper_bgcolor": scheme.paper,
        "plot_bgcolor": scheme.paper,
        "legend": {
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
            "font": {"size": 13},
        },
        **more,
    }


def _axis(scheme: Scheme, **more: Any) -> dict[str, Any]:
    return {
        "fixedrange": True,
        "gridcolor": scheme.grid,
        "zerolinecolor": scheme.quiet,
        "automargin": True,
        **more,
    }


@functools.singledispatch
def figure(chart: Chart, scheme: Scheme = LIGHT) -> dict[str, Any]:
    """The chart as a plotly figure in the colours of its ground: a plain dict of data and layout."""
    raise TypeError(f"no figure for {type(chart).__name__}")


def drawn(chart: Chart, scheme: Scheme = LIGHT) -> go.Figure:
    """The figure as plotly checks it: a wrong key or value fails here and not in the browser."""
    return go.Figure(figure(chart, scheme))


@figure.register
def _(chart: Bars, scheme: Scheme = LIGHT) -> dict[str, Any]:
    labels = [_lines(label) for label in chart.labels]
    money = chart.unit == "GBP"
    most = max((sum(values) for values in zip(*(s.values for s in chart.series), strict=True)), default=0)
    places = palette.places(series.key for series in chart.series)
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": series.label,
            "y": labels,
            "x": list(series.values),
            "marker": {
                "color": scheme.colour(series.key, places[series.key]),
                "line": {"color": scheme.quiet if series.key in palette.GREYS else scheme.paper, "width": 1},
                "pattern": {
                    "shape": palette.PATTERN.get(series.key, ""),
                    "size": 8,
                    "solidity": 0.2,
                    "fillmode": "overlay",
                    "fgcolor": scheme.grain if series.key in palette.GREYS else "#FFFFFF",
                    "fgopacity": 0.5,
                },
            },
            "text": [words(v, chart) if v else "" for v in series.values],
            # Dots and crosses stand in the way of a number; what they fill has its row to itself.
            "textposition": "outside" if series.key in palette.GREYS else "auto",
            "insidetextfont": {"color": palette.letters(scheme.colour(series.key, places[series.key]))},
            "outsidetextfont": {"color": scheme.ink},
            "textangle": 0,
            "cliponaxis": False,
            "hovertemplate": "%{y}: %{x} " + series.label.lower() + "<extra></extra>",
        }
        for series in chart.series
    ]
    return {
        "data": traces,
        "layout": _layout(
            scheme,
            # On a telephone each word of the legend has a line of its own.
            110 + 34 * max(len(labels), 1) + 14 * (len(chart.series) - 1),
            barmode="stack",
            showlegend=len(chart.series) > 1,
            # Room for a number that stands behind a bar as long as the longest.
            margin={"l": 8, "r": 44, "t": 8, "b": 40},
            # Each bar says its pounds; of a few things there are whole ones only.
            xaxis=_axis(
                scheme,
                title={"text": "" if money else chart.unit},
                rangemode="tozero",
                showticklabels=not money,
                **({"dtick": 1} if 0 < most <= FEW and not money else {}),
            ),
            yaxis=_axis(scheme, autorange="reversed", ticklabelposition="outside"),
        ),
    }


@figure.register
def _(chart: Lines, scheme: Scheme = LIGHT) -> dict[str, Any]:
    traces: list[dict[str, Any]] = []
    places = palette.places(line.label for line in chart.lines)
    for place, line in enumerate(chart.lines):
        colour = scheme.colour(line.label, places[line.label])
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
                    "fillcolor": palette.faded(colour, 0.18),
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
            "line": {"color": scheme.quiet, "width": 1, "dash": "dot"},
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
            scheme,
            380,
            showlegend=len(chart.lines) > 1,
            xaxis=_axis(scheme, title={"text": chart.x_label}),
            yaxis=_axis(
                scheme, title={"text": chart.unit}, rangemode="tozero", tickformat=".0%" if chart.share else ","
            ),
            shapes=rules,
            annotations=notes,
        ),
    }


def _lines(text: str, most: int | None = None) -> str:
    """A label in lines that leave room for the picture beside them on a telephone; `most` cuts what is longer."""
    return "<br>".join(_inert(line) for line in textwrap.wrap(text, LINE, max_lines=most, placeholder="…")) or text


def _inert(text: str) -> str:
    """Foreign text for plotly, which reads a few HTML tags in its labels."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@figure.register
def _(chart: Matrix, scheme: Scheme = LIGHT) -> dict[str, Any]:
    shares = [[chart.share(r, c) for c in range(len(chart.columns))] for r in range(len(chart.rows))]
    # A cell is narrow on a telephone: "<1%" says "under 1%".
    text = [
        [
            ""
            if count is None
            else words(count) + (f"<br>{_inert(percent(share).replace('under ', '<'))}" if count else "")
            for count, share in zip(line, row, strict=True)
        ]
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
                "colorscale": [[0, scheme.paper], [1, scheme.cell]],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": "%{y}, %{x}: %{text}<extra></extra>",
            }
        ],
        "layout": _layout(
            scheme,
            50 + 44 * max(len(chart.rows), 1),
            margin={"l": 8, "r": 16, "t": 8, "b": 8},
            xaxis=_axis(scheme, side="top", showgrid=False),
            yaxis=_axis(scheme, autorange="reversed", showgrid=False),
            annotations=[
                {
                    "x": column, "y": row, "text": note, "showarrow": False,
                    "font": {"size": 12, "color": palette.letters(palette.mixed(scheme.paper, scheme.cell, share or 0))},
                }
                for row, (notes, line) in enumerate(zip(text, shares, strict=True))
                for column, (note, share) in enumerate(zip(notes, line, strict=True))
                if note
            ],
        ),
    }  # fmt: skip


@figure.register
def _(chart: Dots, scheme: Scheme = LIGHT) -> dict[str, Any]:
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
                "y": [_lines(dot.label) for dot in part],
                "error_x": {
                    "type": "data", "symmetric": False, "array": [high for high, _ in ranges],
                    "arrayminus": [low for _, low in ranges], "thickness": 1.5,
                },
                "marker": {
                    "color": scheme.colour(key, place), "size": 12, "symbol": SHAPES[place % len(SHAPES)],
                    "line": {"color": scheme.quiet, "width": 1},
                },
                "customdata": [_inert(dot.path) for dot in part],
                "hovertemplate": "%{y}: %{x}<br>%{customdata}<extra></extra>",
            }
        )  # fmt: skip
    return {
        "data": traces,
        "layout": _layout(
            scheme,
            110 + 30 * max(len(chart.dots), 1),
            xaxis=_axis(
                scheme,
                title={"text": chart.unit},
                rangemode="tozero",
                tickformat=".0%" if chart.unit == "share" else "",
            ),
            yaxis=_axis(
                scheme,
                autorange="reversed",
                categoryorder="array",
                categoryarray=[_lines(dot.label) for dot in chart.dots],
            ),
        ),
    }


@figure.register
def _(chart: Timeline, scheme: Scheme = LIGHT) -> dict[str, Any]:
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
                "line": {"color": scheme.colour(key, places[key]), "width": 9},
                "marker": {"symbol": "line-ns", "size": 10},
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    return {
        "data": traces,
        "layout": _layout(
            scheme,
            110 + 42 * max(len(chart.spans), 1),
            xaxis=_axis(scheme, type="date"),
            yaxis=_axis(
                scheme,
                tickmode="array",
                tickvals=list(range(len(chart.spans))),
                ticktext=[_lines(span.label, 2) for span in chart.spans],
                autorange="reversed",
                zeroline=False,
            ),
            shapes=[
                {
                    "type": "line", "x0": chart.on, "x1": chart.on, "y0": 0, "y1": 1, "yref": "paper",
                    "line": {"color": scheme.ink, "width": 1, "dash": "dot"},
                }
            ],
        ),
    }  # fmt: skip


@figure.register
def _(chart: DotMap, scheme: Scheme = LIGHT) -> dict[str, Any]:
    largest = max((point.size or 0 for point in chart.points), default=1) or 1
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
                        "color": scheme.colour(key, places[key]),
                        "symbol": SHAPES[places[key]],
                        "size": [6 + 16 * ((point.size or 0) / largest) ** 0.5 for point in part],
                        "opacity": 0.85,
                        "line": {"color": scheme.quiet if key in palette.GREYS else scheme.paper, "width": 1},
                    },
                    "hovertemplate": "%{text}<extra></extra>",
                }
            )
    return {
        "data": traces,
        "layout": _layout(
            scheme,
            760,
            xaxis=_axis(scheme, visible=False),
            # A degree of latitude is 1.7 times as long as one of longitude at 54 degrees north.
            yaxis=_axis(scheme, visible=False, scaleanchor="x", scaleratio=1.7),
        ),
    }
