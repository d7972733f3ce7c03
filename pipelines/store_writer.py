"""The one writer of a store: gathers rows, raw bodies and cursors, and makes them visible all at once.

The order of writing, and what a death at any moment leaves, is told in `pipelines.store`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
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
from pipelines.errors import Refused, StoreLocked
from pipelines.keys import Fingerprints, Keys
from pipelines.manifest import EditionRef, Manifest, Part
from pipelines.store import MANIFEST_NAME, Store

PART_ROWS = 20_000


def parquet_bytes(data: pa.Table) -> bytes:
    """`data` as Parquet with zstd and page checksums."""
    sink = pa.BufferOutputStream()
    pq.write_table(data, sink, compression="zstd", write_page_checksum=True)
    return bytes(sink.getvalue())


@contextlib.contextmanager
def writing(store: Store, purpose: str) -> Iterator[Writer]:
    """The one writer of a store. StoreLocked, with the holder's purpose, where another is at work."""
    refusal = f"the store folder {store.path} cannot be written"
    try:
        for folder in ("manifests", "tables", "raw", "quarantine", "editions"):
            (store.path / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{refusal} ({error.strerror}); name another with --store") from error
    lock = filelock.FileLock(store.path / "lock", timeout=0)
    owner = store.path / "lock.owner"
    try:
        lock.acquire()
    except filelock.Timeout as error:
        holder = "another process"
        with contextlib.suppress(OSError):
            holder = owner.read_text().strip() or holder
        raise StoreLocked(
            f"the store {store.path} is being written by {holder}; wait until it has ended, then run again"
        ) from error
    except OSError as error:
        raise Refused(f"{refusal} ({error.strerror}); name another with --store") from error
    try:
        owner.write_text(f"process {os.getpid()} ({purpose})\n")
        yield Writer(store)
    finally:
        with contextlib.suppress(OSError):
            owner.unlink(missing_ok=True)
        lock.release()


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
            taken = [int(m.group(1)) for n in os.listdir(path.parent) if (m := MANIFEST_NAME.match(n))]
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
