"""cloudhold export: the tables of an edition as files."""

from __future__ import annotations

from pathlib import Path

import click

from app.place import Place
from app.verbs._shared import as_json, edition_of, edition_option, print_json
from pipelines import export


@click.command("export")
@click.argument("tables", nargs=-1)
@click.option("--out", required=True, type=Place(), help="Folder to write into.")
@click.option(
    "--format",
    "forms",
    type=click.Choice(export.FORMS),
    multiple=True,
    default=("csv",),
    show_default=True,
    help="May be given more than once. spreadsheet: CSV whose text no spreadsheet runs; xlsx: one workbook.",
)
@click.option("--private", is_flag=True, help="Allow the export of an edition with a body's own records.")
@edition_option
@as_json
@click.pass_context
def command(
    context: click.Context,
    tables: tuple[str, ...],
    out: Path,
    forms: tuple[str, ...],
    private: bool,
    edition_id: str | None,
    json_wanted: bool,
) -> None:
    """Write TABLES (all of them without a name) with their metadata: CSV, CSVW and datapackage.json.

    Example: cloudhold export findings contracts --out files
    """
    edition = edition_of(context, edition_id)
    written = export.write(edition, tables, out, forms, private)
    if json_wanted:
        print_json(
            {
                "edition": edition.id,
                "content_hash": edition.content_hash,
                "as_of": edition.as_of,
                "files": written,
                "sources": sorted(edition.sources),
                "caveats": export.caveats(edition),
            }
        )
        return
    for item in written:
        click.echo(f"{item['path']}  {item['rows']:,} rows  sha256 {item['sha256']}")
