"""cloudhold build: records and reference facts into an edition."""

from __future__ import annotations

import datetime as dt

import click

from app.verbs._shared import Day, as_json, print_json, say, store_of
from pipelines import build, reference


@click.command("build")
@click.option(
    "--as-of",
    type=Day(),
    metavar="DATE",
    help="Day that the edition speaks of; its newest evidence otherwise.",
)
@as_json
@click.pass_context
def command(context: click.Context, as_of: dt.date | None, json_wanted: bool) -> None:
    """Build the edition from what was collected and from the reference facts.

    Same inputs in any order give the same content hash. With nothing collected it is built from the reference
    facts alone.

    Example: cloudhold build --json
    """
    store = store_of(context)
    with store.writer("build") as writer:
        built = build.build(reference.load(), store, writer.base, as_of)
        build.write(writer, built)
        store.collect_garbage()
    coverage = {
        row["collector"]: {
            "from": row["date_from"],
            "to": row["date_to"],
            "rows": row["rows"],
            "state": row["state"],
        }
        for row in built.tables["coverage"].to_pylist()
    }
    issues: dict[str, int] = {}
    for kind in built.tables["issues"]["kind"].to_pylist():
        issues[kind] = issues.get(kind, 0) + 1
    counts = {name: built.tables.rows(name) for name in built.tables}
    if json_wanted:
        print_json(
            {
                "edition": built.id,
                "content_hash": built.content_hash,
                "as_of": built.as_of,
                "private": built.private,
                "counts": counts,
                "coverage": coverage,
                "issues": dict(sorted(issues.items())),
                "sources": [row["source_id"] for row in built.tables["sources"].to_pylist()],
                "caveats": ["This edition holds a body's private records."] if built.private else [],
            }
        )
        return
    click.echo(f"Edition {built.id}")
    for name, count in counts.items():
        click.echo(f"  {name:20} {count:>9,}")
    say(f"content hash {built.content_hash}")
