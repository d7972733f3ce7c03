"""What a reader gets where something fails: a sentence, and a way on where there is one."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from app.site._pages import ENVIRONMENT
from app.site._state import LONGEST_VALUE
from app.site._tables import records
from app.site.search import place
from app.stores import ask, shown_edition
from app.words import sentence
from pipelines.errors import CloudholdError, Refused, UnknownName

log = logging.getLogger("cloudhold")


def nearest(path: str) -> list[tuple[str, str]]:
    """(address, name) of what the reader of a wrong address may have meant."""
    words = path.rstrip("/").rpartition("/")[2].replace("-", " ")
    try:
        found = ask(shown_edition(), "search", q=words[:LONGEST_VALUE]).frames["results"].head(5)
    except CloudholdError:
        return []
    out = []
    for row in records(found):
        path, keys = place(row)
        out.append((f"{quote(path)}?{urlencode(keys)}" if keys else quote(path), str(row["name"])))
    return out


_FILES = ("/api/", "/data/", "/feed/", "/chart/", "/assets/")


def _fail(
    request: Request,
    status: int,
    title: str,
    words: Sequence[str],
    nearest: Sequence[tuple[str, str]] = (),
    again: str = "",
) -> Response:
    """A page for what failed, or one line where a program asked."""
    if request.url.path.startswith(_FILES):
        return PlainTextResponse(" ".join(words) + "\n", status)
    text = ENVIRONMENT.get_template("failed.html").render(
        title=title, words=words, nearest=nearest, again=again, description=title, path="", base="", canonical="", pinned=None, q="",
        state=None, url=lambda path, **_: path, edition=None, age="", explorer="/explore/", today=dt.date.today(), answer=None, stale=None,
    )  # fmt: skip
    return HTMLResponse(text, status, headers={"cache-control": "no-store", "content-language": "en-GB"})


def not_found(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/explore/"):
        return PlainTextResponse("There is nothing here.\n", 404)
    return _fail(
        request, 404, "There is no such page", ["The address is not one of ours. Search, or start at the first page."]
    )


def unknown_name(request: Request, error: Exception) -> Response:
    """A name that the edition does not hold: say so, and offer the nearest."""
    found = nearest(request.url.path)
    # The links below say what may be meant: the ids that the sentence offers are for those who type.
    words = str(error).partition(";")[0] if found else str(error)
    return _fail(request, 404, "We do not hold that", [sentence(words)], found)


def refused(request: Request, error: Exception) -> Response:
    return _fail(request, 400, "That cannot be answered", [sentence(str(error))], again=request.url.path)


def failed(request: Request, error: Exception) -> Response:
    """Our fault: a sentence with an id that the log holds too."""
    incident = secrets.token_hex(4)
    log.error("%s failed, id %s", request.url.path, incident, exc_info=error)
    return _fail(
        request,
        500,
        "This page could not be made",
        [f"The fault is ours and nothing is lost. If it happens again, report id {incident}."],
    )


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return not_found(request, error)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=dict(error.headers or {}))


HANDLERS: Mapping[Any, Any] = {
    HTTPException: _http,
    UnknownName: unknown_name,
    Refused: refused,
    CloudholdError: failed,
}
