"""The verb collect, over real HTTP on loopback: what came is kept once, and complete is said only when proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import collecting
from pipelines.store import Store
from scrapers import _source
from scrapers._fetch import Fetcher
from tests.scrapers.standin import Asked, Clock, Reply, StandIn, serve


def release(number: int) -> dict[str, Any]:
    return {
        "ocid": f"ocds-x-{number}", "id": f"r-{number}", "date": "2025-01-02T00:00:00Z", "tag": ["award"],
        "buyer": {"id": "b", "name": "Example Council"}, "tender": {"title": f"Hosting {number}"},
        "awards": [{"id": "1", "suppliers": [{"id": "s", "name": "Example Ltd"}]}],
    }  # fmt: skip


def feed(pages: int, fault: dict[int, Reply] | None = None) -> Callable[[Asked, int], Reply]:
    """A feed of pages of two releases, linked by links.next; `fault` replaces the answer to the nth request."""

    def answer(asked: Asked, number: int) -> Reply:
        if fault and number in fault:
            return fault[number]
        page = int(asked.query.get("page", "1"))
        body: dict[str, Any] = {"releases": [release(2 * page), release(2 * page + 1)]}
        if page < pages:
            body["links"] = {"next": f"http://127.0.0.1:{standing[0].rsplit(':', 1)[1]}/feed?page={page + 1}"}
        return Reply(json.dumps(body).encode())

    standing: list[str] = []
    answer.standing = standing  # type: ignore[attr-defined]
    return answer


@pytest.fixture
def collect(run: Callable) -> Callable:
    """Collect the feed with the verb."""

    def go(server: StandIn, *more: str) -> Any:
        done = run("collect", "ocds-feed", "--base-url", f"{server.base}/feed", "--json", *more)
        return done.code, done.json if done.out else {}, done.err

    return go


def held(store: Store) -> list[str]:
    return sorted(store.read("notices", store.manifest())["ocid"].to_pylist())


def expected(pages: int) -> list[str]:
    return sorted(f"ocds-x-{number}" for number in range(2, 2 * pages + 2))


def test_a_feed_arrives_whole_and_again_adds_nothing(collect: Callable, store: Store) -> None:
    answer = feed(3)
    with serve(answer) as server:
        answer.standing.append(server.base)
        code, report, _ = collect(server)
        assert (code, report["state"], report["requests"], report["pages"]) == (0, "complete", 3, 3)
        assert (report["new"], report["known"], report["quarantined"], report["reason"]) == (6, 0, 0, None)
        assert held(store) == expected(3)
        code, report, _ = collect(server)
        assert (code, report["new"], report["known"]) == (0, 0, 6)
    assert held(store) == expected(3)


@pytest.mark.parametrize("allowed", [1, 2, 3])
def test_a_run_that_was_stopped_goes_on_where_it_was(collect: Callable, store: Store, allowed: int) -> None:
    answer = feed(4)
    with serve(answer) as server:
        answer.standing.append(server.base)
        code, report, err = collect(server, "--max-requests", str(allowed))
        assert (code, report["state"], report["pages"]) == (3, "partial", allowed)
        assert "--max-requests" in err and "Traceback" not in err
        code, report, _ = collect(server)
        assert (code, report["state"], report["pages"]) == (0, "complete", 4 - allowed)
        assert [a.query.get("page", "1") for a in server.log] == ["1", "2", "3", "4"]
    assert held(store) == expected(4)


CUT = [
    ("a page that is no JSON", Reply(b"<html>busy</html>")),
    ("a page of another shape", Reply(b'{"results": []}')),
    ("a page that is missing", Reply(b"gone", status=404)),
    ("a body cut short, every time", Reply(b'{"releases": [', cut=True)),
]


@pytest.mark.parametrize(("case", "reply"), CUT, ids=[row[0] for row in CUT])
def test_a_feed_that_breaks_is_never_complete(
    store: Store, case: str, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    answer = feed(3, dict.fromkeys(range(2, 20), reply))
    with serve(answer, clock) as server:
        answer.standing.append(server.base)
        report = collecting.collect(
            store, "ocds-feed",
            lambda facts: Fetcher(facts.limits, base_url=server.base, clock=clock, sleep=clock.sleep),
            arguments=(f"{server.base}/feed",), sleep=clock.sleep,
        )  # fmt: skip
    assert report.state == "partial" and report.reason
    assert held(store) == expected(1)
    manifest = store.manifest()
    assert manifest.coverage["ocds-feed"]["state"] == "partial"
    assert manifest.cursors["ocds-feed"]["done"] is False


def test_a_feed_that_gives_half_of_what_it_gave_is_not_believed(collect: Callable, store: Store) -> None:
    whole, part = feed(4), feed(1)
    with serve(whole) as server:
        whole.standing.append(server.base)
        assert collect(server)[1]["state"] == "complete"
    with serve(part) as server:
        part.standing.append(server.base)
        code, report, _ = collect(server)
    assert (code, report["state"]) == (3, "partial")
    assert "2 rows where the last complete run gave 8" in report["reason"]
    assert sorted(set(held(store))) == expected(4)


def test_an_unreadable_release_is_kept_apart_with_its_reason(collect: Callable, store: Store) -> None:
    body = json.dumps({"releases": [release(1), {**release(2), "tag": ["nobody-knows"]}]}).encode()
    with serve(lambda asked, number: Reply(body)) as server:
        code, report, _ = collect(server)
    assert (code, report["state"], report["new"], report["quarantined"]) == (0, "complete", 1, 1)
    assert "nobody-knows" in store.manifest().quarantined[0]["reason"]


def test_raw_bodies_are_kept_without_contacts(collect: Callable, store: Store) -> None:
    said = {**release(1), "parties": [{"id": "b", "contactPoint": {"email": "someone@example.test"}}]}
    with serve(lambda asked, number: Reply(json.dumps({"releases": [said]}).encode())) as server:
        collect(server)
    manifest = store.manifest()
    (raw,) = [part for part in manifest.raw if part.table == "ocds-feed"]
    body = store.raw_body(raw)
    assert b"ocds-x-1" in body and b"someone" not in body


def test_a_build_may_go_on_between_two_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is held for a batch: after each, another writer can come."""
    monkeypatch.setattr(collecting, "BATCH_PAGES", 1)
    clock = Clock()
    answer = feed(3)
    others = []

    def between(asked: Asked, number: int) -> Reply:
        with store.writer("build"):
            others.append(number)
        return answer(asked, number)

    with serve(between, clock) as server:
        answer.standing.append(server.base)
        report = collecting.collect(
            store, "ocds-feed",
            lambda facts: Fetcher(facts.limits, base_url=server.base, clock=clock, sleep=clock.sleep),
            arguments=(f"{server.base}/feed",), sleep=clock.sleep,
        )  # fmt: skip
    assert report.state == "complete" and others == [1, 2, 3]


REFUSED = [
    (["collect"], "Missing argument"),
    (["collect", "incidentz"], "did you mean"),
    (["collect", "ranges", "more"], "'more'"),
    (["collect", "ocds-feed"], "first page"),
    (["collect", "ranges", "incidents", "--base-url", "http://127.0.0.1:1"], "one source"),
    (["collect", "ranges", "--base-url", "ftp://127.0.0.1"], "not an address"),
    (["collect", "ranges", "--base-url", "http://[::1/x"], "not an address"),
    (["collect", "ranges", "--base-url", ""], "not an address"),
    (["collect", "ocds-feed", "--base-url", "no where"], "not an address"),
    (["collect", "ranges", "--max-requests", "0"], "--max-requests"),
    (["collect", "ranges", "--since", "2026-02-01", "--until", "2026-01-01"], "after"),
    (["collect", "ranges", "--since", "soon"], "--since"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=[" ".join(row[0][1:]) or "nothing" for row in REFUSED])
def test_what_cannot_be_done_is_one_sentence(run: Callable, words: list[str], said: str) -> None:
    done = run(*words)
    assert done.code == 2 and said in done.err and "Traceback" not in done.err and len(done.err.encode()) < 600


def test_every_source_says_whose_it_is_and_what_reads_it() -> None:
    from pipelines.readers import readers

    for source_id, module in _source.sources().items():
        facts = module.SOURCE
        assert facts.id == source_id and facts.publisher and facts.licence and facts.home.startswith("https://")
        assert facts.reader in readers() and facts.cadence_days >= 1
        assert Path(module.__file__).stem == source_id.replace("-", "_")


# The sources that the command takes, as they were agreed with those who check it.
AGREED = (
    "contracts-finder", "contracts-finder-search", "find-a-tender", "public-contracts-scotland", "sell2wales", "spend",
    "gcloud-sales", "ranges", "incidents", "govuk-organisations", "govuk-domains", "ocds-feed",
)  # fmt: skip


def covered(run: Callable) -> dict[str, dict[str, Any]]:
    return {row["collector"]: row for row in run("sources", "--json").json["coverage"]}


def test_every_agreed_source_is_listed_although_nothing_was_collected(run: Callable) -> None:
    assert sorted(_source.sources()) == sorted(AGREED)
    rows = covered(run)
    assert {rows[key]["state"] for key in AGREED} == {"not_collected"}
    assert rows["etendersni"]["state"] == "not_covered"
    for key in AGREED:
        facts = _source.source(key).SOURCE
        assert (rows[key]["title"], rows[key]["stale_after_days"]) == (facts.title, 2 * facts.cadence_days)
        assert key in run("sources").out


def test_a_collected_source_is_listed_as_it_ended(collect: Callable, run: Callable) -> None:
    answer = feed(2)
    with serve(answer) as server:
        answer.standing.append(server.base)
        collect(server, "--max-requests", "1")
    assert run("build").code == 0
    row = covered(run)["ocds-feed"]
    assert row["state"] == "partial" and row["rows"] > 0 and "--max-requests" in row["reason"]


ENDS = [
    ("complete", None, 0),
    ("a redirect to where we must not go", Reply(b"", 302, {"Location": "http://10.0.0.1/secret"}), 2),
    ("a page that is missing", Reply(b"", 404), 3),
]


@pytest.mark.parametrize(("case", "first", "code"), ENDS, ids=[row[0] for row in ENDS])
def test_the_exit_code_says_how_the_run_ended(collect: Callable, case: str, first: Reply | None, code: int) -> None:
    answer = feed(1, {1: first} if first else None)
    with serve(answer) as server:
        ended, report, err = collect(server)
    assert (ended, report["state"]) == (code, "failed" if code else "complete") and "Traceback" not in err
    assert report["refused"] is (code == 2)


def test_a_source_that_gave_nothing_is_listed_as_failed_not_as_never_asked(collect: Callable, run: Callable) -> None:
    with serve(lambda asked, number: Reply(b"", 404)) as server:
        collect(server)
    assert run("build").code == 0
    row = covered(run)["ocds-feed"]
    assert (row["state"], row["rows"]) == ("failed", 0) and "answered 404" in row["reason"]


LIST = json.dumps({"syncToken": "1", "createDate": "2026-11-25-01-02-03", "ipv6_prefixes": [],
                   "prefixes": [{"ip_prefix": "3.8.0.0/14", "region": "eu-west-2", "service": "EC2"}]})  # fmt: skip


@pytest.mark.parametrize("words", [["ocds-feed"], ["ranges", "--max-requests", "2"]], ids=["complete", "partial"])
def test_the_port_of_a_stand_in_is_no_part_of_what_was_found(tmp_path: Path, run: Callable, words: list[str]) -> None:
    """Collected twice from the same pages on two ports, whole or in part: one content hash."""

    def answer(asked: Asked, number: int) -> Reply:
        if asked.path == "/feed":
            return Reply(json.dumps({"releases": [release(1)]}).encode())
        return (
            Reply(LIST.encode())
            if asked.path == "/ip-ranges.json"
            else Reply(b"", 302, {"Location": "http://10.0.0.1/"})
        )

    hashes, reasons = set(), set()
    for number in range(2):
        store = tmp_path / f"port-{number}"
        with serve(answer) as server:
            base = f"{server.base}/feed" if words == ["ocds-feed"] else server.base
            report = run("--store", store, "collect", *words, "--base-url", base, "--json").json
        reasons.add(report["reason"])
        hashes.add(run("--store", store, "build", "--json").json["content_hash"])
    assert len(hashes) == 1 and len(reasons) == (1 if words == ["ocds-feed"] else 2), "the reason names the port"
