"""What a contract is said to be: class, value, buyer, provider, dates and state, one test per rule. Each states the case in
a table that can be checked by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipelines.contracts.pipeline import Made
from tests.contracts.conftest import notice, rows

Make = Callable[..., Made]


# -- framework, call-off, contract --------------------------------------------------------------------------

MANY = [f"Supplier {n} Ltd" for n in range(25)]
CLASSES = [
    ("G-Cloud 15: flagged", "framework", {"tender": {"techniques": {"hasFrameworkAgreement": True}}, "value": 14_000_000_000}),
    ("NHS SBS cyber security: 25 suppliers and framework words", "framework", {"title": "Cyber security framework", "suppliers": MANY}),
    ("ESPO vehicles: 35 suppliers, framework in the text", "framework",
     {"title": "Vehicles", "suppliers": [*MANY, *(f"More {n} Ltd" for n in range(10))], "description": "A framework for vehicles."}),
    ("HMRC 350m: a call-off although its text names G-Cloud", "call_off",
     {"method": "Call-off from a framework agreement", "title": "Public cloud compute", "description": "Under framework G-Cloud 13"}),
    ("a dynamic purchasing system without suppliers", "framework", {"title": "Dynamic purchasing system for IT", "suppliers": []}),
    ("one supplier, framework only named", "contract", {"title": "Hosting under framework RM1557", "value": 5000}),
    ("nothing awarded yet", "unknown", {"suppliers": []}),
]  # fmt: skip


@pytest.mark.parametrize(("case", "expected", "facts"), CLASSES, ids=[row[0] for row in CLASSES])
def test_framework_call_off_or_contract(made: Make, case: str, expected: str, facts: dict[str, Any]) -> None:
    assert rows(made(notice(**facts)).table("contracts"), "contract_class") == [expected]


# -- values -------------------------------------------------------------------------------------------------


def test_a_shared_value_stays_on_the_award(made: Make) -> None:
    result = made(notice(suppliers=["A Ltd", "B Ltd", "C Ltd"], value=300_000))
    assert rows(result.table("contracts"), "value_gbp") == [Decimal("300000.00")]
    assert result.table("contract_suppliers").num_rows == 3
    assert not any("value" in name for name in result.table("contract_suppliers").column_names)


VALUES = [
    (None, None, "unknown"), (0, None, "unknown"), (1, None, "unknown"), (1.01, None, "suspect"), (100, None, "suspect"),
    (100.01, "100.01", "known"), (65_600_000, "65600000.00", "known"), (-5000, None, "suspect"), (2e11, None, "suspect"),
]  # fmt: skip


@pytest.mark.parametrize(("published", "summed", "state"), VALUES)
def test_unknown_and_suspect_values_are_counted_and_not_summed(
    made: Make, published: Any, summed: str | None, state: str
) -> None:
    result = made(notice(value=published))
    expected = None if summed is None else Decimal(summed)
    assert rows(result.table("contracts"), "value_gbp", "value_status") == [(expected, state)]


BASES = [
    ("UK6 with gross only", "fts", {"gross": 120_000}, (None, Decimal("120000.00"), "gross", Decimal("120000.00"))),
    ("net and gross", "fts", {"value": 100_000, "gross": 120_000}, (Decimal("100000.00"), Decimal("120000.00"), "net", Decimal("100000.00"))),
    ("net only", "fts", {"value": 100_000}, (Decimal("100000.00"), None, "net", Decimal("100000.00"))),
    ("Contracts Finder has one field and no flag", "cf", {"value": 100_000}, (None, None, "unknown", Decimal("100000.00"))),
]  # fmt: skip


@pytest.mark.parametrize(("case", "portal", "facts", "expected"), BASES, ids=[row[0] for row in BASES])
def test_vat_is_kept_as_published_and_never_converted(
    made: Make, case: str, portal: str, facts: dict, expected: tuple
) -> None:
    result = made(notice(portal, **facts))
    assert rows(result.table("contracts"), "value_net", "value_gross", "value_basis", "value_gbp") == [expected]


def test_a_currency_that_the_text_or_a_lot_contradicts_is_flagged(made: Make) -> None:
    dollars = notice(process="a", value=1_800_000, description="The value is USD 1.8m.")
    lot = notice(process="b", value=500_000, tender={"value": {"amount": 1, "currency": "GBP"},
                                                     "lots": [{"value": {"amount": 1, "currency": "AED"}}]})  # fmt: skip
    plain = notice(process="c", value=500_000, description="Hosting in the European Union")
    flags = dict(rows(made(dollars, lot, plain).table("contracts"), "ocid", "flags"))
    assert "currency-doubt" in flags["ocds-b5fd17-a"]
    assert "currency-of-lot-differs" in flags["ocds-b5fd17-b"]
    assert flags["ocds-b5fd17-c"] == []


def test_another_currency_is_kept_and_not_summed(made: Make) -> None:
    assert rows(made(notice(value=500_000, currency="USD")).table("contracts"), "value_gbp", "currency") == [
        (None, "USD")
    ]


def test_least_value_and_longest_extent_are_kept(made: Make) -> None:
    facts = notice("fts", value=18_000_000, extent="2030-01-01", tender={"minValue": {"amount": 12_100_000}},
                   start="2026-05-01", end="2029-04-30")  # fmt: skip
    assert rows(made(facts).table("contracts"), "value_low", "value_high", "max_end_on") == [
        (Decimal("12100000.00"), Decimal("18000000.00"), dt.date(2030, 1, 1))
    ]
    tiny = notice(value=65_600_000, tender={"minValue": {"amount": 1}})
    assert rows(made(tiny).table("contracts"), "value_low") == [Decimal("65600000.00")], "1 stands for unknown"


# -- who bought ---------------------------------------------------------------------------------------------


def test_an_account_of_tendering_software_is_no_buyer(made: Make) -> None:
    result = made(notice(buyer="Atamis Ltd", title="T&T AWS", supplier="X Ltd"))
    assert rows(result.table("contracts"), "organisation_id", "publisher_name") == [(None, "Atamis Ltd")]
    assert "publisher-is-software" in rows(result.table("contracts"), "flags")[0]


def test_an_account_that_publishes_for_another_names_it(made: Make) -> None:
    behalf = notice(
        process="a", buyer="Atamis Ltd", description="Awarded on behalf of the Department of Health and Social Care."
    )
    assert rows(made(behalf).table("contracts"), "organisation_id") == ["department-of-health-and-social-care"]
    agent = notice(
        process="b", buyer="Crown Commercial Service", description="Procured on behalf of the Home Office for hosting"
    )
    assert rows(made(agent).table("contracts"), "organisation_id", "publisher_name") == [
        ("home-office", "Crown Commercial Service")
    ]


BUYERS = [
    ("BEIS", "2022-06-01", "department-for-business-energy-and-industrial-strategy", False),
    ("BEIS", "2023-12-01", "department-for-business-energy-and-industrial-strategy", True),
    ("Department of Business, Energy and Industrial Strategy", "2023-12-01", "department-for-business-energy-and-industrial-strategy", True),
    ("Department for International Trade", "2022-06-01", "department-for-international-trade", False),
    ("Department for International Trade", "2024-06-01", "department-for-business-and-trade", False),
    ("HMRC", "2024-06-01", "hm-revenue-customs", False),
    ("H.M. Revenue and Customs", "2024-06-01", None, False),
    ("Manchester City Council", "2024-06-01", "manchester", False),
    ("The Home Office", "2024-06-01", "home-office", False),
    ("Home Office : Digital, Data and Technology", "2024-06-01", "home-office", False),
    ("A Body Nobody Lists", "2024-06-01", "a-body-nobody-lists", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "day", "expected", "ambiguous"), BUYERS)
def test_buyers_with_successors_and_dates(
    made: Make, name: str, day: str, expected: str | None, ambiguous: bool
) -> None:
    result = made(notice(buyer=name, published=f"{day}T00:00:00Z"))
    (row,) = rows(result.table("contracts"), "organisation_id", "flags", "buyer_name")
    assert row[0] == (expected or "h-m-revenue-and-customs")
    assert ("buyer-abolished-ambiguous" in row[1]) is ambiguous
    assert row[2] == name, "the name is kept as published"


# -- who stands behind --------------------------------------------------------------------------------------

BEHIND = [
    ("the provider signed", {"title": "Hosting"}, [("aws", "direct", "supplier", False)]),
    ("a reseller signed, the title names it", {"supplier": "Softcat plc", "title": "AWS consumption"}, [("aws", "named", "title", True)]),
    ("a reseller signed, the text names it", {"supplier": "Phoenix Software Ltd", "title": "Licences", "description": "Microsoft Azure credits."},
     [("azure", "named", "description", True)]),
    ("an SME hosts in it", {"supplier": "Small Firm Ltd", "title": "NDelius AWS hosting support"}, [("aws", "named", "title", False)]),
    ("a reseller's name is no provider", {"supplier": "Core Azure Limited", "title": "Desktop support"}, []),
    ("Webex is no cloud hosting", {"supplier": "BT plc", "title": "Cloud Connect for Webex"}, []),
    ("a network is no cloud hosting", {"supplier": "BT plc", "title": "Core Network"}, []),
    ("an example names nothing bought", {"supplier": "X Ltd", "title": "Cloud platform", "description": "Any cloud, e.g. AWS or Azure, may be used."}, []),
    ("what is left behind names nothing bought", {"supplier": "X Ltd", "title": "Migration", "description": "Migration away from AWS to on-premises."}, []),
    ("Oracle Care is a charity's supplier", {"supplier": "Oracle Care Ltd", "title": "Home care"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("case", "facts", "expected"), BEHIND, ids=[row[0] for row in BEHIND])
def test_the_provider_behind_with_grade_and_place(made: Make, case: str, facts: dict, expected: list[tuple]) -> None:
    result = made(notice(**facts))
    assert rows(result.table("contract_providers"), "provider", "grade", "place", "via_reseller") == expected


UNSAID = [
    ("Microsoft Limited", "Unified support", None, True),
    ("Microsoft Limited", "Azure consumption", None, False),
    ("Microsoft Ireland Operations Ltd", "Renewal", "Licences for Microsoft 365.", False),
    ("Google Ireland Limited", "Google services", None, True),
    ("Google Ireland Limited", "Workspace 2024 contingency", None, False),
    ("Google Ireland Limited", "Google services", "Renewal of Workspace for all staff.", False),
    ("Microsoft Limited", "Workspaces for hire", None, True),
    ("Google Cloud EMEA Limited", "Renewal", None, False),  # its name says it
    ("GitHub, Inc.", "Enterprise licences", None, False),
    ("Amazon Web Services EMEA SARL", "Renewal", None, False),  # it sells one thing
    ("Oracle Corporation UK Limited", "Renewal", None, False),
    ("Softcat plc", "Azure consumption", None, False),
]


@pytest.mark.parametrize(("supplier", "title", "description", "unsaid"), UNSAID)
def test_a_company_of_several_services_signed_and_no_word_says_for_which(
    made: Make, supplier: str, title: str, description: str | None, unsaid: bool
) -> None:
    (flags,) = rows(made(notice(supplier=supplier, title=title, description=description)).table("contracts"), "flags")
    assert ("service-not-named" in flags) is unsaid


def test_each_match_stores_its_phrase(made: Make) -> None:
    result = made(notice(supplier="Softcat plc", title="Renewal", description="Licences for Google Workspace."))
    assert rows(result.table("contract_providers"), "provider", "phrase", "rule_id") == [
        ("google-workspace", "Google Workspace", "word:google workspace")
    ]


MARKETPLACE = [
    ("Fortinet licences bought through AWS", None, True),
    ("Aviatrix network software", "Bought from AWS Marketplace", True),
    ("AWS hosting", "Includes Fortinet images", False),
    ("Public cloud hosting", None, False),
]


@pytest.mark.parametrize(("title", "description", "other"), MARKETPLACE)
def test_goods_of_another_vendor_in_the_providers_shop(
    made: Make, title: str, description: str | None, other: bool
) -> None:
    result = made(notice(title=title, description=description))
    assert rows(result.table("contract_providers"), "provider", "marketplace") == [("aws", other)]


SERVICES = [
    ("Google Workspace licences", "licences"), ("Google Cloud hosting", "infrastructure"), ("Google Ads campaign", "ads"),
    ("Google Workspace", "software"), ("Google Cloud training and adoption consultancy", "consultancy"),
    ("Google Cloud premium support", "support"), ("Google", "unknown"), ("Google Ad Words 24-25", "ads"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "expected"), SERVICES)
def test_what_was_bought_is_told_apart_before_any_dependency(made: Make, title: str, expected: str) -> None:
    assert rows(made(notice(supplier="Google Ireland Limited", title=title)).table("contracts"), "service_class") == [
        expected
    ]


# -- dates --------------------------------------------------------------------------------------------------


def test_five_dates_stay_apart_and_are_not_clamped(made: Make) -> None:
    result = made(
        notice(published="2024-03-31T00:30:00+00:00", awarded="2024-05-01T00:00:00Z", start="2024-04-01T00:00:00+01:00",
               end="2108-01-01", contracts=[{"awardID": "a1", "dateSigned": "2024-05-02T00:00:00Z"}])
    )  # fmt: skip
    (row,) = rows(result.table("contracts"), "published_on", "awarded_on", "signed_on", "start_on", "end_on", "flags")
    assert [str(day) for day in row[:5]] == ["2024-03-31", "2024-05-01", "2024-05-02", "2024-04-01", "2108-01-01"]
    assert {"end-beyond-2045", "published-before-award", "start-before-award"} <= set(row[5])


# -- withdrawn ----------------------------------------------------------------------------------------------

STATES = [
    ("an award that was cancelled", {"status": "cancelled"}, "cancelled"),
    ("tender cancelled (UK12)", {"tag": ["tenderCancellation"], "tender": {"documents": [{"noticeType": "UK12"}]}}, "cancelled"),
    ("contract ended early (UK11)", {"tag": ["contractTermination"], "tender": {"documents": [{"noticeType": "UK11"}]}}, "withdrawn"),
    ("announced only", {"status": "pending"}, "pending"),
    ("awarded", {}, "active"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "facts", "expected"), STATES, ids=[row[0] for row in STATES])
def test_what_was_taken_back_stays_visible_with_its_state(made: Make, case: str, facts: dict, expected: str) -> None:
    first = notice("fts", release="1", published="2024-01-01T00:00:00Z", value=1000)
    later = notice("fts", release="2", published="2024-02-01T00:00:00Z", value=1000, **facts)
    assert rows(made(first, later).table("contracts"), "status") == [expected]


# -- people -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Mrs Jane Example", "individual supplier"), ("Dr A. B. Example", "individual supplier"),
     ("Dr Example Consulting Ltd", "Dr Example Consulting Ltd"), ("Miss Group Limited", "Miss Group Limited")],
)  # fmt: skip
def test_a_person_is_not_named(made: Make, name: str, shown: str) -> None:
    assert rows(made(notice(supplier=name)).table("contract_suppliers"), "supplier_name") == [shown]
