"""The guarded fetch: what it refuses, what it obeys, and that a cut stream never passes for a whole one."""

from __future__ import annotations

import datetime as dt
import gzip
import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pipelines.errors import Partial, Refused
from scrapers._fetch import Fetcher, FetchRefused, Limits, SourceEnded, StayAway, retry_after
from scrapers._guard import is_public

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: dict[str, Callable[[Handler], None]]
    asked: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def say(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def do_GET(self) -> None:
        self.asked.append(self.path)
        answer = self.answers.get(self.path.partition("?")[0])
        if answer is None:
            self.say(404)
        else:
            answer(self)


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, Callable[[Handler], None]], list[str]]]:
    answers: dict[str, Callable[[Handler], None]] = {}
    asked: list[str] = []
    kind = type("H", (Handler,), {"answers": answers, "asked": asked})
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", answers, asked
    running.shutdown()
    running.server_close()


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.t = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.t

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 2))
        self.t += seconds


def fetcher(base: str, clock: Clock | None = None, **more: object) -> Fetcher:
    clock = clock or Clock()
    return Fetcher(base_url=base, clock=clock, sleep=clock.sleep, now=lambda: NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("198.18.0.1", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/secret",
        "http://localhost:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://0.0.0.0:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://127.1:{port}/secret",
        "http://0x7f.0.0.1:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://example.org@127.0.0.1:{port}/secret",
        "file:///etc/hostname",
        "ftp://example.org/x",
    ],
)
def test_no_spelling_of_loopback_is_reached(server, url: str) -> None:
    base, answers, asked = server
    answers["/secret"] = lambda h: h.say(200)
    clock = Clock()
    plain = Fetcher(clock=clock, sleep=clock.sleep)
    with pytest.raises((FetchRefused, SourceEnded)) as refused:
        plain.get(url.format(port=base.rpartition(":")[2]))
    assert asked == []
    assert isinstance(refused.value, (Refused, Partial))


def test_base_url_opens_one_host_and_port_only(server) -> None:
    base, answers, _ = server
    answers["/a"] = lambda h: h.say(200, b'{"ok": 1}')
    assert fetcher(base).get("https://real.example/a").body == b'{"ok": 1}'
    other = base.rpartition(":")[0] + ":1"
    opened = fetcher(base)
    with pytest.raises(FetchRefused, match="not public"):
        opened._follow(other + "/a", "*/*", {}, True)


@pytest.mark.parametrize("base", ["http://10.0.0.1:8099", "http://169.254.0.7", "http://[fc00::1]", "http://0.0.0.0:1"])
def test_base_url_opens_this_machine_and_no_private_network(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_leaves(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", nothing_leaves)
    with pytest.raises(FetchRefused, match="not public"):
        fetcher(base).get("https://real.example/a")


@pytest.mark.parametrize("target", ["{base}/secret", "http://localhost:{port}/secret", "http://[::1]:{port}/secret"])
def test_a_redirect_to_a_private_address_is_not_followed(server, target: str) -> None:
    base, answers, asked = server
    port = base.rpartition(":")[2]
    answers["/a"] = lambda h: h.say(302, b"", Location=target.format(base=base, port=port))
    answers["/secret"] = lambda h: h.say(200)
    with pytest.raises(FetchRefused):
        fetcher(base).get("https://real.example/a")
    assert asked == ["/a"]


def test_redirects_within_the_host_are_followed_and_loops_end(server) -> None:
    base, answers, asked = server
    answers["/a"] = lambda h: h.say(302, b"", Location="/b")
    answers["/b"] = lambda h: h.say(200, b'"b"')
    assert fetcher(base).get("https://real.example/a").body == b'"b"'
    answers["/b"] = lambda h: h.say(302, b"", Location="/a")
    with pytest.raises(SourceEnded, match=r"circle|more than"):
        fetcher(base).get("https://real.example/a")
    assert len(asked) < 12


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2.0),
        ("Wed, 25 Nov 2026 12:00:03 GMT", 4.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Wed, 25 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_in_every_form(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_retry_after_is_obeyed_then_the_answer_is_taken(server) -> None:
    base, answers, asked = server

    def first_busy(handler: Handler) -> None:
        handler.say(200, b'"good"') if len(asked) > 1 else handler.say(429, b"", Retry_After="7")

    answers["/a"] = first_busy
    clock = Clock()
    assert fetcher(base, clock).get("https://real.example/a").body == b'"good"'
    assert 7.0 in clock.slept


def test_a_day_of_silence_ends_the_run_and_says_until_when(server) -> None:
    base, answers, asked = server
    answers["/a"] = lambda h: h.say(429, b"", Retry_After="86400")
    with pytest.raises(SourceEnded, match="2026-11-26 12:00"):
        fetcher(base).get("https://real.example/a")
    assert len(asked) == 1


def test_a_403_that_means_too_many_waits_five_minutes(server) -> None:
    base, answers, asked = server
    answers["/a"] = lambda h: h.say(200, b'"good"') if len(asked) > 1 else h.say(403, b"rate limit")
    clock = Clock()
    limits = Limits(rate_limited_statuses=frozenset({403}), rate_limited_wait=300)
    assert fetcher(base, clock, limits=limits).get("https://real.example/a").body == b'"good"'
    assert 300 in clock.slept


def test_requests_to_one_host_keep_their_distance(server) -> None:
    base, answers, _ = server
    answers["/a"] = lambda h: h.say(200)
    clock = Clock()
    one = fetcher(base, clock, limits=Limits(least_seconds=10.5))
    for _ in range(3):
        one.get("https://real.example/a")
    assert clock.slept == [10.5, 10.5]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"half', {"Content_Length": "100"}),
        (gzip.compress(bytes(range(256)) * 9)[:150], {"Content_Encoding": "gzip"}),
    ],
    ids=["short body", "gzip cut with a matching length"],
)
def test_a_cut_stream_is_never_taken(server, body: bytes, headers: dict[str, str]) -> None:
    base, answers, asked = server
    answers["/a"] = lambda h: h.say(200, body, **headers)
    with pytest.raises(SourceEnded, match="cut"):
        fetcher(base).get("https://real.example/a")
    assert len(asked) == 5


def test_a_gzip_bomb_is_dropped_at_the_cap(server) -> None:
    base, answers, _ = server
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    answers["/a"] = lambda h: h.say(200, bomb, Content_Encoding="gzip")
    with pytest.raises(FetchRefused, match="more than 1 MiB"):
        fetcher(base, max_bytes=1024 * 1024).get("https://real.example/a")


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_drip_ends_at_the_deadline(server, where: str) -> None:
    base, answers, _ = server

    def drip(handler: Handler) -> None:
        if where == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        for _ in range(60):
            try:
                handler.wfile.write(b"H")
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    answers["/a"] = drip
    started = time.monotonic()
    with pytest.raises(SourceEnded, match="in time"):
        fetcher(base, deadline=0.6).get("https://real.example/a", retry=False)
    assert time.monotonic() - started < 2.5


def test_opted_out_hosts_and_the_request_limit_are_kept(server) -> None:
    base, answers, asked = server
    answers["/a"] = lambda h: h.say(200)
    with pytest.raises(FetchRefused, match="opted out"):
        Fetcher(opt_out=["*.example.org"]).get("https://www.example.org/a")
    limited = fetcher(base, max_requests=1)
    limited.get("https://real.example/a")
    with pytest.raises(SourceEnded, match="--max-requests"):
        limited.get("https://real.example/a")
    assert len(asked) == 1


def test_robots_are_honoured_and_a_failing_file_forbids(server) -> None:
    base, answers, _ = server
    answers["/robots.txt"] = lambda h: h.say(200, b"User-agent: *\nDisallow: /private\n", Content_Type="text/plain")
    asked = fetcher(base)
    assert asked.robots_allow("https://real.example/")
    assert not asked.robots_allow("https://real.example/private/x")
    answers["/robots.txt"] = lambda h: h.say(500)
    assert not fetcher(base).robots_allow("https://real.example/")
    del answers["/robots.txt"]
    assert fetcher(base).robots_allow("https://real.example/")


def test_a_redirects_body_is_read_by_us_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """requests reads the body of a redirect to prepare the next request, without any cap; our session must not."""
    import requests

    from scrapers._fetch import Fetcher

    answer = requests.Response()
    answer.status_code = 301
    answer.headers["location"] = "http://elsewhere.example/"
    session = Fetcher()._session
    assert session.get_redirect_target(answer) is None
    assert list(session.resolve_redirects(answer, requests.Request("GET", "http://a.example/").prepare())) == []


def test_a_host_that_asked_for_silence_is_left_alone_whatever_is_asked_for(server) -> None:
    """Five tries at one address are over; the next address of the host waits for what the last answer said."""
    base, answers, asked = server
    answers["/busy"] = lambda h: h.say(429, b"", Retry_After="90")
    answers["/a"] = lambda h: h.say(200, b"{}")
    clock = Clock()
    one = fetcher(base, clock)
    with pytest.raises(SourceEnded):
        one.get("https://real.example/busy")
    before = clock()
    one.get("https://real.example/a")
    assert clock() - before == 90 and asked.count("/busy") == 5
    with pytest.raises(SourceEnded):
        one.get("https://real.example/busy")
    with pytest.raises(StayAway, match="stay away until"):  # who asks once does not wait
        one.get("https://real.example/a", retry=False)


def test_after_a_day_of_silence_no_address_of_the_host_is_asked(server) -> None:
    base, answers, asked = server
    answers["/busy"] = lambda h: h.say(503, b"", Retry_After="86400")
    one = fetcher(base)
    for address in ("/busy", "/a"):
        with pytest.raises(StayAway, match="2026-11-26 12:00"):
            one.get(f"https://real.example{address}")
    assert asked == ["/busy"]


def test_json_that_lacks_its_end_is_asked_for_again_and_then_handed_over(server) -> None:
    base, answers, asked = server
    answers["/once"] = lambda h: h.say(200, b'{"a": [1, 2]}' if len(asked) > 1 else b'{"a": [1,')
    assert fetcher(base).get("https://real.example/once").body == b'{"a": [1, 2]}'
    asked.clear()
    answers["/always"] = lambda h: h.say(200, b'{"a": [1,')
    assert fetcher(base).get("https://real.example/always").body == b'{"a": [1,'
    assert len(asked) == 5
    asked.clear()
    answers["/table"] = lambda h: h.say(200, b"[a table\n")
    fetcher(base).get("https://real.example/table", accept="text/csv")
    assert len(asked) == 1


def test_robots_that_forbid_and_robots_that_fail_are_two_things(server) -> None:
    base, answers, asked = server
    answers["/robots.txt"] = lambda h: h.say(200, b"User-agent: *\nDisallow: /private\n", Content_Type="text/plain")
    fetcher(base).check_robots("https://real.example/open")
    with pytest.raises(FetchRefused, match=r"robots\.txt does not let us ask"):
        fetcher(base).check_robots("https://real.example/private/x")
    asked.clear()
    answers["/robots.txt"] = lambda h: h.say(500)
    with pytest.raises(SourceEnded, match=r"it was not asked, because .* answered 500; run again later"):
        fetcher(base).check_robots("https://real.example/open")
    assert asked == ["/robots.txt"] * 5
    answers["/robots.txt"] = lambda h: h.say(500 if len(asked) < 7 else 404)
    fetcher(base).check_robots("https://real.example/open")
