"""OCDS release packages to contract tables with every rule on, beside what an analyst would write or run.

Packages of 100 releases in the shape that UK portals publish (invented words, names and numbers; the seed is fixed) go
in. Ours reads them as `cloudhold import ocds` and `cloudhold build` do: notices and awards, versions, folding, buyers,
suppliers, groups, providers, classes, superseding. The peers only read and flatten: a loop over the standard library's
json, and pandas.json_normalize, each for the same columns and types, written to Parquet as ours are. Rows of award
and supplier must be the same. A third writes the same rows with our own readers and no rule: what is left between it
and a target is what all rules and the other tables may cost. flatten-tool and ocdskit are shown beside where they are installed: they make other tables
(`pip install flattentool ocdskit` in an environment of its own, its bin folder named in OCDS_TOOLS).

Targets: CPU at most 0.36x of the loop and 0.24x of json_normalize (aim 0.25x and 0.15x); peak memory at most 1.2x from
128 MiB to 1 GiB.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks._packages import files, packages
from benchmarks._readers import loop, normalize, reading

TITLE = "release packages to contract tables, CPU and memory"
SIZES = (32, 128, 512)  # MiB
LARGEST = 1024  # memory only, ours only
ROUNDS = 3
MOST_OF_LOOP = 0.36
MOST_OF_NORMALIZE = 0.24
MOST_GROWTH = 1.2
ROOT = Path(__file__).parents[1]
CHUNK = 16 << 20

COMPARED = (
    "ocid release_id award_id title buyer_name value currency awarded_on start_on end_on supplier supplier_number"
)


# -- the clients, each a process of its own -------------------------------------------------------------------


def ours(folder: Path, out: Path) -> None:
    """Stored records in parts, then the tables of an edition: what import and build do between disk and disk."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipelines import reference, reference_tables
    from pipelines.contracts.pipeline import MADE, Pipeline
    from pipelines.readers import ocds
    from pipelines.tables import Tables, bounded

    parts = out / "parts"
    parts.mkdir(parents=True)

    def groups() -> Iterator[list[tuple[str, bytes, str]]]:
        found: list[tuple[str, bytes, str]] = []
        size = 0
        for file in files(folder):
            body = file.read_bytes()
            found.append((file.name, body, f"ocds-{file.name}"))
            size += len(body)
            if size >= CHUNK:
                yield found
                found, size = [], 0
        if found:
            yield found

    for number, bodies in enumerate(groups()):
        batches = ocds.read_all(bodies, {})
        assert not any(batch.rejected for batch in batches)
        for name in batches[0].tables:
            table = pa.concat_tables([batch.tables[name] for batch in batches])
            pq.write_table(table, parts / f"{name}-{number}.parquet", compression="zstd")
    facts = reference.load()
    bodies = reference_tables.organisations(facts)
    rules = Pipeline(facts, [(body.organisation_id, body.name, body.sector) for body in bodies])

    def run(connection: duckdb.DuckDBPyConnection) -> None:
        for name in ("notices", "awards"):
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{parts}/{name}-*.parquet')")
        made = rules.run(connection, "reference-contracts")
        tables = Tables()
        for name in MADE:
            tables.put(name, made.batches(name))
            shutil.move(tables.path(name), out / f"{name}.parquet")

    bounded(run)


CLIENTS: dict[str, Callable[[Path, Path], None]] = {
    "ours": ours,
    "loop": loop,
    "normalize": normalize,
    "reading": reading,
}


# -- the same rows ---------------------------------------------------------------------------------------------

_OURS = """
SELECT c.ocid, n.release_id, a.award_id, c.title, n.buyer_name, a.value::DOUBLE AS value, a.currency,
       a.awarded_on::VARCHAR AS awarded_on, a.start_on::VARCHAR AS start_on, a.end_on::VARCHAR AS end_on,
       unnest(a.suppliers) AS supplier, unnest(a.supplier_numbers) AS supplier_number
FROM read_parquet('{out}/parts/awards-*.parquet') a JOIN read_parquet('{out}/parts/notices-*.parquet') n USING (notice_id)
JOIN read_parquet('{out}/contracts.parquet') c ON c.ocid = n.ocid AND c.award_id = a.award_id
"""


def same_rows(outs: dict[str, Path]) -> int:
    """The number of rows of award and supplier, equal in all; AssertionError where they differ."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE ours AS {_OURS.format(out=outs['ours'])}")
    columns = ", ".join(COMPARED.split())
    (count,) = connection.execute("SELECT count(*) FROM ours").fetchone() or (0,)
    for name, out in outs.items():
        if name == "ours":
            continue
        connection.execute(
            f"CREATE OR REPLACE TABLE theirs AS SELECT {columns} FROM read_parquet('{out}/rows.parquet')"
        )
        for one, other in (("ours", "theirs"), ("theirs", "ours")):
            (missing,) = connection.execute(
                f"SELECT count(*) FROM (SELECT {columns} FROM {one} EXCEPT ALL SELECT {columns} FROM {other})"
            ).fetchone() or (0,)
            assert missing == 0, f"{missing} rows of {one} are not in {other} ({name})"
    return int(count)


# -- the run -----------------------------------------------------------------------------------------------------


def _command(client: str, folder: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.ingest", client, str(folder), str(out)]


def _timed(client: str, folder: Path, out: Path) -> Any:
    from benchmarks import _bench

    shutil.rmtree(out, ignore_errors=True)
    return _bench.run(_command(client, folder, out), cwd=ROOT)


def _tool(name: str) -> str | None:
    place = os.environ.get("OCDS_TOOLS")
    return shutil.which(name, path=place) if place else shutil.which(name)


def _beside(folder: Path, base: Path, rows: list[dict[str, Any]]) -> None:
    """flatten-tool and ocdskit on one package: their tables are others than ours, so they are shown and not compared."""
    from benchmarks import _bench

    file = files(folder)[0]
    size = file.stat().st_size / (1 << 20)
    flatten = ["flatten", str(file), "--root-list-path", "releases", "-f", "csv", "-o", str(base / "flat")]
    for name, command, note in (
        ("flatten-tool", flatten, "one package, other tables"),
        ("ocdskit", ["detect-format", str(file)], "one package, looks only"),
    ):
        program = _tool(name)
        if program is None:
            rows.append({"client": name, "note": "not installed; see the head of this file"})
            continue
        run = _bench.run([program, *command])
        rows.append(_row(name, size, run.cpu_seconds, run.peak_mib, note))


def _row(client: str, size: float, cpu: float, peak: float, note: str = "") -> dict[str, Any]:
    return {
        "client": client,
        "MiB": round(size, 2),
        "CPU s": cpu,
        "MiB a CPU s": size / cpu,
        "peak MiB": peak,
        "note": note,
    }


def main() -> int:
    from benchmarks import _bench

    missed = 0
    with tempfile.TemporaryDirectory(prefix="cloudhold-ingest-") as place:
        base = Path(place)
        peaks = {}
        for size in SIZES:
            folder = base / "packages"
            shutil.rmtree(folder, ignore_errors=True)
            releases = packages(folder, size)
            clients = list(CLIENTS)
            runs: dict[str, list[Any]] = {client: [] for client in clients}
            for _ in range(ROUNDS if size <= 128 else 1):
                for client in clients:
                    runs[client].append(_timed(client, folder, base / client))
            count = same_rows({client: base / client for client in clients})
            rows: list[dict[str, Any]] = []
            for client in clients:
                cpu = _bench.median(runs[client])
                rows.append(_row(client, size, cpu, _bench.median(runs[client], "peak_mib")))
            if size == SIZES[0]:
                _beside(folder, base, rows)
            _bench.show(
                f"{size} MiB: {releases:,} releases, {count:,} rows of award and supplier, the same in all", rows
            )
            middle, least, largest = _bench.ratio(runs["reading"], runs["loop"])
            print(f"  CPU of reading alone, no rule, one table / loop: {middle:.2f} ({least:.2f} to {largest:.2f})")
            peaks[size] = _bench.median(runs["ours"], "peak_mib")
            for peer, most in (("loop", MOST_OF_LOOP), ("normalize", MOST_OF_NORMALIZE)):
                middle, least, largest = _bench.ratio(runs["ours"], runs[peer])
                met = middle <= most
                missed += not met and size == 128
                print(
                    f"  CPU of ours / {peer}: {middle:.2f} ({least:.2f} to {largest:.2f}), at most {most}: {'met' if met else 'missed'}"
                )
        folder = base / "packages"
        shutil.rmtree(folder)
        packages(folder, LARGEST)
        largest_run = _timed("ours", folder, base / "ours")
        growth = largest_run.peak_mib / peaks[128]
        met = growth <= MOST_GROWTH
        missed += not met
        print(
            f"\n  peak memory {peaks[128]:.0f} MiB at 128 MiB, {largest_run.peak_mib:.0f} MiB at {LARGEST} MiB: {growth:.2f}x, at most {MOST_GROWTH}x: {'met' if met else 'missed'}"
        )
    return missed


if __name__ == "__main__":
    CLIENTS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
