"""cloudhold scan --http and --networks against a zone, a site and a registry of our own: what is kept, and what it shows."""

from __future__ import annotations

import csv
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import dns.message
import dns.rcode
import dns.rrset
import pytest

from pipelines.store import Store

# Addresses that stand in no published range; what the zone and the registry say of them is made up for these tests.
ZONE = {
    ("www.cloudy.test", "A"): ["8.26.56.9"],
    ("also.cloudy.test", "A"): ["8.26.56.10"],
    ("www.leased.test", "A"): ["149.112.112.112"],
    ("www.local.test", "A"): ["64.6.64.6"],
    ("www.edge.test", "A"): ["208.67.222.222"],
    ("9.56.26.8.origin.asn.cymru.com", "TXT"): ["16509 | 8.26.56.0/24 | US | arin | 2010-01-01"],
    ("AS16509.asn.cymru.com", "TXT"): ["16509 | US | arin | 2000-05-04 | AMAZON-02, US"],
    ("112.112.112.149.origin.asn.cymru.com", "TXT"): ["16509 | 149.112.112.0/24 | US | arin | 2010-01-01"],
    ("6.64.6.64.origin.asn.cymru.com", "TXT"): ["64500 | 64.6.64.0/24 | GB | ripencc | 2010-01-01"],
    ("AS64500.asn.cymru.com", "TXT"): ["64500 | GB | ripencc | 2010-01-01 | A-LOCAL-HOST, GB"],
    ("222.222.67.208.origin.asn.cymru.com", "TXT"): ["13335 | 208.67.222.0/24 | US | arin | 2010-01-01"],
}
HOLDERS = {
    "/registry/ip/8.26.56.9": "Amazon Web Services, Inc.",
    "/registry/ip/149.112.112.112": "Somebody Else Ltd",
    "/ip/64.6.64.6": "A Local Host Ltd",
}
PAGE = b"""<html><head><script src="https://www.googletagmanager.com/gtm.js"></script></head>
<body><img src="/own.png"><iframe src="https://www.youtube.com/embed/1"></iframe></body></html>"""


def answer_dns(wire: bytes, asked: list[str]) -> bytes:
    query = dns.message.from_wire(wire)
    question = query.question[0]
    name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
    asked.append(f"{name} {kind}")
    known = {owner.lower(): rows for (owner, of), rows in ZONE.items() if of == kind}
    reply = dns.message.make_response(query)
    rows = known.get(name.lower())
    if rows:
        quoted = [f'"{row}"' if kind == "TXT" else row for row in rows]
        reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *quoted))
    elif not any(owner.lower() == name.lower() for owner, _ in ZONE):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


class Web(BaseHTTPRequestHandler):
    """The hosts and the registries, on one port."""

    server_version, sys_version = "cloudflare", ""
    robots = b""
    to = ""
    asked: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, kind, body = 200, "text/html; charset=utf-8", PAGE
        if self.path == "/robots.txt":
            kind, body = "text/plain", self.robots
        elif self.path != "/":
            name = HOLDERS.get(self.path)
            entity = {"roles": ["registrant"], "vcardArray": ["vcard", [["fn", {}, "text", name]]]}
            kind, body = (
                "application/rdap+json",
                json.dumps({"objectClassName": "ip network", "entities": [entity]}).encode(),
            )
            status = 200 if name else 404
        elif self.to:
            status, body = 302, b""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/":
            self.send_header("Set-Cookie", "AWSALB=secret-value; Path=/")
            if self.to:
                self.send_header("Location", self.to)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def world() -> Iterator[SimpleNamespace]:
    """A resolver and a web server on this machine, and what each was asked."""
    asked: list[str] = []
    stop = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.05)

        def serve() -> None:
            while not stop.is_set():
                try:
                    wire, client = udp.recvfrom(4096)
                except TimeoutError:
                    continue
                udp.sendto(answer_dns(wire, asked), client)

        thread = threading.Thread(target=serve)
        thread.start()
        handler = type("Handler", (Web,), {"asked": []})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
            threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True).start()
            yield SimpleNamespace(
                resolver=f"127.0.0.1:{udp.getsockname()[1]}", base=f"http://127.0.0.1:{web.server_port}", dns=asked, web=handler,
            )  # fmt: skip
            web.shutdown()
        stop.set()
        thread.join()


@pytest.fixture
def scan(run: Callable, world: SimpleNamespace, tmp_path: Path) -> Callable:
    def command(*hosts: str, looks: tuple[str, ...]) -> dict[tuple[str, str], list[str]]:
        path = tmp_path / "hosts.txt"
        path.write_text("\n".join(hosts) + "\n")
        ran = run("scan", path, "--resolver", world.resolver, "--rate", "0", "--base-url", world.base, "--json", *looks)
        assert ran.code == 0, ran.err
        rows: dict[tuple[str, str], list[str]] = {}
        for row in map(json.loads, ran.out.splitlines()):
            rows.setdefault((row["host"], row["type"]), []).extend(row["answers"] or [row["outcome"]])
        return rows

    return command


def found(run: Callable, host: str) -> dict:
    assert run("build").code == 0
    (web,) = [e for e in run("explain", host, "--json").json["findings"] if e["role"] == "web"]
    return web


# host, provider, confidence, origin, rule
SHOWN = [
    ("www.cloudy.test", "aws", "likely", "unknown", "asn-and-holder:aws:AS16509"),
    ("also.cloudy.test", "aws", "likely", "unknown", "asn-and-holder:aws:AS16509"),
    ("www.leased.test", "aws", "possible", "unknown", "asn:aws:AS16509"),
    ("www.edge.test", "cloudflare", "possible", "hidden", "asn:cloudflare:AS13335"),
    ("www.local.test", "unknown", "possible", "unknown", "network-not-listed"),
]


def test_networks_are_looked_up_last_and_shown_with_doubt(
    scan: Callable, run: Callable, world: SimpleNamespace
) -> None:
    rows = scan(*(host for host, *_ in SHOWN), looks=("--networks",))
    assert rows["www.cloudy.test", "network:as"] == ["AS16509 announces 8.26.56.0/24: AMAZON-02, US"]
    assert rows["www.cloudy.test", "network:holder"] == ["Amazon Web Services, Inc. holds 8.26.56.0/24"]
    assert rows["www.local.test", "network:as"] == ["AS64500 announces 64.6.64.0/24: A-LOCAL-HOST, GB"]
    assert ("www.edge.test", "network:holder") not in rows  # the registry knows nothing of it
    told = []
    for host, *_ in SHOWN:
        web = found(run, host)
        told.append((host, web["provider"], web["confidence"], web["origin_provider"], web["rule_id"]))
        assert web["region"] is None and web["certainty"] in ("inferred", "unknown")
    assert told == SHOWN
    kinds = {e["kind"] for e in found(run, "www.cloudy.test")["evidence"]}
    assert {"A", "network:as", "network:holder"} <= kinds
    # Two hosts of one network ask once; the origins are asked after every host.
    origins = [n for n, question in enumerate(world.dns) if ".origin." in question]
    assert len(origins) == 4 and min(origins) > max(n for n, q in enumerate(world.dns) if q.endswith(".test A"))
    assert sorted(world.web.asked) == ["/ip/64.6.64.6", "/registry/ip/149.112.112.112", "/registry/ip/208.67.222.222", "/registry/ip/8.26.56.9"]  # fmt: skip


def test_nobody_is_asked_about_networks_without_the_option(scan: Callable, world: SimpleNamespace) -> None:
    rows = scan("www.cloudy.test", looks=())
    assert not any(kind.startswith("network:") for _, kind in rows)
    assert not any("cymru" in question for question in world.dns) and world.web.asked == []


def test_addresses_in_a_published_range_are_not_looked_up(
    scan: Callable, world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ZONE, ("www.cloudy.test", "A"), ["104.16.0.1"])  # Cloudflare's own list
    scan("www.cloudy.test", looks=("--networks",))
    assert not any("cymru" in question for question in world.dns) and world.web.asked == []


def test_the_front_page_is_kept_and_its_hosts_degrade_the_page_only(
    scan: Callable, run: Callable, store: Store, world: SimpleNamespace
) -> None:
    rows = scan("www.cloudy.test", looks=("--http",))
    assert rows["www.cloudy.test", "header:server"][0].strip() == "cloudflare"
    assert ("www.cloudy.test", "cookie:awsalb") in rows
    assert sorted(rows["www.cloudy.test", "page:host"]) == ["www.googletagmanager.com", "www.youtube.com"]
    assert world.web.asked == ["/robots.txt", "/"]
    kept = store.read("observations", store.manifest()).to_pylist()
    assert "secret-value" not in json.dumps(kept, default=str)
    web = found(run, "www.cloudy.test")
    assert (web["provider"], web["origin_provider"]) == (
        "cloudflare",
        "aws",
    )  # the cookie passes through the network in front
    # What the page loads from others is no role of the service: losing YouTube takes nothing down.
    exposed = run("outage", "--provider", "gcp", "--hours", "8", "--json").json
    assert "www.cloudy.test" not in json.dumps(exposed["paths"])


def test_robots_stop_the_look(scan: Callable, world: SimpleNamespace) -> None:
    world.web.robots = b"User-agent: *\nDisallow: /\n"
    rows = scan("www.cloudy.test", looks=("--http",))
    assert world.web.asked == ["/robots.txt"]
    assert not any(kind.startswith(("header:", "cookie:", "page:")) for _, kind in rows)
    assert any(kind == "http" for _, kind in rows)


@pytest.mark.parametrize("to", ["http://127.0.0.1:9/", "http://[::1]/", "file:///etc/hostname", "http://10.0.0.1/"])
def test_a_redirect_is_never_followed(scan: Callable, world: SimpleNamespace, to: str) -> None:
    world.web.to = to
    rows = scan("www.cloudy.test", looks=("--http",))
    assert world.web.asked == ["/robots.txt", "/"]
    assert not any(kind == "page:host" for _, kind in rows)


def test_attribute_reads_the_same_observations(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text(
        "host,type,value\nwww.a.test,A,8.26.56.9\n"
        'www.a.test,network:as,"AS16509 announces 8.26.56.0/24: AMAZON-02"\n'
        "www.b.test,A,8.26.56.9\nwww.b.test,network:as,nonsense\n"
    )
    rows = {row["host"]: row for row in csv.DictReader(io.StringIO(run("attribute", path).out))}
    assert (rows["www.a.test"]["provider"], rows["www.a.test"]["confidence"]) == ("aws", "possible")
    assert rows["www.b.test"]["provider"] == "unknown"
