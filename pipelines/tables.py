"""The tables of an edition while it is made: Parquet files in a folder of their own, never all in memory at once."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import schema

BATCH_ROWS = 20_000


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
