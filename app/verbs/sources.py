"""cloudhold sources: what each source covers, and what nobody can collect."""

from __future__ import annotations

import click

from app.verbs._shared import as_json, edition_of, edition_option, print_json
from pipelines.answers import coverage


@click.command("sources")
@edition_option
@as_json
@click.pass_context
def command(context: click.Context, edition_id: str | None, json_wanted: bool) -> None:
    """List the sources of the edition: dates, rows, state, licence, and what is missing or old.

    Example: cloudhold sources --json
    """
    answer = coverage.answer(edition_of(context, edition_id))
    if json_wanted:
        print_json(answer.to_json())
        return
    for row in answer.frames["coverage"].sort_values("collector").to_dict("records"):
        days = [f"{day:%Y-%m-%d}" if day == day and day else "…" for day in (row["date_from"], row["date_to"])]
        reason = row["reason"] if isinstance(row["reason"], str) else ""
        click.echo(
            f"{row['collector']:32} {row['state']:14} {row['rows']:>8,}  {' to '.join(days)}  {reason}"[:200].rstrip()
        )
