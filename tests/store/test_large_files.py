"""A large file of JSON lines is read piece by piece: the same rows as at once, and the same memory for any size."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import ingest
from pipelines.keys import Keys
from pipelines.store import Store


def line(number: int) -> bytes:
    release = {
        "ocid": f"ocds-b5fd17-{number:06d}",
        "id": f"{number:06d}-1",
        "date": "2026-03-01T00:00:00Z",
        "tag": ["award"],
        "buyer": {"id": "b", "name": "A Test Council"},
        "parties": [{"id": "b", "name": "A Test Council", "contactPoint": {"email": "someone" + "@" + "body.example"}}],
        "tender": {"id": str(number), "title": f"Hosting {number}"},
        "awards": [{"id": "1", "status": "active", "value": {"amount": number, "currency": "GBP"}}],
    }
    return json.dumps(release).encode() + b"\n"


LINES = [line(number) for number in range(300)]


def take(store: Store, path: Path) -> ingest.Taken:
    with store.writer("test") as writer:
        taken = ingest.take_files(writer, "ocds", [path], {})[0]
        writer.commit_if_changed()
    return taken


def rows(store: Store) -> Any:
    return store.read("awards", store.manifest()).sort_by("notice_id").to_pylist()


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Pieces of 4 KiB out of blocks of 1 KiB; how long each piece was."""
    lengths: list[int] = []
    monkeypatch.setattr(ingest, "PIECE_BYTES", 4096)
    monkeypatch.setattr(ingest, "BLOCK_BYTES", 1024)
    pieces = ingest._pieces

    def noted(path: Path, packed: bool) -> Iterator[bytes]:
        for piece in pieces(path, packed):
            lengths.append(len(piece))
            yield piece

    monkeypatch.setattr(ingest, "_pieces", noted)
    yield lengths


@pytest.mark.parametrize("packed", [False, True])
def test_pieces_give_the_same_rows_as_the_whole(tmp_path: Path, small_pieces: list[int], packed: bool) -> None:
    body = b"".join(LINES)
    path = tmp_path / ("notices.jsonl.gz" if packed else "notices.jsonl")
    path.write_bytes(gzip.compress(body) if packed else body)
    store, whole = Store(tmp_path / "pieces"), Store(tmp_path / "whole")
    taken = take(store, path)
    assert (taken.read, taken.new, taken.known, taken.quarantined, taken.reason) == (300, 300, 0, 0, None)
    assert len(small_pieces) > 20 and max(small_pieces) < 4096 + 1024  # so it was never held whole
    with whole.writer("test") as writer:
        ingest.take_body(writer, "ocds", path.name, path.read_bytes(), {})
        writer.commit()
    assert rows(store) == rows(whole)
    [part], [other] = store.manifest().raw, whole.manifest().raw
    assert store.raw_body(part) == whole.raw_body(other) == ingest.blank_contacts(body)
    again = take(store, path)
    assert (again.read, again.new, again.known) == (300, 0, 300)
    assert rows(store) == rows(whole)


def test_a_bad_line_is_named_by_its_place_in_the_file(tmp_path: Path, small_pieces: list[int]) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b"".join([*LINES[:200], b'{"ocid": \n', *LINES[200:]]))
    store = Store(tmp_path / "store")
    taken = take(store, path)
    assert (taken.read, taken.new, taken.quarantined, taken.reason) == (300, 300, 1, None)
    assert [item["name"] for item in store.manifest().quarantined] == ["notices.jsonl line 201"]


def test_a_cut_file_is_refused_before_any_of_it_is_taken(tmp_path: Path, small_pieces: list[int]) -> None:
    path = tmp_path / "notices.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(LINES))[:-2000])
    store = Store(tmp_path / "store")
    assert take(store, path).reason == "the gzip stream is cut or damaged"
    assert store.manifest().number == 0 and not small_pieces


def test_a_file_of_nothing_usable_is_refused_whole(tmp_path: Path, small_pieces: list[int]) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b"no release\n" * 2000)
    store = Store(tmp_path / "store")
    taken = take(store, path)
    assert taken.reason and taken.new == 0 and not store.manifest().parts


def test_a_line_longer_than_a_piece_stays_whole(tmp_path: Path, small_pieces: list[int]) -> None:
    long = LINES[0].replace(b"Hosting 0", b"Hosting " + b"x" * 9000)
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b"".join([long, *LINES[1:]]))
    assert take(Store(tmp_path / "store"), path).new == 300


def test_keys_are_known_by_their_fingerprints() -> None:
    keys = Keys()
    assert ("a",) not in keys
    for start in range(0, 100, 7):
        keys.update((str(n), n) for n in range(start, start + 10))
    assert list(keys.holds([("0", 0), ("107", 107), ("108", 108), ("1", 10), ("11", 0)])) == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert ("50", 50) in keys and ("501", 1) not in keys
    assert not list(keys.holds([]))
    # 16 bytes each, whatever the text
    assert sum(part.nbytes for part in keys._sorted) <= 16 * 150


@pytest.mark.full
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Eight times the file, at most 1.2 times the memory."""
    from benchmarks._packages import packages

    peaks = []
    for mebibytes in (128, 1024):
        folder = tmp_path / str(mebibytes)
        packages(folder, mebibytes)
        path = tmp_path / f"{mebibytes}.jsonl"
        with path.open("wb") as file:
            for package in sorted(folder.iterdir()):
                file.write(json.dumps(json.loads(package.read_bytes())).encode() + b"\n")
                package.unlink()
        program = (
            "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        verb = [sys.executable, "-m", "app.cli", "--store", str(tmp_path / f"store-{mebibytes}"), "import", "ocds"]
        ran = subprocess.run(
            [sys.executable, "-c", program, *verb, str(path)], capture_output=True, text=True, check=True
        )
        peaks.append(int(ran.stdout))
        path.unlink()
    assert peaks[1] <= 1.2 * peaks[0], peaks
