"""cloudhold explain: from a host, service, body or contract to record, rule, source and date."""

from __future__ import annotations

import click

from app.verbs._shared import as_json, edition_of, edition_option, print_json
from pipelines.answers import explain


@click.command("explain")
@click.argument("subject")
@edition_option
@as_json
@click.pass_context
def command(context: click.Context, subject: str, edition_id: str | None, json_wanted: bool) -> None:
    """Say how we know what we say about SUBJECT: a host, service, organisation, notice or finding.

    Example: cloudhold explain www.judiciary.uk
    """
    answer = explain.answer(edition_of(context, edition_id), subject)
    if json_wanted:
        print_json(answer.to_json())
        return
    click.echo(answer.title)
    for entry in answer.body["findings"]:
        click.echo()
        what = entry.get("provider") or ", ".join(entry.get("providers", [])) or "no provider"
        head = entry.get("title") or f"{entry.get('role')} ({entry.get('layer')})"
        click.echo(f"{head}: {what}" + (f", {entry['confidence']}" if entry.get("confidence") else ""))
        for item in entry["evidence"]:
            day = f", seen {item['date']}" if item["date"] else ", no date in the source"
            click.echo(f"  {item['value']}")
            click.echo(f"    rule {item['rule_id']}; {item['source']}{day}")
            if item["url"] or item["sha256"]:
                click.echo(f"    {item['url'] or ''} sha256 {item['sha256'] or 'none'}".rstrip())
    click.echo()
    click.echo(f"Edition {answer.edition}, evidence up to {answer.as_of.isoformat()}.")
