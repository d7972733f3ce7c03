"""cloudhold hindcast: the evidence of the day before, scored against what bodies reported."""

from __future__ import annotations

import click

from app.verbs._shared import as_json, edition_of, edition_option, print_answer
from pipelines.answers import hindcast


@click.command("hindcast")
@click.argument("incident", required=False)
@edition_option
@as_json
@click.pass_context
def command(context: click.Context, incident: str | None, edition_id: str | None, json_wanted: bool) -> None:
    """Replay INCIDENT on evidence dated before it, and compare with the bodies that reported trouble.

    DNS alone and all evidence stand side by side, with what is missing, and a negative control. Without
    INCIDENT: every outage that public bodies reported.

    Example: cloudhold hindcast aws-2025-10-20-dynamodb-dns
    """
    answer = hindcast.answer(edition_of(context, edition_id), incident)
    columns = ("body", "dns_only", "all_evidence", "today_dns_only", "today_all_evidence", "missing_evidence")
    print_answer(answer, json_wanted, columns if incident else ("incident_id", *columns), "bodies")
    if not json_wanted:
        control = answer.body["negative_control"]
        click.echo(
            f"Negative control ({control['incident']}): {control['exposed']} bodies named, {control['expected']} expected."
        )
