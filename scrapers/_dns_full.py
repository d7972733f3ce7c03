"""Any DNS packet, read by dnspython: the authority for whatever our own decoder does not take.

Records about other names than the one that was asked, and those its aliases lead to, are ignored.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import dns.ipv6
import dns.message
import dns.name
import dns.rrset

from scrapers._dns_wire import (
    AAAA,
    CAA,
    CNAME,
    MAX_LINKS,
    MAX_RECORDS,
    MAX_TEXT,
    MAX_TTL,
    MX,
    NS,
    SOA,
    TXT,
    A,
    NotPlain,
    Reply,
)

_HEADER = struct.Struct("!HHHHH")
_RECORD = struct.Struct("!HHIH")


def is_message(wire: bytes) -> bool:
    """Whether the bytes are a DNS message at all."""
    try:
        dns.message.from_wire(wire[:4096])
    except Exception:  # noqa: BLE001 - whatever the parser says of a stranger's packet
        return False
    return True


_MALFORMED: Reply = ("malformed", (), (), 0, False)
_ERRORS = {1: "formerr", 2: "servfail", 4: "formerr", 16: "formerr"}


def read_full(wire: bytes, name: str, kind: int) -> Reply:
    """What any packet says of `name`, read by dnspython; records about other names are ignored."""
    cut = False
    try:
        if len(wire) > 12 and max(_HEADER.unpack_from(wire, 2)[2:]) > MAX_RECORDS:
            wire, cut = _first_records(wire), True
        message = dns.message.from_wire(wire, one_rr_per_rrset=True)
        answers = [_plain_record(rrset) for rrset in message.answer if rrset.rdclass == 1 and len(rrset)]
    except Exception:  # noqa: BLE001 - a packet of a stranger: whatever the parser says, it was not readable
        return _MALFORMED
    flags = int(message.flags)
    if not flags & 0x8000 or flags & 0x7800:
        return _MALFORMED
    recursive = flags & 0x80 != 0
    if flags & 0x200:
        return ("truncated", (), (), 0, recursive)
    rcode = int(message.rcode())
    if rcode not in (0, 3):
        return (_ERRORS.get(rcode, "refused"), (), (), 0, recursive)
    outcome, chain, values, ttl = _walk(answers, name, kind)
    if rcode == 3 and outcome == "open":
        outcome = "dangling" if chain else "nxdomain"
    elif rcode == 3 and outcome == "ok":
        outcome = "malformed" if kind != CNAME else "dangling"
    authority = {rrset.rdtype for rrset in message.authority}
    if outcome == "open":
        if chain:
            outcome = "nodata" if SOA in authority else "alias"
        else:
            outcome = "lame" if NS in authority and SOA not in authority else "nodata"
    if outcome in ("nodata", "nxdomain", "dangling"):
        ttl = min(ttl, _negative_ttl(message)) if not answers or SOA in authority else 0
    if cut and outcome in ("ok", "nodata", "alias"):
        outcome = "incomplete"
    if outcome == "malformed":
        return _MALFORMED
    return outcome, chain, values, max(ttl, 0), recursive


def _walk(
    answers: list[tuple[str, int, int, str]], name: str, kind: int
) -> tuple[str, tuple[str, ...], tuple[str, ...], int]:
    """Follow the aliases of one answer section: (ok, open, loop or malformed), chain, values, shortest TTL."""
    aliases: dict[str, dict[str, None]] = {}
    for owner, found, _, value in answers:
        if found == CNAME:
            aliases.setdefault(owner, {})[value] = None
    chain: list[str] = []
    visited, current = {name}, name
    while current in aliases:
        if len(aliases[current]) > 1:
            return "malformed", (), (), 0
        current = next(iter(aliases[current]))
        if current in visited or len(chain) == MAX_LINKS:
            return "loop", tuple(chain), (), 0
        chain.append(current)
        visited.add(current)
    if kind == CNAME:
        chain = []
        current = name
    owners = {name, *chain}
    ttl = min(
        (seconds for owner, found, seconds, _ in answers if owner in owners and found in (kind, CNAME)), default=0
    )
    values = tuple(dict.fromkeys(v for owner, found, _, v in answers if owner == current and found == kind))
    return ("ok" if values else "open"), tuple(chain), values, min(ttl if values or chain else MAX_TTL, MAX_TTL)


def _negative_ttl(message: dns.message.Message) -> int:
    for rrset in message.authority:
        if rrset.rdtype == SOA:
            return int(min(rrset.ttl, rrset[0].minimum))
    return 0


def _name_text(name: dns.name.Name) -> str:
    """A name in lower case without its final dot; the root is a dot."""
    return name.to_text(omit_final_dot=True).lower()


def _plain_record(rrset: dns.rrset.RRset) -> tuple[str, int, int, str]:
    """(owner, type, TTL, value as text) of one record."""
    kind = int(rrset.rdtype)
    write = _TEXTS.get(kind)
    value = write(rrset[0]) if write else ""
    return _name_text(rrset.name), kind, int(rrset.ttl), value


_TEXTS: dict[int, Callable[..., str]] = {
    A: lambda data: str(data.address),
    AAAA: lambda data: socket.inet_ntop(socket.AF_INET6, dns.ipv6.inet_aton(data.address)),
    CNAME: lambda data: _name_text(data.target),
    NS: lambda data: _name_text(data.target),
    MX: lambda data: f"{data.preference} {_name_text(data.exchange)}",
    TXT: lambda data: b"".join(data.strings)[: MAX_TEXT + 1].decode("utf-8", "backslashreplace")[:MAX_TEXT],
    CAA: lambda data: str(data.to_text())[:MAX_TEXT],
}


def _first_records(wire: bytes) -> bytes:
    """The message with the first records of its answer section only. NotPlain where even they do not fit."""
    _, questions, answers, _, _ = _HEADER.unpack_from(wire, 2)
    if questions != 1:
        raise NotPlain
    offset = _behind_name(wire, 12) + 4
    kept = min(answers, MAX_RECORDS)
    for _ in range(kept):
        offset = _behind_name(wire, offset)
        offset += 10 + _RECORD.unpack_from(wire, offset)[3]
        if offset > len(wire):
            raise NotPlain
    return wire[:4] + struct.pack("!4H", 1, kept, 0, 0) + wire[12:offset]


def _behind_name(wire: bytes, offset: int) -> int:
    while True:
        count = wire[offset]
        if count == 0:
            return offset + 1
        if count >= 192:
            return offset + 2
        if count >= 64:
            raise NotPlain
        offset += count + 1
