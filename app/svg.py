"""The picture of a chart for pages without script: inline SVG from the same specification.

Colours stand as attributes, so that a saved file keeps them, and as classes, so that a page in dark mode can
change them. Every text is escaped. A picture is 400 units wide: it fills a phone and half a desktop page.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from app import charts, palette
from app.charts import Bars, Chart, DotMap, Dots, Lines, Matrix, Timeline, words
from app.words import sentence
from pipelines.answers import percent, pounds

WIDTH = 400
_FONT = 14
_LETTER = 0.57  # mean width of a letter, in parts of the font size


def draw(chart: Chart, burn: bool = False) -> str:
    """The picture. `burn` adds title and source line, for a file that travels without its page."""
    body, height = _body(chart)
    top = 0
    head = foot = ""
    if burn:
        lines = wrap(chart.title, 38, most=4)
        under = wrap(f"{sentence(chart.subtitle)} Of {chart.of}.", 62, most=5)
        top = 14 + 20 * len(lines) + 15 * len(under)
        head = "".join(_text(0, 18 + 20 * i, line, size=16, bold=True) for i, line in enumerate(lines))
        head += "".join(
            _text(0, 16 + 20 * len(lines) + 15 * i, line, size=12, quiet=True) for i, line in enumerate(under)
        )
        notes = [*wrap(f"Source: {chart.source}.", 70, most=4), *wrap(chart.licence, 70, most=3)]
        foot = "".join(_text(0, top + height + 16 + 15 * i, n, size=11, quiet=True) for i, n in enumerate(notes))
        height += 24 + 15 * len(notes)
    total = top + height
    shape = f'viewBox="0 0 {WIDTH} {_n(total)}"' + (f' width="{2 * WIDTH}" height="{_n(2 * total)}"' if burn else "")
    paper = f'<rect width="{WIDTH}" height="{_n(total)}" fill="#FFFFFF"/>' if burn else ""
    moved = f'<g transform="translate(0 {top})">{body}</g>' if top else body
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {shape} role="img" aria-label="{escape(charts.alt(chart))}" '
        f'font-family="system-ui,sans-serif" font-size="{_FONT}">{paper}{head}{moved}{foot}</svg>'
    )


@functools.singledispatch
def _body(chart: Chart) -> tuple[str, float]:
    raise TypeError(f"no picture for {type(chart).__name__}")


# -- parts -------------------------------------------------------------------------------------------------


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _from_left(value: float) -> str:
    """A place from the left; at the edge nothing needs saying."""
    return f' x="{_n(value)}"' if _n(value) != "0" else ""


def _text(
    x: float,
    y: float,
    text: str,
    size: int = _FONT,
    anchor: str = "",
    bold: bool = False,
    quiet: bool = False,
    turn: int = 0,
    light: bool = False,
) -> str:
    fill = "#FFFFFF" if light else "#505A5F" if quiet else palette.INK
    name = "t-light" if light else "t-quiet" if quiet else "t"
    more = (f' text-anchor="{anchor}"' if anchor else "") + (' font-weight="700"' if bold else "")
    if turn:
        more += f' transform="rotate({turn} {_n(x)} {_n(y)})"'
    if size != _FONT:
        more = f' font-size="{size}"{more}'
    return f'<text{_from_left(x)} y="{_n(y)}" fill="{fill}" class="{name}"{more}>{escape(text)}</text>'


def _rect(x: float, y: float, w: float, h: float, key: str, place: int, chart_id: str) -> str:
    """A box in its colour, with its certainty's pattern on it."""
    out = (
        f'<rect{_from_left(x)} y="{_n(y)}" width="{_n(max(w, 0.5))}" height="{_n(h)}" '
        f'fill="{palette.colour(key, place)}" class="{palette.css_class(key, place)}"/>'
    )
    if palette.PATTERN.get(key):
        out += f'<rect{_from_left(x)} y="{_n(y)}" width="{_n(max(w, 0.5))}" height="{_n(h)}" fill="url(#{chart_id}-{key})"/>'
    return out


def _patterns(chart_id: str, keys: Sequence[str]) -> str:
    shapes = {
        "/": '<path d="M-1 5L5 -1M1 9L9 1" stroke="#FFFFFF" stroke-width="1.2"/>',
        ".": '<circle cx="2" cy="2" r="1.1" fill="#505A5F"/><circle cx="6" cy="6" r="1.1" fill="#505A5F"/>',
        "x": '<path d="M0 0L8 8M8 0L0 8" stroke="#505A5F" stroke-width="0.9"/>',
    }
    made = [
        f'<pattern id="{chart_id}-{key}" width="8" height="8" patternUnits="userSpaceOnUse">{shapes[palette.PATTERN[key]]}</pattern>'
        for key in dict.fromkeys(keys)
        if palette.PATTERN.get(key)
    ]
    return f"<defs>{''.join(made)}</defs>" if made else ""


def _legend(entries: Sequence[tuple[str, str, int]], chart_id: str, shapes: bool = False) -> tuple[str, float]:
    """Boxes or shapes with their words, flowing over lines. (key, label, place) each."""
    out = []
    x, y = 0.0, 0.0
    for key, label, place in entries:
        label = clip(label, 40)
        width = 22 + len(label) * 13 * _LETTER + 16
        if x and x + width > WIDTH + 10:
            x, y = 0.0, y + 20
        if shapes:
            out.append(_marks(key, place, [_mark(x + 7, y + 8, 5.5, place)]))
        else:
            out.append(_rect(x, y + 2, 14, 12, key, place, chart_id))
        out.append(_text(x + 20, y + 13, label, size=13))
        x += width
    return "".join(out), y + 26


def _marks(key: str, place: int, shapes: Iterable[str]) -> str:
    """Dots of one category in its colour, which is said once for all of them."""
    edge = "edge-strong" if key in palette.GREYS else "edge"
    return (
        f'<g fill="{palette.colour(key, place)}" class="{palette.css_class(key, place)} {edge}">{"".join(shapes)}</g>'
    )


def _mark(x: float, y: float, r: float, place: int, note: str = "") -> str:
    """A dot in its category's shape."""
    shape = charts.SHAPES[place % len(charts.SHAPES)]
    title = f"<title>{escape(note)}</title>" if note else ""
    close = f">{title}</" if note else "/"
    if shape == "square":
        body, name = f'x="{_n(x - r * 0.9)}" y="{_n(y - r * 0.9)}" width="{_n(r * 1.8)}" height="{_n(r * 1.8)}"', "rect"
    elif shape == "diamond":
        body, name = f'd="M{_n(x)} {_n(y - r * 1.2)}l{_n(r * 1.2)} {_n(r * 1.2)}l{_n(-r * 1.2)} {_n(r * 1.2)}l{_n(-r * 1.2)} {_n(-r * 1.2)}z"', "path"  # fmt: skip
    elif shape == "triangle-up":
        body, name = f'd="M{_n(x)} {_n(y - r * 1.1)}l{_n(r * 1.1)} {_n(r * 2)}h{_n(-r * 2.2)}z"', "path"
    elif shape == "cross":
        a = r * 0.4
        body, name = f'd="M{_n(x - a)} {_n(y - r)}h{_n(2 * a)}v{_n(r - a)}h{_n(r - a)}v{_n(2 * a)}h{_n(a - r)}v{_n(r - a)}h{_n(-2 * a)}v{_n(a - r)}h{_n(a - r)}v{_n(-2 * a)}h{_n(r - a)}z"', "path"  # fmt: skip
    else:
        body, name = f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}"', "circle"
    return f"<{name} {body}{close}{name + '>' if note else '>'}"


def clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def wrap(text: str, width: int, most: int = 2) -> list[str]:
    """Text in lines of at most `width` letters; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        elif len(lines) == most:
            lines[-1] = clip(lines[-1] + " " + word, width)
            if lines[-1].endswith("…"):
                break
        else:
            lines.append(clip(word, width))
    return lines


def ticks(most: float, wanted: int = 4) -> list[float]:
    """Round steps from zero that reach `most`."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / wanted
    size = 10 ** math.floor(math.log10(raw))
    step = next(s * size for s in (1, 2, 2.5, 5, 10) if s * size >= raw)
    return [step * i for i in range(math.ceil(most / step) + 1)]


# -- kinds -------------------------------------------------------------------------------------------------


@_body.register
def _(chart: Bars) -> tuple[str, float]:
    out = [_patterns(chart.id, [series.key for series in chart.series])]
    y = 0.0
    places = palette.places(series.key for series in chart.series)
    used = [(s.key, s.label, places[s.key]) for s in chart.series if any(s.values)]
    if len(used) > 1 or any(key in palette.PATTERN and key != "known" for key, _, _ in used):
        legend, y = _legend(used, chart.id)
        out.append(legend)
    totals = chart.totals()
    most = max(totals, default=0) or 1
    for row, label in enumerate(chart.labels):
        value = words(totals[row], chart)
        out.append(_text(0, y + 14, clip(label, int((WIDTH - 12 - len(value) * 9) / (_FONT * _LETTER)))))
        out.append(_text(WIDTH, y + 14, value, anchor="end", bold=True))
        out.append(f'<rect y="{_n(y + 20)}" width="{WIDTH}" height="14" fill="#F3F2F1" class="track"/>')
        x = 0.0
        for series in chart.series:
            width = series.values[row] / most * WIDTH
            if series.values[row]:
                out.append(
                    _rect(x, y + 20, width - (1 if width > 3 else 0), 14, series.key, places[series.key], chart.id)
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
        legend, top = _legend([(line.label, line.label, places[line.label]) for line in chart.lines], chart.id)
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
        out.append(f'<path d="M{left} {_n(py(step))}h{plot}" stroke="#D9D9D9" class="grid"/>')
        shown = percent(step) if chart.share else words(step, chart)
        out.append(_text(left - 6, py(step) + 4, shown, size=12, anchor="end", quiet=True))
    level, before = 0, -99.0
    for count, rule in enumerate(chart.rules):
        mark_x = px(rule.x)
        # Marks that stand close together take turns in height, so that their numbers can be read.
        level, before = ((level + 1) % 3 if mark_x - before < 16 else 0), mark_x
        mark_y = top + 8 + 17 * level
        out.append(f'<path d="M{_n(mark_x)} {_n(mark_y)}V{_n(top + height)}" stroke="#505A5F" stroke-dasharray="3 3" class="rule"/>')  # fmt: skip
        out.append(f'<circle cx="{_n(mark_x)}" cy="{_n(mark_y)}" r="8" fill="#505A5F" class="mark"/>')
        out.append(_text(mark_x, mark_y + 4, str(count + 1), size=11, anchor="middle", light=True))
    for place, line in enumerate(chart.lines):
        own = places[line.label]
        colour, name = palette.colour(line.label, own), palette.css_class(line.label, own)
        if line.low:
            held = [i for i, low in enumerate(line.low) if low is not None and line.high[i] is not None]
            edge = [f"{_n(px(line.xs[i]))} {_n(py(line.low[i] or 0))}" for i in held]
            edge += [f"{_n(px(line.xs[i]))} {_n(py(line.high[i] or 0))}" for i in reversed(held)]
            if edge:
                out.append(f'<path d="M{"L".join(edge)}z" fill="{colour}" class="{name}" opacity="0.18"/>')
        path, pen = [], "M"
        for x, y in zip(line.xs, line.ys, strict=True):
            if y is None:
                pen = "M"
                continue
            path.append(f"{pen}{_n(px(x))} {_n(py(y))}")
            pen = "L"
        dash = ("", "7 4", "2 3", "9 3 2 3")[place % 4]
        out.append(
            f'<path d="{"".join(path)}" fill="none" stroke="{colour}" class="s-{name[2:]}" stroke-width="2.5"'
            + (f' stroke-dasharray="{dash}"' if dash else "")
            + "/>"
        )
    bottom = top + height
    out.append(f'<path d="M{left} {_n(bottom)}h{plot}" stroke="#505A5F" class="rule"/>')
    for x in _x_ticks(chart):
        out.append(_text(px(x), bottom + 18, _tick_words(x), size=12, anchor="middle", quiet=True))
    out.append(_text(left + plot / 2, bottom + 38, chart.x_label, size=13, anchor="middle"))
    bottom += 46
    for told in charts.rule_words(chart):
        for part in wrap(told, 62):
            out.append(_text(0, bottom + 12, part, size=12, quiet=True))
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
        _text(left + wide * (i + 0.5) + 4, head - 8, clip(name, 16), size=12, turn=-40)
        for i, name in enumerate(chart.columns)
    ]
    for row, name in enumerate(chart.rows):
        y = head + row * high
        for i, line in enumerate(wrap(name, 15)):
            out.append(_text(0, y + (16 if len(name) > 15 else 23) + 15 * i, line, size=12))
        for column in range(len(chart.columns)):
            count, share = chart.counts[row][column], chart.share(row, column)
            x = left + column * wide
            if count is None:
                out.append(f'<rect x="{_n(x)}" y="{y}" width="{_n(wide - 2)}" height="{high - 2}" fill="none" stroke="#D9D9D9" class="grid" stroke-dasharray="2 3"/>')  # fmt: skip
                continue
            strong = share or 0
            out.append(f'<rect x="{_n(x)}" y="{y}" width="{_n(wide - 2)}" height="{high - 2}" fill="#F3F2F1" class="track"/>')  # fmt: skip
            if strong:
                out.append(f'<rect x="{_n(x)}" y="{y}" width="{_n(wide - 2)}" height="{high - 2}" fill="{palette.DARK_BLUE}" class="c-cell" fill-opacity="{0.12 + 0.88 * strong:.2f}"/>')  # fmt: skip
            middle = x + wide / 2 - 1
            light = strong > 0.45
            size = 12 if wide > 34 else 10
            out.append(_text(middle, y + 16, words(count), size=size, anchor="middle", bold=True, light=light))
            if share is not None and count:
                out.append(_text(middle, y + 30, percent(share).replace("under ", "<"), size=size - 1, anchor="middle", light=light))  # fmt: skip
    return "".join(out), head + high * len(chart.rows)


@_body.register
def _(chart: Dots) -> tuple[str, float]:
    places = {key: i for i, key in enumerate(dict.fromkeys(dot.certainty for dot in chart.dots))}
    legend, y = _legend([(k, palette.WORDS.get(k, k), i) for k, i in places.items()], chart.id, shapes=True)
    out = [legend if len(places) > 1 else ""]
    y = y if len(places) > 1 else 0.0
    most = max((dot.high or dot.value for dot in chart.dots), default=1) or 1
    for dot in chart.dots:
        value = words(dot.value, chart)
        if dot.low is not None and dot.high is not None and dot.low != dot.high:
            value += f" ({words(dot.low, chart)} to {words(dot.high, chart)})"
        out.append(_text(0, y + 14, clip(dot.label, int((WIDTH - 12 - len(value) * 9) / (_FONT * _LETTER)))))
        out.append(_text(WIDTH, y + 14, value, anchor="end", bold=True))
        line = y + 27
        out.append(f'<path d="M0 {_n(line)}H{WIDTH}" stroke="#D9D9D9" class="grid"/>')
        if dot.low is not None and dot.high is not None:
            x0, x1 = 6 + dot.low / most * (WIDTH - 12), 6 + dot.high / most * (WIDTH - 12)
            out.append(f'<path d="M{_n(x0)} {_n(line)}H{_n(x1)}" stroke="#505A5F" class="rule" stroke-width="3"/>')
        at = places[dot.certainty]
        out.append(_marks(dot.certainty, at, [_mark(6 + dot.value / most * (WIDTH - 12), line, 5.5, at)]))
        y += 40
        if dot.path:
            for part in wrap(dot.path, 62, most=3):
                out.append(_text(0, y + 8, part, size=12, quiet=True))
                y += 15
            y += 6
    return "".join(out), y


@_body.register
def _(chart: Timeline) -> tuple[str, float]:
    if not chart.spans:
        return "", 0
    place_of = palette.places(chart.keys)
    used = [(k, label, place_of[k]) for k, label in chart.keys.items() if any(s.key == k for s in chart.spans)]
    legend, y = _legend(used, chart.id)
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
        value = f"£{pounds(span.value_gbp)[4:]}" if span.value_gbp is not None else "value unknown"
        known = span.value_gbp is not None
        out.append(_text(0, y + 14, clip(span.label, int((WIDTH - 12 - len(value) * 9) / (_FONT * _LETTER)))))
        out.append(_text(WIDTH, y + 14, value, anchor="end", bold=known, quiet=not known))
        bar = y + 20
        out.extend(f'<path d="M{_n(px(day))} {_n(bar - 2)}v14" stroke="#D9D9D9" class="grid"/>' for day in starts)
        if span.start is None and span.end is None:
            out.append(_text(0, bar + 11, "no dates in our sources", size=12, quiet=True))
        else:
            x0, x1 = px(span.start or first), px(span.end or last)
            out.append(_rect(x0, bar, x1 - x0, 10, span.key, place_of[span.key], chart.id))
            if span.end is None:
                out.append(f'<path d="M{_n(x1 - 12)} {_n(bar)}v10M{_n(x1 - 8)} {_n(bar)}v10M{_n(x1 - 4)} {_n(bar)}v10" stroke="#FFFFFF" class="paper" stroke-width="2"/>')  # fmt: skip
        out.append(f'<path d="M{_n(now)} {_n(bar - 4)}v18" stroke="{palette.INK}" class="now" stroke-width="2"/>')
        y += 42
    out.extend(_text(px(day), y + 14, str(day.year), size=12, anchor="middle", quiet=True) for day in starts)
    anchor = "end" if now > WIDTH / 2 else "start"
    out.append(_text(now, y + 32, f"| evidence up to {charts.day(chart.on)}", size=12, anchor=anchor))
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
    legend, top = _legend(used, chart.id, shapes=True)
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
            shapes.append(_mark(x, y, r, place_of[key], f"{point.label}: {note}" if note else point.label))
        out.append(_marks(key, place_of[key], shapes))
    return "".join(out), top + 24 + (north - south) * scale
