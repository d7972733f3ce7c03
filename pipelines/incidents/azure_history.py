"""Azure: the history page of reviewed incidents (azure.status.microsoft/en-us/status/history/), HTML.

Each review has a title, a tracking id and a day; the times of the impact stand in the first sentences. The
title names what and where, divided by dashes. The page is read with BeautifulSoup on lxml.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from pipelines.incidents.body import Document
from pipelines.incidents.draft import RESOLVED, Context, Draft, ShapeChanged
from pipelines.incidents.times import utc_span

SHAPE = "azure-history"
TITLE = "Azure history page"

_PREFIX = re.compile(
    r"^(?:preliminary\s+)?(?:post[- ]incident review|pir)\s*(?:\((?:pir|final|preliminary)\))?\s*[–—:-]*\s*", re.I
)
_DASH = re.compile(r"\s+[–—-]+\s+")
_LEAD = 3000  # the times of the impact stand at the beginning of a review; later times are its timeline


def matches(document: Document) -> bool:
    return document.kind == "html" and "incident-history" in document.data


def parse(document: Document, context: Context) -> Iterator[Draft]:
    soup = BeautifulSoup(document.data, "lxml")
    seen: set[str] = set()
    for mark in soup.select(".incident-history-tracking-id"):
        try:
            draft = _draft(soup, mark, context)
        except ShapeChanged as error:
            context.broken(_words(mark), _words(mark), str(error))
            continue
        if draft.feed_id not in seen:
            seen.add(draft.feed_id)
            yield draft


def _words(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ", strip=True).split()) if tag is not None else ""


def _draft(soup: BeautifulSoup, mark: Tag, context: Context) -> Draft:
    tracking = _words(mark).rpartition(":")[2].strip()
    header = mark.find_parent(class_="incident-history-header") or mark.find_parent(class_="incident-history-item")
    title = _words(header.select_one(".incident-history-title")) if header else ""
    if not tracking or header is None or not title:
        raise ShapeChanged("a review lacks its tracking id or title; the page may have changed its shape")
    shown = _day(_words(header.select_one(".hide-text")))
    body = soup.find(id=f"incident-history-collapse-{tracking}")
    if not isinstance(body, Tag):
        around = mark.find_parent(class_="incident-history-item")
        body = around.select_one(".card-body") if around else None
        body = body or header.find_next(class_="card-body")
    started, ended = utc_span(_words(body)[:_LEAD] if isinstance(body, Tag) else "", shown)
    parts = [part for part in _DASH.split(_PREFIX.sub("", title)) if part]
    regions = tuple(part for part in parts if context.region("azure", part))
    if shown is None and started is None:
        raise ShapeChanged(f"review {tracking} gives no day; the page may have changed its shape")
    return Draft(
        feed_id=tracking,
        title=title,
        provider="azure",
        products=tuple(part for part in parts[:1] if part not in regions),
        regions=regions,
        status=RESOLVED,
        started=started,
        ended=ended,
        updates=1,
        url=f"https://azure.status.microsoft/en-us/status/history/?trackingId={tracking}",
        seen=ended or (dt.datetime.combine(shown, dt.time(), dt.UTC) if shown else started),
        feed="azure-history",
    )


def _day(text: str) -> dt.date | None:
    """The day beside a review, month first as the page writes it."""
    found = re.search(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    if not found:
        return None
    try:
        return dt.date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        return None
