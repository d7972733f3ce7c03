"""A local server whose answers a test writes, and runs of one collector against it, with kills at any request."""

from __future__ import annotations

import datetime as dt
import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from pipelines import ingest
from pipelines.errors import Partial
from pipelines.store import Store
from scrapers._fetch import Fetched, Fetcher
from scrapers._source import Run

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]


@dataclass
class Site:
    """`answer(path, query)` says what the server sends; `asked` is its log, `times` when it was asked."""

    base: str = ""
    answer: Callable[[str, Mapping[str, str]], Answer] = lambda path, query: (404, b"")
    asked: list[str] = field(default_factory=list)


class Killed(BaseException):
    """The process dies here."""


class Mortal(Fetcher):
    """A fetcher that dies before its n-th request."""

    dies_at: int | None = None

    def get(self, *args: Any, **kwargs: Any) -> Fetched:
        if self.dies_at is not None and self.asked >= self.dies_at:
            raise Killed
        return super().get(*args, **kwargs)


@dataclass
class Runs:
    """Runs of one collector into one store: each page and its cursor in one commit, as `collect` does it."""

    module: ModuleType
    site: Site
    store: Store
    waits: list[float] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    span: tuple[dt.date, dt.date] | None = None
    taken: list[ingest.Taken] = field(default_factory=list)

    def run(
        self,
        *arguments: str,
        since: dt.date | None = None,
        until: dt.date | None = None,
        now: dt.datetime = NOW,
        dies_at: int | None = None,
        max_requests: int | None = None,
    ) -> str:
        """complete, partial or killed; `lacks`, `span` and `taken` tell the rest."""
        source = self.module.SOURCE
        fetcher = Mortal(
            source.limits, self.site.base, max_requests=max_requests, clock=lambda: 0.0, sleep=self.waits.append,
            now=lambda: now,
        )  # fmt: skip
        fetcher.dies_at = dies_at
        held = self.store.manifest().cursors.get(source.id, {})
        run = Run(since, until, held.get("at", {}), now, arguments, resuming=held.get("unfinished", False))
        state = "partial"
        self.taken = []
        with self.store.writer("test") as writer:
            try:
                for page in self.module.collect(fetcher, run):
                    reason = page.refused
                    if not page.empty and not reason:
                        reader = page.reader or source.reader
                        taken = ingest.take_body(
                            writer, reader, page.name, page.fetched.body, page.options, collector=source.id,
                            url=page.fetched.url, fetched_at=page.fetched.fetched_at, status=page.fetched.status,
                        )  # fmt: skip
                        self.taken.append(taken)
                        reason = taken.reason
                    run.unread = reason
                    if reason is None:
                        writer.set_cursor(source.id, {"at": dict(page.cursor), "unfinished": True})
                    writer.commit_if_changed()
                state = "partial" if run.lacks else "complete"
            except Partial as error:
                run.lacks.append(str(error))
            except Killed:
                state = "killed"
            finally:
                fetcher.close()
            if state == "complete":
                at = writer.base.cursors.get(source.id, {}).get("at", {})
                writer.set_cursor(source.id, {"at": at, "unfinished": False})
                writer.commit()
        self.lacks, self.span = run.lacks, run.span
        return state

    def ids(self, table: str, column: str) -> list[Any]:
        """Every distinct value of a column of the store, sorted."""
        return sorted(set(self.store.read(table, self.store.manifest())[column].to_pylist()))


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            made.asked.append(self.path)
            status, body, *more = made.answer(parts.path, dict(parse_qsl(parts.query)))
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.base = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def runs_of(site: Site, store: Store, tmp_path: Any) -> Callable[..., Runs]:
    """`runs_of(module)` for the test's store; a name gives it a store of its own."""

    def make(module: ModuleType, name: str | None = None) -> Runs:
        return Runs(module, site, Store(tmp_path / name) if name else store)

    return make
