"""DNS answers of every plain shape, and what line noise or a hostile server makes of them.

`packet` writes answers with dnspython, so its compression is not ours; `mutated` changes bytes behind the header's
id. Both take the random source, so a seed gives the same packets again.
"""

from __future__ import annotations

import random

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from scrapers import _dns_wire as wire

NAMES = ("www.council.gov.uk", "a.b", "s1.gov.test", "long-label-with-dashes.service.gov.uk", "council.gov.uk")
TARGETS = (
    "d1.cloudfront.net.", "lb.council.gov.uk.", "council.gov.uk.", "gov.uk.", "UPPER.Case.Example.", "x.service.gov.uk.",
    "elb-1.eu-west-2.elb.amazonaws.com.", "a-b_c.gov.test.", "odd\\.dot.example.", "b.",
)  # fmt: skip
V6 = ("2001:db8::1", "2001:db8:0:1::", "::ffff:192.0.2.1", "64:ff9b::192.0.2.1", "2001:db8:1:2:3:4:5:6", "1:0:0:2::3")


def packet(source: random.Random) -> tuple[str, int, bytes]:
    """(name, type, answer) of one question; three of four are plain."""
    name, kind = source.choice(NAMES), source.choice((wire.A, wire.A, wire.AAAA, wire.AAAA, wire.CNAME))
    query = dns.message.make_query(name, kind, use_edns=source.choice((-1, -1, 0)))
    reply = dns.message.make_response(query, recursion_available=source.random() < 0.5)
    plain = source.random() < 0.75
    current = name + "."
    for _ in range(source.choice((0, 0, 1, 2, 3))):
        target = source.choice(TARGETS)
        reply.answer.append(dns.rrset.from_text(current, source.choice((0, 60, 300)), "IN", "CNAME", target))
        current = target
    found = kind if plain or source.random() < 0.7 else source.choice((wire.A, wire.AAAA))
    many = source.choice((0, 1, 1, 2, 3))
    if found == wire.A and many:
        data = [f"192.0.2.{source.randrange(256)}" for _ in range(many)]
        reply.answer.append(dns.rrset.from_text(current, source.choice((30, 300, 9000000)), "IN", "A", *data))
    elif found == wire.AAAA and many:
        reply.answer.append(dns.rrset.from_text(current, 300, "IN", "AAAA", *source.sample(V6, many)))
    else:
        apex = source.choice(("council.gov.uk.", "uk.", ".", "gov.test."))
        data = f"ns1.{apex.lstrip('.')} host.example. 1 2 3 4 {source.choice((5, 300, 86400))}"
        reply.authority.append(dns.rrset.from_text(apex, 900, "IN", "SOA", data))
        if not reply.answer and source.random() < 0.5:
            reply.set_rcode(dns.rcode.NXDOMAIN)
    if not plain:
        _unusual(reply, source)
    return name, kind, reply.to_wire(max_size=4096)


def _unusual(reply: dns.message.Message, source: random.Random) -> None:
    choice = source.randrange(6)
    if choice == 0:
        reply.set_rcode(source.choice((1, 2, 3, 4, 5, 9)))
    elif choice == 1:
        reply.authority.append(dns.rrset.from_text("council.gov.uk.", 9, "IN", "NS", "ns1.council.gov.uk."))
    elif choice == 2:
        reply.additional.append(dns.rrset.from_text("bank.example.", 9, "IN", "A", "203.0.113.66"))
    elif choice == 3:
        reply.flags |= source.choice((dns.flags.TC, dns.flags.AD, dns.flags.CD))
    elif choice == 4:
        reply.answer.append(dns.rrset.from_text("bank.example.", 9, "IN", "A", "203.0.113.66"))
    else:
        reply.answer.append(dns.rrset.from_text("council.gov.uk.", 9, "IN", "TXT", '"v=spf1 -all"'))


def mutated(body: bytes, source: random.Random) -> bytes:
    """The packet with a few bytes changed, lost, doubled or moved; mostly behind its question."""
    changed = bytearray(body)
    first = min(2 if source.random() < 0.3 else 24, len(changed) - 2)
    for _ in range(source.choice((1, 1, 1, 2, 4))):
        at = source.randrange(first, len(changed))
        way = source.randrange(6)
        if way == 0:
            changed[at] ^= 1 << source.randrange(8)
        elif way == 1:
            changed[at] = source.choice((0, 1, 3, 5, 6, 12, 28, 41, 63, 64, 0x80, 0xC0, 0xFF))
        elif way == 2 and len(changed) > first + 4:
            del changed[at : at + source.randrange(1, 4)]
        elif way == 3:
            changed[at:at] = source.randbytes(source.randrange(1, 4))
        elif way == 4:
            changed[at] = changed[source.randrange(first, len(changed))]
        else:
            at2 = source.randrange(len(changed) - 1)
            changed[at2 : at2 + 2] = (0xC000 | source.randrange(len(changed))).to_bytes(2, "big")
        if len(changed) <= first:
            break
    return bytes(changed)
