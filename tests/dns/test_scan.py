"""cloudhold scan: refusals, what is kept, what a rerun asks, and what is never published."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fault_server import DnsFaults

from app import scanning
from app.scanning import Row, Scan, Settings, partitions, scan_part, spf_names
from app.verbs import scan as verb
from pipelines.attribution import names
from pipelines.store import Store
from scrapers._dns import Lookups


@pytest.fixture
def faults() -> Iterator[DnsFaults]:
    with DnsFaults() as server:
        yield server


@pytest.fixture
def scan(run: Callable, faults: DnsFaults, tmp_path: Path) -> Callable:
    """Scan hosts against the hostile server, without a limit."""

    def command(*hosts: str, more: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
        path = tmp_path / "hosts.txt"
        path.write_text("\n".join(hosts) + "\n")
        return run("scan", path, "--resolver", f"{faults.host}:{faults.port}", "--rate", "0", "--json", *more)

    return command


def lines(ran) -> dict:  # type: ignore[no-untyped-def]
    assert ran.code == 0, ran.err
    return {(row["host"], row["type"]): row for row in map(json.loads, ran.out.splitlines())}


@pytest.mark.parametrize(
    ("body", "arguments", "says"),
    [
        ("ok.test\n", ["--rate", "0"], "without a limit"),
        ("ok.test\n", ["--rate", "-1", "--resolver", "127.0.0.1:53"], "--rate"),
        ("ok.test\n", ["--rate", "many"], "--rate"),
        ("ok.test\n", ["--resolver", "10.0.0.1:53"], "private address"),
        ("ok.test\n", ["--resolver", "dns.example"], "not an address"),
        ("not a host\n", [], "line 1"),
        ("ok.test\nfoo@bar.test\n", [], "line 2"),
        ("# nothing\n\n", [], "names no host"),
        ("", [], "is empty"),
        ("a" * 64 + ".test\n", [], "line 1"),
    ],
)
def test_what_cannot_be_scanned_is_refused_in_one_sentence(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, arguments: list[str], says: str
) -> None:
    from scrapers import _dns

    monkeypatch.setattr(_dns, "system_servers", lambda: [_dns.Server("192.0.2.53")])
    path = tmp_path / "hosts.txt"
    path.write_text(body)
    ran = run("scan", path, *arguments)
    assert ran.code == 2 and ran.out == ""
    assert says in ran.err and ran.err.startswith("cloudhold: ") and "\n" not in ran.err.strip()
    assert len(ran.err.encode()) < 600


def test_hosts_are_read_in_the_forms_that_people_write(tmp_path: Path) -> None:
    body = b"\xef\xbb\xbfWWW.Council.GOV.UK.\nhttps://www.council.gov.uk/path?x\n\n# note\nb\xc3\xbccher.example\nwww.council.gov.uk\n"
    assert scanning.read_hosts(Path("hosts.txt"), body) == ["www.council.gov.uk", "xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("straße.example", "xn--strae-oqa.example"),  # its own domain since IDNA 2008, no longer strasse.example
        ("STRASSE.example", "strasse.example"),
        ("Müller.EXAMPLE.", "xn--mller-kva.example"),
        ("mu\u0308ller.example", "xn--mller-kva.example"),
        ("中国.example", "xn--fiqs8s.example"),
    ],
)
def test_a_name_with_accents_is_asked_for_as_records_are_kept(written: str, asked: str) -> None:
    assert scanning.read_hosts(Path("hosts.txt"), written.encode()) == [asked] == [names.host(written)]


def test_lines_have_the_words_of_the_contract(scan: Callable, faults: DnsFaults) -> None:
    found = lines(
        scan("ok.fault.test", "cname-no-target.fault.test", "nxdomain.fault.test", "nxdomain-cname.fault.test")
    )
    ok = found["ok.fault.test", "A"]
    assert {"host", "type", "outcome", "chain", "answers", "resolver", "observed_at"} <= set(ok)
    assert ok["answers"] == ["192.0.2.10"] and ok["resolver"] == f"127.0.0.1:{faults.port}"
    assert ok["observed_at"].endswith("Z")
    assert {kind for host, kind in found if host == "ok.fault.test"} == {"A", "AAAA", "CNAME", "NS", "MX", "TXT", "CAA"}
    assert ("autodiscover.ok.fault.test", "CNAME") in found  # it takes mail
    alias = found["cname-no-target.fault.test", "A"]
    assert (alias["outcome"], alias["chain"]) == ("alias", ["x.elb.amazonaws.com"])
    assert {kind for host, kind in found if host == "cname-no-target.fault.test"} == {"A", "AAAA", "CNAME"}
    assert [found["nxdomain.fault.test", kind]["outcome"] for kind in ("A", "AAAA", "CNAME")] == ["nxdomain"] * 3
    assert [found["nxdomain-cname.fault.test", kind]["outcome"] for kind in ("A", "AAAA", "CNAME")] == ["dangling"] * 3


def test_a_name_that_does_not_exist_costs_one_question(scan: Callable, faults: DnsFaults) -> None:
    lines(scan("nxdomain.fault.test"))
    assert faults.stats()["queries"] == 1


def test_a_wildcard_is_flagged_and_an_ordinary_zone_is_not(scan: Callable) -> None:
    found = lines(scan("x1.wildcard.fault.test", "wildcard.fault.test", "cname-no-target.fault.test"))
    assert found["x1.wildcard.fault.test", "A"]["wildcard"] is True
    assert found["x1.wildcard.fault.test", "A"]["flags"] == ["wildcard"]
    assert found["wildcard.fault.test", "A"]["wildcard"] is True


def test_no_wildcard_where_random_labels_have_no_address(scan: Callable) -> None:
    assert lines(scan("mx-null.fault.test"))["mx-null.fault.test", "A"]["wildcard"] is False


def test_spf_includes_are_followed_without_end_nowhere(scan: Callable) -> None:
    found = lines(scan("spf-loop.fault.test"))
    assert found["spf-loop.fault.test", "TXT"]["answers"] == ["v=spf1 include:spf-loop.fault.test. -all"]


def test_names_in_spf_records() -> None:
    texts = [
        "v=spf1 include:A.test. ?include:b.test include:%{i}.d.test a:host.test ip4:192.0.2.1 -all include:behind.test",
        "v=spf1 -include:refused.test include:a.test redirect=c.test",
        "v=spf1 redirect=beside-all.test ~all",
        "include:e.test",
    ]
    assert spf_names(texts) == ["a.test", "b.test", "c.test"]


def test_a_rerun_asks_only_for_what_was_not_seen(scan: Callable, faults: DnsFaults, store: Store) -> None:
    first = scan("ok.fault.test", "refused.fault.test", "servfail.fault.test")
    assert first.code == 0
    rows = store.read("observations", store.manifest()).num_rows
    faults.forget()
    second = scan("ok.fault.test", "refused.fault.test", "servfail.fault.test", "nodata.fault.test")
    assert {host for host, _ in lines(second)} == {"servfail.fault.test", "nodata.fault.test"}
    assert not any("ok.fault" in name for name in faults.stats()["by_name"])
    more = store.read("observations", store.manifest())
    assert len(set(more["observation_id"].to_pylist())) == more.num_rows > rows
    assert ("ok.fault.test", "A") in lines(scan("ok.fault.test", more=("--again",)))


def test_what_was_committed_stays_when_a_run_is_stopped(
    run: Callable, scan: Callable, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: Scan, hosts: list[str]) -> None:
        original(self, hosts[:1])
        raise KeyboardInterrupt

    original = Scan.run
    monkeypatch.setattr(Scan, "run", stop)
    ran = scan("ok.fault.test", "nodata.fault.test")
    assert ran.code == 3
    kept = set(store.read("observations", store.manifest())["subject"].to_pylist())
    assert "ok.fault.test" in kept and "nodata.fault.test" not in kept
    assert store.manifest().coverage["scan"]["state"] == "partial"
    monkeypatch.setattr(Scan, "run", original)
    assert {host for host, _ in lines(scan("ok.fault.test", "nodata.fault.test"))} == {"nodata.fault.test"}
    assert store.manifest().coverage["scan"]["state"] == "complete"


def test_opted_out_hosts_are_not_asked(scan: Callable, faults: DnsFaults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "opted_out", lambda: ("*.fault.test",))
    found = lines(scan("ok.fault.test", "council.example"))
    assert [found["ok.fault.test", kind]["outcome"] for kind in ("A", "AAAA", "CNAME")] == ["not_asked"] * 3
    assert found["ok.fault.test", "A"]["resolver"] is None
    assert all("fault.test" not in name for name in faults.stats()["by_name"])


def test_names_open_to_takeover_are_in_no_table(
    run: Callable, scan: Callable, faults: DnsFaults, tmp_path: Path
) -> None:
    records = tmp_path / "zone.csv"
    records.write_text("host,type,value\nnxdomain-cname.fault.test,CNAME,gone.azurewebsites.net\n")
    assert run("import", "records-csv", records).code == 0
    assert scan("nxdomain-cname.fault.test", "lame.fault.test", "ok.fault.test").code == 0
    assert run("build").code == 0
    assert run("export", "--out", tmp_path / "files").code == 0
    text = "".join(path.read_text() for path in (tmp_path / "files").glob("*.csv"))
    assert "ok.fault.test" in text
    assert "nxdomain-cname.fault.test" not in text and "gone.azurewebsites.net" not in text
    assert "lame.fault.test" not in text
    assert run("check").code == 0


def test_empty_outcomes_are_no_evidence(run: Callable, scan: Callable, tmp_path: Path) -> None:
    """A domain whose MX was not answered has no null MX."""
    assert scan("refused.fault.test", "nodata.fault.test", "mx-null.fault.test").code == 0
    assert run("build").code == 0
    assert run("export", "findings", "--out", tmp_path / "files").code == 0
    text = (tmp_path / "files" / "findings.csv").read_text()
    assert "refused.fault.test" not in text and "nodata.fault.test" not in text
    assert "mx-null.fault.test" in text and "null-mx" in text


def test_hostile_text_stays_text(run: Callable, scan: Callable, tmp_path: Path) -> None:
    found = lines(
        scan("txt-html.fault.test", "txt-binary.fault.test", "label-control.fault.test", "txt-long.fault.test")
    )
    for row in found.values():
        for text in (*row["answers"], *row["chain"]):
            assert not {"\x00", "\x1b", "\x7f", "@"} & set(text)
    assert run("build").code == 0


def test_the_same_parts_run_elsewhere(faults: DnsFaults) -> None:
    settings = Settings((f"{faults.host}:{faults.port}",), 0)
    hosts = ["ok.fault.test", "nodata.fault.test", "nxdomain.fault.test"]

    def facts(found: list[tuple[str, list[Row]]]) -> set:
        return {(r.host, r.type, r.outcome, r.answers) for _, rows in found for r in rows}

    here: list[tuple[str, list[Row]]] = []
    lookups: Lookups = settings.lookups()
    Scan(lookups, lambda host, rows: here.append((host, rows))).run(hosts)
    lookups.close()
    there = [item for part in partitions(hosts, size=1) for item in scan_part(part, settings)]
    assert facts(here) == facts(there)


def test_a_zone_is_never_in_two_parts() -> None:
    hosts = [f"h{i}.zone{i % 9}.example" for i in range(100)]
    parts = partitions(hosts, size=20)
    assert sorted(host for part in parts for host in part) == sorted(hosts)
    assert len(parts) > 3
    zones = [{host.partition(".")[2] for host in part} for part in parts]
    assert all(not a & b for i, a in enumerate(zones) for b in zones[i + 1 :])


def test_without_dask_the_sentence_says_what_to_do(scan: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    ran = scan("ok.fault.test", more=("--scheduler", "127.0.0.1:8786"))
    assert ran.code == 2 and "pip install distributed" in ran.err


def test_a_scheduler_runs_the_parts(scan: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the two calls that are used; the real one runs where dask.distributed is installed."""

    class Future:
        def __init__(self, value: object) -> None:
            self.result = lambda: value

    class Client:
        def __init__(self, address: str, timeout: int) -> None:
            assert address == "127.0.0.1:8786"

        def nthreads(self) -> dict[str, int]:
            return {"a": 2}

        def map(self, function: Callable, parts: list, settings: Settings, pure: bool) -> list[Future]:
            return [Future(function(part, settings)) for part in parts]

    stand_in = ModuleType("distributed")
    stand_in.Client, stand_in.as_completed = Client, list  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "distributed", stand_in)
    assert ("ok.fault.test", "A") in lines(scan("ok.fault.test", more=("--scheduler", "127.0.0.1:8786")))


def test_a_resolvers_port_is_not_part_of_the_edition(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers from another port give the same content hash; yet they are asked for, not passed over."""
    hosts = tmp_path / "hosts.txt"
    hosts.write_text("ok.fault.test\n")
    hashes = set()
    for name in ("one", "two"):
        monkeypatch.setenv("CLOUDHOLD_STORE", str(tmp_path / name))
        with DnsFaults() as faults:
            assert run("scan", hosts, "--resolver", f"127.0.0.1:{faults.port}", "--rate", "0").code == 0
        hashes.add(run("build", "--json").json["content_hash"])
    assert len(hashes) == 1
    with DnsFaults() as other:
        assert (
            "ok.fault.test" in run("scan", hosts, "--resolver", f"127.0.0.1:{other.port}", "--rate", "0", "--json").out
        )
