"""Shannon entropy of the shares."""

from __future__ import annotations

import math

from pipelines.metrics import Counts, Metric

METRIC = Metric(
    id="entropy",
    name="Shannon entropy",
    figures={
        "shannon_nats": "entropy with the natural logarithm",
        "shannon_bits": "entropy with the logarithm to base 2",
        "entropy_normalised": "entropy divided by its largest value, ln k",
    },
    formula="H = -Σ p_i ln p_i",
    range="0 to ln k",
    reading="higher is more spread",
    guard="normalised needs two providers",
    example="40, 30, 20, 10 give 0.92322 normalised",
    source="Shannon 1948; Bates et al. frame DNS diversity this way",
)


def compute(counts: Counts) -> dict[str, float | int | None]:
    n = math.fsum(counts)
    k = len(counts)
    if n <= 0:
        return dict.fromkeys(METRIC.figures)
    # A share may be too small to have a logarithm; its mass never is.
    nats = math.fsum(c / n * (math.log(n) - math.log(c)) for c in counts if c > 0)
    return {
        "shannon_nats": nats,
        "shannon_bits": nats / math.log(2),
        "entropy_normalised": nats / math.log(k) if k > 1 else None,
    }
