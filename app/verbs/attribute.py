"""cloudhold attribute: records in, findings out; nothing is stored and no packet is sent."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from app.place import Place
from app.verbs._shared import read_bytes, say, store_of, write_csv
from pipelines import reference
from pipelines.attribution import observe, rules
from pipelines.attribution.attribute import attribute
from pipelines.attribution.book import Book, Seen
from pipelines.attribution.stored_ranges import stored_networks
from pipelines.batch import Batch
from pipelines.errors import Refused
from pipelines.readers import _record_rows
from pipelines.store import Store

COLUMNS = (
    "host",
    "role",
    "layer",
    "provider",
    "parent",
    "product",
    "region",
    "origin_provider",
    "confidence",
    "rule_id",
    "evidence",
    "evidence_date",
)


def rules_of(store: Store) -> rules.Rules:
    """The rules with the ranges that were imported into the store, where there are any."""
    manifest = store.manifest()
    if not store.parts("ranges", manifest):
        return rules.shipped()
    facts = reference.load()
    return rules.Rules(facts, stored_networks(facts, store.read("ranges", manifest).to_pylist()))


def findings(path: Path, store: Store) -> Iterator[tuple[Any, ...]]:
    """Rows of COLUMNS for every host of a records file."""
    batch = Batch()
    spellings: dict[str, str] = {}

    def seen() -> Iterator[Seen]:
        for number, row in enumerate(_record_rows.rows(path.name, read_bytes(path), batch)):
            if row.spelled:
                spellings.setdefault(row.host, row.spelled)
            yield Seen(row.host, row.kind, observe.value(row.kind, row.value) or "", str(number), row.day)

    book = Book(seen())
    if not batch.whole:
        raise Refused(f"{path}: {batch.rejected[-1].reason}; give a CSV with host (or name), type and value")
    if batch.rejected:
        first, count = batch.rejected[0], len(batch.rejected)
        rows = "1 row" if count == 1 else f"{count:,} rows"
        say(f"{path}: {rows} set aside, the first on {first.name.removeprefix(path.name).strip()}: it {first.reason}")
    known = rules_of(store)
    for draft in attribute(book, known):
        seen_on = draft.seen_on
        yield (
            spellings.get(draft.host, draft.host),
            draft.role,
            draft.layer,
            draft.provider,
            known.parents.get(draft.provider, ""),
            draft.product or "",
            draft.region or "",
            draft.origin or "",
            draft.confidence,
            draft.rule_id,
            draft.evidence_text(),
            seen_on.isoformat() if seen_on else "",
        )


@click.command("attribute")
@click.argument("records", type=Place())
@click.option("--out", type=Place(), help="File to write; stdout otherwise.")
@click.pass_context
def command(context: click.Context, records: Path, out: Path | None) -> None:
    """Say who answers, serves DNS and takes mail for each host of RECORDS.csv (host or name, type, value).

    Address ranges imported into the store are used beside those that ship with the product.

    Example: cloudhold attribute zones.csv --out findings.csv
    """
    # Records and findings hold no cycles, and the process ends with them: the collector would only walk them,
    # once more at the end where they are not put aside.
    gc.disable()
    try:
        write_csv(out, COLUMNS, list(findings(records, store_of(context))))
    finally:
        gc.freeze()
        gc.enable()
