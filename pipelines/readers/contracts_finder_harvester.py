"""Contracts Finder's daily file: a release a row, columns named by their place in a release package.

A column is a path such as releases/0/awards/0/suppliers/0/name, a cell is text; a row is folded back into the release
it was and read like any other. Rows whose ocid is none of OCDS are notes of the file and are passed over.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from pipelines.batch import Batch, Rejected
from pipelines.contracts import releases
from pipelines.readers import _rows
from pipelines.text import unpack

KIND = "contracts-finder-harvester"
TITLE = "Contracts Finder, one day"
PUBLISHER = "Cabinet Office"
LICENCE = "Open Government Licence v3.0"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
PRIMARY = "notices"
LINES = False
EXAMPLE = "cloudhold import contracts-finder-harvester 2026-11-20.csv"
ROOT = "releases/0/"
# Places in a list beyond this are a mistake of the file, not a hundred thousand suppliers.
MOST_ITEMS = 5_000


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Notices and awards of one day. A row with too few or too many cells goes to quarantine alone."""
    batch = Batch()
    try:
        text = unpack(body).decode("utf-8", "replace")  # single bytes that are no UTF-8 have been published
    except ValueError as error:
        batch.refuse(name, body, str(error))
        return batch
    if "\x00" in text:
        batch.refuse(name, body, "it is not text (it holds NUL bytes)")
        return batch
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        with _rows.long_cells():
            columns = [column.strip() for column in next(reader, [])]
            missing = [column for column in ("ocid", "id", "date") if ROOT + column not in columns]
            if missing:
                batch.refuse(name, body, f"it lacks the column {' and '.join(ROOT + column for column in missing)}")
                return batch
            paths = [_path(column) for column in columns]
            ocid_at = columns.index(ROOT + "ocid")
            found = []
            for cells in reader:
                if not cells:
                    continue
                if len(cells) < len(columns) and not _rows.has_end(text) and reader.line_num >= text.count("\n") + 1:
                    return Batch().refuse(name, body, _rows.CUT)
                if len(cells) != len(columns):
                    batch.read += 1
                    reason = f"has {len(cells)} cells where the head has {len(columns)}; the file may be cut"
                    batch.rejected.append(
                        Rejected(f"{name} line {reader.line_num}", repr(cells).encode()[:2000], reason)
                    )
                    continue
                if not cells[ocid_at].strip().startswith("ocds-"):
                    continue
                found.append(json.dumps(_folded(paths, cells), ensure_ascii=False).encode())
    except csv.Error as error:
        batch.refuse(name, body, f"line {reader.line_num} is not valid CSV ({error})")
        return batch
    return releases.read(found, source_id, batch)


def _path(column: str) -> tuple[str | int, ...] | None:
    """The place of a column inside its release; None for columns about the package."""
    if not column.startswith(ROOT):
        return None
    path = tuple(int(part) if part.isdigit() else part for part in column.removeprefix(ROOT).split("/"))
    return None if any(isinstance(part, int) and part > MOST_ITEMS for part in path) else path


def _folded(paths: list[tuple[str | int, ...] | None], cells: list[str]) -> Any:
    """A row as the release it was; empty cells say nothing."""
    release: dict[str | int, Any] = {}
    for path, cell in zip(paths, cells, strict=True):
        if path is None or not cell.strip():
            continue
        place = release
        for part in path[:-1]:
            following = place.setdefault(part, {})
            if not isinstance(following, dict):
                break
            place = following
        else:
            place[path[-1]] = cell
    return _listed(release)


def _listed(value: Any) -> Any:
    """Objects whose keys are all numbers become lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_listed(value[key]) for key in sorted(value)]
    return {str(key): _listed(item) for key, item in value.items()}
