"""From stored records and reference facts to an edition: pure, repeatable, without a clock.

Same inputs in any order give the same content hash. With nothing collected, the edition is built from
data/reference alone.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipelines import coverage, deals, held, presets, reference_edges, reference_tables, schema
from pipelines.attribution.rules import Rules
from pipelines.attribution.stored_ranges import stored_networks
from pipelines.domains import newest_list, owned
from pipelines.durable import copy_durably, sha256, sha256_file, write_durably
from pipelines.findings import findings_of
from pipelines.incidents.feed_coverage import feed_coverage
from pipelines.incidents.join import join
from pipelines.manifest import EditionRef, Manifest
from pipelines.reference import Reference
from pipelines.store import Store
from pipelines.store_writer import Writer
from pipelines.tables import BATCH_ROWS, Tables, hash_tables, view

# Dates after this are mistakes of the source; they are flagged and never become an edition's as_of.
LATEST_DAY = dt.date(2045, 12, 31)


@dataclass(frozen=True, slots=True)
class Built:
    """An edition that is in no store yet."""

    id: str
    content_hash: str
    as_of: dt.date
    private: bool
    tables: Tables
    inputs: Mapping[str, str]


def build(reference: Reference, store: Store, manifest: Manifest, as_of: dt.date | None = None) -> Built:
    """The edition of one state of the store."""
    sources = [*reference_tables.sources(reference), *held.stored(store, manifest, "sources")]
    organisations = held.organisations(reference, store, manifest)
    known = {o.organisation_id for o in organisations}
    services = reference_tables.services(reference, known)
    observations = held.observations(reference, store, manifest)
    ranges = store.read("ranges", manifest)
    rules = Rules(reference, stored_networks(reference, ranges.to_pylist()))
    bodies = [(key, name) for key, name, _ in deals.body_names(organisations)]
    registered = owned(newest_list(store, manifest), bodies)
    findings, withheld = findings_of(rules, observations, organisations, services, registered)
    statements = held.statements(reference, store, manifest)
    edges = list(reference_edges.edges(reference, {s.service_id: s.name for s in services}))
    states = held.stored(store, manifest, "incident_states")
    incidents, ambiguous = join(reference, reference_tables.incidents(reference), states)
    tables: dict[str, list[Any]] = {
        "organisations": organisations,
        "services": services,
        "observations": [o for o in observations if o.observation_id not in withheld],
        "findings": findings,
        "statements": statements,
        "edges": edges,
        "incidents": incidents,
    }
    made = Tables()
    pipeline, named_bodies = deals.contracts(reference, store, manifest, organisations, made)
    contracts = tuple(made)
    tables["organisations"] = sorted([*organisations, *named_bodies], key=lambda o: o.organisation_id)
    for name in ("payments", "sales"):
        rows = held.stored(store, manifest, name)
        if name == "sales":
            rows = deals.not_revised(rows, sources)
        tables[name] = deals.money(pipeline, held.unique(rows, f"{name.removesuffix('s')}_id"))
    with duckdb.connect() as connection:
        for name in contracts:
            view(connection, name, [made.path(name)])
        newest = _newest_in_columns(connection, contracts)
        doubts = list(coverage.contract_issues(connection))
        used = coverage.used(connection, contracts)
    for listed in (ranges, store.read("domains", manifest)):
        used.update(listed["source_id"].to_pylist())
    day = as_of or max(_newest_evidence(tables), newest)
    tables["statements"] = held.aged_out(statements, day)
    tables["exposures"] = presets.exposures(reference, tables)
    tables["issues"] = [
        *held.stored(store, manifest, "issues"),
        *coverage.issues(tables, len(withheld)),
        *doubts,
        *ambiguous,
    ]
    tables["sources"] = held.unique(sources, "source_id")
    tables["coverage"] = coverage.coverage(reference, manifest, tables, used)
    tables["coverage"] += feed_coverage(manifest, tables["sources"], states)
    for name in schema.EDITION_TABLES:
        if name not in contracts:
            made.put(name, _sorted(name, schema.to_arrow(name, tables[name])).to_batches(BATCH_ROWS))
    content_hash = hash_tables({name: made.path(name) for name in made})
    return Built(
        id=f"{day.isoformat()}-{content_hash[:8]}",
        content_hash=content_hash,
        as_of=day,
        private=manifest.private,
        tables=made,
        inputs={**reference.hashes, **{part.path: part.sha256 for part in manifest.parts}},
    )


def _sorted(name: str, table: pa.Table) -> pa.Table:
    """Rows in the order of their key."""
    key = [(column, "ascending") for column in schema.table(name).key]
    return table.sort_by(key) if table.num_rows else table


def _newest_evidence(tables: Mapping[str, list[Any]]) -> dt.date:
    """The newest day of evidence in records; days after LATEST_DAY are mistakes of the source."""
    newest = dt.date(1970, 1, 1)
    for name, rows in tables.items():
        for column in schema.table(name).columns:
            if column.words.evidence:
                days = (day for row in rows if (day := getattr(row, column.name)) is not None and day <= LATEST_DAY)
                newest = max(newest, max(days, default=newest))
    return newest


def _newest_in_columns(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dt.date:
    newest = dt.date(1970, 1, 1)
    for name in tables:
        for column in schema.table(name).columns:
            if column.words.evidence:
                found = connection.execute(
                    f"SELECT max({column.name}) FROM {name} WHERE {column.name} <= ?", [LATEST_DAY]
                ).fetchone()
                newest = max(newest, (found and found[0]) or newest)
    return newest


def write(writer: Writer, built: Built) -> Manifest:
    """Put a built edition into the store and make it current. An edition already there is not rewritten."""
    known = writer.base.editions.get(built.id)
    if known is not None and known.content_hash == built.content_hash:
        if writer.base.edition == built.id:
            return writer.base
        writer.set_edition(known)
        return writer.commit()
    folder = writer.store.path / "editions" / built.id
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for name in schema.EDITION_TABLES:
        path = folder / f"{name}.parquet"
        copy_durably(built.tables.path(name), path)
        parts.append(
            {
                "table": name,
                "sha256": sha256_file(path),
                "rows": built.tables.rows(name),
                "bytes": path.stat().st_size,
            }
        )
    body = json.dumps(
        {
            "id": built.id,
            "content_hash": built.content_hash,
            "as_of": built.as_of.isoformat(),
            "private": built.private,
            "tables": parts,
            "inputs": dict(sorted(built.inputs.items())),
        },
        indent=1,
    ).encode()
    write_durably(folder / "edition.json", body)
    writer.set_edition(EditionRef(built.id, built.content_hash, built.as_of.isoformat(), built.private, sha256(body)))
    return writer.commit()
