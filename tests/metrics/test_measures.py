"""Measures: worked examples to the last digit, and properties that any measure of shares must keep."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics import measure, metrics
from pipelines.metrics.bounds import effective_number_bounds, hhi_bounds, share_bounds
from pipelines.metrics.dependence import dependence

# W01 to W04 of the worked examples: public tables that anybody can check with a pencil.
EXAMPLES = [
    ("four firms", [30, 30, 20, 20], {"hhi_10000": 2600}),
    (
        "four firms, unequal", [40, 30, 20, 10],
        {"hhi_10000": 3000, "cr1": 0.4, "cr3": 0.9, "gini": 0.25, "hill_q1": 3.596115, "hill_q2": 3.333333,
         "entropy_normalised": 0.92322},
    ),
    ("nine firms", [25, 20, 15, 10, 8, 7, 6, 5, 4], {"hhi_10000": 1540}),
    ("nine firms, two smallest merged", [25, 20, 15, 10, 8, 7, 6, 9], {"hhi_10000": 1580}),
    ("nine firms, two largest merged", [45, 15, 10, 8, 7, 6, 5, 4], {"hhi_10000": 2540}),
    (
        "GB certificate issuers", [102, 37, 33, 30, 26, 25, 9, 8, 6, 3, 3, 1, 1, 1],
        {"n": 285, "k": 14, "hhi_10000": 1879.3475, "hhi": 0.187935, "cr1": 0.357895, "cr3": 0.603509,
         "cr4": 0.708772, "cr5": 0.8, "hhi_normalised": 0.125468, "gini": 0.591228, "shannon_nats": 1.997377,
         "shannon_bits": 2.881605, "entropy_normalised": 0.756852, "hill_q0": 14, "hill_q1": 7.369698,
         "hill_q2": 5.320996, "hill_inf": 2.794118, "S_emd": 0.184426, "hhi_unbiased": 0.185075,
         "hhi_se_delta": 0.015414},
    ),
    ("two owners merged by alias", [40, 30, 30], {"hhi_10000": 3400}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "counts", "expected"), EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_worked_examples(name: str, counts: list[float], expected: dict[str, float]) -> None:
    figures = measure(counts)
    for key, value in expected.items():
        digits = 4 if key == "hhi_10000" else 6
        assert round(float(figures[key]), digits) == value, key


COUNTS = st.lists(st.integers(1, 1000), min_size=1, max_size=12)


@given(COUNTS, st.randoms())
def test_order_does_not_matter(counts: list[int], random) -> None:
    shuffled = counts[:]
    random.shuffle(shuffled)
    assert measure(shuffled) == measure(counts)


@given(COUNTS)
def test_every_measure_keeps_its_range(counts: list[int]) -> None:
    f = measure(counts)
    k, n = len(counts), sum(counts)
    tiny = 1e-9
    assert 1 / k - tiny <= f["hhi"] <= 1 + tiny
    assert 1 - tiny <= f["hill_inf"] <= f["hill_q2"] + tiny <= f["hill_q1"] + 2 * tiny <= k + 3 * tiny
    assert f["gini"] + tiny >= 0 and f["gini"] <= 1 - 1 / k + tiny
    assert -tiny <= f["S_emd"] <= 1 - 1 / n + tiny
    assert f["cr1"] <= f["cr3"] + tiny <= f["cr4"] + 2 * tiny <= f["cr5"] + 3 * tiny <= 1 + 4 * tiny


@given(COUNTS, st.integers(2, 9))
def test_scaling_all_counts_changes_no_share(counts: list[int], factor: int) -> None:
    a, b = measure(counts), measure([c * factor for c in counts])
    for key in ("hhi", "cr1", "cr3", "gini", "hill_q1", "hill_q2", "shannon_nats"):
        assert math.isclose(a[key], b[key], rel_tol=1e-9, abs_tol=1e-9)


@given(COUNTS, st.integers(2, 5))
def test_splitting_a_provider_never_raises_concentration(counts: list[int], parts: int) -> None:
    split = counts[1:] + [counts[0] / parts] * parts
    assert measure(split)["hhi"] <= measure(counts)["hhi"] + 1e-12


def completions(counts: list[int], unknown: int, limit: int = 5):
    """Every way to give `unknown` items to known providers or to new ones (set partitions of the rest)."""
    if unknown == 0:
        yield tuple(sorted(counts))
        return
    for i in range(len(counts)):
        yield from completions([*counts[:i], counts[i] + 1, *counts[i + 1 :]], unknown - 1, limit)
    yield from completions([*counts, 1], unknown - 1, limit)


@given(st.lists(st.integers(1, 6), min_size=0, max_size=3), st.integers(0, 4))
def test_bounds_contain_every_completion_and_are_reached(counts: list[int], unknown: int) -> None:
    if not counts and not unknown:
        return
    bounds = hhi_bounds(counts, unknown)
    total = sum(counts) + unknown
    values = {sum((c / total) ** 2 for c in done) for done in completions(counts, unknown)}
    assert math.isclose(min(values), bounds.low, abs_tol=1e-12)
    assert math.isclose(max(values), bounds.high, abs_tol=1e-12)
    effective = effective_number_bounds(counts, unknown)
    assert math.isclose(effective.low, 1 / bounds.high) and math.isclose(effective.high, 1 / bounds.low)


@pytest.mark.parametrize(
    ("new_allowed", "grain", "low"), [(True, 0.0, 2325), (True, 25.0, 2950), (False, 0.0, 3400)],
    ids=["new providers without end", "one new provider", "only the three named"],
)  # fmt: skip
def test_bounds_of_the_worked_example(new_allowed: bool, grain: float, low: float) -> None:
    """W07: 40, 25, 10 and 25 unattributed."""
    bounds = hhi_bounds([40, 25, 10], 25, grain, new_allowed)
    assert round(bounds.low * 10_000, 2) == low
    assert round(bounds.high * 10_000, 2) == 4950


def test_share_bounds_by_hand() -> None:
    """3 of 6 known are this provider's; 4 more are unknown, 1 of which could be."""
    assert (share_bounds(3, 6, 4).value, share_bounds(3, 6, 4).low, share_bounds(3, 6, 4).high) == (0.5, 0.3, 0.7)
    assert share_bounds(3, 6, 4, could_be=1).high == 0.4


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ((["a"], ["third"]), "critical"),
        ((["a", "a"], ["third", "third"]), "critical"),
        ((["a", "b"], ["third", "third"]), "redundant"),
        ((["a", "self"], ["third", "private"]), "redundant"),
        ((["a", "?"], ["third", "unknown"]), "critical"),
        ((["self"], ["private"]), "private_only"),
        ((["self", "?"], ["private", "unknown"]), "unknown"),
        ((["?"], ["unknown"]), "unknown"),
    ],
)
def test_each_kind_of_service_counts_once(service, expected: str) -> None:
    figures = dependence([service])
    kinds = ("critical", "redundant", "private_only", "unknown")
    assert [kind for kind in kinds if figures[kind]] == [expected]
    assert figures["third_party"] == figures["critical"] + figures["redundant"]


def test_top_lists_are_by_count_then_name() -> None:
    rows = [(["b"], ["third"])] * 2 + [(["a"], ["third"])] * 2 + [(["c"], ["third"])] * 3
    assert dependence(rows)["top_use"] == [["c", 3], ["a", 2], ["b", 2]]


@pytest.mark.parametrize("module", metrics().values(), ids=list(metrics()))
def test_every_measure_explains_itself(module) -> None:
    metric = module.METRIC
    assert set(module.compute([2.0, 1.0])) == set(metric.figures)
    assert set(module.compute([])) == set(metric.figures)
    assert all(value is None for value in module.compute([]).values())
    for text in (
        metric.name,
        metric.formula,
        metric.range,
        metric.reading,
        metric.guard,
        metric.example,
        metric.source,
    ):
        assert text
