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


BANDS = ((1500, "low"), (2500, "moderate"), (5000, "high"), (math.inf, "extremely high"))
GUIDELINES = ((1000, "not concentrated"), (1800, "moderately concentrated"), (math.inf, "highly concentrated"))


def band(points: float) -> str:
    """The Internet Society's word for an index of 0 to 10,000: low, moderate, high, extremely high."""
    return next(word for limit, word in BANDS if points < limit)


def reading(low: float | None, high: float | None) -> str | None:
    """What the US merger guidelines of 2023 call an index between two bounds (0 to 1); None where there is none.

    >>> reading(0.1825, 0.34)
    'highly concentrated by the US merger guidelines of 2023 (above 1,800), whatever the unknown turns out to be'
    """
    if low is None or high is None:
        return None
    at = [next(i for i, (limit, _) in enumerate(GUIDELINES) if x * 10_000 <= limit) for x in (low, high)]
    floor, ceiling = (word for _, word in (GUIDELINES[at[0]], GUIDELINES[at[1]]))
    where = {0: "up to 1,000", 1: "1,000 to 1,800", 2: "above 1,800"}
    if at[0] == at[1]:
        sure = ", whatever the unknown turns out to be" if low != high else ""
        return f"{floor} by the US merger guidelines of 2023 ({where[at[0]]}){sure}"
    return f"anything from {floor} to {ceiling} by the US merger guidelines of 2023: too much is unknown to say"
