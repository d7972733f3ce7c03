"""The only way out over HTTP: one guarded fetch.

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

import contextlib
import datetime as dt
import email.utils
import ipaddress
import json
import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.poolmanager import PoolManager

from pipelines import __version__
from pipelines.errors import Partial, Refused

USER_AGENT = (
    f"cloudhold/{__version__} (+https://cloudhold.example/methods; maps which clouds public services use; "
    "to opt out write to the address on that page)"
)
DEADLINE_SECONDS = 60.0
CONNECT_SECONDS = 10.0
MAX_BYTES = 64 * 1024 * 1024
MAX_REDIRECTS = 5
TRIES = 5
# A server that asks for more patience than this ends the run: it says until when.
LONGEST_WAIT_SECONDS = 600.0
MAX_DEPTH = 200
_RETRIED = frozenset({429, 500, 502, 503, 504})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class FetchRefused(Refused):
    """The address or the answer is one that we do not take; asking again would not help."""


class SourceEnded(Partial):
    """The source stopped answering usefully; what came before is kept."""


class RunOver(SourceEnded):
    """Nothing more may be asked in this run: its requests are used, or the source asked us to stay away."""


class _Private(Exception):
    """The socket's target is not a public address."""


class _TooLate(Exception):
    """The deadline passed."""


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


def is_public(address: str) -> bool:
    """Whether an IP address is one on the open internet, looking through IPv6 transition forms."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner: list[ipaddress.IPv4Address] = []
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            inner.append(ip.ipv4_mapped)
        if ip.sixtofour:
            inner.append(ip.sixtofour)
        if ip.teredo:
            inner.extend(ip.teredo)
        if ip in _NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    if any(not (v4.is_global and not v4.is_multicast) for v4 in inner):
        return False
    if inner:
        return True
    return ip.is_global and not ip.is_multicast


# -- connections that look before they connect -------------------------------------------------------------


class _Guarded:
    """Mixed into urllib3's connections: resolves, checks each address, then connects to that very address.

    A name that resolves differently a moment later (rebinding) cannot matter, because what was checked is
    what is connected to.
    """

    opened: tuple[str, int] | None = None
    made: list[socket.socket]
    host: str
    port: int
    timeout: Any
    source_address: Any
    socket_options: Any

    def _new_conn(self) -> socket.socket:
        is_opened = self.opened is not None and (self.host.lower(), self.port) == self.opened
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NewConnectionError(self, f"the name does not resolve: {error}") from error  # type: ignore[arg-type]
        allowed = [item for item in found if is_opened or is_public(str(item[4][0]))]
        if not allowed:
            raise _Private(self.host)
        last: OSError | None = None
        for family, kind, protocol, _, target in allowed:
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(CONNECT_SECONDS)
                made.connect(target)
                self.made.append(made)
                return made
            except OSError as error:
                made.close()
                last = error
        raise NewConnectionError(self, f"no connection: {last}")  # type: ignore[arg-type]


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _Adapter(HTTPAdapter):
    """A requests adapter whose connections are guarded."""

    def __init__(self, opened: tuple[str, int] | None) -> None:
        self._opened = opened
        self.made: list[socket.socket] = []
        super().__init__(pool_connections=8, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        opened = self._opened
        http = type("Http", (_GuardedHTTP,), {"opened": opened, "made": self.made})
        https = type("Https", (_GuardedHTTPS,), {"opened": opened, "made": self.made})
        pool_http = type("HttpPool", (HTTPConnectionPool,), {"ConnectionCls": http})
        pool_https = type("HttpsPool", (HTTPSConnectionPool,), {"ConnectionCls": https})
        manager = PoolManager(num_pools=8, maxsize=4, block=False)
        manager.pool_classes_by_scheme = {"http": pool_http, "https": pool_https}
        self.poolmanager = manager


class _Session(requests.Session):
    """A session that knows of no redirects. Even told not to follow them, requests reads a redirect's whole body to
    prepare the next request: past our cap, and before we can."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


# -- the fetch ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Limits:
    """What a source allows: seconds between requests, waits for its own way of saying "too many"."""

    least_seconds: float = 1.0
    rate_limited_statuses: frozenset[int] = frozenset()
    rate_limited_wait: float = 300.0
    bare_429_wait: float | None = None


@dataclass(slots=True)
class Seen:
    """What one fetcher did, for the report of a run."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0
    by_status: dict[int, int] = field(default_factory=dict)


class Fetcher:
    """Guarded GET and POST for one run.

    `base_url` replaces scheme, host and port of every address (paths stay the real ones) and opens exactly
    that host and port. `clock` and `sleep` are replaced in tests, so that a five-minute wait costs nothing.
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
        self.seen = Seen()
        self._base = _split_base(base_url) if base_url else None
        self._opened = (self._base[1], self._base[2]) if self._base else None
        self._opt_out = tuple(pattern.lower().lstrip("*.") for pattern in opt_out)
        self._max_requests = max_requests
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._clock, self._sleep, self._now = clock, sleep, now
        self._last: dict[str, float] = {}
        self._robots: dict[str, Any] = {}
        self._session = _Session()
        self._session.trust_env = False
        self._adapter = _Adapter(self._opened)
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._session.headers.clear()
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
        return self._fetch("GET", url, accept, None, retry, more, follow)

    def post(self, url: str, body: bytes, accept: str = "application/json") -> Fetched:
        return self._fetch("POST", url, accept, body, True, None)

    def _fetch(
        self,
        method: str,
        url: str,
        accept: str,
        body: bytes | None,
        retry: bool,
        more: Mapping[str, str] | None,
        follow: bool = True,
    ) -> Fetched:
        if self._base is not None:  # an address that is asked elsewhere is still its owner's
            self._check_opt_out(urlsplit(url).hostname or "")
        wait = 0.0
        problem = ""
        for attempt in range(TRIES if retry else 1):
            if attempt:
                self.seen.retries += 1
                self._sleep(wait)
            try:
                answer = self._follow(method, self.address(url), accept, body, more, follow)
            except (_TooLate, requests.RequestException, HTTPError, OSError) as error:
                problem = _problem(error)
                wait = self._backoff(attempt)
                continue
            status = answer.status
            limited = status in self.limits.rate_limited_statuses
            if status not in _RETRIED and not limited:
                return answer
            problem = f"it answered {status}"
            wait = self._wait_for(answer, attempt, limited)
        raise SourceEnded(
            f"{_short(url)} gave nothing usable after {TRIES if retry else 1} tries: {problem}; run again later"
        )

    def _backoff(self, attempt: int) -> float:
        return min(2.0**attempt, 30.0) + random.uniform(0, 0.5)  # noqa: S311 - jitter, not a secret

    def _wait_for(self, answer: Fetched, attempt: int, limited: bool) -> float:
        """Seconds to stay away. SourceEnded, saying until when, for more than we wait."""
        asked = retry_after(answer.headers.get("retry-after"), self._now())
        if asked is not None:
            if asked > LONGEST_WAIT_SECONDS:
                until = self._now() + dt.timedelta(seconds=asked)
                raise RunOver(
                    f"{_short(answer.url)} asks us to stay away until {until:%Y-%m-%d %H:%M} UTC; run again after that"
                )
            return asked
        if limited:
            return self.limits.rate_limited_wait
        if answer.status == 429 and self.limits.bare_429_wait is not None:
            return self.limits.bare_429_wait
        return self._backoff(attempt)

    def _follow(
        self,
        method: str,
        url: str,
        accept: str,
        body: bytes | None,
        more: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> Fetched:
        seen: set[str] = set()
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            answer = self._once(method, url, accept, body, more or {})
            if not follow or answer.status not in (301, 302, 303, 307, 308):
                return answer
            target = answer.headers.get("location", "")
            following = urljoin(url, target)
            self._check_redirect(url, target, following)
            if following in seen:
                raise SourceEnded(f"{_short(url)} redirects in a circle; look at the address in a browser")
            seen.add(following)
            url = following
        raise SourceEnded(f"{_short(url)} redirects more than {MAX_REDIRECTS} times; look at the address in a browser")

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchRefused(f"{_short(url)} is not an http or https address; it was not asked")
        if parts.username or parts.password or "@" in parts.netloc:
            raise FetchRefused(f"{_short(url)} carries a user name; it was not asked")
        self._check_opt_out(parts.hostname)
        if self._max_requests is not None and self.seen.requests >= self._max_requests:
            raise RunOver(f"the {self._max_requests} requests allowed by --max-requests are used; run again to go on")

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
                raise FetchRefused(f"{_short(url)} redirects to a private address; it was not followed")
        if urlsplit(url).scheme == "https" and parts.scheme == "http":
            raise FetchRefused(f"{_short(url)} redirects from https to http; it was not followed")

    def _once(self, method: str, url: str, accept: str, body: bytes | None, more: Mapping[str, str]) -> Fetched:
        host = urlsplit(url).netloc
        since = self._clock() - self._last.get(host, float("-inf"))
        if since < self.limits.least_seconds:
            self._sleep(self.limits.least_seconds - since)
        self.seen.requests += 1
        sockets = self._adapter.made
        sockets.clear()
        expired = threading.Event()
        started = time.monotonic()

        def cut() -> None:
            expired.set()
            for made in list(sockets):
                with contextlib.suppress(OSError):
                    made.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._deadline, cut)
        timer.daemon = True
        timer.start()
        try:
            response = self._session.request(
                method,
                url,
                headers={**more, "Accept": accept, "Connection": "close"},
                data=body,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, self._deadline),
            )
            certificate = _certificate(response)
            with response:
                data = self._read(response, started, expired)
        except _Private as error:
            raise FetchRefused(f"{_short(url)} leads to an address that is not public; it was not asked") from error
        except requests.exceptions.InvalidURL as error:
            raise FetchRefused(f"{_short(url)} is not an address that can be asked") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            if expired.is_set():
                raise _TooLate from error
            raise
        finally:
            timer.cancel()
            self._last[host] = self._clock()
        self.seen.bytes += len(data)
        self.seen.by_status[response.status_code] = self.seen.by_status.get(response.status_code, 0) + 1
        headers = {key.lower(): value for key, value in response.headers.items()}
        return Fetched(url, response.status_code, headers, data, self._now().replace(microsecond=0), certificate)

    def _read(self, response: requests.Response, started: float, expired: threading.Event) -> bytes:
        """The whole body, unpacked by ourselves: capped, on time, and with its end seen."""
        raw = response.raw
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise FetchRefused(
                f"{_short(response.url)} packs its answer as {encoding[:40]!r}, which we did not ask for"
            )
        unpacker = zlib.decompressobj(31) if "gzip" in encoding else None
        out = bytearray()
        while True:
            if expired.is_set() or time.monotonic() - started > self._deadline:
                raise _TooLate
            chunk = raw.read1(65536, decode_content=False)
            if not chunk:
                break
            if unpacker is None:
                out += chunk
            else:
                try:
                    out += unpacker.decompress(chunk, self._max_bytes + 1 - len(out))
                except zlib.error as error:
                    raise FetchRefused(f"{_short(response.url)} says gzip and sends something else") from error
            if len(out) > self._max_bytes or (unpacker is not None and unpacker.unconsumed_tail):
                raise FetchRefused(
                    f"{_short(response.url)} sends more than {self._max_bytes // 1048576} MiB; it was dropped"
                )
        if expired.is_set():
            raise _TooLate
        if unpacker is not None and not unpacker.eof and response.status_code == 200:
            raise requests.ConnectionError("the gzip stream was cut before its end")
        expected = response.headers.get("Content-Length")
        if (
            unpacker is None
            and expected
            and expected.isdigit()
            and len(out) != int(expected)
            and response.request.method != "HEAD"
        ):
            raise requests.ConnectionError("the body is shorter than promised")
        return bytes(out)

    # -- robots ---------------------------------------------------------------------------------------------

    def robots_allow(self, url: str) -> bool:
        """Whether robots.txt of the host lets us ask for this path. A missing file allows, a failing one not."""
        from urllib.robotparser import RobotFileParser

        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._robots:
            parser = RobotFileParser()
            try:
                answer = self.get(f"{root}/robots.txt", accept="text/plain", retry=False)
                if answer.status == 200:
                    parser.parse(answer.body[:524288].decode(errors="replace").splitlines())
                elif 400 <= answer.status < 500:
                    parser.parse([])
                else:
                    parser.parse(["User-agent: *", "Disallow: /"])
            except RunOver:
                raise  # it says nothing about the host
            except (Partial, Refused):
                parser.parse(["User-agent: *", "Disallow: /"])
            self._robots[root] = parser
        return bool(self._robots[root].can_fetch("cloudhold", url))


def _split_base(base_url: str) -> tuple[str, str, int]:
    parts = urlsplit(base_url if "://" in base_url else f"http://{base_url}")
    try:
        port = parts.port
    except ValueError as error:
        raise Refused(f"--base-url {base_url!r} has no valid port; write http://127.0.0.1:8099") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Refused(f"--base-url {base_url!r} is not an address; write http://127.0.0.1:8099")
    return parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80)


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


def _certificate(response: requests.Response) -> Mapping[str, Any] | None:
    """The peer's certificate of the connection that is still open; None without TLS."""
    made = getattr(getattr(response.raw, "connection", None), "sock", None)
    read = getattr(made, "getpeercert", None)
    return read() if read is not None else None


def _problem(error: BaseException) -> str:
    if isinstance(error, _TooLate):
        return "it did not finish in time"
    text = " ".join(str(error).split())
    for mark, words in (
        ("CERTIFICATE_VERIFY_FAILED", "its certificate does not verify"),
        ("reset", "the connection was reset"),
        ("IncompleteRead", "the body was cut"),
        ("InvalidChunkLength", "the body was cut"),
        ("Remote end closed", "it closed without an answer"),
        ("does not resolve", "its name does not resolve"),
        ("shorter than promised", "the body was cut"),
        ("gzip stream was cut", "the body was cut"),
        ("no connection", "nobody answers there"),
    ):
        if mark in text:
            return words
    return f"{type(error).__name__}"


def _short(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"[:160]


# -- strict JSON --------------------------------------------------------------------------------------------


class BadJSON(ValueError):
    """JSON that we do not take: the message says why, `cut` whether it only ends too early, `twice` whether it can be
    read in two ways."""

    cut = False
    twice = False


def _no_constant(name: str) -> Any:
    raise BadJSON(f"it holds the bare word {name}")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                bad = BadJSON(f"the key {key[:40]!r} stands twice in one object")
                bad.twice = True
                raise bad
            seen.add(key)
    return made


def strict_json(body: bytes) -> Any:
    """`body` as JSON: UTF-8 only (a byte-order mark is let pass), no NaN, no key twice, no endless nesting.

    BadJSON, with the reason, for anything else.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJSON(f"it is not UTF-8 (byte {error.start})") from error
    if not text.strip():
        raise BadJSON("it is empty")
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except BadJSON:
        raise
    except RecursionError as error:
        raise BadJSON("it is nested too deeply") from error
    except ValueError as error:
        bad = BadJSON(f"it is not JSON: {error}")
        at = getattr(error, "pos", 0)
        bad.cut = text.lstrip()[0] in "{[" and (at >= len(text.rstrip()) or "Unterminated string" in str(error))
        raise bad from error
