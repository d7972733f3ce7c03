"""How long outages last: the empirical distribution, with a fitted curve beside it as a check.

The data decide: quantiles and shares are those of the events seen. A lognormal curve is fitted only to be
compared (Kolmogorov-Smirnov distance, p-value by parametric bootstrap, because tables assume a curve that was
not fitted to the same data). A group of fewer than 30 events borrows from all events:

    share(x) = w * share of the group over x + (1 - w) * share of all over x,   w = min(1, n / 30)

so that one event says little and thirty speak for themselves. What the curve cannot hold stays outside it:
events without an end, and the loss of a region, which lasts months.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ENOUGH = 30
# Rows whose length is not that of an outage, with the reason.
KEPT_OUT = {"crowdstrike-2024-07-19": "1.3 h is how long the bad file was served, not how long machines were down"}
_erf = np.frompyfunc(math.erf, 1, 1)


# -- which events -------------------------------------------------------------------------------------------


def usable(incidents: Iterable[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], Counter[str]]:
    """Incidents with a length, and how many were left out for which reason."""
    kept, left_out = [], Counter[str]()
    for row in incidents:
        hours = row["duration_hours"]
        if row["incident_id"] in KEPT_OUT:
            left_out[f"{row['incident_id']}: {KEPT_OUT[row['incident_id']]}"] += 1
        elif hours is None or (isinstance(hours, float) and math.isnan(hours)):
            left_out["no length published, or not over"] += 1
        elif hours <= 0:
            left_out["length of zero"] += 1
        else:
            kept.append(row)
    return kept, left_out


def hours_of(rows: Iterable[Mapping[str, Any]]) -> Floats:
    """Lengths in hours, shortest first."""
    return np.sort(np.array([float(row["duration_hours"]) for row in rows], dtype=np.float64))


# -- the distribution ---------------------------------------------------------------------------------------


def share_over(hours: Floats, x: float | Floats) -> Any:
    """Share of events longer than x hours; nan where there is no event. x may be an array."""
    if not hours.size:
        return np.full(np.shape(x), np.nan) if np.ndim(x) else math.nan
    longer = hours.size - np.searchsorted(np.sort(hours), x, side="right")
    return longer / hours.size


def weight(n: int) -> float:
    """How far a group of n events speaks for itself: n / 30, at most 1."""
    return min(1.0, n / ENOUGH)


def shrunk_share_over(hours: Floats, pooled: Floats, x: float | Floats) -> Any:
    """Share over x of a group, drawn towards that of all events where the group is small."""
    if not hours.size:
        return share_over(pooled, x)
    w = weight(hours.size)
    return w * share_over(hours, x) + (1 - w) * share_over(pooled, x)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Mean and standard deviation (n - 1) of the logarithms; the check beside the data, never the answer."""

    mu: float
    sigma: float

    def over(self, x: float | Floats) -> Any:
        """Share that the curve puts over x hours."""
        if self.sigma == 0:
            return np.where(np.asarray(x) < math.exp(self.mu), 1.0, 0.0)
        return 1 - _normal((np.log(x) - self.mu) / self.sigma)


def _normal(z: Any) -> Any:
    """The normal distribution function."""
    value = 0.5 * (1 + np.asarray(_erf(np.asarray(z) / math.sqrt(2)), dtype=np.float64))
    return value if np.ndim(z) else float(value)


def fit(hours: Floats) -> Lognormal | None:
    """The lognormal of at least two lengths above zero; None otherwise."""
    if hours.size < 2:
        return None
    logs = np.log(hours)
    return Lognormal(float(logs.mean()), float(logs.std(ddof=1)))


def ks_distance(z: Floats) -> Floats:
    """Largest distance between the empirical steps and the standard normal, per row of sorted standardised data."""
    n = z.shape[-1]
    curve = _normal(z)
    steps = np.arange(1, n + 1) / n
    above, below = (steps - curve).max(axis=-1), (curve - (steps - 1 / n)).max(axis=-1)
    return np.asarray(np.maximum(above, below))


def ks_check(hours: Floats, draws: int = 400, seed: int = 0) -> tuple[float, float] | None:
    """(distance, p-value) of the lognormal; None for fewer than five lengths or no spread.

    The p-value is the share of samples of the same size, drawn from a lognormal and fitted in the same way,
    that lie at least as far from their own curve: (1 + as far) / (1 + draws). The distance does not depend on
    mu and sigma, so standard normal samples serve for every fit.
    """
    curve = fit(hours)
    if curve is None or hours.size < 5 or curve.sigma == 0:
        return None
    seen = float(ks_distance(np.sort((np.log(hours) - curve.mu) / curve.sigma)))
    drawn = np.random.default_rng(seed).standard_normal((draws, hours.size))
    drawn = (drawn - drawn.mean(axis=1, keepdims=True)) / drawn.std(axis=1, ddof=1, keepdims=True)
    drawn.sort(axis=1)
    as_far = int((ks_distance(drawn) >= seen).sum())
    return seen, (1 + as_far) / (1 + draws)


# -- curves and return periods ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of events over each number of hours, with the band that resampling gives."""

    hours: Floats
    share: Floats
    low: Floats
    high: Floats


def exceedance(
    hours: Sequence[float] | Floats,
    months: Sequence[Any],
    at: Sequence[float],
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Curve:
    """The exceedance curve of events and its bootstrap band.

    Whole calendar months are drawn, not events: what broke together in one month is one piece of bad luck.
    `months` names the month of each event. Without an event: nan.
    """
    lengths, grid = np.asarray(hours, dtype=np.float64), np.asarray(at, dtype=np.float64)
    if not lengths.size:
        empty = np.full(grid.shape, np.nan)
        return Curve(grid, empty, empty, empty)
    names, index = np.unique(np.asarray([str(month) for month in months]), return_inverse=True)
    events = np.bincount(index, minlength=names.size).astype(np.float64)
    longer = np.zeros((names.size, grid.size))
    np.add.at(longer, index, (lengths[:, None] > grid[None, :]).astype(np.float64))
    picked = np.random.default_rng(seed).multinomial(names.size, np.full(names.size, 1 / names.size), size=draws)
    shares = (picked @ longer) / (picked @ events)[:, None]
    tail = (1 - level) / 2
    low, high = np.quantile(shares, [tail, 1 - tail], axis=0)
    return Curve(grid, longer.sum(axis=0) / lengths.size, low, high)


def return_period(rate_per_year: float, share: float) -> float | None:
    """Years between events over a length: 1 / (events a year x share over it); None where none was seen."""
    expected = rate_per_year * share
    return 1 / expected if expected > 0 else None


def chance_in_a_year(rate_per_year: float, share: float) -> float:
    """Chance of at least one such event in a year, where events come independently (Poisson)."""
    return 1 - math.exp(-rate_per_year * share)


# -- years --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Years:
    """Simulated years: events of each, and the year and length of every event."""

    counts: npt.NDArray[np.int64]
    year: npt.NDArray[np.int64]
    hours: Floats

    @property
    def total_hours(self) -> Floats:
        """Hours of outage in each year, events that overlap counted apart."""
        return np.asarray(np.bincount(self.year, weights=self.hours, minlength=self.counts.size), dtype=np.float64)

    @property
    def longest(self) -> Floats:
        """The longest event of each year; 0 in a year without any."""
        found = np.zeros(self.counts.size)
        np.maximum.at(found, self.year, self.hours)
        return found


def dispersion(counts: Sequence[int] | npt.NDArray[np.int64]) -> float | None:
    """The negative binomial's size by moments: mean^2 / (variance - mean); None where counts are not clustered."""
    values = np.asarray(counts, dtype=np.float64)
    if values.size < 2:
        return None
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    return mean * mean / (variance - mean) if variance > mean > 0 else None


def simulate_years(
    rate_per_year: float,
    hours: Floats,
    years: int,
    seed: int = 0,
    size: float | None = None,
    pooled: Floats | None = None,
) -> Years:
    """`years` years: how many events come, and how long each lasts.

    Counts are Poisson with the mean `rate_per_year`, negative binomial where `size` is given (variance = mean +
    mean^2 / size). Lengths are drawn from the events seen; where they are fewer than 30, a draw comes from
    `pooled` with probability 1 - n / 30. The same seed gives the same years.
    """
    random = np.random.default_rng(seed)
    if size is None:
        counts = random.poisson(rate_per_year, years)
    else:
        counts = random.negative_binomial(size, size / (size + rate_per_year), years)
    year = np.repeat(np.arange(years), counts)
    total = int(counts.sum())
    drawn = np.zeros(total)
    w = weight(hours.size) if pooled is not None and pooled.size else 1.0
    own = random.random(total) < w if hours.size else np.zeros(total, dtype=bool)
    if hours.size:
        drawn[own] = random.choice(hours, int(own.sum()))
    if pooled is not None and pooled.size:
        drawn[~own] = random.choice(pooled, int((~own).sum()))
    return Years(counts.astype(np.int64), year.astype(np.int64), drawn)
