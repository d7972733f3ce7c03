"""Colours of the UK government's Analysis Function guidance: each passes 3:1 on white and on its neighbour."""

from __future__ import annotations

DARK_BLUE = "#12436D"
TURQUOISE = "#28A197"
DARK_PINK = "#801650"
ORANGE = "#F46A25"
DARK_GREY = "#3D3D3D"
LIGHT_PURPLE = "#A285D1"
OTHER_GREY = "#BFBFBF"

CATEGORIES = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GREY, LIGHT_PURPLE)
# Certainty is shown by colour and by pattern, never by colour alone.
CERTAINTY = {"known": DARK_BLUE, "inferred": TURQUOISE, "unknown": OTHER_GREY, "not_tested": "#D9D9D9"}
PATTERN = {"known": "", "inferred": "/", "unknown": ".", "not_tested": "x"}
WORDS = {"known": "Known", "inferred": "Inferred", "unknown": "Unknown", "not_tested": "Not tested"}
