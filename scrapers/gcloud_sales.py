"""Sales that suppliers reported under G-Cloud: the newest file that the Digital Marketplace's sales page offers.

Each file holds everything since 2012, and earlier months are revised upward for months, so the newest one is enough and
speaks before those read earlier. The Crown Commercial Service has moved its figures to a dashboard that offers no file;
where the page offers none any more, a file that somebody kept can be given instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.errors import Refused
from scrapers import _govuk
from scrapers._fetch import Fetched, Fetcher, Limits, SourceEnded
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="gcloud-sales",
    title="Sales reported under G-Cloud",
    publisher="Crown Commercial Service",
    licence="Open Government Licence v3.0",
    home="https://www.gov.uk/government/collections/digital-marketplace-sales",
    reader="gcloud-sales",
    cadence_days=30,
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    minimum_rows=1,
    caveats=(
        "suppliers declare these sales, and earlier months are revised upward for months",
        "a reseller's sale names the reseller, not the provider behind it",
    ),
    limits=Limits(least_seconds=1.0, bare_429_wait=60.0),
    takes="another page, a file's address, or a file on this machine",
)
_GCLOUD = re.compile(r"\bg[\s_-]?cloud\b", re.IGNORECASE)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """The newest file; SourceEnded where the page offers none, or where what it offers is no table."""
    fetched, name = _file(fetcher, run)
    refused = _govuk.unusable(fetched.body)
    yield Page(fetched, name, {}, refused=refused)
    if refused or run.unread:
        raise SourceEnded(f"{name} could not be used, look at it: {refused or run.unread}")


def _file(fetcher: Fetcher, run: Run) -> tuple[Fetched, str]:
    if len(run.arguments) > 1:
        raise Refused("gcloud-sales takes one page or file; leave the others out")
    word = run.arguments[0] if run.arguments else SOURCE.home
    if urlsplit(word).scheme in ("http", "https") and urlsplit(word).netloc:
        if _govuk.is_file(word):
            return _govuk.ask(fetcher, word), urlsplit(word).path.rpartition("/")[2]
        fetched, file = _govuk.latest(fetcher, word, lambda words: bool(_GCLOUD.search(words)), "file of G-Cloud sales")
        return fetched, file.name
    try:
        return Fetched("", 200, {}, Path(word).read_bytes(), run.now), Path(word).name
    except OSError as error:
        raise Refused(f"{word!r} is neither an address nor a file here ({error.strerror})") from error
