"""What the loop over sockets handles: servers, ports, questions in trouble, and the one exchange over TCP."""

from __future__ import annotations

import ipaddress
import itertools
import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

RECEIVE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Server:
    """A resolver, by address and port."""

    host: str
    port: int = 53

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


# question section, name, type, whom to tell, trouble so far, when this try ends
Entry = tuple[bytes, str, int, Any, "Trouble | None", float]


@dataclass(slots=True)
class Trouble:
    """A question that was not answered at once: what was tried and what came of it."""

    server: int
    tries: int = 1
    edns: bool = True
    problem: str = "timeout"
    tcp: bool = False
    done: bool = False
    places: list[tuple[Port, bytes]] = field(default_factory=list)


class Port:
    """One UDP socket, connected to one server, and the questions that left through it."""

    __slots__ = ("alone", "noise", "pending", "sent", "server", "socket")

    def __init__(self, server: int, target: Server, alone: bool) -> None:
        self.server = server
        self.alone = alone
        self.pending: dict[bytes, Entry] = {}
        self.sent = 0
        self.noise = 0
        self.socket = socket.socket(target.family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self.socket.connect((target.host, target.port))


def random_pairs() -> Iterator[bytes]:
    """Two random bytes at a time, without end, from the system's own source."""
    pairs = struct.Struct("2s")
    blocks = (itertools.chain.from_iterable(pairs.iter_unpack(os.urandom(8192))) for _ in itertools.repeat(None))
    return itertools.chain.from_iterable(blocks)


def exchange_tcp(server: Server, query: bytes, seconds: float) -> bytes:
    """One question over TCP: the message, at most 64 KiB by its framing, within `seconds` in all.

    OSError where the server is slow, closes early or cannot be reached; ValueError for a message of no length.
    """
    ends = time.monotonic() + seconds
    with socket.socket(server.family, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        connection.connect((server.host, server.port))
        connection.sendall(struct.pack("!H", len(query)) + query)
        size = struct.unpack("!H", _exactly(connection, 2, ends))[0]
        if size < 12:
            raise ValueError("a message of no length")
        return _exactly(connection, size, ends)


def _exactly(connection: socket.socket, size: int, ends: float) -> bytes:
    body = bytearray()
    while len(body) < size:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(size - len(body))
        if not piece:
            raise ConnectionError("closed before its end")
        body += piece
    return bytes(body)
