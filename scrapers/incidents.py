"""Providers' incident feeds: the open events and the histories, every one a public address.

Feeds are asked one after the other with conditional requests: what the last answer said (ETag,
Last-Modified) stands in the cursor, and an unchanged feed answers 304 without a body. A feed that fails does
not stop the others: the run then ends partial and names it. Bodies are kept as they came and read later.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import Partial, Refused
from scrapers._fetch import Fetched, Fetcher, Limits, RunOver, SourceEnded, StayAway
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="incidents",
    title="Incident feeds of cloud and online service providers",
    publisher="the providers",
    licence="facts of public status pages; titles as published",
    home="https://health.aws.amazon.com/health/status",
    reader="incidents-feed",
    cadence_days=1,
    caveats=(
        "A status page is late: a median of 76 minutes after the stated start at AWS, 79 at Google.",
        "Azure publishes broad events only; most stand in each customer's own Service Health.",
        "What a vendor calls an incident differs: counts do not compare vendors.",
    ),
    limits=Limits(least_seconds=1.0),
    everything=False,  # an unchanged feed sends nothing, so counts of two runs cannot be compared
)

# The reviews of Azure's history come ten to a page; a first run goes back this far.
MOST_HISTORY_PAGES = 20
_REVIEW = b"incident-history-tracking-id"


@dataclass(frozen=True, slots=True)
class Feed:
    """One address. `provider` only where the body does not say whose it is; `pages` where it goes on."""

    id: str
    url: str
    accept: str = "application/json"
    provider: str = ""
    pages: bool = False


def _statuspage(id: str, host: str, path: str = "/api/v2/incidents.json") -> Feed:
    return Feed(id, f"https://{host}{path}")


FEEDS: tuple[Feed, ...] = (
    Feed("aws-current", "https://health.aws.amazon.com/public/currentevents"),
    Feed("aws-history", "https://history-events-eu-west-1-prod.s3.amazonaws.com/historyevents.json"),
    Feed("azure-rss", "https://azure.status.microsoft/en-us/status/feed/", "application/rss+xml, application/xml"),
    Feed("azure-history", "https://azure.status.microsoft/en-us/status/history/", "text/html"),
    Feed(
        "azure-reviews",
        "https://azure.status.microsoft/en-us/statushistoryapi/"
        "?serviceSlug=all&regionSlug=all&startDate=all&shdrefreshflag=true&page=1",
        "text/html",
        pages=True,
    ),
    Feed("google", "https://status.cloud.google.com/incidents.json"),
    _statuspage("cloudflare", "www.cloudflarestatus.com"),
    _statuspage("github", "www.githubstatus.com"),
    _statuspage("anthropic", "status.claude.com"),
    _statuspage("bitbucket", "bitbucket.status.atlassian.com"),
    # incident.io's pages answer this path; their list of past incidents is not known to.
    _statuspage("openai", "status.openai.com", "/api/v2/summary.json"),
    _statuspage("cohere", "status.cohere.com", "/api/v2/summary.json"),
    Feed("huggingface", "https://status.huggingface.co/index.json"),
    Feed("perplexity", "https://status.perplexity.com/summary.json"),
    # Minute by minute, how UK public platforms themselves fared: what hindcasts are scored against.
    _statuspage("govuk", "status.publishing.service.gov.uk"),
    _statuspage("govuk-notify", "status.notifications.service.gov.uk"),
    _statuspage("govuk-pay", "payments.statuspage.io"),
    _statuspage("govuk-one-login", "status.account.gov.uk"),
)


@dataclass(slots=True)
class _Asking:
    """One run over the feeds: the cursor so far, and what failed."""

    fetcher: Fetcher
    feeds: dict[str, dict[str, Any]]
    failed: list[str] = field(default_factory=list)

    def cursor(self) -> dict[str, Any]:
        return {"feeds": copy.deepcopy(self.feeds)}

    def ask(self, feed: Feed, url: str, conditional: bool) -> Fetched | None:
        """The answer, 200 or 304; None, and the reason in the cursor, where there is none to use."""
        known = self.feeds.setdefault(feed.id, {})
        known["url"] = feed.url
        asked = {"If-None-Match": "etag", "If-Modified-Since": "last_modified"} if conditional else {}
        more = {header: str(known[key]) for header, key in asked.items() if known.get(key)}
        try:
            # A page for people: robots.txt decides. The others are made for machines.
            if feed.accept == "text/html":
                self.fetcher.check_robots(url)
            fetched = self.fetcher.get(url, feed.accept, more=more)
        except (Partial, Refused) as error:
            if isinstance(error, RunOver) and not isinstance(error, StayAway):
                raise  # the requests allowed for this run are used: no feed after this one is asked
            self._problem(feed, str(error))
            return None
        if fetched.status not in (200, 304):
            self._problem(feed, f"it answered {fetched.status}")
            return None
        known.pop("problem", None)
        known["looked_on"] = fetched.fetched_at.date().isoformat()
        return fetched

    def keep(self, feed: Feed, fetched: Fetched) -> None:
        """What a later run needs to ask conditionally, and the fingerprint of what was sent."""
        known = self.feeds[feed.id]
        known["sha256"] = hashlib.sha256(fetched.body).hexdigest()
        for key, header in (("etag", "etag"), ("last_modified", "last-modified")):
            value = fetched.headers.get(header)
            known.pop(key, None)
            if value and len(value) < 200:
                known[key] = value

    def unread(self, feed: Feed, reason: str) -> None:
        """A body that could not be read is asked for again, whole: it may be read by a later version."""
        known = self.feeds[feed.id]
        for key in ("etag", "last_modified", "walked"):
            known.pop(key, None)
        known["problem"] = f"the body of {known['looked_on']} was refused: {reason}"[:300]

    def _problem(self, feed: Feed, reason: str) -> None:
        self.feeds[feed.id]["problem"] = reason[:300]
        self.failed.append(feed.id)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Bodies of all feeds. SourceEnded at the end, naming the feeds that gave none."""
    before = run.cursor.get("feeds")
    asking = _Asking(fetcher, {key: dict(value) for key, value in (before or {}).items()})
    for number, feed in enumerate(FEEDS):
        run.progress(number, len(FEEDS), feed.id)
        for page in _feed(asking, feed):
            run.unread = None
            yield page
            if run.unread:
                asking.unread(feed, run.unread)
    run.progress(len(FEEDS), len(FEEDS), "done")
    if asking.failed:
        raise SourceEnded(
            f"{len(asking.failed)} of {len(FEEDS)} incident feeds gave nothing usable "
            f"({', '.join(asking.failed[:6])}); what the others gave is kept, run again later"
        )


def _feed(asking: _Asking, feed: Feed) -> Iterator[Page]:
    walked = bool(asking.feeds.get(feed.id, {}).get("walked"))
    fetched = asking.ask(feed, feed.url, conditional=True)
    if fetched is None:
        return
    if fetched.status == 304:
        # Nothing new: the page only carries the cursor, which says that we looked.
        yield Page(fetched, feed.id, asking.cursor(), empty=True)
        return
    asking.keep(feed, fetched)
    yield _page(asking, feed, fetched)
    if feed.pages and not walked:
        yield from _older(asking, feed, fetched)


def _older(asking: _Asking, feed: Feed, fetched: Fetched) -> Iterator[Page]:
    """The further pages of a history, until one lists no review or repeats the one before."""
    last = fetched.body
    for number in range(2, MOST_HISTORY_PAGES + 1):
        following = asking.ask(feed, feed.url.removesuffix("page=1") + f"page={number}", conditional=False)
        if following is None:
            return  # a later run walks again
        if _REVIEW not in following.body or following.body == last:
            break
        last = following.body
        yield _page(asking, feed, following)
    asking.feeds[feed.id]["walked"] = True


def _page(asking: _Asking, feed: Feed, fetched: Fetched) -> Page:
    options: dict[str, Any] = {"looked_on": fetched.fetched_at.date()}
    if feed.provider:
        options |= {"provider": feed.provider, "feed": feed.id}
    return Page(fetched, feed.id, asking.cursor(), options)
