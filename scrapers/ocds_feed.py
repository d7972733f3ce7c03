"""Any release packages linked by links.next: --base-url names the first page.

Completeness is a proof, not a rate: the chain of links has to close. A link that repeats, leaves the host or
is lost while pages are still full ends the run as partial.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pipelines.errors import Refused
from scrapers._fetch import BadJSON, Fetcher, FetchRefused, SourceEnded, strict_json
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="ocds-feed",
    title="An OCDS feed linked by links.next",
    publisher="named by the operator",
    licence="as its package states",
    home="https://standard.open-contracting.org/latest/en/",
    reader="ocds",
    cadence_days=7,
    takes="address of the first page",
)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Pages from the first one (or the cursor's) to the one without a next link."""
    if not run.arguments and not run.cursor.get("next"):
        raise Refused("ocds-feed needs its first page; give --base-url https://host/path")
    url = str(run.cursor.get("next") or run.arguments[0])
    home = urlsplit(url).netloc
    seen: set[str] = set()
    number = 0
    while True:
        seen.add(url)
        fetched = fetcher.get(url)
        number += 1
        if fetched.status != 200:
            raise SourceEnded(f"page {number} of the feed answered {fetched.status}; run again later")
        try:
            body = strict_json(fetched.body)
        except BadJSON as error:
            raise SourceEnded(f"page {number} of the feed cannot be read: {error}; run again later") from error
        if not isinstance(body, dict) or not isinstance(body.get("releases"), list):
            raise SourceEnded(f"page {number} of the feed is not a release package; its shape may have changed")
        following = (body.get("links") or {}).get("next")
        if following is not None and urlsplit(str(following)).netloc != home:
            raise FetchRefused(f"page {number} of the feed links to another host; it was not followed")
        if following in seen:
            yield Page(fetched, f"page {number}", {"next": None})
            raise SourceEnded(f"page {number} of the feed links back to a page already read; it never ends")
        yield Page(fetched, f"page {number}", {"next": following})
        if following is None:
            return
        url = str(following)
