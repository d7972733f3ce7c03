"""The published range of each of many addresses at once, a step a column: the same answers as one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.attribution.address import MAPPED
from pipelines.attribution.networks import Intervals
from pipelines.attribution.packed import packed

# Addresses a step: their columns then stay in the processor's cache, which saves a quarter of the time.
_AT_ONCE = 1 << 16
# From here on a table no longer fits the processor's cache: asking in order is then several times faster.
_LARGE_TABLE, _MANY_QUESTIONS = 1 << 15, 1 << 12


class Columns:
    """The intervals of both families as columns."""

    def __init__(self, four: Intervals, six: Intervals) -> None:
        self._four, self._six = _Four(four), _Six(six)

    def find(self, addresses: Sequence[str]) -> np.ndarray:
        """The owner of each address, -1 outside all; ValueError for what is no address."""
        parts = [self._find_part(addresses[at : at + _AT_ONCE]) for at in range(0, len(addresses), _AT_ONCE)]
        return np.concatenate([np.empty(0, dtype=np.int32), *parts])

    def _find_part(self, addresses: Sequence[str]) -> np.ndarray:
        four, six, wide = packed(addresses)
        if not len(six):
            return self._four.find(four)
        found = np.empty(len(addresses), dtype=np.int32)
        found[~wide] = self._four.find(four)
        found[wide] = self._wide(six)
        return found

    def _wide(self, cells: np.ndarray) -> np.ndarray:
        """Owners of IPv6 addresses; ::ffff:a.b.c.d is the IPv4 address in it."""
        owners = self._six.find(cells)
        mapped = (cells[:, :12] == np.frombuffer(MAPPED, dtype=np.uint8)).all(axis=1)
        if mapped.any():
            owners[mapped] = self._four.find(np.ascontiguousarray(cells[mapped, 12:]))
        return owners


class _Four:
    """IPv4, compared as numbers of 32 bits."""

    def __init__(self, intervals: Intervals) -> None:
        self._owners = np.array(intervals.owners, dtype=np.int32)
        self._keys = np.array(intervals.starts, dtype=np.uint32)

    def find(self, cells: np.ndarray) -> np.ndarray:
        """The owner of each address; one row of four bytes per address."""
        found: np.ndarray = self._owners[_places(self._keys, cells.view(">u4").ravel().astype(np.uint32))]
        return found


class _Six:
    """IPv6, compared as 16 bytes; the upper half alone decides where no interval starts within it."""

    def __init__(self, intervals: Intervals) -> None:
        starts = intervals.starts
        self._owners = np.array(intervals.owners, dtype=np.int32)
        # numpy strips trailing zero bytes of S16 when comparing, which keeps the order of equal-length keys.
        self._keys = np.frombuffer(b"".join([start.to_bytes(16, "big") for start in starts]), dtype="S16")
        halves = np.array([start >> 64 for start in starts], dtype=np.uint64)
        self._halves, places = np.unique(halves, return_index=True)
        self._last_owner = self._owners[np.append(places[1:], len(starts)) - 1]

    def find(self, cells: np.ndarray) -> np.ndarray:
        """The owner of each address; one row of sixteen bytes per address."""
        upper = cells.view(">u8")[:, 0].astype(np.uint64)
        places = _places(self._halves, upper)
        found: np.ndarray = self._last_owner[places]
        tied = self._halves[places] == upper
        if tied.any():
            exact = np.ascontiguousarray(cells[tied]).view("S16").ravel()
            found[tied] = self._owners[self._keys.searchsorted(exact, side="right") - 1]
        return found


def _places(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Index of the last key that is not above each wanted number."""
    if len(keys) < _LARGE_TABLE or len(wanted) < _MANY_QUESTIONS:
        return keys.searchsorted(wanted, side="right") - 1
    # Roughly in order is enough, and sorting 16 bits is cheap; IPv6 differs further down.
    shift = 16 if wanted.dtype == np.uint32 else 32
    order = np.argsort((wanted >> wanted.dtype.type(shift)).astype(np.uint16), kind="stable")
    found = np.empty(len(wanted), dtype=np.int64)
    found[order] = keys.searchsorted(wanted[order], side="right") - 1
    return found
