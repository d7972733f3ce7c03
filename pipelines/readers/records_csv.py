"""DNS records and response headers as CSV: columns host (or name), type and value; others ignored.

Optional columns that are used: seen_at, seen_on or date (the day it was seen), env (the environment of the
zone file). Types are record types (A, CNAME, MX, TXT, ...), `header:<name>` or `cookie:<name>`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines import schema
from pipelines.attribution import names, observe
from pipelines.batch import Batch
from pipelines.contracts.releases import unpack
from pipelines.records import Observation

KIND = "records-csv"
TITLE = "DNS records and headers from a file"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "observations"
LINES = False
EXAMPLE = "cloudhold import records-csv zones.csv"

DATE_COLUMNS = ("seen_on", "seen_at", "observed_at", "date")
MAX_VALUE = 10_000


def rows(name: str, body: bytes, batch: Batch) -> Iterator[dict[str, str]]:
    """Rows of the CSV, checked; a body that is none, or lacks the columns, is refused as a whole."""
    try:
        text = unpack(body).decode()
    except ValueError as error:
        batch.refuse(name, body, f"it is not UTF-8 text ({error})" if "utf-8" in str(error) else str(error))
        return
    if not text.strip():
        batch.refuse(name, body, "it is empty")
        return
    if "\x00" in text:
        batch.refuse(name, body, "it is not text (it holds NUL bytes)")
        return
    reader = csv.DictReader(io.StringIO(text, newline=""))
    fields = [field.strip().lower() for field in reader.fieldnames or []]
    missing = [column for column in ("type", "value") if column not in fields]
    if "host" not in fields and "name" not in fields:
        missing.insert(0, "host (or name)")
    if missing:
        batch.refuse(name, body, f"it lacks the column {' and '.join(missing)}")
        return
    reader.fieldnames = fields
    host_column = "host" if "host" in fields else "name"
    try:
        for row in reader:
            batch.read += 1
            host = names.host(row.get(host_column) or "")
            kind = row.get("type") or ""
            value = row.get("value")
            if not host or not kind.strip() or value is None or len(value) > 10 * MAX_VALUE:
                if host or kind.strip():
                    _reject(name, reader.line_num, row, "has no host, type or value, or a value too long", batch)
                continue
            yield {**row, "host": host, "type": observe.kind(kind)}
    except csv.Error as error:
        batch.refuse(name, body, f"line {reader.line_num} is not valid CSV ({error})")


def _reject(name: str, line: int, row: Mapping[str, Any], reason: str, batch: Batch) -> None:
    from pipelines.batch import Rejected

    batch.rejected.append(Rejected(f"{name} line {line}", repr(row).encode()[:2000], reason))


def day(row: Mapping[str, str]) -> dt.date | None:
    """The day on which the row says it was seen; None where it says none."""
    for column in DATE_COLUMNS:
        text = (row.get(column) or "")[:10]
        if text:
            try:
                return dt.date.fromisoformat(text)
            except ValueError:
                return None
    return None


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Observations of one body."""
    batch = Batch()
    found: dict[str, Observation] = {}
    for row in rows(name, body, batch):
        value = observe.value(row["type"], row["value"])
        observation = Observation(
            observation_id=observe.observation_id(row["host"], row["type"], value, "published"),
            subject=row["host"],
            kind=row["type"],
            value=value,
            outcome="published",
            seen_on=day(row) or options.get("seen_on"),
            vantage=None,
            environment=names.environment(row["host"], row.get("env")),
            observed_at=None,
            source_id=source_id,
            private=bool(options.get("private", False)),
        )
        known = found.get(observation.observation_id)
        if known is None or (observation.seen_on or dt.date.min) > (known.seen_on or dt.date.min):
            found[observation.observation_id] = observation
    if batch.whole:
        batch.tables["observations"] = schema.to_arrow("observations", found.values())
    return batch
