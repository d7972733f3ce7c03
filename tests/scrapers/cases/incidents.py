"""Every incident feed with a body of its shape; feeds that differ by host alone share one, since the stand-in has one host."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import urlsplit

from scrapers.incidents import FEEDS, Feed
from tests.scrapers.cases import Case
from tests.scrapers.standin import Asked, Reply, Site

BODIES = Path(__file__).parents[2] / "incidents" / "bodies"
NAMES = {
    "aws-current": "aws-current.json", "aws-history": "aws-history.json", "azure-rss": "azure.rss",
    "azure-history": "azure-history.html", "azure-reviews": "azure-history.html", "google": "google.json",
    "huggingface": "better-stack.json", "perplexity": "instatus.json", "openai": "statuspage-dialect.json",
    "cohere": "statuspage-dialect.json",
}  # fmt: skip
OTHERS = "statuspage-incidents.json"
NO_MORE = b"<html>No more</html>"


def body_of(feed: Feed) -> bytes:
    """What a feed sends: AWS in UTF-16 with a byte-order mark."""
    body = (BODIES / NAMES.get(feed.id, OTHERS)).read_bytes()
    return b"\xfe\xff" + body.decode().encode("utf-16-be") if feed.id.startswith("aws-") else body


def site() -> Site:
    return _Feeds({urlsplit(feed.url).path: body_of(feed) for feed in FEEDS})


class _Feeds(Site):
    """Azure's reviews have one page."""

    def __call__(self, asked: Asked, number: int) -> Reply:
        return Reply(NO_MORE) if asked.query.get("page") == "2" else super().__call__(asked, number)


CASE = Case(
    site=site,
    columns=("provider", "feed_id"),
    truth=frozenset(
        (row["provider"], row["feed_id"])
        for row in csv.DictReader((BODIES / "expected.csv").open(newline=""))
        if row["body"] in {*NAMES.values(), OTHERS}
    ),
)
