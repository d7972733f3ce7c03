"""Links of pages that have no API, read with BeautifulSoup on lxml: html.parser is quadratic on hostile pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup

# A page that lists files is small; anything larger is not read as a page.
MAX_PAGE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its whole address and the words that people click."""

    url: str
    text: str


def soup(body: bytes) -> BeautifulSoup:
    """The page as a tree; the first 4 MiB of it."""
    return BeautifulSoup(body[:MAX_PAGE], "lxml")


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
