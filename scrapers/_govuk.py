"""GOV.UK's publication and collection pages: which files they offer, which publications they list, whose they are.

The pages have changed their HTML several times, so nothing depends on a class being there: a file is a link whose path
ends as one, a publication is a link below /government/publications/. What classes and headings say is used only to name
a file and to tell one file in two formats from two files.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from scrapers._fetch import Fetched, Fetcher, SourceEnded
from scrapers._pages import soup

# Best first: what keeps text as it was typed, then what keeps types.
FORMATS = ("csv", "xlsx", "ods", "xls")
_FILE = re.compile(rf"\.({'|'.join(FORMATS)})$", re.IGNORECASE)
_ASIDE = ("header", "footer", "nav", "aside")
_RELATED = re.compile(r"related|sidebar|breadcrumb|feedback|cookie|share-links", re.IGNORECASE)
_CARD = re.compile(r"(?:^|-|_)attachment$|^attachment\b", re.IGNORECASE)
_DOCUMENT = re.compile(r"/government/(?:publications|statistical-data-sets|statistics)/[^/]+/?$")
_BODY = re.compile(r"/government/organisations/[a-z0-9-]+/?$")
_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_MONTH_YEAR = re.compile(rf"\b({'|'.join(_MONTHS)})[\s_.,/-]*(?:to[\s_-]*)?((?:19|20)\d\d)\b")
_YEAR_MONTH = re.compile(r"\b((?:19|20)\d\d)[\s_.-]?(0[1-9]|1[0-2])\b")
_PAGE_MARK = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_DAY = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?[\s_.,-]+({'|'.join(_MONTHS)})[\s_.,-]+((?:19|20)\d\d)\b")
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")


@dataclass(frozen=True, slots=True)
class File:
    """One file that a page offers: its address, what the page calls it, its format."""

    url: str
    title: str
    format: str

    @property
    def name(self) -> str:
        return unquote(urlsplit(self.url).path.rpartition("/")[2])

    @property
    def words(self) -> str:
        """Title and file name, with blanks between words."""
        return re.sub(r"[_+]+", " ", f"{self.title} {self.name}")


@dataclass(frozen=True, slots=True)
class Document:
    """One publication that a page lists."""

    url: str
    title: str


def is_page(body: bytes) -> bool:
    """Whether bytes are a web page, whatever they were announced as."""
    return bool(_PAGE_MARK.match(body[:4096].removeprefix(b"\xef\xbb\xbf")))


def unusable(body: bytes) -> str | None:
    """Why a body cannot be a table; None where it may be one."""
    if not body.strip():
        return "it is empty"
    return "it is a web page, no table" if is_page(body) else None


class Missing(SourceEnded):
    """The address leads nowhere (any more): that says nothing about the others."""


def ask(fetcher: Fetcher, url: str, accept: str = "*/*") -> Fetched:
    """The answer to an address; SourceEnded or FetchRefused, naming it, where there is none to use."""
    # A page for people: robots.txt decides. The files that it offers are there to be fetched.
    if accept == "text/html":
        fetcher.check_robots(url)
    fetched = fetcher.get(url, accept=accept)
    if fetched.status in (404, 410):
        raise Missing(f"{url[:200]} answered {fetched.status}; it may have moved, look at it in a browser")
    if fetched.status != 200:
        raise SourceEnded(f"{url[:200]} answered {fetched.status}; run again later")
    return fetched


def base_of(fetcher: Fetcher, url: str, fetched: Fetched) -> str:
    """What the links of a page are relative to: its real address, or the one that it has moved to."""
    return url if fetched.url == fetcher.address(url) else fetched.url


def newest(found: Sequence[File]) -> File:
    """The file whose words name the latest day or month; the first of several, or where none names one."""

    def end(file: File) -> dt.date:
        named = period(file.words)
        return day(file.words) or (named[1] if named else dt.date.min)

    return max(found, key=end)


def latest(fetcher: Fetcher, page: str, wanted: Callable[[str], bool], what: str) -> tuple[Fetched, File]:
    """The newest file of a page, or of the newest publication it lists, whose words are `wanted`.

    SourceEnded, naming the page and `what` was looked for, where it offers none.
    """
    url = page
    for _ in range(2):
        fetched = ask(fetcher, url, "text/html")
        base = base_of(fetcher, url, fetched)
        offered = [file for file in files(fetched.body, base) if wanted(file.words)]
        if offered:
            file = newest(offered)
            return ask(fetcher, file.url), file
        listed = [
            File(one.url, one.title, "") for one in documents(fetched.body, base) if wanted(f"{one.title} {one.url}")
        ]
        if not listed:
            break
        url = newest(listed).url
    raise SourceEnded(f"{url[:200]} names no {what}; its shape may have changed", fetched)


def is_file(url: str) -> bool:
    """Whether an address is that of a table, not of a page that shows one."""
    path = urlsplit(url).path
    return bool(_FILE.search(path)) and "/csv-preview/" not in path


def content(body: bytes) -> BeautifulSoup | Tag:
    """What a page itself says: its main part, without navigation and what it points to beside."""
    tree = soup(body)
    main = tree.find("main") or tree.find(id="content") or tree
    assert isinstance(main, Tag)
    for tag in main.find_all(_ASIDE):
        tag.extract()
    for tag in main.find_all(class_=_RELATED):
        tag.extract()
    return main


def files(body: bytes, base: str) -> list[File]:
    """Every file of a page in its order, each once; of one file in several formats the first of FORMATS."""
    found: dict[str, File] = {}
    for link in content(body).find_all("a", href=True):
        url = _address(link, base)
        if url is None or not is_file(url):
            continue
        match = _FILE.search(urlsplit(url).path)
        title = _title(link)
        known = found.get(url)
        if known is None:
            found[url] = File(url, title, match[1].lower() if match else "")
        elif len(title) > len(known.title):  # a picture links to the file too, without a word
            found[url] = replace(known, title=title)
    return _one_format(list(found.values()))


def _one_format(found: list[File]) -> list[File]:
    """Two files are one in two formats where their names agree, or titles that name a month or year."""
    kept: list[File] = []
    places: dict[str, int] = {}
    for file in found:
        named = period(file.title)
        keys = [f"name {_stem(file.name)}", *([f"title {_stem(file.title)}"] if named else [])]
        place = next((places[key] for key in keys if key in places), None)
        if place is None or kept[place].format == file.format or period(kept[place].title) != named:
            place = len(kept)
            kept.append(file)
        elif FORMATS.index(file.format) < FORMATS.index(kept[place].format):
            kept[place] = file
        for key in keys:
            places.setdefault(key, place)
    return kept


def _stem(text: str) -> str:
    """A name without its format: the same for one file saved as several."""
    text = re.sub(rf"\.?\b({'|'.join(FORMATS)}|excel|opendocument)\b", " ", text.lower().replace("_", " "))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text).split())


def documents(body: bytes, base: str) -> list[Document]:
    """Every publication that a page lists, in its order, each once."""
    found: dict[str, Document] = {}
    for link in content(body).find_all("a", href=True):
        url = _address(link, base)
        if url is not None and _DOCUMENT.search(urlsplit(url).path):
            url = url.partition("#")[0].partition("?")[0]
            found.setdefault(url, Document(url, _text(link)))
    found.pop(base.partition("#")[0].partition("?")[0], None)
    return list(found.values())


def publisher(body: bytes) -> str | None:
    """The name of the body that published a page; None where it names none, or several."""
    named = {
        " ".join(_text(link).split())
        for link in content(body).find_all("a", href=_BODY)
        if link.find_parent(["dl", "dd"]) or link.find_parent(class_=re.compile(r"metadata|from", re.IGNORECASE))
    }
    named.discard("")
    return next(iter(named)) if len(named) == 1 else None


def day(text: str) -> dt.date | None:
    """The last day that a text names in words (31 March 2026); None where it names none."""
    found = []
    for number, month, year in _DAY.findall(text.lower()):
        try:
            found.append(dt.date(int(year), _MONTHS[month], int(number)))
        except ValueError:
            continue
    return max(found, default=None)


def period(text: str) -> tuple[dt.date, dt.date] | None:
    """The first and last day of the months, else of the years, that a text names; None where it names none."""
    low = re.sub(r"[_+]+", " ", text.lower())
    months = [(int(year), _MONTHS[name]) for name, year in _MONTH_YEAR.findall(low)]
    months += [(int(year), int(number)) for year, number in _YEAR_MONTH.findall(low)]
    if months:
        first, last = min(months), max(months)
        named = [_MONTHS[word] for word in re.findall(r"[a-z]+", low) if word in _MONTHS]
        if len(months) == 1 and len(named) == 2 and named[0] < named[1]:  # January to March 2026
            first = (first[0], named[0])
        return dt.date(*first, 1), dt.date(*last, calendar.monthrange(*last)[1])
    years = [int(year) for year in _YEAR.findall(low)]
    if years:
        last_year = max(years) + (1 if re.search(rf"{max(years)}\s?(?:-|to|/)\s?\d\d\b", low) else 0)
        return dt.date(min(years), 1, 1), dt.date(last_year, 12, 31)
    return None


def _address(link: Tag, base: str) -> str | None:
    try:
        url = urljoin(base, str(link["href"]).strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def _text(tag: Tag) -> str:
    return " ".join(tag.get_text(" ", strip=True).split())


def _title(link: Tag) -> str:
    """What a page calls a file: the heading of its card where it stands in one, else the words of the link."""
    card = link.find_parent(class_=_CARD)
    if isinstance(card, Tag):
        heading = card.find(["h2", "h3", "h4"]) or card.find(class_=re.compile(r"title", re.IGNORECASE))
        if isinstance(heading, Tag) and _text(heading):
            return _text(heading)
    return _text(link)
