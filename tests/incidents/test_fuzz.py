"""Mutated bodies: whatever a feed turns into, it is read, kept aside or refused with a reason, and never raises."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.readers import incidents_feed

BODIES = sorted(p for p in (Path(__file__).parent / "bodies").iterdir() if p.name != "expected.csv")
ODD: list[Any] = [
    None, True, 0, -1, 10**30, 1e308, "", " ", "x" * 3000, [], {}, [None], [[]], {"id": None}, "2026-13-45T99:99:99Z",
    "9999999999999", "\u202e", "arn:aws:health:::event/", "<b>", [1, "a", None], {"status": []}, "12:00 PM PDT", "none", "https://[x",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a JSON document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def changed(document: Any, path: tuple[Any, ...], odd: Any, remove: bool) -> Any:
    """A copy of the document with one value replaced or left out."""
    copy = json.loads(json.dumps(document))
    if not path:
        return odd
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    if remove:
        del inside[path[-1]]
    else:
        inside[path[-1]] = odd
    return copy


def check(body: bytes, name: str) -> None:
    batch = incidents_feed.read(name, body, "source", {})
    if not batch.whole:
        assert batch.rejected and 5 < len(batch.rejected[-1].reason) < 500
        return
    rows = batch.tables["incident_states"].to_pylist()
    for row in rows:
        assert row["title"] and row["feed_id"] and "@" not in json.dumps(row, default=str)
        if row["started_at"] and row["ended_at"]:
            assert row["started_at"] <= row["ended_at"]


JSON = [path for path in BODIES if path.suffix == ".json"]


@pytest.mark.parametrize("path", JSON, ids=lambda p: p.stem)
def test_every_value_of_every_body_replaced_once(path: Path) -> None:
    document = json.loads(path.read_text())
    chance = random.Random(7)
    for place in places(document):
        check(json.dumps(changed(document, place, chance.choice(ODD), remove=False)).encode(), path.name)
        if place:
            check(json.dumps(changed(document, place, None, remove=True)).encode(), path.name)


@pytest.mark.full
@pytest.mark.parametrize("path", JSON, ids=lambda p: p.stem)
def test_every_value_replaced_by_every_odd_thing(path: Path) -> None:
    document = json.loads(path.read_text())
    for place in places(document):
        for odd in ODD:
            check(json.dumps(changed(document, place, odd, remove=False)).encode(), path.name)


def scrambled(body: bytes, chance: random.Random) -> bytes:
    """The body cut, doubled, with bytes changed or a piece moved."""
    data = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        if not data:
            break
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randint(1, 40)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 40)]
            case 3:
                data[at:at] = chance.choice([b"\x00", b"\xff", b'"', b"<", b"{", b"]", "é".encode(), b"\n", b"<!--"])
            case 4:
                del data[at:]
    return bytes(data)


def scramble(path: Path, times: int) -> None:
    chance = random.Random(path.name)
    body = path.read_bytes()
    for encode in (False, True):
        whole = body.decode().encode("utf-16") if encode else body
        for _ in range(times):
            check(scrambled(whole, chance), path.name)


@pytest.mark.parametrize("path", BODIES, ids=lambda p: p.name)
def test_scrambled_bytes(path: Path) -> None:
    scramble(path, 60)


@pytest.mark.full
@pytest.mark.parametrize("path", BODIES, ids=lambda p: p.name)
def test_scrambled_bytes_thousands(path: Path) -> None:
    scramble(path, 1500)
