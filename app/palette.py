"""Colours of the UK government's Analysis Function guidance: each passes 3:1 on white and on its neighbour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DARK_BLUE = "#12436D"
TURQUOISE = "#28A197"
DARK_PINK = "#801650"
ORANGE = "#F46A25"
DARK_GREY = "#3D3D3D"
LIGHT_PURPLE = "#A285D1"
OTHER_GREY = "#BFBFBF"
INK = "#0B0C0C"


@dataclass(frozen=True, slots=True)
class Scheme:
    """The colours of pictures on one ground. The style sheet says the same for the pages, and a test compares them.

    `categories` in their order, `certainty` by its word; `cell` is a full cell of a matrix; `grain` draws the pattern of
    what is not known.
    """

    paper: str
    ink: str
    quiet: str
    grid: str
    cell: str
    grain: str
    categories: tuple[str, ...]
    certainty: Mapping[str, str]

    def colour(self, key: str, place: int) -> str:
        """The colour of one part: its certainty's, grey for what is not known, else the category's by its place."""
        if key in GREYS:
            return self.certainty[GREYS[key]]
        return self.certainty.get(key) or self.categories[place % len(self.categories)]


LIGHT = Scheme(
    paper="#FFFFFF",
    ink=INK,
    quiet="#505A5F",
    grid="#E5E5E5",
    cell=DARK_BLUE,
    grain="#505A5F",
    categories=(DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GREY, LIGHT_PURPLE),
    certainty={"known": DARK_BLUE, "inferred": TURQUOISE, "unknown": OTHER_GREY, "not_tested": "#D9D9D9"},
)
# The same hues where the reader's system asks for a dark ground: each passes 3:1 on it.
DARK = Scheme(
    paper="#12171C",
    ink="#EEF0F2",
    quiet="#B5BDC4",
    grid="#3D4852",
    cell="#1D5F97",
    grain="#12171C",
    categories=("#A3D0F7", "#2BB3A8", "#E58BBB", "#F78B53", "#C9CDD1", "#B49AE0"),
    certainty={"known": "#A3D0F7", "inferred": "#1F7A73", "unknown": "#8B949B", "not_tested": "#626C74"},
)

CATEGORIES = LIGHT.categories
# Certainty is shown by colour and by pattern, never by colour alone.
PATTERN = {"known": "", "inferred": "/", "unknown": ".", "not_tested": "x"}
WORDS = {"known": "Known", "inferred": "Inferred", "unknown": "Unknown", "not_tested": "Not tested"}
# What is grey wherever it is drawn, and the certainty that it shares its grey with.
GREYS = {"unknown": "unknown", "not_tested": "not_tested", "other": "unknown"}
# The largest companies keep one colour in every chart; what else is drawn takes what is left.
FIXED = {
    "microsoft": 0, "azure": 0, "microsoft-365": 0, "microsoft 365": 0, "microsoft azure": 0,
    "amazon": 3, "aws": 3, "amazon web services (aws)": 3,
    "google": 1, "gcp": 1, "google-workspace": 1, "google workspace": 1, "google cloud": 1,
    "oracle": 2, "oracle cloud": 2,
}  # fmt: skip


def places(keys: Iterable[str]) -> dict[str, int]:
    """The place of each key in CATEGORIES: fixed for the largest companies, free ones in order for the others."""
    found: dict[str, int] = {}
    rest = []
    for key in dict.fromkeys(keys):
        place = FIXED.get(key.removeprefix("p:").lower())
        if place is None or place in found.values():
            rest.append(key)
        else:
            found[key] = place
    free = [place for place in range(len(CATEGORIES)) if place not in found.values()] or list(range(len(CATEGORIES)))
    for count, key in enumerate(rest):
        found[key] = free[count % len(free)]
    return found


def letters(ground: str) -> str:
    """Black or white, whichever stands out more from the ground: one of them always passes 4.5:1."""
    return "#FFFFFF" if _luminance(ground) < _GREY else "#000000"


# The luminance from which black and white stand out alike: (1 + 0.05) / (L + 0.05) = (L + 0.05) / 0.05.
_GREY = (1.05 * 0.05) ** 0.5 - 0.05


def _parts(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it, 0 for black and 1 for white."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in _parts(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mixed(ground: str, colour: str, strength: float) -> str:
    """A colour laid over a ground, from 0, the ground alone, to 1.

    >>> mixed("#FFFFFF", "#000000", 0.5)
    '#808080'
    """
    pairs = zip(_parts(ground), _parts(colour), strict=True)
    return "#" + "".join(f"{round(under + (over - under) * strength):02X}" for under, over in pairs)


def faded(colour: str, opacity: float) -> str:
    """A colour that lets its ground through, as a style sheet writes it."""
    return f"rgba({','.join(map(str, _parts(colour)))},{opacity})"


def css_class(key: str, place: int) -> str:
    """The style sheet's name for the same colour, so that a page in dark mode can change it."""
    if key in LIGHT.certainty:
        return f"c-{key.replace('_', '-')}"
    return "c-other" if key in GREYS else f"c-{place % len(CATEGORIES)}"
