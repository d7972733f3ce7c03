"""One address as text turned into bytes, by the system's own reader: nothing else decides what an address is."""

from __future__ import annotations

import socket

MAPPED = b"\x00" * 10 + b"\xff\xff"  # before an IPv4 address in its IPv6 form


def key(address: str) -> bytes:
    """16 bytes that order addresses of both families; ValueError for what is not an address."""
    try:
        if ":" in address:
            return socket.inet_pton(socket.AF_INET6, address)
        return MAPPED + socket.inet_pton(socket.AF_INET, address)
    except OSError as error:
        raise ValueError(f"{address!r} is not an address") from error


def is_address(text: str) -> bool:
    """Whether the system reads the text as an address of either family."""
    try:
        key(text)
    except ValueError:
        return False
    return True
