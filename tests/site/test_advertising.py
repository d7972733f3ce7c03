"""Advertising bought from a company that also sells a cloud is listed as what it is, and is no dependence on the cloud."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from app.stores import shown_edition
from pipelines.answers import concentration, contracts, in_force, renewals
from tests.site.test_foreign_text import page

TITLES = {"1": "Google Ads campaign for recruitment", "2": "Google Cloud hosting"}


def test_advertising_is_listed_and_counted_nowhere_as_reliance(run: Callable[..., Any], tmp_path: Path) -> None:
    releases = [
        {
            "ocid": f"ocds-b5fd17-advert-{number}", "id": number, "date": "2025-05-01T00:00:00Z", "tag": ["award"],
            "buyer": {"name": "Home Office"}, "tender": {"title": title},
            "awards": [{
                "id": "1", "status": "active", "date": "2025-05-01T00:00:00Z", "value": {"amount": 50_000, "currency": "GBP"},
                "suppliers": [{"name": "Google Cloud EMEA Limited"}],
                "contractPeriod": {"startDate": "2025-05-01T00:00:00Z", "endDate": "2027-04-30T00:00:00Z"},
            }],
        }
        for number, title in TITLES.items()
    ]  # fmt: skip
    (tmp_path / "notices.json").write_text(json.dumps({"releases": releases}))
    assert run("import", "ocds", tmp_path / "notices.json").code == 0
    assert run("build").code == 0
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
    status, body = page("/contracts?provider=gcp&q=google+ads")
    rows = [
        row.get_text(" ") for row in BeautifulSoup(body, "lxml").select("tbody tr") if TITLES["1"] in row.get_text()
    ]
    assert status == 200 and "advertising, not a service to depend on" in rows[-1]
