"""Measures: worked examples to the last digit, and properties that any measure of shares must keep."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics import bootstrap, essays, hhi, measure, metrics
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


@given(COUNTS, st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_splitting_a_provider_never_raises_concentration(counts: list[int], parts: list[int]) -> None:
    """In parts of any size; and the number of providers as if equal never falls."""
    split = counts[1:] + [counts[0] * part / sum(parts) for part in parts]
    before, after = measure(counts), measure(split)
    assert after["hhi"] <= before["hhi"] + 1e-12 and after["cr1"] <= before["cr1"] + 1e-12
    for order in ("hill_q1", "hill_q2", "hill_inf"):
        assert after[order] >= before[order] - 1e-9


@given(COUNTS.filter(lambda counts: len(counts) > 1))
def test_joining_two_adds_twice_their_product(counts: list[int]) -> None:
    """W03 and W08: an alias that nobody saw hides 2ab."""
    a, b, *rest = (c / sum(counts) for c in counts)
    assert math.isclose(measure([a + b, *rest])["hhi"] - measure([a, b, *rest])["hhi"], 2 * a * b, abs_tol=1e-12)


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


SERVICES = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("third", "private", "unknown"))), min_size=1, max_size=4),
    min_size=1, max_size=5,
)  # fmt: skip


def figures_of(services: list[list[tuple[str, str]]]) -> dict:
    return dependence(([p for p, _ in service], [t for _, t in service]) for service in services)


@given(SERVICES, st.randoms())
def test_order_of_services_and_of_their_providers_does_not_matter(services, random) -> None:
    mixed = [random.sample(service, len(service)) for service in random.sample(services, len(services))]
    assert figures_of(mixed) == figures_of(services)


@given(SERVICES, st.sampled_from("abcd"))
def test_an_added_alternative_never_raises_what_depends_on_one_alone(services, added: str) -> None:
    """To a service that has somebody, theirs or their own; a service of unknowns gains its first name, no choice."""
    for index, service in enumerate(services):
        if all(kind == "unknown" for _, kind in service):
            continue
        more = [*services[:index], [*service, (added, "third")], *services[index + 1 :]]
        before, after = dict(figures_of(services)["top_impact"]), dict(figures_of(more)["top_impact"])
        private = any(kind == "private" for _, kind in service)
        outside = {name for name, kind in service if kind == "third"}
        for name in "abcd":
            assert after.get(name, 0) <= before.get(name, 0)
        if outside or private:
            assert figures_of(more)["critical"] <= figures_of(services)["critical"]


@given(SERVICES)
def test_the_third_party_range_holds_every_truth(services) -> None:
    """Each entry that nobody could attribute is, in turn, a third party or the body's own: brute force."""
    found = figures_of(services)
    places = [(s, e) for s, service in enumerate(services) for e, (_, kind) in enumerate(service) if kind == "unknown"]
    shares = set()
    for truth in itertools.product(("third", "private"), repeat=min(len(places), 8)):
        real = [list(service) for service in services]
        for (s, e), kind in zip(places, truth, strict=False):
            real[s][e] = (f"?{s}.{e}", kind)
        shares.add(figures_of(real)["third_share"])
    assert all(found["third_share_low"] - 1e-12 <= share <= found["third_share_high"] + 1e-12 for share in shares)
    assert math.isclose(min(shares), found["third_share_low"])
    if len(places) <= 8:
        assert math.isclose(max(shares), found["third_share_high"])


BANDS = [(276, "low"), (523, "low"), (635, "low"), (1308, "low"), (2118, "moderate"), (2409, "moderate"),
         (2451, "moderate"), (2637, "high"), (2729, "high"), (3462, "high"), (4598, "high"), (6652, "extremely high")]  # fmt: skip


@pytest.mark.parametrize(("points", "word"), BANDS)
def test_bands_of_the_internet_society(points: int, word: str) -> None:
    """W13."""
    assert hhi.band(points) == word


READINGS = [
    (0.0999, 0.1, "not concentrated by"), (0.12, 0.18, "moderately concentrated by"), (0.1825, 0.34, "highly concentrated by"),
    (0.05, 0.34, "anything from not concentrated to highly concentrated"), (0.15, 0.19, "anything from moderately"),
]  # fmt: skip


@pytest.mark.parametrize(("low", "high", "words"), READINGS)
def test_the_index_is_read_only_as_far_as_its_range_goes(low: float, high: float, words: str) -> None:
    assert hhi.reading(low, high).startswith(words)
    assert hhi.reading(None, None) is None


def test_top_lists_are_by_count_then_name() -> None:
    rows = [(["b"], ["third"])] * 2 + [(["a"], ["third"])] * 2 + [(["c"], ["third"])] * 3
    assert dependence(rows)["top_use"] == [["c", 3], ["a", 2], ["b", 2]]


@pytest.mark.parametrize("module", metrics().values(), ids=list(metrics()))
def test_every_measure_explains_itself(module) -> None:
    metric = module.METRIC
    assert set(module.compute([2.0, 1.0])) == set(metric.figures)
    assert set(module.compute([])) == set(metric.figures)
    assert all(value is None for value in module.compute([]).values())


@pytest.mark.parametrize("metric", essays(), ids=[metric.id for metric in essays()])
def test_every_essay_is_whole(metric) -> None:
    """Those of services, of ranges and of samples too: the methods page shows them."""
    texts = (metric.name, metric.formula, metric.range, metric.reading, metric.guard, metric.example, metric.source)
    assert all(texts) and metric.figures and all(metric.figures.values())
    assert any(sign.isdigit() for sign in metric.example), "an example has numbers"


def alone(counts: list[int]) -> dict[str, dict[str, float]]:
    """Each item an organisation of its own: drawn alone."""
    items = [f"p{i}" for i, n in enumerate(counts) for _ in range(n)]
    return {f"o{j}": {item: 1.0} for j, item in enumerate(items)}


def test_the_spread_of_the_draws_is_that_of_the_delta_method() -> None:
    """W04, where items are drawn one by one: another formula gives 0.015414."""
    counts = [102, 37, 33, 30, 26, 25, 9, 8, 6, 3, 3, 1, 1, 1]
    drawn = bootstrap.spread(alone(counts), bootstrap.of_counts)["hhi"]
    assert len(drawn) == bootstrap.DRAWS and math.isclose(drawn.std(), 0.015414, rel_tol=0.1)
    low, high = bootstrap.intervals(alone(counts), bootstrap.of_counts)["hhi"]
    assert low < measure(counts)["hhi"] < high


def test_organisations_that_move_together_spread_the_draws() -> None:
    """Twenty bodies with all ten services at one provider say as much as twenty services, not as two hundred."""
    together = {f"o{i}": {f"p{i % 2}": 10.0} for i in range(20)}
    apart = {f"o{i}": {"p0": 5.0, "p1": 5.0} for i in range(20)}
    wide, narrow = (bootstrap.spread(parts, bootstrap.of_counts)["cr1"].std() for parts in (together, apart))
    assert wide > 0.03 and narrow == 0


def test_too_few_organisations_give_no_interval() -> None:
    assert bootstrap.intervals({f"o{i}": {"a": 1.0} for i in range(19)}, bootstrap.of_counts) is None
