"""Every collector, against every fault of the catalogue and against every kill: never complete when cut, whole in the end.

The collectors are those of the registry, each with its case in tests/scrapers/cases: a new one is tried without an edit here.
Faults are served over real HTTP on loopback; a fault of a page of releases strikes the collectors that read such pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.verbs import collect as verb
from pipelines import ingest, reference
from pipelines.readers import reader
from pipelines.store import Store
from scrapers import _source
from scrapers._fetch import Fetcher
from tests.scrapers import faulty, runs
from tests.scrapers.cases import Case, Row, case
from tests.scrapers.faulty import Faulty
from tests.scrapers.http_catalogue import FAULTS

MIB = 1024 * 1024
COLLECTORS = sorted(_source.sources())
# Each of these is enough to tell whether a collector looks at what it is given.
TELLING = (
    "http_429_seconds", "http_503", "short_body", "truncated_json", "waf_200", "empty_200", "http_404", "redirect_private",
    "xml_bomb",
)  # fmt: skip
# What a page of releases no longer holds or names, without anything that shows it, is not missed: the source says so.
HIDDEN = {"empty_page", "cursor_lost", "repeated_page"}
# One release of the page goes to quarantine with its reason.
ONE_LESS = {"id_missing", "suppliers_object", "unknown_tag"}
# An id of another form is an id: its release is kept under it.
OTHER_ID = {"id_path"}
# What mends itself when it is asked for again.
PASSING = {
    *(name for name in FAULTS if name.startswith(("http_429", "http_50"))), "reset", "close_early", "hang", "slow_headers",
    "slow_body", "endless_headers", "giant_header", "short_body", "bad_chunk", "cut_chunk", "not_http", "gzip_cut",
    "redirect_loop",
} - {"http_429_huge"}  # fmt: skip
# What says what to do about it, in the words of our sentences.
TO_DO = ("run again", "look at", "ask its publisher", "its shape may have changed", "fetch it again", "check")
Try = Callable[[str], "Trial"]


@dataclass
class Trial:
    """One collector, one server, one store."""

    source_id: str
    case: Case
    server: Faulty
    run: Callable[..., Any]
    store: Store

    def collect(self) -> Any:
        """As an operator types it."""
        base = self.server.base + self.case.path
        return self.run(
            "--store", self.store.path, "collect", self.source_id, *self.case.typed(), "--base-url", base, "--json"
        )

    def rows(self) -> list[dict[str, Any]]:
        kind = reader(_source.source(self.source_id).SOURCE.reader)
        return self.store.read(kind.PRIMARY, self.store.manifest()).to_pylist()

    def held(self) -> set[Row]:
        rows = self.rows()
        ids = [str(sorted((key, str(value)) for key, value in row.items())) for row in rows]
        assert len(ids) == len(set(ids)), "a row is there twice"
        return {tuple(str(row[column]) for column in self.case.columns) for row in rows}

    def kept(self) -> set[bytes]:
        """Every body in the store: read, or set apart."""
        manifest = self.store.manifest()
        apart = {(self.store.path / one["path"]).read_bytes() for one in manifest.quarantined}
        return apart | {self.store.raw_body(part) for part in manifest.raw}


@pytest.fixture
def trial(run: Callable[..., Any], store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Try]:
    """`trial(source_id)`; time passes only when the fetcher sleeps."""
    standing = []

    def make(source_id: str) -> Trial:
        tried = case(source_id)
        standing.append(faulty.serve(tried.site()))
        server = standing[-1].__enter__()

        def fetcher(*words: Any, **more: Any) -> Fetcher:
            clock = server.clock
            return Fetcher(*words, **more, deadline=0.5, max_bytes=12 * MIB, clock=clock, sleep=clock.sleep)

        monkeypatch.setattr(verb, "Fetcher", fetcher)
        return Trial(source_id, tried, server, run, store)

    yield make
    for context in standing:
        context.__exit__(None, None, None)


@dataclass(frozen=True)
class Honest:
    """What a run asks for when nothing goes wrong: addresses in their order, and those that answer with releases."""

    addresses: tuple[str, ...]
    packages: tuple[str, ...]
    asks_robots: bool

    def place(self, fault: str, turn: int) -> str:
        """The first, the middle or the last address that can have a fault."""
        pool = self.packages if FAULTS[fault][0] == "page" else self.addresses
        return pool[(0, len(pool) // 2, -1)[turn % 3]]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Honest]:
    known: dict[str, Honest] = {}

    def of(source_id: str) -> Honest:
        if source_id not in known:
            tried = case(source_id)
            with faulty.serve(tried.site()) as server:
                place = Store(tmp_path_factory.mktemp("honest") / "store")
                report = runs.collect_from(server, place, source_id, **tried.asked(server.base))
                assert (report.state, report.reason) == ("complete", None)
                known[source_id] = Honest(tuple(server.asked), tuple(server.packages), server.asks_robots)
        return known[source_id]

    return of


def test_every_collector_of_the_registry_has_its_case() -> None:
    rows = [row for _, row in reference.load().rows("collectors.csv", ("collector", "state"))]
    listed = {row["collector"] for row in rows if row["state"] != "not_covered"}
    assert listed == set(COLLECTORS) and len(COLLECTORS) >= 12
    for source_id in COLLECTORS:
        assert case(source_id).truth


def strike(tried: Trial, target: str, fault: str, times: int) -> int:
    """One run with a fault on an address, and one after it; the exit code of the first."""
    server = tried.server
    server.fault, server.times, server.target = fault, times, target
    done = tried.collect()
    report, held = done.json, tried.held()
    assert server.hits, "the fault was never met"
    is_complete = report["state"] == "complete"

    # The code and the one sentence: what, where, what to do.
    assert done.code == (0 if is_complete else 2 if report["refused"] and report["state"] == "failed" else 3)
    assert "Traceback" not in done.err
    if not is_complete:
        (line,) = done.err.splitlines()
        assert line.startswith(f"cloudhold: {tried.source_id} ended {report['state']}: ")
        assert len(line.encode()) < 600 and any(words in line for words in TO_DO), line

    # Complete is said of what is whole; what passes is asked for again; nothing is invented.
    if fault not in HIDDEN | ONE_LESS | OTHER_ID:
        assert held == tried.case.truth if is_complete else held <= tried.case.truth
    if fault in PASSING:
        assert is_complete is bool(times)
    if fault in ONE_LESS:
        assert is_complete and len(tried.case.truth - held) == report["quarantined"] == 1

    # Nobody was led astray or asked too early; no row is of half a body, no body that came whole is lost.
    assert (server.secrets_read, server.too_early) == (0, 0)
    manifest = tried.store.manifest()
    assert all(tried.store.verify(part) for part in (*manifest.parts, *manifest.raw))
    sources = tried.store.read("sources", manifest).to_pylist()
    assert {row["sha256"] for row in sources} <= server.whole
    assert {row["source_id"] for row in tried.rows()} <= {row["source_id"] for row in sources}
    assert len(manifest.raw) == len(sources)
    if not is_complete and fault not in HIDDEN:  # what a page served twice holds is held
        assert {ingest.blank_contacts(body) for body in server.struck if body} <= tried.kept()

    # Mended, it is whole; a release that is kept apart with its reason is not asked for again by every source.
    server.mend()
    if not is_complete:
        again = tried.collect()
        assert (again.code, again.err) == (0, "")
        assert tried.held() == tried.case.truth
    return int(done.code)


def pairs(names: Iterable[str]) -> list[Any]:
    """(collector, fault, turn) that can meet; turns go round, so that each place is struck by each sort of fault."""
    pages = {source_id for source_id in COLLECTORS if _source.source(source_id).SOURCE.reader == "ocds"}
    return [
        pytest.param(source_id, fault, place + turn, id=f"{source_id}-{fault}")
        for place, source_id in enumerate(COLLECTORS)
        for turn, fault in enumerate(names)
        if source_id in pages or FAULTS[fault][0] != "page"
    ]


@pytest.mark.parametrize(("source_id", "fault", "turn"), pairs(TELLING))
def test_a_telling_fault(trial: Try, honest: Callable[[str], Honest], source_id: str, fault: str, turn: int) -> None:
    strike(trial(source_id), honest(source_id).place(fault, turn), fault, times=0)


@pytest.mark.full
@pytest.mark.parametrize(("source_id", "fault", "turn"), pairs(FAULTS))
def test_any_fault(trial: Try, honest: Callable[[str], Honest], source_id: str, fault: str, turn: int) -> None:
    strike(trial(source_id), honest(source_id).place(fault, turn), fault, times=0)


@pytest.mark.full
@pytest.mark.parametrize(("source_id", "fault", "turn"), pairs(sorted(PASSING)))
def test_what_passes_is_asked_for_again(
    trial: Try, honest: Callable[[str], Honest], source_id: str, fault: str, turn: int
) -> None:
    strike(trial(source_id), honest(source_id).place(fault, turn), fault, times=1)


def test_a_robots_txt_that_cannot_be_read_is_no_leave_and_no_refusal(
    trial: Try, honest: Callable[[str], Honest], tmp_path: Any
) -> None:
    """It forbids nothing where there is none; where it fails, the run ends as at any other fault."""
    asking = [source_id for source_id in COLLECTORS if honest(source_id).asks_robots]
    assert {"spend", "incidents"} <= set(asking)
    for source_id in asking:
        for fault in ("http_503", "reset", "redirect_private", "http_429_seconds", "gzip_bomb", "http_404", "waf_200"):
            tried = trial(source_id)
            tried.store = Store(tmp_path / f"{source_id}-{fault}")
            assert strike(tried, faulty.ROBOTS, fault, times=0) == (0 if fault in ("http_404", "waf_200") else 3)


DEATHS = ["stopped", "killed"]


def killed(tried: Trial, lives: int) -> None:
    """Dead before a request, and run again."""
    words = tried.case.asked(tried.server.base)
    with pytest.raises(runs.Killed):
        runs.collect_from(tried.server, tried.store, tried.source_id, lives=lives, **words)
    assert tried.held() <= tried.case.truth
    report = runs.collect_from(tried.server, tried.store, tried.source_id, **words)
    assert (report.state, report.reason) == ("complete", None)
    assert tried.held() == tried.case.truth


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("source_id", COLLECTORS)
def test_killed_midway_and_run_again_nothing_is_lost_or_doubled(
    trial: Try, honest: Callable[[str], Honest], monkeypatch: pytest.MonkeyPatch, source_id: str, death: str
) -> None:
    if death == "killed":
        runs.nothing_is_written_at_death(monkeypatch)
    killed(trial(source_id), len(honest(source_id).addresses) // 2)


@pytest.mark.full
@pytest.mark.parametrize("batch", [1, 25])
@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("source_id", COLLECTORS)
def test_killed_at_any_request_and_run_again_nothing_is_lost_or_doubled(
    trial: Try,
    honest: Callable[[str], Honest],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
    source_id: str,
    death: str,
    batch: int,
) -> None:
    monkeypatch.setattr("app.collecting.BATCH_PAGES", batch)
    if death == "killed":
        runs.nothing_is_written_at_death(monkeypatch)
    for lives in range(len(honest(source_id).addresses)):
        tried = trial(source_id)
        tried.store = Store(tmp_path / f"killed-{lives}")
        killed(tried, lives)
