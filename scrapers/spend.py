"""What departments published of their payments: the monthly files that their GOV.UK pages list.

There is no interface: each body has a collection page that lists publications, or a publication page a year, and each
publication offers files. Pages are walked in their own order, which is newest first. A file is read once: GOV.UK gives
a replaced file a new address. A page on which a file could not be had is walked again by the next run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import Refused
from scrapers import _govuk
from scrapers._fetch import Fetched, Fetcher, FetchRefused, Limits, RunOver, SourceEnded
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="spend",
    title="Payments over £25,000 that departments publish",
    publisher="each department",
    licence="Open Government Licence v3.0",
    home="https://www.gov.uk/search/transparency-and-freedom-of-information-releases",
    reader="spend-csv",
    cadence_days=30,
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    caveats=(
        "only the departments whose pages were walked, and only what each chose to publish",
        "whether VAT is in an amount differs from file to file and is often not said",
    ),
    limits=Limits(least_seconds=1.0, bare_429_wait=60.0),
    takes="addresses of pages or files, or files on this machine",
    everything=False,  # a file is read once: a later run reads only what came after
)
# Each department's own page; it is told in the reason of a run when one has moved.
PAGES: tuple[str, ...] = (
    "https://www.gov.uk/government/collections/spending-over-25-000",  # HM Revenue & Customs
    "https://www.gov.uk/government/publications/home-office-spending-over-25000-2026",
    "https://www.gov.uk/government/publications/home-office-spending-over-25000-2025",
    "https://www.gov.uk/government/collections/cabinet-office-spend-data",
    "https://www.gov.uk/government/collections/dfe-department-and-executive-agency-spend-over-25-000",
    "https://www.gov.uk/government/collections/dft-departmental-spending-over-25000",
    "https://www.gov.uk/government/collections/dbt-departmental-spending-over-25000",
    "https://www.gov.uk/government/collections/mhclg-departmental-spending-over-250",
)
# A server that fails this often in a row is down, and asking on would only add to its trouble.
MOST_FAILURES = 3
_SPEND = re.compile(
    r"spen[dt]|expend|payment|transaction|25[,.]?000|25k|\b500\b|procurement card|\bgpc\b|invoice", re.I
)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Every file of the pages asked for that has not been read; `run.lacks` names what could not be had."""
    wanted = _wanted(run.arguments)
    walk = _Walk(fetcher, run)
    for number, word in enumerate(wanted):
        run.progress(number, len(wanted), str(word))
        if isinstance(word, Path):
            yield from walk.local(word)
        elif _govuk.is_file(word):
            yield from walk.file(_govuk.File(word, "", ""), None)
        else:
            yield from walk.page(word)
    run.progress(len(wanted), len(wanted), "done")


def _wanted(arguments: Sequence[str]) -> list[str | Path]:
    """Addresses and files; Refused, before anything is asked, for a word that is neither."""
    wanted: list[str | Path] = []
    for word in arguments or PAGES:
        if urlsplit(word).scheme in ("http", "https") and urlsplit(word).netloc:
            wanted.append(word)
        elif Path(word).is_file():
            wanted.append(Path(word))
        else:
            raise Refused(f"{word!r} is neither an address nor a file here; give https://... or the name of a file")
    return wanted


def _mark(url: str) -> str:
    """What the cursor keeps of an address."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]


@dataclass(slots=True)
class _Walk:
    """One run. `done` are files that need no second reading, `walked` pages of this run that need no second look."""

    fetcher: Fetcher
    run: Run
    done: set[str] = field(default_factory=set)
    walked: set[str] = field(default_factory=set)
    failures: int = 0

    def __post_init__(self) -> None:
        self.done = set(self.run.cursor.get("done") or ())
        self.walked = set(self.run.cursor.get("walked") or ()) if self.run.resuming else set()

    def cursor(self) -> dict[str, Any]:
        return {"done": sorted(self.done), "walked": sorted(self.walked)}

    def page(self, url: str, listed: bool = False) -> Iterator[Page]:
        """The files of one page and, unless it was itself `listed`, of the publications that it lists."""
        if _mark(url) in self.walked:
            return
        fetched = self._ask(url, "text/html")
        if fetched is None:
            return
        lacking = len(self.run.lacks)
        if not _govuk.is_page(fetched.body):
            # An address that is no page may be a file without an ending: its reader says what it is.
            yield from self._keep(fetched, urlsplit(url).path.rpartition("/")[2] or "file", url, None)
        else:
            base = _govuk.base_of(self.fetcher, url, fetched)
            yield from self._read(fetched, base, url, listed)
        if len(self.run.lacks) == lacking:
            self.walked.add(_mark(url))
            yield Page(fetched, urlsplit(url).path, self.cursor(), empty=True)

    def local(self, path: Path) -> Iterator[Page]:
        """A file of this machine: a saved page, or a table."""
        try:
            body = path.read_bytes()
        except OSError as error:
            raise Refused(f"{path} cannot be read ({error.strerror}); check the name") from error
        fetched = Fetched("", 200, {}, body, self.run.now)
        if _govuk.is_page(body):
            yield from self._read(fetched, "https://www.gov.uk/", path.name, listed=False)
        else:
            yield from self._keep(fetched, path.name, None, None)

    def _read(self, fetched: Fetched, base: str, shown: str, listed: bool) -> Iterator[Page]:
        body = fetched.body
        offered = _govuk.files(body, base)
        found = [file for file in offered if self._in_dates(file.words)]
        spending = [file for file in found if _SPEND.search(file.words)] or found
        below = (
            [] if listed else [one for one in _govuk.documents(body, base) if _SPEND.search(f"{one.title} {one.url}")]
        )
        if not offered and not below:
            reason = "it names no file of spending; its shape may have changed"
            yield Page(fetched, shown, self.cursor(), refused=reason)
            self.run.lacks.append(f"{shown} ({reason})"[:200])
            return
        owner = _govuk.publisher(body)
        for file in spending:
            yield from self.file(file, owner)
        for document in below:
            if self._in_dates(document.title):
                yield from self.page(document.url, listed=True)

    def _in_dates(self, words: str) -> bool:
        """Whether what a title names may lie between --since and --until; one that names no date may."""
        named = _govuk.period(words)
        if named is None:
            return True
        return (self.run.since or dt.date.min) <= named[1] and named[0] <= (self.run.until or dt.date.max)

    def file(self, file: _govuk.File, owner: str | None) -> Iterator[Page]:
        if _mark(file.url) in self.done:
            return
        fetched = self._ask(file.url, "*/*")
        if fetched is not None:
            yield from self._keep(fetched, file.name, file.url, owner)

    def _keep(self, fetched: Fetched, name: str, url: str | None, owner: str | None) -> Iterator[Page]:
        """The body for its reader; its address is done once it was read."""
        refused = _govuk.unusable(fetched.body)
        before = set(self.done)
        if url is not None:
            self.done.add(_mark(url))
        self.run.unread = None
        yield Page(fetched, name, self.cursor(), {"organisation": owner}, refused=refused)
        problem = refused or self.run.unread
        if problem is not None:
            self.done = before
            self.run.lacks.append(f"{name} ({problem})"[:200])

    def _ask(self, url: str, accept: str) -> Fetched | None:
        """The answer; None, and the address among what is lacking, where there is none to use."""
        try:
            fetched = _govuk.ask(self.fetcher, url, accept)
        except RunOver:
            raise
        except (SourceEnded, FetchRefused) as error:
            self.failures += not isinstance(error, _govuk.Missing)
            if self.failures >= MOST_FAILURES:
                raise SourceEnded(
                    f"{self.failures} addresses in a row gave nothing, the last: {error}"[:500]
                ) from error
            self.run.lacks.append(str(error))
            return None
        self.failures = 0
        return fetched
