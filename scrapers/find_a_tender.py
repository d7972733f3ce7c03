"""Find a Tender: every UK notice above threshold since 2021, and all under the Procurement Act 2023.

Windows of six hours with an hour of overlap in them: longer ones lose releases. Twelve requests in two minutes are
allowed; one too many is answered 429 without a Retry-After.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import urlencode

from scrapers._fetch import Fetcher, Limits
from scrapers._source import Page, Run, Source
from scrapers._windows import Windows, stamp, walk

SOURCE = Source(
    id="find-a-tender",
    title="Find a Tender notices",
    publisher="Cabinet Office",
    licence="Open Government Licence v3.0",
    home="https://www.find-tender.service.gov.uk/",
    reader="ocds",
    cadence_days=7,
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    caveats=(
        "notices below threshold before 24 February 2025 are not here",
        "an award's value is a ceiling, never money spent",
    ),
    limits=Limits(least_seconds=10.5, bare_429_wait=125.0),
    everything=False,  # a window is read once: a later run reads only what came after
)
ADDRESS = "https://www.find-tender.service.gov.uk/api/1.0/ocdsReleasePackages"
LIMIT = 100


def _address(start: dt.datetime, end: dt.datetime) -> str:
    return f"{ADDRESS}?{urlencode({'updatedFrom': stamp(start), 'updatedTo': stamp(end), 'limit': LIMIT})}"


WINDOWS = Windows(
    _address,
    step=dt.timedelta(hours=5),
    overlap=dt.timedelta(hours=1),
    earliest=dt.date(2021, 1, 1),
    limit=LIMIT,
)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Pages of every window that is not done, the newest first."""
    yield from walk(WINDOWS, fetcher, run)
