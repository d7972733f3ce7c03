"""The files: every table of an edition under an address that never changes, and the newest under one that always works.

Each file is written once per edition, as `cloudhold export` writes it, packed once, and then served from disk.
"""

from __future__ import annotations

import functools
import gzip
import json
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.site._pages import respond
from app.site._state import State
from app.stores import shown_edition
from pipelines import export, schema
from pipelines.durable import sha256_file
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.forms import PER_TABLE, Facts

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Parquet and the workbook are packed already.
_PACKABLE = (".csv", ".json")
_EDITIONS = 4
_LOCK = threading.Lock()


class Folder:
    """The files of one edition. They go when neither the newest editions nor an answer on its way holds this."""

    def __init__(self) -> None:
        self._held = tempfile.TemporaryDirectory(prefix="cloudhold-files-")
        self._lock = threading.Lock()
        self.place = Path(self._held.name)
        self.facts: dict[str, Facts] = {}
        self.hashes: dict[str, str] = {}

    def fill(self, edition: Edition) -> None:
        """Write the files where that is still to do. Others who ask for this edition wait, nobody else does."""
        with self._lock:
            if not self.hashes:
                self.facts = {f["path"]: f for f in export.write(edition, (), self.place, tuple(PER_TABLE))}
                self.hashes = {
                    path.name: self.facts[path.name]["sha256"] if path.name in self.facts else sha256_file(path)
                    for path in sorted(self.place.iterdir())
                }

    def fill_workbook(self, edition: Edition) -> None:
        """Write the workbook when somebody asks for it: of a large edition it takes minutes, and few read it there."""
        with self._lock:
            if export.WORKBOOK not in self.hashes:
                [facts] = export.write(edition, (), self.place / "workbook", ("xlsx",))
                (self.place / "workbook" / export.WORKBOOK).replace(self.place / export.WORKBOOK)
                self.facts[export.WORKBOOK] = facts
                self.hashes[export.WORKBOOK] = facts["sha256"]

    def packed(self, name: str) -> Path:
        """A file with gzip, which every program unpacks; made once."""
        path = self.place / f".{name}.gz"
        with self._lock:
            if not path.exists():
                partly = path.with_suffix(".tmp")
                with (self.place / name).open("rb") as source, gzip.GzipFile(partly, "wb", 6, mtime=0) as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                partly.replace(path)
        return path


@functools.lru_cache(maxsize=_EDITIONS)
def _folder(edition_id: str) -> Folder:
    return Folder()


def prepared(edition: Edition) -> Folder:
    """The folder of an edition with its files. Refused for an edition with private records."""
    if edition.private:
        raise Refused("this edition holds a body's private records; its files are not served")
    with _LOCK:
        folder = _folder(edition.id)
    folder.fill(edition)
    return folder


class _Sent(FileResponse):
    """A file on its way: its folder stays until the last byte has gone, whatever newer editions push out meanwhile."""

    def __init__(self, folder: Folder, path: Path, **more: Any) -> None:
        super().__init__(path, **more)
        self.folder = folder


def file(request: Request) -> Response:
    """One file. The newest edition's is asked for anew each time; a numbered edition's never changes."""
    wanted = request.path_params["edition"]
    edition = shown_edition(None if wanted == "latest" else wanted)
    name = request.path_params["file"]
    folder = prepared(edition)
    if name == export.WORKBOOK:
        folder.fill_workbook(edition)
    if name not in folder.hashes:
        raise UnknownName("file", name, folder.hashes)
    packed = name.endswith(_PACKABLE) and "gzip" in request.headers.get("accept-encoding", "")
    # The fingerprint is the tag too: the same file has the same one after a restart.
    tag = f'"{folder.hashes[name]}{"-gzip" if packed else ""}"'
    headers = {
        "cache-control": "no-cache" if wanted == "latest" else "public, max-age=31536000, immutable",
        "x-cloudhold-edition": edition.id,
        "x-sha256": folder.hashes[name],
        "etag": tag,
        "vary": "accept-encoding",
    }
    if name in folder.facts:
        headers["x-row-count"] = str(folder.facts[name]["rows"])
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = f'inline; filename="{name}"'
    if packed:
        headers["content-encoding"] = "gzip"
    path = folder.packed(name) if packed else folder.place / name
    return _Sent(folder, path, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


def _shown(request: Request) -> tuple[State, str]:
    """The state of a page about an edition's files, and the folder that its links lead to."""
    state = State(request)
    wanted = request.path_params.get("edition", "latest")
    if wanted not in ("latest", state.edition.id):
        state.edition = shown_edition(wanted)
    return state, f"/data/{wanted}"


def index(request: Request) -> Response:
    """The tables with rows and files."""
    state, address = _shown(request)
    folder = prepared(state.edition)
    title = json.loads((folder.place / export.PACKAGE).read_bytes())["title"]
    tables = [{"name": name, "csv": folder.facts[f"{name}.csv"]} for name in schema.EDITION_TABLES]
    return respond(
        state,
        "data.html",
        "Data: every table as a file",
        f"{title}: {len(tables)} tables with dictionary, licence, row counts and fingerprints.",
        tables=tables,
        folder=address,
        fixed=f"/data/{state.edition.id}",
        explorer=state.explorer(""),
    )


def dictionary(request: Request) -> Response:
    """Every column of every table, and every codelist."""
    state, address = _shown(request)
    return respond(
        state,
        "dictionary.html",
        "Dictionary: what every column says",
        "Type, unit, meaning, missing value and codelist of every column of every table.",
        tables=[schema.table(name) for name in schema.EDITION_TABLES],
        codelists=schema.CODELISTS,
        folder=address,
        explorer=state.explorer(""),
    )


ROUTES = [
    Route("/data/", index),
    Route("/data/{edition}/", index),
    Route("/data/{edition}/dictionary", dictionary),
    Route("/data/{edition}/{file}", file),
]
