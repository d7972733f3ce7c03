"""The list of .gov.uk names that the Cabinet Office publishes: the newest file of its publication page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scrapers import _govuk
from scrapers._fetch import Fetcher, Limits, SourceEnded
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="govuk-domains",
    title="List of .gov.uk domain names",
    publisher="Cabinet Office",
    licence="Open Government Licence v3.0",
    home="https://www.gov.uk/government/publications/list-of-gov-uk-domain-names",
    reader="govuk-domains",
    cadence_days=90,
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    minimum_rows=1,
    caveats=(
        "a registered name need not serve anything, and services live on many names that are in no list",
        "lists since 2024 no longer say for whom a name is registered",
    ),
    limits=Limits(least_seconds=1.0, bare_429_wait=60.0),
)
_DOMAINS = re.compile(r"domain", re.IGNORECASE)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """The newest list; SourceEnded where the page offers none, or where what it offers is no table."""
    fetched, file = _govuk.latest(
        fetcher, SOURCE.home, lambda words: bool(_DOMAINS.search(words)), "list of domain names"
    )
    refused = _govuk.unusable(fetched.body)
    # The day of the list: what its title or name says. A list that says none is as old as our look at most.
    listed_on = _govuk.day(file.words) or run.now.date()
    yield Page(fetched, file.name, {}, {"seen_on": listed_on}, refused=refused)
    if refused or run.unread:
        raise SourceEnded(f"{file.name} could not be used, look at it: {refused or run.unread}")
