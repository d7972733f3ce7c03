"""Gini coefficient: inequality among the listed providers, blind to how many there are."""

from __future__ import annotations

import math

from pipelines.metrics import Counts, Metric

METRIC = Metric(
    id="gini",
    name="Gini coefficient",
    figures={"gini": "inequality among the providers listed"},
    formula="Σ (2j - k - 1) x_j / (k Σ x), x in ascending order",
    range="0 to 1 - 1/k",
    reading="two equal providers score 0 although two is few: never a headline",
    guard="none",
    example="40, 30, 20, 10 give 0.25",
    source="used with the HHI by the Internet Society's concentration pages",
)


def compute(counts: Counts) -> dict[str, float | int | None]:
    n = math.fsum(counts)
    k = len(counts)
    if n <= 0:
        return {"gini": None}
    ascending = sorted(counts)
    return {"gini": math.fsum((2 * j - k - 1) * x for j, x in enumerate(ascending, 1)) / (k * n)}
