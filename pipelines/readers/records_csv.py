"""DNS records and response headers as CSV: columns host (or name), type and value; others ignored.

Optional columns that are used: seen_at, seen_on or date (the day it was seen), env (the environment of the
zone file). Types are record types (A, CNAME, MX, TXT, ...), `header:<name>` or `cookie:<name>`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pipelines import schema
from pipelines.attribution import names, observe
from pipelines.batch import Batch
from pipelines.readers import _record_rows
from pipelines.records import Observation

KIND = "records-csv"
TITLE = "DNS records and headers from a file"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "observations"
LINES = False
EXAMPLE = "cloudhold import records-csv zones.csv"


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Observations of one body."""
    batch = Batch()
    found: dict[str, Observation] = {}
    for row in _record_rows.rows(name, body, batch):
        value = observe.value(row.kind, row.value)
        observation = Observation(
            observation_id=observe.observation_id(row.host, row.kind, value, "published"),
            subject=row.host,
            kind=row.kind,
            value=value,
            outcome="published",
            seen_on=row.day or options.get("seen_on"),
            vantage=None,
            environment=names.environment(row.host, row.environment),
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
