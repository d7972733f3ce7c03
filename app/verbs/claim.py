"""cloudhold claim: does a published figure hold, and what does it count?"""

from __future__ import annotations

import datetime as dt

import click

from app.verbs._shared import Day, as_json, edition_of, edition_option, print_answer
from app.words import reply
from pipelines.answers import claim


@click.command("claim")
@click.argument("claim_id", required=False, metavar="[ID]")
@click.option("--provider", help="Provider or company id, such as aws or microsoft.")
@click.option("--buyer", help="Organisation id of the buyer, such as home-office.")
@click.option("--since", type=Day(), help="First award day that the definition 'since' counts.")
@click.option("--on", type=Day(), help="Day of the definition 'in force'; by default the edition's newest evidence.")
@edition_option
@as_json
@click.pass_context
def command(
    context: click.Context,
    claim_id: str | None,
    provider: str | None,
    buyer: str | None,
    since: dt.date | None,
    on: dt.date | None,
    edition_id: str | None,
    json_wanted: bool,
) -> None:
    """Check a stored claim, or count a provider's direct contracts under every definition.

    Example: cloudhold claim --provider aws --buyer home-office --since 2016-01-01 --on 2026-02-20
    """
    answer = claim.answer(edition_of(context, edition_id), claim_id, provider, buyer, since, on)
    print_answer(
        answer, json_wanted, ("label", "contracts", "buyers", "gbp", "low", "high", "unknown_values"), "definitions"
    )
    if json_wanted:
        return
    if published := answer.body.get("claim"):
        click.echo(f"\nClaimed by {published['publisher']}, {published['date']}. Source: {published['source']}.")
        click.echo(f"The other side: {reply(published['reply'])}")
        for figure in answer.body["figures_published"]:
            click.echo(
                f"  {figure['label']}: {figure['published']:,.0f} {figure['unit']} as published; {figure['result']}."
            )
    click.echo("\nWhat our sources lack:")
    for lack in answer.body["lacks"] or ["nothing that they were asked for"]:
        click.echo(f"  {lack}")
