"""cloudhold outage: who is exposed if a provider, product or region fails."""

from __future__ import annotations

import click

from app.verbs._shared import as_json, edition_of, edition_option, print_answer
from pipelines.answers import exposure
from pipelines.errors import Refused


@click.command("outage")
@click.option("--provider", help="Provider id, such as aws.")
@click.option("--product", help="Product of the provider, such as 'Front Door'.")
@click.option("--region", help="Region of the provider, such as eu-west-2.")
@click.option("--plane", default="data", show_default=True, help="data (serving stops) or control (changes stop).")
@click.option("--cause", default="unknown", show_default=True, help="Cause, as in the incidents table.")
@click.option("--hours", type=float, help="Length of the outage.")
@click.option("--preset", help="A stored scenario, such as fastly-2021-06-08.")
@edition_option
@as_json
@click.pass_context
def command(
    context: click.Context,
    provider: str | None,
    product: str | None,
    region: str | None,
    plane: str,
    cause: str,
    hours: float | None,
    preset: str | None,
    edition_id: str | None,
    json_wanted: bool,
) -> None:
    """Show which services and bodies' mail a failure exposes, through which path, and what is left.

    Example: cloudhold outage --provider azure --region uksouth --hours 8 --json
    """
    given = {"provider": provider, "product": product, "region": region, "hours": hours}
    if preset and (beside := [f"--{name}" for name, value in given.items() if value is not None]):
        raise Refused(f"preset {preset} has a scenario of its own; leave out {' and '.join(beside)}, or the preset")
    scenario = exposure.scenario_from(preset, provider, product, region, plane, cause, hours)
    answer = exposure.answer(edition_of(context, edition_id), scenario)
    print_answer(
        answer, json_wanted, ("name", "effect", "certainty", "layer", "via", "seen_on", "evidence"), "services"
    )
    if not json_wanted:
        for sentence in answer.body["beside"]:
            click.echo(f"Beside it: {sentence}")
