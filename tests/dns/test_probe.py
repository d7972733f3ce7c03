"""One look at a front page: what is kept of headers, cookies, certificate and page, and what is refused."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scrapers._fetch import Fetcher, Limits
from scrapers._probe import certificate_marks, cookie_names, page_hosts, probe

PAGE = b"""<html><head><link rel=stylesheet href=//cdn.jsdelivr.net/x.css><link rel=canonical href=https://other.example/>
<script src="https://www.googletagmanager.com/gtm.js"></script></head>
<body><img src=/own.png><img src="https://static.council.example/a.png"><iframe src="https://www.youtube.com/embed/1">
</iframe><script src="http://[bad"></script><a href="https://linked.example">no resource</a></body></html>"""


class Site(BaseHTTPRequestHandler):
    server_version, sys_version = "cloudflare", ""
    robots = b""
    status = robots_status = 200
    seen: list[str]

    def do_GET(self) -> None:
        type(self).seen.append(self.path)
        body = self.robots if self.path == "/robots.txt" else PAGE
        self.send_response(self.status if self.path == "/" else self.robots_status)
        self.send_header("Content-Type", "text/plain" if self.path == "/robots.txt" else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/":
            self.send_header("X-Request-Id", "8f2a")
            self.send_header("Set-Cookie", "AWSALB=secret-value-1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/")
            self.send_header("Set-Cookie", "session=secret-value-2; HttpOnly")
            self.send_header("Location", "https://elsewhere.example/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[tuple[type[Site], Fetcher]]:
    handler = type("Handler", (Site,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield (
            handler,
            Fetcher(Limits(least_seconds=0), base_url=f"http://127.0.0.1:{server.server_port}", sleep=lambda _: None),
        )
        server.shutdown()


def test_headers_cookies_and_third_parties_are_seen(site: tuple) -> None:
    handler, fetcher = site
    seen = probe(fetcher, "www.council.example")
    marks = set(seen.marks)
    assert seen.outcome == "ok"
    assert ("header:server", "cloudflare") in {(k, v.strip()) for k, v in marks}
    assert {("cookie:awsalb", ""), ("cookie:session", "")} <= marks
    assert {value for kind, value in marks if kind == "page:host"} == {
        "cdn.jsdelivr.net", "www.googletagmanager.com", "www.youtube.com",
    }  # fmt: skip
    assert not any("secret" in value for _, value in marks)
    assert not any(kind in ("header:x-request-id", "header:set-cookie", "header:date") for kind, _ in marks)
    assert handler.seen == ["/robots.txt", "/"]


def test_a_redirect_is_noted_and_not_followed(site: tuple) -> None:
    handler, fetcher = site
    handler.status = 301
    seen = probe(fetcher, "www.council.example")
    assert ("header:location", "https://elsewhere.example/") in seen.marks
    assert handler.seen.count("/") == 1
    assert not any(kind == "page:host" for kind, _ in seen.marks)


def test_robots_are_honoured(site: tuple) -> None:
    handler, fetcher = site
    handler.robots = b"User-agent: *\nDisallow: /\n"
    assert probe(fetcher, "www.council.example").outcome == "refused"
    assert handler.seen == ["/robots.txt"]


def test_a_failing_robots_file_is_no_leave(site: tuple) -> None:
    handler, fetcher = site
    handler.robots_status = 503
    assert probe(fetcher, "www.council.example").outcome == "refused"
    assert handler.seen == ["/robots.txt"]


def test_nobody_there_says_nothing_of_robots() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # taken, and nobody listens
        fetcher = Fetcher(
            Limits(least_seconds=0), base_url=f"http://127.0.0.1:{taken.getsockname()[1]}", sleep=lambda _: None
        )
        seen = probe(fetcher, "www.council.example")
    assert (seen.outcome, seen.marks) == ("timeout", ())
    assert fetcher.asked == 2  # robots.txt of https, then of http


def test_an_address_that_is_not_public_is_refused() -> None:
    seen = probe(Fetcher(sleep=lambda _: None), "localhost")
    assert (seen.outcome, seen.marks) == ("refused", ())


def test_cookie_names_are_told_from_dates() -> None:
    assert cookie_names("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT, b-c=2; Path=/, d=e=f") == ["a", "b-c", "d"]
    assert cookie_names("") == []


def test_certificates() -> None:
    certificate = {
        "issuer": ((("countryName", "US"),), (("organizationName", "Let's Encrypt"),), (("commonName", "R11"),)),
        "subjectAltName": (("DNS", "www.Council.example"), ("IP Address", "192.0.2.1"), ("DNS", "*.council.example")),
    }
    assert list(certificate_marks(certificate)) == [
        ("tls:issuer", "Let's Encrypt, R11"), ("tls:san", "*.council.example"), ("tls:san", "www.council.example"),
    ]  # fmt: skip
    assert list(certificate_marks(None)) == []


def test_a_page_without_sense_has_no_hosts() -> None:
    assert page_hosts(b"\xff\x00<<<script src='//'", "https://a.example/") == []
