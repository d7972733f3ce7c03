"""The tables of an edition while it is made: Parquet files, never all in memory at once, and the hash of what they say."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import schema

T = TypeVar("T")
BATCH_ROWS = 20_000
# What the database may hold in memory before it goes to disk; the next where one step cannot do with it.
MEMORY = ("256MB", "1GB", "80%")


class Tables(Mapping[str, pa.Table]):
    """Tables by name, each read from its file when asked for. The folder goes with the last who holds this."""

    def __init__(self, tables: Mapping[str, pa.Table] | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cloudhold-"))
        self._rows: dict[str, int] = {}
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        for name, table in (tables or {}).items():
            self.put(name, table.to_batches(BATCH_ROWS))

    def put(self, name: str, batches: Iterable[pa.RecordBatch]) -> None:
        """Write one table, batch by batch, in its schema, with zstd and page checksums."""
        wanted = schema.arrow_schema(name)
        rows = 0
        with pq.ParquetWriter(self.path(name), wanted, compression="zstd", write_page_checksum=True) as writer:
            for batch in batches:
                if batch.num_rows:
                    writer.write_table(pa.Table.from_batches([batch]).cast(wanted))
                    rows += batch.num_rows
        self._rows[name] = rows

    def path(self, name: str) -> Path:
        """The Parquet file of a table."""
        return self._folder / f"{name}.parquet"

    def rows(self, name: str) -> int:
        """The number of rows of a table."""
        return self._rows[name]

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._rows:
            raise KeyError(name)
        return pq.read_table(self.path(name), schema=schema.arrow_schema(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def bounded(work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """What `work` gives with a database in memory that goes to disk beyond MEMORY, so that an edition may be larger
    than the machine's memory. Work that cannot go on within a limit starts again with the next."""
    for memory in MEMORY:
        with tempfile.TemporaryDirectory(prefix="cloudhold-") as spill:
            try:
                limits: dict[str, Any] = {"threads": 1, "memory_limit": memory, "temp_directory": spill}
                with duckdb.connect(config=limits) as connection:
                    connection.execute("SET TimeZone = 'UTC'")
                    return work(connection)
            except duckdb.OutOfMemoryException:
                if memory == MEMORY[-1]:
                    raise
    raise AssertionError("there is a last limit")


def given(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Leave table `name` with `rows`, every value as text. Not by way of pa.array(): that imports pandas."""
    values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    chosen = ", ".join(f"unnest(${column}::VARCHAR[]) AS {column}" for column in columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {chosen}", dict(zip(columns, values, strict=True))
    )


def view(connection: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path], beside: str | None = None) -> None:
    """`name` as the rows of Parquet files, with those of the table `beside`."""
    parts = [f"SELECT * FROM {beside}"] if beside else []
    if files:
        listed = ", ".join("'" + file.as_posix().replace("'", "''") + "'" for file in files)
        parts.append(f"SELECT * FROM read_parquet([{listed}])")
    connection.execute(f"CREATE VIEW {name} AS {' UNION ALL BY NAME '.join(parts)}")


def hash_tables(files: Mapping[str, Path]) -> str:
    """SHA-256 over all rows of all tables, each a Parquet file, without the facts of a run.

    A row is the SHA-256 of its values as text, a list with its length before it and a missing value as a sign of its
    own; a table is the SHA-256 of its sorted rows. So neither the order of inputs nor that of a file can show.
    """

    def hashed(connection: duckdb.DuckDBPyConnection) -> str:
        digest = hashlib.sha256()
        for name in sorted(files):
            columns = [column for column in schema.table(name).columns if not column.words.run]
            said = ", ".join(_as_text(column) for column in columns)
            view(connection, f"hashed_{name}", [files[name]])
            rows, found = connection.execute(
                f"""SELECT count(*), sha256(coalesce(string_agg(row, '' ORDER BY row), ''))
                    FROM (SELECT sha256(concat_ws(chr(31), {said})) AS row FROM hashed_{name})"""
            ).fetchone() or (0, "")
            digest.update(f"{name} {','.join(column.name for column in columns)} {rows} {found}\n".encode())
        return digest.hexdigest()

    return bounded(hashed)


def _as_text(column: schema.Column) -> str:
    """SQL for a column's value as text that no other value has."""
    name, missing = f'"{column.name}"', "chr(30)"
    if column.python == tuple[str, ...]:
        items = f"array_to_string(list_transform({name}, lambda x: coalesce(x::VARCHAR, {missing})), chr(29))"
        return f"coalesce(len({name}) || chr(29) || {items}, {missing})"
    return f"coalesce({name}::VARCHAR, {missing})"
