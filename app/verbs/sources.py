"""cloudhold sources: what each source covers, and what nobody can collect."""

from __future__ import annotations

import click

from app.verbs._shared import as_json, edition_of, edition_option, print_json


@click.command("sources")
@edition_option
@as_json
@click.pass_context
def command(context: click.Context, edition_id: str | None, json_wanted: bool) -> None:
    """List the sources of the edition: dates, rows, state, licence.

    Example: cloudhold sources --json
    """
    edition = edition_of(context, edition_id)
    coverage = edition.rows("SELECT * FROM coverage ORDER BY collector")
    if json_wanted:
        print_json(
            {
                "edition": edition.id,
                "content_hash": edition.content_hash,
                "as_of": edition.as_of,
                "coverage": coverage,
                "sources": list(edition.sources.values()),
                "caveats": [],
            }
        )
        return
    for row in coverage:
        span = f"{row['date_from'] or '…'} to {row['date_to'] or '…'}"
        click.echo(f"{row['collector']:32} {row['state']:14} {row['rows']:>8,}  {span}  {row['reason'] or ''}"[:200])
