"""From stored records and reference facts to an edition: pure, repeatable, without a clock.

Same inputs in any order give the same content hash. With nothing collected, the edition is built from
data/reference alone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipelines import outage, reference_tables, schema
from pipelines.attribution import names
from pipelines.attribution.attribute import attribute
from pipelines.attribution.book import Book, Seen
from pipelines.attribution.draft import NONE, UNKNOWN, Draft
from pipelines.attribution.mail import registrable
from pipelines.attribution.rules import Rules
from pipelines.attribution.stored_ranges import stored_networks
from pipelines.contracts.pipeline import MADE, Pipeline
from pipelines.domains import newest_list, owned
from pipelines.graph import Scenario
from pipelines.incidents.feed_coverage import feed_coverage
from pipelines.incidents.join import join
from pipelines.records import (
    Coverage,
    Exposure,
    Finding,
    Issue,
    Observation,
    Organisation,
    Sale,
    Service,
    Source,
    Statement,
)
from pipelines.reference import Reference
from pipelines.store import EditionRef, Manifest, Store, Writer, copy_durably, sha256, sha256_file, write_durably
from pipelines.tables import BATCH_ROWS, Tables, bounded, hash_tables, view

Row = Mapping[str, Any]
# Dates after this are mistakes of the source; they are flagged and never become an edition's as_of.
LATEST_DAY = dt.date(2045, 12, 31)
# Providers whose networks or platforms are closed: a name that still points there could be claimed by
# anybody, so such rows are counted and kept back from every table.
CLOSED = frozenset({"govuk-paas", "ukcloud", "edgio", "stackpath"})


@dataclass(frozen=True, slots=True)
class Built:
    """An edition that is in no store yet."""

    id: str
    content_hash: str
    as_of: dt.date
    private: bool
    tables: Tables
    inputs: Mapping[str, str]


def build(reference: Reference, store: Store, manifest: Manifest, as_of: dt.date | None = None) -> Built:
    """The edition of one state of the store."""
    sources = [*reference_tables.sources(reference), *_stored(store, manifest, "sources")]
    organisations = _organisations(reference, store, manifest)
    known = {o.organisation_id for o in organisations}
    services = reference_tables.services(reference, known)
    observations = _observations(reference, store, manifest)
    ranges = store.read("ranges", manifest)
    rules = Rules(reference, stored_networks(reference, ranges.to_pylist()))
    bodies = [(key, name) for key, name, _ in _body_names(organisations)]
    registered = owned(newest_list(store, manifest), bodies)
    findings, withheld = _findings(rules, observations, organisations, services, registered)
    statements = _statements(reference, store, manifest)
    edges = list(reference_tables.edges(reference, {s.service_id: s.name for s in services}))
    states = _stored(store, manifest, "incident_states")
    incidents, ambiguous = join(reference, reference_tables.incidents(reference), states)
    tables: dict[str, list[Any]] = {
        "organisations": organisations,
        "services": services,
        "observations": [o for o in observations if o.observation_id not in withheld],
        "findings": findings,
        "statements": statements,
        "edges": edges,
        "incidents": incidents,
    }
    made = Tables()
    pipeline, named_bodies = _contracts(reference, store, manifest, organisations, made)
    contracts = tuple(made)
    tables["organisations"] = sorted([*organisations, *named_bodies], key=lambda o: o.organisation_id)
    for name in ("payments", "sales"):
        rows = _stored(store, manifest, name)
        if name == "sales":
            rows = _not_revised(rows, sources)
        tables[name] = _money(pipeline, _unique(rows, f"{name.removesuffix('s')}_id"))
    with duckdb.connect() as connection:
        for name in contracts:
            view(connection, name, [made.path(name)])
        newest = _newest_in_columns(connection, contracts)
        doubts = list(_contract_issues(connection))
        used = _used(connection, contracts)
    for listed in (ranges, store.read("domains", manifest)):
        used.update(listed["source_id"].to_pylist())
    day = as_of or max(_newest_evidence(tables), newest)
    tables["statements"] = aged_out(statements, day)
    tables["exposures"] = _exposures(reference, tables)
    tables["issues"] = [
        *_stored(store, manifest, "issues"),
        *_issues(tables, len(withheld)),
        *doubts,
        *ambiguous,
    ]
    tables["sources"] = _unique(sources, "source_id")
    tables["coverage"] = _coverage(reference, manifest, tables, used)
    tables["coverage"] += feed_coverage(manifest, tables["sources"], states)
    for name in schema.EDITION_TABLES:
        if name not in contracts:
            made.put(name, _sorted(name, schema.to_arrow(name, tables[name])).to_batches(BATCH_ROWS))
    content_hash = hash_tables({name: made.path(name) for name in made})
    return Built(
        id=f"{day.isoformat()}-{content_hash[:8]}",
        content_hash=content_hash,
        as_of=day,
        private=manifest.private,
        tables=made,
        inputs={**reference.hashes, **{part.path: part.sha256 for part in manifest.parts}},
    )


# -- inputs -------------------------------------------------------------------------------------------------


def _stored(store: Store, manifest: Manifest, table: str) -> list[Any]:
    """Stored records of one table, as records."""
    record = schema.table(table).record
    rows = store.read(table, manifest).to_pylist()
    return [record(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}) for row in rows]


def _unique(rows: Iterable[Any], key: str) -> list[Any]:
    """One row per key. Several sources may carry a row: the one with the smallest source id speaks."""
    best: dict[str, Any] = {}
    for row in rows:
        other = best.get(getattr(row, key))
        if other is None or row.source_id < other.source_id:
            best[getattr(row, key)] = row
    return [best[k] for k in sorted(best)]


# Code says what somebody declared. After a year and a half without a newer look nobody can say that it stands.
PUBLIC_CODE_STANDS_MONTHS = 18


def _statements(reference: Reference, store: Store, manifest: Manifest) -> list[Statement]:
    """Our reviewed statements and the imported ones: of one statement the newest, then the smallest source id."""
    best: dict[str, Statement] = {}
    for row in [*reference_tables.statements(reference), *_stored(store, manifest, "statements")]:
        other = best.get(row.statement_id)
        if other is None or _statement_order(row) < _statement_order(other):
            best[row.statement_id] = row
    return [best[key] for key in sorted(best)]


def _statement_order(row: Statement) -> tuple[int, str]:
    return (-(row.stated_on or dt.date.min).toordinal(), row.source_id)


def aged_out(statements: list[Statement], day: dt.date) -> list[Statement]:
    """`statements` with `current` unknown where they rest on public code last seen over 18 months before `day`."""
    years, months = divmod(day.year * 12 + day.month - 1 - PUBLIC_CODE_STANDS_MONTHS, 12)
    oldest = dt.date(years, months + 1, min(day.day, 28))
    return [
        dataclasses.replace(row, current="unknown")
        if row.source_kind == "public code" and row.current == "yes" and (row.stated_on or dt.date.min) < oldest
        else row
        for row in statements
    ]


def _organisations(reference: Reference, store: Store, manifest: Manifest) -> list[Organisation]:
    """Our reviewed table first; bodies that only a collected list knows are added."""
    ours = reference_tables.organisations(reference)
    known = {o.organisation_id for o in ours}
    listed: dict[str, Organisation] = {}
    for row in _stored(store, manifest, "organisations"):
        other = listed.get(row.organisation_id)
        if row.organisation_id not in known and (other is None or _listing_order(row) < _listing_order(other)):
            listed[row.organisation_id] = row
    return sorted([*ours, *listed.values()], key=lambda o: o.organisation_id)


def _listing_order(row: Organisation) -> tuple[int, str]:
    # The entry that its publisher changed last speaks, then the smallest source id.
    return (-(row.updated_on or dt.date.min).toordinal(), row.source_id)


def _observations(reference: Reference, store: Store, manifest: Manifest) -> list[Observation]:
    """What is held to be seen now: for each name and type the newest dated records, and undated ones.

    A newer look replaces an older one whatever it found; a list without a date cannot be newer, so it adds.
    """
    rows = [*reference_tables.observations(reference), *_stored(store, manifest, "observations")]
    groups: dict[tuple[str, str, bool], list[Observation]] = defaultdict(list)
    for row in rows:
        groups[row.subject, row.kind, row.private].append(row)
    kept: dict[str, Observation] = {}
    for group in groups.values():
        newest = max((row.seen_on for row in group if row.seen_on), default=None)
        for row in group:
            if row.seen_on is not None and row.seen_on != newest:
                continue
            other = kept.get(row.observation_id)
            if other is None or _observation_order(row) < _observation_order(other):
                kept[row.observation_id] = row
    return [kept[key] for key in sorted(kept)]


def _observation_order(row: Observation) -> tuple[int, str]:
    # The dated source speaks before an undated one, then the smallest id.
    return (0 if row.seen_on else 1, row.source_id)


# -- findings -----------------------------------------------------------------------------------------------


class Owners:
    """Which body and service a host belongs to."""

    def __init__(
        self,
        reference: Reference,
        organisations: list[Organisation],
        services: list[Service],
        registered: Mapping[str, str],
    ) -> None:
        """`registered` gives the body of names in a published list: what we reviewed speaks before it."""
        self._services = {host: s for s in services for host in s.hosts}
        self._domains: dict[str, str] = {}
        for body in organisations:
            if body.domain:
                self._domains.setdefault(body.domain, body.organisation_id)
        for _, row in reference.rows("domains.csv", ("domain", "organisation_id")):
            self._domains.setdefault(names.host(row["domain"]), row["organisation_id"])
        self._domains = {**registered, **self._domains}

    def find(self, host: str) -> tuple[str | None, str | None]:
        """(organisation, service) of a host; the service only where the host is one of its own."""
        service = self._services.get(host)
        if service:
            return service.organisation_id or self._body(host), service.service_id
        return self._body(host), None

    def _body(self, host: str) -> str | None:
        name = host
        while "." in name:
            if name in self._domains:
                return self._domains[name]
            name = name.partition(".")[2]
        return None


def _findings(
    rules: Rules,
    observations: list[Observation],
    organisations: list[Organisation],
    services: list[Service],
    registered: Mapping[str, str],
) -> tuple[list[Finding], set[str]]:
    """Findings from observations, public and private apart, and the observations that are kept back.

    Kept back: every record of a name whose alias dangles or whose delegation is lame, since anybody could claim it.
    Names that only pass a host's alias on (a provider's own) are evidence for that host and get no finding.
    """
    reference = rules.reference
    owners = Owners(reference, organisations, services, registered)
    by_id = {o.observation_id: o for o in observations}
    found: list[Finding] = []
    open_to_takeover = {o.subject for o in observations if o.outcome in ("dangling", "lame")}
    withheld = {o.observation_id for o in observations if o.subject in open_to_takeover}
    foreign = {
        o.value
        for o in observations
        if o.kind == "CNAME" and o.value and o.outcome != "published" and registrable(o.value) != registrable(o.subject)
    }
    for private in (False, True):
        book = Book(
            Seen(o.subject, o.kind, o.value or "", o.observation_id, o.seen_on, o.environment, o.outcome)
            for o in observations
            if o.private == private and o.value and not o.kind.startswith("flag:")
        )
        for draft in attribute(book, rules):
            if draft.host in foreign and owners.find(draft.host) == (None, None):
                continue
            if draft.host in open_to_takeover:
                continue
            if draft.provider in CLOSED and draft.role == "web":
                withheld.update(seen.id for seen in draft.evidence if seen.host == draft.host)
                continue
            found.append(_finding(reference, owners, by_id, draft, private))
    return sorted(found, key=lambda f: f.finding_id), withheld


def _finding(
    reference: Reference, owners: Owners, by_id: Mapping[str, Observation], draft: Draft, private: bool
) -> Finding:
    organisation, service = owners.find(draft.host)
    ids = tuple(sorted({seen.id for seen in draft.evidence}))
    environments = {by_id[i].environment for i in ids if i in by_id and by_id[i].subject == draft.host}
    environment = next(iter(sorted(e for e in environments if e)), None)
    known = draft.provider not in (UNKNOWN, NONE)
    if not known:
        certainty = "unknown" if draft.provider == UNKNOWN else "known"
    else:
        certainty = reference_tables.certainty(draft.confidence)
    key = reference_tables.short(draft.host, draft.role, draft.layer, draft.provider)
    return Finding(
        finding_id=f"f-{key}",
        subject=draft.host,
        organisation_id=organisation,
        service_id=service,
        role=draft.role,
        layer=draft.layer,
        provider=draft.provider,
        parent=reference.parent(draft.provider),
        jurisdiction=reference.jurisdiction(draft.provider),
        product=draft.product,
        region=draft.region,
        endpoint=draft.endpoint,
        origin_provider=draft.origin if draft.role == "web" else None,
        confidence=draft.confidence,
        certainty=certainty,
        rule_id=draft.rule_id,
        evidence_ids=ids,
        seen_on=draft.seen_on,
        environment=environment or names.environment(draft.host),
        is_service_name=names.is_service_name(draft.host),
        contradiction=draft.contradiction,
        source_id=min((by_id[i].source_id for i in ids if i in by_id), default="reference-service_records"),
        private=private,
    )


# -- contracts ----------------------------------------------------------------------------------------------


def _body_names(organisations: list[Organisation]) -> list[tuple[str, str, str]]:
    """(id, name, sector) of each body; of two bodies with one name the one that has not ended comes first."""
    ordered = sorted(organisations, key=lambda o: o.peer_class == "former body")
    return [(o.organisation_id, o.name, o.sector) for o in ordered]


def _contracts(
    reference: Reference, store: Store, manifest: Manifest, organisations: list[Organisation], made: Tables
) -> tuple[Pipeline, list[Organisation]]:
    """Put the tables of the contracts pipeline into `made`; its rules, and the bodies that only notices name."""
    notices, awards, providers = reference_tables.named_contracts(reference)
    known = {o.organisation_id for o in organisations}
    pipeline = Pipeline(reference, _body_names(organisations))
    named = [(notice, item.partition(":")) for notice, items in sorted(providers.items()) for item in items]
    table = pa.table(
        {
            "notice_id": pa.array([notice for notice, _ in named], pa.string()),
            "provider": pa.array([provider for _, (_, _, provider) in named], pa.string()),
            "grade": pa.array([grade for _, (grade, _, _) in named], pa.string()),
        }
    )

    def run(connection: duckdb.DuckDBPyConnection) -> list[Organisation]:
        for name, ours in (("notices", notices), ("awards", awards)):
            connection.register(f"reviewed_{name}", schema.to_arrow(name, ours))
            view(connection, name, store.parts(name, manifest), f"reviewed_{name}")
        found = pipeline.run(connection, reference_tables.source_id("contracts"), table)
        for name in MADE:
            made.put(name, found.batches(name))
        return [body for body in _named_bodies(reference, found.organisations) if body.organisation_id not in known]

    return pipeline, bounded(run)


def _named_bodies(reference: Reference, names: Mapping[str, tuple[str, str]]) -> Iterator[Organisation]:
    """Bodies that notices name and no list has: former ones, and those that nobody has matched yet."""
    former = {row["organisation_id"]: row for _, row in reference.rows("former_organisations.csv")}
    for organisation_id, (name, source) in sorted(names.items()):
        row = former.get(organisation_id)
        yield Organisation(
            organisation_id=organisation_id,
            name=row["name"] if row else name,
            sector="central" if row else "other",
            peer_class="former body" if row else "named in notices, not matched",
            status=f"ended {row['ended_on']}" if row else None,
            parents=(),
            gss_code=None,
            domain=None,
            inhabitants=None,
            lat=None,
            lon=None,
            updated_on=None,
            source_id=reference_tables.source_id("former_organisations") if row else source,
            check=row["check"] if row else "read",
        )


def _not_revised(sales: list[Sale], sources: list[Source]) -> list[Sale]:
    """`sales` without those of a collected file whose month a newer collected file tells again.

    Each published file holds all months, and months are revised: the newest file with a month speaks for it. Files that
    somebody imported are not known to be whole, so they stand side by side.
    """
    files = {s.source_id: s for s in sources if s.collector == "gcloud-sales" and s.url and s.date_from and s.date_to}
    order = sorted(files.values(), key=lambda s: (-(s.date_to or dt.date.min).toordinal(), s.source_id))
    speaks: dict[dt.date | None, str] = {}
    for month in {row.sold_on for row in sales if row.sold_on}:
        for file in order:
            if (file.date_from or month) <= month <= (file.date_to or month):
                speaks[month] = file.source_id
                break
    return [row for row in sales if row.source_id not in files or speaks.get(row.sold_on) == row.source_id]


def _money(pipeline: Pipeline, rows: list[Any]) -> list[Any]:
    """Payments or sales to a provider or reseller, with buyer and supplier resolved; the others are not ours."""
    kept = []
    for row in rows:
        identity = pipeline.suppliers.find(row.supplier_name)
        if identity.provider or identity.reseller:
            buyer = pipeline.buyers.find(row.buyer_name)
            kept.append(
                dataclasses.replace(
                    row,
                    organisation_id=row.organisation_id or buyer.id,
                    provider=identity.provider,
                    reseller=identity.reseller,
                )
            )
    return kept


def _as_row(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


# -- exposures, issues, coverage -----------------------------------------------------------------------------


def presets(reference: Reference) -> dict[str, Scenario]:
    """The stored scenarios, checked."""
    found = {}
    for key, row in reference.toml("presets.toml").items():
        found[key] = outage.scenario(
            reference,
            row["provider"],
            row.get("product"),
            row.get("region"),
            row.get("plane", "data"),
            row.get("cause", "unknown"),
            row["hours"],
            id=key,
            title=row["title"],
            incident=row.get("incident"),
        )
    return found


def _exposures(reference: Reference, tables: Mapping[str, list[Any]]) -> list[Exposure]:
    evidence = outage.Evidence(
        *(
            [_as_row(row) for row in tables[name]]
            for name in ("organisations", "services", "findings", "statements", "edges")
        )
    )
    graph = outage.build_graph(reference, evidence)
    rows = []
    for key, scenario in sorted(presets(reference).items()):
        for service, effect in sorted(graph.solve(scenario).items()):
            state, certainty = outage.classify(effect)
            rows.append(
                Exposure(
                    scenario_id=key,
                    service_id=service,
                    organisation_id=graph.services[service].organisation_id,
                    effect=state,
                    certainty=certainty,
                    layer=effect.layer,
                    via=effect.path,
                    evidence_ids=tuple(sorted(set(effect.evidence))),
                    source_id=reference_tables.source_id("presets"),
                )
            )
    return rows


def _issue(kind: str, table: str, record: str | None, detail: str | None, source: str) -> Issue:
    return Issue(f"i-{reference_tables.short(kind, table, record, detail)}", kind, table, record, detail, source)


def _contract_issues(connection: duckdb.DuckDBPyConnection) -> Iterator[Issue]:
    """What the fold doubts of contracts."""
    rows = connection.execute(
        """SELECT unnest(list_concat(flags, CASE WHEN value_status <> 'known' THEN ['value-' || value_status] ELSE [] END)),
                  contract_id, source_id FROM contracts ORDER BY ALL"""
    )
    for kind, contract_id, source_id in rows.fetchall():
        yield _issue(kind, "contracts", contract_id, None, source_id)


def _used(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> Counter[str]:
    """How many rows of `tables` rest on each source."""
    counts: Counter[str] = Counter()
    for name in tables:
        counts.update(dict(connection.execute(f"SELECT source_id, count(*) FROM {name} GROUP BY ALL").fetchall()))
    return counts


def _issues(tables: Mapping[str, list[Any]], withheld: int) -> Iterator[Issue]:
    """What is doubted or left out, counted: contradictions, unchecked marks, withheld."""
    for finding in tables["findings"]:
        if finding.contradiction:
            yield _issue("contradiction", "findings", finding.finding_id, finding.contradiction, finding.source_id)
    weak = Counter(f.rule_id for f in tables["findings"] if f.confidence == "possible" and f.certainty == "inferred")
    for rule, count in sorted(weak.items()):
        yield _issue("rule-not-rechecked", "findings", rule, f"{count} findings", "reference-providers")
    if withheld:
        yield _issue(
            "withheld",
            "observations",
            None,
            f"{withheld} records that point to closed providers or to nothing are kept back: they could be claimed by anybody",
            "reference-service_records",
        )


_COLLECTOR = ("collector", "title", "state", "stale_after_days", "reason")


def _coverage(
    reference: Reference, manifest: Manifest, tables: Mapping[str, list[Any]], resting: Counter[str]
) -> list[Coverage]:
    rows: dict[str, Coverage] = {}
    counts = Counter(resting)
    for name, records in tables.items():
        if name in ("sources", "coverage", "issues"):
            continue
        counts.update(record.source_id for record in records)
    by_collector: dict[str, list[Any]] = defaultdict(list)
    for source in tables["sources"]:
        if source.collector == "reference":
            title, used = source.title, counts[source.source_id]
            rows[source.source_id] = Coverage(
                source.source_id,
                title,
                "reference",
                source.date_from,
                source.date_to,
                used,
                400,
                reference.tables[source.source_id.removeprefix("reference-")].check,
            )
        else:
            by_collector[source.collector].append(source)
    for collector, group in sorted(by_collector.items()):
        facts = manifest.coverage.get(collector, {})
        rows[collector] = Coverage(
            collector,
            facts.get("title") or group[0].title.partition(":")[0],
            facts.get("state", "imported"),
            min((s.date_from for s in group if s.date_from), default=None),
            max((s.date_to for s in group if s.date_to), default=None),
            sum(counts[s.source_id] for s in group),
            facts.get("stale_after_days"),
            facts.get("reason") or f"{len(group)} files",
        )
    for _, row in reference.rows("collectors.csv", _COLLECTOR):
        key = row["collector"]
        if key in rows:
            continue
        asked = manifest.coverage.get(key)  # it was asked, and nothing came of it
        if asked is not None:
            state, reason = asked["state"], asked.get("reason")
            rows[key] = Coverage(key, row["title"], state, None, None, 0, asked.get("stale_after_days"), reason)
            continue
        stale = int(row["stale_after_days"]) if row["stale_after_days"] else None
        reason = row["reason"] or f"not asked yet; run cloudhold collect {key}"
        rows[key] = Coverage(key, row["title"], row["state"], None, None, 0, stale, reason)
    return [rows[key] for key in sorted(rows)]


# -- writing -------------------------------------------------------------------------------------


def _sorted(name: str, table: pa.Table) -> pa.Table:
    """Rows in the order of their key."""
    key = [(column, "ascending") for column in schema.table(name).key]
    return table.sort_by(key) if table.num_rows else table


def _newest_evidence(tables: Mapping[str, list[Any]]) -> dt.date:
    """The newest day of evidence in records; days after LATEST_DAY are mistakes of the source."""
    newest = dt.date(1970, 1, 1)
    for name, rows in tables.items():
        for column in schema.table(name).columns:
            if column.words.evidence:
                days = (day for row in rows if (day := getattr(row, column.name)) is not None and day <= LATEST_DAY)
                newest = max(newest, max(days, default=newest))
    return newest


def _newest_in_columns(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dt.date:
    newest = dt.date(1970, 1, 1)
    for name in tables:
        for column in schema.table(name).columns:
            if column.words.evidence:
                found = connection.execute(
                    f"SELECT max({column.name}) FROM {name} WHERE {column.name} <= ?", [LATEST_DAY]
                ).fetchone()
                newest = max(newest, (found and found[0]) or newest)
    return newest


def write(writer: Writer, built: Built) -> Manifest:
    """Put a built edition into the store and make it current. An edition already there is not rewritten."""
    known = writer.base.editions.get(built.id)
    if known is not None and known.content_hash == built.content_hash:
        if writer.base.edition == built.id:
            return writer.base
        writer.set_edition(known)
        return writer.commit()
    folder = writer.store.path / "editions" / built.id
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for name in schema.EDITION_TABLES:
        path = folder / f"{name}.parquet"
        copy_durably(built.tables.path(name), path)
        parts.append(
            {
                "table": name,
                "sha256": sha256_file(path),
                "rows": built.tables.rows(name),
                "bytes": path.stat().st_size,
            }
        )
    body = json.dumps(
        {
            "id": built.id,
            "content_hash": built.content_hash,
            "as_of": built.as_of.isoformat(),
            "private": built.private,
            "tables": parts,
            "inputs": dict(sorted(built.inputs.items())),
        },
        indent=1,
    ).encode()
    write_durably(folder / "edition.json", body)
    writer.set_edition(EditionRef(built.id, built.content_hash, built.as_of.isoformat(), built.private, sha256(body)))
    return writer.commit()
