"""Our decoder gives what dnspython gives, or nothing; no packet raises or takes long."""

from __future__ import annotations

import random
import time

import dns.message
import dns.name
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import mutated, packet

from scrapers import _dns
from scrapers import _dns_wire as wire


def check(name: str, kind: int, body: bytes) -> bool:
    """Whether our decoder took the packet; fails where it took it for something else than dnspython does."""
    question = wire.encode_question(name, kind)
    full = wire.read_full(body, name, kind)
    if body[12 : 12 + len(question)] != question or len(body) < 12 or body[2] < 0x80:
        return False  # the client matches id, question and response bit before it reads
    fast = wire.read_fast(body, name, kind)
    assert fast is None or fast == full, body.hex()
    return fast is not None


SEEDS = st.integers(0, 2**64).map(random.Random)


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_plain_and_unusual_answers_read_the_same(source: random.Random) -> None:
    check(*packet(source))


@settings(max_examples=300, deadline=None)
@given(SEEDS)
def test_mutated_answers_read_the_same_or_fall_back(source: random.Random) -> None:
    name, kind, body = packet(source)
    check(name, kind, mutated(body, source))


def fuzz(seed: int, number: int) -> tuple[int, float]:
    """How many packets our decoder took of `number`, and the most seconds of processor time that one needed."""
    source = random.Random(seed)
    taken, longest = 0, 0.0
    name, kind, body = packet(source)
    for count in range(number):
        if count % 20 == 0:
            name, kind, body = packet(source)
        started = time.thread_time()
        taken += check(name, kind, mutated(body, source) if count % 20 else body)
        longest = max(longest, time.thread_time() - started)
    return taken, longest


def test_twenty_thousand_mutated_packets() -> None:
    taken, longest = fuzz(4, 20_000)
    assert taken > 2_000  # the test reaches the decoder at all
    assert longest < 2


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_a_million_mutated_packets(seed: int) -> None:
    taken, longest = fuzz(100 + seed, 100_000)
    assert taken > 10_000
    assert longest < 2


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600))
def test_noise_never_raises(body: bytes) -> None:
    assert wire.read(body, "www.council.gov.uk", wire.A)[0] in (
        "malformed", "servfail", "refused", "truncated", "formerr", "nodata", "nxdomain", "lame",
    )  # fmt: skip


LABEL = st.from_regex(r"\A[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\Z")


@given(st.lists(LABEL, min_size=1, max_size=5))
def test_questions_are_encoded_as_dnspython_does(labels: list[str]) -> None:
    name = ".".join(labels)
    if len(name) > 253:
        with pytest.raises(ValueError, match="not a host name"):
            wire.encode_name(name)
        return
    query = dns.message.make_query(name, "AAAA").to_wire()
    assert wire.encode_name(name) + b"\x00\x1c\x00\x01" == query[12:]
    assert wire.encode_question(name, wire.AAAA) == query[12:]


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "a" * 64 + ".uk", "x." * 127 + "uk", ".a", "bücher.example", "a" * 63 + "." + "b." * 100]
)
def test_what_is_no_host_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        wire.encode_name(name)
    assert not _dns.is_host(name)


def answer(name: str, *lines: tuple) -> bytes:
    """An answer in wire form: (owner, TTL, type, data)."""
    reply = dns.message.make_response(dns.message.make_query(name, "A"))
    for owner, ttl, kind, data in lines:
        reply.answer.append(dns.rrset.from_text(owner, ttl, "IN", kind, data))
    return reply.to_wire()


# name, records, what must be said (worked out by hand)
SAID = [
    ([("x.uk.", 60, "A", "192.0.2.1")], ("ok", (), ("192.0.2.1",), 60)),
    ([("x.uk.", 60, "CNAME", "y.uk."), ("y.uk.", 5, "A", "192.0.2.1")], ("ok", ("y.uk",), ("192.0.2.1",), 5)),
    ([("y.uk.", 60, "A", "192.0.2.1")], ("nodata", (), (), 0)),
    ([("x.uk.", 60, "CNAME", "y.uk."), ("z.uk.", 5, "A", "192.0.2.1")], ("alias", ("y.uk",), (), 60)),
    ([("x.uk.", 60, "CNAME", "x.uk.")], ("loop", (), (), 0)),
    ([("x.uk.", 60, "CNAME", "y.uk."), ("y.uk.", 60, "CNAME", "x.uk.")], ("loop", ("y.uk",), (), 0)),
    ([("x.uk.", 60, "CNAME", "Y.UK."), ("y.uk.", 5, "A", "192.0.2.1")], ("ok", ("y.uk",), ("192.0.2.1",), 5)),
]


@pytest.mark.parametrize(("lines", "said"), SAID)
def test_what_an_answer_says(lines: list, said: tuple) -> None:
    assert wire.read(answer("x.uk", *lines), "x.uk", wire.A)[:4] == said


def test_the_plain_shapes_do_not_need_dnspython() -> None:
    """Without this, a decoder that gives up on everything would pass every other test."""
    for lines, said in SAID[:2]:
        assert wire.read_fast(answer("x.uk", *lines), "x.uk", wire.A)[:4] == said


def test_two_aliases_of_one_name_are_malformed() -> None:
    question = wire.encode_question("x.uk", wire.A)
    records = b"".join(
        b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01" + letter + b"\xc0\x0e" for letter in (b"a", b"b")
    )
    body = b"\x00\x07\x84\x00\x00\x01\x00\x02\x00\x00\x00\x00" + question + records
    assert dns.message.from_wire(body, one_rr_per_rrset=True).answer[1][0].target == dns.name.from_text("b.uk")
    assert wire.read(body, "x.uk", wire.A)[0] == "malformed"
