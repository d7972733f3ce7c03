"""What `cloudhold scan` does with each host: which questions, in which order, and what is kept.

A is asked first, because it decides the rest. An alias's own name has no other records (RFC 1034, section 3.6.2), a
name that does not exist has none at all (RFC 8020), and what the answer says of the CNAME need not be asked again.
Names that hold records of their own are asked for NS, MX, TXT and CAA. Names that take mail, and registrable ones,
are asked for the evidence of council_records.csv: autodiscover, the two DKIM selectors that Microsoft 365 uses, and
what SPF includes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.attribution import names
from pipelines.attribution.spf import FOLLOWED, passing
from pipelines.errors import Refused
from pipelines.text import plain
from scrapers import _dns
from scrapers._dns import KINDS, Lookups, registrable
from scrapers._dns_wire import Reply

ANSWERED = frozenset({"ok", "nodata", "incomplete"})
# The answer to A leaves open whether the name is an alias.
_OPEN = frozenset({"timeout", "servfail", "refused", "malformed", "incomplete", "lame"})
_EXISTS = frozenset({"ok", "nodata", "alias", "incomplete"})
MORE_KINDS = ("NS", "MX", "TXT", "CAA")
MAIL_NAMES = ("autodiscover", "selector1._domainkey", "selector2._domainkey")
MOST_HOSTS_OPEN = 1000
MOST_INCLUDES = 20
NAMES = {number: name for name, number in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """What one question about one host gave. `wildcard` is None where it was not looked at."""

    host: str
    type: str
    outcome: str
    chain: tuple[str, ...]
    answers: tuple[str, ...]
    resolver: str | None
    observed_at: dt.datetime
    wildcard: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """One line of `cloudhold scan --json`."""
        return {
            "host": self.host,
            "type": self.type,
            "outcome": self.outcome,
            "chain": list(self.chain),
            "answers": list(self.answers),
            "resolver": self.resolver,
            "observed_at": self.observed_at.isoformat().replace("+00:00", "Z"),
            "wildcard": self.wildcard,
            "flags": ["wildcard"] if self.wildcard else [],
        }


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask: plain values, so that they can travel to another machine."""

    servers: tuple[str, ...]
    rate: float = _dns.DEFAULT_RATE
    opt_out: tuple[str, ...] = ()

    def lookups(self) -> Lookups:
        servers = [_dns.server(text) for text in self.servers] or _dns.system_servers()
        return Lookups(servers, self.rate, self.opt_out)

    @property
    def vantage(self) -> str:
        """Where the questions are asked from: addresses, without ports, which are facts of a run."""
        hosts = dict.fromkeys(_dns.server(text).host for text in self.servers)
        return ", ".join(hosts) or "the resolver of the machine that asked"


def read_hosts(path: Path, body: bytes) -> list[str]:
    """Host names of a text file, one a line, each once; Refused where a line is none.

    Blank lines and lines that begin with # are passed over, a scheme and a path are cut off.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not UTF-8 text (byte {error.start}); give one host name a line") from error
    hosts: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name = line.strip().lower()
        if not name or name.startswith("#"):
            continue
        name = name.partition("://")[2].partition("/")[0] if "://" in name else name
        name = name.rstrip(".")
        if not name.isascii():
            name = names.host(name)
        if not _dns.is_host(name) or any(c.isspace() or not c.isprintable() or c in ",;:/@*\\\"'" for c in name):
            raise Refused(f"{path}, line {number}: {line.strip()[:80]!r} is not a host name; give one a line")
        hosts[name] = None
    if not hosts:
        raise Refused(f"{path} names no host; give one host name a line")
    return list(hosts)


def spf_names(texts: Iterable[str]) -> list[str]:
    """Names whose records SPF records lead to, in order; macros are passed over."""
    found = {
        name: None
        for text in texts
        if text.lower().startswith("v=spf1")
        for mark, name in passing(text)
        if mark in FOLLOWED and "%" not in name and _dns.is_host(name)
    }
    return list(found)[:MOST_INCLUDES]


@dataclass(slots=True)
class _Host:
    """One host while its questions are open."""

    name: str
    open: int = 0
    rows: list[Row] = field(default_factory=list)
    wildcard: bool | None = None
    mail_asked: bool = False


class Scan:
    """The hosts of one run. `done` hears of each host's rows once all of its questions have ended."""

    def __init__(self, lookups: Lookups, done: Callable[[str, list[Row]], None]) -> None:
        self._lookups = lookups
        self._done = done
        self._wildcards: dict[str, bool | None] = {}
        self._waiting: dict[str, list[_Host]] = {}
        self._extras: set[tuple[str, str]] = set()
        self.hosts_open = 0

    def run(self, hosts: Iterable[str]) -> None:
        """Until every question about every host has ended."""
        waiting = iter(hosts)

        def begin(room: int) -> bool:
            """Start hosts while there is room; False once all have been started."""
            for _ in range(min(room, MOST_HOSTS_OPEN - self.hosts_open)):
                name = next(waiting, None)
                if name is None:
                    return False
                self._start(name)
            return True

        self._lookups.run_while(begin)

    def _start(self, name: str) -> None:
        host = _Host(name)
        self.hosts_open += 1
        if self._lookups.is_opted_out(name):
            for kind in ("A", "AAAA", "CNAME"):
                host.rows.append(self._row(name, kind, _dns.NOT_ASKED, None))
            self._end(host)
            return
        self._ask(host, name, "A", self._first)

    # -- questions ---------------------------------------------------------------------------------------------

    def _ask(self, host: _Host, name: str, kind: str, then: Callable[[_Host, str, str, Reply, Any], None]) -> None:
        def heard(_name: str, _kind: int, reply: Reply, server: Any) -> None:
            host.open -= 1
            then(host, name, kind, reply, server)
            if host.open == 0:
                self._end(host)

        host.open += 1
        self._lookups.ask(name, KINDS[kind], heard)

    def _row(self, name: str, kind: str, reply: Reply, server: Any) -> Row:
        outcome, chain, answers, _, _ = reply
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        clean = tuple(text for text in (plain(answer) for answer in answers) if text)
        links = tuple(text for text in (plain(link) for link in chain) if text)
        return Row(name, kind, outcome, links, clean, str(server) if server else None, now)

    def _first(self, host: _Host, name: str, kind: str, reply: Reply, server: Any) -> None:
        """What A says decides what else is worth asking."""
        outcome, chain = reply[0], reply[1]
        host.rows.append(self._row(name, "A", reply, server))
        if outcome in ("nxdomain", "dangling"):
            host.rows.append(self._row(name, "AAAA", reply, server))
            host.rows.append(self._alias_row(name, reply, server))
            return
        self._ask(host, name, "AAAA", self._keep)
        if outcome in _OPEN and not chain:
            self._ask(host, name, "CNAME", self._keep)
        else:
            host.rows.append(self._alias_row(name, reply, server))
        if outcome in (*ANSWERED, "malformed") and not chain:
            for more in MORE_KINDS:
                self._ask(host, name, more, self._keep_and_look)
            if registrable(name) == name:
                self._ask_mail(host)
        if outcome in _EXISTS:
            self._ask_wildcard(host)

    def _alias_row(self, name: str, reply: Reply, server: Any) -> Row:
        """The CNAME of a name, as the answer to another question shows it."""
        outcome, chain, _, ttl, recursive = reply
        if not chain:
            said = "nodata" if outcome in ("ok", "nodata") else outcome
            return self._row(name, "CNAME", (said, (), (), ttl, recursive), server)
        said = "ok" if outcome in ANSWERED else outcome
        return self._row(name, "CNAME", (said, (), chain[:1], ttl, recursive), server)

    def _keep(self, host: _Host, name: str, kind: str, reply: Reply, server: Any) -> None:
        host.rows.append(self._row(name, kind, reply, server))

    def _keep_and_look(self, host: _Host, name: str, kind: str, reply: Reply, server: Any) -> None:
        self._keep(host, name, kind, reply, server)
        if kind == "MX" and any(not answer.endswith(" .") for answer in reply[2]):
            self._ask_mail(host)
        elif kind == "TXT":
            self._ask_includes(host, reply[2], 5)

    # -- mail --------------------------------------------------------------------------------------------------

    def _ask_mail(self, host: _Host) -> None:
        if not host.mail_asked:
            host.mail_asked = True
            for label in MAIL_NAMES:
                self._ask_extra(host, f"{label}.{host.name}", "CNAME", self._keep)

    def _ask_extra(
        self, host: _Host, name: str, kind: str, then: Callable[[_Host, str, str, Reply, Any], None]
    ) -> None:
        """A question about another name, asked and written once in a run."""
        if (name, kind) not in self._extras and _dns.is_host(name):
            self._extras.add((name, kind))
            self._ask(host, name, kind, then)

    def _ask_includes(self, host: _Host, texts: tuple[str, ...], depth: int) -> None:
        """Included names of the same domain to the end, those of vendors one level deep."""

        def heard(host: _Host, name: str, kind: str, reply: Reply, server: Any) -> None:
            policies = tuple(text for text in reply[2] if text.lower().startswith("v=spf1"))
            if reply[0] == "ok" and not policies:
                reply = ("nodata", reply[1], (), *reply[3:])
            host.rows.append(self._row(name, kind, (reply[0], reply[1], policies, *reply[3:]), server))
            if registrable(name) == registrable(host.name):
                self._ask_includes(host, policies, depth - 1)

        for name in spf_names(texts) if depth else ():
            if name != host.name:
                self._ask_extra(host, name, "TXT", heard)

    # -- wildcards ---------------------------------------------------------------------------------------------

    def _ask_wildcard(self, host: _Host) -> None:
        """Whether names beside this one, or below it, are answered that nobody made."""
        zones = {host.name}
        if registrable(host.name) != host.name:
            zones.add(host.name.partition(".")[2])
        for zone in sorted(zones):
            known = self._wildcards.get(zone)
            if known is not None:
                host.wildcard = bool(host.wildcard) or known
                continue
            host.open += 1
            if zone in self._waiting:
                self._waiting[zone].append(host)
            else:
                self._waiting[zone] = [host]
                self._lookups.ask_wildcard(zone, self._heard_wildcard)

    def _heard_wildcard(self, zone: str, found: bool) -> None:
        self._wildcards[zone] = found
        for host in self._waiting.pop(zone):
            host.wildcard = bool(host.wildcard) or found
            host.open -= 1
            if host.open == 0:
                self._end(host)

    def _end(self, host: _Host) -> None:
        self.hosts_open -= 1
        rows = [
            Row(r.host, r.type, r.outcome, r.chain, r.answers, r.resolver, r.observed_at, host.wildcard)
            if r.host == host.name
            else r
            for r in host.rows
        ]
        order = list(KINDS)
        rows.sort(key=lambda r: (r.host != host.name, r.host, order.index(r.type)))
        self._done(host.name, rows)


def scan_part(hosts: list[str], settings: Settings) -> list[tuple[str, list[Row]]]:
    """Rows of every host of one partition: what another machine runs."""
    found: list[tuple[str, list[Row]]] = []
    lookups = settings.lookups()
    try:
        Scan(lookups, lambda host, rows: found.append((host, rows))).run(hosts)
    finally:
        lookups.close()
    return found


def partitions(hosts: Iterable[str], size: int = 500) -> list[list[str]]:
    """Hosts in parts of about `size`; a zone is never in two, so that its rate holds wherever a part runs."""
    zones: dict[str, list[str]] = {}
    for host in hosts:
        zones.setdefault(registrable(host), []).append(host)
    parts: list[list[str]] = [[]]
    for zone in zones.values():
        if parts[-1] and len(parts[-1]) + len(zone) > size:
            parts.append([])
        parts[-1].extend(zone)
    return parts
