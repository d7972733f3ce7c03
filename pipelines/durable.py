"""Files that are whole or not there: written under a temporary name, synced, renamed; and the fingerprints of bytes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import Refused


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_directory(path: Path) -> None:
    if os.name == "nt":  # Windows cannot open a directory; its rename is durable enough
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes) -> None:
    """Write `data` under `path` so that a reader sees all of it or the file before."""
    _durably(path, io.BytesIO(data))


def copy_durably(source: Path, path: Path) -> None:
    """The file `source` under `path`, whole or not at all, without holding it in memory."""
    with source.open("rb") as file:
        _durably(path, file)


def _durably(path: Path, source: BinaryIO) -> None:
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("wb") as file:
            while piece := source.read(1 << 20):  # shutil would bring four compressors to the start of every command
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise Refused(f"cannot write {path.name} in {path.parent}: {error.strerror or error}") from error
    sync_directory(path.parent)
