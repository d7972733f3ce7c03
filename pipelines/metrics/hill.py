"""Hill numbers: the effective number of providers. The headline is order 2."""

from __future__ import annotations

import math

from pipelines.metrics import Counts, Metric

METRIC = Metric(
    id="hill",
    name="Effective number of providers (Hill numbers)",
    figures={
        "hill_q0": "order 0: how many providers there are",
        "hill_q1": "order 1: e to the power of the entropy",
        "hill_q2": "order 2: 1 / HHI, the headline",
        "hill_inf": "order infinity: 1 / share of the largest",
    },
    formula="qD = (Σ p_i^q)^(1/(1-q))",
    range="1 to k",
    reading="as if there were this many providers of equal size",
    guard="none",
    example="40, 30, 20, 10 give 3.333333 at order 2",
    source="Hill 1973, ecology's standard",
)


def compute(counts: Counts) -> dict[str, float | int | None]:
    n = math.fsum(counts)
    if n <= 0:
        return dict.fromkeys(METRIC.figures)
    present = [c for c in counts if c > 0]
    shares = [c / n for c in present]
    return {
        "hill_q0": len(shares),
        "hill_q1": math.exp(math.fsum(c / n * (math.log(n) - math.log(c)) for c in present)),
        "hill_q2": 1 / math.fsum(p * p for p in shares),
        "hill_inf": 1 / max(shares),
    }
