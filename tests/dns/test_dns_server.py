"""Against a real authoritative server, look-ups and scans give exactly what the zone holds, over IPv4 and IPv6."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Zone, zone

from pipelines.store import Store
from scrapers import _dns

SMALL = 3000


def has_ipv6() -> bool:
    import socket

    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def small(nsd: Callable[[Zone], int]) -> tuple[Zone, int]:
    made = zone(SMALL)
    return made, nsd(made)


def content(made: Zone, servers: list[str], kinds: tuple[str, ...]) -> list[str]:
    """Every disagreement between the zone and what look-ups give."""
    lookups = _dns.Lookups([_dns.server(text) for text in servers], rate=0)
    wrong: list[str] = []
    heard = 0

    def compare(name: str, kind: int, reply: tuple, server: object) -> None:
        nonlocal heard
        heard += 1
        chain, records = made.hosts[name]
        word = next(k for k, number in _dns.KINDS.items() if number == kind)
        exists = bool(records)
        expected = "ok" if word in records else "nodata" if exists else "nxdomain"
        if word == "CNAME":
            expected, values = ("ok", set(chain[:1])) if chain else (expected, set())
            chain = ()
        else:
            values = records.get(word, set())
        if (reply[0], reply[1], set(reply[2])) != (expected, chain, values) or len(reply[2]) != len(values):
            wrong.append(f"{name} {word}: {reply}, not {expected} {chain} {values}")

    for kind in kinds:
        lookups.run(made.hosts, _dns.KINDS[kind], compare)
    lookups.close()
    assert heard == len(made.hosts) * len(kinds)
    return wrong


def test_look_ups_give_the_zone(small: tuple[Zone, int]) -> None:
    made, port = small
    assert content(made, [f"127.0.0.1:{port}"], ("A", "AAAA", "CNAME")) == []


def test_other_types_give_the_zone(small: tuple[Zone, int]) -> None:
    made, port = small
    apexes = {name: made.hosts[name] for name in made.hosts if not made.hosts[name][0]}
    assert content(Zone("", apexes), [f"127.0.0.1:{port}"], ("MX", "TXT", "CAA")) == []


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
def test_look_ups_give_the_zone_over_ipv6(small: tuple[Zone, int]) -> None:
    made, port = small
    assert content(made, [f"[::1]:{port}"], ("A", "AAAA")) == []
    assert content(made, [f"[::1]:{port}", f"127.0.0.1:{port}"], ("AAAA",)) == []


def test_a_scan_stores_and_prints_the_zone(
    run: Callable, small: tuple[Zone, int], tmp_path: Path, store: Store
) -> None:
    """From the hosts file to the edition: every record of the zone, and nothing else, is in the lines and the store."""
    made, port = small
    hosts = list(made.hosts)[:400]
    path = tmp_path / "hosts.txt"
    path.write_text("\n".join(hosts) + "\n")
    ran = run("scan", path, "--resolver", f"127.0.0.1:{port}", "--rate", "0", "--json")
    assert ran.code == 0, ran.err
    lines = [json.loads(line) for line in ran.out.splitlines()]
    shown = {(line["host"], line["type"]): line for line in lines}
    assert len(shown) == len(lines)
    for host in hosts:
        chain, records = made.hosts[host]
        for kind in ("A", "AAAA"):
            line = shown[host, kind]
            assert set(line["answers"]) == records.get(kind, set()), line
            assert tuple(line["chain"]) == chain, line
            assert line["outcome"] == ("ok" if kind in records else "nodata" if records else "nxdomain")
            assert line["resolver"] == f"127.0.0.1:{port}"
        assert tuple(shown[host, "CNAME"]["answers"]) == chain[:1]
        for kind in ("MX", "TXT", "CAA"):
            if kind in records:
                assert set(shown[host, kind]["answers"]) == records[kind]
    kept = store.read("observations", store.manifest()).to_pylist()
    addresses = {
        (row["subject"], row["kind"], row["value"]) for row in kept if row["kind"] in ("A", "AAAA") and row["value"]
    }
    expected = {
        (owner, kind, value)
        for host in hosts
        for kind, values in made.hosts[host][1].items()
        if kind in ("A", "AAAA")
        for owner in (host, *made.hosts[host][0][-1:])
        for value in values
    }
    assert addresses == expected
    again = run("scan", path, "--resolver", f"127.0.0.1:{port}", "--rate", "0", "--json")
    assert (again.code, again.out) == (0, "")
    assert "400 of 400 hosts were seen today" in again.err


@pytest.mark.full
@pytest.mark.parametrize("server", ["127.0.0.1", "[::1]"])
def test_a_hundred_thousand_names(nsd: Callable[[Zone], int], server: str) -> None:
    made = zone(100_000)
    port = nsd(made)
    assert content(made, [f"{server}:{port}"], ("A", "AAAA", "CNAME")) == []
