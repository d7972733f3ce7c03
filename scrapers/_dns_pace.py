"""How fast questions may leave: as they come, or politely, in total and for each zone.

A zone is the name that somebody registered: one label below the public suffix. Retries and questions over TCP
pass through the same gate, so what a server counts is what was promised.
"""

from __future__ import annotations

import functools
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

# (name, type, whom to tell, what went wrong so far)
Item = tuple[str, int, Any, Any]

# A window of one second at the server may see packets that the network brought together; so every distance is
# 5% longer than the rate asks for.
SLACK = 1.05
# Late by less than this, the next questions may catch up.
CATCH_UP_SECONDS = 0.02


@functools.cache
def _suffix_list() -> Any:
    from publicsuffixlist import PublicSuffixList  # slow to load, and not needed without a pace

    return PublicSuffixList()


@functools.lru_cache(maxsize=65536)
def registrable(name: str) -> str:
    """The name that somebody registered: one label below the public suffix; a suffix itself stays as it is.

    The same as `pipelines.attribution.names.registrable`, which this room may not know.
    """
    return str(_suffix_list().privatesuffix(name) or name)


class Free:
    """No limit: for resolvers on this machine."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Item) -> None:
        self._items.append(item)

    def take(self, now: float, room: int) -> list[Item]:
        """What waits, in order, as far as there is room."""
        return [self._items.popleft() for _ in range(min(room, len(self._items)))]

    def wait(self, now: float) -> float | None:
        """Seconds until `take` would give something; None where nothing waits."""
        return 0.0 if self._items else None


class Polite:
    """At most `rate` questions a second in total and `per_zone` to the names of one zone, evenly spaced."""

    def __init__(self, rate: float, per_zone: float = 2.0, zone_of: Callable[[str], str] = registrable) -> None:
        self._distance = SLACK / rate
        self._zone_distance = SLACK / per_zone
        self._zone_of = zone_of
        self._waiting: dict[str, deque[Item]] = {}
        self._free_at: dict[str, float] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._number = itertools.count()
        self._next = 0.0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, item: Item) -> None:
        zone = self._zone_of(item[0])
        queue = self._waiting.get(zone)
        if queue is None:
            queue = self._waiting[zone] = deque()
            heapq.heappush(self._ready, (self._free_at.get(zone, 0.0), next(self._number), zone))
        queue.append(item)
        self._size += 1

    def take(self, now: float, room: int) -> list[Item]:
        """What may leave now, as far as there is room."""
        items: list[Item] = []
        while len(items) < room and self._ready and self._next <= now and self._ready[0][0] <= now:
            _, _, zone = heapq.heappop(self._ready)
            queue = self._waiting[zone]
            items.append(queue.popleft())
            self._free_at[zone] = now + self._zone_distance
            if queue:
                heapq.heappush(self._ready, (self._free_at[zone], next(self._number), zone))
            else:
                del self._waiting[zone]
            self._next = max(self._next, now - CATCH_UP_SECONDS) + self._distance
        self._size -= len(items)
        return items

    def wait(self, now: float) -> float | None:
        """Seconds until `take` would give something; None where nothing waits."""
        return max(self._next, self._ready[0][0]) - now if self._ready else None
