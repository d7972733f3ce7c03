"""Any release packages linked by links.next: --base-url names the first page.

Completeness is a proof, not a rate: the chain of links has to close. A link that repeats, leaves the host or leads to
a page already read ends the run as partial. A chain that ends too early looks like its end: it is known only by the
count, which is held against that of the last complete run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import Refused
from scrapers._fetch import Fetcher, FetchRefused, SourceEnded
from scrapers._packages import package
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
    believed_share=0.95,  # a feed grows; one that lost pages is shorter
)


# Marks of pages that the cursor keeps.
MOST_MARKS = 5000


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Pages from the first one (or the cursor's) to the one without a next link, then those left open.

    A page that its reader could not use, but that names the next one, is left open: the others are read, the next run
    asks for it again, and this one is not complete.
    """
    if not run.arguments:
        raise Refused("ocds-feed needs its first page; give --base-url https://host/path")
    run.anew = not (run.resuming and (run.cursor.get("next") or run.cursor.get("open")))
    at = {"next": run.arguments[0]} if run.anew else run.cursor
    walk = _Walk(list(at.get("open") or ()), list(at.get("marks") or ()))
    again = list(walk.open)
    url: str | None = at["next"]
    home = urlsplit(run.arguments[0]).netloc
    seen: set[str] = set()
    number = 0
    while url is not None:
        number += 1
        seen.add(url)
        name = f"page {number} of the feed"
        page = package(fetcher, url, name)
        following = page.following
        abroad = following is not None and urlsplit(following).netloc != home
        if page.count and page.mark in walk.marks:
            yield Page(page.fetched, name, {}, empty=True)  # where it went astray is not known: begin again
            raise SourceEnded(f"{name} repeats a page already read; run again later")
        run.unread = None
        goes_on = None if following in seen or abroad else following
        yield Page(page.fetched, name, walk.cursor(goes_on, page.mark), refused=page.refused)
        if abroad:
            raise FetchRefused(f"{name} links to another host; it was not followed, look at the page")
        if following in seen:
            raise SourceEnded(f"{name} links back to a page already read; it never ends")
        walk.passed(url, page.mark, run.unread)
        url = following
    for url in again:
        page = package(fetcher, url, "a page left open")
        walk.open.remove(url)
        run.unread = None
        yield Page(page.fetched, "a page left open", walk.cursor(None, page.mark), refused=page.refused)
        walk.passed(url, page.mark, run.unread)


@dataclass(slots=True)
class _Walk:
    """Pages left open, and marks of those read, so that a page served twice is known again."""

    open: list[str]
    marks: list[str]

    def cursor(self, following: str | None, mark: str) -> dict[str, Any]:
        return {"next": following, "open": list(self.open), "marks": [*self.marks, mark][-MOST_MARKS:]}

    def passed(self, url: str, mark: str, unread: str | None) -> None:
        if unread is None:
            self.marks.append(mark)
        else:
            self.open.append(url)
