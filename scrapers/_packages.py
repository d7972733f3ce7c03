"""One page of release packages: asked for, looked at, never read further than it takes to go on.

One that is no package ends the walk: its body is kept apart with the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from scrapers._fetch import Fetched, Fetcher, FetchRefused, SourceEnded
from scrapers._json import BadJSON, strict_json

# Whoever answers so will not answer otherwise in a minute.
_REFUSING = frozenset({401, 410})
_NEXT = re.compile(rb'"links"\s*:\s*\{[^{}]*"next"\s*:\s*"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Package:
    """A page with how many releases it holds, the address of the next one, and a mark of its releases. `refused` says
    why it must not be read although it names the next one."""

    fetched: Fetched
    count: int
    following: str | None
    mark: str
    refused: str | None = None


def package(fetcher: Fetcher, url: str, name: str) -> Package:
    """The page at an address. SourceEnded or FetchRefused, naming the page, where there is none to use."""
    fetched = fetcher.get(url)
    if fetched.status in _REFUSING:
        raise FetchRefused(f"{name} answered {fetched.status}; ask its publisher whether it is still open")
    if fetched.status != 200:
        raise SourceEnded(f"{name} answered {fetched.status}; run again later")
    return look(fetched, name)


def look(fetched: Fetched, name: str) -> Package:
    """What a page holds; SourceEnded with the body where it is no package.

    Portals publish numbers that JSON does not allow, and bytes that are not UTF-8; such a body is mended or set apart
    where it is read, and only looked at here.
    """
    try:
        body: Any = strict_json(fetched.body)
    except BadJSON as error:
        if b'"releases"' not in fetched.body or not fetched.body.rstrip().endswith(b"}"):
            said = (
                "a web page stands in its place" if fetched.body.lstrip()[:1] == b"<" else f"it cannot be read: {error}"
            )
            raise SourceEnded(f"{name} is no release package, {said}; run again later", fetched) from error
        found = _NEXT.search(fetched.body)
        following = (
            found.group(1).decode("utf-8", "replace").replace("\\/", "/").replace("\\u0026", "&") if found else None
        )
        refused = str(error) if error.twice else None
        return Package(fetched, fetched.body.count(b'"ocid"'), following or None, _mark(fetched.body), refused)
    if not isinstance(body, dict) or not isinstance(body.get("releases"), list):
        raise SourceEnded(f"{name} is not a release package; its shape may have changed", fetched)
    links = body.get("links")
    following = links.get("next") if isinstance(links, dict) else None
    releases = json.dumps(body["releases"], sort_keys=True).encode()
    return Package(fetched, len(body["releases"]), str(following) if following else None, _mark(releases))


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
