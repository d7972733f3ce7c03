"""The last step of a scan: who announces and who holds the addresses that no published range knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from app.scanning import Row
from pipelines.attribution.announced import AS_KIND, HOLDER_KIND
from pipelines.attribution.rules import Rules
from scrapers._asn import Holder, Networks, holder
from scrapers._dns import KINDS, Lookups
from scrapers._dns_wire import Reply
from scrapers._fetch import Fetcher


def texts(lookups: Lookups, name: str) -> Sequence[str]:
    """The TXT records of a name; none for any other outcome."""
    found: list[str] = []

    def heard(_name: str, _kind: int, reply: Reply, _server: object) -> None:
        outcome, _, answers, _, _ = reply
        if outcome == "ok":
            found.extend(answers)

    lookups.ask(name.lower(), KINDS["TXT"], heard)
    lookups.run()
    return found


def look_up(
    addresses: Mapping[str, Sequence[str]], rules: Rules, lookups: Lookups, fetcher: Fetcher
) -> Iterator[tuple[str, list[Row]]]:
    """(host, rows) of each host with an address outside every range: an origin lookup for each network, then RDAP.

    Each network is asked for once in a run, whatever the number of hosts in it.
    """
    networks = Networks(lambda name: texts(lookups, name))
    holders: dict[str, Holder | None] = {}
    for host, values in addresses.items():
        rows: list[Row] = []
        for address in values:
            origin = None if rules.networks.find(address) else networks.origin(address)
            if origin is None:
                continue
            if origin.prefix not in holders:
                holders[origin.prefix] = holder(fetcher, address, origin.registry)
            named = f": {origin.name}" if origin.name else ""
            said = tuple(f"AS{asn} announces {origin.prefix}{named}" for asn in origin.asns)
            rows.append(_row(host, AS_KIND, said))
            held = holders[origin.prefix]
            if held is not None:
                rows.append(_row(host, HOLDER_KIND, (f"{held.name} holds {origin.prefix}",)))
        if rows:
            yield host, rows


def _row(host: str, kind: str, answers: tuple[str, ...]) -> Row:
    return Row(host, kind, "ok", (), answers, None, dt.datetime.now(dt.UTC).replace(microsecond=0))
