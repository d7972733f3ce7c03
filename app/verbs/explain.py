"""cloudhold explain: from a host, service, body or contract to record, rule, source and date; and any other answer."""

from __future__ import annotations

from collections.abc import Callable

import click

from app.verbs._shared import as_json, edition_of, edition_option, print_answer, print_json, store_of
from pipelines.answers import Answer, explain
from pipelines.edition import Edition
from pipelines.errors import Refused


@click.command("explain")
@click.argument("words", nargs=-1, required=True, metavar="SUBJECT")
@click.option("--answer", "question", is_flag=True, help="SUBJECT is the id of an answer, with its keys as KEY=VALUE.")
@click.option("--sql", is_flag=True, help="With --answer: print its queries, to change and run with DuckDB.")
@edition_option
@as_json
@click.pass_context
def command(
    context: click.Context,
    words: tuple[str, ...],
    question: bool,
    sql: bool,
    edition_id: str | None,
    json_wanted: bool,
) -> None:
    """Say how we know what we say about SUBJECT: a host, service, organisation, notice, finding or incident.

    With --answer, give any answer of the pages, with the figures that they show: the ids and keys are those of
    /api/ (ai-reliance, contracts, coverage, dependence, in-force, layers, leads, peers, renewals, search, ...).

    Example: cloudhold explain www.judiciary.uk

    Example: cloudhold explain --answer renewals provider=aws --json

    Example: cloudhold explain --answer contracts provider=aws --sql > contracts.sql
    """
    edition = edition_of(context, edition_id)
    if question:
        _any_answer(edition, words, json_wanted, _files(context, edition) if sql else None)
        return
    if sql:
        raise Refused("--sql prints the queries of an answer; give --answer and its id")
    if len(words) > 1:
        raise Refused(f"explain takes one subject, not {len(words)}; put a name with spaces in quotes")
    answer = explain.answer(edition, words[0])
    if json_wanted:
        print_json(answer.to_json())
        return
    _print(answer)


def _files(context: click.Context, edition: Edition) -> Callable[[str], str]:
    folder = store_of(context).path / "editions" / edition.id
    return lambda table: (folder / f"{table}.parquet").resolve().as_posix()


def _any_answer(
    edition: Edition, words: tuple[str, ...], json_wanted: bool, files: Callable[[str], str] | None
) -> None:
    """The answer that the pages show under these keys; its queries over `files` where they are given."""
    from app.asking import asked, queries_of  # brings the charts: half a second that explaining a host should not pay

    pairs = [word.partition("=") for word in words[1:]]
    wrong = [key for key, sign, value in pairs if not (sign and value)]
    if wrong:
        raise Refused(f"{wrong[0][:60]!r} is no key with a value; write it as provider=aws")
    given = {key: value for key, _, value in pairs}
    if files:
        click.echo(queries_of(edition, words[0], given, files), nl=False)
        return
    answer = asked(edition, words[0], given)
    frame = next(iter(answer.frames), None)
    print_answer(answer, json_wanted, frame=frame)


def _print(answer: Answer) -> None:
    """A subject's findings, statements and contracts, each with its evidence."""
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
