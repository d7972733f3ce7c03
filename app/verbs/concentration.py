"""cloudhold concentration: the measures of any table of counts, or of services and their providers."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import click

from app.place import Place
from app.verbs._shared import as_json, csv_rows, edition_of, edition_option, print_answer, print_json
from pipelines.answers import concentration
from pipelines.errors import Refused
from pipelines.metrics import bootstrap, measure
from pipelines.metrics.dependence import TYPES, dependence


@click.command("concentration")
@click.argument("counts", required=False, type=Place())
@click.option("--group", help="Column that names the group.")
@click.option("--item", help="Column that names the provider.")
@click.option("--count", help="Column that holds the number of items.")
@click.option("--services", is_flag=True, help="Each row is one service with its providers and their types.")
@click.option("--service", help="Column that names the service.")
@click.option("--providers", help="Column with the service's providers, separated by |.")
@click.option("--types", help="Column with their types (third, private, unknown), separated by |.")
@click.option("--sampled-by", help="Column of the organisations, where the rows are a random sample of them.")
@click.option(
    "--population",
    default="council-mail",
    show_default=True,
    help="Population of the edition, without COUNTS.",
)
@click.option(
    "--by", default="provider", show_default=True, help=f"What items hang from: {', '.join(concentration.BY)}."
)
@click.option("--weight", default="count", show_default=True, help=f"One of {', '.join(concentration.WEIGHTS)}.")
@click.option("--sector", help="Only items of this sector.")
@click.option("--evidence", help="known: what is inferred counts as unknown.")
@edition_option
@as_json
@click.pass_context
def command(
    context: click.Context,
    counts: Path | None,
    group: str | None,
    item: str | None,
    count: str | None,
    services: bool,
    service: str | None,
    providers: str | None,
    types: str | None,
    sampled_by: str | None,
    population: str,
    by: str,
    weight: str,
    sector: str | None,
    evidence: str | None,
    edition_id: str | None,
    json_wanted: bool,
) -> None:
    """Measure concentration of COUNTS.csv by group, or of a population of the edition.

    Example: cloudhold concentration counts.csv --group country --item issuer --count sites --json

    Example: cloudhold concentration --population contracts --by jurisdiction --weight value
    """
    if counts is None:
        print_answer(
            concentration.answer(edition_of(context, edition_id), population, by, weight, sector, evidence),
            json_wanted,
            ("name", "items", "known", "inferred", "low", "high", "rank"),
            "providers",
        )
        return
    if services:
        figures = _services(counts, group, service, providers, types, sampled_by)
    else:
        figures = _counts(counts, group, item, count, sampled_by)
    body = {
        "edition": None,
        "content_hash": None,
        "as_of": None,
        "groups": figures,
        "sources": [str(counts)],
        "caveats": ["Always print the denominator: figures are of the items in this file."],
    }
    if json_wanted:
        print_json(body)
        return
    for name, values in figures.items():
        click.echo(name)
        for key, value in values.items():
            click.echo(f"  {key:24} {value}")


def _needed(**options: str | None) -> list[str]:
    missing = [f"--{name}" for name, value in options.items() if not value]
    if missing:
        raise Refused(f"name the columns of the file with {', '.join(missing)}")
    return [str(value) for value in options.values()]


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        key: (value if not isinstance(value, float) else round(value, 4 if key == "hhi_10000" else 6))
        for key, value in figures.items()
    }


# Squares of masses up to this can be added; nobody counts or pays as much.
MOST = 1e100

Parts = dict[str, dict[str, dict[str, float]]]


def _parts() -> Parts:
    """Amounts by group, organisation and column."""
    return defaultdict(lambda: defaultdict(lambda: defaultdict(float)))


def _sampled(figures: dict[str, Any], parts: dict[str, dict[str, float]], of: Any, sampled_by: str | None) -> Any:
    """Figures with the interval of the sample beside them, where one was drawn."""
    if sampled_by is None:
        return _rounded(figures)
    found = bootstrap.intervals(parts, of)
    rounded = {name: [round(end, 6) for end in ends] for name, ends in found.items()} if found else None
    return _rounded(figures) | {"sampling_organisations": len(parts), "sampling_95": rounded}


def _counts(
    path: Path, group: str | None, item: str | None, count: str | None, sampled_by: str | None
) -> dict[str, Any]:
    columns = _needed(group=group, item=item, count=count)
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    parts = _parts()
    for line, row in csv_rows(path, [*columns, *([sampled_by] if sampled_by else [])]):
        text = row[columns[2]].strip()
        try:
            value = float(text)
        except ValueError:
            raise Refused(f"{path}, line {line}: {columns[2]} {text[:60]!r} is not a number") from None
        if not 0 <= value <= MOST:
            raise Refused(
                f"{path}, line {line}: {columns[2]} {text[:60]} is negative, too large or not finite; "
                f"counts are from 0 to {MOST:g}"
            )
        sums[row[columns[0]]][row[columns[1]]] += value
        if sampled_by:
            parts[row[columns[0]]][row[sampled_by]][row[columns[1]]] += value
    if not sums:
        raise Refused(f"{path} holds no rows below its header")
    return {
        name: _sampled(measure(list(items.values())), parts[name], bootstrap.of_counts, sampled_by)
        for name, items in sums.items()
    }


def _services(
    path: Path,
    group: str | None,
    service: str | None,
    providers: str | None,
    types: str | None,
    sampled_by: str | None,
) -> dict[str, Any]:
    columns = _needed(group=group, service=service, providers=providers, types=types)
    groups: dict[str, list[tuple[list[str], list[str]]]] = defaultdict(list)
    parts = _parts()
    for line, row in csv_rows(path, [*columns, *([sampled_by] if sampled_by else [])]):
        # A service without any entry is one of which nothing is known.
        names, kinds = (row[column].split("|") if row[column].strip() else [] for column in columns[2:])
        if len(names) != len(kinds):
            raise Refused(f"{path}, line {line}: {len(names)} providers and {len(kinds)} types; they go in pairs")
        wrong = [kind for kind in kinds if kind not in TYPES]
        if wrong:
            raise Refused(f"{path}, line {line}: type {wrong[0][:40]!r} is not one of {', '.join(TYPES)}")
        groups[row[columns[0]]].append((names, kinds))
        if sampled_by:
            one, amounts = dependence([(names, kinds)]), parts[row[columns[0]]][row[sampled_by]]
            for column in ("sites", "third_party", "critical"):
                amounts[column] += one[column]
    if not groups:
        raise Refused(f"{path} holds no rows below its header")
    return {
        name: _sampled(dependence(rows), parts[name], bootstrap.of_services, sampled_by)
        for name, rows in groups.items()
    }
