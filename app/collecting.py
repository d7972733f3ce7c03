"""One run of a scraper into the store: bodies, rows and cursor in one commit, so that a kill loses no more than time.

The store is locked for a batch of pages at a time, never while a server is waited for longer than that: a build can go
between two batches of a run that lasts a day.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pipelines import ingest
from pipelines.errors import CloudholdError, Partial, Refused, StoreLocked
from pipelines.store import Store
from pipelines.store_writer import Writer
from scrapers._fetch import Fetcher, FetchRefused
from scrapers._source import Page, Run, Source, source

BATCH_PAGES = 25
BATCH_SECONDS = 30.0
# Another process may build an edition meanwhile.
LOCK_SECONDS = 600.0


@dataclass(slots=True)
class Collected:
    """What one run did. `state`: complete (all that was asked for has been seen), partial (run again to go on) or
    failed (nothing came). `refused`: we ended it ourselves, because the source led where we must not go. `distinct`:
    usable rows since the reading began, over the runs that it took, what stands twice counted once; the next reading
    is measured by it."""

    source: str
    requests: int = 0
    pages: int = 0
    read: int = 0
    distinct: int = 0
    new: int = 0
    known: int = 0
    quarantined: int = 0
    refused: bool = False
    state: str = "partial"
    reason: str | None = None

    @property
    def exit_code(self) -> int:
        """0 complete; 2 where nothing came because we must not ask; 3 for every other end before the end."""
        return 0 if self.state == "complete" else 2 if self.state == "failed" and self.refused else 3


@dataclass(slots=True)
class Keeper:
    """Pages into the store, a batch at a time."""

    store: Store
    source: Source
    asked: Mapping[str, Any]
    report: Collected
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _writer: Writer | None = None
    _opened: float = 0.0
    _pages: int = 0
    _at: Mapping[str, Any] | None = None

    def take(self, page: Page) -> str | None:
        """Keep one page; why it could not be used, or None. Its cursor stands only when it was."""
        writer = self._open()
        fetched = page.fetched
        why = page.refused
        if why is not None:
            writer.quarantine(self.source.id, page.name, ingest.blank_contacts(fetched.body), why)
            self.report.quarantined += 1
        elif not page.empty:
            taken = ingest.take_body(
                writer,
                page.reader or self.source.reader,
                page.name,
                fetched.body,
                page.options,
                collector=self.source.id,
                url=without_port(fetched.url),
                fetched_at=fetched.fetched_at,
                status=fetched.status,
            )
            self.report.read += taken.read
            self.report.distinct += taken.distinct
            self.report.new += taken.new
            self.report.known += taken.known
            self.report.quarantined += taken.quarantined
            why = taken.reason
        if why is None:
            self._at = dict(page.cursor)
        self.report.pages += 1
        self._pages += 1
        if self._pages >= BATCH_PAGES or self.clock() - self._opened >= BATCH_SECONDS:
            self.commit(done=False)
        return why

    def _open(self) -> Writer:
        if self._writer is None:
            waited = 0.0
            while True:
                try:
                    self._writer = self._stack.enter_context(self.store.writer(f"collect {self.source.id}"))
                    break
                except StoreLocked:
                    if waited >= LOCK_SECONDS:
                        raise
                    self.sleep(1.0)
                    waited += 1.0
            self._opened, self._pages = self.clock(), 0
        return self._writer

    def commit(self, done: bool, span: tuple[dt.date, dt.date] | None = None) -> None:
        """Make the batch visible and release the store."""
        writer = self._open()
        before = writer.base.cursors.get(self.source.id) or {}
        facts: dict[str, Any] = {
            "at": self._at if self._at is not None else before.get("at"),
            "asked": dict(self.asked),
            "done": done,
            "read": self.report.distinct,
            "complete": before.get("complete"),
        }
        if done:
            facts["complete"] = {"span": _days(span), "read": self.report.distinct}
        writer.set_cursor(self.source.id, facts)
        writer.set_coverage(
            self.source.id,
            title=self.source.title,
            state=self.report.state,
            stale_after_days=2 * self.source.cadence_days,
            reason=self.report.reason,
        )
        writer.commit()
        self.close()

    def close(self) -> None:
        """Release the store without keeping what was gathered since the last commit."""
        self._stack.close()
        self._writer = None


def without_port(url: str) -> str | None:
    """An address as it is recorded: a port is a fact of the run. None for an empty one."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return parts._replace(netloc=host).geturl() or None


def _days(span: tuple[dt.date, dt.date] | None) -> list[str] | None:
    return [day.isoformat() for day in span] if span else None


def collect(
    store: Store,
    source_id: str,
    fetcher_of: Callable[[Source], Fetcher],
    since: dt.date | None = None,
    until: dt.date | None = None,
    arguments: Sequence[str] = (),
    progress: Callable[[int, int | None, str], None] = lambda done, total, what: None,
    now: dt.datetime | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Collected:
    """Run one scraper to its end, or to where it stops. Refused, before anything is asked, for what it cannot do."""
    module = source(source_id)
    facts: Source = module.SOURCE
    if arguments and facts.takes is None:
        raise Refused(f"{facts.id} takes no further words; leave {arguments[0]!r} out")
    if since and until and since > until:
        raise Refused(f"--since {since} is after --until {until}; change one of them")
    asked = {"since": since and since.isoformat(), "until": until and until.isoformat(), "words": list(arguments)}
    before = store.manifest().cursors.get(facts.id) or {}
    resuming = bool(before) and before.get("asked") == asked and not before.get("done")
    report = Collected(facts.id, distinct=int(before.get("read") or 0) if resuming else 0)
    keeper = Keeper(store, facts, asked, report, sleep=sleep)
    fetcher = fetcher_of(facts)
    run = Run(
        since=since,
        until=until,
        cursor=dict(before.get("at") or {}),
        now=now or dt.datetime.now(dt.UTC),
        arguments=tuple(arguments),
        progress=progress,
        resuming=resuming,
    )
    unread: list[str] = []
    problem: CloudholdError | None = None
    try:
        for page in module.collect(fetcher, run):
            if run.anew:
                report.distinct, run.anew = 0, False
            run.unread = keeper.take(page)
            if run.unread:
                unread.append(f"{page.name}: {run.unread}")
    except (Partial, FetchRefused) as error:
        problem = error
        body = getattr(error, "fetched", None)
        if body is not None:
            keeper.take(Page(body, without_port(body.url) or "its last page", {}, refused=str(error)))
    except BaseException:
        # Killed or broken: what came is kept with the cursor of the last page, and the next run goes on there.
        report.reason = "the last run was stopped before its end"
        if report.pages:
            keeper.commit(done=False)
        keeper.close()
        raise
    finally:
        fetcher.close()
        report.requests = fetcher.asked
    report.refused = isinstance(problem, FetchRefused)
    report.reason = str(problem) if problem else _doubt(facts, report, run, before, unread)
    report.state = "complete" if report.reason is None else "partial" if report.pages else "failed"
    keeper.commit(done=report.state == "complete", span=run.span)
    return report


def _doubt(facts: Source, report: Collected, run: Run, before: Mapping[str, Any], unread: list[str]) -> str | None:
    """Why a run that came to its end is not complete; None where it is."""
    if run.lacks:
        return f"it went on without {len(run.lacks)} parts ({', '.join(run.lacks[:3])[:400]}); run again later"
    if unread:
        return f"{len(unread)} of {report.pages} bodies could not be read and are in quarantine ({unread[0][:160]}); run again"
    if report.distinct < facts.minimum_rows:
        return f"it gave {report.distinct} rows, fewer than the {facts.minimum_rows} it always has; its shape may have changed"
    last = before.get("complete") or {}
    if (
        facts.everything
        and last.get("read")
        and last.get("span") == _days(run.span)
        and report.distinct < facts.believed_share * int(last["read"])
    ):
        return (
            f"it gave {report.distinct} rows where the last complete run gave {last['read']} for the same days; "
            "what came is kept, look at the source"
        )
    return None
