"""One GET of the front page of a host: what its headers, certificate and page show of third parties.

One request, no redirect followed, robots.txt asked first, private addresses refused by the fetch. Of cookies only
the names are read: a value can identify a visitor. A page's resources from elsewhere show what the page is less
complete without, never that the service stops without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipelines.errors import Partial, Refused
from scrapers._dns_pace import registrable
from scrapers._fetch import Fetched, Fetcher, RunOver
from scrapers._pages import soup

# Headers that change with every answer, or can hold a visitor's or request's own id, and say nothing of the host.
_PASSING = re.compile(
    r"^(date|age|expires|etag|last-modified|content-length|set-cookie|nel|report-to|reporting-endpoints|"
    r"content-security-policy.*|alt-svc|link|.*nonce.*|.*trace.*|.*correlation.*|.*request-id|.*requestid)$"
)
_COOKIE_NAME = re.compile(r"(?:^|,\s*)([!#$%&'*+.^_`|~0-9A-Za-z-]+)=")
_RESOURCES = (("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"))
MOST_HOSTS = 50
MOST_NAMES = 100
LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class Probe:
    """What one look gave. `outcome` is ok, refused (robots, opt-out, private address), timeout, or malformed (a
    certificate that does not verify)."""

    outcome: str
    note: str | None
    marks: tuple[tuple[str, str], ...]


def probe(fetcher: Fetcher, host: str) -> Probe:
    """Look at https://host/, or at http://host/ where nobody answers there."""
    problem = Probe("timeout", "nobody answers", ())
    for scheme in ("https", "http"):
        url = f"{scheme}://{host}/"
        try:
            if not fetcher.robots_allow(url):
                if nobody := fetcher.unanswered(url):
                    raise nobody
                return Probe("refused", "robots.txt does not allow it, or could not be read", ())
            answer = fetcher.get(url, accept="text/html", retry=False, follow=False)
            return Probe("ok", None, tuple(marks(answer, url)))
        except Refused as error:
            return Probe("refused", str(error), ())
        except RunOver as error:
            return Probe("refused", str(error), ())
        except Partial as error:
            if "certificate" in str(error):
                return Probe("malformed", "the certificate does not verify", ())
            problem = Probe("timeout", str(error), ())
    return problem


def marks(answer: Fetched, url: str) -> Iterable[tuple[str, str]]:
    """(kind, value) pairs: header:<name>, cookie:<name>, tls:issuer, tls:san, page:host."""
    for name, value in sorted(answer.headers.items()):
        if not _PASSING.match(name):
            yield f"header:{name}", value[:LONGEST_VALUE]
    for name in sorted(set(cookie_names(answer.headers.get("set-cookie", "")))):
        yield f"cookie:{name.lower()}", ""
    yield from certificate_marks(answer.certificate)
    if answer.status == 200 and answer.media_type in ("text/html", "application/xhtml+xml"):
        for other in page_hosts(answer.body, url):
            yield "page:host", other


def cookie_names(header: str) -> list[str]:
    """Names in a Set-Cookie header, several of which may have been joined by commas."""
    return _COOKIE_NAME.findall(header)


def certificate_marks(certificate: Mapping[str, Any] | None) -> Iterable[tuple[str, str]]:
    """Who issued a certificate, and the names it is for; nothing without one."""
    if not certificate:
        return
    issuer = {key: value for pairs in certificate.get("issuer", ()) for key, value in pairs}
    shown = ", ".join(str(issuer[key]) for key in ("organizationName", "commonName") if key in issuer)
    if shown:
        yield "tls:issuer", shown[:LONGEST_VALUE]
    names = sorted({str(value).lower() for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"})
    for name in names[:MOST_NAMES]:
        yield "tls:san", name


def page_hosts(body: bytes, url: str) -> list[str]:
    """Hosts of other registrable names from which the page takes scripts, styles, images or frames."""
    found: dict[str, None] = {}
    own = registrable(urlsplit(url).hostname or "")
    for tag, attribute in _RESOURCES:
        for element in soup(body).find_all(tag, attrs={attribute: True}):
            if tag == "link" and not {"stylesheet", "preload", "icon"} & set(element.get("rel") or ()):
                continue
            try:
                other = (urlsplit(urljoin(url, str(element[attribute]).strip())).hostname or "").lower().rstrip(".")
            except ValueError:
                continue
            if "." in other and not other.rpartition(".")[2].isdigit() and registrable(other) != own:
                found[other] = None
    return sorted(found)[:MOST_HOSTS]
