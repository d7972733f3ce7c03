"""Client CPU for one A question a name, beside massdns, dnsperf, aiodns and dnspython's asyncquery.

All ask the same NSD on loopback for the same names and write a row a name with alias chain and addresses; the rows of
ours, of asyncquery and of massdns must be the same (dnsperf writes none: it is the least that a client in C costs
which sends, receives and matches). Our settings are those of the product and safe against spoofing: 16 random bits
from the system's source for each question, 16 ports that the system chose and that change after 20,000 questions,
the question's own words compared. Replies are not kept, since
each name is asked once; the peers keep none either. Starting the processes is counted.

massdns comes with few distributions: name its program in MASSDNS or have it in PATH, else it is left out, and said so.

Targets: at most 2.0x the CPU of massdns (aim 1.6x), at most 0.07x that of dns.asyncquery.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TITLE = "a look-up of A, CPU of the client"
SIZES = (25_000, 50_000, 100_000)
SLOW_NAMES = 5_000  # asyncquery needs 70 times as long
ROUNDS = 5
MOST_OF_MASSDNS = 2.0
MOST_OF_ASYNCQUERY = 0.07
ROOT = Path(__file__).parents[1]


# -- the clients, each a process of its own -----------------------------------------------------------------


def ours(names: list[str], port: int, out: Path) -> None:
    import gc

    from scrapers import _dns

    lookups = _dns.Lookups([_dns.server(f"127.0.0.1:{port}")], rate=0)
    with out.open("w", buffering=1 << 20) as file:
        write = file.write

        def row(name: str, kind: int, reply: tuple, server: object) -> None:
            write(f"{name},{reply[0]},{'|'.join(reply[1])},{'|'.join(reply[2])}\n")

        gc.freeze()
        lookups.run(names, 1, row, keep=False)


def asyncquery(names: list[str], port: int, out: Path, in_flight: int = 200) -> None:
    import asyncio

    import dns.asyncquery
    import dns.exception
    import dns.message
    import dns.rcode

    async def one(name: str) -> str:
        for _ in range(3):
            try:
                reply = await dns.asyncquery.udp(dns.message.make_query(name, "A"), "127.0.0.1", port=port, timeout=2)
            except dns.exception.DNSException:
                continue
            chain = [rrset[0].target.to_text(True) for rrset in reply.answer if rrset.rdtype == 5]
            addresses = [data.address for rrset in reply.answer if rrset.rdtype == 1 for data in rrset]
            outcome = "nxdomain" if reply.rcode() == dns.rcode.NXDOMAIN else "ok" if addresses else "nodata"
            return f"{name},{outcome},{'|'.join(chain)},{'|'.join(addresses)}\n"
        return f"{name},timeout,,\n"

    async def everything() -> None:
        waiting = iter(names)

        async def work() -> None:
            for name in waiting:
                file.write(await one(name))

        await asyncio.gather(*[work() for _ in range(in_flight)])

    with out.open("w") as file:
        asyncio.run(everything())


def aiodns(names: list[str], port: int, out: Path, in_flight: int = 200) -> None:
    import asyncio

    import aiodns as peer

    async def everything() -> None:
        resolver = peer.DNSResolver(nameservers=[f"127.0.0.1:{port}"], timeout=2, tries=3)
        waiting = iter(names)

        async def work() -> None:
            for name in waiting:
                try:
                    reply = await resolver.query_dns(name, "A")
                    found = "|".join(str(getattr(a.data, "addr", getattr(a.data, "cname", ""))) for a in reply.answer)
                    file.write(f"{name},ok,,{found}\n")
                except peer.error.DNSError as error:
                    file.write(f"{name},{error.args[0]},,\n")

        await asyncio.gather(*[work() for _ in range(in_flight)])

    with out.open("w") as file:
        asyncio.run(everything())


CLIENTS: dict[str, Callable[[list[str], int, Path], None]] = {"ours": ours, "asyncquery": asyncquery, "aiodns": aiodns}


# -- the server and its zone ---------------------------------------------------------------------------------

CONFIG = """\
server:
  ip-address: 127.0.0.1@{port}
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
PROVIDERS = ("d%05x.cloudfront.net.test", "%05x.azurewebsites.net.test", "elb-%05x.eu-west-2.elb.amazonaws.com.test", "ghs-%05x.googlehosted.com.test")  # fmt: skip


def write_zone(folder: Path, size: int) -> list[str]:
    """Of ten names: four with addresses, four aliases (one in two steps), one with mail, one that does not exist."""
    lines = [
        "$ORIGIN test.",
        "$TTL 300",
        "@ SOA ns1.test. host.test. 1 3600 600 86400 300",
        "@ NS ns1.test.",
        "ns1 A 127.0.0.1",
    ]
    names = []
    for i in range(size):
        name, place, step = f"s{i:06d}.gov.test", f"{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}", i % 10
        names.append(name)
        if step < 4:
            lines += [f"{name}. A 10.{place}"] + ([f"{name}. A 11.{place}"] if step == 3 else [])
        elif step < 8:
            target = PROVIDERS[step - 4] % i
            if step == 6:
                lines += [f"{name}. CNAME lb{i}.gov.test.", f"lb{i}.gov.test. CNAME {target}."]
            else:
                lines += [f"{name}. CNAME {target}."]
            lines += [f"{target}. A 12.{place}", f"{target}. A 13.{place}"]
        elif step == 8:
            lines += [f"{name}. A 10.1.2.3", f"{name}. MX 10 mail.test.", f'{name}. TXT "v=spf1 -all"']
    (folder / "test.zone").write_text("\n".join(lines) + "\n")
    return names


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path) -> tuple[subprocess.Popen[bytes], int] | None:
    """NSD with the folder's zone; None where it is not installed."""
    import dns.exception
    import dns.message
    import dns.query

    program = shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        return None
    port = free_port()
    (folder / "nsd.conf").write_text(CONFIG.format(port=port, folder=folder))
    process = subprocess.Popen([program, "-d", "-c", str(folder / "nsd.conf")], stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            if dns.query.udp(dns.message.make_query("test.", "SOA"), "127.0.0.1", port=port, timeout=0.3).answer:
                return process, port
        except (dns.exception.DNSException, OSError):
            time.sleep(0.1)
    raise RuntimeError("nsd did not answer in time")


# -- the comparison ------------------------------------------------------------------------------------------


def commands(folder: Path, names: Path, port: int) -> dict[str, list[str]]:
    """The competitors that this machine has."""

    def client(name: str) -> list[str]:
        return [sys.executable, "-m", "benchmarks.dns", name, str(names), str(port), str(folder / f"{name}.rows")]

    found = {"ours": client("ours")}
    massdns = os.environ.get("MASSDNS") or shutil.which("massdns")
    if massdns:
        (folder / "resolvers.txt").write_text(f"127.0.0.1:{port}\n")
        found["massdns"] = [
            massdns, "-r", str(folder / "resolvers.txt"), "-t", "A", "-o", "J", "-w", str(folder / "massdns.json"),
            "-s", "500", "-q", str(names),
        ]  # fmt: skip
    if shutil.which("dnsperf"):
        asked = names.with_suffix(".asked")
        asked.write_text("".join(f"{name} A\n" for name in names.read_text().split()))
        found["dnsperf"] = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", str(asked), "-n", "1", "-q", "200", "-c", "1", "-T", "1"]  # fmt: skip
    return found


def slow_commands(folder: Path, names: Path, port: int) -> dict[str, list[str]]:
    def client(name: str) -> list[str]:
        return [sys.executable, "-m", "benchmarks.dns", name, str(names), str(port), str(folder / f"{name}.rows")]

    found = {"ours": client("ours"), "asyncquery": client("asyncquery")}
    try:
        import aiodns  # noqa: F401
    except ImportError:
        return found
    return found | {"aiodns": client("aiodns")}


def rows(path: Path) -> dict[str, str]:
    """Rows by name, addresses in order of their text."""
    found = {}
    for line in path.read_text().splitlines():
        name, outcome, chain, addresses = line.split(",")
        found[name] = f"{outcome},{chain},{'|'.join(sorted(addresses.split('|')))}"
    return found


def massdns_rows(path: Path) -> dict[str, str]:
    """The same rows from massdns' JSON lines."""
    found = {}
    for line in path.read_text().splitlines():
        body = json.loads(line)
        answers = body.get("data", {}).get("answers", ())
        chain = [a["data"].rstrip(".") for a in answers if a["type"] == "CNAME"]
        addresses = sorted(a["data"] for a in answers if a["type"] == "A")
        outcome = "nxdomain" if body.get("status") == "NXDOMAIN" else "ok" if addresses else "nodata"
        found[body["name"].rstrip(".")] = f"{outcome},{'|'.join(chain)},{'|'.join(addresses)}"
    return found


def main() -> int:
    """How many targets were missed."""

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        names = write_zone(folder, max(SIZES))
        served = serve(folder)
        if served is None:
            print("nsd is not installed (sudo apt-get install nsd): not measured")
            return 0
        process, port = served
        try:
            return _measure(folder, names, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _measure(folder: Path, names: list[str], port: int) -> int:
    from benchmarks import _bench as bench

    missed, table = 0, []
    for size in SIZES:
        listed = folder / f"names-{size}.txt"
        listed.write_text("\n".join(names[:size]) + "\n")
        found = bench.in_turn(commands(folder, listed, port), ROUNDS, ROOT)
        mine = rows(folder / "ours.rows")
        assert len(mine) == size and all(not row.startswith("timeout") for row in mine.values())
        if "massdns" in found:
            assert massdns_rows(folder / "massdns.json") == mine, "massdns wrote other rows"
        for name, runs in found.items():
            middle, least, most = bench.ratio(found["ours"], runs)
            table.append(
                {
                    "names": size, "client": name, "CPU s/10k": bench.median(runs) / size * 1e4,
                    "wall s": bench.median(runs, "wall_seconds"), "peak MiB": bench.median(runs, "peak_mib"),
                    "ours / it": middle, "least": least, "most": most,
                }
            )  # fmt: skip
            if name == "massdns" and size == max(SIZES):
                missed += middle > MOST_OF_MASSDNS
    bench.show(f"CPU of the whole process, median of {ROUNDS} runs in turn, one NSD for all", table)
    if not any(row["client"] == "massdns" for row in table):
        print(
            "massdns is not on this machine: no ratio to it was measured; dnsperf stands in as the least a C client costs"
        )

    listed = folder / "names-slow.txt"
    listed.write_text("\n".join(names[:SLOW_NAMES]) + "\n")
    slow = bench.in_turn(slow_commands(folder, listed, port), 3, ROOT)
    assert rows(folder / "ours.rows") == rows(folder / "asyncquery.rows"), "asyncquery wrote other rows"
    table = []
    for name, runs in slow.items():
        middle, least, most = bench.ratio(slow["ours"], runs)
        table.append({"names": SLOW_NAMES, "client": name, "CPU s/10k": bench.median(runs) / SLOW_NAMES * 1e4, "ours / it": middle, "least": least, "most": most})  # fmt: skip
        if name == "asyncquery":
            missed += middle > MOST_OF_ASYNCQUERY
    bench.show("beside Python clients, start included", table)
    return missed


if __name__ == "__main__":
    CLIENTS[sys.argv[1]](Path(sys.argv[2]).read_text().split(), int(sys.argv[3]), Path(sys.argv[4]))
