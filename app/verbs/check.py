"""cloudhold check: is the store whole, is the edition what it says, is nothing in it that must not be."""

from __future__ import annotations

import click

from app.verbs._shared import as_json, print_json, store_of
from pipelines import check


@click.command("check")
@as_json
@click.pass_context
def command(context: click.Context, json_wanted: bool) -> None:
    """Check the reference facts, every stored part and the current edition.

    Example: cloudhold check --json
    """
    store = store_of(context)
    checks = check.run(store)
    failed = [item for item in checks if not item["ok"]]
    if json_wanted:
        manifest = store.manifest() if not any(c["id"] == "manifest" and not c["ok"] for c in checks) else None
        edition = manifest.editions.get(manifest.edition or "") if manifest else None
        print_json(
            {
                "edition": edition.id if edition else None,
                "content_hash": edition.content_hash if edition else None,
                "as_of": edition.as_of if edition else None,
                "checks": checks,
                "sources": [],
                "caveats": [],
            }
        )
    else:
        for item in checks:
            click.echo(
                f"{'ok    ' if item['ok'] else 'FAILED'} {item['id']:24} {item['what']} {item['where']}".rstrip()
            )
    if failed:
        context.exit(4)
