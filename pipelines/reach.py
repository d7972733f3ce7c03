"""Effects as bits, so that one scenario over all services is a handful of array operations.

An effect is nothing, degraded or down, in each of the worlds known, likely and open. Two bits a world say
"at least degraded" and "down", six bits say all of it. Then the worse of two effects is their OR, the milder
is their AND, and a slot with its alternatives is solved in all three worlds at once:

    bit   0              1            2              3            4              5
    means known degraded known down   likely degr.   likely down  open degraded  open down

The functions take plain integers and arrays of them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

DOWN, DEGRADED, NOTHING = 2, 1, 0
Codes = npt.NDArray[np.uint8]
AT_LEAST_DEGRADED = 0b010101
NOT_KNOWN = 0b111100  # what is left of an effect whose evidence is not known: the worlds likely and open
OPEN_BITS = 0b110000


def encode(known: int, likely: int, open_: int) -> int:
    """The code of an effect given by its severity in each world."""
    bits = 0
    for world, severity in enumerate((known, likely, open_)):
        bits |= (0, 0b01, 0b11)[severity] << (2 * world)
    return bits


def decode(code: int) -> tuple[int, int, int]:
    """Severity in the worlds known, likely and open."""
    return ((code & 1) + (code >> 1 & 1), (code >> 2 & 1) + (code >> 3 & 1), (code >> 4 & 1) + (code >> 5 & 1))


def slot_effect(any_lost: Any, all_lost: Any, mode: str, critical: bool) -> Any:
    """The effect of a slot, from the OR and the AND of its alternatives' codes.

    all_of: the worst of them. Else it is down when all are, degraded when some are lost or degraded. Where
    nobody says that one is enough (mode unknown), the open world fears the worst. Not critical: degraded at most.
    """
    if mode == "all_of":
        code = any_lost
    else:
        code = all_lost | (any_lost & AT_LEAST_DEGRADED)
        if mode == "unknown":
            code = code | (any_lost & OPEN_BITS)
    return code if critical else code & AT_LEAST_DEGRADED


@dataclass(frozen=True, slots=True)
class SlotKind:
    """A slot up to what decides its effect: its alternatives by number, the mode, and whether it is critical."""

    alternatives: tuple[int, ...]
    mode: str
    critical: bool


class Reach:
    """Nodes made of slots made of alternatives, as padded arrays.

    `nodes` holds for each node the numbers of its slots in `slots`. Slots that are the same are solved once. A
    row is padded by repeating its first entry, which changes neither OR nor AND; a node without slots points at
    an empty one.
    """

    def __init__(self, slots: Sequence[SlotKind], nodes: Sequence[Sequence[int]]) -> None:
        self._groups: list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], str, bool]] = []
        kinds: dict[tuple[str, bool, int], list[int]] = {}
        for number, slot in enumerate(slots):
            mode = slot.mode if len(slot.alternatives) > 1 else "all_of"  # of one alternative all modes say the same
            kinds.setdefault((mode, slot.critical, len(slot.alternatives)), []).append(number)
        for (mode, critical, _), members in kinds.items():
            table = np.array([slots[number].alternatives for number in members], dtype=np.intp).T
            self._groups.append((np.array(members, dtype=np.intp), np.ascontiguousarray(table), mode, critical))
        self._slots = len(slots)
        widest = max((len(node) for node in nodes), default=0)
        empty = self._slots
        self._columns = [
            np.array([(node[column] if column < len(node) else (node or [empty])[0]) for node in nodes], dtype=np.intp)
            for column in range(max(widest, 1))
        ]

    def codes(self, effects: Codes) -> Codes:
        """The code of every node, from the code of every alternative."""
        slots = np.zeros(self._slots + 1, dtype=np.uint8)
        for members, table, mode, critical in self._groups:
            any_lost = all_lost = effects[table[0]]
            for row in table[1:]:
                other = effects[row]
                any_lost, all_lost = any_lost | other, all_lost & other
            slots[members] = slot_effect(any_lost, all_lost, mode, critical)
        found: Codes = slots[self._columns[0]]
        for column in self._columns[1:]:
            found |= slots[column]
        return found
