"""Contracts Finder's OCDS search: the same notices as its daily files, page by page, in windows of 15 days.

Too many requests are answered 403; then five minutes of peace are asked for. How many are too many is published
nowhere, so there is one connection and a breath between requests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import urlencode

from scrapers._fetch import Fetcher, Limits
from scrapers._source import Page, Run, Source
from scrapers._windows import Windows, stamp, walk

SOURCE = Source(
    id="contracts-finder-search",
    title="Contracts Finder notices, by search",
    publisher="Cabinet Office",
    licence="Open Government Licence v3.0",
    home="https://www.contractsfinder.service.gov.uk/",
    reader="ocds",
    cadence_days=7,
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    caveats=(
        "for several suppliers only the value and dates of the first award are published",
        "an award's value is a ceiling, never money spent",
    ),
    limits=Limits(least_seconds=2.0, rate_limited_statuses=frozenset({403}), rate_limited_wait=300.0),
    everything=False,  # a window is read once: a later run reads only what came after
)
ADDRESS = "https://www.contractsfinder.service.gov.uk/Published/Notices/OCDS/Search"
LIMIT = 100


def _address(start: dt.datetime, end: dt.datetime) -> str:
    return f"{ADDRESS}?{urlencode({'publishedFrom': stamp(start), 'publishedTo': stamp(end), 'limit': LIMIT})}"


WINDOWS = Windows(
    _address,
    step=dt.timedelta(days=15) - dt.timedelta(hours=1),
    overlap=dt.timedelta(hours=1),
    earliest=dt.date(2015, 2, 1),
    limit=LIMIT,
)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Pages of every window that is not done, the newest first."""
    yield from walk(WINDOWS, fetcher, run)
