"""Small files are read several at a time: what each gave, and what was kept of it, is the same as one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from pipelines import ingest
from pipelines.contracts import releases
from pipelines.store import Store


def release(number: int, **changes: Any) -> dict[str, Any]:
    """An award to two suppliers (number 7 has two awards, number 9 none)."""
    award = {
        "status": "active",
        "date": "2026-03-01T00:00:00Z",
        "value": {"amount": 1000 + number, "currency": "GBP"},
        "suppliers": [
            {"id": "s1", "name": f"Barset Hosting {number} Ltd"},
            {"id": "s2", "name": "Barchester Cloud Ltd"},
        ],
    }
    return {
        "ocid": f"ocds-b5fd17-{number:06d}",
        "id": f"{number:06d}-1",
        "date": "2026-03-02T00:00:00Z",
        "tag": ["award"],
        "buyer": {"id": "b", "name": "Barset Council"},
        "parties": [{"id": "s2", "identifier": {"scheme": "GB-COH", "id": "01234567"}, "roles": ["supplier"]}],
        "tender": {"id": str(number), "title": f"Hosting {number}"},
        "awards": [{"id": str(place), **award} for place in range({7: 2, 9: 0}.get(number, 1))],
        **changes,
    }


def package(*found: dict[str, Any]) -> bytes:
    return json.dumps({"releases": found}).encode()


SOUND = {f"{first}.json": package(*map(release, range(first, first + 3))) for first in range(0, 30, 3)}
AMONG = {
    "nothing else": {},
    "a tag that nobody knows": {"04.json": package(release(100), release(101, tag=["gift"]))},
    "a type that does not fit": {"04.json": package(release(100), release(101, awards="none"))},
    "a release without an id": {"04.json": package(release(100, id=None), release(101))},
    "a release without an ocid": {"04.json": package(release(100, ocid=None), release(101))},
    "a release that another file has too": {"04.json": package(release(4), release(100))},
    "another version of a release": {"04.json": package(release(4, tender={"title": "Hosting, extended"}))},
    "a release that stands twice": {"04.json": package(release(100), release(100))},
    "a file that is no JSON": {"04.json": b"<html>Service unavailable</html>"},
    "a file of nothing": {"04.json": b""},
    "a package without releases": {"04.json": package()},
    "the same file under another name": {"04.json": SOUND["3.json"]},
    "JSON lines in between": {"04.jsonl": json.dumps(release(100)).encode() + b"\n"},
    "a path that does not exist": {"04.json": None},
    "trouble at the end": {"99.json": package(release(100, tag=["gift"]))},
}


def kept(store: Store, groups: Sequence[Sequence[Path]]) -> tuple[Any, ...]:
    """What was said of each file, and everything that the store holds after it, without the times."""
    with store.writer("test") as writer:
        taken = [item for paths in groups for item in ingest.take_files(writer, "ocds", paths, {})]
        manifest = writer.commit_if_changed()
    tables = {name: store.read(name, manifest).to_pylist() for name in ("notices", "awards", "sources", "issues")}
    for row in tables["sources"]:
        del row["fetched_at"]
    raw = [(part.table, store.raw_body(part)) for part in manifest.raw]
    return [asdict(item) for item in taken], tables, raw, [item["name"] for item in manifest.quarantined]


@pytest.mark.parametrize("among", AMONG)
def test_files_together_give_what_each_gives_alone(tmp_path: Path, among: str) -> None:
    bodies = {**SOUND, **AMONG[among]}
    paths = [tmp_path / name for name in sorted(bodies)]
    for path in paths:
        body = bodies[path.name]
        if body is not None:
            path.write_bytes(body)
    together = kept(Store(tmp_path / "together"), [paths])
    alone = kept(Store(tmp_path / "alone"), [[path] for path in paths])
    assert together == alone
    said, tables, *_ = alone
    assert sum(item["new"] for item in said) >= 30 and len(tables["awards"]) >= 30


@pytest.fixture
def sound(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in SOUND]
    for path in paths:
        path.write_bytes(SOUND[path.name])
    return paths


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many releases each typed read was given."""
    found: list[int] = []
    attempt = releases._attempt
    monkeypatch.setattr(releases, "_attempt", lambda *given: found.append(len(given[2])) or attempt(*given))
    return found


def test_many_small_files_cost_one_reading(tmp_path: Path, sound: list[Path], readings: list[int]) -> None:
    kept(Store(tmp_path / "store"), [sound])
    assert readings == [30]  # ten files of three releases


def test_no_more_is_held_than_a_piece(
    tmp_path: Path, sound: list[Path], readings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "PIECE_BYTES", 4 * len(SOUND["0.json"]) - 100)
    kept(Store(tmp_path / "store"), [sound])
    assert len(readings) == 3 and max(readings) == 12
