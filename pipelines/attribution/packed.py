"""Many addresses as text turned into bytes at once, a step a column.

One by one through the system's own reader took nine tenths of a look-up. What is written in an unusual way is left to
that reader, so that nothing else decides what an address is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import filterfalse

import numpy as np

from pipelines.attribution.address import is_address, key

_END = ord("\n")
_COLON, _LINE, _OTHER = 16, 17, 18
_FOUR_BREAKS = np.frombuffer(b"...\n", dtype=np.uint32)[0]
_HEX = np.full(256, _OTHER, dtype=np.uint8)
_HEX[[ord(c) for c in "0123456789abcdef"]] = range(16)
_HEX[[ord(c) for c in "ABCDEF"]] = range(10, 16)
_HEX[ord(":")], _HEX[_END] = _COLON, _LINE
_KEPT = np.array([0, 0xFF000000, 0xFFFF0000, 0xFFFFFF00, 0xFFFFFFFF], dtype=np.uint32)
_TO_HEX = _HEX.tobytes()  # bytes.translate is three times as fast as an index


def packed(addresses: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """IPv4 addresses as rows of 4 bytes, IPv6 addresses as rows of 16, both in order, and which are IPv6.

    ValueError, naming the first, for what is no address.
    """
    none = np.empty((0, 4), dtype=np.uint8), np.empty((0, 16), dtype=np.uint8), np.zeros(len(addresses), dtype=bool)
    if not len(addresses):
        return none
    try:
        text = np.frombuffer(("\n".join(addresses) + "\n").encode("ascii"), dtype=np.uint8)
    except UnicodeEncodeError:
        raise _no_address(addresses) from None
    ends = np.flatnonzero(text == _END)
    if len(ends) != len(addresses):
        raise _no_address(addresses)
    lengths = np.diff(ends, prepend=-1)
    starts = ends - lengths + 1
    # The first group of an IPv6 address has four digits at most. A line shorter than that is no IPv4 address either.
    wide = np.zeros(len(ends), dtype=bool)
    for place in range(5):
        wide |= text[np.minimum(starts + place, len(text) - 1)] == ord(":")
    if not wide.any():
        four = _four(text)
        if four is None:
            raise _no_address(addresses)
        return four, none[1], wide
    of_wide = np.repeat(wide, lengths)
    four = none[0] if wide.all() else _four(text[~of_wide])
    if four is None:
        raise _no_address(addresses)
    six, usual = _six(text[of_wide], int(wide.sum()))
    try:
        for row in np.flatnonzero(~usual).tolist():
            address = addresses[int(np.flatnonzero(wide)[row])]
            six[row] = np.frombuffer(key(address), dtype=np.uint8)
    except ValueError:
        raise _no_address(addresses) from None
    return four, six, wide


def _four(text: np.ndarray) -> np.ndarray | None:
    """Rows of four bytes from lines a.b.c.d; None where any line is not exactly that."""
    digits = text - np.uint8(ord("0"))
    digit = _after_breaks(digits <= 9)
    breaks = np.flatnonzero(~digit[3:])
    if len(breaks) % 4 or (text[breaks].view(np.uint32) != _FOUR_BREAKS).any():
        return None
    before, here = digit[2:-1], digit[3:]
    pairs = before & here
    if not (before | here).all() or (pairs[2:] & pairs[:-2]).any():  # an empty number, or one of four digits
        return None
    # 007 and 00 are read as octal by some and refused by the system's reader.
    if ((digits[:-1] == 0) & ~before[:-1] & here[1:]).any():
        return None
    ones = _after_breaks(digits * here)
    # Summed at every character: in order that is faster than at the ends of the numbers alone.
    sums = ones[3:] + np.uint16(10) * ones[2:-1] + np.uint16(100) * (ones[1:-2] * before)
    values = sums[breaks - 1]
    if values.max() > 255:
        return None
    four: np.ndarray = values.astype(np.uint8).reshape(-1, 4)
    return four


def _after_breaks(cells: np.ndarray) -> np.ndarray:
    """The cells with three empty ones before the first, so that every cell has three before it."""
    return np.concatenate([np.zeros(3, dtype=cells.dtype), cells])


def _before(cells: np.ndarray, places: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The cells before each place as one number each, the nearest in its highest byte: so many as its size says, four
    at most. For groups of four digits one look at each takes less than a step for each of their characters; for the
    shorter numbers of IPv4 it takes more."""
    padded = np.concatenate([np.zeros(4, dtype=np.uint8), cells])
    fours = np.ndarray(len(cells) + 1, dtype="<u4", buffer=padded, strides=(1,))
    kept: np.ndarray = fours[places] & _KEPT[sizes]
    return kept


def _six(text: np.ndarray, lines: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of sixteen bytes from lines of groups, and which lines are written in the usual way; others stay zero.

    Usual are eight groups, or fewer with one `::` between them or at the end.
    """
    nibbles = np.frombuffer(text.tobytes().translate(_TO_HEX), dtype=np.uint8)
    breaks = np.flatnonzero(nibbles >= _COLON)
    marks = nibbles[breaks]
    sizes = np.diff(breaks, prepend=-1) - 1
    last = np.flatnonzero(marks == _LINE)  # of each line, among the breaks
    groups = np.diff(last, prepend=-1)
    first = last - groups + 1
    empty = sizes == 0
    empty_so_far = np.cumsum(empty)
    empty_before = empty_so_far[first] - empty[first]
    gaps = empty_so_far[last] - empty_before
    odd = (marks == _OTHER) | (sizes > 4)
    odd_lines = np.logical_or.reduceat(odd, first) if odd.any() else np.zeros(lines, dtype=bool)
    between = (gaps == 1) & (groups <= 8) & ~empty[first] & ~empty[last]
    at_end = (gaps == 2) & (groups <= 9) & ~empty[first] & empty[last] & empty[last - 1]
    usual = ~odd_lines & (((gaps == 0) & (groups == 8)) | between | at_end)

    behind = empty_so_far > np.repeat(empty_before, groups)
    # Where each group belongs: the eight cells of its line, the groups behind `::` at their end.
    cell = np.arange(len(breaks)) + np.repeat(8 * np.arange(lines) - first, groups)
    cell += np.where(behind, np.repeat(8 - groups, groups), 0)
    kept = np.repeat(usual, groups) & ~empty
    cells = np.zeros(8 * lines, dtype=">u2")
    last = _before(nibbles, breaks[kept], sizes[kept])
    cells[cell[kept]] = last >> 24 | last >> 12 & 0xF0 | last & 0xF00 | last << 12 & 0xF000
    return cells.view(np.uint8).reshape(-1, 16), usual


def _no_address(addresses: Sequence[str]) -> ValueError:
    return ValueError(f"{next(filterfalse(is_address, addresses), '')!r} is not an address")
