"""OCDS release packages to contract tables with every rule on, beside what an analyst would write or run.

Packages of 100 releases in the shape that UK portals publish (invented words, names and numbers; the seed is fixed) go
in. Ours reads them as `cloudhold import ocds` and `cloudhold build` do: notices and awards, versions, folding, buyers,
suppliers, groups, providers, classes, superseding. The peers only read and flatten: a loop over the standard library's
json, and pandas.json_normalize, each for the same columns and types, written to Parquet as ours are. Rows of award
and supplier must be the same. flatten-tool and ocdskit are shown beside where they are installed: they make other tables
(`pip install flattentool ocdskit` in an environment of its own, its bin folder named in OCDS_TOOLS).

Targets: CPU at most 0.36x of the loop and 0.24x of json_normalize (aim 0.25x and 0.15x); peak memory at most 1.2x from
128 MiB to 1 GiB.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TITLE = "release packages to contract tables, CPU and memory"
SIZES = (32, 128, 512)  # MiB
LARGEST = 1024  # memory only, ours only
ROUNDS = 3
MOST_OF_LOOP = 0.36
MOST_OF_NORMALIZE = 0.24
MOST_GROWTH = 1.2
ROOT = Path(__file__).parents[1]
CHUNK = 16 << 20

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
COMPARED = (
    "ocid release_id award_id title buyer_name value currency awarded_on start_on end_on supplier supplier_number"
)


# -- packages ------------------------------------------------------------------------------------------------

_WORDS = [
    "provision",
    "of",
    "cloud",
    "hosting",
    "managed",
    "service",
    "support",
    "licence",
    "framework",
    "call",
    "off",
    "digital",
    "transformation",
    "data",
    "platform",
    "network",
    "maintenance",
    "for",
    "the",
    "council",
    "university",
    "trust",
    "department",
    "agency",
    "lot",
    "renewal",
    "software",
    "infrastructure",
    "professional",
    "consultancy",
]


def packages(folder: Path, mebibytes: int) -> int:
    """Write packages of 100 releases until they weigh `mebibytes`; the number of releases."""
    chance = random.Random(7)

    def words(count: int) -> str:
        return " ".join(chance.choices(_WORDS, k=count)).capitalize()

    def day() -> str:
        return f"{chance.randrange(2016, 2026)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}T00:00:00Z"

    forms = ["Ltd", "Limited", "PLC", "LLP", "UK Ltd"]
    suppliers = [
        (f"GB-COH-{chance.randrange(10**7, 10**8)}", f"{words(2).title()} {chance.choice(forms)}")
        for _ in range(20_000)
    ]
    buyers = [(f"GB-SRS-{chance.getrandbits(40):x}", words(3).title()) for _ in range(3_000)]
    folder.mkdir(parents=True, exist_ok=True)
    number = size = 0
    while size < mebibytes << 20:
        found = []
        for index in range(number * 100, number * 100 + 100):
            buyer = chance.choice(buyers)
            parties = {buyer[0]: (buyer[1], "buyer")}
            awards: list[dict[str, Any]] = []
            for place in range(chance.choice([1, 1, 1, 1, 2, 3])):
                signed = chance.sample(suppliers, chance.choice([1, 1, 1, 1, 1, 2, 4]))
                parties |= {one[0]: (one[1], "supplier") for one in signed}
                awards.append(
                    {
                        "id": f"ocds-b5fd17-{index:08x}-{place}",
                        "status": "active",
                        "date": day(),
                        "datePublished": day(),
                        "value": {"amount": round(chance.lognormvariate(11, 2), 2), "currency": "GBP"},
                        "suppliers": [{"id": one[0], "name": one[1]} for one in signed],
                        "contractPeriod": {"startDate": day(), "endDate": day()},
                        "documents": [
                            {
                                "id": f"d{index}",
                                "documentType": "awardNotice",
                                "url": f"https://notices.example/{index}",
                                "format": "text/html",
                                "language": "en",
                            }
                        ],
                    }
                )
            found.append(
                {
                    "ocid": f"ocds-b5fd17-{index:08x}",
                    "id": f"{index:08x}-1",
                    "language": "en",
                    "date": day(),
                    "tag": ["award"],
                    "initiationType": "tender",
                    "tender": {
                        "id": f"t{index}",
                        "title": words(8),
                        "description": words(chance.randrange(40, 160)),
                        "status": "complete",
                        "classification": {
                            "scheme": "CPV",
                            "id": str(chance.randrange(10**7, 10**8)),
                            "description": words(3),
                        },
                        "additionalClassifications": [
                            {"scheme": "CPV", "id": str(chance.randrange(10**7, 10**8)), "description": words(3)}
                            for _ in range(chance.randrange(3))
                        ],
                        "items": [{"id": "1", "deliveryAddresses": [{"region": "UKI"}]}],
                        "minValue": {"amount": 0, "currency": "GBP"},
                        "value": {"amount": round(chance.lognormvariate(11, 2), 2), "currency": "GBP"},
                        "procurementMethod": "open",
                        "procurementMethodDetails": "Open procedure",
                        "tenderPeriod": {"endDate": day()},
                        "contractPeriod": {"startDate": day(), "endDate": day()},
                        "suitability": {"sme": True, "vcse": False},
                        "mainProcurementCategory": "services",
                        "documents": [
                            {
                                "id": "1",
                                "documentType": "tenderNotice",
                                "description": words(8),
                                "url": f"https://notices.example/t/{index}",
                                "datePublished": day(),
                                "format": "text/html",
                            }
                        ],
                    },
                    "parties": [
                        {
                            "id": key,
                            "name": name,
                            "identifier": {"scheme": "GB-COH", "id": key[-8:], "legalName": name},
                            "address": {
                                "streetAddress": f"{chance.randrange(200)} High Street",
                                "locality": "Town",
                                "region": "UKI31",
                                "postalCode": "ZZ1 1ZZ",
                                "countryName": "United Kingdom",
                            },
                            "contactPoint": {"name": "Procurement", "email": "p@notices.example", "telephone": "-"},
                            "roles": [role],
                            "details": {"scale": "sme", "vcse": False},
                        }
                        for key, (name, role) in parties.items()
                    ],
                    "buyer": {"id": buyer[0], "name": buyer[1]},
                    "awards": awards,
                }
            )
        body = json.dumps(
            {
                "uri": f"https://notices.example/p/{number}",
                "version": "1.1",
                "publishedDate": day(),
                "publisher": {"name": "X", "scheme": "GB-GOR", "uid": "D1"},
                "license": "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
                "extensions": [],
                "releases": found,
            }
        )
        (folder / f"pkg_{number:05d}.json").write_text(body)
        size += len(body)
        number += 1
    return number * 100


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("pkg_*.json"))


# -- the clients, each a process of its own -------------------------------------------------------------------


def ours(folder: Path, out: Path) -> None:
    """Stored records in parts, then the tables of an edition: what import and build do between disk and disk."""
    import duckdb
    import pyarrow.parquet as pq

    from pipelines import reference, reference_tables
    from pipelines.batch import Batch
    from pipelines.contracts import packages, releases
    from pipelines.contracts.pipeline import MADE, Pipeline
    from pipelines.tables import Tables, bounded

    parts = out / "parts"
    parts.mkdir(parents=True)

    def groups() -> Iterator[list[bytes]]:
        found: list[bytes] = []
        size = 0
        for file in _files(folder):
            body = file.read_bytes()
            batch = Batch()
            found += packages.releases_of(file.name, body, batch)
            assert not batch.rejected
            size += len(body)
            if size >= CHUNK:
                yield found
                found, size = [], 0
        if found:
            yield found

    for number, lines in enumerate(groups()):
        batch = releases.read(lines, "ocds-benchmark")
        assert not batch.rejected
        for name, table in batch.tables.items():
            pq.write_table(table, parts / f"{name}-{number}.parquet", compression="zstd")
    facts = reference.load()
    bodies = reference_tables.organisations(facts)
    rules = Pipeline(facts, [(body.organisation_id, body.name, body.sector) for body in bodies])

    def run(connection: duckdb.DuckDBPyConnection) -> None:
        for name in ("notices", "awards"):
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{parts}/{name}-*.parquet')")
        made = rules.run(connection, "reference-contracts")
        tables = Tables()
        for name in MADE:
            tables.put(name, made.batches(name))
            shutil.move(tables.path(name), out / f"{name}.parquet")

    bounded(run)


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
    for file in _files(folder):
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
    for file in _files(folder):
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


CLIENTS: dict[str, Callable[[Path, Path], None]] = {"ours": ours, "loop": loop, "normalize": normalize}


# -- the same rows ---------------------------------------------------------------------------------------------

_OURS = """
SELECT c.ocid, n.release_id, a.award_id, c.title, n.buyer_name, a.value::DOUBLE AS value, a.currency,
       a.awarded_on::VARCHAR AS awarded_on, a.start_on::VARCHAR AS start_on, a.end_on::VARCHAR AS end_on,
       unnest(a.suppliers) AS supplier, unnest(a.supplier_numbers) AS supplier_number
FROM read_parquet('{out}/parts/awards-*.parquet') a JOIN read_parquet('{out}/parts/notices-*.parquet') n USING (notice_id)
JOIN read_parquet('{out}/contracts.parquet') c ON c.ocid = n.ocid AND c.award_id = a.award_id
"""


def same_rows(outs: dict[str, Path]) -> int:
    """The number of rows of award and supplier, equal in all; AssertionError where they differ."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE ours AS {_OURS.format(out=outs['ours'])}")
    columns = ", ".join(COMPARED.split())
    (count,) = connection.execute("SELECT count(*) FROM ours").fetchone() or (0,)
    for name, out in outs.items():
        if name == "ours":
            continue
        connection.execute(
            f"CREATE OR REPLACE TABLE theirs AS SELECT {columns} FROM read_parquet('{out}/rows.parquet')"
        )
        for one, other in (("ours", "theirs"), ("theirs", "ours")):
            (missing,) = connection.execute(
                f"SELECT count(*) FROM (SELECT {columns} FROM {one} EXCEPT ALL SELECT {columns} FROM {other})"
            ).fetchone() or (0,)
            assert missing == 0, f"{missing} rows of {one} are not in {other} ({name})"
    return int(count)


# -- the run -----------------------------------------------------------------------------------------------------


def _command(client: str, folder: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.ingest", client, str(folder), str(out)]


def _timed(client: str, folder: Path, out: Path) -> Any:
    from benchmarks import _bench

    shutil.rmtree(out, ignore_errors=True)
    return _bench.run(_command(client, folder, out), cwd=ROOT)


def _tool(name: str) -> str | None:
    place = os.environ.get("OCDS_TOOLS")
    return shutil.which(name, path=place) if place else shutil.which(name)


def _beside(folder: Path, base: Path, rows: list[dict[str, Any]]) -> None:
    """flatten-tool and ocdskit on one package: their tables are others than ours, so they are shown and not compared."""
    from benchmarks import _bench

    file = _files(folder)[0]
    size = file.stat().st_size / (1 << 20)
    flatten = ["flatten", str(file), "--root-list-path", "releases", "-f", "csv", "-o", str(base / "flat")]
    for name, command, note in (
        ("flatten-tool", flatten, "one package, other tables"),
        ("ocdskit", ["detect-format", str(file)], "one package, looks only"),
    ):
        program = _tool(name)
        if program is None:
            rows.append({"client": name, "note": "not installed; see the head of this file"})
            continue
        run = _bench.run([program, *command])
        rows.append(_row(name, size, run.cpu_seconds, run.peak_mib, note))


def _row(client: str, size: float, cpu: float, peak: float, note: str = "") -> dict[str, Any]:
    return {
        "client": client,
        "MiB": round(size, 2),
        "CPU s": cpu,
        "MiB a CPU s": size / cpu,
        "peak MiB": peak,
        "note": note,
    }


def main() -> int:
    from benchmarks import _bench

    missed = 0
    with tempfile.TemporaryDirectory(prefix="cloudhold-ingest-") as place:
        base = Path(place)
        peaks = {}
        for size in SIZES:
            folder = base / "packages"
            shutil.rmtree(folder, ignore_errors=True)
            releases = packages(folder, size)
            clients = list(CLIENTS)
            runs: dict[str, list[Any]] = {client: [] for client in clients}
            for _ in range(ROUNDS if size <= 128 else 1):
                for client in clients:
                    runs[client].append(_timed(client, folder, base / client))
            count = same_rows({client: base / client for client in clients})
            rows: list[dict[str, Any]] = []
            for client in clients:
                cpu = _bench.median(runs[client])
                rows.append(_row(client, size, cpu, _bench.median(runs[client], "peak_mib")))
            if size == SIZES[0]:
                _beside(folder, base, rows)
            _bench.show(
                f"{size} MiB: {releases:,} releases, {count:,} rows of award and supplier, the same in all", rows
            )
            peaks[size] = _bench.median(runs["ours"], "peak_mib")
            for peer, most in (("loop", MOST_OF_LOOP), ("normalize", MOST_OF_NORMALIZE)):
                middle, least, largest = _bench.ratio(runs["ours"], runs[peer])
                met = middle <= most
                missed += not met and size == 128
                print(
                    f"  CPU of ours / {peer}: {middle:.2f} ({least:.2f} to {largest:.2f}), at most {most}: {'met' if met else 'missed'}"
                )
        folder = base / "packages"
        shutil.rmtree(folder)
        packages(folder, LARGEST)
        largest_run = _timed("ours", folder, base / "ours")
        growth = largest_run.peak_mib / peaks[128]
        met = growth <= MOST_GROWTH
        missed += not met
        print(
            f"\n  peak memory {peaks[128]:.0f} MiB at 128 MiB, {largest_run.peak_mib:.0f} MiB at {LARGEST} MiB: {growth:.2f}x, at most {MOST_GROWTH}x: {'met' if met else 'missed'}"
        )
    return missed


if __name__ == "__main__":
    CLIENTS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
