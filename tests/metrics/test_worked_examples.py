"""The worked examples of the working data, to the last digit printed there: those that a measure computes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.metrics import hhi, measure
from pipelines.metrics.bounds import Distribution, Open, share_ranges_hhi
from pipelines.metrics.dependence import dependence

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, dict[str, Any]]:
    return {case["id"]: case for case in json.loads((shared / "metrics" / "worked_examples.json").read_text())}


def agree(found: dict[str, Any], expected: dict[str, Any]) -> int:
    """How many figures there were to compare; each equal to as many digits as are printed."""
    for key, value in expected.items():
        if isinstance(value, float):
            digits = len(str(value).partition(".")[2])
            assert round(float(found[key]), digits) == value, key
        else:
            assert found[key] == value, key
    return len(expected)


def test_measures_of_counts(cases: dict[str, Any]) -> None:
    compared = 0
    for case in ("W01", "W02"):
        found = measure(cases[case]["input"])
        compared += agree({**found, "hhi_10000": round(found["hhi_10000"], 6)}, cases[case]["expected"])
    compared += agree(measure(list(cases["W04"]["input"].values())), cases["W04"]["expected"])
    assert compared > 20


def points(counts: list[float]) -> float:
    return round(float(measure(counts)["hhi_10000"] or 0), 2)


def test_joining(cases: dict[str, Any]) -> None:
    base, wanted = sorted(cases["W03"]["input"]["base"]), cases["W03"]["expected"]
    small, large = [base[0] + base[1], *base[2:]], [base[-1] + base[-2], *base[:-2]]
    assert [points(c) for c in (base, small, large)] == [wanted[k] for k in ("base", "after_small", "after_large")]
    raw, (a, b) = cases["W08"]["input"]["raw"], cases["W08"]["input"]["same_owner"]
    joined = [raw[a] + raw[b], *(x for i, x in enumerate(raw) if i not in (a, b))]
    assert (points(raw), points(joined)) == (cases["W08"]["expected"]["unmerged"], cases["W08"]["expected"]["merged"])


def test_services(cases: dict[str, Any], shared: Path) -> None:
    with (shared / "metrics" / "dns_sites.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["country"] == "GB"]
    found = dependence((row["providers_folded"].split("|"), row["ns_types"].split("|")) for row in rows)
    assert agree(found, cases["W05"]["expected"]) == 13


def test_ranges(cases: dict[str, Any]) -> None:
    given, wanted = cases["W06"]["input"], cases["W06"]["expected"]
    low, high = share_ranges_hhi({name: tuple(ends) for name, ends in given.items() if isinstance(ends, list)})
    assert (round(low, 6), round(high, 6)) == (wanted["low"], wanted["high"])
    assert [low > limit for limit in (1800, 2000, 2500)] == [
        wanted[f"above_{limit}_always"] for limit in (1800, 2000, 2500)
    ]
    given, wanted = cases["W07"]["input"], cases["W07"]["expected"]
    known = {str(i): mass for i, mass in enumerate(given["known"])}
    unknown = given["unattributed"]
    for key, may_be, grain in (
        ("low_new_atomistic", None, 0), ("one_new_provider", None, unknown), ("only_named_waterfill_low", frozenset(known), 0),
    ):  # fmt: skip
        found = Distribution(known, [Open(unknown, may_be)], grain).hhi()
        assert round(found.low * 10_000, 6) == wanted[key]
        assert round(found.high * 10_000, 6) == wanted["all_to_largest"]


def test_a_split_that_nobody_publishes(cases: dict[str, Any]) -> None:
    settled: dict[str, float] = {}
    open_ = []
    for contract in cases["W16"]["input"]["contracts"]:
        value, names = contract["v"], contract["s"]
        if len(names) == 1:
            settled[names[0]] = settled.get(names[0], 0) + value
        else:
            open_.append(Open(value, frozenset(names), dict.fromkeys(names, value / len(names))))
    made = Distribution(settled, open_, grain=0)
    share, index = made.share("A"), made.hhi()
    found = {
        "A_low": share.low * made.held, "A_high": share.high * made.held, "A_equal": share.value * made.held,
        "total": made.held, "A_share_low": share.low, "A_share_high": share.high, "A_share_equal": share.value,
        "hhi_equal": index.value * 10_000, "hhi_high": index.high * 10_000, "hhi_low": index.low * 10_000,
    }  # fmt: skip
    wanted = {key: value for key, value in cases["W16"]["expected"].items() if key != "hhi_low_note"}
    assert agree(found, wanted) == 10


def test_bands_and_three_contracts(cases: dict[str, Any]) -> None:
    assert {key: hhi.band(value) for key, value in cases["W13"]["input"].items()} == cases["W13"]["expected"]
    contracts, wanted = cases["W14"]["input"], cases["W14"]["expected"]
    values = list(contracts["contracts_gbp_m"].values())
    live = Distribution({"aws": sum(values), "others": contracts["all_live_gbp_m"] - sum(values)}, grain=0)
    found = {"sum": sum(values), "share_of_live": live.share("aws").value, "hhi_within_three": points(values)}
    assert agree(found, wanted) == 3
