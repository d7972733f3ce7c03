"""The bodies of GOV.UK's own list: departments, agencies, public bodies, those that have ended too, with their parents.

    GET /api/organisations?page=N

Twenty bodies a page. The list is complete when the page without a next one has been read and the bodies counted are as
many as the list says it has. A list that grew between two pages has moved bodies from one page to the next, so it is
read again from its first page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scrapers._fetch import Fetched, Fetcher, Limits, SourceEnded
from scrapers._json import BadJSON, strict_json
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="govuk-organisations",
    title="GOV.UK list of departments, agencies and public bodies",
    publisher="Government Digital Service",
    licence="Open Government Licence v3.0",
    home="https://www.gov.uk/government/organisations",
    reader="govuk-organisations",
    cadence_days=30,
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    minimum_rows=1,
    caveats=("councils are not in this list", "it names no web or mail domain of a body"),
    limits=Limits(least_seconds=0.5, bare_429_wait=60.0),
)
ADDRESS = "https://www.gov.uk/api/organisations"
# A list that keeps changing while it is read is not read for ever.
MOST_STARTS = 3


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Every page from the first one, or from where an unfinished run stopped; SourceEnded where the counts disagree."""
    at = run.cursor if run.resuming else {}
    number, total, counted = int(at.get("page") or 1), at.get("total"), int(at.get("counted") or 0)
    seen: set[str] = set()
    starts = 1
    while True:
        run.anew = number == 1
        run.progress(counted, total, f"page {number}")
        fetched = fetcher.get(f"{ADDRESS}?page={number}")
        body = _listed(fetched, number)
        if total is not None and body["total"] != total:
            if starts == MOST_STARTS:
                raise SourceEnded("the list changed each time while it was read; run again later")
            number, total, counted, starts = 1, None, 0, starts + 1
            seen.clear()
            continue
        total = body["total"]
        slugs = {str(one.get("id")) for one in body["results"] if isinstance(one, dict)}
        if slugs & seen or len(slugs) < len(body["results"]):
            raise SourceEnded(f"page {number} of the list repeats a body already read; run again later", fetched)
        seen |= slugs
        counted += len(slugs)
        following = _following(fetched, body, number)
        if following is None and counted != total:
            raise SourceEnded(f"the list says {total} bodies and its pages hold {counted}; run again later", fetched)
        cursor = {"page": following, "total": total, "counted": counted}
        yield Page(fetched, f"page {number}", cursor if following else {})
        if run.unread:
            raise SourceEnded(f"page {number} of the list could not be read: {run.unread}")
        if following is None:
            run.progress(counted, total, "done")
            return
        number = following


def _listed(fetched: Fetched, number: int) -> dict[str, Any]:
    """The page as GOV.UK shapes it: results, total, current_page."""
    if fetched.status != 200:
        raise SourceEnded(f"page {number} of the list answered {fetched.status}; run again later")
    try:
        body = strict_json(fetched.body)
    except BadJSON as error:
        raise SourceEnded(f"page {number} of the list cannot be read: {error}; run again later", fetched) from error
    if (
        not isinstance(body, dict)
        or not isinstance(body.get("results"), list)
        or not isinstance(body.get("total"), int)
        or body.get("current_page") != number
    ):
        raise SourceEnded(
            f"page {number} is not a page of the list of organisations; its shape may have changed", fetched
        )
    return body


def _following(fetched: Fetched, body: dict[str, Any], number: int) -> int | None:
    """The number of the next page; None on the last one. A link that leads anywhere else ends the run."""
    link = body.get("next_page_url")
    if link is None:
        return None
    if parse_qs(urlsplit(str(link)).query).get("page") != [str(number + 1)]:
        raise SourceEnded(
            f"page {number} of the list links to {str(link)[:120]!r}, which does not go on; run again later", fetched
        )
    return number + 1
