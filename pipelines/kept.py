"""What was read from many small files, kept beside them as Python keeps its compiled modules.

To read and check a thousand files of facts takes longer than most commands need for their work. What came of them
lies in __pycache__ of their folder and is taken from there as long as neither a file nor a module of this package has
another size or time of change. Where Python may write no compiled modules, nothing is kept either.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pipelines.durable import write_durably
from pipelines.errors import Refused

T = TypeVar("T")
CODE = Path(__file__).parent
# A file that changes twice within a tick of the clock may keep its time; what was written just now is not trusted.
SETTLED_NS = 2_000_000_000
_MARK = hashlib.sha256().digest_size


def kept(folder: Path, name: str, files: Iterable[str], make: Callable[[], T]) -> T:
    """What `make` reads from these files of the folder, as it was kept or anew.

    `make` may raise what it likes; nothing is kept then.
    """
    place = folder / "__pycache__" / f"{name}.{sys.implementation.cache_tag}.pickle"
    seen = [*_states(folder, files), *_states(CODE, _modules())]
    stamp = hashlib.sha256(repr(seen).encode()).digest()
    found = _taken(place, stamp)
    if found:
        value: T = found[0]
        return value
    value = make()
    if not sys.dont_write_bytecode and max(changed for *_, changed in seen) < time.time_ns() - SETTLED_NS:
        _keep(place, stamp + pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    return value


def _states(folder: Path, files: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of change of each file; size -1 where it is not there."""
    base = str(folder)
    for file in files:
        try:
            # A path object for each would cost what we save.
            seen = os.stat(os.path.join(base, file))  # noqa: PTH116, PTH118
            yield file, seen.st_size, seen.st_mtime_ns
        except OSError:
            yield file, -1, 0


def _modules() -> list[str]:
    """All that may have a hand in what is made: the modules of this package, by their paths in it."""
    base = str(CODE)
    found = []
    for folder, folders, files in os.walk(base):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.join(folder, file)[len(base) + 1 :] for file in files if file.endswith(".py")]  # noqa: PTH118
    return sorted(found)


def _taken(place: Path, stamp: bytes) -> Sequence[Any]:
    """What is kept under this stamp, as one value; empty where there is none that can be read."""
    try:
        body = place.read_bytes()
        # Whoever can write here can write the compiled modules beside it too.
        return (pickle.loads(body[_MARK:]),) if body[:_MARK] == stamp else ()  # noqa: S301
    except Exception:  # noqa: BLE001 - a damaged copy fails in many ways, and the files themselves are still there
        return ()


def _keep(place: Path, body: bytes) -> None:
    try:
        place.parent.mkdir(exist_ok=True)
        write_durably(place, body)
    except (OSError, Refused):
        pass  # a place that nothing may be written to is read anew each time
