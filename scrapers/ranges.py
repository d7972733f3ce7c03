"""The address ranges that providers publish: which networks are theirs, with service and region.

Ten small files. Microsoft's has a new address every week, which its download page names. A list that cannot
be had does not stop the others; the run is then partial and the next one asks only for what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.errors import Partial, Refused
from scrapers._fetch import Fetched, Fetcher, SourceEnded
from scrapers._pages import links
from scrapers._source import Page, Run, Source

SOURCE = Source(
    id="ranges",
    title="Address ranges that cloud providers publish",
    publisher="AWS, Microsoft, Google, Oracle, Cloudflare, Fastly, DigitalOcean, Linode, GitHub",
    licence="each provider's terms",
    home="https://ip-ranges.amazonaws.com/ip-ranges.json",
    reader="ranges",
    cadence_days=7,
    minimum_rows=9,  # a list each, however short a stand-in makes them
    caveats=("customers' own address space that a provider announces for them is in none of these lists",),
)


@dataclass(frozen=True, slots=True)
class List:
    """One list: `provider` is told to the reader where the file does not say whose it is."""

    id: str
    url: str
    provider: str | None = None
    accept: str = "application/json"
    page: bool = False


LISTS: tuple[List, ...] = (
    List("aws", "https://ip-ranges.amazonaws.com/ip-ranges.json"),
    List("azure", "https://www.microsoft.com/en-us/download/details.aspx?id=56519", accept="text/html", page=True),
    List("gcp", "https://www.gstatic.com/ipranges/cloud.json"),
    List("oracle", "https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json"),
    List("cloudflare-ipv4", "https://www.cloudflare.com/ips-v4", "cloudflare", "text/plain"),
    List("cloudflare-ipv6", "https://www.cloudflare.com/ips-v6", "cloudflare", "text/plain"),
    List("fastly", "https://api.fastly.com/public-ip-list"),
    List("digitalocean", "https://digitalocean.com/geo/google.csv", "digitalocean", "text/csv"),
    List("linode", "https://geoip.linode.com/", "linode", "text/csv"),
    List("github", "https://api.github.com/meta"),
)
_AZURE_FILE = re.compile(r"/ServiceTags_Public_(\d{8})\.json$")


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """Every list; after a run that lacked some, only those on the same day. SourceEnded at the end, naming what it lacks."""
    today = run.now.date()
    goes_on = run.resuming and run.cursor.get("day") == today.isoformat()
    done = list(run.cursor.get("done", ())) if goes_on else []
    run.anew = not done
    failed: list[str] = []
    for number, wanted in enumerate(LISTS):
        run.progress(number, len(LISTS), wanted.id)
        if wanted.id in done:
            continue
        try:
            fetched = _fetch(fetcher, wanted)
        except (Partial, Refused) as error:
            failed.append(f"{wanted.id} ({error})")
            body = getattr(error, "fetched", None)
            if body is not None:
                yield Page(body, wanted.id, {}, refused=str(error))
            continue
        name = f"{wanted.id} {urlsplit(fetched.url).path.rpartition('/')[2]}".strip()
        options = {"seen_on": today, "provider": wanted.provider}
        run.unread = None
        yield Page(fetched, name, {"day": today.isoformat(), "done": [*done, wanted.id]}, options)
        if run.unread is None:
            done.append(wanted.id)
    if failed:
        raise SourceEnded(f"{len(failed)} of {len(LISTS)} lists could not be had: {'; '.join(failed)}"[:500])


def _fetch(fetcher: Fetcher, wanted: List) -> Fetched:
    fetched = fetcher.get(wanted.url, accept=wanted.accept)
    if fetched.status == 200 and wanted.page:
        fetched = fetcher.get(azure_file(fetched, wanted.url))
    if fetched.status != 200:
        raise SourceEnded(f"it answered {fetched.status}; run again later")
    return fetched


def azure_file(page: Fetched, base: str) -> str:
    """The address of the newest weekly file that Microsoft's download page names."""
    found = {}
    for link in links(page.body, base):
        match = _AZURE_FILE.search(urlsplit(link.url).path)
        if match:
            found[match.group(1)] = link.url
    if not found:
        raise SourceEnded("the download page names no ServiceTags_Public file; its shape may have changed", page)
    return found[max(found)]
