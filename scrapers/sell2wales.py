"""Sell2Wales: the contract awards that Welsh public bodies published, month by month.

Awards and changes by default; words after the source's name are notice types, or `all`:

    cloudhold collect sell2wales 2 51
"""

from __future__ import annotations

from collections.abc import Iterator

from scrapers import _proactis
from scrapers._fetch import Fetcher
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="sell2wales",
    title="Sell2Wales: award notices",
    publisher="Welsh Government",
    licence="Open Government Licence v3.0",
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    home="https://api.sell2wales.gov.wales/v1",
    reader="ocds",
    cadence_days=7,
    caveats=(
        "Dates of notices carry no time.",
        "Only award notices and changes unless other notice types were asked for; English texts.",
    ),
    takes="notice types, such as 3 53, or all",
    everything=False,  # a later run reads the last months only
)

# 51 invitation to tender, 52 prior information, 53 award, 54 and 55 sub-contracts before and after award,
# 56 sub-contract award. Locale 2057 is English (1106 Welsh); without it the language is the server's choice.
PORTAL = _proactis.Portal(
    "https://api.sell2wales.gov.wales",
    own_types=(51, 52, 53, 54, 55, 56),
    own_awards=(53, 56),
    more="&locale=2057",
)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """One page for each month and notice type, newest month first."""
    return _proactis.collect(PORTAL, fetcher, run)
