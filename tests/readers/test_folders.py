"""Folders as bodies: one fingerprint, limits, and what is never read."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from pipelines import folders
from pipelines.ingest import blank_contacts


def everything(_: str) -> bool:
    return True


def test_the_order_of_files_does_not_show(tmp_path: Path) -> None:
    for name in ("b/two.txt", "a.txt", "b/one.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    packed = folders.from_folder(tmp_path, everything)
    assert folders.files("x", packed) == ({"a.txt": "a.txt", "b/one.txt": "b/one.txt", "b/two.txt": "b/two.txt"}, {})


def test_links_and_git_are_never_followed(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    (inside / ".git").mkdir(parents=True)
    (inside / ".git" / "config").write_text("secret")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x.txt").write_text("outside")
    (inside / "link").symlink_to(tmp_path / "out")
    (inside / "file").symlink_to(tmp_path / "out" / "x.txt")
    (inside / "mine.txt").write_text("inside")
    assert folders.files("x", folders.from_folder(inside, everything)) == ({"mine.txt": "inside"}, {})


def test_large_files_are_named_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_FILE_BYTES", 10)
    (tmp_path / "big.txt").write_text("x" * 11)
    (tmp_path / "small.txt").write_text("x")
    texts, left_out = folders.files("x", folders.from_folder(tmp_path, everything))
    assert texts == {"small.txt": "x"} and list(left_out) == ["big.txt"]


def test_too_many_and_too_much_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("xxxx")
    monkeypatch.setattr(folders, "MAX_FILES", 2)
    with pytest.raises(ValueError, match="more than 2 files"):
        folders.from_folder(tmp_path, everything)
    monkeypatch.setattr(folders, "MAX_FILES", 9)
    monkeypatch.setattr(folders, "MAX_BYTES", 9)
    with pytest.raises(ValueError, match="name a folder inside it"):
        folders.from_folder(tmp_path, everything)


def test_a_tar_file_that_names_paths_outside_touches_nothing(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("../../evil.txt", "/etc/evil.txt"):
            member = tarfile.TarInfo(name)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    texts, _ = folders.files("x", folders.from_tar(out.getvalue(), everything))
    assert set(texts.values()) == {"x"} and "link.txt" not in texts  # names are labels; nothing is written


def test_contacts_are_blanked_inside_a_gzipped_body_and_spreadsheets_stay_whole() -> None:
    body = b'{"email": "jo@body.example", "note": "ask sam@body.example"}'
    assert blank_contacts(gzip.compress(body)) == b'{"email":"", "note": "ask x@body.example"}'
    packed = b"PK\x03\x04" + bytes(range(256))
    assert blank_contacts(packed) == packed
    assert blank_contacts(b"\x1f\x8b cut @") == b"\x1f\x8b cut @"
