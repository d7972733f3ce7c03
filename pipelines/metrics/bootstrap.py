"""How far a figure moves from sample to sample, where the items were drawn at random: by organisation.

The services of one organisation move together, so whole organisations are drawn again, with replacement. Nothing of
this says how far the unknown could move a figure: that is in the bounds, and is usually far more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from pipelines.metrics import Metric

DRAWS = 2000
LEAST = 20
Array = npt.NDArray[np.float64]

METRIC = Metric(
    id="bootstrap",
    name="Sampling interval by organisation",
    figures={"low": "2.5th percentile of the draws", "high": "97.5th percentile of the draws"},
    formula=f"{DRAWS:,} draws of as many organisations as there are, with replacement; the figure of each draw",
    range="within the range of the figure",
    reading="where the sample would have landed in 95 of 100 draws",
    guard=f"only where a sample was drawn, and with {LEAST} organisations or more; our own populations are counts of all, "
    "or chosen by us, and get none",
    example="285 certificates at 14 issuers, each drawn alone: the draws spread by 0.0154, as the delta method says",
    source="cluster bootstrap, Efron 1979; Davison and Hinkley 1997",
)


def intervals(
    parts: Mapping[str, Mapping[str, float]], figures: Callable[[Array, list[str]], Mapping[str, Array]]
) -> dict[str, list[float]] | None:
    """95% interval [low, high] of each figure. `parts` has a row of amounts by column for each organisation;
    `figures` gets one row of summed amounts for each draw, and the names of the columns.

    None under 20 organisations: too few to draw from. The draws are the same each time.
    """
    if len(parts) < LEAST:
        return None
    drawn = {name: np.quantile(values, (0.025, 0.975)) for name, values in spread(parts, figures).items()}
    return {name: [float(low), float(high)] for name, (low, high) in drawn.items()}


def spread(
    parts: Mapping[str, Mapping[str, float]], figures: Callable[[Array, list[str]], Mapping[str, Array]]
) -> dict[str, Array]:
    """Each figure of each draw; draws in which it cannot be said are left out."""
    columns = sorted({column for amounts in parts.values() for column in amounts})
    rows = np.array([[parts[name].get(column, 0.0) for column in columns] for name in sorted(parts)])
    chance = np.random.default_rng(20260821)
    times = chance.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=DRAWS)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = figures(times @ rows, columns)
    return {name: values[np.isfinite(values)] for name, values in found.items()}


def of_counts(masses: Array, columns: list[str]) -> dict[str, Array]:
    """HHI, effective number and the leader's share of items by provider."""
    shares = masses / masses.sum(axis=1, keepdims=True)
    hhi = (shares**2).sum(axis=1)
    return {"hhi": hhi, "hill_q2": 1 / hhi, "cr1": shares.max(axis=1)}


def of_services(masses: Array, columns: list[str]) -> dict[str, Array]:
    """Third-party and critical shares of services: columns sites, third_party and critical."""
    at = {column: masses[:, columns.index(column)] for column in ("sites", "third_party", "critical")}
    return {"third_share": at["third_party"] / at["sites"], "critical_share": at["critical"] / at["sites"]}
