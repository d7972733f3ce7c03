"""cloudhold diff: what changed between two editions."""

from __future__ import annotations

import click

from app.verbs._shared import as_json, edition_of, print_json
from pipelines.answers import diff

SHOWN = 40


@click.command("diff")
@click.argument("old")
@click.argument("new")
@as_json
@click.pass_context
def command(context: click.Context, old: str, new: str, json_wanted: bool) -> None:
    """Show what changed from edition OLD to edition NEW: table, key, column, both values and the cause.

    Example: cloudhold diff 2026-08-21-fd44d6ae 2026-08-21-f6ddeb9a --json
    """
    earlier, later = edition_of(context, old), edition_of(context, new)
    found = list(diff.changes(earlier, later))
    if json_wanted:
        print_json(
            {
                "edition": later.id,
                "content_hash": later.content_hash,
                "as_of": later.as_of,
                "sources": sorted(set(later.sources) - set(earlier.sources)),
                "caveats": ["the list of sources and their coverage are not compared"],
                "old": earlier.id,
                "new": later.id,
                "changes": found,
            }
        )
        return
    click.echo(f"{len(found):,} changes from {earlier.id} to {later.id}")
    for change in found[:SHOWN]:
        key = " ".join(str(value) for value in change["key"].values())
        what = f"{change['column']}: {change['old']!r} -> {change['new']!r}" if change["column"] else (
            "came" if change["old"] is None else "went"
        )  # fmt: skip
        click.echo(f"  {change['table']} {key[:60]}  {what[:120]}  ({change['cause']})")
    if len(found) > SHOWN:
        click.echo(f"  ... {len(found) - SHOWN:,} more; --json has all")
