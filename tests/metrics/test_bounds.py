"""Bounds: every truth lies within them, and the ends are reached. Truths are tried one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics import bounds
from pipelines.metrics.bounds import Distribution, Open, share_ranges_hhi

SETTLED = st.dictionaries(st.sampled_from("abc"), st.integers(1, 6), max_size=3)
# Up to four units whose holder is open: to anybody, or to some of five by name.
UNITS = st.lists(st.none() | st.frozensets(st.sampled_from("abcde"), min_size=1, max_size=3), max_size=4)


def completions(settled: dict[str, int], units: list[frozenset[str] | None]) -> Iterator[dict[str, int]]:
    """Every way to give each unit to one holder that may have it; "anybody" is those named, or a new one."""
    named = sorted({*settled, *"abcde"})
    choices = [sorted(unit) if unit else [*named, f"new {i}", "new together"] for i, unit in enumerate(units)]
    for chosen in itertools.product(*choices):
        masses = dict(settled)
        for holder in chosen:
            masses[holder] = masses.get(holder, 0) + 1
        yield masses


@given(SETTLED, UNITS)
def test_bounds_contain_every_completion_of_the_unknown_mass(settled: dict, units: list) -> None:
    made = Distribution(settled, [Open(1, unit) for unit in units])
    total = sum(settled.values()) + len(units)
    if not total:
        assert made.hhi().low is None and made.share("a").low is None
        return
    truths = list(completions(settled, units))
    sums = [sum((mass / total) ** 2 for mass in truth.values()) for truth in truths]
    index = made.hhi()
    assert index.low <= min(sums) + 1e-12
    assert math.isclose(max(sums), index.high, abs_tol=1e-12)
    if all(unit is None for unit in units):
        assert math.isclose(min(sums), index.low, abs_tol=1e-12)
    effective = made.effective_number()
    assert math.isclose(effective.low, 1 / index.high) and math.isclose(effective.high, 1 / index.low)
    for holder in "abcde":
        shares = [truth.get(holder, 0) / total for truth in truths]
        share = made.share(holder)
        assert math.isclose(share.low, min(shares), abs_tol=1e-12)
        assert math.isclose(share.high, max(shares), abs_tol=1e-12)


@given(SETTLED, UNITS, st.randoms())
def test_order_of_what_is_open_does_not_matter(settled: dict, units: list, random) -> None:
    mixed = random.sample(units, len(units))
    a, b = (Distribution(settled, [Open(1, unit) for unit in order]).hhi() for order in (units, mixed))
    assert a.high == b.high and (a.low == b.low or math.isclose(a.low, b.low))


@given(SETTLED, UNITS)
def test_what_evidence_rules_out_never_widens_a_range(settled: dict, units: list) -> None:
    free = Distribution(settled, [Open(1) for _ in units], grain=0).hhi()
    narrowed = Distribution(settled, [Open(1, unit) for unit in units], grain=0).hhi()
    if free.low is not None:
        assert free.low <= narrowed.low + 1e-12 and narrowed.high <= free.high + 1e-12


@given(SETTLED, UNITS)
def test_levelled_mass_stands_lowest_where_it_was_poured(settled: dict, units: list) -> None:
    """The smallest sum of squares by its own sign: no open mass stands at a holder while another that may have it
    stands lower. Checked for one set of holders at a time, since the pouring does not say whose drop is whose."""
    made = Distribution(settled, [Open(1, unit) for unit in units], grain=0)
    level = made.levelled()
    assert math.isclose(
        sum(level.values()), sum(settled.values()) + sum(unit is not None for unit in units), abs_tol=1e-9
    )
    named = [unit for unit in units if unit]
    for unit in named:
        if all(other == unit or not other & unit for other in named):
            gained = [holder for holder in unit if level[holder] > settled.get(holder, 0) + 1e-9]
            assert gained
            assert all(level[holder] <= min(level[other] for other in unit) + 1e-9 for holder in gained)


SEVEN = [
    ("new holders without end", Open(25), 0.0, 2325, 4950),
    ("one new holder", Open(25), 25.0, 2950, 4950),
    ("only the three named", Open(25, frozenset("abc")), 0.0, 3400, 4950),
    ("not the largest, by evidence", Open(25, frozenset("bc")), 0.0, 3400, 4200),
]


@pytest.mark.parametrize(("open_", "grain", "low", "high"), [row[1:] for row in SEVEN], ids=[row[0] for row in SEVEN])
def test_a_quarter_not_attributed(open_: Open, grain: float, low: float, high: float) -> None:
    """W07: 40, 25 and 10, and 25 open."""
    found = Distribution({"a": 40, "b": 25, "c": 10}, [open_], grain).hhi()
    assert (round(found.low * 10_000, 2), round(found.high * 10_000, 2)) == (low, high)
    assert round(found.value * 10_000, 2) == round((40**2 + 25**2 + 10**2) / 75**2 * 10_000, 2)


def test_a_contract_with_several_suppliers() -> None:
    """W16: 100 shared by A to D in a split that nobody publishes, 50 to A, 50 to E."""
    made = Distribution({"A": 50, "E": 50}, [Open(100, frozenset("ABCD"), dict.fromkeys("ABCD", 25.0))], grain=0)
    share, index = made.share("A"), made.hhi()
    assert (share.value, share.low, share.high) == (0.375, 0.25, 0.75)
    assert [round(x * 10_000, 2) for x in (index.value, index.low, index.high)] == [2500.0, 2083.33, 6250.0]
    assert {holder: round(mass, 3) for holder, mass in made.levelled().items()} == {
        "A": 50, "B": 33.333, "C": 33.333, "D": 33.333, "E": 50,
    }  # fmt: skip


def test_published_share_ranges() -> None:
    """W06: above 1,800 whatever the truth, above 2,500 not proven."""
    low, high = share_ranges_hhi({"AWS": (30, 40), "Microsoft": (30, 40), "Google": (5, 10)})
    assert (round(low, 6), round(high, 6)) == (1825, 3400)
    with pytest.raises(ValueError, match="more than the whole"):
        share_ranges_hhi({"a": (60, 70), "b": (50, 60)})


def test_what_is_known_to_have_none_counts_in_the_whole_of_a_share_only() -> None:
    """3 with a, 1 with b, 4 with none, 2 unknown."""
    made = Distribution({"a": 3, "b": 1}, [Open(1), Open(1)], nobody=4)
    share = made.share("a")
    assert (share.value, share.low, share.high) == (3 / 8, 3 / 10, 5 / 10)
    assert made.hhi().value == (9 + 1) / 16


def test_half_an_item_can_be_half_a_provider() -> None:
    """An open half adds a quarter to the sum of squares, not a half: a whole new provider is not there to be had."""
    assert Distribution({"a": 0.5}, [Open(0.5)]).hhi().low == 0.5


def test_a_search_too_long_gives_a_bound_that_is_never_too_low(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Distribution(
        {"a": 3, "b": 2}, [Open(2, frozenset("bc")), Open(2, frozenset("cd")), Open(1, frozenset("ad"))]
    )
    exact = made.hhi().high
    monkeypatch.setattr(bounds, "MOST_STEPS", 2)
    assert 1 >= made.hhi().high >= exact


def test_masses_alike_put_together_are_what_each_of_them_is() -> None:
    """Four open halves each half a new provider: a sum of squares of four quarters, however they are written down."""
    apart = Distribution({"a": 2.0}, [Open(0.5)] * 4).hhi()
    together = Distribution({"a": 2.0}, [Open(2.0, piece=0.5)]).hhi()
    assert apart == together and together.low == (4 + 4 * 0.25) / 16


def test_more_open_sets_than_can_be_searched_are_bounded() -> None:
    """Contracts of a supplier and its own reseller, 1,200 pairs: the search would go as deep as there are pairs."""
    pairs = [frozenset((f"s{i}", f"r{i}")) for i in range(1200)]
    found = Distribution({}, [Open(1, pair) for pair in pairs], grain=0).hhi()
    assert (found.low, found.high) == (pytest.approx(1 / 2400), pytest.approx(1 / 1200))


def test_thirds_add_up_to_the_whole() -> None:
    """A contract of three suppliers is attributed whole, though three thirds of a pound are not quite one."""
    thirds = [Open(0.1 * n, frozenset("abc"), dict.fromkeys("abc", 0.1 * n / 3)) for n in range(1, 40)]
    made = Distribution({"a": 0.7}, thirds)
    assert math.fsum(made.central.values()) != made.held and made.unattributed == 0


def test_many_open_sets_are_bounded_at_once() -> None:
    """Sixty contracts, each of two suppliers out of forty: answered, and no higher than all mass at one."""
    pairs = [frozenset((f"s{i % 40}", f"s{(i * 7 + 1) % 40}")) for i in range(60)]
    found = Distribution({f"s{i}": i + 1 for i in range(40)}, [Open(5, pair) for pair in pairs], grain=0).hhi()
    assert 0 < found.low < found.high < 1
