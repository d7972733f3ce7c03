"""A real authoritative server for tests: NSD from Debian, on loopback, with a zone made here."""

from __future__ import annotations

import ipaddress
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fault_server import one_port_for_both

CONFIG = """\
server:
  ip-address: 127.0.0.1@{port}
  ip-address: ::1@{port}
  server-count: 1
  minimal-responses: yes
  receive-buffer-size: 4194304
  send-buffer-size: 4194304
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  logfile: "{folder}/nsd.log"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: test
  zonefile: test.zone
"""
PROVIDERS = (
    "d{:05x}.cloudfront.net.test", "{:05x}.azurewebsites.net.test", "elb-{:05x}.eu-west-2.elb.amazonaws.com.test",
    "ghs-{:05x}.googlehosted.com.test",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone and what it holds: for each host its aliases in order and its records by type."""

    text: str
    hosts: dict[str, tuple[tuple[str, ...], dict[str, set[str]]]]


def v6(base: str, number: int) -> str:
    return str(ipaddress.IPv6Address(base) + number)


def zone(size: int) -> Zone:
    """Of ten names four have addresses, four are aliases (one in two steps), one takes mail, one does not exist."""
    lines = [
        "$ORIGIN test.",
        "$TTL 300",
        "@ SOA ns1.test. host.test. 1 3600 600 86400 300",
        "@ NS ns1.test.",
        "ns1 A 127.0.0.1",
    ]
    hosts: dict[str, tuple[tuple[str, ...], dict[str, set[str]]]] = {}
    for i in range(size):
        name, place = f"s{i:06d}.gov.test", f"{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"
        chain: tuple[str, ...] = ()
        records: dict[str, set[str]] = {}
        step = i % 10
        if step < 4:
            records["A"] = {f"10.{place}"} | ({f"11.{place}"} if step == 3 else set())
            if step < 2:
                records["AAAA"] = {v6("2001:db8::", i + 1)}
        elif step < 8:
            target = PROVIDERS[step - 4].format(i)
            chain = (f"lb{i}.gov.test", target) if step == 6 else (target,)
            records["A"] = {f"12.{place}", f"13.{place}"}
            if step == 7:
                records["AAAA"] = {v6("2001:db8:1::", i + 1)}
        elif step == 8:
            records = {
                "A": {"10.1.2.3"}, "MX": {f"10 s{i:06d}.mail.test", "20 mx2.mail.test"},
                "TXT": {"v=spf1 include:spf.mail.test -all", f"MS=ms{i:08d}"}, "CAA": {'0 issue "ca.test"'},
            }  # fmt: skip
        hosts[name] = (chain, records)
        links = [name, *chain]
        lines += [f"{a}. CNAME {b}." for a, b in itertools.pairwise(links)]
        for kind, values in records.items():
            for value in values:
                owner = links[-1] if kind in ("A", "AAAA") else name
                lines.append(
                    f"{owner}. {kind} " + (f'"{value}"' if kind == "TXT" else value + ("." if kind == "MX" else ""))
                )
    return Zone("\n".join(lines) + "\n", hosts)


def free_port() -> int:
    """A port that is free for UDP and for TCP."""
    udp, tcp = one_port_for_both("127.0.0.1")
    with udp, tcp:
        return int(udp.getsockname()[1])


@pytest.fixture(scope="module")
def nsd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Zone], int]]:
    """Starts NSD with a zone and gives its port; skips where the package is absent, except on CI."""
    program = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin:/sbin")
    if program is None:
        assert os.environ.get("CI") != "true", "nsd is missing; tests/debian-packages.txt names it"
        pytest.skip("nsd is not installed: sudo apt-get install nsd")
    started: list[subprocess.Popen[bytes]] = []

    def start(made: Zone) -> int:
        folder = tmp_path_factory.mktemp("nsd")
        port = free_port()
        (folder / "test.zone").write_text(made.text)
        (folder / "nsd.conf").write_text(CONFIG.format(port=port, folder=folder))
        started.append(subprocess.Popen([program, "-d", "-c", str(folder / "nsd.conf")], stderr=subprocess.DEVNULL))
        wait_for_answer(port)
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def wait_for_answer(port: int, seconds: float = 60) -> None:
    """Until the server answers for its zone."""
    import dns.exception
    import dns.message
    import dns.query

    ends = time.monotonic() + seconds
    query = dns.message.make_query("test.", "SOA")
    while time.monotonic() < ends:
        try:
            if dns.query.udp(query, "127.0.0.1", port=port, timeout=0.3).answer:
                return
        except (dns.exception.DNSException, OSError):
            time.sleep(0.1)
    raise AssertionError("nsd did not answer in time")
