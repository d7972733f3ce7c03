"""The store: everything or nothing becomes visible, a death leaves the state before, damage never shows."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipelines import schema
from pipelines.edition import open_edition
from pipelines.errors import CheckFailed, Refused, StoreLocked
from pipelines.manifest import Manifest
from pipelines.records import Issue
from pipelines.store import Store


def issues(*names: str):
    return schema.to_arrow("issues", [Issue(f"i-{n}", "kind", "findings", None, None, "s") for n in names])


def names(store: Store) -> list[str]:
    return sorted(store.read("issues", store.manifest())["issue_id"].to_pylist())


def test_an_absent_store_is_a_state_and_reading_creates_nothing(store: Store) -> None:
    assert store.manifest() == Manifest(number=0)
    assert store.read("issues", store.manifest()).num_rows == 0
    assert not store.path.exists()


def test_rows_and_cursor_become_visible_together_and_only_on_commit(store: Store) -> None:
    with store.writer("test") as writer:
        writer.add_rows("issues", issues("a", "b"))
        writer.set_cursor("feed", {"page": 2})
        assert store.manifest().number == 0
        writer.commit()
    manifest = store.manifest()
    assert (manifest.number, manifest.cursors) == (1, {"feed": {"page": 2}})
    assert names(store) == ["i-a", "i-b"]


def test_a_writer_that_dies_before_commit_leaves_no_trace_for_readers(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writer("test") as writer:
        writer.add_rows("issues", issues("a"))
        raise RuntimeError("dies")
    assert store.manifest().number == 0
    with store.writer("test") as writer:
        writer.add_rows("issues", issues("b"))
        writer.commit()
    assert names(store) == ["i-b"]


def test_a_second_writer_ends_at_once_and_names_the_first(store: Store) -> None:
    with store.writer("collect contracts-finder"):
        said = f"process {os.getpid()} .collect contracts-finder."
        with pytest.raises(StoreLocked, match=said) as locked, store.writer("build"):
            pass
        assert locked.value.exit_code == 4
    with store.writer("build"):
        pass


@pytest.mark.parametrize("current", [b"", b"nonsense", b"000099.json", b"\xff\xfe", None])
def test_an_empty_or_dangling_current_falls_back_to_the_newest_manifest(store: Store, current: bytes | None) -> None:
    for name in ("a", "b"):
        with store.writer("test") as writer:
            writer.add_rows("issues", issues(name))
            writer.commit()
    if current is None:
        (store.path / "CURRENT").unlink()
    else:
        (store.path / "CURRENT").write_bytes(current)
    assert store.manifest().number == 2
    assert names(store) == ["i-a", "i-b"]


def test_a_manifest_left_by_a_crash_before_current_is_stepped_over(store: Store) -> None:
    with store.writer("test") as writer:
        writer.add_rows("issues", issues("a"))
        writer.commit()
    (store.path / "manifests" / "000002.json").write_bytes(b"{ half")
    with store.writer("test") as writer:
        writer.add_rows("issues", issues("b"))
        assert writer.commit().number == 3
    assert names(store) == ["i-a", "i-b"]


def test_a_store_of_a_newer_version_is_refused_in_words(store: Store) -> None:
    with store.writer("test") as writer:
        writer.add_rows("issues", issues("a"))
        writer.commit()
    path = store.path / "manifests" / "000001.json"
    body = json.loads(path.read_bytes())
    body["format"] = 99
    path.write_text(json.dumps(body))
    with pytest.raises(Refused, match="newer version"):
        store.manifest()


@pytest.mark.parametrize("damage", ["flip", "zero", "cut", "gone"])
def test_a_damaged_part_is_seen_before_it_is_read(store: Store, damage: str) -> None:
    with store.writer("test") as writer:
        writer.add_rows("issues", issues(*map(str, range(500))))
        writer.commit()
    part = store.path / store.manifest().parts[0].path
    body = bytearray(part.read_bytes())
    middle = len(body) // 2
    if damage == "flip":
        body[middle] ^= 1
    elif damage == "zero":
        body[middle : middle + 64] = bytes(64)
    elif damage == "cut":
        del body[middle:]
    if damage == "gone":
        part.unlink()
    else:
        part.write_bytes(bytes(body))
    with pytest.raises(CheckFailed):
        Store(store.path).read("issues", store.manifest())


def test_raw_bodies_come_back_as_they_went_in(store: Store) -> None:
    body = os.urandom(100_000)
    with store.writer("test") as writer:
        part = writer.add_raw("feed", "2026-11-25", [body])
        writer.commit()
    assert store.raw_body(part) == body


def test_what_an_unreadable_manifest_may_name_is_no_garbage(store: Store) -> None:
    for name in ("a", "b"):
        with store.writer("test") as writer:
            writer.add_rows("issues", issues(name))
            writer.commit()
    (store.path / "manifests" / "000002.json").write_bytes(b"damaged")
    named_by_it_alone = {path for path in (store.path / "tables" / "issues").iterdir() if "000002" in path.name}
    with store.writer("test"):
        assert store.collect_garbage(now=dt.datetime.now().timestamp() + 2 * 24 * 3600) == 0
    assert len(named_by_it_alone) == 1 and all(path.exists() for path in named_by_it_alone)


def test_garbage_is_what_no_kept_manifest_names_and_is_a_day_old(store: Store) -> None:
    for name in ("a", "b"):
        with store.writer("test") as writer:
            writer.add_rows("issues", issues(name))
            writer.commit()
    orphan = store.path / "tables" / "issues" / "part-000009-0001-deadbeef.parquet"
    orphan.write_bytes(b"left by a crash")
    with store.writer("test"):
        assert store.collect_garbage() == 0
        tomorrow = dt.datetime.now().timestamp() + 2 * 24 * 3600
        assert store.collect_garbage(now=tomorrow) == 1
        assert store.collect_garbage(keep_manifests=1, now=tomorrow) == 1
    assert not orphan.exists()
    assert names(store) == ["i-a", "i-b"]


KILLED = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from pipelines import schema, store as s
    from pipelines.records import Issue
    point, wanted = int(sys.argv[2]), sys.argv[3]
    count = 0
    def dying(real):
        def call(*a, **k):
            global count
            if count == point:
                os.kill(os.getpid(), 9)
            count += 1
            return real(*a, **k)
        return call
    os.fsync = dying(os.fsync)
    Path.replace = dying(Path.replace)
    store = s.Store(Path(sys.argv[1]))
    with store.writer("test") as writer:
        rows = [Issue(f"i-{wanted}-{n}", "kind", "findings", None, None, "s") for n in range(50)]
        writer.add_rows("issues", schema.to_arrow("issues", rows))
        writer.set_cursor("feed", wanted)
        writer.commit()
    print("acknowledged")
    """
)


def test_killed_at_every_sync_and_rename_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Every fsync and rename of the writer is a point of death, in order, until a run survives them all."""
    place = tmp_path / "store"
    acknowledged: list[str] = []
    for point in range(40):
        wanted = f"run{point}"
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(place), str(point), wanted],
            capture_output=True, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        if "acknowledged" in done.stdout:
            acknowledged.append(wanted)
        store = Store(place)
        found = names(store)
        runs = {name.split("-")[1] for name in found}
        # What was acknowledged is there; what is there is there whole; the cursor is that of the newest run.
        assert set(acknowledged) <= runs
        assert len(found) == 50 * len(runs) == len(set(found))
        if runs:
            assert store.manifest().cursors["feed"] in runs
        if done.returncode == 0:
            break
    else:
        pytest.fail("no run survived all points")
    assert point >= 8


def test_a_full_disk_is_one_sentence_and_the_state_before_is_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writer("test") as writer:
        writer.add_rows("issues", issues("a"))
        writer.commit()
    real = os.fsync

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with store.writer("test") as writer:
        monkeypatch.setattr(os, "fsync", full)
        writer.add_rows("issues", issues("b"))
        with pytest.raises(Refused, match="No space left on device"):
            writer.commit()
        monkeypatch.setattr(os, "fsync", real)
    assert names(store) == ["i-a"]
    assert list(store.path.rglob("*.tmp")) == []


def test_a_damaged_edition_is_passed_over_for_the_one_before_and_says_so(run, store_path: Path) -> None:
    assert run("build").code == 0
    first = run("build", "--json").json["edition"]
    second = run("build", "--as-of", "2026-11-01", "--json").json["edition"]
    assert first != second
    path = store_path / "editions" / second / "findings.parquet"
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))
    opened = open_edition(Store(store_path))
    assert opened.id == first
    assert "damaged" in (opened.notice or "")
    checked = run("check", "--json")
    assert checked.code == 4
    assert [c["id"] for c in checked.json["checks"] if not c["ok"]] == ["edition-parts"]
