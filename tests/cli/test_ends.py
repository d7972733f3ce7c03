"""Where the result goes: a reader that has gone, a full disk, an end that is closed, a console of few letters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "app.cli"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def names(tmp_path: Path) -> Path:
    """Names enough that no buffer holds what is said of them."""
    path = tmp_path / "names.csv"
    path.write_text("supplier_name\n" + "Société d'essai\n" * 20_000, encoding="utf-8")
    return path


def ran(command: list[str], **options: object) -> tuple[int, str]:
    done = subprocess.run(command, stderr=subprocess.PIPE, cwd=ROOT, timeout=120, check=False, **options)  # type: ignore[call-overload]
    return done.returncode, done.stderr.decode()


def test_a_reader_that_has_gone_is_nobodys_fault(names: Path) -> None:
    """`cloudhold suppliers names.csv | head -1` ends well, whatever was still to come."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert ran([*PROGRAM, "suppliers", str(names)], stdout=writing) == (0, "")
    finally:
        os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_one_sentence(names: Path) -> None:
    with Path("/dev/full").open("w") as full:
        code, said = ran([*PROGRAM, "suppliers", str(names)], stdout=full)
    assert code == 2
    assert said.startswith("cloudhold: the output cannot be used (No space left on device)") and said.count("\n") == 1


def test_an_output_that_the_shell_has_closed_is_no_fault(names: Path) -> None:
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM]
    assert ran([*closed, "suppliers", str(names)]) == (0, "")


def test_the_result_is_utf8_whatever_the_console_knows(names: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "suppliers", str(names)],
        capture_output=True,
        cwd=ROOT,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode("utf-8").splitlines()[1] == "Société d'essai,,,,,"
