"""Look-ups of many hosts and addresses give what a slow and plain reading gives."""

from __future__ import annotations

import ipaddress
import random
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.attribution import networks
from pipelines.attribution.matching import Prefixes, Suffixes
from pipelines.attribution.networks import Network, Networks
from pipelines.attribution.packed import packed
from pipelines.attribution.rules import Rule

LABEL = st.sampled_from(["a", "b", "ab", "gov", "uk", "x-1"])
NAME = st.lists(LABEL, min_size=1, max_size=5).map(".".join)
SUFFIX = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


def rule(suffix: str) -> Rule:
    return Rule(suffix, "aws", "web", "hosting", None, "confirmed")


@given(st.sets(SUFFIX, max_size=12), st.lists(NAME, max_size=12))
def test_the_longest_suffix_by_whole_labels_wins(suffixes: set[str], names: list[str]) -> None:
    table = Suffixes({suffix: rule(suffix) for suffix in suffixes})
    for name in names:
        ends = [s for s in suffixes if ("." + name).endswith("." + s)]
        found = table.find(name)
        assert (found.id if found else None) == max(ends, key=len, default=None)


def test_a_top_level_domain_is_no_mark() -> None:
    with pytest.raises(ValueError, match="'google' is one label"):
        Suffixes({"google": rule("google")})


START = st.text("amMS=:-", min_size=2, max_size=5)


@given(st.sets(START, max_size=8), st.lists(st.text("amMS=:-", max_size=8), max_size=8))
def test_the_longest_prefix_wins_in_either_case(prefixes: set[str], texts: list[str]) -> None:
    def key(text: str) -> str:
        return text.lower().replace(":", "=")

    table = Prefixes({prefix: rule(key(prefix)) for prefix in prefixes})
    for text in texts:
        fitting = [key(prefix) for prefix in prefixes if key(text).startswith(key(prefix))]
        found = table.find(text)
        assert (found.id if found else None) == max(fitting, key=len, default=None)


def test_one_letter_is_no_mark() -> None:
    with pytest.raises(ValueError, match="'m' is too short"):
        Prefixes({"m": rule("m")})


PREFIXES = ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.128/25", "2001:db8::/32", "2001:db8:1::/96", "255.255.255.255/32"]
TABLE = Networks(Network(prefix, "aws", None, None, "2026-01-01", "a list") for prefix in PREFIXES)
FOUR, SIX = st.ip_addresses(v=4), st.ip_addresses(v=6)
NEAR = st.sampled_from(PREFIXES).flatmap(
    lambda text: st.ip_addresses(network=ipaddress.ip_network(text))  # type: ignore[arg-type]
)


@given(st.lists(st.one_of(FOUR, SIX, NEAR).map(str), max_size=20))
def test_many_addresses_at_once_give_what_each_gives(addresses: list[str]) -> None:
    def slowly(text: str) -> str | None:
        address = ipaddress.ip_address(text)
        if address.version == 6 and address.ipv4_mapped:
            address = address.ipv4_mapped
        hits = [n for n in map(ipaddress.ip_network, PREFIXES) if n.version == address.version and address in n]
        return str(max(hits, key=lambda n: n.prefixlen)) if hits else None

    expected = [slowly(text) for text in addresses]
    found = TABLE.find_many(addresses).tolist()
    assert [TABLE.networks[i].prefix if i >= 0 else None for i in found] == expected
    assert {a: n.prefix if n else None for a, n in TABLE.find_each([*addresses, "no.address"]).items()} == dict(
        zip(addresses, expected, strict=True)
    )


@pytest.mark.parametrize("many", [1, 1_000])
def test_what_was_expected_is_found_as_what_was_not(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "_MANY", many)
    table = Networks(TABLE.networks)
    asked = ["10.1.2.3", "192.0.2.1", "::ffff:10.2.2.3", "2001:db8:1::7", "no.address"]
    table.expect(asked)
    found = [network.prefix if (network := table.find(address)) else None for address in asked[:-1]]
    assert found == ["10.1.0.0/16", None, "10.0.0.0/8", "2001:db8:1::/96"]
    with pytest.raises(ValueError, match="is not an address"):
        table.find(asked[-1])


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.1000", "01.2.3.4", "1.2.3.00", "1..3.4", ".1.2.3", "1.2.3.",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "1.2.3.4\n", "1.2.3.4\n1.2.3.4", "1.2.3.٤", "a.b.c.d", "1.2.3.4/32",
        ":", "1::2::3", "fe80::1%1", "::ffff:1.2.3", "12345::", "g::", "1,2,3,4", "1.2.3/4",
    ],
)  # fmt: skip
def test_what_is_no_address_is_named(text: str) -> None:
    for addresses in ([text], ["192.0.2.1", text, "2001:db8::1"], ["2001:db8::1", text]):
        with pytest.raises(ValueError, match="is not an address") as refused:
            TABLE.find_many(addresses)
        assert repr(text) in str(refused.value)


def by_the_system(text: str) -> bytes | None:
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return None


NEARLY_FOUR = st.lists(st.sampled_from(["0", "7", "10", "255", "256", "00", "099", "", "1a"]), min_size=3, max_size=5)
NEARLY_SIX = st.lists(
    st.sampled_from(["", "", "0", "1", "ab", "FFFF", "00001", "g", "1.2.3.4"]), min_size=2, max_size=10
)
WRITTEN = st.one_of(NEARLY_FOUR.map(".".join), NEARLY_SIX.map(":".join), FOUR.map(str), SIX.map(str))


@given(st.lists(WRITTEN, max_size=8))
@settings(deadline=None)
def test_texts_become_the_bytes_that_the_system_reads(texts: list[str]) -> None:
    read = [by_the_system(text) for text in texts]
    if None in read:
        with pytest.raises(ValueError, match="is not an address") as refused:
            packed(texts)
        assert repr(texts[read.index(None)]) in str(refused.value)
    texts = [text for text, cells in zip(texts, read, strict=True) if cells]
    four, six, wide = packed(texts)
    rows = {False: iter(four), True: iter(six)}
    assert [next(rows[bool(w)]).tobytes() for w in wide] == [cells for cells in read if cells]


def test_networks_agree_with_a_plain_search() -> None:
    """Expected by trying every prefix, the smallest that holds the address."""
    generator = random.Random(7)
    prefixes = []
    for _ in range(300):
        if generator.random() < 0.7:
            length = generator.randint(8, 32)
            network = ipaddress.ip_network((generator.getrandbits(32) & ((1 << 32) - 1), 32)).supernet(
                new_prefix=length
            )
        else:
            length = generator.choice([20, 32, 48, 64, 96, 112, 124, 128])
            network = ipaddress.ip_network(((0x20010DB8 << 96) | generator.getrandbits(40), 128)).supernet(
                new_prefix=length
            )
        prefixes.append(network)
    prefixes += [prefix.supernet() for prefix in prefixes[:50]]
    table = Networks([Network(str(p), f"p{i}", None, None, "2026", "t") for i, p in enumerate(prefixes)])
    probes = [str(p.network_address) for p in prefixes] + [str(p.broadcast_address) for p in prefixes]
    probes += [str(ipaddress.ip_address(generator.getrandbits(32))) for _ in range(500)]
    many = table.find_many(probes)
    for probe, index in zip(probes, many, strict=True):
        address = ipaddress.ip_address(probe)
        holding = [p for p in prefixes if p.version == address.version and address in p]
        longest = max((p.prefixlen for p in holding), default=None)
        single = table.find(probe)
        if longest is None:
            assert index == -1 and single is None
        else:
            assert ipaddress.ip_network(table.networks[index].prefix).prefixlen == longest
            assert single is not None and ipaddress.ip_network(single.prefix).prefixlen == longest


def test_newest_and_named_service_win_between_equal_prefixes() -> None:
    rows = [
        Network("198.51.100.0/24", "old", "EC2", None, "2024", "t"),
        Network("198.51.100.0/24", "new", "EC2", None, "2026", "t"),
        Network("198.51.100.0/24", "catch-all", "AMAZON", None, "2027", "t", specific=False),
    ]
    for order in (rows, rows[::-1], [rows[1], rows[2], rows[0]]):
        found_ = Networks(order).find("198.51.100.7")
        assert found_ is not None and found_.provider == "new"
