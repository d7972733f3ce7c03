"""What benchmarks share: whole processes timed by the system's own account, runs in turn, medians and ratios.

Machines are shared and noisy, so competitors take turns (A B C A B C ...), a figure is the median of its runs, and
a ratio is taken run by run before its median: drift of the machine then falls out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process. `cpu_seconds` is user and system time of it and its children."""

    cpu_seconds: float
    user_seconds: float
    system_seconds: float
    wall_seconds: float
    peak_mib: float


def run(command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end; RuntimeError, with its last words, where it fails.

    No client pays for numpy's idle threads: ours asks for none by itself, so the others are spared them here.
    """
    started = time.monotonic()
    env = {"OPENBLAS_NUM_THREADS": "1", **(os.environ if env is None else env)}
    process = subprocess.Popen(
        list(command), cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert process.stderr is not None
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {words.decode(errors='replace')[-500:]}")
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_utime, usage.ru_stime, time.monotonic() - started, peak)


def in_turn(commands: Mapping[str, Sequence[str]], rounds: int = 5, cwd: Path | None = None) -> dict[str, list[Run]]:
    """Every command `rounds` times, in turn."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(run(command, cwd))
    return found


def median(runs: Sequence[Run], figure: str = "cpu_seconds") -> float:
    return statistics.median(getattr(one, figure) for one in runs)


def ratio(ours: Sequence[Run], theirs: Sequence[Run], figure: str = "cpu_seconds") -> tuple[float, float, float]:
    """(median, least, most) of ours over theirs, round by round."""
    ratios = [getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, theirs, strict=True)]
    return statistics.median(ratios), min(ratios), max(ratios)


def show(title: str, rows: Sequence[Mapping[str, object]]) -> None:
    """A table on stdout, one row a line."""
    print(f"\n{title}")
    if not rows:
        return
    columns = list(rows[0])
    cells = [columns, *([_text(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def machine() -> str:
    """The machine and how busy it is, for the head of a report."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors{load}, Python {sys.version.split()[0]}"
