"""What an analyst would write to flatten release packages: a loop over the standard library's json, and json_normalize.

Each is a process of its own, so what it needs is imported where it is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks._packages import files

# The columns that all of them fill, a row for each supplier of each award.
COLUMNS = [
    "ocid",
    "release_id",
    "published_on",
    "tags",
    "portal_reference",
    "title",
    "description",
    "buyer_name",
    "buyer_scheme",
    "buyer_number",
    "tender_status",
    "method",
    "method_details",
    "cpv",
    "tender_value",
    "tender_currency",
    "award_id",
    "award_title",
    "award_description",
    "award_status",
    "value",
    "value_gross",
    "currency",
    "awarded_on",
    "start_on",
    "end_on",
    "supplier",
    "supplier_number",
]


def _money(value: Any) -> Any:
    return None if value is None else round(float(value), 2)


def _flat(releases: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for release in releases:
        buyer = release.get("buyer") or {}
        tender = release.get("tender") or {}
        parties = {party["id"]: party for party in release.get("parties") or ()}
        numbers = {
            key: (party.get("identifier") or {}).get("id")
            for key, party in parties.items()
            if (party.get("identifier") or {}).get("scheme") == "GB-COH"
        }
        identifier = (parties.get(buyer.get("id")) or {}).get("identifier") or {}
        tender_value = tender.get("value") or {}
        head = (
            release["ocid"],
            release["id"],
            (release.get("date") or "")[:10] or None,
            release.get("tag"),
            tender.get("id"),
            tender.get("title"),
            tender.get("description"),
            buyer.get("name"),
            identifier.get("scheme"),
            identifier.get("id"),
            tender.get("status"),
            tender.get("procurementMethod"),
            tender.get("procurementMethodDetails"),
            (tender.get("classification") or {}).get("id"),
            _money(tender_value.get("amount")),
            tender_value.get("currency"),
        )
        for award in release.get("awards") or ():
            value = award.get("value") or {}
            period = award.get("contractPeriod") or {}
            middle = (
                award.get("id"),
                award.get("title"),
                award.get("description"),
                award.get("status"),
                _money(value.get("amount")),
                _money(value.get("amountGross")),
                value.get("currency"),
                (award.get("date") or "")[:10] or None,
                (period.get("startDate") or "")[:10] or None,
                (period.get("endDate") or "")[:10] or None,
            )
            for supplier in award.get("suppliers") or ():
                yield (*head, *middle, supplier.get("name"), numbers.get(supplier.get("id")))


def loop(folder: Path, out: Path) -> None:
    """The standard library's json and a loop; the rows into one Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: list[tuple[Any, ...]] = []
    for file in files(folder):
        rows.extend(_flat(json.loads(file.read_bytes())["releases"]))
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    out.mkdir()
    pq.write_table(pa.table(columns), out / "rows.parquet", compression="zstd")


def normalize(folder: Path, out: Path) -> None:
    """pandas.json_normalize once a level (release, award and supplier, party), merged.

    One call cannot do it: fields of the release that lie deeper than the record path come back empty.
    """
    import pandas as pd

    heads = {
        "ocid": "ocid",
        "id": "release_id",
        "date": "published_on",
        "tag": "tags",
        "tender.id": "portal_reference",
        "tender.title": "title",
        "tender.description": "description",
        "buyer.id": "buyer_id",
        "buyer.name": "buyer_name",
        "tender.status": "tender_status",
        "tender.procurementMethod": "method",
        "tender.procurementMethodDetails": "method_details",
        "tender.classification.id": "cpv",
        "tender.value.amount": "tender_value",
        "tender.value.currency": "tender_currency",
    }
    awards = {
        "awards.id": "award_id",
        "awards.title": "award_title",
        "awards.description": "award_description",
        "awards.status": "award_status",
        "awards.value.amount": "value",
        "awards.value.amountGross": "value_gross",
        "awards.value.currency": "currency",
        "awards.date": "awarded_on",
        "awards.contractPeriod.startDate": "start_on",
        "awards.contractPeriod.endDate": "end_on",
        "supplier.name": "supplier",
    }
    frames = []
    for file in files(folder):
        found = json.loads(file.read_bytes())["releases"]
        rows = pd.json_normalize(
            found,
            record_path=["awards", "suppliers"],
            meta=["ocid", *(key.split(".") for key in awards if key.startswith("awards."))],
            record_prefix="supplier.",
            errors="ignore",
        ).rename(columns=awards)
        releases = pd.json_normalize(found).reindex(columns=list(heads)).rename(columns=heads)
        parties = pd.json_normalize(found, record_path="parties", meta=["ocid"])[
            ["ocid", "id", "identifier.scheme", "identifier.id"]
        ]
        numbers = parties[parties["identifier.scheme"] == "GB-COH"].rename(
            columns={"id": "supplier.id", "identifier.id": "supplier_number"}
        )
        buyers = parties.rename(
            columns={"id": "buyer_id", "identifier.scheme": "buyer_scheme", "identifier.id": "buyer_number"}
        )
        rows = (
            rows.merge(releases, how="left", on="ocid")
            .merge(numbers[["ocid", "supplier.id", "supplier_number"]], how="left", on=["ocid", "supplier.id"])
            .merge(buyers, how="left", on=["ocid", "buyer_id"])
        )
        for column in ("published_on", "awarded_on", "start_on", "end_on"):
            rows[column] = rows[column].str[:10]
        frames.append(rows.reindex(columns=COLUMNS))
    everything = pd.concat(frames)
    out.mkdir()
    everything.to_parquet(out / "rows.parquet", compression="zstd")
