"""The only way out over HTTP: one guarded fetch. _guard.py makes its connections, _body.py reads what comes over them.

What it refuses, and where the reason is:

* addresses that are not public, checked on the socket's target at connect, for every redirect again, and
  for addresses hidden in IPv6 (mapped, NAT64, 6to4, Teredo). `opened` is one host and port that the operator
  named for this run; a redirect that names a private address is refused even then;
* proxies and credentials from the environment;
* bodies over the cap after unpacking (1 MiB of gzip can be 1 GiB), and bodies that never end;
* a total time over the deadline: a server that drips a byte a second never trips a read timeout, so a timer
  shuts the socket down;
* streams that were cut: a short body, a missing last chunk, a gzip stream without its trailer. The last one
  arrives with status 200 and a matching Content-Length.

What it obeys: Retry-After, a least distance between requests to one host, the opt-out list, robots.txt where
the caller asks for it.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import random
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from pipelines import __version__
from pipelines.errors import Partial, Refused
from scrapers._address import root, short, split_base
from scrapers._body import Deadline, TooLate, Unusable, read_whole, why
from scrapers._guard import CONNECT_SECONDS, Private, Session, is_public
from scrapers._json import is_cut

USER_AGENT = (
    f"cloudhold/{__version__} (+https://cloudhold.example/methods; maps which clouds public services use; "
    "to opt out write to the address on that page)"
)
DEADLINE_SECONDS = 60.0
MAX_BYTES = 64 * 1024 * 1024
MAX_REDIRECTS = 5
TRIES = 5
# A server that asks for more patience than this ends the run: it says until when.
LONGEST_WAIT_SECONDS = 600.0
_RETRIED = frozenset({429, 500, 502, 503, 504})


class FetchRefused(Refused):
    """The address or the answer is one that we do not take; asking again would not help."""


class SourceEnded(Partial):
    """The source stopped answering usefully; what came before is kept. `fetched` is the body that ended the run, where
    one did: whoever looks into it will want to see it."""

    def __init__(self, message: str, fetched: Fetched | None = None) -> None:
        super().__init__(message)
        self.fetched = fetched


class Unanswered(SourceEnded):
    """Nobody answered: no connection, none that can be trusted, or one that broke."""


class RunOver(SourceEnded):
    """Nothing more may be asked in this run: its requests are used, or the source asked us to stay away."""


class StayAway(RunOver):
    """One host asked for more patience than a run has; others may be asked."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One body as it came, unpacked. `url` is the address after redirects; `certificate` is the verified one of the
    connection, as Python's ssl module shows it, None without TLS."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: dt.datetime
    certificate: Mapping[str, Any] | None = None

    @property
    def media_type(self) -> str | None:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind or None


@dataclass(slots=True)
class Limits:
    """What a source allows: seconds between requests, waits for its own way of saying "too many"."""

    least_seconds: float = 1.0
    rate_limited_statuses: frozenset[int] = frozenset()
    rate_limited_wait: float = 300.0
    bare_429_wait: float | None = None


class Fetcher:
    """Guarded GET for one run.

    `base_url` replaces scheme, host and port of every address (paths stay the real ones) and opens exactly
    that host and port. `asked` counts the requests made. `clock` and `sleep` are replaced in tests, so that a
    five-minute wait costs nothing.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        base_url: str | None = None,
        opt_out: Iterable[str] = (),
        max_requests: int | None = None,
        deadline: float = DEADLINE_SECONDS,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.limits = limits or Limits()
        self.asked = 0
        self._base = split_base(base_url) if base_url is not None else None
        self._opened = (self._base[1], self._base[2]) if self._base else None
        self._opt_out = tuple(pattern.lower().lstrip("*.") for pattern in opt_out)
        self._max_requests = max_requests
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._clock, self._sleep, self._now = clock, sleep, now
        self._last: dict[str, float] = {}
        self._quiet_until: dict[str, float] = {}
        self._robots: dict[str, Any] = {}
        self._robots_failed: dict[str, Partial | Refused] = {}
        self._session = Session(self._opened)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})

    def close(self) -> None:
        self._session.close()

    def address(self, url: str) -> str:
        """`url` with the base's scheme, host and port in place of its own."""
        if self._base is None:
            return url
        scheme, host, port = self._base
        parts = urlsplit(url)
        shown = f"[{host}]" if ":" in host else host
        return urlunsplit((scheme, f"{shown}:{port}", parts.path, parts.query, ""))

    def get(
        self,
        url: str,
        accept: str = "application/json",
        retry: bool = True,
        more: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> Fetched:
        """One body. `more` are further headers, such as If-None-Match of a conditional request (answer: 304); without
        `follow` a redirect is an answer like any other."""
        if self._base is not None:  # an address that is asked elsewhere is still its owner's
            self._check_opt_out(urlsplit(url).hostname or "")
        if not retry:  # who asks once does not wait either
            self._check_silence(self.address(url), longest=0.0)
        wait = 0.0
        problem, ended = "", SourceEnded
        last = TRIES - 1 if retry else 0
        for attempt in range(last + 1):
            if attempt:
                self._sleep(wait)
            try:
                answer = self._follow(self.address(url), accept, more or {}, follow)
            except (TooLate, requests.RequestException, HTTPError, OSError) as error:
                problem, ended = why(error), Unanswered
                wait = self._backoff(attempt)
                continue
            status = answer.status
            limited = status in self.limits.rate_limited_statuses
            if status not in _RETRIED and not limited:
                if attempt < last and status == 200 and "json" in accept and is_cut(answer.body):
                    wait = self._backoff(attempt)  # such cuts pass; the last one is for its reader to judge
                    continue
                return answer
            problem, ended = f"it answered {status}", SourceEnded
            wait = self._wait_for(answer, attempt, limited)
        raise ended(f"{short(url)} gave nothing usable after {last + 1} tries: {problem}; run again later")

    def _backoff(self, attempt: int) -> float:
        return min(2.0**attempt, 30.0) + random.uniform(0, 0.5)  # noqa: S311 - jitter, not a secret

    def _wait_for(self, answer: Fetched, attempt: int, limited: bool) -> float:
        """Seconds to stay away. SourceEnded, saying until when, for more than we wait."""
        asked = retry_after(answer.headers.get("retry-after"), self._now())
        if asked is not None:
            self._quiet_until[urlsplit(answer.url).netloc] = self._clock() + asked
            self._check_silence(answer.url)
            return asked
        if limited:
            return self.limits.rate_limited_wait
        if answer.status == 429 and self.limits.bare_429_wait is not None:
            return self.limits.bare_429_wait
        return self._backoff(attempt)

    def _follow(self, url: str, accept: str, more: Mapping[str, str], follow: bool) -> Fetched:
        seen: set[str] = set()
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            answer = self._once(url, accept, more)
            if not follow or answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = answer.headers.get("location", "")
            following = urljoin(url, target)
            self._check_redirect(url, target, following)
            if following in seen:
                raise SourceEnded(f"{short(url)} redirects in a circle; look at the address in a browser")
            seen.add(following)
            url = following
        raise SourceEnded(f"{short(url)} redirects more than {MAX_REDIRECTS} times; look at the address in a browser")

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchRefused(f"{short(url)} is not an http or https address; it was not asked, look at what names it")
        if parts.username or parts.password or "@" in parts.netloc:
            raise FetchRefused(f"{short(url)} carries a user name; it was not asked, give the address without")
        self._check_opt_out(parts.hostname)
        if self._max_requests is not None and self.asked >= self._max_requests:
            raise RunOver(f"the {self._max_requests} requests allowed by --max-requests are used; run again to go on")

    def _check_silence(self, url: str, longest: float = LONGEST_WAIT_SECONDS) -> float:
        """Seconds for which the host asked to be left alone, by whatever address. StayAway for more than we wait."""
        seconds = self._quiet_until.get(urlsplit(url).netloc, 0.0) - self._clock()
        if seconds > longest:
            until = self._now() + dt.timedelta(seconds=seconds)
            raise StayAway(f"{short(url)} asks us to stay away until {until:%Y-%m-%d %H:%M} UTC; run again after that")
        return seconds

    def _check_opt_out(self, host: str) -> None:
        host = host.lower().rstrip(".")
        if any(host == name or host.endswith("." + name) for name in self._opt_out):
            raise FetchRefused(f"{host} has opted out; it was not asked")

    def _check_redirect(self, url: str, target: str, following: str) -> None:
        """A redirect may not leave for a private address, even for the one that was opened by name."""
        parts = urlsplit(following)
        if urlsplit(target).netloc and self._opened is not None:
            try:
                addresses = {str(item[4][0]) for item in socket.getaddrinfo(parts.hostname or "", parts.port or 80)}
            except (OSError, ValueError):
                addresses = set()
            if any(not is_public(address) for address in addresses):
                raise FetchRefused(
                    f"{short(url)} redirects to a private address; it was not followed, look at the address in a browser"
                )
        if urlsplit(url).scheme == "https" and parts.scheme == "http":
            raise FetchRefused(
                f"{short(url)} redirects from https to http; it was not followed, look at the address in a browser"
            )

    def _once(self, url: str, accept: str, more: Mapping[str, str]) -> Fetched:
        host = urlsplit(url).netloc
        since = self._clock() - self._last.get(host, float("-inf"))
        wait = max(self.limits.least_seconds - since, self._check_silence(url))
        if wait > 0:
            self._sleep(wait)
        self.asked += 1
        self._session.made.clear()
        with Deadline(self._deadline, self._session.made) as deadline:
            try:
                response = self._session.get(
                    url,
                    headers={**more, "Accept": accept, "Connection": "close"},
                    stream=True,
                    allow_redirects=False,
                    timeout=(CONNECT_SECONDS, self._deadline),
                )
                certificate = getattr(response.raw.connection, "certificate", None)
                with response:
                    data = read_whole(response, deadline, self._max_bytes)
            except Private as error:
                raise FetchRefused(
                    f"{short(url)} leads to an address that is not public; it was not asked, check the address"
                ) from error
            except Unusable as error:
                raise FetchRefused(f"{short(url)} {error}; it was dropped, look at the address in a browser") from error
            except requests.exceptions.InvalidURL as error:
                raise FetchRefused(f"{short(url)} is not an address that can be asked; check it") from error
            except (requests.RequestException, HTTPError, OSError) as error:
                if deadline.has_passed:
                    raise TooLate from error
                raise
            finally:
                self._last[host] = self._clock()
        headers = {key.lower(): value for key, value in response.headers.items()}
        return Fetched(url, response.status_code, headers, data, self._now().replace(microsecond=0), certificate)

    def check_robots(self, url: str) -> None:
        """Before a page that is made for people. FetchRefused where robots.txt forbids it, SourceEnded where it cannot be
        read: what is not known to be allowed is not asked for."""
        if self.robots_allow(self.address(url), retry=True):
            return
        failed = self._robots_failed.get(root(self.address(url)))
        if failed is None:
            raise FetchRefused(f"{short(url)}: robots.txt does not let us ask; ask its publisher")
        raise SourceEnded(f"{short(url)}: it was not asked, because {failed}"[:400])

    def robots_allow(self, url: str, retry: bool = False) -> bool:
        """Whether robots.txt of the host lets us ask for this path. A missing file allows, a failing one not."""
        from urllib.robotparser import RobotFileParser

        home = root(url)
        if home not in self._robots:
            parser = RobotFileParser()
            try:
                answer = self.get(f"{home}/robots.txt", accept="text/plain", retry=retry)
                if answer.status == 200:
                    parser.parse(answer.body[:524288].decode(errors="replace").splitlines())
                elif 400 <= answer.status < 500:
                    parser.parse([])
                else:
                    raise SourceEnded(f"{home}/robots.txt answered {answer.status}; run again later")
            except RunOver:
                raise  # it says nothing about the host
            except (Partial, Refused) as error:
                parser.parse(["User-agent: *", "Disallow: /"])
                self._robots_failed[home] = error
            self._robots[home] = parser
        return bool(self._robots[home].can_fetch("cloudhold", url))

    def unanswered(self, url: str) -> Unanswered | None:
        """What went wrong where nobody answered when robots.txt of the host was asked for; None where somebody did."""
        failed = self._robots_failed.get(root(url))
        return failed if isinstance(failed, Unanswered) else None


def retry_after(text: str | None, now: dt.datetime) -> float | None:
    """Seconds that a Retry-After header asks for; None where it is absent, negative or unreadable."""
    if not text:
        return None
    text = text.strip()
    if text.isdigit():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    seconds = (when - now).total_seconds()
    return seconds + 1 if seconds >= 0 else None
