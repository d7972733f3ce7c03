"""Public Contracts Scotland: the contract awards that Scottish public bodies published, month by month.

Awards and changes by default; words after the source's name are notice types, or `all`:

    cloudhold collect public-contracts-scotland 2 102
"""

from __future__ import annotations

from collections.abc import Iterator

from scrapers import _proactis
from scrapers._fetch import Fetcher
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="public-contracts-scotland",
    title="Public Contracts Scotland: award notices",
    publisher="Scottish Government",
    licence="Open Government Licence v3.0",
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    home="https://api.publiccontractsscotland.gov.uk/v1",
    reader="ocds",
    cadence_days=7,
    caveats=(
        "Dates of notices carry no time.",
        "Only award notices and changes unless other notice types were asked for.",
    ),
    takes="notice types, such as 3 103, or all",
    everything=False,  # a later run reads the last months only
)

# 101 contract, 102 prior information, 103 award, 104 Quick Quote award.
PORTAL = _proactis.Portal(
    "https://api.publiccontractsscotland.gov.uk",
    own_types=(101, 102, 103, 104),
    own_awards=(103, 104),
)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """One page for each month and notice type, newest month first."""
    return _proactis.collect(PORTAL, fetcher, run)
