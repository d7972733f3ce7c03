"""Colours of the UK government's Analysis Function guidance: each passes 3:1 on white and on its neighbour."""

from __future__ import annotations

from collections.abc import Iterable

DARK_BLUE = "#12436D"
TURQUOISE = "#28A197"
DARK_PINK = "#801650"
ORANGE = "#F46A25"
DARK_GREY = "#3D3D3D"
LIGHT_PURPLE = "#A285D1"
OTHER_GREY = "#BFBFBF"
INK = "#0B0C0C"

CATEGORIES = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GREY, LIGHT_PURPLE)
# Certainty is shown by colour and by pattern, never by colour alone.
CERTAINTY = {"known": DARK_BLUE, "inferred": TURQUOISE, "unknown": OTHER_GREY, "not_tested": "#D9D9D9"}
PATTERN = {"known": "", "inferred": "/", "unknown": ".", "not_tested": "x"}
WORDS = {"known": "Known", "inferred": "Inferred", "unknown": "Unknown", "not_tested": "Not tested"}
# What has a colour of its own besides certainty: unknown stays grey wherever it is drawn.
GREYS = {"unknown": OTHER_GREY, "not_tested": "#D9D9D9", "other": OTHER_GREY}
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


# What white letters stand out from.
DARK = {DARK_BLUE, DARK_PINK, DARK_GREY}


def colour(key: str, place: int) -> str:
    """The colour of one part: its certainty's, grey for what is not known, else the category's by its place."""
    return CERTAINTY.get(key) or GREYS.get(key) or CATEGORIES[place % len(CATEGORIES)]


def css_class(key: str, place: int) -> str:
    """The style sheet's name for the same colour, so that a page in dark mode can change it."""
    if key in CERTAINTY:
        return f"c-{key.replace('_', '-')}"
    return "c-other" if key in GREYS else f"c-{place % len(CATEGORIES)}"
