"""cloudhold collect: sources over the network into the store."""

from __future__ import annotations

import datetime as dt
import sys
import time
from dataclasses import asdict, dataclass, field

import click

from app import collecting
from app.verbs._shared import Day, add_to_help, as_json, opted_out, print_json, say, store_of
from pipelines.errors import Refused
from scrapers._address import whole
from scrapers._fetch import Fetcher
from scrapers._source import Source, source, sources


@click.command("collect")
@click.argument("words", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--since", type=Day(), metavar="DATE", help="First day, where a source has days.")
@click.option("--until", type=Day(), metavar="DATE", help="Last day; today otherwise.")
@click.option(
    "--max-requests", type=click.IntRange(min=1), metavar="N", help="Stop after N requests; run again to go on."
)
@click.option("--base-url", metavar="URL", help="Ask this scheme, host and port instead; it may be this machine.")
@as_json
@click.pass_context
def command(
    context: click.Context,
    words: tuple[str, ...],
    since: dt.date | None,
    until: dt.date | None,
    max_requests: int | None,
    base_url: str | None,
    json_wanted: bool,
) -> None:
    """Collect one or several sources into the store, politely: documented limits, robots.txt and opt-outs are obeyed.

    A run goes on where the last one stopped, and is called complete only when the source was seen to its end. Words
    after a source that takes some (spend: a page or a file) belong to it.

    Example: cloudhold collect contracts-finder --since 2026-11-01
    """
    wanted = _wanted(words)
    if base_url and len(wanted) > 1:
        raise Refused("--base-url is for one source at a time; name one")
    store = store_of(context)
    opt_out = opted_out()
    reports = []
    for source_id, arguments in wanted:
        if base_url and source_id == "ocds-feed":
            arguments = arguments or (whole(base_url),)

        def fetcher_of(facts: Source) -> Fetcher:
            return Fetcher(facts.limits, base_url=base_url, opt_out=opt_out, max_requests=max_requests)

        progress = Progress(source_id)
        reports.append(
            collecting.collect(store, source_id, fetcher_of, since, until, arguments, progress=progress.step)
        )
        progress.end()
    manifest = store.manifest()
    edition = manifest.editions.get(manifest.edition or "")
    if json_wanted:
        shown = [asdict(report) for report in reports]
        body = {
            "edition": edition.id if edition else None,
            "content_hash": edition.content_hash if edition else None,
            "as_of": edition.as_of if edition else None,
            "sources": shown,
            "caveats": [caveat for report in reports for caveat in source(report.source).SOURCE.caveats],
        }
        if len(shown) == 1:
            body = {**{key: value for key, value in shown[0].items() if key != "source"}, **body}
        print_json(body)
    else:
        for report in reports:
            click.echo(
                f"{report.source}: {report.state}; {report.requests:,} requests, {report.pages:,} pages, "
                f"{report.new:,} new, {report.known:,} known, {report.quarantined:,} in quarantine"
            )
    for report in reports:
        if report.reason:
            say(f"cloudhold: {report.source} ended {report.state}: {report.reason}")
    context.exit(max(report.exit_code for report in reports))


def _wanted(words: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Sources with the words that belong to each."""
    wanted: list[tuple[str, list[str]]] = []
    for word in words:
        if word in sources():
            wanted.append((word, []))
        elif wanted and source(wanted[-1][0]).SOURCE.takes is not None:
            wanted[-1][1].append(word)
        else:
            source(word)  # refuses, with the names that are close
    return [(name, tuple(arguments)) for name, arguments in wanted]


@dataclass(slots=True)
class Progress:
    """How far a run is, how fast and until when, on a terminal only."""

    name: str
    started: float = field(default_factory=time.monotonic)
    first: int | None = None
    shown: float = 0.0

    def step(self, done: int, total: int | None, what: str) -> None:
        now = time.monotonic()
        if self.first is None:
            self.first = done
        if not sys.stderr.isatty() or now - self.shown < 0.5:
            return
        self.shown = now
        line = f"{self.name}: {done:,}" + (f" of {total:,}" if total else "") + f", {what}"
        passed, steps = now - self.started, done - self.first
        if total and steps > 0 and passed > 2:
            line += f"; {steps / passed * 60:.0f} a minute, about {_span((total - done) * passed / steps)} left"
        click.echo(f"\r\x1b[K{line[:110]}", nl=False, err=True)

    def end(self) -> None:
        if self.shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


add_to_help(command, "Sources", sources())
