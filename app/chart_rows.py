"""A chart's rows in words, for the table under it: the same on both faces, in the unit that the picture has."""

from __future__ import annotations

from typing import Any

from app import charts
from app.words import money, said
from pipelines.answers import percent

# Columns of a chart in which a number is no amount of its unit.
PLACES = ("Longitude", "Latitude")


def cells(chart: charts.Chart) -> tuple[list[str], list[list[str]]]:
    """Header and rows; the header of the labels is empty. A share is a percentage and money has its sign, as drawn."""
    rows = charts.table(chart)
    if not rows:
        return [], []

    def word(value: Any, column: str) -> str:
        if "GBP" in column:
            return money(value)
        if isinstance(value, float) and column not in PLACES:
            if isinstance(chart, charts.Lines):
                return percent(value) if chart.share and column != chart.x_label else said(value)
            if chart.unit in ("share", "GBP"):
                return charts.words(value, chart)
        return said(value, "not known")

    heads = [column.removesuffix(" (GBP)") for column in rows[0]]
    return heads, [[word(value, column) for column, value in row.items()] for row in rows]
