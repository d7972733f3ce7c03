"""Any stand-in behind the faults of the catalogue: honest until a fault strikes one of its addresses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipelines.durable import sha256
from tests.scrapers import http_faults
from tests.scrapers.http_catalogue import FAULTS
from tests.scrapers.runs import Answer
from tests.scrapers.standin import Asked, Clock

ROBOTS = "/robots.txt"


@dataclass
class Faulty:
    """`fault` strikes the address `target`, the first `times` it is asked (0: always).

    `asked` are addresses in the order in which they were first asked, `packages` those of them that answer with releases.
    `whole` are fingerprints of bodies that were sent to their end, `struck` bodies that a fault sent to its end with 200.
    """

    site: Answer
    clock: Clock = field(default_factory=Clock)
    fault: str | None = None
    target: str = ""
    times: int = 0
    base: str = ""
    hits: int = 0
    asked: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)
    struck: list[bytes] = field(default_factory=list)
    secrets_read: int = 0
    too_early: int = 0
    quiet_until: float = 0.0
    number: int = 0
    first: list[Any] = field(default_factory=list)
    asks_robots: bool = False

    def mend(self) -> None:
        self.fault = None


class _Handler(http_faults.Handler):
    """The honest answer, or the fault on it. Only what a fault of the catalogue may ask of its handler is replaced."""

    server: _Server

    def page_bytes(self) -> bytes:
        return self.honest.body

    def promise(self, retry_after: str) -> None:
        if retry_after.isdigit():
            self.server.told.quiet_until = self.server.told.clock() + int(retry_after)

    def do_GET(self) -> None:
        told = self.server.told
        self.close_connection = True
        self.query = {"hold": "3", "mib": "32"}
        parts = urlsplit(self.path)
        if parts.path == "/secret":
            told.secrets_read += 1
        with self.server.lock:
            told.too_early += told.clock() < told.quiet_until
            told.asks_robots = told.asks_robots or parts.path == ROBOTS
            if self.path not in told.asked and parts.path != ROBOTS:
                told.asked.append(self.path)
            query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            told.number += 1
            self.honest = told.site(Asked(told.clock(), parts.path, query, told.base), told.number)
            strikes = told.fault is not None and self.path == told.target and (not told.times or told.hits < told.times)
            told.hits += strikes
        package = self._package()
        if strikes:
            self._strike(package)
        else:
            self._say(self.honest.status, self.honest.body)

    def _say(self, status: int, body: bytes, kind: str | None = None) -> None:
        self.server.told.whole.add(sha256(body))
        headers = dict(self.honest.headers)
        self.reply(status, body, kind or headers.pop("Content-Type", "application/octet-stream"), headers)

    def _package(self) -> dict[str, Any] | None:
        """The honest answer as a package with releases; None where it is none."""
        told = self.server.told
        try:
            package = json.loads(self.honest.body)
        except ValueError:
            return None
        if not isinstance(package, dict) or not package.get("releases"):
            return None
        with self.server.lock:
            told.first = told.first or package["releases"]
            if self.path not in told.packages:
                told.packages.append(self.path)
        return {"links": {}, **package}

    def _strike(self, package: dict[str, Any] | None) -> None:
        told = self.server.told
        kind, function, _ = FAULTS[told.fault or ""]
        if kind == "page":
            assert package is not None, "only a page of releases can have this fault"
            query = {"base": told.base, "query": {}, "page": 0, "first": told.first}
            self._struck(json.dumps(function(package, query)).encode())
        elif kind == "body":
            self._struck(function(self.honest.body), "text/html" if (told.fault or "").endswith("html") else None)
        else:
            function(self)

    def reply(self, code: int, body: bytes, kind: str = "application/json", headers: Any = None) -> None:
        if code == 200 and body != self.honest.body:
            self.server.told.struck.append(body)
            self.server.told.whole.add(sha256(body))
        super().reply(code, body, kind, headers)

    def _struck(self, body: bytes, kind: str | None = None) -> None:
        self._say(200, body, kind)


class _Server(http_faults.Server):
    def __init__(self, told: Faulty) -> None:
        self.told = told
        super().__init__(("127.0.0.1", 0), _Handler)


@contextmanager
def serve(site: Answer) -> Iterator[Faulty]:
    """The stand-in on loopback, with a clock of its own that a fetcher may use."""
    told = Faulty(site)
    server = _Server(told)
    told.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield told
    finally:
        server.stop.set()
        server.shutdown()
        server.server_close()
