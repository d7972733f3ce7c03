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
OPT: Final = 41
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
_TTL_SIZE = struct.Struct("!IH")
# Address records behind a compressed owner: owner, type and class together, TTL, length, address in two halves.
_LAYOUTS = {
    A: (struct.Struct("!6sIHHH"), 4, b"\x00\x01\x00\x01"),
    AAAA: (struct.Struct("!6sIHQQ"), 16, b"\x00\x1c\x00\x01"),
}
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


class NotPlain(Exception):
    """The own decoder does not take this packet."""


# -- questions ---------------------------------------------------------------------------------------------


_endings: dict[str, bytes] = {"": b"\x00"}
_TAILS = {kind: kind.to_bytes(2, "big") + b"\x00\x01" for kind in (A, NS, CNAME, SOA, MX, TXT, AAAA, CAA)}
_SIZES = [bytes((size,)) for size in range(64)]
MOST_ENDINGS = 100_000
MOST_AUTHORITIES = 10_000


def encode_name(name: str) -> bytes:
    """A host name (lower case, no final dot) in wire form; ValueError where it cannot be one.

    Names of one list share their endings, so the wire form of each ending is kept.
    """
    label, _, rest = name.partition(".")
    ending = _endings.get(rest)
    if ending is None:
        ending = encode_name(rest)
        if len(_endings) < MOST_ENDINGS:
            _endings[rest] = ending
    size = len(label)
    if not 0 < size < 64 or len(ending) + size > 254:
        raise ValueError(f"{name[:80]!r} is not a host name")
    return _SIZES[size] + label.encode("ascii") + ending


def encode_question(name: str, kind: int) -> bytes:
    """The question section that asks for records of one type and class IN."""
    label, _, rest = name.partition(".")
    ending = _endings.get(rest)
    size = len(label)
    if ending is None or not 0 < size < 64 or len(ending) + size > 254:
        return encode_name(name) + _TAILS[kind]
    return _SIZES[size] + label.encode("ascii") + ending + _TAILS[kind]


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


def read_fast(wire: bytes, name: str, kind: int) -> Reply | None:
    """What a plain packet says of `name`, whose question section must already have been matched; else None."""
    try:
        plan = _plans.get(wire[2:12])
        if plan is None:
            plan = _plan(wire[2:12])
        answers, authorities, additionals, empty, recursive = plan
        offset = len(name) + 18
        chain: tuple[str, ...] = ()
        values: list[str] = []
        ttl = MAX_TTL
        if answers:
            owner = b"\xc0\x0c"  # the name of the question, compressed
            while wire[offset + 2 : offset + 6] == b"\x00\x05\x00\x01":
                seconds, size = _TTL_SIZE.unpack_from(wire, offset + 6)
                if wire[offset : offset + 2] != owner or kind == CNAME or seconds > 0x7FFFFFFF:
                    return None
                offset += 12
                target = _target(wire, offset, offset + size, name)
                if target is None or target == name or target in chain or len(chain) == MAX_LINKS:
                    return None
                chain = (*chain, target)
                owner = wire[offset : offset + 2] if size == 2 else (0xC000 | offset).to_bytes(2, "big")
                if seconds < ttl:
                    ttl = seconds
                offset += size
                answers -= 1
                if not answers:
                    break
            if answers:
                layout, size, tail = _LAYOUTS[kind]
                end = offset + answers * layout.size
                whole_head = owner + tail
                for head, seconds, length, high, low in layout.iter_unpack(wire[offset:end]):
                    if head != whole_head or length != size:
                        return None
                    if seconds < ttl:
                        ttl = seconds
                    elif seconds > 0x7FFFFFFF:
                        return None
                    if size == 4:
                        values.append(f"{_PAIRS[high]}.{_PAIRS[low]}")
                    elif high < 0x100000000:  # forms with a dotted end can be written in two ways
                        return None
                    else:
                        values.append(_ntop(_INET6, _SIXTEEN.pack(high, low)))
                if answers > 1 and len(set(values)) < answers:
                    return None
                offset = end
            elif not authorities:
                return None
        if authorities:
            if values:
                return None
            seconds, offset = _start_of_authority(wire, offset)
            if seconds < ttl:
                ttl = seconds
        elif not values:
            ttl = 0
        if additionals:
            offset = _options(wire, offset)
        if offset != len(wire):
            return None
        return "ok" if values else empty, chain, tuple(values), ttl, recursive
    except (NotPlain, struct.error, IndexError, KeyError):
        return None


_target_endings: dict[str, dict[bytes, str]] = {}


def _target(wire: bytes, offset: int, end: int, name: str) -> str | None:
    """The target of an alias, which must fill its data exactly; None for an unusual one.

    Targets differ in their first label and share the rest. Where that ends in a pointer to a label of the
    question, its text follows from the bytes before the pointer and the part of `name` behind it; so it is kept
    under the two.
    """
    if end > len(wire):
        return None
    size = wire[offset]
    after = offset + 1 + size
    label = wire[offset + 1 : after]
    pointer = (wire[end - 2] << 8 | wire[end - 1]) - 0xC00C
    kept = rest = None
    if 0 < pointer < len(name) and name[pointer - 1] == "." and 0 < size < 64 and after <= end - 2:
        suffix = name[pointer:]
        kept = _target_endings.get(suffix)
        rest = wire[after : end - 2]
        if kept is None:
            kept = _target_endings[suffix] = {}
        ending = kept.get(rest)
        if ending is not None and (label.isalnum() or not label.translate(None, _PLAIN_BYTES)):
            return label.decode().lower() + ending if size + len(ending) < 254 else None
    text, behind = _name_at(wire, offset, end)
    if behind != end or not text:
        return None
    if kept is not None and rest is not None and _ends_open(rest):
        if len(_target_endings) + len(kept) > MOST_ENDINGS:
            _target_endings.clear()
        kept[rest] = text[size:]
    return text


def _ends_open(labels: bytes) -> bool:
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
