"""The only way out over DNS: many names looked up at once, each with one of the outcomes of the contract.

    ok          answered                     nodata      the name exists without this type
    nxdomain    the name does not exist      alias       an alias whose target was not answered
    dangling    an alias to a name that does not exist   loop   aliases in a circle, or more than 16 of them
    lame        the server refers elsewhere  servfail, refused, timeout, malformed   nobody gave an answer
    incomplete  cut: more than 120 records, or truncated and TCP did not help
    not_asked   the name has opted out

An outcome is what packets say, never what an exception was called. An address is kept only from a packet that
matched server, port, 16 random bits and question, and only for the name that was asked or the end of its aliases.
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from pipelines.errors import Refused
from scrapers._dns_client import LARGEST_OWN_PORT_RATE, Client
from scrapers._dns_pace import Free, Item, Polite, registrable
from scrapers._dns_port import Server
from scrapers._dns_wire import AAAA, CAA, CNAME, MAX_LINKS, MX, NS, TXT, A, Reply, encode_name

__all__ = [
    "DEFAULT_RATE",
    "KINDS",
    "PER_ZONE_RATE",
    "Lookups",
    "Server",
    "is_host",
    "registrable",
    "server",
    "system_servers",
]

KINDS = {"A": A, "AAAA": AAAA, "CNAME": CNAME, "NS": NS, "MX": MX, "TXT": TXT, "CAA": CAA}
DEFAULT_RATE = 20.0
PER_ZONE_RATE = 2.0
MOST_KEPT = 300_000

NOT_ASKED: Reply = ("not_asked", (), (), 0, False)
# Told (name, type, reply, server that answered) once a question has ended.
Then = Callable[[str, int, Reply, Server | None], None]


def server(text: str) -> Server:
    """A resolver from IP, IP:PORT or [IP]:PORT; Refused, in a sentence, for anything else.

    Public addresses and loopback only: an address inside somebody's network is never named by hand.
    """
    host, port = text.strip(), "53"
    if host.startswith("["):
        host, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    try:
        address = ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        raise Refused(f"--resolver {text[:80]!r} is not an address; write 192.0.2.53:53 or [2001:db8::53]:53") from None
    if not 0 < number < 65536:
        raise Refused(f"--resolver {text[:80]!r} has no valid port; use 1 to 65535")
    if not address.is_loopback and (not address.is_global or address.is_multicast):
        raise Refused(f"--resolver {text[:80]!r} is a private address; name a public one, or one on this machine")
    return Server(str(address), number)


def system_servers() -> list[Server]:
    """The resolvers that this machine is set up with; Refused where there is none."""
    import dns.resolver  # slow to load, and only needed here

    try:
        found = dns.resolver.Resolver().nameservers
    except (dns.resolver.NoResolverConfiguration, OSError):
        found = []
    servers = []
    for host in found:
        text = str(host)
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            continue
        if not address.is_link_local and not address.is_unspecified:
            servers.append(Server(text))
    if not servers:
        raise Refused("this machine names no resolver; give one with --resolver 192.0.2.53:53")
    return servers


def is_host(name: str) -> bool:
    """Whether `name` (lower case, no final dot) can be asked for."""
    try:
        encode_name(name)
    except ValueError:
        return False
    return bool(name)


@dataclass(slots=True)
class _Trail:
    """A question about an alias's target, asked on behalf of the name where the aliases began."""

    name: str
    then: Then
    chain: tuple[str, ...]
    server: Server | None


class Lookups:
    """Look-ups against `servers`. `rate` is in questions a second; 0 means no limit, for this machine only.

    Replies are kept for their time to live and shared between names. `opt_out` are names, with or without a
    leading "*.", that are not asked, nor anything below them.
    """

    def __init__(
        self,
        servers: list[Server],
        rate: float = DEFAULT_RATE,
        opt_out: Iterable[str] = (),
        per_zone: float = PER_ZONE_RATE,
    ) -> None:
        if not servers:
            raise Refused("no resolver is named; give one with --resolver 192.0.2.53:53")
        if rate < 0 or rate != rate:
            raise Refused("--rate is a number of questions a second; use 20, or 0 with resolvers on this machine")
        if rate == 0 and not all(one.is_loopback for one in servers):
            raise Refused("--rate 0 asks without a limit, which is for resolvers on this machine only; leave it out")
        self._opt_out = frozenset(pattern.lower().removeprefix("*.").strip(".") for pattern in opt_out)
        self._kept: dict[int, dict[str, tuple[float, Reply, Server | None]]] = {
            0: {},
            **{k: {} for k in KINDS.values()},
        }
        self._keeps = True
        self._asking: dict[tuple[str, int], list[_Trail]] = {}
        pace = Polite(rate, min(per_zone, rate)) if rate else Free()
        self.client = Client(servers, pace, self._replied, own_ports=0 < rate <= LARGEST_OWN_PORT_RATE)

    def close(self) -> None:
        self.client.close()

    def is_opted_out(self, name: str) -> bool:
        """Whether the name, or one above it, has asked not to be looked up."""
        if not self._opt_out:
            return False
        while name:
            if name in self._opt_out:
                return True
            name = name.partition(".")[2]
        return False

    def ask(self, name: str, kind: int, then: Then) -> None:
        """Look up one name and type; `then` hears of it, at once where the reply is known."""
        known = self._known(name, kind)
        if known is not None:
            then(name, kind, *known)
        else:
            self.client.ask(name, kind, then)

    def run(self, names: Iterable[str] = (), kind: int = A, then: Then | None = None, keep: bool = True) -> None:
        """Until every question has ended, those about `names` included. Without `keep` no reply is kept: right where
        each name is asked once."""
        self._keeps = keep
        waiting = iter(names)

        def feed(room: int) -> list[Item] | None:
            batch = list(islice(waiting, room))
            return self._items(batch, kind, then) if batch else None

        # A reply that is not kept, and is no alias without its end, needs nothing from us.
        self.client.run(feed, None if keep else then)

    def run_while(self, begin: Callable[[int], bool]) -> None:
        """Until every question has ended. `begin`, told how many questions there is room for, asks some; it gives
        False once it has nothing more to ask."""
        self.client.run(lambda room: [] if begin(room) else None)

    def _items(self, names: list[str], kind: int, then: Then | None) -> list[Item]:
        """Questions about names; what is known already is told at once."""
        kept, missing, opt_out = self._kept[kind], self._kept[0], self._opt_out
        if not opt_out and missing.keys().isdisjoint(names) and kept.keys().isdisjoint(names):
            return [(name, kind, then, None) for name in names]
        items: list[Item] = []
        for name in names:
            known = self._known(name, kind)
            if known is None:
                items.append((name, kind, then, None))
            elif then is not None:
                then(name, kind, *known)
        return items

    # -- what is known already -----------------------------------------------------------------------------------

    def _known(self, name: str, kind: int) -> tuple[Reply, Server | None] | None:
        if self.is_opted_out(name):
            return NOT_ASKED, None
        now = time.monotonic()
        for kept in (self._kept[kind], self._kept[0]):
            known = kept.get(name)
            if known is not None:
                if known[0] > now:
                    return known[1], known[2]
                del kept[name]
        return None

    def _replied(self, name: str, kind: int, then: Then | _Trail | None, reply: Reply, source: Server | None) -> None:
        outcome = reply[0]
        if reply[3] and self._keeps:
            # 0: the name does not exist, whatever the type (RFC 8020)
            kept = self._kept[0 if outcome == "nxdomain" else kind]
            if len(kept) >= MOST_KEPT:
                for known in list(kept)[: MOST_KEPT // 2]:
                    del kept[known]
            kept[name] = (self.client.now + reply[3], reply, source)
        if type(then) is _Trail:
            for trail in self._asking.pop((name, kind)):
                self._joined(trail, name, kind, reply, source)
        elif outcome == "alias":
            self._follow(_Trail(name, then, (), source), name, kind, reply, source)  # type: ignore[arg-type]
        elif then is not None:
            then(name, kind, reply, source)  # type: ignore[operator]

    def _follow(self, trail: _Trail, asked: str, kind: int, reply: Reply, source: Server | None) -> None:
        """Ask for the end of a chain that came without its records.

        A server that offers no recursion knows its own zones only: what it says of a foreign target, that the
        name does not exist for instance, is no evidence, so the target stays unanswered.
        """
        chain = (*trail.chain, *reply[1])
        target = chain[-1]
        if len(chain) > MAX_LINKS or len(set(chain)) < len(chain) or trail.name in chain:
            return self._end(trail, kind, ("loop", chain[:MAX_LINKS], (), 0, reply[4]), source)
        foreign = not reply[4] and registrable(target) != registrable(asked)
        if foreign or not is_host(target) or self.is_opted_out(target):
            return self._end(trail, kind, ("alias", chain, (), reply[3], reply[4]), source)
        further = _Trail(trail.name, trail.then, chain, source)
        known = self._known(target, kind)
        if known is not None:
            return self._joined(further, target, kind, *known)
        waiting = self._asking.get((target, kind))
        if waiting is not None:
            waiting.append(further)
        else:
            self._asking[target, kind] = [further]
            self.client.ask(target, kind, further)
        return None

    def _joined(self, trail: _Trail, asked: str, kind: int, reply: Reply, source: Server | None) -> None:
        """The reply about a target, joined to the chain that led there."""
        outcome, chain, answers, ttl, recursive = reply
        if outcome == "alias":
            return self._follow(trail, asked, kind, reply, source)
        whole = (*trail.chain, *chain)
        if len(whole) > MAX_LINKS or len(set(whole)) < len(whole) or trail.name in whole:
            outcome, answers = "loop", ()
        elif outcome == "nxdomain":
            outcome = "dangling"
        elif outcome not in ("ok", "nodata", "dangling", "loop", "incomplete"):
            outcome = "alias"
        return self._end(trail, kind, (outcome, whole[:MAX_LINKS], answers, ttl, recursive), trail.server or source)

    def _end(self, trail: _Trail, kind: int, reply: Reply, source: Server | None) -> None:
        if trail.then is not None:
            trail.then(trail.name, kind, reply, source)

    # -- wildcards -----------------------------------------------------------------------------------------------

    def ask_wildcard(self, zone: str, then: Callable[[str, bool], None]) -> None:
        """Whether names below `zone` exist that nobody made: two random labels are asked, unless the first is
        denied."""

        def first(name: str, kind: int, reply: Reply, source: Server | None) -> None:
            if reply[0] in ("ok", "alias", "dangling"):
                self.ask(f"{os.urandom(8).hex()}.{zone}", A, second)
            else:
                then(zone, False)

        def second(name: str, kind: int, reply: Reply, source: Server | None) -> None:
            then(zone, reply[0] in ("ok", "alias", "dangling"))

        label = f"{os.urandom(8).hex()}.{zone}"
        if is_host(label):
            self.ask(label, A, first)
        else:
            then(zone, False)
