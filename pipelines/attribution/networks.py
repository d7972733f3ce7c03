"""Which published range an address stands in: sorted disjoint intervals, most specific and newest first.

IPv4 addresses are compared as 32-bit numbers, IPv6 addresses as 16 bytes, so that prefixes longer than /64
are told apart: keys of 64 bits gave 257 wrong answers in a million.

Whatever their length, ranges that a provider publishes for a named service, and the few addresses that we
looked up one by one, go first; then the catch-all list that repeats them (AMAZON, AzureCloud, a plain list
without service and region); then lists derived by others; then whole blocks of a register.
"""

from __future__ import annotations

import bisect
import functools
import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pipelines.attribution.address import MAPPED, is_address, key

if TYPE_CHECKING:
    import numpy as np

    from pipelines.attribution.many import Columns

# An entry without a day is one that we looked up. Up to this size it is a platform's own address, which may stand
# inside another provider's range; anything larger is a block of a register.
_LOOKED_UP_BITS = {4: 10, 6: 80}


class Network(NamedTuple):
    """One published prefix and who published it.

    `in_front`: addresses of a network in front (CDN), whose place says where the visitor came in and nothing about
    what stands behind. `anycast`: the provider is certain, the place is not. `specific`: not the catch-all list of
    everything. `published` is a day as ISO text, empty for an entry that we looked up.
    """

    prefix: str
    provider: str
    product: str | None
    region: str | None
    published: str
    source: str
    in_front: bool = False
    parked: bool = False
    confidence: str = "confirmed"
    specific: bool = True
    role: str = "web"
    anycast: bool = False

    @property
    def where(self) -> str:
        """The prefix, the list that it stands in and the list's day, in words."""
        return f"{self.prefix} in {self.source}" + (f" of {self.published}" if self.published else "")


def family(prefix: str) -> int:
    """4 or 6."""
    return 6 if ":" in prefix else 4


def bounds(prefix: str) -> tuple[int, int, int]:
    """(family, first address, bits of size) of a prefix as numbers; host bits are let pass.

    ValueError for what is no prefix.
    """
    address, slash, length = prefix.partition("/")
    version = family(address)
    bits = 128 if version == 6 else 32
    size = bits - (int(length) if slash else bits)
    if not 0 <= size <= bits:
        raise ValueError(f"{prefix!r} is not a prefix")
    packed = key(address)
    first = int.from_bytes(packed if version == 6 else packed[12:], "big") >> size << size
    return version, first, size


class Intervals:
    """Disjoint intervals of one family: `owners[i]` owns addresses from starts[i] up to starts[i + 1]."""

    def __init__(self, starts: list[int], owners: list[int]) -> None:
        self.starts, self.owners = starts, owners

    def find(self, address: int) -> int:
        return self.owners[bisect.bisect_right(self.starts, address) - 1]


# Below this, looking up one by one takes less than the start of what looks up many at once.
_MANY = 1 << 14


class Networks:
    """A look-up over many prefixes. Overlaps are resolved when it is built, never when it is asked."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self.networks: list[Network] = list(networks)
        newest = {text: place for place, text in enumerate(sorted({n.published for n in self.networks}))}
        spans: dict[tuple[int, int], list[int]] = {}
        for index, network in enumerate(self.networks):
            version, first, size = bounds(network.prefix)
            tier = _tier(network, version, size)
            spans.setdefault((version, tier), []).append(_span(first, size, newest[network.published], index))
        self._v4 = self._of_version(spans, 4)
        self._v6 = self._of_version(spans, 6)
        self._expected: dict[str, Network | None] = {}

    @staticmethod
    def _of_version(spans: dict[tuple[int, int], list[int]], version: int) -> Intervals:
        starts, owners = [0], [-1]
        for tier in sorted({tier for of, tier in spans if of == version}, reverse=True):
            starts, owners = _over(_flatten(spans[version, tier], version), (starts, owners))
        return Intervals(starts, owners)

    def find(self, address: str) -> Network | None:
        """The network that an address stands in; None outside all; ValueError for what is no address."""
        try:
            return self._expected[address]
        except KeyError:
            pass
        packed = key(address)
        wide = not packed.startswith(MAPPED)
        owner = (self._v6 if wide else self._v4).find(int.from_bytes(packed if wide else packed[12:], "big"))
        return self.networks[owner] if owner >= 0 else None

    def find_many(self, addresses: Sequence[str]) -> np.ndarray:
        """Index into `networks` for each address, -1 outside all; ValueError for what is no address."""
        return self._columns.find(addresses)

    @functools.cached_property
    def _columns(self) -> Columns:
        from pipelines.attribution.many import Columns  # brings numpy, which few addresses are not worth

        return Columns(self._v4, self._v6)

    def expect(self, addresses: Iterable[str]) -> None:
        """Look up at once what `find` will be asked one by one, where it is much; forget what was expected before."""
        distinct = dict.fromkeys(addresses)
        self._expected = self.find_each(distinct) if len(distinct) >= _MANY else {}

    def find_each(self, addresses: Iterable[str]) -> dict[str, Network | None]:
        """The network of each distinct address, None outside all. What is no address is left out."""
        asked = [address for address in dict.fromkeys(addresses) if is_address(address)]
        return {
            address: self.networks[owner] if owner >= 0 else None
            for address, owner in zip(asked, self.find_many(asked).tolist(), strict=True)
        }


def _tier(network: Network, version: int, size: int) -> int:
    """0 speaks before 1, and so on; within a tier the most specific prefix does, then the newest."""
    if not network.published:
        return 0 if size <= _LOOKED_UP_BITS[version] else 3
    if network.confidence != "confirmed":
        return 2
    return 0 if network.specific else 1


# A span is one number, so that half a million sort without a tuple each: first address, then the smaller
# prefix later, then the better rank later, then the earlier index later.
_INDEX_BITS, _RANK_BITS, _SIZE_BITS = 26, 22, 8
_INDEX_MASK = (1 << _INDEX_BITS) - 1


def _span(first: int, size: int, rank: int, index: int) -> int:
    outer_first = ((1 << _SIZE_BITS) - 1) - size
    return ((first << _SIZE_BITS | outer_first) << _RANK_BITS | rank) << _INDEX_BITS | (_INDEX_MASK - index)


def _flatten(spans: Sequence[int], version: int) -> tuple[list[int], list[int]]:
    """Intervals that do not overlap, from spans of one family.

    Prefixes nest or are apart, never cross, so a stack of open spans is enough: the innermost owns. Of equal
    spans the newest list goes first, then the first one given.
    """
    starts, owners = [0], [-1]
    lasts, stack = [1 << 130], [-1]

    def put(start: int, owner: int) -> None:
        if starts[-1] == start:
            owners[-1] = owner
        elif owners[-1] != owner:
            starts.append(start)
            owners.append(owner)

    for span in sorted(spans):
        index = _INDEX_MASK - (span & _INDEX_MASK)
        span >>= _INDEX_BITS + _RANK_BITS
        size = ((1 << _SIZE_BITS) - 1) - (span & ((1 << _SIZE_BITS) - 1))
        first = span >> _SIZE_BITS
        while lasts[-1] < first:
            ended = lasts.pop() + 1
            stack.pop()
            put(ended, stack[-1])
        lasts.append(first + (1 << size) - 1)
        stack.append(index)
        put(first, index)
    while len(lasts) > 1:
        ended = lasts.pop() + 1
        stack.pop()
        put(ended, stack[-1])
    if starts[-1] >> (32 if version == 4 else 128):  # the end of the last address there is
        starts.pop()
        owners.pop()
    return starts, owners


def _over(upper: tuple[list[int], list[int]], lower: tuple[list[int], list[int]]) -> tuple[list[int], list[int]]:
    """Intervals of `upper` where it has an owner, of `lower` elsewhere."""
    if len(lower[0]) == 1 and lower[1][0] < 0:
        return upper
    starts: list[int] = []
    owners: list[int] = []
    for start in sorted({*upper[0], *lower[0]}):
        owner = upper[1][bisect.bisect_right(upper[0], start) - 1]
        if owner < 0:
            owner = lower[1][bisect.bisect_right(lower[0], start) - 1]
        if not owners or owners[-1] != owner:
            starts.append(start)
            owners.append(owner)
    return starts, owners


def without_replaced(older: Iterable[Network], newer: Sequence[Network]) -> list[Network]:
    """`older` without those whose list stands in `newer` with the same day or a later one.

    A list is its provider, source and address family: the prefixes of one list are published together.
    """
    if not newer:
        return list(older)
    days: dict[tuple[str, str, int], str] = {}
    for network in newer:
        list_of = (network.provider, network.source, family(network.prefix))
        days[list_of] = max(days.get(list_of, ""), network.published)
    return [n for n in older if days.get((n.provider, n.source, family(n.prefix)), "") < n.published]


def is_private(address: str) -> bool:
    """Whether an address cannot be a host on the internet (private, loopback, link-local, reserved, multicast)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not ip.is_global or ip.is_multicast
