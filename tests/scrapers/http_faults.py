"""A small hostile HTTP server for tests: loopback only, standard library only, deterministic.


    from tests.scrapers.http_faults import HttpFaults
    with HttpFaults() as server:
        server.url("truncated_json", pages=5, per=20, at=2)   # a paged feed with one fault on page 2
        server.truth(pages=5, per=20)                         # ids that a correct collector ends up with
        server.stats()                                        # what the server saw: rate, overlap, agents

Routes
  /releases?fault=&at=&times=&pages=&per=&run=&cursor=   an OCDS-like feed, linked by links.next.
        The fault strikes on page `at` for the first `times` hits (0 = every hit) of that `run`.
  /fault/NAME     the same fault on one stand-alone page        /robots.txt, /ok, /page.html
  /truth?pages=&per=     ids of the feed, as JSON               /stats, /reset
"""

import itertools
import json
import threading
import time
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.scrapers.http_catalogue import FAULTS, feed_page, release


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "http-faults", ""

    def log_message(self, *_):
        pass

    # small helpers for the faults above
    def number(self, key, default):
        try:
            return float(self.query.get(key, default))
        except ValueError:
            return float(default)

    def idle(self, seconds):
        self.server.stop.wait(seconds)

    def send(self, data):
        try:
            self.connection.sendall(data)
            self.server.sent += len(data)
            return not self.server.stop.is_set()
        except OSError:
            return False

    def head(self, status, kind, headers=None):
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{k}: {v}" for k, v in (headers or {}).items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def raw_reply(self, body, headers):
        self.head("200 OK", "application/json", {**headers, "Content-Length": str(len(body))})
        self.send(body)

    def reply(self, code, body, kind="application/json", headers=None):
        self.head(f"{code} X", kind, {**(headers or {}), "Content-Length": str(len(body))})
        self.send(body)

    def promise(self, retry_after):
        """Remember until when this run was asked to stay away."""
        if retry_after.isdigit():
            with self.server.lock:
                self.server.quiet_until[self.query.get("run", "")] = time.monotonic() + int(retry_after)

    def page(self):
        q = self.query
        pages, per = int(q.get("pages", 3)), int(q.get("per", 20))
        number = int(q.get("cursor", "c-0").removeprefix("c-") or 0)
        base = f"http://{self.headers.get('Host', '127.0.0.1')}"
        first = feed_page(base, 0, pages, per, q)["releases"]
        return feed_page(base, number, pages, per, q), {"base": base, "query": q, "page": number, "first": first}

    def page_bytes(self):
        return json.dumps(self.page()[0]).encode()

    # routing
    def do_GET(self):
        self.close_connection = True
        parts = urlsplit(self.path)
        self.query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        if parts.path in ("/stats", "/reset", "/truth"):
            return self.control(parts.path)
        with self.server.seen(self):
            if parts.path == "/releases":
                return self.serve(self.query.get("fault", ""), on_page=True)
            if parts.path.startswith("/fault/"):
                return self.serve(parts.path.removeprefix("/fault/"), on_page=False)
            if parts.path == "/secret":
                self.server.secrets_read += 1
                return self.reply(200, b'{"secret":"reached"}')
            if parts.path == "/robots.txt":
                return self.reply(200, b"User-agent: *\nDisallow: /private\nCrawl-delay: 1\n", "text/plain")
            if parts.path in ("/ok", "/page.html"):
                return self.reply(200, b"<html><body><h1>ok</h1></body></html>", "text/html")
            return self.reply(404, b"{}")

    do_HEAD = do_GET

    def serve(self, name, on_page):
        page, context = self.page()
        strikes = bool(name)
        if on_page and name:
            times, at = int(self.query.get("times", 1)), int(self.query.get("at", 1))
            with self.server.lock:
                key = (self.query.get("run", ""), name, at)
                strikes = context["page"] == at and (times == 0 or self.server.hits[key] < times)
                self.server.hits[key] += strikes
        if not strikes:
            return self.reply(200, json.dumps(page).encode())
        if name not in FAULTS:
            return self.reply(404, b'{"error":"no such fault"}')
        kind, function, _ = FAULTS[name]
        if kind == "page":
            return self.reply(200, json.dumps(function(page, context)).encode())
        if kind == "body":
            return self.reply(
                200, function(json.dumps(page).encode()), "text/html" if name.endswith("html") else "application/json"
            )
        return function(self)

    def control(self, path):
        if path == "/truth":
            per, pages = int(self.query.get("per", 20)), int(self.query.get("pages", 3))
            return self.reply(200, json.dumps([release(i)["ocid"] for i in range(per * pages)]).encode())
        answer = self.server.summary()
        if path == "/reset":
            self.server.forget()
        return self.reply(200, json.dumps(answer).encode())


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 512

    def __init__(self, address, handler=Handler):
        super().__init__(address, handler)
        self.lock, self.stop = threading.Lock(), threading.Event()
        self.forget()

    def handle_error(self, request, client_address):
        pass  # a client that goes away is no event

    def forget(self):
        self.hits, self.agents, self.times = Counter(), Counter(), []
        self.quiet_until, self.early, self.sent, self.secrets_read = {}, 0, 0, 0
        self.busy = self.busy_max = 0

    def seen(self, handler):
        server = self

        class Span:
            def __enter__(self):
                with server.lock:
                    now = time.monotonic()
                    server.times.append(now)
                    server.agents[handler.headers.get("User-Agent", "")] += 1
                    server.early += now < server.quiet_until.get(handler.query.get("run", ""), 0)
                    server.busy += 1
                    server.busy_max = max(server.busy_max, server.busy)

            def __exit__(self, *_):
                with server.lock:
                    server.busy -= 1

        return Span()

    def summary(self):
        """Requests seen; the most in any one-second window; overlap; requests inside a promised silence."""
        t, left, best = sorted(self.times), 0, 0
        for right, moment in enumerate(t):
            while moment - t[left] >= 1.0:
                left += 1
            best = max(best, right - left + 1)
        gaps = [b - a for a, b in itertools.pairwise(t)]
        return {
            "requests": len(t),
            "max_per_second": best,
            "max_overlap": self.busy_max,
            "min_gap_ms": round(min(gaps) * 1000, 1) if gaps else None,
            "during_retry_after": self.early,
            "user_agents": dict(self.agents),
            "bytes_sent": self.sent,
            "secrets_read": self.secrets_read,
        }


class HttpFaults:
    """Context manager around a server on a free loopback port."""

    def __init__(self, port=0):
        self.server = Server(("127.0.0.1", port))
        self.base = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.stop.set()
        self.server.shutdown()
        self.server.server_close()

    def url(self, name="", **query):
        return f"{self.base}/releases?{urlencode({'fault': name, **query})}"

    def truth(self, **query):
        return json.load(urllib.request.urlopen(f"{self.base}/truth?{urlencode(query)}"))

    def stats(self):
        return self.server.summary()
