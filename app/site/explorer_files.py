"""The explorer's shell and script files, compressed once and kept.

Streamlit serves its files as they are, 7.5 MB for a page with a chart, because compressing them anew for each
request would cost more than it saves. A copy that is compressed once has no such cost.
"""

from __future__ import annotations

import functools
import logging
import mimetypes
import os
import threading
from pathlib import Path

import platformdirs
import streamlit
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.site._coding import coding_of, compressed
from pipelines import __version__

log = logging.getLogger("cloudhold")

FILES = Path(streamlit.__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
# What is compressed already gains nothing.
PACKED = {".woff2", ".png", ".jpg", ".gif", ".ico", ".woff"}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm"}
_DESCRIPTION = (
    "Filter, compare and simulate which clouds UK public services depend on, on what evidence, under which contracts."
)
# Streamlit takes the ring from a link in focus, and leaves a ground that nobody can tell from the page's; and it sets its
# links a little to the right of the words around them.
_STYLE = """<style>
a[data-testid="stPageLink-NavLink"] { position: relative; left: -0.5rem }
a[data-testid="stPageLink-NavLink"]:focus-visible { outline: 2px solid currentColor }
</style>"""
_SCRIPT = f'<script src="/assets/explorer.js?{__version__}" defer></script>'


@functools.cache
def _kept() -> Path | None:
    """The folder of compressed copies for this version of Streamlit; None where none can be written."""
    place = Path(platformdirs.user_cache_dir("cloudhold")) / f"streamlit-{streamlit.__version__}"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return place if os.access(place, os.W_OK) else None


@functools.lru_cache(maxsize=1024)
def packed(name: str, coding: str) -> bytes | None:
    """A file of the explorer in one coding, from the copy if there is one; None for a name that is no file."""
    place = (FILES / name).resolve()
    if not place.is_relative_to(FILES.resolve()) or not place.is_file():
        return None
    if not coding or place.suffix in PACKED:
        return place.read_bytes()
    folder = _kept()
    copy = folder / f"{name.replace('/', '~')}.{coding}" if folder else None
    if copy is not None and copy.is_file():
        return copy.read_bytes()
    body = compressed(place.read_bytes(), coding)
    if copy is not None:
        temporary = copy.with_name(f"{copy.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            temporary.write_bytes(body)
            temporary.replace(copy)
        except OSError as error:
            log.warning("no compressed copy of %s kept: %s", name, error)
    return body


def make_copies() -> None:
    """Compress every file that has no copy yet."""
    for place in sorted(FILES.rglob("*")):
        if place.is_file() and place.suffix not in PACKED:
            packed(place.relative_to(FILES).as_posix(), "br")


def file(request: Request) -> Response:
    """One hashed file of the bundle: its name changes with its content, so it may be kept for ever."""
    name = f"static/{request.path_params['path']}"
    coding = coding_of(request)
    body = packed(name, coding)
    if body is None:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    suffix = Path(name).suffix
    headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
    if coding and suffix not in PACKED:
        headers["content-encoding"] = coding
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(body, media_type=kind, headers=headers)


@functools.cache
def shell() -> bytes:
    """The explorer's page before its script runs: our language, title and description, and a way on without script."""
    text = (FILES / "index.html").read_text(encoding="utf-8")
    head, _, rest = text.partition("<noscript>")
    body = rest.partition("</noscript>")[2]
    for old, new in (
        ('<html lang="en">', '<html lang="en-GB">'),
        (
            "<title>Streamlit</title>",
            f'<title>Explorer - cloudhold</title><meta name="description" content="{_DESCRIPTION}" />{_STYLE}{_SCRIPT}',
        ),
    ):
        head = head.replace(old, new)
    words = '<noscript><p>The explorer needs script. <a href="/">The pages do not</a>: they hold the same numbers.</p></noscript>'
    return f"{head}{words}{body}".encode()


def page(request: Request) -> Response:
    """The shell, for every page of the explorer."""
    coding = coding_of(request)
    headers = {"cache-control": "no-cache", "vary": "accept-encoding"}
    body = shell()
    if coding:
        body = _shell_packed(coding)
        headers["content-encoding"] = coding
    return Response(body, media_type="text/html", headers=headers)


@functools.lru_cache(maxsize=4)
def _shell_packed(coding: str) -> bytes:
    return compressed(shell(), coding)


def home(request: Request) -> Response:
    """The shell's files have relative addresses, so the explorer's first page ends in a slash."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/explore/{query}", 307)


def closed(request: Request) -> Response:
    """What Streamlit would tell anybody: numbers of sessions, and an interface for programs that is switched off."""
    return Response("This address is closed.\n", 404, media_type="text/plain")


ROUTES = [
    Route("/explore", home),
    Route("/explore/static/{path:path}", file),
    Route("/explore/_stcore/metrics", closed),
    Route("/explore/_stcore/agent/{path:path}", closed, methods=["GET", "POST", "DELETE", "OPTIONS"]),
    Route("/explore/", page),
    Route("/explore/{page:str}", page),
]
