"""Address and host to provider beside the usual libraries, and records to findings end to end.

Addresses: `Networks.find_many` beside pytricia (two tries of the address families' own widths, frozen) on one million
addresses as text, eight of ten IPv4, half inside a prefix; prefixes of the lengths that routing tables hold. Hosts:
`Suffixes.find` beside a pyahocorasick automaton with borders checked and a naive loop over the suffixes (the loop on a
sample). Every answer is compared with the peer's. End to end: `cloudhold attribute` as a whole process, its start
included, on invented zones; what a start costs is shown by the smallest file.

Targets: addresses at least 1.6x pytricia at 25,000 prefixes and 3x at 500,000; hosts at least 1.2x pyahocorasick and
150x the loop; no disagreement; 20,000 findings a second of CPU time. The peers are the extra `bench`.
"""

from __future__ import annotations

import csv
import ipaddress
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _bench
from pipelines.attribution.matching import Suffixes
from pipelines.attribution.networks import Network, Networks

TITLE = "addresses and hosts to providers, records to findings"
PREFIXES = {25_000: 1.6, 100_000: None, 500_000: 3.0}  # and the least ratio to pytricia
HOSTS = (20_000, 100_000, 500_000)
SUFFIXES, SAMPLE = 2_000, 2_000
LEAST_OF_AUTOMATON, LEAST_OF_LOOP = 1.2, 150.0
ZONES = (3_000, 30_000, 150_000)  # hosts
LEAST_FINDINGS = 20_000
ADDRESSES, ROUNDS = 1_000_000, 5
PROVIDERS = 200


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one run, and what it gave."""
    started = time.process_time()
    made = work()
    return time.process_time() - started, made


def in_turn(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[float, float, float, bool]:
    """Median CPU seconds of both, median of second over first round by round, and whether they always agreed."""
    pairs, equal = [], True
    for _ in range(ROUNDS):
        (a, left), (b, right) = timed(first), timed(second)
        pairs.append((a, b))
        equal = equal and left == right
    ratio = statistics.median(b / a for a, b in pairs)
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratio, equal


# -- addresses -----------------------------------------------------------------------------------------------

_LENGTHS_4 = [24] * 60 + [22] * 12 + [23] * 9 + [21] * 5 + [20] * 5 + [19] * 4 + [16] * 3 + [18] * 2
_LENGTHS_6 = [48] * 54 + [32] * 20 + [40] * 12 + [44] * 8 + [36] * 5 + [96]  # some are longer than /64


def prefixes(number: int, chance: random.Random) -> dict[str, str]:
    """Prefix to provider, four of five IPv4. A provider's name is one object, as it is where providers are read."""
    made: dict[str, str] = {}
    names = [f"p{number}" for number in range(PROVIDERS)]
    while len(made) < number * 4 // 5:
        size = 32 - chance.choice(_LENGTHS_4)
        network = ipaddress.ip_network((chance.randrange(1 << 24, 224 << 24) >> size << size, 32 - size))
        made[str(network)] = names[chance.randrange(PROVIDERS)]
    while len(made) < number:
        size = 128 - chance.choice(_LENGTHS_6)
        network = ipaddress.ip_network((((0x20 << 120) | chance.getrandbits(120)) >> size << size, 128 - size))
        made[str(network)] = names[chance.randrange(PROVIDERS)]
    return made


def addresses(known: dict[str, str], number: int, chance: random.Random) -> list[str]:
    """As text, a fifth IPv6; every second one stands in a prefix."""
    networks = [ipaddress.ip_network(prefix) for prefix in known]
    families = {4: [n for n in networks if n.version == 4], 6: [n for n in networks if n.version == 6]}
    made = []
    for i in range(number):
        version, bits = (6, 128) if chance.random() < 0.2 else (4, 32)
        if i % 2:
            network = chance.choice(families[version])
            place = int(network.network_address) + chance.randrange(network.num_addresses)
        else:
            place = chance.getrandbits(32) if version == 4 else (0x2A << 120) | chance.getrandbits(120)
        packed = place.to_bytes(bits // 8, "big")
        made.append(socket.inet_ntop(socket.AF_INET if version == 4 else socket.AF_INET6, packed))
    return made


def measure_addresses(pytricia: Any) -> int:
    rows, missed = [], 0
    for number, least in PREFIXES.items():
        chance = random.Random(3)
        known = prefixes(number, chance)
        asked = addresses(known, ADDRESSES, chance)

        def build_ours(known: dict[str, str] = known) -> Networks:
            return Networks(Network(p, who, None, None, "2026-01-01", "made") for p, who in known.items())

        def build_peer(known: dict[str, str] = known) -> tuple[Any, Any]:
            four, six = pytricia.PyTricia(32), pytricia.PyTricia(128, socket.AF_INET6)
            for prefix, who in known.items():
                (six if ":" in prefix else four).insert(prefix, who)
            four.freeze()
            six.freeze()
            return four, six

        build, table = timed(build_ours)
        peer_build, (four, six) = timed(build_peer)
        owners = np.array([*(network.provider for network in table.networks), None], dtype=object)

        def ours(table: Networks = table, owners: np.ndarray = owners, asked: list[str] = asked) -> list[Any]:
            found: list[Any] = owners[table.find_many(asked)].tolist()
            return found

        def peer(four: Any = four, six: Any = six, asked: list[str] = asked) -> list[Any]:
            get4, get6 = four.get, six.get
            return [get6(text) if ":" in text else get4(text) for text in asked]

        mine, theirs, ratio, equal = in_turn(ours, peer)
        rows.append(
            {
                "prefixes": number, "ours/s": int(ADDRESSES / mine), "pytricia/s": int(ADDRESSES / theirs),
                "ratio": ratio, "target": least, "set-up s": build, "pytricia set-up s": peer_build,
                "disagreements": "none" if equal else "SOME",
            }
        )  # fmt: skip
        missed += not equal or (least is not None and ratio < least)
    _bench.show(f"{ADDRESSES:,} addresses as text, CPU, median of {ROUNDS}", rows)
    return missed


# -- hosts ---------------------------------------------------------------------------------------------------


def measure_hosts(ahocorasick: Any) -> int:
    chance = random.Random(5)

    def word(length: int) -> str:
        return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=length))

    ends = ("com", "net", "io", "co.uk", "app", "cloud")
    suffixes = list({f"{word(chance.randrange(4, 12))}.{chance.choice(ends)}" for _ in range(SUFFIXES)})
    numbers: dict[str, Any] = {suffix: number for number, suffix in enumerate(suffixes)}

    def build_ours() -> Suffixes:
        return Suffixes(numbers)

    def build_peer() -> Any:
        automaton = ahocorasick.Automaton()
        for suffix, number in numbers.items():
            automaton.add_word(suffix, (number, len(suffix)))
        automaton.make_automaton()
        return automaton

    build, table = timed(build_ours)
    peer_build, automaton = timed(build_peer)
    rows, missed = [], 0
    for size in HOSTS:
        hosts = [
            f"{word(10)}.{word(6)}.{chance.choice(suffixes)}" if chance.random() < 0.5 else f"www.{word(9)}.gov.uk"
            for _ in range(size)
        ]

        def ours(hosts: list[str] = hosts) -> list[Any]:
            find = table.find
            return [find(host) for host in hosts]

        def peer(hosts: list[str] = hosts) -> list[Any]:
            found = []
            for host in hosts:
                best, last = None, len(host) - 1
                for end, (number, length) in automaton.iter(host):
                    if end == last and (length == last + 1 or host[end - length] == "."):
                        best = number
                found.append(best)
            return found

        def loop(hosts: list[str]) -> list[Any]:
            found = []
            for host in hosts:
                hits = [s for s in suffixes if host.endswith(s) and (host == s or host[-len(s) - 1] == ".")]
                found.append(numbers[max(hits, key=len)] if hits else None)
            return found

        mine, theirs, ratio, equal = in_turn(ours, peer)
        slow, naive = timed(lambda hosts=hosts: loop(hosts[:SAMPLE]))  # type: ignore[misc]
        equal = equal and naive == ours(hosts[:SAMPLE])
        beside_loop = (slow / SAMPLE) / (mine / size)
        rows.append(
            {
                "hosts": size, "ours/s": int(size / mine), "pyahocorasick/s": int(size / theirs), "ratio": ratio,
                "target": LEAST_OF_AUTOMATON, "loop/s": int(SAMPLE / slow), "x loop": int(beside_loop),
                "loop target": int(LEAST_OF_LOOP), "disagreements": "none" if equal else "SOME",
            }
        )  # fmt: skip
        missed += not equal or ratio < LEAST_OF_AUTOMATON or beside_loop < LEAST_OF_LOOP
    _bench.show(f"{len(suffixes):,} suffixes (set-up {build:.3f} s, pyahocorasick {peer_build:.3f} s), CPU", rows)
    return missed


# -- end to end ----------------------------------------------------------------------------------------------


def write_zones(file: Path, hosts: int) -> None:
    """Records as a department's zones hold them: addresses, aliases of rented platforms, mail, tokens, name servers."""
    chance = random.Random(11)
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["host", "type", "value"])
        for i in range(hosts):
            name = f"s{i}.zone{i // 40}.gov.example"
            kind = i % 10
            if i % 40 == 0:
                name = f"zone{i // 40}.gov.example"
                writer.writerows((name, "NS", f"ns-{i % 2000}.awsdns-{i % 60:02d}.{end}") for end in ("com", "net"))
                writer.writerow((name, "MX", f"0 zone{i // 40}-gov-example.mail.protection.outlook.com"))
                writer.writerow((name, "TXT", "v=spf1 include:spf.protection.outlook.com -all"))
                writer.writerow((name, "TXT", f"google-site-verification={chance.getrandbits(200):050x}"))
            if kind < 3:
                writer.writerow((name, "A", f"{chance.randrange(11, 190)}.{i % 250}.{i // 250 % 250}.7"))
            elif kind < 6:
                writer.writerow((name, "CNAME", f"lb-{i}.eu-west-2.elb.amazonaws.com"))
            elif kind < 8:
                writer.writerow((name, "CNAME", f"site-{i}.azurewebsites.net"))
            else:
                writer.writerow((name, "CNAME", f"d{i:08x}.cloudfront.net"))


def measure_end_to_end() -> int:
    rows, missed = [], 0
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        env = {**os.environ, "CLOUDHOLD_STORE": str(folder / "store")}
        for hosts in ZONES:
            write_zones(folder / "zones.csv", hosts)
            out = folder / "findings.csv"
            command = [sys.executable, "-m", "app.cli", "attribute", str(folder / "zones.csv"), "--out", str(out)]
            runs = [_bench.run(command, env=env) for _ in range(3)]
            with out.open() as opened:
                made = sum(1 for _ in opened) - 1
            cpu = _bench.median(runs)
            rate = int(made / cpu)
            rows.append({"hosts": hosts, "findings": made, "CPU s": cpu, "findings/s": rate, "target": LEAST_FINDINGS})
            missed += hosts == ZONES[-1] and rate < LEAST_FINDINGS
    _bench.show("cloudhold attribute, whole process", rows)
    return missed


def main() -> int:
    missed = 0
    try:
        import pytricia

        missed += measure_addresses(pytricia)
    except ImportError:
        print("addresses: not shown, pytricia is not installed")
        missed += 1
    try:
        import ahocorasick

        missed += measure_hosts(ahocorasick)
    except ImportError:
        print("hosts: not shown, pyahocorasick is not installed")
        missed += 1
    return missed + measure_end_to_end()
