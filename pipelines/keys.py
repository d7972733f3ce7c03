"""Which rows are known already: sets of tuples of which only fingerprints are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Fingerprints = npt.NDArray[np.bytes_]


class Keys:
    """A set of tuples of which 16 bytes each are kept: so the rows of a large store stay known in little memory.

    Fingerprints stand in sorted arrays, each at least twice as long as the next, so that adding stays cheap.
    """

    def __init__(self) -> None:
        self._sorted: list[Fingerprints] = []

    def __contains__(self, key: tuple[Any, ...]) -> bool:
        return bool(self.holds([key])[0])

    def holds(self, keys: Iterable[tuple[Any, ...]] | Fingerprints) -> npt.NDArray[np.bool_]:
        """For each key whether it is known."""
        wanted = fingerprints(keys)
        found = np.zeros(len(wanted), dtype=bool)
        for known in self._sorted:
            places = np.searchsorted(known, wanted)
            found |= known[np.minimum(places, len(known) - 1)] == wanted
        return found

    def update(self, keys: Iterable[tuple[Any, ...]] | Fingerprints) -> None:
        added = np.unique(fingerprints(keys))
        while self._sorted and len(self._sorted[-1]) < 2 * len(added):
            added = np.union1d(self._sorted.pop(), added)
        if len(added):
            self._sorted.append(added)


def fingerprints(keys: Iterable[tuple[Any, ...]] | Fingerprints) -> Fingerprints:
    """16 bytes for each key. Who asks more than once about many keys makes them once and gives these."""
    if isinstance(keys, np.ndarray):
        return keys
    texts = ("\x1f".join(map(str, key)).encode("utf-8", "surrogatepass") for key in keys)
    return np.array([hashlib.blake2b(text, digest_size=16).digest() for text in texts], dtype="S16")
