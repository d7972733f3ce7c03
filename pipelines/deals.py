"""Contracts, payments and sales of one state of the store, with their bodies and providers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from pipelines import reference_contracts, reference_tables, schema
from pipelines.contracts.pipeline import MADE, Pipeline
from pipelines.manifest import Manifest
from pipelines.records import Organisation, Sale, Source
from pipelines.reference import Reference
from pipelines.store import Store
from pipelines.tables import Tables, bounded, view


def body_names(organisations: list[Organisation]) -> list[tuple[str, str, str]]:
    """(id, name, sector) of each body; of two bodies with one name the one that has not ended comes first."""
    ordered = sorted(organisations, key=lambda o: o.peer_class == "former body")
    return [(o.organisation_id, o.name, o.sector) for o in ordered]


def contracts(
    reference: Reference, store: Store, manifest: Manifest, organisations: list[Organisation], made: Tables
) -> tuple[Pipeline, list[Organisation]]:
    """Put the tables of the contracts pipeline into `made`; its rules, and the bodies that only notices name."""
    notices, awards, providers = reference_contracts.named_contracts(reference)
    known = {o.organisation_id for o in organisations}
    pipeline = Pipeline(reference, body_names(organisations))
    named = []
    for notice, items in sorted(providers.items()):
        for item in items:
            grade, _, provider = item.partition(":")
            named.append((notice, provider, grade))

    def run(connection: duckdb.DuckDBPyConnection) -> list[Organisation]:
        for name, ours in (("notices", notices), ("awards", awards)):
            connection.register(f"reviewed_{name}", schema.to_arrow(name, ours))
            view(connection, name, store.parts(name, manifest), f"reviewed_{name}")
        found = pipeline.run(connection, reference_tables.source_id("contracts"), named)
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


def not_revised(sales: list[Sale], sources: list[Source]) -> list[Sale]:
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


def money(pipeline: Pipeline, rows: list[Any]) -> list[Any]:
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
