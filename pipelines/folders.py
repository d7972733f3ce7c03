"""A folder, or a tar file of one, as one body: JSON lines of {path, text}, sorted by path.

So a folder goes the same way as a file: it has one fingerprint that does not depend on the order or the times
of its files, contact details are blanked on its bytes, and its reader stays pure. Links are never followed,
nothing outside the folder is read, and a file too large to be written by hand is named and left out.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from pipelines.text import unpack as without_gzip
from pipelines.text import unpack_text

MAX_FILES = 100_000
MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_BYTES = 512 * 1024 * 1024
_MARK = b'{"path": '

Wanted = Callable[[str], bool]


def from_folder(path: Path, wanted: Wanted, about: Mapping[str, str] | None = None) -> bytes:
    """The wanted files below a folder, and `about` as further entries. ValueError for too many or too much."""
    return _packed(_below(path, wanted), about or {})


def from_tar(body: bytes, wanted: Wanted) -> bytes:
    """The wanted files of a tar file, gzipped or not; the one folder around everything is taken off."""
    try:
        with tarfile.open(fileobj=io.BytesIO(without_gzip(body))) as archive:
            members = [m for m in archive.getmembers() if m.isfile()]
            names = [str(PurePosixPath(m.name)) for m in members]
            start = _common(names)
            found = (
                (name[len(start) :], member.size, _member(archive, member))
                for name, member in zip(names, members, strict=True)
                if wanted(name[len(start) :])
            )
            return _packed(found, {})
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"it cannot be read as a tar file ({error})") from error


def is_tar(body: bytes) -> bool:
    """Whether the bytes are those of a tar file, gzipped or not."""
    try:
        head = without_gzip(body)[257:263]
    except ValueError:
        return False
    return head.startswith(b"ustar")


def files(name: str, body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """(text by path, reason by path of what was left out) of a packed folder; any other body is one file.

    ValueError where the body is no text.
    """
    if not body.startswith(_MARK):
        return {name: unpack_text(body)}, {}
    entries = [json.loads(line) for line in body.splitlines() if line]
    texts = {entry["path"]: entry["text"] for entry in entries if "text" in entry}
    return texts, {entry["path"]: entry["left_out"] for entry in entries if "left_out" in entry}


def _packed(found: Iterable[tuple[str, int, Callable[[], bytes]]], about: Mapping[str, str]) -> bytes:
    lines = {path: {"path": path, "text": text} for path, text in about.items()}
    total = 0
    for path, size, read in found:
        if len(lines) >= MAX_FILES:
            raise ValueError(f"it holds more than {MAX_FILES:,} files; name a folder inside it")
        if size > MAX_FILE_BYTES:
            lines[path] = {"path": path, "left_out": f"it is larger than {MAX_FILE_BYTES // 1048576} MiB"}
            continue
        total += size
        if total > MAX_BYTES:
            raise ValueError(f"it holds more than {MAX_BYTES // 1048576} MiB; name a folder inside it")
        lines[path] = {"path": path, "text": read().removeprefix(b"\xef\xbb\xbf").decode(errors="replace")}
    if len(lines) == len(about):
        raise ValueError("it holds none of the files that this kind reads")
    return "".join(json.dumps(lines[path], ensure_ascii=False) + "\n" for path in sorted(lines)).encode(
        errors="replace"
    )


def _below(path: Path, wanted: Wanted) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not (Path(folder) / name).is_symlink() and name != ".git")
        for name in sorted(names):
            file = Path(folder) / name
            relative = file.relative_to(path).as_posix()
            if wanted(relative) and file.is_file() and not file.is_symlink():
                yield relative, file.stat().st_size, file.read_bytes


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        file = archive.extractfile(member)
        return file.read() if file else b""

    return read


def _common(names: list[str]) -> str:
    """The folder that stands around every file of an archive, with its slash; empty where there is none."""
    tops = {name.partition("/")[0] for name in names}
    return f"{tops.pop()}/" if len(tops) == 1 and all("/" in name for name in names) else ""
