"""The parts of a picture: text, boxes, marks, legends and ticks, as pieces of SVG.

Colours stand as attributes, so that a saved file keeps them, and as classes, so that a page in dark mode can
change them. Every text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from app import charts, palette

WIDTH = 400
FONT = 14
LETTER = 0.57  # mean width of a letter, in parts of the font size
LINE = 17  # from one line of a label to the next


def short(value: float) -> str:
    """A length or place as a picture writes it: one decimal at most."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _from_left(value: float) -> str:
    """A place from the left; at the edge nothing needs saying."""
    return f' x="{short(value)}"' if short(value) != "0" else ""


def text(
    x: float,
    y: float,
    words: str,
    size: int = FONT,
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
        more += f' transform="rotate({turn} {short(x)} {short(y)})"'
    if size != FONT:
        more = f' font-size="{size}"{more}'
    return f'<text{_from_left(x)} y="{short(y)}" fill="{fill}" class="{name}"{more}>{escape(words)}</text>'


def line(y: float, label: str, value: str, bold: bool = True, quiet: bool = False) -> tuple[str, float]:
    """A label from the left, in two lines where it does not fit beside the value at the right; what the second adds."""
    room = int((WIDTH - 12 - len(value) * 9) / (FONT * LETTER))
    lines = wrap(label, room)
    out = "".join(text(0, y + 14 + LINE * i, words) for i, words in enumerate(lines))
    return out + text(WIDTH, y + 14, value, anchor="end", bold=bold, quiet=quiet), LINE * (len(lines) - 1)


def rect(x: float, y: float, w: float, h: float, key: str, place: int, chart_id: str) -> str:
    """A box in its colour, with its certainty's pattern on it."""
    out = (
        f'<rect{_from_left(x)} y="{short(y)}" width="{short(max(w, 0.5))}" height="{short(h)}" '
        f'fill="{palette.LIGHT.colour(key, place)}" class="{palette.css_class(key, place)}"/>'
    )
    if palette.PATTERN.get(key):
        out += f'<rect{_from_left(x)} y="{short(y)}" width="{short(max(w, 0.5))}" height="{short(h)}" fill="url(#{chart_id}-{key})"/>'
    return out


def patterns(chart_id: str, keys: Sequence[str]) -> str:
    """The patterns of these certainties, to be drawn over their colours: a picture in grey still tells them apart."""
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


def legend(entries: Sequence[tuple[str, str, int]], chart_id: str, shapes: bool = False) -> tuple[str, float]:
    """Boxes or shapes with their words, flowing over lines. (key, label, place) each."""
    out = []
    x, y = 0.0, 0.0
    for key, label, place in entries:
        label = clip(label, 40)
        width = 22 + len(label) * 13 * LETTER + 16
        if x and x + width > WIDTH + 10:
            x, y = 0.0, y + 20
        if shapes:
            out.append(marks(key, place, [mark(x + 7, y + 8, 5.5, place)]))
        else:
            out.append(rect(x, y + 2, 14, 12, key, place, chart_id))
        out.append(text(x + 20, y + 13, label, size=13))
        x += width
    return "".join(out), y + 26


def marks(key: str, place: int, shapes: Iterable[str]) -> str:
    """Dots of one category in its colour, which is said once for all of them."""
    edge = "edge-strong" if key in palette.GREYS else "edge"
    return f'<g fill="{palette.LIGHT.colour(key, place)}" class="{palette.css_class(key, place)} {edge}">{"".join(shapes)}</g>'


def mark(x: float, y: float, r: float, place: int, note: str = "") -> str:
    """A dot in its category's shape."""
    shape = charts.SHAPES[place % len(charts.SHAPES)]
    title = f"<title>{escape(note)}</title>" if note else ""
    close = f">{title}</" if note else "/"
    if shape == "square":
        body, name = (
            f'x="{short(x - r * 0.9)}" y="{short(y - r * 0.9)}" width="{short(r * 1.8)}" height="{short(r * 1.8)}"',
            "rect",
        )
    elif shape == "diamond":
        body, name = f'd="M{short(x)} {short(y - r * 1.2)}l{short(r * 1.2)} {short(r * 1.2)}l{short(-r * 1.2)} {short(r * 1.2)}l{short(-r * 1.2)} {short(-r * 1.2)}z"', "path"  # fmt: skip
    elif shape == "triangle-up":
        body, name = f'd="M{short(x)} {short(y - r * 1.1)}l{short(r * 1.1)} {short(r * 2)}h{short(-r * 2.2)}z"', "path"
    elif shape == "cross":
        a = r * 0.4
        body, name = f'd="M{short(x - a)} {short(y - r)}h{short(2 * a)}v{short(r - a)}h{short(r - a)}v{short(2 * a)}h{short(a - r)}v{short(r - a)}h{short(-2 * a)}v{short(a - r)}h{short(a - r)}v{short(-2 * a)}h{short(r - a)}z"', "path"  # fmt: skip
    else:
        body, name = f'cx="{short(x)}" cy="{short(y)}" r="{short(r)}"', "circle"
    return f"<{name} {body}{close}{name + '>' if note else '>'}"


def clip(text: str, most: int) -> str:
    """Text of at most `most` letters; what is longer ends in an ellipsis."""
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
