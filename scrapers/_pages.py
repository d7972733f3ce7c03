"""Links of pages that have no API, read with BeautifulSoup on lxml: html.parser is quadratic on hostile pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup

# A page that lists files is small and flat; what is larger, or nested deeper, is not read as a page.
MAX_PAGE = 4 * 1024 * 1024
MAX_DEPTH = 400
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Elements that need no end: they cannot nest in themselves.
_UNENDED = frozenset(
    b"area base br col dd dt embed hr img input li link meta option p param source tbody td tfoot th thead tr track wbr".split()
)


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its whole address and the words that people click."""

    url: str
    text: str


def soup(body: bytes) -> BeautifulSoup:
    """The page as a tree; the first 4 MiB of it, up to where it nests deeper than any page that people wrote."""
    return BeautifulSoup(_flat(body[:MAX_PAGE]), "lxml")


def _flat(body: bytes) -> bytes:
    depth = 0
    for tag in _TAG.finditer(body):
        if tag[2].lower() not in _UNENDED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > MAX_DEPTH:
                return body[: tag.start()]
    return body


def links(body: bytes, base: str) -> list[Link]:
    """Every link with an http or https address, in the page's order, each address once."""
    found: dict[str, Link] = {}
    for tag in soup(body).find_all("a", href=True):
        url = urljoin(base, str(tag["href"]).strip())
        if urlsplit(url).scheme in ("http", "https"):
            found.setdefault(url, Link(url, " ".join(tag.get_text(" ", strip=True).split())))
    return list(found.values())


def title(body: bytes) -> str | None:
    """The page's own heading, else its title."""
    tree = soup(body)
    for name in ("h1", "title"):
        tag = tree.find(name)
        if tag is not None:
            text = " ".join(tag.get_text(" ", strip=True).split())
            if text:
                return text
    return None
