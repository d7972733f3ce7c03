"""A server on loopback that behaves as a source is known to: every request is in its log, its clock can be ours."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when (by the shared clock), what path, what keys, of whom."""

    at: float
    path: str
    query: Mapping[str, str]
    base: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """Whether the connection closes before the promised length."""


@dataclass
class Site:
    """Bodies by path; `answers` replaces the answer to a path; everything else is 404."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Reply] = field(default_factory=dict)

    def __call__(self, asked: Asked, number: int) -> Reply:
        if asked.path in self.answers:
            return self.answers[asked.path]
        if asked.path not in self.bodies:
            return Reply(b"<html><body>Page not found</body></html>", 404, {"Content-Type": "text/html"})
        return Reply(self.bodies[asked.path])


@dataclass(slots=True)
class Clock:
    """Time that passes only when somebody sleeps, so that a five-minute wait costs nothing."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds)


@dataclass(slots=True)
class StandIn:
    base: str
    clock: Clock
    log: list[Asked]

    def paths(self) -> list[str]:
        return [asked.path for asked in self.log]


@contextmanager
def serve(answer: Callable[[Asked, int], Reply], clock: Clock | None = None) -> Iterator[StandIn]:
    """`answer` gives the reply to a request and its number, from 1."""
    time = clock or Clock()
    log: list[Asked] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            asked = Asked(time(), parts.path, query, f"http://{self.headers['Host']}")
            log.append(asked)
            reply = answer(asked, len(log))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + (100 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(reply.body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield StandIn(f"http://127.0.0.1:{server.server_port}", time, log)
    finally:
        server.shutdown()
        server.server_close()
