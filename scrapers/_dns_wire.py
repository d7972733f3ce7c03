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
from collections.abc import Callable
from typing import Final

import dns.exception
import dns.ipv6
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset

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


def read_fast(wire: bytes, name: str, kind: int) -> Reply | None:
    """What a plain packet says of `name`, whose question section must already have been matched; else None."""
    try:
        flags, questions, answers, authorities, additionals = _HEADER.unpack_from(wire, 2)
        rcode = flags & 0xFA4F  # a response to a query, not truncated, no reserved bit
        if questions != 1 or authorities > 1 or additionals > 1 or (rcode != 0x8000 and (rcode != 0x8003 or answers)):
            return None
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
        outcome = "ok" if values else "nodata" if rcode == 0x8000 else "nxdomain"
        return outcome, chain, tuple(values), ttl, flags & 0x80 != 0
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


# -- the authority -------------------------------------------------------------------------------------------

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
    AAAA: lambda data: _ntop(_INET6, dns.ipv6.inet_aton(data.address)),
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


def read(wire: bytes, name: str, kind: int) -> Reply:
    """What a packet says of `name`: by offsets where it is plain, by dnspython otherwise."""
    return read_fast(wire, name, kind) or read_full(wire, name, kind)
