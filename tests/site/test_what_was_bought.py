"""Lists of contracts say no more than the notice: advertising is no dependence, and a signature alone names no service."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from app.stores import shown_edition
from pipelines.answers import concentration, contracts, in_force, renewals
from tests.site.test_foreign_text import page

TITLES = {"1": "Google Ads campaign for recruitment", "2": "Google Cloud hosting"}


def take(run: Callable[..., Any], folder: Path, supplier: str, titles: Mapping[str, str]) -> None:
    """Import an award of each title to the supplier, and build."""
    releases = [
        {
            "ocid": f"ocds-b5fd17-bought-{number}", "id": number, "date": "2025-05-01T00:00:00Z", "tag": ["award"],
            "buyer": {"name": "Home Office"}, "tender": {"title": title},
            "awards": [{
                "id": "1", "status": "active", "date": "2025-05-01T00:00:00Z", "value": {"amount": 50_000, "currency": "GBP"},
                "suppliers": [{"name": supplier}],
                "contractPeriod": {"startDate": "2025-05-01T00:00:00Z", "endDate": "2027-04-30T00:00:00Z"},
            }],
        }
        for number, title in titles.items()
    ]  # fmt: skip
    (folder / "notices.json").write_text(json.dumps({"releases": releases}))
    assert run("import", "ocds", folder / "notices.json").code == 0
    assert run("build").code == 0


def shown(path: str, title: str) -> str:
    """The last table row of a page that speaks of a contract of this title."""
    status, body = page(path)
    assert status == 200
    return [text for row in BeautifulSoup(body, "lxml").select("tbody tr") if title in (text := row.get_text(" "))][-1]


def test_advertising_is_listed_and_counted_nowhere_as_reliance(run: Callable[..., Any], tmp_path: Path) -> None:
    take(run, tmp_path, "Google Cloud EMEA Limited", TITLES)
    edition = shown_edition()
    listed = contracts.answer(edition, provider="gcp", q="google", most=0).frames["contracts"]
    assert sorted(set(listed["title"]) & set(TITLES.values())) == sorted(TITLES.values())
    relied = concentration.answer(edition, "contracts", most=0).frames["items"]
    ending = renewals.answer(edition, provider="gcp", most=0).frames["contracts"]
    assert TITLES["2"] in set(relied["name"]) and TITLES["1"] not in set(relied["name"])
    assert TITLES["2"] in set(ending["title"]) and TITLES["1"] not in set(ending["title"])
    quarters = in_force.answer(edition).frames["quarters"]
    last = quarters[(quarters["company"] == "google") & (quarters["day"] >= dt.date(2025, 7, 1))].iloc[0]
    expected = edition.value(
        """SELECT count(DISTINCT group_id) FROM contracts JOIN contract_providers USING (contract_id)
           WHERE parent = 'google' AND status IN ('active', 'pending') AND contract_class <> 'framework' AND NOT marketplace
             AND title <> $title AND coalesce(start_on, awarded_on) <= $day AND end_on >= $day""",
        {"title": TITLES["1"], "day": last["day"]},
    )
    assert last["low"] == expected > 0
    assert "advertising, not a service to depend on" in shown("/contracts?provider=gcp&q=google+ads", TITLES["1"])


def test_a_signature_alone_names_no_service(run: Callable[..., Any], tmp_path: Path) -> None:
    titles = {"1": "Unified support for the estate", "2": "Azure consumption for the estate"}
    take(run, tmp_path, "Microsoft Limited", titles)
    said = "signed by the provider, for which of its services is not said"
    for path in ("/contracts?q=estate", "/organisation/home-office"):
        assert said in shown(path, titles["1"])
        assert said not in shown(path, titles["2"]) and "signed by the provider" in shown(path, titles["2"])
