"""The published zone files: no region that neither name nor range shows, no origin claimed behind a network in front."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import reference

# Fewest web rows per provider: a decoder that says nothing would invent nothing either.
FILES = {
    "moj_records_dev.csv": {"aws": 200, "azure": 60, "github-pages": 10, "fastly": 10},
    "hmcts_records_dev.csv": {"azure": 550, "gcp": 55},
    "gsa18f_records.csv": {"cloud-gov": 55, "aws": 80},
}
FRONT_NAMES = ("cloudfront.net", "azurefd.net", "azureedge.net", "fastly.net", "edgekey.net", "edgesuite.net", "akamaiedge.net", "cdn.cloudflare.net")  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_nothing_is_invented_on_the_zone_files(run: Callable, shared: Path, name: str) -> None:
    done = run("attribute", shared / "dns" / name)
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    providers = reference.load().providers
    web = [row for row in rows if row["role"] == "web"]
    counted = Counter(row["provider"] for row in web)
    assert all(counted[provider] >= least for provider, least in FILES[name].items()), counted
    for row in (row for row in rows if row["region"]):
        provider = providers[row["provider"]]
        assert row["region"] in provider.regions, row
        codes = {code for code, region in provider.region_codes.items() if region == row["region"]}
        written = row["region"] in row["evidence"] or any(code in row["evidence"] for code in codes)
        assert written or re.search(r" in .+ of 20\d\d-\d\d", row["evidence"]), row
    behind = [row for row in web if any(front in row["evidence"] for front in FRONT_NAMES)]
    assert len(behind) > 10
    assert {row["origin_provider"] for row in behind} <= {"hidden", "unknown", ""}
