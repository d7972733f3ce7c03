"""cloudhold scan: what the DNS answers about hosts, asked politely, kept as observations."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from app.place import Place
from app.scan_networks import look_up
from app.scan_store import Keeper, seen_today, source_id
from app.scanning import Row, Scan, Settings, partitions, read_hosts, scan_part
from app.verbs._shared import opted_out, read_bytes, say, store_of
from app.verbs.attribute import rules_of
from pipelines.attribution.rules import Rules
from pipelines.domains import newest_list
from pipelines.errors import Refused
from pipelines.store import Store
from scrapers import _dns
from scrapers._fetch import Fetcher
from scrapers._probe import Probe, probe

PAGE_SECONDS = 20.0
PAGE_BYTES = 4 * 1024 * 1024


@click.command("scan")
@click.argument("hosts", required=False, type=Place())
@click.option(
    "--listed", is_flag=True, help="The names of the newest list that collect govuk-domains brought, instead of a file."
)
@click.option("--resolver", "resolvers", multiple=True, metavar="IP:PORT", help="Resolver to ask; may be given more than once. The machine's own otherwise.")  # fmt: skip
@click.option("--rate", type=float, default=_dns.DEFAULT_RATE, show_default=True, metavar="N", help="Questions a second in total; at most 2 of them to names of one zone. 0: no limit, for resolvers on this machine only.")  # fmt: skip
@click.option("--http", "with_http", is_flag=True, help="Also get / of each host once, where robots.txt allows it: header and cookie names, certificate, third parties of the page.")  # fmt: skip
@click.option("--networks", "with_networks", is_flag=True, help="Last, ask who announces (origin lookup in DNS) and who holds (RDAP of the registry) each address that no published range knows.")  # fmt: skip
@click.option("--base-url", metavar="URL", help="Ask this server in place of the hosts (--http) and registries (--networks), to try a scan out.")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="Run the same parts on this Dask scheduler; local otherwise.")
@click.option("--again", is_flag=True, help="Ask again what was seen today.")
@click.option("--out", type=Place(), help="File for the lines of --json.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON line for each host and type.")
@click.pass_context
def command(
    context: click.Context,
    hosts: Path | None,
    listed: bool,
    resolvers: tuple[str, ...],
    rate: float,
    with_http: bool,
    with_networks: bool,
    base_url: str | None,
    scheduler: str | None,
    again: bool,
    out: Path | None,
    json_wanted: bool,
) -> None:
    """Look up the hosts of HOSTS.txt (one a line) and keep what was seen.

    HOSTS.txt can be left out with --listed.

    Each host is asked for A, AAAA and CNAME; a name with records of its own also for NS, MX, TXT and CAA; a registrable
    name, or one that takes mail, also for autodiscover.NAME, selector1._domainkey.NAME, selector2._domainkey.NAME and
    the names that its SPF record includes (all below the same domain, those of vendors one level deep). Two random
    labels show a wildcard. Hosts on the opt-out list are not asked.

    Outcomes: ok, nodata, nxdomain, alias, dangling, loop, lame, servfail, refused, timeout, malformed, incomplete,
    not_asked. Batches are committed as the run goes on: a run that was stopped goes on where it was, and what was
    seen today is not asked again without --again.

    Example: cloudhold scan hosts.txt --resolver 192.0.2.53:53 --json
    """
    store = store_of(context)
    wanted = _wanted(hosts, listed, store)
    settings = Settings(resolvers, rate, opted_out())
    settings.lookups().close()  # a bad resolver or rate is refused before anything is begun
    client = dask_client(scheduler) if scheduler else None
    day = dt.datetime.now(dt.UTC).date()
    source = source_id(day, settings.vantage)
    asked = f"{day.isoformat()} {' '.join(settings.servers)}"
    with store.writer("scan") as writer:
        done, known = seen_today(store, source, asked)
        waiting = [host for host in wanted if again or host not in done]
        if len(waiting) < len(wanted):
            say(f"{len(wanted) - len(waiting)} of {len(wanted)} hosts were seen today; --again asks them anew")
        keeper = Keeper(writer, settings.vantage, asked, day, known)
        with lines_to(out, json_wanted) as lines:
            progress = Progress(len(waiting))

            def take(host: str, rows: list[Row]) -> None:
                keeper.keep(host, rows)
                write_lines(lines, rows)
                progress.step(keeper.hosts)

            try:
                if client is None:
                    run_here(waiting, settings, take)
                else:
                    run_there(client, waiting, settings, take)
                if with_http:
                    look_at_pages(keeper, lines, settings.opt_out, base_url)
                if with_networks:
                    look_at_networks(keeper, lines, rules_of(store), settings, base_url)
            except BaseException:
                keeper.commit("partial", "the last run was stopped before its end")
                raise
        keeper.commit("complete")
    if not json_wanted:
        click.echo(summary(keeper.hosts, keeper.outcomes))


def _wanted(hosts: Path | None, listed: bool, store: Store) -> list[str]:
    """The hosts of the file, or of the collected list; Refused where both or neither is given, or there is none."""
    if (hosts is None) != listed:
        raise Refused("a scan needs a file of host names, or --listed, and not both; see cloudhold scan --help")
    if hosts is not None:
        return read_hosts(hosts, read_bytes(hosts))
    names = list(newest_list(store, store.manifest()))
    if not names:
        raise Refused(
            "no list of domain names was collected; run cloudhold collect govuk-domains first, or name a file"
        )
    return names


def run_here(hosts: list[str], settings: Settings, take: Any) -> None:
    lookups = settings.lookups()
    try:
        Scan(lookups, take).run(hosts)
    finally:
        lookups.close()


def dask_client(address: str) -> Any:
    """A client of a Dask scheduler; Refused, in a sentence, where that cannot be."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise Refused(
            "--scheduler needs dask.distributed, which is not installed; "
            "install it with: pip install distributed, or leave --scheduler out"
        ) from None
    try:
        return distributed.Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise Refused(
            f"no Dask scheduler answers at {address[:80]} ({type(error).__name__}); check the address"
        ) from error


def run_there(client: Any, hosts: list[str], settings: Settings, take: Any) -> None:
    """The same parts on other machines; each worker has its share of the rate."""
    workers = max(1, sum(client.nthreads().values()))
    share = Settings(settings.servers, settings.rate / workers, settings.opt_out)
    futures = client.map(scan_part, partitions(hosts), settings=share, pure=False)
    for future in importlib.import_module("distributed").as_completed(futures):
        for host, rows in future.result():
            take(host, rows)


def look_at_pages(keeper: Keeper, lines: TextIO | None, opt_out: tuple[str, ...], base_url: str | None = None) -> None:
    """One look at the front page of each host of this run that has a public address, eight at a time."""

    def look(host: str) -> tuple[str, Probe]:
        return host, probe(fetcher_of(opt_out, base_url), host)

    # robots.txt and the page are two requests a second apart, so eight hosts at a time ask eight times a second
    # in all, and never one host twice at once.
    with ThreadPoolExecutor(1 if base_url else 8) as pool:
        for host, seen in pool.map(look, list(keeper.addresses)):
            write_lines(lines, keeper.keep_probe(host, seen))


def fetcher_of(opt_out: tuple[str, ...], base_url: str | None) -> Fetcher:
    return Fetcher(opt_out=opt_out, deadline=PAGE_SECONDS, max_bytes=PAGE_BYTES, base_url=base_url)


def look_at_networks(
    keeper: Keeper, lines: TextIO | None, rules: Rules, settings: Settings, base_url: str | None
) -> None:
    """Who announces and who holds what no range knows; asked last, at the pace of every other question."""
    lookups, fetcher = settings.lookups(), fetcher_of(settings.opt_out, base_url)
    try:
        for _, rows in look_up(keeper.addresses, rules, lookups, fetcher):
            keeper.keep_more(rows)
            write_lines(lines, rows)
    finally:
        lookups.close()
        fetcher.close()


@contextmanager
def lines_to(out: Path | None, json_wanted: bool) -> Iterator[TextIO | None]:
    """Where the lines go: the file, else stdout where they are asked for."""
    if out is None:
        yield sys.stdout if json_wanted else None
        return
    try:
        with out.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise Refused(f"{out} cannot be written ({error.strerror}); name another file with --out") from error


def write_lines(lines: TextIO | None, rows: list[Row]) -> None:
    for row in rows if lines is not None else ():
        print(json.dumps(row.to_json(), ensure_ascii=False), file=lines)


class Progress:
    """A line on stderr that says how far the run is; silent where nobody looks."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._shown = sys.stderr.isatty()

    def step(self, done: int) -> None:
        if self._shown and (done % 25 == 0 or done == self._total):
            end = "\n" if done == self._total else ""
            click.echo(f"\r{done:,} of {self._total:,} hosts{end}", nl=False, err=True)


def summary(hosts: int, outcomes: Counter[tuple[str, str]]) -> str:
    """How many questions of each type ended how."""
    lines = [f"{hosts:,} hosts"]
    for kind in dict.fromkeys(kind for kind, _ in sorted(outcomes)):
        parts = [f"{outcome} {count:,}" for (k, outcome), count in sorted(outcomes.items()) if k == kind]
        lines.append(f"  {kind}: {', '.join(parts)}")
    return "\n".join(lines)
