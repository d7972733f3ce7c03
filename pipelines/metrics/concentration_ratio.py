"""Concentration ratios: the share of the largest few."""

from __future__ import annotations

import math

from pipelines.metrics import Counts, Metric

METRIC = Metric(
    id="concentration_ratio",
    name="Concentration ratio (CR1, CR3, CR4, CR5)",
    figures={f"cr{m}": f"share of the {m} largest" for m in (1, 3, 4, 5)},
    formula="CRm = Σ of the m largest shares",
    range="m/k to 1",
    reading="CR1 is the leader's share",
    guard="none",
    example="shares 40, 30, 20, 10 give CR3 0.9",
    source="UK Competition and Markets Authority, merger practice",
)


def compute(counts: Counts) -> dict[str, float | int | None]:
    n = math.fsum(counts)
    if n <= 0:
        return dict.fromkeys(METRIC.figures)
    ordered = sorted(counts, reverse=True)
    return {f"cr{m}": math.fsum(ordered[:m]) / n for m in (1, 3, 4, 5)}
