"""Politeness, measured where it counts: at the server."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from fault_server import DnsFaults

from pipelines.attribution import names
from pipelines.errors import Refused
from scrapers import _dns
from scrapers._dns_pace import Polite, registrable


def asked(rate: float, names: list[str], per_zone: float = 2.0) -> tuple[DnsFaults, _dns.Lookups]:
    """Ask a server that counts for `names`, at `rate`."""
    with DnsFaults() as faults:
        lookups = _dns.Lookups([_dns.server(f"{faults.host}:{faults.port}")], rate=rate, per_zone=per_zone)
        for name in names:
            lookups.ask(name, _dns.KINDS["A"], lambda *_: None)
        lookups.run()
        lookups.close()
        return faults, lookups


def test_the_total_rate_holds_at_the_server() -> None:
    faults, _ = asked(20, [f"h.zone{i}.test" for i in range(45)])
    stats = faults.stats()
    assert stats["queries"] == 45
    assert 15 <= stats["max_per_second"] <= 20
    # Each question from a port of its own, drawn from some 28,000: in one run of 29 two of them are drawn alike, and three
    # pairs or more in one of some 140,000.
    assert stats["ports"] >= 43


def test_a_zone_is_asked_twice_a_second() -> None:
    faults, _ = asked(20, [f"h{i}.council.gov.uk" for i in range(5)])
    stats = faults.stats()
    assert stats["queries"] == 5
    assert stats["max_per_second"] <= 2


def test_tries_count_as_questions_too() -> None:
    faults, lookups = asked(4, [f"x{i}.servfail.fault.test" for i in range(3)], per_zone=4)
    stats = faults.stats()
    assert stats["queries"] == lookups.client.sent == 6
    assert stats["max_per_second"] <= 4


@pytest.mark.full
@pytest.mark.parametrize("rate", [1, 5, 20, 50])
def test_every_rate_holds_for_retries_and_tcp(rate: float) -> None:
    names = [f"x{i}.{fault}.zone{i}.test" for i in range(int(rate) * 2) for fault in ("a", "b")]
    faults, _ = asked(rate, [*names, "truncated.fault.test", "drop-first.fault.test"])
    assert faults.stats()["max_per_second"] <= rate


def simulated(rate: float, per_zone: float, zones: list[str]) -> list[tuple[float, str]]:
    """When questions to `zones` leave, on a clock of our own."""
    pace = Polite(rate, per_zone, zone_of=lambda name: name)
    for zone in zones:
        pace.add((zone, 1, None, None))
    left, now = [], 100.0
    while len(pace):
        left += [(now, item[0]) for item in pace.take(now, 1000)]
        wait = pace.wait(now)
        now += max(wait or 0.0, 0.001)
    return left


@pytest.mark.parametrize(("rate", "per_zone"), [(20, 2), (5, 2), (100, 2), (20, 20)])
def test_any_second_holds_no_more_than_promised(rate: float, per_zone: float) -> None:
    zones = [f"z{i % 7}" for i in range(100)] + ["busy"] * 30
    left = simulated(rate, per_zone, zones)
    assert sorted(zone for _, zone in left) == sorted(zones)

    def most(times: list[float]) -> int:
        return max(sum(1 for t in times if start <= t < start + 1) for start in times)

    assert most([t for t, _ in left]) <= rate
    for zone in set(zones):
        assert most([t for t, z in left if z == zone]) <= per_zone


def test_a_busy_zone_does_not_hold_up_the_others() -> None:
    left = simulated(20, 2, ["busy"] * 50 + [f"z{i}" for i in range(50)])
    last = max(t for t, zone in left if zone != "busy")
    assert last - left[0][0] < 5


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("www.council.gov.uk", "council.gov.uk"), ("council.gov.uk", "council.gov.uk"), ("a.b.example.com", "example.com"),
        ("x.police.uk", "x.police.uk"), ("gov.uk", "gov.uk"), ("h.fault.test", "fault.test"),
    ],
)  # fmt: skip
def test_a_zone_is_what_somebody_registered(name: str, zone: str) -> None:
    assert registrable(name) == names.registrable(name) == zone


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: _dns.server("10.0.0.1:53"), "private"),
        (lambda: _dns.server("192.168.1.1"), "private"),
        (lambda: _dns.server("fe80::1"), "private"),
        (lambda: _dns.server("resolver.example"), "not an address"),
        (lambda: _dns.server("192.0.2.1.9"), "not an address"),
        (lambda: _dns.server("127.0.0.1:0"), "no valid port"),
        (lambda: _dns.server("127.0.0.1:99999"), "no valid port"),
        (lambda: _dns.Lookups([_dns.Server("8.8.8.8")], rate=0), "without a limit"),
        (lambda: _dns.Lookups([_dns.Server("127.0.0.1")], rate=-1), "--rate"),
        (lambda: _dns.Lookups([_dns.Server("127.0.0.1")], rate=float("nan")), "--rate"),
        (lambda: _dns.Lookups([]), "no resolver"),
    ],
)
def test_what_may_not_be_asked_is_refused(make: Callable, says: str) -> None:
    with pytest.raises(Refused, match=says):
        make()


def test_resolvers_are_read_in_every_form() -> None:
    forms = {
        "127.0.0.1": ("127.0.0.1", 53), "127.0.0.1:5300": ("127.0.0.1", 5300), "::1": ("::1", 53),
        "[::1]:5300": ("::1", 5300), "[::1]": ("::1", 53), "8.8.4.4:53": ("8.8.4.4", 53),
    }  # fmt: skip
    for text, expected in forms.items():
        assert (_dns.server(text).host, _dns.server(text).port) == expected


def test_ids_are_spread_over_their_whole_range() -> None:
    """20,000 pairs of random bytes: no value often, each 16th of the range about as often as the others."""
    from scrapers._dns_client import random_pairs

    values = [int.from_bytes(pair, "big") for pair in itertools.islice(random_pairs(), 20_000)]
    parts = [sum(1 for v in values if v >> 12 == part) for part in range(16)]
    assert min(parts) > 1000 and max(parts) < 1500
    assert len(set(values)) > 16_500  # 17,240 expected of 65,536 values in 20,000 draws
