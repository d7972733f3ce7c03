"""Lengths of outages: worked examples, hand-made samples, and properties."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import availability
from pipelines import durations as d
from pipelines.readers import incidents_feed

HOURS = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
lengths = st.lists(st.floats(0.05, 500), min_size=1, max_size=60).map(lambda values: np.sort(np.array(values)))


# -- worked examples, to the last digit printed ------------------------------------------------------------


def test_w10_what_a_second_region_and_a_second_provider_buy() -> None:
    one = availability.shared_control(0.001, 0.0004)
    two = availability.shared_control(0.001, 0.0004, regions=2)
    assert round(one, 7) == 0.0013996
    assert round(two, 10) == 0.0004009996
    assert round(availability.independent(one, one), 11) == 1.95888e-06
    assert round(one / two, 1) == 3.5 and round(one / availability.independent(one, one)) == 714


def test_w15_lost_service_hours() -> None:
    found = availability.lost(14.5333, [(8_760_000, 1.0), (876_000, 0.5), (None, 1.0)])
    assert round(found.service_hours, 4) == 36.3332
    assert round(found.transactions_known, 2) == 15259.97
    assert found.services_without_volume == 1


def test_w17_chance_of_a_long_event_in_a_year() -> None:
    assert round(4 * 0.0881, 4) == 0.3524
    period = d.return_period(4, 0.0881)
    assert period is not None and round(period, 4) == 2.8377
    assert round(d.chance_in_a_year(4, 0.0881), 6) == 0.297001


@pytest.mark.shared
@pytest.mark.parametrize("through_the_reader", [False, True])
def test_w11_published_events_of_three_clouds(shared: Path, through_the_reader: bool) -> None:
    cases = {case["id"]: case for case in json.loads((shared / "metrics" / "worked_examples.json").read_text())}
    path = shared / "incidents" / "provider_events_2018_2020.csv"
    by_vendor: dict[str, list[float]] = {}
    if through_the_reader:
        names = {"aws": "AWS", "azure": "Azure", "gcp": "GCP"}
        rows = incidents_feed.read(path.name, path.read_bytes(), "s", {}).tables["incident_states"].to_pylist()
        for row in rows:
            if row["status"] != "duplicate" and row["started_at"] and row["ended_at"]:
                hours = (row["ended_at"] - row["started_at"]).total_seconds() / 3600
                if hours > 0:
                    by_vendor.setdefault(names[row["provider"]], []).append(round(hours, 4))
    else:
        with path.open(newline="") as file:
            for line in csv.DictReader(file):
                if line["likely_duplicate"] == "0" and float(line["duration_h"]) > 0:
                    by_vendor.setdefault(line["vendor"], []).append(float(line["duration_h"]))
    for vendor, expected in cases["W11"]["expected"].items():
        hours = np.sort(np.array(by_vendor[vendor]))
        curve = d.fit(hours)
        assert curve is not None
        over_24 = float(d.share_over(hours, 24))
        found = {
            "n": hours.size,
            "mu": round(curve.mu, 4),
            "sigma": round(curve.sigma, 4),
            "median_h": round(float(np.median(hours)), 4),
            "p90_h": round(float(np.percentile(hours, 90)), 4),
            "p99_h": round(float(np.percentile(hours, 99)), 4),
            "share_over_8h": round(float(d.share_over(hours, 8)), 4),
            "model_over_8h": round(curve.over(8.0), 4),
            "share_over_24h": round(over_24, 4),
            "model_over_24h": round(curve.over(24.0), 4),
            "events_per_year": round(hours.size / 3, 2),
            "return_period_years_over_24h_empirical": None,
        }
        period = d.return_period(hours.size / 3, over_24)
        if period is not None:
            found["return_period_years_over_24h_empirical"] = round(period, 3)
        assert found == expected, vendor


@pytest.mark.shared
def test_the_lognormal_is_good_enough_for_two_clouds_and_not_for_the_third(shared: Path) -> None:
    """As research found with tables: p 0.27, 0.27 and under 0.001. The bootstrap is stricter, as it should be."""
    by_vendor: dict[str, list[float]] = {}
    with (shared / "incidents" / "provider_events_2018_2020.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            if line["likely_duplicate"] == "0" and float(line["duration_h"]) > 0:
                by_vendor.setdefault(line["vendor"], []).append(float(line["duration_h"]))
    found = {vendor: d.ks_check(np.sort(np.array(hours))) for vendor, hours in by_vendor.items()}
    assert {vendor: round(check[0], 3) for vendor, check in found.items() if check} == {
        "AWS": 0.051, "Azure": 0.071, "GCP": 0.108,
    }  # fmt: skip
    assert found["GCP"] is not None and found["GCP"][1] < 0.01
    assert all(check is not None and 0.005 < check[1] < 0.27 for key, check in found.items() if key != "GCP")


# -- small samples by hand ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "share"), [(0.5, 1.0), (1.0, 0.8), (3.0, 0.6), (8.0, 0.2), (16.0, 0.0)])
def test_share_over_counts_what_is_longer(x: float, share: float) -> None:
    assert d.share_over(HOURS, x) == pytest.approx(share)


def test_a_small_group_borrows_from_all() -> None:
    """Three events, all long, beside a hundred of which one in ten is long: 3/30 of 1 + 27/30 of 0.1 = 0.19."""
    pooled = np.array([1.0] * 90 + [10.0] * 10)
    three = np.array([9.0, 9.0, 9.0])
    assert d.shrunk_share_over(three, pooled, 8.0) == pytest.approx(0.1 * 1 + 0.9 * 0.1)
    assert d.shrunk_share_over(np.repeat(9.0, 30), pooled, 8.0) == 1.0
    assert d.shrunk_share_over(np.array([]), pooled, 8.0) == pytest.approx(0.1)


def test_the_fit_of_powers_of_two_is_known() -> None:
    """Logs 0..4 times ln 2: mean 2 ln 2, deviation sqrt(2.5) ln 2; half lies over the median 4."""
    curve = d.fit(HOURS)
    assert curve is not None
    assert curve.mu == pytest.approx(2 * math.log(2))
    assert curve.sigma == pytest.approx(math.sqrt(2.5) * math.log(2))
    assert curve.over(4.0) == pytest.approx(0.5)
    # 16 is 2 / sqrt(2.5) = 1.2649 deviations above: 10.3% by the table of the normal distribution
    assert curve.over(16.0) == pytest.approx(0.103, abs=5e-4)
    assert d.fit(np.array([3.0])) is None


def test_the_distance_of_three_points_by_hand() -> None:
    """Steps 1/3, 2/3, 1 beside 0.1587, 0.5, 0.8413 at -1, 0, 1: largest gap 0.1747, on either side."""
    assert float(d.ks_distance(np.array([-1.0, 0.0, 1.0]))) == pytest.approx(1 / 3 - 0.158655, abs=1e-4)


def test_the_check_knows_a_lognormal_from_two_heaps() -> None:
    random = np.random.default_rng(5)
    good = d.ks_check(np.sort(np.exp(random.normal(0.7, 1.0, 200))))
    heaps = d.ks_check(np.sort(np.concatenate([np.repeat(1.0, 100), np.repeat(50.0, 100)])))
    assert good is not None and good[1] > 0.05
    assert heaps is not None and heaps[1] < 0.01
    assert d.ks_check(np.array([2.0, 2.0, 2.0, 2.0, 2.0])) is None


@pytest.mark.parametrize("n", [5, 40])
def test_the_p_value_is_even_where_the_curve_is_true(n: int) -> None:
    """Over 300 true lognormal samples the mean p-value is 1/2 (deviation of the mean: 0.29 / sqrt(300) = 0.017)."""
    random = np.random.default_rng(11)
    values = [d.ks_check(np.sort(np.exp(random.normal(1, 2, n))), draws=199, seed=i) for i in range(300)]
    assert np.mean([v[1] for v in values if v]) == pytest.approx(0.5, abs=0.05)


def test_which_rows_are_kept_out_and_why() -> None:
    rows = [
        {"incident_id": "a", "duration_hours": 2.0}, {"incident_id": "b", "duration_hours": None},
        {"incident_id": "c", "duration_hours": 0.0}, {"incident_id": "d", "duration_hours": float("nan")},
        {"incident_id": "crowdstrike-2024-07-19", "duration_hours": 1.3},
    ]  # fmt: skip
    kept, left_out = d.usable(rows)
    assert [row["incident_id"] for row in kept] == ["a"]
    assert sum(left_out.values()) == 4 and any("bad file was served" in reason for reason in left_out)


def test_the_band_draws_months_not_events() -> None:
    """Ten long events of one month are one piece of luck: the band reaches from none to most."""
    hours = [10.0] * 10 + [1.0] * 10
    one_month = d.exceedance(hours, ["2020-01"] * 10 + [f"2021-{m:02d}" for m in range(1, 11)], [8.0])
    each_alone = d.exceedance(hours, [f"{y}-{m:02d}" for y in (2020, 2021) for m in range(1, 11)], [8.0])
    assert one_month.share[0] == each_alone.share[0] == 0.5
    assert one_month.high[0] - one_month.low[0] > 1.5 * (each_alone.high[0] - each_alone.low[0])
    assert one_month.low[0] == 0.0
    assert np.isnan(d.exceedance([], [], [8.0]).share[0])


def test_a_thousand_years_have_the_mean_and_spread_asked_for() -> None:
    calm = d.simulate_years(4.0, HOURS, 20_000, seed=1)
    wild = d.simulate_years(4.0, HOURS, 20_000, seed=1, size=2.0)
    assert calm.counts.mean() == pytest.approx(4.0, rel=0.02)
    assert wild.counts.mean() == pytest.approx(4.0, rel=0.04)
    assert calm.counts.var() == pytest.approx(4.0, rel=0.05)
    assert wild.counts.var() == pytest.approx(4 + 16 / 2, rel=0.08)
    # expected hours a year: 4 events of (1 + 2 + 4 + 8 + 16) / 5 = 6.2 hours
    assert calm.total_hours.mean() == pytest.approx(24.8, rel=0.03)
    assert (calm.longest > 8).mean() == pytest.approx(1 - math.exp(-4 * 0.2), abs=0.015)
    assert d.dispersion(wild.counts) == pytest.approx(2.0, rel=0.1)
    assert d.dispersion([3, 3, 3]) is None


def test_a_year_of_a_small_group_draws_from_all_as_well() -> None:
    years = d.simulate_years(10.0, np.array([100.0, 100.0, 100.0]), 5_000, seed=2, pooled=np.array([1.0]))
    assert (years.hours == 100.0).mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("rate", [0.0, 3.0])
def test_no_event_seen_makes_no_event(rate: float) -> None:
    years = d.simulate_years(rate, np.array([]) if rate == 0 else HOURS, 10)
    assert years.counts.size == 10 and years.total_hours.size == 10 and years.longest.size == 10
    assert d.return_period(rate, 0.0) is None


@given(lengths, st.floats(0.01, 400), st.floats(0.01, 400))
def test_longer_is_rarer_and_shrinking_stays_between(hours: np.ndarray, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0 <= d.share_over(hours, high) <= d.share_over(hours, low) <= 1
    pooled = np.array([0.1, 1.0, 10.0, 100.0])
    mixed, own, all_ = d.shrunk_share_over(hours, pooled, a), d.share_over(hours, a), d.share_over(pooled, a)
    assert min(own, all_) - 1e-12 <= mixed <= max(own, all_) + 1e-12


@given(lengths, st.integers(0, 50), st.integers(0, 9))
def test_the_same_seed_gives_the_same_years_and_only_lengths_that_were_seen(
    hours: np.ndarray, years: int, seed: int
) -> None:
    first, again = d.simulate_years(2.0, hours, years, seed), d.simulate_years(2.0, hours, years, seed)
    assert np.array_equal(first.hours, again.hours) and np.array_equal(first.year, again.year)
    assert set(first.hours) <= set(hours)
    assert first.counts.sum() == first.year.size == first.hours.size


@given(st.lists(st.tuples(st.floats(0.05, 100), st.integers(1, 12)), min_size=1, max_size=40))
def test_the_curve_falls_and_lies_within_its_band(events: list[tuple[float, int]]) -> None:
    curve = d.exceedance([h for h, _ in events], [f"2020-{m:02d}" for _, m in events], [1, 4, 8, 24], draws=50)
    assert all(np.diff(curve.share) <= 0)
    assert np.all((curve.low <= curve.high + 1e-12) & (curve.low >= 0) & (curve.high <= 1))
