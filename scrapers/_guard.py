"""Connections that look before they connect: only addresses on the open internet, and one that was opened by name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.poolmanager import PoolManager

CONNECT_SECONDS = 10.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Private(Exception):
    """The socket's target is not a public address."""


def is_public(address: str) -> bool:
    """Whether an IP address is one on the open internet, looking through IPv6 transition forms."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner: list[ipaddress.IPv4Address] = []
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            inner.append(ip.ipv4_mapped)
        if ip.sixtofour:
            inner.append(ip.sixtofour)
        if ip.teredo:
            inner.extend(ip.teredo)
        if ip in _NAT64:
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    if any(not (v4.is_global and not v4.is_multicast) for v4 in inner):
        return False
    if inner:
        return True
    return ip.is_global and not ip.is_multicast


class _Guarded:
    """Mixed into urllib3's connections: resolves, checks each address, then connects to that very address.

    A name that resolves differently a moment later (rebinding) cannot matter, because what was checked is
    what is connected to.
    """

    opened: tuple[str, int] | None = None
    made: list[socket.socket]
    host: str
    port: int

    def _new_conn(self) -> socket.socket:
        # What is opened by name may be this machine, and never a private network: a cloud's own link-local addresses hand out keys.
        is_opened = self.opened is not None and (self.host.lower(), self.port) == self.opened
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NewConnectionError(self, f"the name does not resolve: {error}") from error  # type: ignore[arg-type]
        allowed = [
            item
            for item in found
            if is_public(str(item[4][0])) or (is_opened and ipaddress.ip_address(item[4][0]).is_loopback)
        ]
        if not allowed:
            raise Private(self.host)
        last: OSError | None = None
        for family, kind, protocol, _, target in allowed:
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(CONNECT_SECONDS)
                made.connect(target)
                self.made.append(made)
                return made
            except OSError as error:
                made.close()
                last = error
        raise NewConnectionError(self, f"no connection: {last}")  # type: ignore[arg-type]


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    """Keeps the certificate that was verified: with the first answer the connection hands its socket away."""

    certificate: Mapping[str, Any] | None = None

    def connect(self) -> None:
        super().connect()
        self.certificate = self.sock.getpeercert()  # type: ignore[union-attr]


class _Adapter(HTTPAdapter):
    """A requests adapter whose connections are guarded."""

    def __init__(self, opened: tuple[str, int] | None) -> None:
        self._opened = opened
        self.made: list[socket.socket] = []
        super().__init__(pool_connections=8, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        opened = self._opened
        http = type("Http", (_GuardedHTTP,), {"opened": opened, "made": self.made})
        https = type("Https", (_GuardedHTTPS,), {"opened": opened, "made": self.made})
        pool_http = type("HttpPool", (HTTPConnectionPool,), {"ConnectionCls": http})
        pool_https = type("HttpsPool", (HTTPSConnectionPool,), {"ConnectionCls": https})
        manager = PoolManager(num_pools=8, maxsize=4, block=False)
        manager.pool_classes_by_scheme = {"http": pool_http, "https": pool_https}
        self.poolmanager = manager


class Session(requests.Session):
    """A session without anything from the environment whose connections are guarded; `made` are its open sockets.

    It knows of no redirects: even told not to follow them, requests reads a redirect's whole body to prepare the next
    request, past our cap, and before we can.
    """

    def __init__(self, opened: tuple[str, int] | None) -> None:
        super().__init__()
        self.trust_env = False
        adapter = _Adapter(opened)
        self.made = adapter.made
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self.headers.clear()

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None
