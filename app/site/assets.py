"""Style sheet, script, icon, and the addresses that robots and monitors ask for."""

from __future__ import annotations

import functools
import importlib.resources
import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.stores import shown_edition

_TYPES = {
    "site.css": "text/css",
    "site.js": "text/javascript",
    "explorer.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@functools.cache
def _body(name: str) -> bytes:
    return importlib.resources.files("app.site").joinpath("assets", name).read_bytes()


def asset(request: Request) -> Response:
    """One of our own files; its address carries the version, so it may be kept."""
    name = request.path_params["name"]
    if name not in _TYPES:
        return PlainTextResponse("There is no such file.\n", 404)
    return Response(_body(name), media_type=_TYPES[name], headers={"cache-control": "public, max-age=86400"})


def health(request: Request) -> Response:
    """Whether an edition can be shown, and which: a monitor reads the body, not only the status."""
    edition = shown_edition()
    body = {"ok": True, "edition": edition.id, "content_hash": edition.content_hash, "as_of": edition.as_of.isoformat()}
    return Response(json.dumps(body), media_type="application/json", headers={"cache-control": "no-store"})


def robots(request: Request) -> Response:
    base = str(request.base_url).rstrip("/")
    return PlainTextResponse(f"User-agent: *\nDisallow: /explore/\nDisallow: /search\nSitemap: {base}/sitemap.xml\n")


ROUTES = [Route("/assets/{name}", asset), Route("/healthz", health), Route("/robots.txt", robots)]
