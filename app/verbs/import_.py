"""cloudhold import: files into the store."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import click

from app.place import Place
from app.verbs._shared import Day, add_to_help, as_json, print_json, say, store_of
from pipelines import held, ingest, reference
from pipelines.errors import UnknownName
from pipelines.readers import reader, readers
from pipelines.store import Store


@click.command("import")
@click.argument("kind")
@click.argument("paths", nargs=-1, required=True, type=Place())
@click.option("--private", is_flag=True, help="Mark the records as a body's own: they are never published.")
@click.option("--seen-on", type=Day(), metavar="DATE", help="Day for records that carry no date of their own.")
@click.option("--provider", metavar="ID", help="Whose ranges a plain list holds (kind ranges).")
@click.option("--organisation", metavar="SLUG", help="Body that published files which do not name one.")
@as_json
@click.pass_context
def command(
    context: click.Context,
    kind: str,
    paths: tuple[Path, ...],
    private: bool,
    seen_on: dt.date | None,
    provider: str | None,
    organisation: str | None,
    json_wanted: bool,
) -> None:
    """Import files of one KIND. The same content twice adds nothing; what cannot be used goes to quarantine.

    A path is a file, gzipped or not; for octodns, terraform-route53 and public-code also a folder or a tar file.

    Example: cloudhold import ocds notices-2026.jsonl.gz
    """
    reader(kind)
    if provider is not None:
        reference.load().provider(provider)
    store = store_of(context)
    if organisation is not None:
        _check_body(store, organisation)
    options = {"private": private, "seen_on": seen_on, "provider": provider, "organisation": organisation}
    with store.writer(f"import {kind}") as writer:
        taken = ingest.take_files(writer, kind, paths, options)
        writer.commit_if_changed()
    refused = [item for item in taken if item.reason]
    if json_wanted:
        manifest = store.manifest()
        edition = manifest.editions.get(manifest.edition or "")
        print_json(
            {
                "edition": edition.id if edition else None,
                "content_hash": edition.content_hash if edition else None,
                "as_of": edition.as_of if edition else None,
                "files": [asdict(item) for item in taken],
                "sources": [kind],
                "caveats": [],
            }
        )
    else:
        for item in taken:
            if not item.reason:
                click.echo(
                    f"{item.path}: {item.read:,} read, {item.new:,} new, {item.known:,} known, "
                    f"{item.quarantined:,} in quarantine"
                )
                if not item.read:
                    say(f"{item.path}: nothing stands below its header")
                for reason, rows in sorted(item.reasons.items()):
                    say(f"{item.path}: {rows:,} set aside: {reason}")
    for item in refused:
        say(f"cloudhold: {item.path} was refused: {item.reason}; see cloudhold import --help for the kinds")
    if refused:
        context.exit(2)


def _check_body(store: Store, organisation: str) -> None:
    """UnknownName for a body that neither our tables nor a collected list has."""
    known = {body.organisation_id for body in held.organisations(reference.load(), store, store.manifest())}
    if organisation not in known:
        raise UnknownName("organisation", organisation, known)


add_to_help(command, "Kinds", readers())
