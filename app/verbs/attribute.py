"""cloudhold attribute: records in, findings out; nothing is stored and no packet is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from app.verbs._shared import read_bytes, write_csv
from pipelines import reference
from pipelines.attribution import observe, rules
from pipelines.attribution.attribute import attribute
from pipelines.attribution.book import Book, Seen
from pipelines.batch import Batch
from pipelines.errors import Refused
from pipelines.readers import records_csv

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


def findings(path: Path) -> Iterator[tuple[Any, ...]]:
    """Rows of COLUMNS for every host of a records file."""
    batch = Batch()
    book = Book()
    for number, row in enumerate(records_csv.rows(path.name, read_bytes(path), batch)):
        value = observe.value(row["type"], row["value"])
        book.add(Seen(row["host"], row["type"], value or "", str(number), records_csv.day(row)))
    if not batch.whole:
        raise Refused(f"{path}: {batch.rejected[-1].reason}; give a CSV with host (or name), type and value")
    facts = reference.load()
    for draft in attribute(book, rules.shipped(facts)):
        yield (
            draft.host,
            draft.role,
            draft.layer,
            draft.provider,
            facts.parent(draft.provider) or "",
            draft.product or "",
            draft.region or "",
            draft.origin or "",
            draft.confidence,
            draft.rule_id,
            draft.evidence_text(),
            draft.seen_on.isoformat() if draft.seen_on else "",
        )


@click.command("attribute")
@click.argument("records", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="File to write; stdout otherwise.")
def command(records: Path, out: Path | None) -> None:
    """Say who answers, serves DNS and takes mail for each host of RECORDS.csv (host or name, type, value).

    Example: cloudhold attribute zones.csv --out findings.csv
    """
    write_csv(out, COLUMNS, list(findings(records)))
