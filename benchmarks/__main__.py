"""Runs the benchmarks of this folder: all of them, or those named. Each is a module with TITLE and main().

python -m benchmarks            # all
python -m benchmarks dns        # one
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks import _bench


def found() -> list[str]:
    """Names of the benchmarks, by folder."""
    return sorted(info.name for info in pkgutil.iter_modules(benchmarks.__path__) if not info.name.startswith("_"))


def main(wanted: list[str]) -> int:
    known = found()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"benchmarks: unknown {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(_bench.machine())
    missed = 0
    for name in wanted or known:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n== {name}: {module.TITLE}", flush=True)
        missed += int(module.main() or 0)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
