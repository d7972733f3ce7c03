"""OCDS release packages, record packages and JSON lines, plain or gzipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.batch import Batch
from pipelines.contracts import packages, releases

KIND = "ocds"
TITLE = "OCDS notices"
PUBLISHER = "UK procurement portals"
LICENCE = "Open Government Licence v3.0"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
PRIMARY = "notices"
LINES = True
EXAMPLE = "cloudhold import ocds notices-2026.jsonl.gz"


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Notices and awards of one body."""
    batch = Batch()
    found = packages.releases_of(name, body, batch)
    if not batch.whole:
        return batch
    return releases.read(found, source_id, batch)
