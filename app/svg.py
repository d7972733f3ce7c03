"""The picture of a chart for pages without script: inline SVG from the same specification.

A picture is 400 units wide: it fills a phone and half a desktop page. What it is put together from stands in
app.svg_parts.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import math
from collections import Counter
from html import escape

from app import charts, palette
from app import svg_parts as parts
from app.charts import Bars, Chart, DotMap, Dots, Lines, Matrix, Timeline, words
from app.svg_parts import FONT, WIDTH, clip, short, ticks, wrap
from app.words import sentence
from pipelines.answers import percent, pounds


def draw(chart: Chart, burn: bool = False) -> str:
    """The picture. `burn` adds title and source line, for a file that travels without its page."""
    body, height = _body(chart)
    top = 0
    head = foot = ""
    if burn:
        lines = wrap(chart.title, 38, most=4)
        under = wrap(f"{sentence(chart.subtitle)} Of {chart.of}.", 62, most=5)
        top = 14 + 20 * len(lines) + 15 * len(under)
        head = "".join(parts.text(0, 18 + 20 * i, line, size=16, bold=True) for i, line in enumerate(lines))
        head += "".join(
            parts.text(0, 16 + 20 * len(lines) + 15 * i, line, size=12, quiet=True) for i, line in enumerate(under)
        )
        notes = [*wrap(f"Source: {chart.source}.", 70, most=4), *wrap(chart.licence, 70, most=3)]
        foot = "".join(parts.text(0, top + height + 16 + 15 * i, n, size=11, quiet=True) for i, n in enumerate(notes))
        height += 24 + 15 * len(notes)
    total = top + height
    shape = f'viewBox="0 0 {WIDTH} {short(total)}"' + (
        f' width="{2 * WIDTH}" height="{short(2 * total)}"' if burn else ""
    )
    paper = f'<rect width="{WIDTH}" height="{short(total)}" fill="#FFFFFF"/>' if burn else ""
    moved = f'<g transform="translate(0 {top})">{body}</g>' if top else body
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {shape} role="img" aria-label="{escape(charts.alt(chart))}" '
        f'font-family="system-ui,sans-serif" font-size="{FONT}">{paper}{head}{moved}{foot}</svg>'
    )


@functools.singledispatch
def _body(chart: Chart) -> tuple[str, float]:
    raise TypeError(f"no picture for {type(chart).__name__}")


@_body.register
def _(chart: Bars) -> tuple[str, float]:
    out = [parts.patterns(chart.id, [series.key for series in chart.series])]
    y = 0.0
    places = palette.places(series.key for series in chart.series)
    used = [(s.key, s.label, places[s.key]) for s in chart.series if any(s.values)]
    if len(used) > 1 or any(key in palette.PATTERN and key != "known" for key, _, _ in used):
        legend, y = parts.legend(used, chart.id)
        out.append(legend)
    totals = chart.totals()
    most = max(totals, default=0) or 1
    for row, label in enumerate(chart.labels):
        value = words(totals[row], chart)
        told, more = parts.line(y, label, value)
        out.append(told)
        y += more
        out.append(f'<rect y="{short(y + 20)}" width="{WIDTH}" height="14" fill="#F3F2F1" class="track"/>')
        x = 0.0
        for series in chart.series:
            width = series.values[row] / most * WIDTH
            if series.values[row]:
                out.append(
                    parts.rect(x, y + 20, width - (1 if width > 3 else 0), 14, series.key, places[series.key], chart.id)
                )
            x += width
        y += 44
    return "".join(out), y


@_body.register
def _(chart: Lines) -> tuple[str, float]:
    out = []
    top = 0.0
    places = palette.places(line.label for line in chart.lines)
    if len(chart.lines) > 1:
        legend, top = parts.legend([(line.label, line.label, places[line.label]) for line in chart.lines], chart.id)
        out.append(legend)
    left, right, height = 52, 10, 230
    plot = WIDTH - left - right
    xs = [_x(x) for line in chart.lines for x in line.xs] + [_x(rule.x) for rule in chart.rules]
    ys = [y for line in chart.lines for y in (*line.ys, *line.high) if y is not None]
    if not xs or not ys:
        return "", 0
    first, last = min(xs), max(xs)
    steps = ticks(max(ys))
    if chart.share:
        steps = [s for s in steps if s <= 1.0001] or steps

    def px(x: charts.X) -> float:
        return left + (plot * (_x(x) - first) / (last - first) if last > first else plot / 2)

    def py(y: float) -> float:
        return top + 12 + (height - 12) * (1 - min(y, steps[-1]) / steps[-1])

    for step in steps:
        out.append(f'<path d="M{left} {short(py(step))}h{plot}" stroke="#D9D9D9" class="grid"/>')
        shown = percent(step) if chart.share else words(step, chart)
        out.append(parts.text(left - 6, py(step) + 4, shown, size=12, anchor="end", quiet=True))
    level, before = 0, -99.0
    for count, rule in enumerate(chart.rules):
        mark_x = px(rule.x)
        # Marks that stand close together take turns in height, so that their numbers can be read.
        level, before = ((level + 1) % 3 if mark_x - before < 16 else 0), mark_x
        mark_y = top + 8 + 17 * level
        out.append(f'<path d="M{short(mark_x)} {short(mark_y)}V{short(top + height)}" stroke="#505A5F" stroke-dasharray="3 3" class="rule"/>')  # fmt: skip
        out.append(f'<circle cx="{short(mark_x)}" cy="{short(mark_y)}" r="8" fill="#505A5F" class="mark"/>')
        out.append(parts.text(mark_x, mark_y + 4, str(count + 1), size=11, anchor="middle", light=True))
    for place, line in enumerate(chart.lines):
        own = places[line.label]
        colour, name = palette.LIGHT.colour(line.label, own), palette.css_class(line.label, own)
        if line.low:
            held = [i for i, low in enumerate(line.low) if low is not None and line.high[i] is not None]
            edge = [f"{short(px(line.xs[i]))} {short(py(line.low[i] or 0))}" for i in held]
            edge += [f"{short(px(line.xs[i]))} {short(py(line.high[i] or 0))}" for i in reversed(held)]
            if edge:
                out.append(f'<path d="M{"L".join(edge)}z" fill="{colour}" class="{name}" opacity="0.18"/>')
        path, pen = [], "M"
        for x, y in zip(line.xs, line.ys, strict=True):
            if y is None:
                pen = "M"
                continue
            path.append(f"{pen}{short(px(x))} {short(py(y))}")
            pen = "L"
        dash = ("", "7 4", "2 3", "9 3 2 3")[place % 4]
        out.append(
            f'<path d="{"".join(path)}" fill="none" stroke="{colour}" class="s-{name[2:]}" stroke-width="2.5"'
            + (f' stroke-dasharray="{dash}"' if dash else "")
            + "/>"
        )
    bottom = top + height
    out.append(f'<path d="M{left} {short(bottom)}h{plot}" stroke="#505A5F" class="rule"/>')
    for x in _x_ticks(chart):
        out.append(parts.text(px(x), bottom + 18, _tick_words(x), size=12, anchor="middle", quiet=True))
    out.append(parts.text(left + plot / 2, bottom + 38, chart.x_label, size=13, anchor="middle"))
    bottom += 46
    for told in charts.rule_words(chart):
        for part in wrap(told, 62):
            out.append(parts.text(0, bottom + 12, part, size=12, quiet=True))
            bottom += 16
    return "".join(out), bottom + (4 if chart.rules else 0)


def _x(x: charts.X) -> float:
    return float(x.toordinal()) if isinstance(x, dt.date) else float(x)


def _x_ticks(chart: Lines) -> list[charts.X]:
    xs = sorted({x for line in chart.lines for x in line.xs}, key=_x)
    if isinstance(xs[0], dt.date):
        years = sorted({x.year for x in xs if isinstance(x, dt.date)})
        every = max(1, math.ceil(len(years) / 6))
        found = [min(x for x in xs if isinstance(x, dt.date) and x.year == year) for year in years[::every]]
        return list(found)
    first, last = _x(xs[0]), _x(xs[-1])
    return [t for t in ticks(last, 5) if first <= t <= last]


def _tick_words(x: charts.X) -> str:
    return str(x.year) if isinstance(x, dt.date) else f"{x:g}"


@_body.register
def _(chart: Matrix) -> tuple[str, float]:
    if not chart.rows:
        return "", 0
    left, head = 104, 84
    # The last column's slanted name needs room to the right of it.
    cell = (WIDTH - left - 58) / max(len(chart.columns), 1)
    wide, high = min(cell, 64.0), 38
    out = [
        parts.text(left + wide * (i + 0.5) + 4, head - 8, clip(name, 16), size=12, turn=-40)
        for i, name in enumerate(chart.columns)
    ]
    for row, name in enumerate(chart.rows):
        y = head + row * high
        for i, line in enumerate(wrap(name, 15)):
            out.append(parts.text(0, y + (16 if len(name) > 15 else 23) + 15 * i, line, size=12))
        for column in range(len(chart.columns)):
            count, share = chart.counts[row][column], chart.share(row, column)
            x = left + column * wide
            if count is None:
                out.append(f'<rect x="{short(x)}" y="{y}" width="{short(wide - 2)}" height="{high - 2}" fill="none" stroke="#D9D9D9" class="grid" stroke-dasharray="2 3"/>')  # fmt: skip
                continue
            over = 0.12 + 0.88 * share if share else 0
            out.append(f'<rect x="{short(x)}" y="{y}" width="{short(wide - 2)}" height="{high - 2}" fill="#F3F2F1" class="track"/>')  # fmt: skip
            if over:
                out.append(f'<rect x="{short(x)}" y="{y}" width="{short(wide - 2)}" height="{high - 2}" fill="{palette.DARK_BLUE}" class="c-cell" fill-opacity="{over:.2f}"/>')  # fmt: skip
            middle = x + wide / 2 - 1
            light = palette.letters(palette.mixed("#F3F2F1", palette.DARK_BLUE, over)) == "#FFFFFF"
            size = 12 if wide > 34 else 10
            out.append(parts.text(middle, y + 16, words(count), size=size, anchor="middle", bold=True, light=light))
            if share is not None and count:
                out.append(parts.text(middle, y + 30, percent(share).replace("under ", "<"), size=size - 1, anchor="middle", light=light))  # fmt: skip
    return "".join(out), head + high * len(chart.rows)


@_body.register
def _(chart: Dots) -> tuple[str, float]:
    places = {key: i for i, key in enumerate(dict.fromkeys(dot.certainty for dot in chart.dots))}
    legend, y = parts.legend([(k, palette.WORDS.get(k, k), i) for k, i in places.items()], chart.id, shapes=True)
    out = [legend if len(places) > 1 else ""]
    y = y if len(places) > 1 else 0.0
    most = max((dot.high or dot.value for dot in chart.dots), default=1) or 1
    for dot in chart.dots:
        value = words(dot.value, chart)
        if dot.low is not None and dot.high is not None and dot.low != dot.high:
            value += f" ({words(dot.low, chart)} to {words(dot.high, chart)})"
        told, more = parts.line(y, dot.label, value)
        out.append(told)
        y += more
        line = y + 27
        out.append(f'<path d="M0 {short(line)}H{WIDTH}" stroke="#D9D9D9" class="grid"/>')
        if dot.low is not None and dot.high is not None:
            x0, x1 = 6 + dot.low / most * (WIDTH - 12), 6 + dot.high / most * (WIDTH - 12)
            out.append(
                f'<path d="M{short(x0)} {short(line)}H{short(x1)}" stroke="#505A5F" class="rule" stroke-width="3"/>'
            )
        at = places[dot.certainty]
        out.append(parts.marks(dot.certainty, at, [parts.mark(6 + dot.value / most * (WIDTH - 12), line, 5.5, at)]))
        y += 40
        if dot.path:
            for part in wrap(dot.path, 62, most=3):
                out.append(parts.text(0, y + 8, part, size=12, quiet=True))
                y += 15
            y += 6
    return "".join(out), y


@_body.register
def _(chart: Timeline) -> tuple[str, float]:
    if not chart.spans:
        return "", 0
    place_of = palette.places(chart.keys)
    used = [(k, label, place_of[k]) for k, label in chart.keys.items() if any(s.key == k for s in chart.spans)]
    legend, y = parts.legend(used, chart.id)
    out = [legend]
    first, last = charts.extent(chart)
    days = max((last - first).days, 1)

    def px(day: dt.date) -> float:
        return 4 + (WIDTH - 8) * (day - first).days / days

    years = list(range(first.year, last.year + 1))
    every = max(1, math.ceil(len(years) / 8))
    starts = [dt.date(year, 1, 1) for year in years[::every] if dt.date(year, 1, 1) >= first] or [first]
    now = px(chart.on)
    for span in chart.spans:
        value = pounds(span.value_gbp) if span.value_gbp is not None else "value unknown"
        known = span.value_gbp is not None
        told, more = parts.line(y, span.label, value, bold=known, quiet=not known)
        out.append(told)
        y += more
        bar = y + 20
        out.extend(f'<path d="M{short(px(day))} {short(bar - 2)}v14" stroke="#D9D9D9" class="grid"/>' for day in starts)
        if span.start is None and span.end is None:
            out.append(parts.text(0, bar + 11, "no dates in our sources", size=12, quiet=True))
        else:
            x0, x1 = px(span.start or first), px(span.end or last)
            out.append(parts.rect(x0, bar, x1 - x0, 10, span.key, place_of[span.key], chart.id))
            if span.end is None:
                out.append(f'<path d="M{short(x1 - 12)} {short(bar)}v10M{short(x1 - 8)} {short(bar)}v10M{short(x1 - 4)} {short(bar)}v10" stroke="#FFFFFF" class="paper" stroke-width="2"/>')  # fmt: skip
        out.append(f'<path d="M{short(now)} {short(bar - 1)}v15" stroke="{palette.INK}" class="now" stroke-width="2"/>')
        y += 42
    out.extend(parts.text(px(day), y + 14, str(day.year), size=12, anchor="middle", quiet=True) for day in starts)
    anchor = "end" if now > WIDTH / 2 else "start"
    out.append(parts.text(now, y + 32, f"| evidence up to {charts.day(chart.on)}", size=12, anchor=anchor))
    return "".join(out), y + 40


@_body.register
def _(chart: DotMap) -> tuple[str, float]:
    placed = [(p, p.lon, p.lat) for p in chart.points if p.lon is not None and p.lat is not None]
    if not placed:
        return "", 0
    place_of = palette.places(chart.keys)
    used = [
        (k, f"{label} ({sum(1 for p in chart.points if p.key == k)})", place_of[k])
        for k, label in chart.keys.items()
        if any(p.key == k for p in chart.points)
    ]
    legend, top = parts.legend(used, chart.id, shapes=True)
    lons, lats = [lon for _, lon, _ in placed], [lat for _, _, lat in placed]
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    # An equirectangular map, true to scale in its middle: a degree of longitude shrinks with the latitude.
    shrink = math.cos(math.radians((south + north) / 2))
    scale = min((WIDTH - 30) / ((east - west) * shrink or 1), 560 / ((north - south) or 1))
    largest = max((p.size or 0 for p in chart.points), default=1) or 1
    out = [legend]
    left = (WIDTH - (east - west) * shrink * scale) / 2
    # The common answer first and large dots first, so that what is rare or small lies on top and stays visible.
    several = Counter(point.key for point in chart.points)
    inked = sorted(placed, key=lambda p: (-several[p[0].key], p[0].key, -(p[0].size or 0), p[0].label))
    for key, dots in itertools.groupby(inked, key=lambda p: p[0].key):
        shapes = []
        for point, lon, lat in dots:
            # Whole units: a third of a unit shows on no screen, and there are hundreds of places.
            x = round(left + (lon - west) * shrink * scale)
            y = round(top + 12 + (north - lat) * scale)
            r = 2.5 + 6 * math.sqrt(max(point.size or 0, 0) / largest)
            # Colour, shape and legend name the category: a note says what they do not.
            note = point.words.removeprefix(chart.keys.get(key, "")).removeprefix(", ")
            shapes.append(parts.mark(x, y, r, place_of[key], f"{point.label}: {note}" if note else point.label))
        out.append(parts.marks(key, place_of[key], shapes))
    return "".join(out), top + 24 + (north - south) * scale
