"""A list of contracts is narrowed by links that say how many each leaves, and a choice can be dropped part by part."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd
import pytest
import requests
from bs4 import BeautifulSoup

from pipelines.answers import contracts
from pipelines.edition import Edition
from pipelines.errors import UnknownName


@pytest.fixture(scope="module")
def listed(default_edition: Edition) -> pd.DataFrame:
    """Contracts of the edition that stand and have a provider, with the sector of the buyer: a row per provider."""
    rows = default_edition.query("SELECT * FROM contracts")
    rows = rows[rows["status"].isin(["active", "pending"])]
    rows = rows.merge(default_edition.query("SELECT * FROM contract_providers"), on="contract_id", suffixes=("", "_p"))
    bodies = default_edition.query("SELECT organisation_id, sector FROM organisations")
    return rows.merge(bodies, on="organisation_id", how="left")


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ({}, lambda r: r["contract_id"].notna()),
        ({"sector": "central"}, lambda r: r["sector"] == "central"),
        ({"evidence": "known"}, lambda r: r["certainty"] == "known"),
        ({"evidence": "inferred"}, lambda r: r["contract_id"].notna()),
        ({"since": dt.date(2020, 1, 1), "until": dt.date(2020, 12, 31)}, lambda r: r["awarded_on"].dt.year == 2020),
        ({"provider": "aws", "sector": "central", "until": dt.date(2019, 12, 31)},
         lambda r: (r["provider"] == "aws") & (r["sector"] == "central") & (r["awarded_on"].dt.year < 2020)),
    ],
)  # fmt: skip
def test_a_choice_lists_what_pandas_counts(default_edition: Edition, listed: pd.DataFrame, choice, kept) -> None:
    answer = contracts.answer(default_edition, **choice)
    expected = listed[kept(listed)]
    assert answer.figure("contracts").value == expected["group_id"].nunique()
    assert set(answer.frames["contracts"]["contract_id"]) == set(expected["contract_id"])
    for key, column in (("provider", "provider"), ("organisation", "organisation_id"), ("sector", "sector"), ("evidence", "certainty")):  # fmt: skip
        frame = answer.frames["narrower"]
        counted = frame[frame["key"] == key].set_index("value")["contracts"]
        assert counted.to_dict() == expected.groupby(column)["group_id"].nunique().to_dict()


def test_one_contract_that_two_portals_list_is_counted_once(default_edition: Edition, listed: pd.DataFrame) -> None:
    """The edition ships some of them; without one the count above would prove nothing."""
    assert listed["group_id"].nunique() < len(listed)


@pytest.mark.parametrize("choice", [{"sector": "central government"}, {"evidence": "sure"}])
def test_a_value_that_is_none_is_refused_with_those_that_are(default_edition: Edition, choice: dict[str, str]) -> None:
    with pytest.raises(UnknownName, match=r"central|known"):
        contracts.answer(default_edition, **choice)


def test_each_link_leaves_as_many_contracts_as_it_says(served: str) -> None:
    page = BeautifulSoup(requests.get(f"{served}/contracts?provider=aws", timeout=60).content, "lxml")
    links = page.select("details dd a")
    assert {entry.text for entry in page.select("details dt")} >= {"Buyer", "Year of award"}
    for link in links:
        (count,) = re.findall(r"\((\d+)\)$", link.text)
        there = BeautifulSoup(requests.get(served + link["href"], timeout=60).content, "lxml")
        assert there.select_one("p.lead").text.startswith(f"We list {count} contract"), link["href"]
        assert "the provider Amazon Web Services (AWS)" in [a.text for a in there.select("ul[aria-labelledby=drop] a")]


def test_each_part_of_a_choice_can_be_dropped(served: str) -> None:
    address = "/contracts?provider=aws&sector=central&evidence=known&from=2019-01-01&to=2024-12-31&q=hosting"
    page = BeautifulSoup(requests.get(served + address, timeout=60).content, "lxml")
    drops = [link["href"] for link in page.select("ul[aria-labelledby=drop] a")]
    assert len(drops) == 6
    chosen = set(address.partition("?")[2].split("&"))
    # Each address lacks one part, and every part is lacking in one address.
    lacking = [chosen - set(href.partition("?")[2].split("&")) for href in drops]
    assert [len(parts) for parts in lacking] == [1] * 6 and set().union(*lacking) == chosen


@pytest.mark.parametrize(("address", "status"), [("/contracts?from=yesterday", 400), ("/contracts?sector=space", 404)])
def test_a_choice_that_cannot_be_gets_a_sentence(served: str, address: str, status: int) -> None:
    answer = requests.get(served + address, timeout=60)
    assert answer.status_code == status
    assert "is not a day" in answer.text or "Unknown sector" in answer.text


@pytest.mark.parametrize(
    ("choice", "shown"), [("", True), ("?provider=aws", True), ("?sector=central", False), ("?q=hosting", False)]
)
def test_what_ends_next_stands_only_beside_a_choice_that_it_knows(served: str, choice: str, shown: bool) -> None:
    page = requests.get(f"{served}/contracts{choice}", timeout=60).text
    assert ("Contracts that end within 12 months" in page) is shown
    assert ("end within 12 months of" in page) is shown
