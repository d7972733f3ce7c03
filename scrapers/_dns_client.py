"""Questions out, answers in: one loop over many UDP sockets.

An answer counts only when it comes from the server that was asked (the socket is connected to it, so the system
drops the rest), to the port that asked, with the question's random 16 bits and its very words. Ports are chosen by
the system and changed after a while; at polite rates each question has a port of its own.

A question that was not answered is asked again, at the next server where there is one; an earlier try stays
open, so a late answer still counts. Every try passes the pace.
"""

from __future__ import annotations

import gc
import queue
import selectors
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scrapers._dns_pace import Free, Item, Polite
from scrapers._dns_port import Entry, Port, Server, Trouble, exchange_tcp, random_pairs
from scrapers._dns_wire import AAAA, CNAME, A, Reply, encode_question, read, read_fast, read_full

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

TRY_SECONDS = 2.0
TRIES = 3
TCP_SECONDS = 2.0
# How often open tries are looked through.
LOOK_SECONDS = 0.2
TCP_WORKERS = 16
# Open questions without a pace: more overflow the receive buffer of a server on the same machine.
IN_FLIGHT = 400
# With a pace, questions of many zones must be at hand so that the total rate is used.
LOOK_AHEAD = 5000
SHARED_PORTS = 16
QUESTIONS_PER_PORT = 20_000
LARGEST_OWN_PORT_RATE = 100.0
# Packets at a question's own port that do not fit it, after which the server is asked over TCP: the true answer may
# have been lost in the flood.
NOISE = 20
# Fewer than the 1,024 open files that systems allow by default.
MOST_SOCKETS = 600

_FINAL = frozenset({"ok", "nodata", "nxdomain", "dangling", "loop", "alias", "incomplete"})
_RECURSION = b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
_RECURSION_EDNS = b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"
# EDNS with 1,232 bytes, the size that passes every path without fragments (DNS flag day 2020).
_EDNS = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"
_LEAST_TRIES = {"servfail": 2, "malformed": 2, "refused": 1, "formerr": 1, "lame": 1}
_SMALL = frozenset({A, AAAA, CNAME})


# Given how many there is room for: first questions, fewer where none are ready, None where no more will come.
Feed = Callable[[int], "list[Item] | None"]


class Client:
    """Asks `servers`; gives each reply to `replied(name, kind, then, reply, server)`.

    `server` is None where none answered. `pace` says when a question may leave. Counters: `sent` over UDP,
    `sent_tcp`.
    """

    def __init__(
        self,
        servers: list[Server],
        pace: Free | Polite,
        replied: Callable[[str, int, Any, Reply, Server | None], None],
        own_ports: bool,
    ) -> None:
        self.servers = servers
        self.now = time.monotonic()
        self.sent = 0
        self.sent_tcp = 0
        self.open = 0
        self._pace = pace
        self._replied = replied
        self._own_ports = own_ports
        self._limit = IN_FLIGHT if isinstance(pace, Free) else LOOK_AHEAD
        self._ports: list[list[Port]] = [[] for _ in servers]
        self._look_at = self.now
        self._ids = random_pairs()
        self._selector = selectors.DefaultSelector()
        self._pool: ThreadPoolExecutor | None = None
        self._over_tcp: queue.SimpleQueue[tuple[Entry, bytes, bytes | None]] = queue.SimpleQueue()
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._turn = 0
        self._direct: Any = None

    # -- asking ------------------------------------------------------------------------------------------------

    def ask(self, name: str, kind: int, then: Any) -> None:
        """Ask one question as soon as the pace lets it leave."""
        self.open += 1
        self._pace.add((name, kind, then, None))

    def run(self, feed: Feed, direct: Any = None) -> None:
        """Until everything that was asked, and everything `feed` still brings, has its reply.

        `direct` is told of plain answers without a detour through `replied`."""
        self._direct = direct
        # Without a pace the loop makes tuples by the million and no circles: the collector would look through
        # everything that waits, again and again, and find nothing.
        collects = gc.isenabled() and isinstance(self._pace, Free)
        if collects:
            gc.disable()
        try:
            self._run(feed)
        finally:
            if collects:
                gc.enable()

    def _run(self, feed: Feed) -> None:
        pace, select, free = self._pace, self._selector.select, isinstance(self._pace, Free)
        exhausted = False
        while True:
            self.now = now = time.monotonic()
            if not exhausted and self.open < self._limit:
                fresh = feed(self._limit - self.open)
                if fresh is None:
                    exhausted = True
                elif fresh:
                    self.open += len(fresh)
                    if free:
                        self._send(fresh)
                    else:
                        for item in fresh:
                            pace.add(item)
            if len(pace):
                self._send_paced(pace.take(now, self._limit - self.open + len(pace)))
            if not self.open and exhausted:
                return
            for key, _ in select(self._patience(now)):
                if key.data is None:
                    self._take_tcp()
                else:
                    self._receive(key.data)
            if self._look_at <= now:
                self._look_at = now + LOOK_SECONDS
                self._expire()

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                key.data.socket.close()
        self._selector.close()
        self._woken.close()
        self._wake.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _patience(self, now: float) -> float:
        """Seconds until something is due."""
        wait = self._pace.wait(now)
        if wait is None or self.open - len(self._pace) >= self._limit:
            return LOOK_SECONDS
        return max(0.0, min(LOOK_SECONDS, wait))

    def _send(self, items: list[Item]) -> None:
        """Send first tries, many through one port unless each has a port of its own."""
        size = 1 if self._own_ports else max(8, len(items) // SHARED_PORTS)
        for start in range(0, len(items), size):
            self._turn += 1
            self._send_through(self._port(self._turn % len(self.servers), self._own_ports), items[start : start + size])

    def _send_paced(self, items: list[Item]) -> None:
        """Send what the pace let go: first tries and further ones."""
        self._send([item for item in items if item[3] is None])
        for item in items:
            if item[3] is not None and not item[3].done:
                self._send_again(item)

    def _send_through(self, port: Port, items: list[Item]) -> bytes:
        """Send questions through one port; gives the 16 bits of the last one."""
        pending, send, ids, due = port.pending, port.socket.send, self._ids, self.now + TRY_SECONDS
        identity = b""
        for name, kind, then, trouble in items:
            question = encode_question(name, kind)
            identity = next(ids)
            while identity in pending:
                identity = next(ids)
            pending[identity] = (question, name, kind, then, trouble, due)
            try:
                if kind in _SMALL or (trouble is not None and not trouble.edns):
                    send(identity + _RECURSION + question)
                else:
                    send(identity + _RECURSION_EDNS + question + _EDNS)
            except OSError:  # a full buffer or an unreachable network: the try is lost, the next one follows
                continue
        port.sent += len(items)
        self.sent += len(items)
        return identity

    def _send_again(self, item: Item) -> None:
        name, kind, then, trouble = item
        if not trouble.tcp:
            # Alone at its port, whatever comes there is about this question, readable or not.
            last = trouble.tries >= TRIES and len(self._selector.get_map()) < MOST_SOCKETS
            port = self._port(trouble.server, alone=last or self._own_ports)
            trouble.places.append((port, self._send_through(port, [item])))
            return
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(TCP_WORKERS, thread_name_prefix="dns-tcp")
        question = encode_question(name, kind)
        identity = next(self._ids)
        query = identity + _RECURSION + question
        entry = (question, name, kind, then, trouble, 0.0)
        self.sent_tcp += 1
        self._pool.submit(self._ask_tcp, self.servers[trouble.server], query, entry)

    def _port(self, server: int, alone: bool) -> Port:
        """A port to a server: its own, or one of those that are shared."""
        ports = self._ports[server]
        if not alone and len(ports) >= SHARED_PORTS:
            port = ports[next(self._ids)[0] % len(ports)]
            if port.sent < QUESTIONS_PER_PORT:
                return port
            ports.remove(port)
            self._close_if_done(port)
        port = Port(server, self.servers[server], alone)
        self._selector.register(port.socket, selectors.EVENT_READ, port)
        if not alone:
            ports.append(port)
        return port

    def _close_if_done(self, port: Port) -> None:
        """Close a port that no question waits at and that none will leave through."""
        if not port.pending and port.socket.fileno() >= 0 and (port.alone or port not in self._ports[port.server]):
            self._selector.unregister(port.socket)
            port.socket.close()

    # -- answers -----------------------------------------------------------------------------------------------

    def _receive(self, port: Port) -> None:
        """Take every packet that waits at a port."""
        pending, replied, server = port.pending, self._replied, self.servers[port.server]
        recv, direct = port.socket.recv, self._direct
        done = 0
        while True:
            try:
                wire = recv(4096)
            except BlockingIOError:
                break
            except OSError:  # nobody listens there (ICMP): every try through this port is lost
                self._lost(port)
                break
            entry = pending.pop(wire[:2], None)
            if entry is not None and wire.startswith(entry[0], 12):
                _, name, kind, then, trouble, _ = entry
                reply = read_fast(wire, name, kind)
                if reply is not None and trouble is None:
                    done += 1
                    if then is direct:
                        then(name, kind, reply, server)
                    else:
                        replied(name, kind, then, reply, server)
                    if port.alone:
                        self._close_if_done(port)
                        break
                    continue
            self._doubtful(port, wire, entry)
            if port.alone:
                self._close_if_done(port)
                break
        self.open -= done

    def _doubtful(self, port: Port, wire: bytes, entry: Entry | None) -> None:
        """A packet that is not a plain answer to a first try: another answer, or none of ours."""
        identity = wire[:2]
        if entry is not None:
            end = 12 + len(entry[0])
            if len(wire) >= end and wire[2] >= 0x80 and wire[12:end].lower() == entry[0].lower():
                reply = read(wire, entry[1], entry[2])
                if reply[0] in _FINAL:
                    self._finish(entry, reply, self.servers[port.server])
                else:
                    self._again(entry, port.server, reply[0])
                return
            port.pending[identity] = entry
        port.noise += 1
        if entry is None and port.alone and len(port.pending) == 1:
            entry = next(iter(port.pending.values()))
        if entry is not None and port.noise <= 4 and entry[4] is not None:
            from scrapers._dns_full import is_message

            if not is_message(wire):
                entry[4].problem = "malformed"

    def _lost(self, port: Port) -> None:
        """Every question at this port failed its try."""
        for identity, entry in list(port.pending.items()):
            del port.pending[identity]
            self._again(entry, port.server, "timeout")
        self._close_if_done(port)

    def _expire(self) -> None:
        """Tries that were not answered in time. They stay open under their 16 bits: a late answer is an answer."""
        now = self.now
        for key in list(self._selector.get_map().values()):
            port = key.data
            if port is None:
                continue
            for identity, entry in [item for item in port.pending.items() if item[1][5] <= now]:
                trouble = entry[4]
                if trouble is None:
                    trouble = Trouble(port.server)
                    trouble.places.append((port, identity))
                port.pending[identity] = entry = (*entry[:4], trouble, float("inf"))
                if port.alone and port.noise >= NOISE and not trouble.tcp:
                    trouble.tcp = True
                    self._pace.add((*entry[1:4], trouble))
                else:
                    self._again(entry, port.server, "timeout")

    def _again(self, entry: Entry, server: int, problem: str) -> None:
        """Decide what follows on a try that failed: another try, TCP, or the end."""
        _, name, kind, then, trouble, _ = entry
        if trouble is None:
            trouble = Trouble(server)
        if problem != "timeout":
            trouble.problem = problem
        if problem == "truncated":
            trouble.problem, trouble.tcp = "incomplete", True
        elif problem == "formerr" and trouble.edns and kind not in _SMALL:
            trouble.edns = False
        else:
            trouble.tries += 1
            trouble.server = (server + 1) % len(self.servers)
            # An error says something: asking everybody once is enough, and one more time for a passing fault.
            most = TRIES if problem == "timeout" else min(max(_LEAST_TRIES[problem], len(self.servers)), TRIES)
            if trouble.tries > most:
                self._give_up(entry, trouble)
                return
        self._pace.add((name, kind, then, trouble))

    def _give_up(self, entry: Entry, trouble: Trouble) -> None:
        problem = "refused" if trouble.problem == "formerr" else trouble.problem
        self._finish((*entry[:4], trouble, 0.0), (problem, (), (), 0, False), self.servers[trouble.server])

    def _finish(self, entry: Entry, reply: Reply, server: Server | None) -> None:
        """The question has its reply: forget its other tries, tell who asked."""
        _, name, kind, then, trouble, _ = entry
        if trouble is not None:
            for port, identity in trouble.places:
                known = port.pending.get(identity)
                if known is not None and known[4] is trouble:
                    del port.pending[identity]
                self._close_if_done(port)
            trouble.places.clear()
            trouble.done = True
        self.open -= 1
        self._replied(name, kind, then, reply, server)

    # -- TCP ---------------------------------------------------------------------------------------------------

    def _ask_tcp(self, server: Server, query: bytes, entry: Entry) -> None:
        try:
            wire = exchange_tcp(server, query, TCP_SECONDS)
        except (OSError, ValueError):
            wire = None
        self._over_tcp.put((entry, query, wire))
        self._wake.send(b"\x00")

    def _take_tcp(self) -> None:
        """Replies that came over TCP."""
        try:
            self._woken.recv(4096)
        except BlockingIOError:
            return
        while not self._over_tcp.empty():
            entry, query, wire = self._over_tcp.get()
            question, name, kind, _, trouble, _ = entry
            assert trouble is not None
            if trouble.done:  # a late answer over UDP was quicker
                continue
            reply: Reply = (trouble.problem, (), (), 0, False)
            if wire is not None and wire[:2] == query[:2] and wire[12:].lower().startswith(question):
                read = read_full(wire, name, kind)
                if read[0] in _FINAL or read[0] in ("servfail", "refused", "malformed", "lame"):
                    reply = read
            self._finish(entry, reply, self.servers[trouble.server])
