"""What is found is that of the zone, in whatever order and however often its records stand in a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import permutations

import pytest

from pipelines.attribution.attribute import attribute_host
from pipelines.attribution.book import Book, Seen
from tests.attribution.zone import RULES, book

HOST = "barset.gov.uk"
TARGET = "c-example.mail.protection.outlook.com"
SPF = "v=spf1 include:spf.protection.outlook.com -all"

# Zones in which more than one rule, exchanger or record names the same provider.
SEVERAL = [
    [("NS", f"ns{n}-0{n}.azure-dns.{end}") for n, end in enumerate(("com", "net", "org", "info"), start=1)],
    [
        ("MX", f"{number} {name}")
        for number, name in ((10, "aspmx3.googlemail.com"), (5, "alt1.aspmx.l.google.com"), (1, "aspmx.l.google.com"))
    ],
    [
        ("TXT", "MS=ms12345678"),
        ("TXT", "v=verifydomain MS=7654321"),
        ("TXT", SPF),
        ("TXT", "apple-domain=abcdefgh1234"),
    ],
    [("A", "13.224.0.1"), ("A", "52.56.34.1"), ("AAAA", "2600:9000::1")],
    [("SRV", "10 60 5061 sipfed.online.lync.com"), ("SRV", "100 1 443 sipdir.online.lync.com")],
]


@pytest.mark.parametrize("zone", SEVERAL, ids=lambda zone: zone[0][1])
def test_what_is_found_is_the_same_in_any_order_and_however_often_a_record_stands_in_the_file(
    zone: list[tuple[str, str]],
) -> None:
    def found(records: Iterable[tuple[str, str]]) -> list[tuple[str | None, ...]]:
        made = attribute_host(book(*((HOST, kind, value) for kind, value in records)), RULES, HOST)
        return sorted((d.role, d.provider, d.rule_id, d.product, d.region, d.endpoint, d.evidence_text()) for d in made)

    expected = found(zone)
    for order in permutations(zone):
        assert found(order) == found([*order, *zone]) == expected
    assert all(evidence.count(value) == 1 for *_, evidence in expected for _, value in zone if value in str(evidence))


def test_one_rule_covers_the_name_servers_of_an_operator_under_several_domains() -> None:
    (found,) = attribute_host(book(*((HOST, kind, value) for kind, value in SEVERAL[0])), RULES, HOST)
    assert (found.provider, found.rule_id) == ("azure", "ns:azure:azure-dns.{com,net,org,info}")
    assert [seen.value for seen in found.evidence] == [value for _, value in SEVERAL[0]]
    assert {RULES.name_server(f"ns1.zen.{end}").provider for end in ("co.uk", "net.uk")} == {"zen"}
    assert RULES.name_server("ns1.heartinternet.uk") == RULES.name_server("ns1.heartinternet.co.uk")
    assert RULES.name_server("ns1.azure-dns.example") is None


def test_the_exchanger_of_the_least_number_speaks_for_its_provider() -> None:
    found = attribute_host(book(*((HOST, kind, value) for kind, value in SEVERAL[1])), RULES, HOST)
    assert [d.endpoint for d in found] == ["aspmx.l.google.com"]
    assert found[0].evidence_text().startswith(f"{HOST} MX 1 aspmx.l.google.com > {HOST} MX 5 alt1")


def test_a_number_that_no_exchanger_has_is_text() -> None:
    found = attribute_host(book((HOST, "MX", f"{'9' * 5000} {TARGET}"), (HOST, "MX", f"5 {TARGET}")), RULES, HOST)
    assert [d.provider for d in found] == ["microsoft-365"]


def test_of_an_alias_seen_on_several_days_the_newest_counts() -> None:
    days = (dt.date(2026, 4, 26), dt.date(2026, 5, 3), None, dt.date(2025, 12, 31))
    seen = [Seen(HOST, "CNAME", "front.nobody.example", str(n), day) for n, day in enumerate(days)]
    for order in permutations(seen):
        (draft,) = attribute_host(Book(order), RULES, HOST)
        assert (draft.rule_id, draft.seen_on) == ("alias-unknown", dt.date(2026, 5, 3))
