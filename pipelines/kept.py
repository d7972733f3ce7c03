"""What was read from many small files, kept beside them as Python keeps its compiled modules.

To read and check a thousand files of facts takes longer than most commands need for their work. What came of them
lies in __pycache__ of their folder and is taken from there as long as neither a file nor the code that reads it has
another size or time of change. Where Python may write no compiled modules, nothing is kept either.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pipelines.durable import write_durably
from pipelines.errors import Refused

T = TypeVar("T")
# A file that changes twice within a tick of the clock may keep its time; what was written just now is not trusted.
SETTLED_SECONDS = 2.0
_MARK = hashlib.sha256().digest_size


def kept(folder: Path, name: str, sources: Iterable[str], make: Callable[[], T]) -> T:
    """What `make` reads from `sources` in `folder` (or, where a path is whole, elsewhere), as it was kept or anew.

    `make` may raise what it likes; nothing is kept then.
    """
    place = folder / "__pycache__" / f"{name}.{sys.implementation.cache_tag}.pickle"
    stamp, newest = _stamp(folder, sources)
    found = _taken(place, stamp)
    if found:
        value: T = found[0]
        return value
    value = make()
    if not sys.dont_write_bytecode and newest < time.time() - SETTLED_SECONDS:
        _keep(place, stamp + pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    return value


def _stamp(folder: Path, sources: Iterable[str]) -> tuple[bytes, float]:
    """A mark that no other state of the files has, and when the newest of them changed."""
    mark = hashlib.sha256()
    newest = 0.0
    base = str(folder)
    for source in sources:
        # A path object for each would cost what we save.
        try:
            seen = os.stat(os.path.join(base, source))  # noqa: PTH116, PTH118
        except OSError:
            mark.update(f"{source}\0-\0-\0".encode())
            continue
        mark.update(f"{source}\0{seen.st_size}\0{seen.st_mtime_ns}\0".encode())
        newest = max(newest, seen.st_mtime)
    return mark.digest(), newest


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
