"""cloudhold suppliers: supplier names to providers and resellers."""

from __future__ import annotations

from pathlib import Path

import click

from app.place import Place
from app.verbs._shared import csv_rows, write_csv
from pipelines import reference
from pipelines.contracts.identity import Suppliers

COLUMNS = ("supplier_name", "provider", "reseller", "parent", "rule_id", "grade")


@click.command("suppliers")
@click.argument("names", type=Place())
@click.option("--out", type=Place(), help="File to write; stdout otherwise.")
def command(names: Path, out: Path | None) -> None:
    """Say which provider or reseller each name of NAMES.csv (column supplier_name) is; empty where not sure.

    Example: cloudhold suppliers names.csv --out known.csv
    """
    facts = reference.load()
    known = Suppliers(facts)
    rows = []
    for _, row in csv_rows(names, ("supplier_name",)):
        identity = known.find(row["supplier_name"])
        parent = facts.parent(identity.provider) if identity.provider else None
        grade = "direct" if identity.provider else ""
        rows.append(
            (
                row["supplier_name"],
                identity.provider or "",
                identity.reseller or "",
                parent or "",
                identity.rule_id or "",
                grade,
            )
        )
    write_csv(out, COLUMNS, rows)
