"""DNS messages on the wire: a question encoded, an answer read.

`read` is what everything else uses: our own decoder for the plain case, dnspython for every doubt. The two give
the same reply or the own decoder gives none; a property test over mutated packets holds them to it.

The own decoder takes a packet only when all of it is plain: one question, a chain of aliases that ends in
addresses, or an empty answer with at most one SOA, and at most an empty OPT record behind it. It reads at
offsets and builds no objects, because dnspython spends 300 microseconds on what costs 4 here.
"""

from __future__ import annotations

import socket
import struct
from typing import Final

A: Final = 1
NS: Final = 2
CNAME: Final = 5
SOA: Final = 6
MX: Final = 15
TXT: Final = 16
AAAA: Final = 28
CAA: Final = 257

# A resolver that needs more links than this to reach a name is being led in circles (unbound stops at 11 to 12,
# BIND at 16).
MAX_LINKS = 16
# Records of one answer that are read. A hostile zone can send 4,000 in one message, which would hold a worker
# for a second; no honest name of ours has a hundred.
MAX_RECORDS = 120
MAX_TEXT = 2048
MAX_TTL = 7 * 86400

# What a packet says, as a plain tuple because it is made once per question:
# (outcome, aliases in order, answers, seconds it may be kept, whether the server offers recursion).
# Outcomes are the words of the contract, and `truncated` and `formerr`, which only the client sees.
Reply = tuple[str, tuple[str, ...], tuple[str, ...], int, bool]

_HEADER = struct.Struct("!HHHHH")  # flags and the four counts, from byte 2
_RECORD = struct.Struct("!HHIH")  # type, class, TTL, length of the data
_POINTED = struct.Struct("!HHHIH")  # the same behind a compressed owner
# Addresses in two halves, alone and behind the 12 bytes before them.
_FOUR = struct.Struct("!HH")
_WITH_FOUR = struct.Struct("!12sHH")
_WITH_SIXTEEN = struct.Struct("!12sQQ")
_ADDRESSES = frozenset({(A, 4), (AAAA, 16)})
_SIXTEEN = struct.Struct("!QQ")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
_PLAIN_BYTES = bytes(sorted(_PLAIN | frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
_ntop = socket.inet_ntop
_INET6 = socket.AF_INET6


class _Pairs(dict[int, str]):
    """Two bytes of an address as text: inet_ntoa takes twice as long as looking up two of these."""

    def __missing__(self, pair: int) -> str:
        text = self[pair] = f"{pair >> 8}.{pair & 255}"
        return text


_PAIRS = _Pairs()


_TAILS = {kind: kind.to_bytes(2, "big") + b"\x00\x01" for kind in (A, NS, CNAME, SOA, MX, TXT, AAAA, CAA)}
_SIZES = [bytes((size,)) for size in range(64)]
MOST_ENDINGS = 100_000
MOST_AUTHORITIES = 10_000
MOST_HEADS = 100_000


class NotPlain(Exception):
    """The own decoder does not take this packet."""


# -- questions ---------------------------------------------------------------------------------------------


def encode_name(name: str) -> bytes:
    """A host name (lower case, no final dot) in wire form; ValueError where it cannot be one."""
    wire = b""
    for label in name.split("."):
        if not 0 < len(label) < 64:
            raise ValueError(f"{name[:80]!r} is not a host name")
        wire += _SIZES[len(label)] + label.encode("ascii")
    if len(wire) > 254:
        raise ValueError(f"{name[:80]!r} is not a host name")
    return wire + b"\x00"


class _Endings(dict[str, bytes]):
    """The wire form of what names end in: those of one list share it, so it is kept."""

    def __missing__(self, ending: str) -> bytes:
        if len(self) >= MOST_ENDINGS:
            self.clear()
        wire = self[ending] = encode_name(ending) if ending else b"\x00"
        return wire


_endings = _Endings()


def encode_question(name: str, kind: int) -> bytes:
    """The question section that asks for records of one type and class IN. `name` has passed `encode_name` before."""
    label, _, rest = name.partition(".")
    return _SIZES[len(label)] + label.encode() + _endings[rest] + _TAILS[kind]


# -- the fast path -------------------------------------------------------------------------------------------


def _name_at(wire: bytes, offset: int, end: int) -> tuple[str | None, int]:
    """The name at `offset`, in lower case without its final dot, and where the bytes behind it begin.

    The name is None where a label holds anything but letters, digits, dash and underscore: valid, but its text
    needs escapes. Follows dnspython's rules: a pointer must lead to before the name it stands in, and what is
    read there must end before it. NotPlain where the name is wrong or unusual.
    """
    labels: list[bytes] = []
    start, limit, after, size = offset, end, 0, 0
    for _ in range(40):
        if offset >= limit:
            raise NotPlain
        count = wire[offset]
        if count == 0:
            if size > 253:
                raise NotPlain
            text = b".".join(labels)
            plain = not text.translate(None, _PLAIN_BYTES + b".") and b"." not in b"".join(labels)
            return (text.decode().lower() if plain else None), after or offset + 1
        if count < 64:
            offset += 1
            if offset + count > limit:
                raise NotPlain
            labels.append(wire[offset : offset + count])
            offset += count
            size += count + 1
        elif count >= 192:
            if offset + 2 > limit:
                raise NotPlain
            if not after:
                after = offset + 2
            target = (count & 63) << 8 | wire[offset + 1]
            if target >= start or target < 12:
                raise NotPlain
            offset, limit, start = target, start, target
        else:
            raise NotPlain
    raise NotPlain


_plans: dict[bytes, tuple[int, int, int, str, bool]] = {}


def _plan(header: bytes) -> tuple[int, int, int, str, bool]:
    """What the flags and counts of a plain packet promise: answers, authorities, additional records, the outcome
    without answers, recursion. Kept, because few headers differ; NotPlain for the others."""
    flags, questions, answers, authorities, additionals = _HEADER.unpack(header)
    said = flags & 0xFA4F  # a response to a query, not truncated, no reserved bit
    if questions != 1 or authorities > 1 or additionals > 1 or answers > MAX_RECORDS:
        raise NotPlain
    if said != 0x8000 and (said != 0x8003 or answers):
        raise NotPlain
    plan = (answers, authorities, additionals, "nodata" if said == 0x8000 else "nxdomain", flags & 0x80 != 0)
    _plans[header] = plan
    return plan


# The 12 bytes that stand before a record's data, by the type that was asked for: (is it an alias, TTL, length).
_heads: dict[int, dict[bytes, tuple[bool, int, int]]] = {A: {}, AAAA: {}, CNAME: {}, NS: {}, MX: {}, TXT: {}, CAA: {}}


def _head(head: bytes, kind: int) -> tuple[bool, int, int]:
    """What the bytes before a record's data say. Kept, because few differ; NotPlain for other records."""
    pointer, found, group, seconds, size = _POINTED.unpack(head)
    alias = found == CNAME and kind != CNAME
    if (
        pointer < 0xC000
        or group != 1
        or seconds > 0x7FFFFFFF
        or not (alias or ((found, size) in _ADDRESSES and found == kind))
    ):
        raise NotPlain
    known = _heads[kind]
    if len(known) >= MOST_HEADS:
        known.clear()
    known[head] = alias, seconds, size
    return alias, seconds, size


def read_fast(wire: bytes, name: str, kind: int) -> Reply | None:
    """What a plain packet says of `name`, whose question section must already have been matched; else None."""
    try:
        plan = _plans.get(wire[2:12])
        if plan is None:
            plan = _plan(wire[2:12])
        answers, authorities, additionals, empty, recursive = plan
        offset = len(name) + 18
        chain: tuple[str, ...] = ()
        values: tuple[str, ...] = ()
        ttl = MAX_TTL
        owner = b"\xc0\x0c"  # the name of the question, compressed
        heads = _heads[kind]
        while answers:
            head = wire[offset : offset + 12]
            alias, seconds, size = heads.get(head) or _head(head, kind)
            if not head.startswith(owner):
                return None
            if seconds < ttl:
                ttl = seconds
            if not alias:
                values = _addresses(wire, offset, answers, size, head)
                if authorities:
                    return None
                offset += answers * (12 + size)
                break
            offset += 12
            target = _target(wire, offset, offset + size, name)
            if target == name or target in chain or len(chain) == MAX_LINKS:
                return None
            chain = (*chain, target)
            owner = wire[offset : offset + 2] if size == 2 else (0xC000 | offset).to_bytes(2, "big")
            offset += size
            answers -= 1
        if not values:
            if authorities:
                seconds, offset = _start_of_authority(wire, offset)
                if seconds < ttl:
                    ttl = seconds
            elif chain:
                return None
            else:
                ttl = 0
        if additionals:
            offset = _options(wire, offset)
        if offset != len(wire):
            return None
        return "ok" if values else empty, chain, values, ttl, recursive
    except (NotPlain, struct.error, IndexError):
        return None


def _addresses(wire: bytes, offset: int, count: int, size: int, head: bytes) -> tuple[str, ...]:
    """The addresses of `count` records that begin with the same 12 bytes, as those of one set do (RFC 2181)."""
    if size == 4:
        if count == 1:
            high, low = _FOUR.unpack_from(wire, offset + 12)
            return (f"{_PAIRS[high]}.{_PAIRS[low]}",)
        found = [
            f"{_PAIRS[high]}.{_PAIRS[low]}"
            for begins, high, low in _WITH_FOUR.iter_unpack(wire[offset : offset + 16 * count])
            if begins == head
        ]
    else:
        # Some addresses that begin with 32 zero bits have a dotted end, which can be written in two ways.
        found = [
            _ntop(_INET6, _SIXTEEN.pack(high, low))
            for begins, high, low in _WITH_SIXTEEN.iter_unpack(wire[offset : offset + 28 * count])
            if begins == head and high >= 0x100000000
        ]
    if len(set(found)) < count:
        raise NotPlain
    return tuple(found)


_target_endings: dict[tuple[int, str], dict[bytes, str]] = {}


def _target(wire: bytes, offset: int, end: int, name: str) -> str:
    """The target of an alias, which must fill its data exactly; NotPlain for an unusual one.

    Targets differ in their first label and share the rest. Where the rest ends in a pointer into the question,
    behind its first label, its text follows from its bytes, the zone that the question stands in, and where that
    begins; so it is kept under them.
    """
    after = offset + 1 + wire[offset]
    label = wire[offset + 1 : after]
    rest = wire[after:end]
    place = len(name), name.partition(".")[2]
    kept = _target_endings.get(place)
    if kept is not None and rest in kept and (label.isalnum() or (label and not label.translate(None, _PLAIN_BYTES))):
        text = label.decode().lower() + kept[rest]
        if len(label) < 64 and len(text) < 254 and end <= len(wire):
            return text
        raise NotPlain
    found, behind = _name_at(wire, offset, end)
    if behind != end or not found or end > len(wire):
        raise NotPlain
    pointer = int.from_bytes(rest[-2:], "big") - 0xC00C
    zone_begins = len(name) - len(place[1])
    if zone_begins <= pointer < len(name) and name[pointer - 1] == "." and _are_labels(rest[:-2]):
        if kept is None:
            if len(_target_endings) >= MOST_ENDINGS:
                _target_endings.clear()
            kept = _target_endings[place] = {}
        if len(kept) < MOST_ENDINGS:
            kept[rest] = found[len(label) :]
    return found


def _are_labels(labels: bytes) -> bool:
    """Whether the bytes are whole labels and nothing else."""
    offset = 0
    while offset < len(labels):
        if not 0 < labels[offset] < 64:
            return False
        offset += labels[offset] + 1
    return offset == len(labels)


_authorities: dict[tuple[int, bytes], tuple[int, int]] = {}


def _start_of_authority(wire: bytes, offset: int) -> tuple[int, int]:
    """How long an empty answer may be kept (RFC 2308, section 5), and where the bytes behind the SOA begin.

    Most empty answers of a zone carry the same SOA. What it says follows from the bytes behind the place that
    its owner points to, where no other name points to an earlier one; so it is kept under them.
    """
    begins = (wire[offset] & 63) << 8 | wire[offset + 1] if wire[offset] >= 0xC0 else 0
    if not 12 <= begins < offset:
        return _read_authority(wire, offset)
    key = (offset << 16 | begins, wire[begins:])
    known = _authorities.get(key)
    if known is None:
        # A pointer to before that place leads into bytes that no name can hold.
        known = _read_authority(b"\xff" * begins + wire[begins:], offset)
        if len(_authorities) >= MOST_AUTHORITIES:
            _authorities.clear()
        _authorities[key] = known
    return known


def _read_authority(wire: bytes, offset: int) -> tuple[int, int]:
    end = len(wire)
    _, offset = _name_at(wire, offset, end)
    kind, group, seconds, size = _RECORD.unpack_from(wire, offset)
    offset += 10
    if kind != SOA or group != 1 or seconds > 0x7FFFFFFF or offset + size > end:
        raise NotPlain
    after = offset + size
    _, offset = _name_at(wire, offset, after)
    _, offset = _name_at(wire, offset, after)
    if after - offset != 20:
        raise NotPlain
    return min(seconds, int.from_bytes(wire[after - 4 : after], "big")), after


def _options(wire: bytes, offset: int) -> int:
    """Where the bytes behind an OPT record without options begin."""
    if wire[offset : offset + 3] != b"\x00\x00\x29" or wire[offset + 5 : offset + 7] != b"\x00\x00":
        raise NotPlain
    if wire[offset + 9 : offset + 11] != b"\x00\x00":
        raise NotPlain
    return offset + 11


def read_full(wire: bytes, name: str, kind: int) -> Reply:
    """What any packet says of `name`, read by dnspython, which is loaded once it is needed."""
    from scrapers._dns_full import read_full as read_by_dnspython

    return read_by_dnspython(wire, name, kind)


def read(wire: bytes, name: str, kind: int) -> Reply:
    """What a packet says of `name`: by offsets where it is plain, by dnspython otherwise."""
    return read_fast(wire, name, kind) or read_full(wire, name, kind)
