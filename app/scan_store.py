"""Scan rows as observations in the store, committed in batches, and what a rerun on the same day can pass over."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import time
from collections import Counter
from collections.abc import Iterable

import pyarrow.compute as pc

from app.scanning import Row
from pipelines import schema
from pipelines.attribution import names, observe
from pipelines.durable import sha256
from pipelines.records import Observation, Source
from pipelines.store import Store
from pipelines.store_writer import Writer
from pipelines.text import plain
from scrapers._guard import is_public
from scrapers._probe import Probe

COLLECTOR = "scan"
TITLE = "DNS answers that cloudhold asked for"
BATCH_HOSTS = 500
BATCH_SECONDS = 20.0
STALE_AFTER_DAYS = 30
# Outcomes that a later try on the same day may mend.
PASSING = frozenset({"timeout", "servfail", "incomplete", "malformed"})
WILDCARD = "flag:wildcard"


def source_id(day: dt.date, vantage: str) -> str:
    """One source a day and vantage."""
    return f"{COLLECTOR}-{day.isoformat()}-{sha256(vantage.encode())[:8]}"


def seen_today(store: Store, source: str, asked: str) -> tuple[set[str], set[str]]:
    """(hosts that need no second look, ids of observations kept) of one source.

    `asked` says whom this run asks, ports included: answers of others do not count as seen.
    """
    rows = store.read("observations", store.manifest())
    rows = rows.filter(pc.equal(rows["source_id"], source)).select(["observation_id", "subject", "kind", "outcome"])
    hosts: set[str] = set()
    again: set[str] = set()
    for row in rows.to_pylist():
        if row["outcome"] in PASSING:
            again.add(row["subject"])
        elif row["kind"] == "AAAA":  # every host has one; hops of chains without addresses have none
            hosts.add(row["subject"])
    if store.manifest().cursors.get(COLLECTOR) != asked:
        hosts.clear()
    return hosts - again, set(rows["observation_id"].to_pylist())


def observations(row: Row, source: str, vantage: str) -> Iterable[Observation]:
    """What one row shows: the answer as asked for, each alias on the way, the addresses of the last name."""
    outcome = row.outcome
    for value in row.answers or (None,):
        yield _observation(row, row.host, row.type, value, outcome, source, vantage)
    if not row.chain:
        return
    links = [row.host, *row.chain]
    for subject, target in itertools.pairwise(links):
        yield _observation(row, subject, "CNAME", target, outcome if outcome != "nodata" else "ok", source, vantage)
    for value in row.answers:
        yield _observation(row, links[-1], row.type, value, outcome, source, vantage)


def _observation(
    row: Row, subject: str, kind: str, value: str | None, outcome: str, source: str, vantage: str
) -> Observation:
    kept = observe.value(kind, value) if value is not None else None
    return Observation(
        observation_id=observe.observation_id(subject, kind, kept, outcome),
        subject=subject,
        kind=kind,
        value=kept,
        outcome=outcome,
        seen_on=row.observed_at.date(),
        vantage=vantage,
        environment=names.environment(subject),
        observed_at=row.observed_at,
        source_id=source,
        private=False,
    )


class Keeper:
    """Gathers rows and commits them in batches: what was committed stays, whatever ends the run."""

    def __init__(self, writer: Writer, vantage: str, asked: str, day: dt.date, known: set[str]) -> None:
        self.hosts = 0
        # The public addresses of each host of this run that has any.
        self.addresses: dict[str, tuple[str, ...]] = {}
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._writer = writer
        self._vantage = vantage
        self._asked = asked
        self._source = source_id(day, vantage)
        self._day = day
        self._known = known
        self._gathered: list[Observation] = []
        self._pending_hosts = 0
        self._committed_at = time.monotonic()

    def keep(self, host: str, rows: list[Row]) -> None:
        """Rows of one host."""
        self.hosts += 1
        self._pending_hosts += 1
        for row in rows:
            self.outcomes[row.type, row.outcome] += 1
            self._gather(observations(row, self._source, self._vantage))
        public = dict.fromkeys(
            answer
            for row in rows
            if row.host == host and row.type in ("A", "AAAA")
            for answer in row.answers
            if is_public(answer)
        )
        if public:
            self.addresses[host] = tuple(public)
        flagged = next((row for row in rows if row.wildcard), None)
        if flagged is not None:
            self._gather([_observation(flagged, flagged.host, WILDCARD, "yes", "ok", self._source, self._vantage)])
        if self._pending_hosts >= BATCH_HOSTS or time.monotonic() - self._committed_at > BATCH_SECONDS:
            self.commit("partial", "the run goes on, or was stopped")

    def keep_more(self, rows: list[Row]) -> None:
        """Rows about a host that was kept already."""
        for row in rows:
            self.outcomes[row.type, row.outcome] += 1
            self._gather(observations(row, self._source, self._vantage))

    def keep_probe(self, host: str, seen: Probe) -> list[Row]:
        """What one look at a front page gave, as rows; kept as well."""
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        marks = seen.marks or (("http", seen.note or ""),)
        rows = []
        for kind, text in marks:
            clean = plain(text)
            rows.append(Row(host, plain(kind, 100) or "http", seen.outcome, (), (clean,) if clean else (), None, now))
        for row in rows:
            self.outcomes["http", row.outcome] += row is rows[0]
            value: str | None = row.answers[0] if row.answers else None
            if seen.outcome != "ok":
                value = None
            elif row.type.startswith("cookie:"):
                value = "set"
            self._gather([_observation(row, host, row.type, value, seen.outcome, self._source, self._vantage)])
        return rows

    def _gather(self, found: Iterable[Observation]) -> None:
        for observation in found:
            if observation.observation_id not in self._known:
                self._known.add(observation.observation_id)
                self._gathered.append(dataclasses.replace(observation, seen_on=self._day))

    def commit(self, state: str, reason: str | None = None) -> None:
        """Make visible what was gathered."""
        if self._gathered:
            self._writer.add_rows("observations", schema.to_arrow("observations", self._gathered))
            if (self._source,) not in self._writer.known("sources", ("source_id",)):
                self._writer.add_rows("sources", schema.to_arrow("sources", [self._source_row()]))
                self._writer.remember("sources", ("source_id",), {(self._source,)})
        self._writer.set_coverage(COLLECTOR, title=TITLE, state=state, reason=reason, stale_after_days=STALE_AFTER_DAYS)
        self._writer.set_cursor(COLLECTOR, self._asked)
        self._writer.commit()
        self._gathered = []
        self._pending_hosts = 0
        self._committed_at = time.monotonic()

    def _source_row(self) -> Source:
        return Source(
            source_id=self._source,
            collector=COLLECTOR,
            title=f"{TITLE}: {self._day.isoformat()}, from {self._vantage}",
            publisher=None,
            licence=None,
            credit=None,
            url=None,
            media_type=None,
            status=None,
            sha256=None,
            bytes=None,
            date_from=self._day,
            date_to=self._day,
            fetched_at=None,
            private=False,
        )
