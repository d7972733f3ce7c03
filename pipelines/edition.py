"""An edition opened for reading: verified files, queried by DuckDB in memory.

A reader takes CURRENT once and keeps that state; a newer edition is another object. A damaged edition is
passed over for the one before, and says so.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import schema
from pipelines.build import Built
from pipelines.errors import CheckFailed, Refused, UnknownName
from pipelines.manifest import Manifest, Part
from pipelines.store import Store

# Up to this size an edition is held in memory, where a page's queries take single milliseconds.
IN_MEMORY_BYTES = 256 * 1024 * 1024
BATCH_ROWS = 10_000
Parameters = Sequence[Any] | Mapping[str, Any] | None


class Edition:
    """One immutable edition. `notice` is set where a damaged newer one was passed over."""

    def __init__(
        self,
        id: str,
        content_hash: str,
        as_of: dt.date,
        private: bool,
        counts: Mapping[str, int],
        connection: duckdb.DuckDBPyConnection,
        notice: str | None = None,
    ) -> None:
        self.id = id
        self.content_hash = content_hash
        self.as_of = as_of
        self.private = private
        self.counts = dict(counts)
        self.notice = notice
        self._connection = connection
        self._lock = threading.Lock()
        self._derived: set[str] = set()
        self._deriving: dict[str, threading.Lock] = {}

    @classmethod
    def of(cls, built: Built) -> Edition:
        """A built edition that is not (or not yet) in a store."""
        connection = _connect()
        for name in built.tables:
            _load(connection, name, built.tables.path(name))
        counts = {name: built.tables.rows(name) for name in built.tables}
        return cls(built.id, built.content_hash, built.as_of, built.private, counts, connection)

    def query(self, sql: str, parameters: Parameters = None) -> pd.DataFrame:
        """Rows of a query over the edition's tables. Money comes as float, lists as lists."""
        return self._execute(sql, parameters).df()

    def rows(self, sql: str, parameters: Parameters = None) -> list[dict[str, Any]]:
        """Rows of a query as dicts, dates as dates, missing values as None."""
        cursor = self._execute(sql, parameters)
        names = [item[0] for item in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(self, sql: str, parameters: Parameters = None) -> Any:
        """The first value of the first row; None where there is none."""
        row = self._execute(sql, parameters).fetchone()
        return row[0] if row else None

    def _execute(self, sql: str, parameters: Parameters) -> duckdb.DuckDBPyConnection:
        with self._lock:
            cursor = self._connection.cursor()
        return cursor.execute(sql, parameters or {})

    def derive(self, name: str, sql: str) -> None:
        """Keep the rows of a query under a name for later queries: made once, since an edition never changes. Who needs
        them meanwhile waits, nobody else does."""
        with self._lock:
            making = self._deriving.setdefault(name, threading.Lock())
            cursor = self._connection.cursor()
        with making:
            if name not in self._derived:
                cursor.execute(f'CREATE TABLE "{name}" AS {sql}')
                self._derived.add(name)

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """One table in its schema, BATCH_ROWS at a time, in the order of its key: `build` wrote it in that order."""
        wanted = schema.arrow_schema(table)
        columns = ", ".join(f'"{name}"' for name in wanted.names)
        with self._lock:
            cursor = self._connection.cursor()
        for batch in cursor.sql(f'SELECT {columns} FROM "{table}"').to_arrow_reader(BATCH_ROWS):
            yield from pa.Table.from_batches([batch]).cast(wanted).to_batches()

    @functools.cached_property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Every source by id."""
        return {row["source_id"]: row for row in self.rows("SELECT * FROM sources")}


class Watched(Edition):
    """The same edition, with every query that is asked of it written down in `asked`: (text, parameters, name of its table).

    Another object, so that what was worked out for the edition before is asked again.
    """

    def __init__(self, edition: Edition) -> None:
        super().__init__(
            edition.id, edition.content_hash, edition.as_of, edition.private, edition.counts, edition._connection
        )
        self._lock, self._derived = edition._lock, edition._derived
        self.asked: list[tuple[str, Parameters, str | None]] = []

    def _execute(self, sql: str, parameters: Parameters) -> duckdb.DuckDBPyConnection:
        self.asked.append((sql, parameters, None))
        return super()._execute(sql, parameters)

    def derive(self, name: str, sql: str) -> None:
        self.asked.append((sql, None, name))
        super().derive(name, sql)


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _load(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """A table of the edition into memory."""
    connection.register("arriving", pq.read_table(path))
    connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM arriving')
    connection.unregister("arriving")


def open_edition(store: Store, edition_id: str | None = None) -> Edition:
    """The edition called `edition_id`, or the newest whole one.

    UnknownName for an id that the store does not hold; Refused where nothing was built yet; CheckFailed where
    every edition is damaged.
    """
    manifest = store.manifest()
    if not manifest.editions:
        raise Refused(f"the store {store.path} holds no edition yet; run cloudhold build")
    if edition_id is not None:
        if edition_id not in manifest.editions:
            raise UnknownName("edition", edition_id, manifest.editions)
        return _open(store, manifest, edition_id)
    tried: list[str] = []
    failure: CheckFailed | None = None
    for state in store.manifests():
        candidate = state.edition
        if candidate is None or candidate in tried:
            continue
        tried.append(candidate)
        try:
            opened = _open(store, state, candidate)
        except CheckFailed as error:
            failure = failure or error
            continue
        if failure:
            opened.notice = f"the newest edition is damaged ({failure}); this is the one before it"
        return opened
    raise failure or CheckFailed(f"the store {store.path} holds no readable edition")


def _open(store: Store, manifest: Manifest, edition_id: str) -> Edition:
    reference = manifest.editions[edition_id]
    folder = f"editions/{edition_id}"
    body = store.verify(Part("edition", f"{folder}/edition.json", reference.sha256, 0, 0, False)).read_bytes()
    facts = json.loads(body)
    connection = _connect()
    counts = {}
    size = sum(part["bytes"] for part in facts["tables"])
    for part in facts["tables"]:
        name = part["table"]
        path = store.verify(Part(name, f"{folder}/{name}.parquet", part["sha256"], part["rows"], part["bytes"], False))
        counts[name] = part["rows"]
        if size <= IN_MEMORY_BYTES:
            _load(connection, name, path)
        else:
            quoted = path.as_posix().replace("'", "''")
            connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{quoted}')")
    return Edition(
        edition_id,
        facts["content_hash"],
        dt.date.fromisoformat(facts["as_of"]),
        facts["private"],
        counts,
        connection,
    )
