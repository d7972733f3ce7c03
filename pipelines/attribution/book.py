"""The records of many hosts, indexed by name and type, with aliases followed inside the book."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipelines.attribution import names

MAX_HOPS = 8
ALIAS_TYPES = ("CNAME", "ALIAS", "ANAME")
ADDRESS_TYPES = ("A", "AAAA")


class Seen(NamedTuple):
    """One record as it was seen. `id` is its observation, `on` the day, None where the source gives none."""

    host: str
    kind: str
    value: str
    id: str
    on: dt.date | None = None
    environment: str | None = None
    outcome: str = "ok"

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


_NO_TYPES: Mapping[str, list[Seen]] = {}


@dataclass(slots=True)
class Chain:
    """The path from a name through its aliases: each hop's target with the record that names it."""

    start: str
    hops: list[tuple[str, Seen]] = field(default_factory=list)
    looped: bool = False

    @property
    def end(self) -> str:
        """The last name; the first where there is no alias."""
        return self.hops[-1][0] if self.hops else self.start

    @property
    def records(self) -> list[Seen]:
        """The records on the way, in order."""
        return [record for _, record in self.hops]


def _in_order(records: Iterable[Seen]) -> list[Seen]:
    """Each record of one host and type once: mail exchangers by their number, others by what they say, the newest day
    first.

    So what is found is that of the zone, however a file sorts it.
    """
    first: dict[tuple[int, str, int, str, str], Seen] = {}
    for record in records:
        number = record.value.partition(" ")[0] if record.kind == "MX" else ""
        preference = int(number) if number.isdecimal() and len(number) < 6 else 0
        age = -record.on.toordinal() if record.on else 0
        first.setdefault((preference, record.value, age, record.environment or "", record.outcome), record)
    return [first[place] for place in sorted(first)]


class Book:
    """Records by host and type; a host and a type are taken as written one way already.

    Hosts keep the order in which they came, records of a type do not.
    """

    def __init__(self, records: Iterable[Seen] = ()) -> None:
        self._hosts: dict[str, dict[str, list[Seen]]] = {}
        self._selectors: dict[str, list[str]] = {}
        for record in records:
            self._add(record)
        for types in self._hosts.values():
            for kind, alike in types.items():
                if len(alike) > 1:
                    types[kind] = _in_order(alike)

    def _add(self, record: Seen) -> None:
        types = self._hosts.get(record.host)
        if types is None:
            self._hosts[record.host] = {record.kind: [record]}
            if "._domainkey." in record.host:
                self._selectors.setdefault(record.host.partition("._domainkey.")[2], []).append(record.host)
            return
        records = types.get(record.kind)
        if records is None:
            types[record.kind] = [record]
        else:
            records.append(record)

    def selectors(self, host: str) -> list[str]:
        """The names of a domain's DKIM selectors, in alphabetical order."""
        found = self._selectors.get(host)
        return sorted(found) if found else []

    def __len__(self) -> int:
        return len(self._hosts)

    def __contains__(self, host: str) -> bool:
        return host in self._hosts

    def hosts(self) -> Iterator[str]:
        """Every host with a record, in the order in which they came."""
        return iter(self._hosts)

    def types(self, host: str) -> Mapping[str, list[Seen]]:
        """Records of a host by type; empty where the book has none."""
        return self._hosts.get(host, _NO_TYPES)

    def get(self, host: str, kind: str) -> Sequence[Seen]:
        """Records of a host that have the type."""
        return self._hosts.get(host, _NO_TYPES).get(kind, ())

    def get_all(self, host: str, kinds: Iterable[str]) -> list[Seen]:
        """Records of a host that have one of the types, in the order of the types."""
        types = self._hosts.get(host)
        return [record for kind in kinds for record in types.get(kind, ())] if types else []

    def values(self, kinds: Iterable[str]) -> Iterator[str]:
        """What the records of these types say, of every host."""
        return (record.value for types in self._hosts.values() for kind in kinds for record in types.get(kind, ()))

    def chain(self, host: str, rank: Callable[[str], int] = lambda target: 0) -> Chain:
        """Follow aliases from `host` inside the book: at most eight hops, never in a circle.

        A name with several aliases is a broken zone, or a resolver's whole answer kept under the name that was asked.
        The target of the least `rank` is followed, the first in alphabetical order among equals, so that the answer
        does not depend on the order of the file.
        """
        chain = Chain(host)
        types = self._hosts.get(host)
        if not types or types.keys().isdisjoint(ALIAS_TYPES):
            return chain
        visited = {host}
        current = host
        while len(chain.hops) < MAX_HOPS:
            aliases = self.get_all(current, ALIAS_TYPES)
            if not aliases:
                return chain
            record = aliases[0]
            if len(aliases) > 1:
                record = min(aliases, key=lambda seen: (rank(self._target(seen)), seen.value))
            target = self._target(record)
            if target in visited:
                chain.looped = True
                return chain
            chain.hops.append((target, record))
            visited.add(target)
            current = target
        chain.looped = bool(self.get_all(current, ALIAS_TYPES))
        return chain

    def _target(self, record: Seen) -> str:
        """The alias's target. A bare label that is not a name of the book means a name of the same zone."""
        target = names.host(record.value)
        if "." not in target and ":" not in target:
            for parent in names.parents(record.host):
                if f"{target}.{parent}" in self._hosts:
                    return f"{target}.{parent}"
        return target

    def addresses(self, host: str) -> list[Seen]:
        """Records of both families, IPv4 first."""
        return self.get_all(host, ADDRESS_TYPES)
