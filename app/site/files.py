"""The files: every table of an edition under an address that never changes, and the newest under one that always works.

Each file is written once per edition, as `cloudhold export` writes it, and then served from disk.
"""

from __future__ import annotations

import functools
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.site._pages import State, respond
from app.stores import shown_edition
from pipelines import export, schema
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName

_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet", "json": "application/json"}
_LOCK = threading.Lock()


@functools.lru_cache(maxsize=4)
def _folder(edition: Edition) -> tuple[Path, tempfile.TemporaryDirectory[str], dict[str, dict[str, Any]]]:
    """Where the files of an edition lie, what keeps the folder alive, and the facts of each data file."""
    held = tempfile.TemporaryDirectory(prefix="cloudhold-files-")
    place = Path(held.name)
    facts = {}
    # Both forms write a package; the one that stays names the CSV files, which are the ones to cite.
    for form in ("parquet", "csv"):
        facts.update({item["path"]: item for item in export.write(edition, (), place, form)})
    return place, held, facts


def prepared(edition: Edition) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The folder of an edition's files and the facts of each. Refused for an edition with private records."""
    if edition.private:
        raise Refused("this edition holds a body's private records; its files are not served")
    with _LOCK:
        place, _, facts = _folder(edition)
    return place, facts


def file(request: Request) -> Response:
    """One file. The newest edition's is asked for anew each time; a numbered edition's never changes."""
    wanted = request.path_params["edition"]
    edition = shown_edition(None if wanted == "latest" else wanted)
    name = request.path_params["file"]
    place, facts = prepared(edition)
    known = sorted(entry.name for entry in place.iterdir())
    if name not in known:
        raise UnknownName("file", name, known)
    headers = {
        "cache-control": "no-cache" if wanted == "latest" else "public, max-age=31536000, immutable",
        "x-cloudhold-edition": edition.id,
        "content-disposition": f'inline; filename="{name}"',
    }
    if name in facts:
        # The fingerprint is the tag too: the same file has the same one after a restart.
        headers |= {
            "x-row-count": str(facts[name]["rows"]),
            "x-sha256": facts[name]["sha256"],
            "etag": f'"{facts[name]["sha256"]}"',
        }
    return FileResponse(place / name, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


def index(request: Request) -> Response:
    """The tables with rows, files and dictionary."""
    state = State(request)
    wanted = request.path_params.get("edition", "latest")
    if wanted not in ("latest", state.edition.id):
        state.edition = shown_edition(wanted)
    place, facts = prepared(state.edition)
    title = json.loads((place / "datapackage.json").read_bytes()).get("title", "Data")
    tables = [
        {
            "name": name,
            "meaning": schema.table(name).meaning,
            "csv": facts[f"{name}.csv"],
            "parquet": facts[f"{name}.parquet"],
            "columns": schema.table(name).columns,
        }
        for name in schema.EDITION_TABLES
    ]
    return respond(
        state,
        "data.html",
        "Data: every table as a file",
        f"{title}: {len(tables)} tables with dictionary, licence, row counts and fingerprints.",
        tables=tables,
        codelists=schema.CODELISTS,
        folder=f"/data/{wanted}",
        fixed=f"/data/{state.edition.id}",
        explorer=state.explorer(""),
    )


ROUTES = [
    Route("/data/", index),
    Route("/data/{edition}/", index),
    Route("/data/{edition}/{file}", file),
]
