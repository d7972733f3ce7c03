"""Centralisation score S: how far from every item having its own provider."""

from __future__ import annotations

import math

from pipelines.metrics import Counts, Metric

METRIC = Metric(
    id="centralisation",
    name="Centralisation score S",
    figures={"S_emd": "earth mover's distance from 'every item has its own provider'"},
    formula="S = Σ (a_i / C)² - 1 / C",
    range="0 to 1 - 1/C",
    reading="the HHI corrected for a finite number of items",
    guard="needs an item",
    example="285 certificates at 14 issuers give 0.184426",
    source="Akiwate, Ruth, Habib, Durumeric 2024 preprint",
)


def compute(counts: Counts) -> dict[str, float | int | None]:
    n = math.fsum(counts)
    if n <= 0:
        return {"S_emd": None}
    return {"S_emd": math.fsum((c / n) ** 2 for c in counts) - 1 / n}
