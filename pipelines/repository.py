"""What a checked-out git repository says of itself: commit, the day of the commit, where it came from.

Read from the files of .git, without running git: HEAD, the refs, and the commit object, loose or in a pack.
Whatever cannot be read is missing. A user name in the address of the origin is left out.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import struct
import zlib
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_COMMIT = re.compile(r"[0-9a-f]{40}")
_ORIGIN = re.compile(r'\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)', re.MULTILINE)
_SCP = re.compile(r"(?:[\w.-]+@)?([\w.-]+):(?!//)([\w./~-]+)")
_COMMITTED = re.compile(rb"^committer .* (\d+) [+-]\d{4}$", re.MULTILINE)
MAX_SMALL = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Repository:
    """`origin` is host/owner/name; each field is None where the folder does not say."""

    commit: str | None = None
    committed_on: dt.date | None = None
    origin: str | None = None


def of(path: Path) -> Repository:
    """The repository checked out in a folder."""
    git = path / ".git"
    if not git.is_dir() or git.is_symlink():
        return Repository()
    commit = _head(git)
    return Repository(commit, _committed_on(git, commit) if commit else None, _origin(git))


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        if path.stat().st_size <= MAX_SMALL:
            return path.read_text(errors="replace")
    return ""


def _head(git: Path) -> str | None:
    head = _text(git / "HEAD").strip()
    if _COMMIT.fullmatch(head):
        return head
    reference = head.removeprefix("ref: ").strip()
    if head == reference or not re.fullmatch(r"refs/[\w./-]+", reference) or ".." in reference:
        return None
    loose = _text(git / reference).strip()
    if _COMMIT.fullmatch(loose):
        return loose
    for line in _text(git / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference and _COMMIT.fullmatch(commit):
            return commit
    return None


def _origin(git: Path) -> str | None:
    match = _ORIGIN.search(_text(git / "config"))
    if not match:
        return None
    url = match.group(1)
    scp = _SCP.fullmatch(url)
    try:
        host, path = (scp.group(1), scp.group(2)) if scp else (urlsplit(url).hostname, urlsplit(url).path)
    except ValueError:
        return None
    name = re.sub(r"\.git/?$", "", (path or "").strip("/"))
    return f"{host.lower()}/{name}" if host and "." in host and name else None


# -- the day of a commit ------------------------------------------------------------------------------------


def _committed_on(git: Path, commit: str) -> dt.date | None:
    body: bytes | None = None
    with contextlib.suppress(OSError, zlib.error, struct.error, IndexError):
        loose = git / "objects" / commit[:2] / commit[2:]
        if loose.is_file():
            body = zlib.decompressobj().decompress(loose.read_bytes(), MAX_SMALL)
        else:
            body = _packed(git, commit)
    match = _COMMITTED.search(body or b"")
    if not match or int(match.group(1)) > 1 << 33:
        return None
    return dt.datetime.fromtimestamp(int(match.group(1)), dt.UTC).date()


def _packed(git: Path, commit: str) -> bytes | None:
    """A commit object in a pack (format 2 of the index); None where it is not there, or stored as a delta."""
    for index in sorted((git / "objects" / "pack").glob("*.idx")):
        offset = _offset(index, bytes.fromhex(commit))
        if offset is not None:
            return _object(index.with_suffix(".pack"), offset)
    return None


def _offset(index: Path, wanted: bytes) -> int | None:
    data = index.read_bytes()
    if data[:8] != b"\xfftOc\x00\x00\x00\x02":
        return None
    fan = struct.unpack_from(">256I", data, 8)
    count, start = fan[255], 8 + 1024
    low, high = (fan[wanted[0] - 1] if wanted[0] else 0), fan[wanted[0]]
    names = [data[start + 20 * i : start + 20 * i + 20] for i in range(low, high)]
    place = bisect_left(names, wanted)
    if place == len(names) or names[place] != wanted:
        return None
    offsets = start + 24 * count
    (offset,) = struct.unpack_from(">I", data, offsets + 4 * (low + place))
    if offset & 0x80000000:
        (offset,) = struct.unpack_from(">Q", data, offsets + 4 * count + 8 * (offset & 0x7FFFFFFF))
    return int(offset)


def _object(pack: Path, offset: int) -> bytes | None:
    with pack.open("rb") as file:
        file.seek(offset)
        head = file.read(16)
        kind, place = head[0] >> 4 & 7, 0
        while head[place] & 0x80:
            place += 1
        if kind != 1:  # 1 is a commit that is stored whole
            return None
        file.seek(offset + place + 1)
        return zlib.decompressobj().decompress(file.read(65536), MAX_SMALL)
