"""The newest collected list of .gov.uk names: what can be scanned, and whose a name is where the list says so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from pipelines.contracts.identity import name_key
from pipelines.manifest import Manifest
from pipelines.store import Store


def newest_list(store: Store, manifest: Manifest) -> dict[str, str | None]:
    """Each name of the newest list, sorted, with the owner that the list names; empty where none was collected.

    A name that a newer list has no more is left out. Lists of one day are one list.
    """
    rows = store.read("domains", manifest).to_pylist()
    newest = max((row["listed_on"] or dt.date.min for row in rows), default=None)
    found: dict[str, str | None] = {}
    for row in sorted(rows, key=lambda row: (row["domain_name"], row["source_id"])):
        if (row["listed_on"] or dt.date.min) == newest:
            found[row["domain_name"]] = found.get(row["domain_name"]) or row["owner_name"]
    return found


def owned(names: Mapping[str, str | None], bodies: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The body of each name whose owner is written as one of `bodies` (id, name); the others are nobody's yet.

    Of two bodies with one name the first counts. Nothing looser: a town's parish council is not its borough council.
    """
    by_name: dict[str, str] = {}
    for organisation_id, name in bodies:
        by_name.setdefault(name_key(name), organisation_id)
    return {name: by_name[key] for name, owner in names.items() if owner and (key := name_key(owner)) in by_name}
