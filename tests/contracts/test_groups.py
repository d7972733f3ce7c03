"""Which notices are one contract, which replaces which, one test per rule. Each states the case in a table that can be
checked by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipelines.contracts.pipeline import Made
from tests.contracts.conftest import groups, notice, rows

Make = Callable[..., Made]
TERM = {"start": "2026-05-01", "end": "2029-04-30"}


# -- the same award on two portals --------------------------------------------------------------------------

PAIRS = [
    ("National Audit Office: same reference, values with and without VAT, seven weeks apart", True,
     {"buyer": "National Audit Office", "supplier": "Microsoft Ireland Operations Limited", "reference": "NAO-2026-017",
      "title": "Microsoft enterprise agreement", "value": 6_600_000, "published": "2026-06-20T00:00:00Z", **TERM},
     {"buyer": "National Audit Office", "supplier": "Microsoft Ireland Operations Ltd", "reference": "NAO-2026-017",
      "title": "Enterprise agreement renewal", "value": 5_500_000, "published": "2026-05-01T00:00:00Z", **TERM}),
    ("no shared reference, but buyer, start, value within VAT and title", True,
     {"title": "Microsoft enterprise agreement incl Azure", "value": 6_600_000, **TERM},
     {"title": "Microsoft Enterprise Agreement including Azure", "value": 5_500_000, **TERM}),
    ("Cloud Compute: frameworks without value and start", True,
     {"buyer": "Crown Commercial Service", "title": "Cloud Compute framework", "suppliers": ["A Ltd", "B Ltd"]},
     {"buyer": "Crown Commercial Service", "title": "Cloud Compute framework agreement", "suppliers": ["A Ltd", "B Ltd"]}),
    ("NSS Oracle: one portal without a value, same supplier and title", True,
     {"buyer": "NHS National Services Scotland", "supplier": "Oracle Corporation UK Ltd", "title": "Oracle licences"},
     {"buyer": "NHS National Services Scotland", "supplier": "Oracle Corporation UK Limited", "title": "Oracle licences",
      "value": 157_000, "start": "2025-01-01"}),
    ("two frameworks of one buyer with other titles", False,
     {"buyer": "Crown Commercial Service", "title": "G-Cloud 15 framework", "suppliers": ["A Ltd", "B Ltd"]},
     {"buyer": "Crown Commercial Service", "title": "Cloud Compute framework", "suppliers": ["A Ltd", "B Ltd"]}),
    ("DWP and HMRC: GBP 94m each, two buyers", False,
     {"buyer": "Department for Work and Pensions", "title": "Public cloud compute", "value": 94_000_000, **TERM},
     {"buyer": "HM Revenue & Customs", "title": "Public cloud compute", "value": 94_000_000, **TERM}),
    ("one buyer, GBP 94m of 2021 and of 2023", False,
     {"title": "Public cloud compute", "value": 94_000_000, "start": "2021-08-01", "end": "2024-07-31"},
     {"title": "Public cloud compute", "value": 94_000_000, "start": "2023-12-01", "end": "2026-11-30"}),
    ("same start and title, value a third more", False,
     {"title": "Cloud hosting", "value": 130_000, **TERM}, {"title": "Cloud hosting", "value": 100_000, **TERM}),
    ("same value and start, other words", False,
     {"title": "Cloud hosting", "value": 100_000, **TERM}, {"title": "Office furniture", "value": 100_000, "supplier": "X Ltd", **TERM}),
    ("a reference of one digit links nothing", False,
     {"title": "Hosting", "reference": "1", "value": 100_000, **TERM}, {"title": "Phase 1", "reference": "1", "value": 900_000, **TERM}),
]  # fmt: skip


@pytest.mark.parametrize(("case", "linked", "cf", "fts"), PAIRS, ids=[row[0] for row in PAIRS])
def test_one_award_on_two_portals_is_one_contract(made: Make, case: str, linked: bool, cf: dict, fts: dict) -> None:
    result = made(notice("cf", "a", **cf), notice("fts", "b", **fts))
    assert result.table("contracts").num_rows == 2, "linked, never deleted"
    assert groups(result) == (1 if linked else 2)
    if linked:
        (stands_for_both,) = set(result.table("contracts")["group_id"].to_pylist())
        assert dict(rows(result.table("contracts"), "contract_id", "portal"))[stands_for_both] == "find-a-tender"


def test_a_link_to_the_original_joins_portals(made: Make) -> None:
    address = "https://www.publiccontractsscotland.gov.uk/search/show/search_view.aspx?ID=MAR123456"
    original = notice("pcs", "0000789393", title="Oracle award", reference="MAR123456", supplier="X Ltd")
    copy = notice(
        "fts", "04db7a", title="Something else", supplier="Y Ltd", links=[{"rel": "canonical", "href": address}]
    )
    assert groups(made(original, copy)) == 1


def test_each_contract_links_to_one_of_another_portal(made: Make) -> None:
    facts = {"title": "Cloud hosting", "value": 100_000, **TERM}
    result = made(
        notice("fts", "x", **facts),
        notice("cf", "a", supplier="A Ltd", **facts),
        notice("cf", "b", supplier="B Ltd", **facts),
    )
    assert groups(result) == 2


@pytest.mark.parametrize("order", range(4))
def test_a_value_below_zero_is_nearest_to_nothing_whatever_comes_first(made: Make, order: int) -> None:
    facts = {"reference": "REF-2026-17", "supplier": "Microsoft Limited"}
    there = [
        notice("cf", f"n{i}", title="Cloud hosting", value=value, start=f"2026-0{i + 1}-01", **facts)
        for i, value in enumerate([-5, 100_000, -50_000, 3_000])
    ]
    result = made(
        *there[order:], *there[:order], notice("fts", "x", title="Hosting", value=100_000, start="2026-07-01", **facts)
    )
    (linked,) = [
        set(processes) for processes in _processes_by_group(result.table("contracts")).values() if len(processes) > 1
    ]
    assert linked == {"ocds-b5fd17-n1", "ocds-h6vhtk-x"}


def _processes_by_group(contracts: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group, process in rows(contracts, "group_id", "ocid"):
        found.setdefault(group, []).append(process)
    return found


# -- twins within a portal ----------------------------------------------------------------------------------

TWIN = {"value": 153_600, "start": "2016-08-11", "end": "2018-08-10", "supplier": "Amazon Web Services, Inc."}
TWINS = [
    (
        "published again for completeness, supplier spelt otherwise",
        True,
        {"supplier": "AMAZON WEB SERVICES INC", "title": "Republished"},
    ),
    ("another value", False, {"value": 153_601}),
    ("another start", False, {"start": "2016-08-12"}),
    ("another end", False, {"end": "2018-08-11"}),
    ("another buyer", False, {"buyer": "National Audit Office"}),
    ("another supplier", False, {"supplier": "Microsoft Limited"}),
]


@pytest.mark.parametrize(("case", "same", "change"), TWINS, ids=[row[0] for row in TWINS])
def test_twins_are_one_contract_and_keep_their_notices(made: Make, case: str, same: bool, change: dict) -> None:
    result = made(notice(process="a", **TWIN), notice(process="b", **{**TWIN, **change}))
    assert groups(result) == (1 if same else 2)
    assert sum(len(ids) for ids in rows(result.table("contracts"), "notice_ids")) == 2


def test_deals_of_350000_in_2020_and_2023_are_two(made: Make) -> None:
    result = made(
        notice(process="a", value=350_000, start="2020-08-01", end="2022-07-31"),
        notice(process="b", value=350_000, start="2023-12-01", end="2026-11-30"),
    )
    assert groups(result) == 2


def test_without_a_value_twins_need_the_same_title(made: Make) -> None:
    unknown = {**TWIN, "value": 0}
    assert groups(made(notice(process="a", **unknown), notice(process="b", **unknown))) == 1
    assert groups(made(notice(process="a", **unknown), notice(process="b", title="Other", **unknown))) == 2


# -- revisions ----------------------------------------------------------------------------------------------


def test_a_later_release_supersedes_field_by_field_in_any_order(made: Make) -> None:
    releases = [
        notice(release="n-100", published="2024-01-01T10:00:00Z", value=100_000, title="First", start="2024-02-01", end="2025-01-31"),
        notice(release="n-101", published="2024-01-01T10:00:00Z", value=120_000, title="Second", supplier="AWS EMEA SARL"),
        notice(release="n-99", published="2024-01-01T09:00:00Z", value=1_000_000, title="Oldest"),
    ]  # fmt: skip
    seen = set()
    for seed in range(6):
        random.Random(seed).shuffle(releases)
        result = made(*releases)
        (row,) = rows(result.table("contracts"), "title", "value_gbp", "start_on", "end_on")
        seen.add(row)
        assert rows(result.table("contract_suppliers"), "supplier_name") == ["AWS EMEA SARL"]
    assert seen == {("Second", Decimal("120000.00"), dt.date(2024, 2, 1), dt.date(2025, 1, 31))}


def test_a_change_notice_is_not_added(made: Make) -> None:
    first = notice("fts", release="1", published="2022-01-01T00:00:00Z", value=5_780_000, **TERM)
    change = notice("fts", release="2", published="2023-01-01T00:00:00Z", value=9_450_000, tag=["awardUpdate"], **TERM)
    assert rows(made(first, change).table("contracts"), "value_gbp") == [Decimal("9450000.00")]


def test_a_contract_change_without_an_award_belongs_to_its_award(made: Make) -> None:
    first = notice("fts", release="1", published="2024-03-01T00:00:00Z", value=100_000, **TERM)
    change = notice("fts", release="2", published="2024-09-01T00:00:00Z", awards=[], tag=["contractUpdate"],
                    contracts=[{"awardID": "a1", "value": {"amount": 130_000, "currency": "GBP"}, "dateSigned": "2024-08-01"}])  # fmt: skip
    assert rows(made(first, change).table("contracts"), "value_gbp", "signed_on") == [
        (Decimal("130000.00"), dt.date(2024, 8, 1))
    ]


# -- reused OCIDs -------------------------------------------------------------------------------------------


def test_one_ocid_of_two_buyers_is_two_processes(made: Make) -> None:
    result = made(
        notice(release="1", buyer="Home Office", value=1000),
        notice(release="2", buyer="National Audit Office", value=2000),
    )
    assert sorted(rows(result.table("contracts"), "organisation_id")) == ["home-office", "national-audit-office"]


def test_one_buyer_with_123_releases_is_one_process(made: Make) -> None:
    releases = [
        notice(release=f"n-{n}", value=1000 + n, published=f"2024-01-01T{n // 60:02}:{n % 60:02}:00Z")
        for n in range(123)
    ]
    assert rows(made(*releases).table("contracts"), "value_gbp") == [Decimal("1122.00")]


# -- superseding deals --------------------------------------------------------------------------------------

DEALS = [
    ("100m of 2019 and 120m of 2020", True, (100, "2019-12-12", "2023-12-11"), (120, "2020-12-01", "2023-11-30")),
    ("120m and 450m: more than twice", False, (120, "2020-12-01", "2023-11-30"), (450, "2023-12-01", "2026-11-30")),
    ("no day in common", False, (100, "2019-12-12", "2020-11-30"), (120, "2020-12-01", "2023-11-30")),
    ("less than half of the shorter term", False, (100, "2019-01-01", "2020-12-31"), (120, "2020-06-01", "2023-11-30")),
]  # fmt: skip


@pytest.mark.parametrize(("case", "replaced", "one", "other"), DEALS, ids=[row[0] for row in DEALS])
def test_a_later_deal_of_like_value_and_time_supersedes(
    made: Make, case: str, replaced: bool, one: tuple, other: tuple
) -> None:
    deals = [
        notice(
            process=str(n),
            value=deal[0] * 1_000_000,
            awarded=deal[1],
            start=deal[1],
            end=deal[2],
            title="Public cloud hosting",
        )
        for n, deal in enumerate((one, other))
    ]
    found = dict(rows(made(*deals).table("contracts"), "value_gbp", "superseded_by"))
    assert [bool(by) for _, by in sorted(found.items())] == [replaced, False]
