"""What an analyst would write to flatten release packages: a loop over the standard library's json, json_normalize, and
the fastest reading that we know, packages cut by msgspec and read by DuckDB in types.

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


_TYPES = {
    **dict.fromkeys(("ocid", "id", "date"), "VARCHAR"),
    "tag": "VARCHAR[]",
    "buyer": "STRUCT(id VARCHAR, name VARCHAR)",
    "parties": "STRUCT(id VARCHAR, identifier STRUCT(scheme VARCHAR, id VARCHAR))[]",
    "tender": "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, procurementMethod VARCHAR, "
    "procurementMethodDetails VARCHAR, classification STRUCT(id VARCHAR), value STRUCT(amount DOUBLE, currency VARCHAR))",
    "awards": "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, date VARCHAR, "
    "value STRUCT(amount DOUBLE, amountGross DOUBLE, currency VARCHAR), "
    "contractPeriod STRUCT(startDate VARCHAR, endDate VARCHAR), suppliers STRUCT(id VARCHAR, name VARCHAR)[])[]",
}
_TYPED = """
COPY (
  WITH per_award AS (
    SELECT *, list_filter(parties, lambda p: p.id = buyer.id)[1].identifier AS body, unnest(awards) AS award
    FROM read_json('{lines}', format = 'newline_delimited', columns = {{{types}}})
  ), per_supplier AS (SELECT *, unnest(award.suppliers) AS signed FROM per_award)
  SELECT ocid, id AS release_id, left(date, 10) AS published_on, tag AS tags, tender.id AS portal_reference,
         tender.title AS title, tender.description AS description, buyer.name AS buyer_name,
         body.scheme AS buyer_scheme, body.id AS buyer_number, tender.status AS tender_status,
         tender.procurementMethod AS method, tender.procurementMethodDetails AS method_details,
         tender.classification.id AS cpv, round(tender.value.amount, 2) AS tender_value,
         tender.value.currency AS tender_currency, award.id AS award_id, award.title AS award_title,
         award.description AS award_description, award.status AS award_status, round(award.value.amount, 2) AS value,
         round(award.value.amountGross, 2) AS value_gross, award.value.currency AS currency,
         left(award.date, 10) AS awarded_on, left(award.contractPeriod.startDate, 10) AS start_on,
         left(award.contractPeriod.endDate, 10) AS end_on, signed.name AS supplier,
         list_filter(parties, lambda p: p.id = signed.id AND p.identifier.scheme = 'GB-COH')[1].identifier.id
           AS supplier_number
  FROM per_supplier
) TO '{rows}' (FORMAT parquet, COMPRESSION zstd)
"""


def reading(folder: Path, out: Path) -> None:
    """The same rows as the loop's without one rule: what start, cut, typed read and one file cost by themselves."""
    import duckdb
    import msgspec

    package = msgspec.defstruct("package", [("releases", list[msgspec.Raw])])
    decode = msgspec.json.Decoder(package).decode
    out.mkdir()
    with (out / "releases.ndjson").open("wb") as lines:
        for file in files(folder):
            lines.write(b"\n".join(decode(file.read_bytes()).releases) + b"\n")  # type: ignore[attr-defined]
    types = ", ".join(f"{name}: '{kind}'" for name, kind in _TYPES.items())
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(_TYPED.format(lines=lines.name, types=types, rows=out / "rows.parquet"))
