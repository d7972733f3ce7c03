"""OCDS release packages, record packages and JSON lines, plain or gzipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    return read_all([(name, body, source_id)], options)[0]


def read_all(bodies: Sequence[tuple[str, bytes, str]], options: Mapping[str, Any]) -> list[Batch]:
    """Notices and awards of several bodies (name, body, source_id), a batch for each."""
    batches = [Batch() for _ in bodies]
    usable = []
    for (name, body, source_id), batch in zip(bodies, batches, strict=True):
        found = packages.releases_of(name, body, batch)
        if batch.whole:
            usable.append(releases.Body(found, source_id, batch))
    releases.read_all(usable)
    return batches
