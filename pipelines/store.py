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
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import filelock
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import schema
from pipelines.durable import sha256, sha256_file, sync_directory, write_durably
from pipelines.errors import CheckFailed, Refused, StoreLocked
from pipelines.keys import Fingerprints, Keys
from pipelines.manifest import EditionRef, Manifest, Part

PART_ROWS = 20_000
GARBAGE_AGE_SECONDS = 24 * 3600
_MANIFEST_NAME = re.compile(r"^(\d{6})\.json$")


def parquet_bytes(data: pa.Table) -> bytes:
    """`data` as Parquet with zstd and page checksums."""
    sink = pa.BufferOutputStream()
    pq.write_table(data, sink, compression="zstd", write_page_checksum=True)
    return bytes(sink.getvalue())


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
        names = sorted((n for n in os.listdir(folder) if _MANIFEST_NAME.match(n)), reverse=True)
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
            match = _MANIFEST_NAME.match(name)
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
        paths = self.parts(table, manifest)
        if not paths:
            return schema.empty(table)
        return pa.concat_tables([pq.read_table(path, schema=schema.arrow_schema(table)) for path in paths])

    def raw_body(self, part: Part) -> bytes:
        """A raw body as it was kept."""
        with pa.input_stream(str(self.verify(part)), compression="zstd") as stream:
            return bytes(stream.read())

    # -- writing ---------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def writer(self, purpose: str) -> Iterator[Writer]:
        """The one writer. StoreLocked, with the holder's purpose, where another is at work."""
        try:
            for folder in ("manifests", "tables", "raw", "quarantine", "editions"):
                (self.path / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(
                f"the store folder {self.path} cannot be written ({error.strerror}); name another with --store"
            ) from error
        lock = filelock.FileLock(self.path / "lock", timeout=0)
        owner = self.path / "lock.owner"
        try:
            lock.acquire()
        except filelock.Timeout as error:
            holder = "another process"
            with contextlib.suppress(OSError):
                holder = owner.read_text().strip() or holder
            raise StoreLocked(
                f"the store {self.path} is being written by {holder}; wait until it has ended, then run again"
            ) from error
        except OSError as error:
            raise Refused(
                f"the store folder {self.path} cannot be written ({error.strerror}); name another with --store"
            ) from error
        try:
            owner.write_text(f"process {os.getpid()} ({purpose})\n")
            yield Writer(self)
        finally:
            with contextlib.suppress(OSError):
                owner.unlink(missing_ok=True)
            lock.release()

    def collect_garbage(self, keep_manifests: int = 20, now: float | None = None) -> int:
        """Remove files that none of the newest manifests names and that are older than a day.

        The age lets a slow reader finish. Nothing goes while a manifest cannot be read: what it alone names is no
        garbage. Returns how many files went. Call inside `writer`.
        """
        states = list(self.manifests())
        if len(states) < sum(bool(_MANIFEST_NAME.match(name)) for name in os.listdir(self.path / "manifests")):
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


class Writer:
    """Parts gathered under the lock; `commit` makes them visible all at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.base = store.manifest()
        self._parts: list[Part] = []
        self._rows: dict[tuple[str, bool], list[pa.Table]] = {}
        self._raw: list[Part] = []
        self._quarantined: list[dict[str, Any]] = []
        self._cursors: dict[str, Any] = {}
        self._coverage: dict[str, dict[str, Any]] = {}
        self._editions: dict[str, EditionRef] = {}
        self._edition: str | None = None
        self._count = 0
        self._known: dict[tuple[str, tuple[str, ...]], Keys] = {}

    def known(self, table: str, columns: tuple[str, ...]) -> Keys:
        """Values of `columns` in every row of a stored table, those gathered in this run included."""
        key = (table, columns)
        if key not in self._known:
            known = self._known[key] = Keys()
            for path in self.store.parts(table, self.base):
                rows = pq.read_table(path, columns=list(columns))
                known.update(zip(*(rows[c].to_pylist() for c in columns), strict=True))
        return self._known[key]

    def remember(self, table: str, columns: tuple[str, ...], values: Iterable[tuple[Any, ...]] | Fingerprints) -> None:
        """Add to what `known` answers."""
        self.known(table, columns).update(values)

    def _folder(self, folder: str) -> Path:
        target = self.store.path / folder
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(f"cannot create {target}: {error.strerror}") from error
        return target

    def _name(self, digest: str, suffix: str) -> str:
        self._count += 1
        return f"part-{self.base.number + 1:06d}-{self._count:04d}-{digest[:8]}{suffix}"

    def _put(self, table: str, folder: str, suffix: str, data: bytes, rows: int, private: bool) -> Part:
        target = self._folder(folder)
        digest = sha256(data)
        name = self._name(digest, suffix)
        write_durably(target / name, data)
        return Part(table, f"{folder}/{name}", digest, rows, len(data), private)

    def add_rows(self, table: str, data: pa.Table, private: bool = False) -> None:
        """Rows of one stored table, in its schema. Few rows wait for more: a part is a file, and files cost."""
        if data.num_rows == 0:
            return
        schema.validate(table, data)
        waiting = self._rows.setdefault((table, private), [])
        waiting.append(data)
        if sum(rows.num_rows for rows in waiting) >= PART_ROWS:
            self._write_rows(table, private)

    def _write_rows(self, table: str, private: bool) -> None:
        data = pa.concat_tables(self._rows.pop((table, private)))
        self._parts.append(self._put(table, f"tables/{table}", ".parquet", parquet_bytes(data), data.num_rows, private))

    def add_raw(self, collector: str, day: str, pieces: Iterable[bytes], private: bool = False) -> Part:
        """A body as received, piece by piece (contact details already blanked by the caller)."""
        folder = f"raw/{collector}/{day}"
        target = self._folder(folder)
        temporary = target / f".{secrets.token_hex(8)}.tmp"
        try:
            with pa.OSFile(str(temporary), "wb") as file, pa.CompressedOutputStream(file, "zstd") as stream:
                for piece in pieces:
                    stream.write(piece)
            digest = sha256_file(temporary)
            part = Part(
                collector, f"{folder}/{self._name(digest, '.zst')}", digest, 0, temporary.stat().st_size, private
            )
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(self.store.path / part.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise Refused(f"cannot write a raw body in {target}: {error.strerror or error}") from error
        sync_directory(target)
        self._raw.append(part)
        return part

    def quarantine(self, collector: str, name: str, body: bytes, reason: str) -> None:
        """Keep a body that could not be used, with the reason, so that nothing is lost."""
        digest = sha256(body)
        known = {(item["collector"], item["sha256"]) for item in (*self.base.quarantined, *self._quarantined)}
        if (collector, digest) in known:
            return
        part = self._put(collector, f"quarantine/{collector}", ".body", body, 0, True)
        self._quarantined.append(
            {"collector": collector, "name": name, "path": part.path, "sha256": digest, "reason": reason}
        )

    def set_cursor(self, collector: str, cursor: Any) -> None:
        self._cursors[collector] = cursor

    def set_coverage(self, collector: str, **facts: Any) -> None:
        self._coverage[collector] = {**self.base.coverage.get(collector, {}), **facts}

    def set_edition(self, reference: EditionRef) -> None:
        self._editions[reference.id] = reference
        self._edition = reference.id

    def commit(self) -> Manifest:
        """Write the next manifest and make it current. Everything gathered becomes visible at once."""
        for table, private in list(self._rows):
            self._write_rows(table, private)
        manifest = replace(
            self.base,
            number=self.base.number + 1,
            written_at=datetime.now(UTC).isoformat(timespec="seconds"),
            parts=(*self.base.parts, *self._parts),
            raw=(*self.base.raw, *self._raw),
            quarantined=(*self.base.quarantined, *self._quarantined),
            cursors={**self.base.cursors, **self._cursors},
            coverage={**self.base.coverage, **self._coverage},
            editions={**self.base.editions, **self._editions},
            edition=self._edition or self.base.edition,
        )
        name = f"{manifest.number:06d}.json"
        path = self.store.path / "manifests" / name
        if path.exists():
            # A manifest with this number survives from a crash between manifest and CURRENT, or a damaged
            # newer one was passed over: never overwrite it, step over it.
            taken = [int(m.group(1)) for n in os.listdir(path.parent) if (m := _MANIFEST_NAME.match(n))]
            manifest = replace(manifest, number=max(taken) + 1)
            name = f"{manifest.number:06d}.json"
            path = path.with_name(name)
        write_durably(path, manifest.to_json())
        write_durably(self.store.path / "CURRENT", f"{name}\n".encode())
        self.base = manifest
        self._parts, self._raw, self._quarantined = [], [], []
        self._cursors, self._coverage, self._editions = {}, {}, {}
        return manifest

    def commit_if_changed(self) -> Manifest:
        """Commit what was gathered; where nothing was, leave the store as it is."""
        changed = any(
            (self._parts, self._rows, self._raw, self._quarantined, self._cursors, self._coverage, self._editions)
        )
        return self.commit() if changed else self.base

    def discard(self) -> Self:
        """Forget what was gathered since the last commit."""
        self._parts, self._rows, self._raw, self._quarantined = [], {}, [], []
        self._cursors, self._coverage, self._editions = {}, {}, {}
        self._known = {}
        return self
