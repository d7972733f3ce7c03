"""The store: immutable parts, one numbered manifest, one file that names the newest.

    CURRENT                          name of the newest manifest, replaced by rename
    lock                             held by the one writer; the system frees it when the writer dies
    manifests/000012.json            parts with SHA-256 and rows, cursors, quarantine, editions
    tables/<table>/part-…parquet     records as they came, page checksums on
    raw/<collector>/<day>/….zst      bodies as received, contact details blanked
    quarantine/<collector>/…         bodies that could not be used, each with its reason
    editions/<id>/…                  built, immutable, citable

Order of writing: parts, then the manifest, then CURRENT; each is written to a temporary name, synced,
renamed, and its directory synced. So rows and cursor become visible in the same instant, a death at any
moment leaves the state before, and readers never see half of anything. Parts that no manifest names are
what a crash leaves; they are ignored and collected later.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.durable import sha256_file
from pipelines.errors import CheckFailed, Refused
from pipelines.manifest import Manifest, Part

# Whoever only asks what a store holds starts without Arrow: it is half of a short run.
if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.store_writer import Writer

GARBAGE_AGE_SECONDS = 24 * 3600
MANIFEST_NAME = re.compile(r"^(\d{6})\.json$")


class Store:
    """A folder that keeps everything collected and built. Opening never creates it; writing does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._verified: set[tuple[str, int, int]] = set()

    # -- reading ---------------------------------------------------------------------------------------

    def manifest(self) -> Manifest:
        """The newest whole state.

        CURRENT first; where it or what it names is unreadable, the newest manifest that reads. An absent
        store is a state too: number 0, nothing in it. Refused where a file stands in its place.
        """
        if self.path.is_file():
            raise Refused(f"the store {self.path} is a file; name a folder with --store")
        folder = self.path / "manifests"
        if not folder.is_dir():
            return Manifest(number=0)
        names = sorted((n for n in os.listdir(folder) if MANIFEST_NAME.match(n)), reverse=True)
        try:
            current = (self.path / "CURRENT").read_text().strip()
        except (OSError, ValueError):
            current = ""
        if current in names:
            names.remove(current)
            names.insert(0, current)
        failure: CheckFailed | None = None
        for name in names:
            try:
                return Manifest.from_json((folder / name).read_bytes(), f"manifests/{name}")
            except CheckFailed as error:
                failure = failure or error
        if failure:
            raise failure
        return Manifest(number=0)

    def manifests(self) -> Iterator[Manifest]:
        """Every readable state, newest first, beginning with the current one."""
        first = self.manifest()
        yield first
        folder = self.path / "manifests"
        if not folder.is_dir():
            return
        for name in sorted(os.listdir(folder), reverse=True):
            match = MANIFEST_NAME.match(name)
            if match and int(match.group(1)) < first.number:
                with contextlib.suppress(CheckFailed, OSError):
                    yield Manifest.from_json((folder / name).read_bytes(), f"manifests/{name}")

    def verify(self, part: Part) -> Path:
        """The path of a part whose bytes match its fingerprint; CheckFailed otherwise.

        A part is immutable, so one look per process is enough for an unchanged size and time.
        """
        path = self.path / part.path
        try:
            status = path.stat()
        except OSError as error:
            raise CheckFailed(f"{part.path} is missing from the store {self.path}") from error
        seen = (part.path, status.st_size, status.st_mtime_ns)
        if seen not in self._verified:
            if sha256_file(path) != part.sha256:
                raise CheckFailed(f"{part.path} does not match its fingerprint; the file was damaged")
            self._verified.add(seen)
        return path

    def parts(self, table: str, manifest: Manifest) -> list[Path]:
        """Verified files of one stored table."""
        return [self.verify(part) for part in manifest.parts if part.table == table]

    def read(self, table: str, manifest: Manifest) -> pa.Table:
        """One stored table, whole; empty where nothing was stored."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        from pipelines import schema

        paths = self.parts(table, manifest)
        if not paths:
            return schema.empty(table)
        return pa.concat_tables([pq.read_table(path, schema=schema.arrow_schema(table)) for path in paths])

    def raw_body(self, part: Part) -> bytes:
        """A raw body as it was kept."""
        import pyarrow as pa

        with pa.input_stream(str(self.verify(part)), compression="zstd") as stream:
            return bytes(stream.read())

    # -- writing ---------------------------------------------------------------------------------------

    def writer(self, purpose: str) -> AbstractContextManager[Writer]:
        """The one writer. StoreLocked, with the holder's purpose, where another is at work."""
        from pipelines.store_writer import writing

        return writing(self, purpose)

    def collect_garbage(self, keep_manifests: int = 20, now: float | None = None) -> int:
        """Remove files that none of the newest manifests names and that are older than a day.

        The age lets a slow reader finish. Nothing goes while a manifest cannot be read: what it alone names is no
        garbage. Returns how many files went. Call inside `writer`.
        """
        states = list(self.manifests())
        if len(states) < sum(bool(MANIFEST_NAME.match(name)) for name in os.listdir(self.path / "manifests")):
            return 0
        kept: set[str] = set()
        for manifest in states[:keep_manifests]:
            kept.add(f"manifests/{manifest.number:06d}.json")
            kept.update(part.path for part in (*manifest.parts, *manifest.raw))
            kept.update(str(item["path"]) for item in manifest.quarantined)
            for edition in manifest.editions:
                folder = self.path / "editions" / edition
                kept.update(f.relative_to(self.path).as_posix() for f in folder.glob("*"))
        oldest = (now or time.time()) - GARBAGE_AGE_SECONDS
        removed = 0
        for folder_name in ("manifests", "tables", "raw", "quarantine", "editions"):
            for path in sorted((self.path / folder_name).rglob("*")):
                name = path.relative_to(self.path).as_posix()
                if path.is_file() and name not in kept and path.stat().st_mtime < oldest:
                    path.unlink()
                    removed += 1
        return removed
