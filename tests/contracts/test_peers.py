"""Bulk reading against plain loops: the standard library's json and pandas give the same rows of award and supplier."""

from __future__ import annotations

from pathlib import Path

from benchmarks import ingest


def test_a_loop_and_pandas_read_the_same_rows(tmp_path: Path) -> None:
    releases = ingest.packages(tmp_path / "packages", 1)
    outs = {}
    for name, client in ingest.CLIENTS.items():
        outs[name] = tmp_path / name
        client(tmp_path / "packages", outs[name])
    assert ingest.same_rows(outs) >= releases > 0  # every release has an award with a supplier
