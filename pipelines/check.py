"""The checks that an operator runs: each looks at one promise and says where it is broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines import reference, schema
from pipelines.errors import CloudholdError
from pipelines.manifest import Manifest, Part
from pipelines.store import Store
from pipelines.tables import hash_tables

Result = dict[str, Any]


def run(store: Store) -> list[Result]:
    """Every check as {id, ok, what, where}. A check that cannot run has failed."""
    results: list[Result] = []
    _attempt(results, "reference", "reference facts read and hold together", "data/reference", _reference)
    try:
        manifest = store.manifest()
        results.append(_result("manifest", True, "the newest manifest reads", f"number {manifest.number}"))
    except CloudholdError as error:
        results.append(_result("manifest", False, str(error), str(store.path)))
        return results
    _attempt(
        results,
        "parts",
        "every stored part matches its fingerprint",
        str(store.path),
        lambda: _parts(store, manifest),
    )
    if manifest.edition is None:
        results.append(_result("edition", True, "no edition was built yet", str(store.path)))
        return results
    files: dict[str, Path] = {}
    _attempt(
        results,
        "edition-parts",
        "every file of the edition matches its fingerprint",
        manifest.edition,
        lambda: files.update(_edition(store, manifest)),
    )
    if results[-1]["ok"]:
        _attempt(
            results,
            "schema",
            "every table keeps its schema and codelists",
            manifest.edition,
            lambda: _schema(files),
        )
        _attempt(
            results,
            "content-hash",
            "the content hash is that of the rows",
            manifest.edition,
            lambda: _hash(manifest, files),
        )
        _attempt(results, "keys", "no key stands twice", manifest.edition, lambda: _keys(files))
        _attempt(
            results,
            "no-contacts",
            "no e-mail address stands in any cell",
            manifest.edition,
            lambda: _contacts(files),
        )
        _attempt(
            results,
            "provenance",
            "every row names a source that is listed",
            manifest.edition,
            lambda: _provenance(files),
        )
    return results


def _result(check_id: str, ok: bool, what: str, where: str) -> Result:
    return {"id": check_id, "ok": ok, "what": what, "where": where}


def _attempt(results: list[Result], check_id: str, promise: str, where: str, test: Callable[[], None]) -> None:
    try:
        test()
        results.append(_result(check_id, True, promise, where))
    except (CloudholdError, OSError, pa.ArrowException, KeyError, ValueError) as error:
        results.append(_result(check_id, False, f"not so: {promise}", str(error)[:400]))


def _reference() -> None:
    reference.Reference(reference.default_path())


def _parts(store: Store, manifest: Manifest) -> None:
    for part in (*manifest.parts, *manifest.raw):
        store.verify(part)


def _edition(store: Store, manifest: Manifest) -> Iterator[tuple[str, Path]]:
    known = manifest.editions[manifest.edition or ""]
    folder = f"editions/{known.id}"
    body = store.verify(Part("edition", f"{folder}/edition.json", known.sha256, 0, 0, False)).read_bytes()
    for item in json.loads(body)["tables"]:
        name = item["table"]
        path = store.verify(Part(name, f"{folder}/{name}.parquet", item["sha256"], item["rows"], item["bytes"], False))
        yield name, path


def _tables(files: dict[str, Path]) -> Iterator[tuple[str, pa.Table]]:
    for name, path in files.items():
        yield name, pq.read_table(path, schema=schema.arrow_schema(name))


def _schema(files: dict[str, Path]) -> None:
    for name, rows in _tables(files):
        schema.validate(name, rows)


def _hash(manifest: Manifest, files: dict[str, Path]) -> None:
    found = hash_tables(files)
    said = manifest.editions[manifest.edition or ""].content_hash
    if found != said:
        raise ValueError(f"the rows give {found}, the edition says {said}")


def _keys(files: dict[str, Path]) -> None:
    for name, rows in _tables(files):
        key = list(schema.table(name).key)
        distinct = rows.group_by(key).aggregate([]).num_rows
        if distinct != rows.num_rows:
            raise ValueError(f"{name}: {rows.num_rows - distinct} rows share a key with another")


def _contacts(files: dict[str, Path]) -> None:
    for name, rows in _tables(files):
        for column in schema.table(name).columns:
            values = rows[column.name]
            if column.python == tuple[str, ...]:
                values = pc.list_flatten(values)
            elif column.python is not str:
                continue
            if len(values) and pc.any(pc.match_substring(values, "@")).as_py():
                raise ValueError(f"{name}.{column.name} holds an '@'")


def _provenance(files: dict[str, Path]) -> None:
    listed = set(pq.read_table(files["sources"], columns=["source_id"])["source_id"].to_pylist())
    for name, rows in _tables(files):
        if "source_id" in rows.column_names and name != "sources":
            missing = set(rows["source_id"].to_pylist()) - listed
            if missing:
                raise ValueError(f"{name}: source {sorted(missing)[0]} is not listed")
