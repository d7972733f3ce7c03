"""Who announces an address, and who holds it: asked last, only in live scans, where no list knows the network.

Origin by DNS (Team Cymru's service: TXT on the reversed address) and holder by RDAP (RFC 9082, RFC 9083) at
the registry that the origin names. The AS says who announces a network, which need not be who operates it:
findings from it are at most likely. Answers are kept for a day.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.errors import Partial, Refused
from scrapers._fetch import Fetcher
from scrapers._json import BadJSON, strict_json

KEPT_SECONDS = 24 * 3600.0
MOST_KEPT = 100_000
# RDAP servers by the registry's name in an origin answer.
REGISTRIES = {
    "ripencc": "https://rdap.db.ripe.net/ip/",
    "arin": "https://rdap.arin.net/registry/ip/",
    "apnic": "https://rdap.apnic.net/ip/",
    "lacnic": "https://rdap.lacnic.net/rdap/ip/",
    "afrinic": "https://rdap.afrinic.net/rdap/ip/",
}

# The texts of a name's TXT records; an empty list for any outcome without records.
Resolve = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Origin:
    """What is announced around an address. `asns` has several entries where several networks announce it."""

    prefix: str
    asns: tuple[int, ...]
    country: str | None
    registry: str | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom the registry names for an address: no person, no contact."""

    name: str
    handle: str | None
    country: str | None


def origin_name(address: str) -> str:
    """The name whose TXT record says who announces an address; ValueError for what is no address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return ".".join(reversed(ip.exploded.replace(":", ""))) + ".origin6.asn.cymru.com"
    return ".".join(reversed(str(ip).split("."))) + ".origin.asn.cymru.com"


def name_of_as(asn: int) -> str:
    """The name whose TXT record says what an AS is called."""
    return f"AS{asn}.asn.cymru.com"


def parse_origin(texts: Sequence[str]) -> Origin | None:
    """The most specific origin in TXT answers such as "13335 | 1.1.1.0/24 | AU | apnic | 2011-08-11"."""
    best: Origin | None = None
    for text in texts:
        cells = [cell.strip() for cell in text.strip().strip('"').split("|")]
        if len(cells) < 4:
            continue
        try:
            network = ipaddress.ip_network(cells[1])
            asns = tuple(int(number) for number in cells[0].split())
        except ValueError:
            continue
        if not asns or not all(0 < number < 1 << 32 for number in asns):
            continue
        if best is None or network.prefixlen > ipaddress.ip_network(best.prefix).prefixlen:
            best = Origin(str(network), asns, _country(cells[2]), cells[3].lower() or None)
    return best


def parse_as_name(texts: Sequence[str]) -> str | None:
    """The name in "13335 | US | arin | 2010-07-14 | CLOUDFLARENET, US"; None where there is none."""
    for text in texts:
        cells = [cell.strip() for cell in text.strip().strip('"').split("|")]
        if len(cells) >= 5 and cells[4]:
            return cells[4][:120]
    return None


def _country(text: str) -> str | None:
    return text.upper() if len(text) == 2 and text.isalpha() else None


def parse_holder(document: Any) -> Holder | None:
    """The organisation in an RDAP answer for a network (RFC 9083): the registrant's name, else the network's."""
    if not isinstance(document, dict) or document.get("objectClassName") not in (None, "ip network"):
        return None
    handle = document.get("handle")
    country = _country(str(document.get("country") or ""))
    entities = document.get("entities")
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, dict) and "registrant" in (entity.get("roles") or []):
            name = _full_name(entity.get("vcardArray"))
            if name:
                return Holder(name, str(handle) if handle else None, country)
    name = document.get("name")
    return Holder(str(name)[:120], str(handle) if handle else None, country) if name else None


def _full_name(card: Any) -> str | None:
    """The name on a jCard (RFC 7095), where it is of an organisation and not of a person."""
    if not isinstance(card, list) or len(card) != 2 or not isinstance(card[1], list):
        return None
    values = {entry[0]: entry[3] for entry in card[1] if isinstance(entry, list) and len(entry) >= 4}
    if values.get("kind") == "individual":
        return None
    name = values.get("org") or values.get("fn")
    name = name[0] if isinstance(name, list) and name else name
    return str(name)[:120] if isinstance(name, str) and name.strip() else None


class Networks:
    """Origins of addresses, each network asked for once a day."""

    def __init__(self, resolve: Resolve, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve, self._clock = resolve, clock
        self._kept: dict[str, tuple[float, Origin | None]] = {}
        self._names: dict[int, tuple[float, str | None]] = {}

    def origin(self, address: str) -> Origin | None:
        """Who announces an address; None where nobody is known to, or it is not a public address."""
        ip = ipaddress.ip_address(address)
        if not ip.is_global:
            return None
        # Announced networks are no smaller than these: one question serves all addresses within.
        key = str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))
        kept = self._kept.get(key)
        if kept is not None and self._clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        found = parse_origin(self._resolve(origin_name(address)))
        if found is not None:
            found = replace(found, name=self._name(found.asns[0]))
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (self._clock(), found)
        return found

    def _name(self, asn: int) -> str | None:
        kept = self._names.get(asn)
        if kept is not None and self._clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        name = parse_as_name(self._resolve(name_of_as(asn)))
        self._names[asn] = (self._clock(), name)
        return name


def holder(fetcher: Fetcher, address: str, registry: str | None) -> Holder | None:
    """The registered holder of an address, asked at the registry that its origin names; None where unknown."""
    base = REGISTRIES.get(registry or "")
    if base is None or not ipaddress.ip_address(address).is_global:
        return None
    try:
        answer = fetcher.get(f"{base}{address}", accept="application/rdap+json")
        return parse_holder(strict_json(answer.body)) if answer.status == 200 else None
    except (Partial, Refused, BadJSON):
        return None
