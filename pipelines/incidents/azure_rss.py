"""Azure: the RSS of broad open events (azure.status.microsoft/en-us/status/feed/).

Services and regions stand in one list of categories, told apart by the closed list of regions. The time of
the start stands only in a sentence; pubDate is the time of posting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipelines.incidents.body import Document
from pipelines.incidents.draft import OPEN, RESOLVED, Context, Draft, ShapeChanged
from pipelines.incidents.times import rfc822, utc_span

SHAPE = "azure-rss"
TITLE = "Azure status feed"

_TAG = re.compile(r"<[^<>]{0,500}>")
_OVER = re.compile(r"\b(?:resolved|mitigated|post incident review|pir)\b", re.IGNORECASE)


def matches(document: Document) -> bool:
    return document.kind == "xml" and "azure" in (document.data.findtext("channel/title") or "").casefold()


def parse(document: Document, context: Context) -> Iterator[Draft]:
    channel = document.data.find("channel")
    seen = rfc822(channel.findtext("lastBuildDate"))
    for item in channel.findall("item"):
        try:
            draft = _draft(item, context)
        except ShapeChanged as error:
            context.broken(item.findtext("guid") or "item", item.findtext("title"), str(error))
            continue
        draft.seen = seen or draft.posted
        yield draft


def _draft(item: Any, context: Context) -> Draft:
    title, guid = (item.findtext("title") or "").strip(), (item.findtext("guid") or "").strip()
    posted = rfc822(item.findtext("pubDate"))
    if not title or not guid or posted is None:
        raise ShapeChanged("an item lacks its title, guid or a pubDate that is a time")
    words = [" ".join((c.text or "").split()) for c in item.findall("category") if (c.text or "").strip()]
    regions = tuple(w for w in words if context.region("azure", w))
    description = " ".join(_TAG.sub(" ", item.findtext("description") or "").split())
    started, ended = utc_span(description, posted.date())
    return Draft(
        feed_id=guid,
        title=title,
        provider="azure",
        products=tuple(w for w in words if w not in regions),
        regions=regions,
        status=RESOLVED if _OVER.search(title) else OPEN,
        impact_stated=None,
        started=started,
        ended=ended,
        posted=posted,
        updates=1,
        url="https://azure.status.microsoft/en-us/status/",
        feed="azure-rss",
    )
