"""Herfindahl-Hirschman index: the sum of squared shares."""

from __future__ import annotations

import math

from pipelines.metrics import Counts, Metric

METRIC = Metric(
    id="hhi",
    name="Herfindahl-Hirschman index (HHI)",
    figures={
        "hhi": "sum of squared shares, 0 to 1",
        "hhi_10000": "the same scaled to 10,000",
        "hhi_normalised": "(HHI - 1/k) / (1 - 1/k)",
        "hhi_unbiased": "sum of n_i (n_i - 1) / (n (n - 1)), free of the bias of small samples",
        "hhi_se_delta": "standard error by the delta method, where the items are a sample",
    },
    formula="HHI = Σ p_i², p_i the share of provider i",
    range="1/k to 1 (10,000/k to 10,000)",
    reading="US merger guidelines of 2023: 1,000 to 1,800 moderately, above 1,800 highly concentrated",
    guard="normalised needs two providers, unbiased and its error need two items",
    example="shares 30, 30, 20, 20 give 2,600",
    source="US Department of Justice and FTC, Merger Guidelines 2023, section 2.1",
)


def compute(counts: Counts) -> dict[str, float | int | None]:
    n = math.fsum(counts)
    k = len(counts)
    if n <= 0:
        return dict.fromkeys(METRIC.figures)
    shares = [c / n for c in counts]
    hhi = math.fsum(p * p for p in shares)
    cubes = math.fsum(p**3 for p in shares)
    return {
        "hhi": hhi,
        "hhi_10000": hhi * 10_000,
        "hhi_normalised": (hhi - 1 / k) / (1 - 1 / k) if k > 1 else None,
        "hhi_unbiased": math.fsum(c * (c - 1) for c in counts) / (n * (n - 1)) if n > 1 else None,
        "hhi_se_delta": 2 * math.sqrt(max(cubes - hhi * hhi, 0.0) / n) if n > 1 else None,
    }
