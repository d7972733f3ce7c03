"""The collector of address ranges against a local stand-in: every list once, the weekly file found, resumable."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from pipelines.errors import Partial
from pipelines.readers import reader
from scrapers import ranges
from scrapers._fetch import Fetcher, SourceEnded
from scrapers._source import Page, Run, source

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
WEEKLY = "/download/7/1/d/71d8/ServiceTags_Public_20261116.json"
PAGE = f"""<html><body><h1>Azure IP Ranges and Service Tags</h1>
<a href="https://download.example/download/7/1/d/71d8/ServiceTags_Public_20261109.json">older</a>
<a href="https://download.example{WEEKLY}" class="download">Download</a><a href="/about">About</a></body></html>"""
BODIES: dict[str, str] = {
    "/ip-ranges.json": json.dumps({"syncToken": "1", "createDate": "2026-11-25-01-02-03", "ipv6_prefixes": [],
                                   "prefixes": [{"ip_prefix": "3.8.0.0/14", "region": "eu-west-2", "service": "EC2"}]}),
    "/en-us/download/details.aspx": PAGE,
    WEEKLY: json.dumps({"cloud": "Public", "values": [{"name": "AzureCloud.uksouth", "properties": {"region": "uksouth", "addressPrefixes": ["20.26.0.0/16"]}}]}),
    "/ipranges/cloud.json": json.dumps({"syncToken": "1", "creationTime": "2026-11-20", "prefixes": [{"ipv4Prefix": "34.89.0.0/17", "service": "Google Cloud", "scope": "europe-west2"}]}),
    "/en-us/iaas/tools/public_ip_ranges.json": json.dumps({"last_updated_timestamp": "2026-11-20", "regions": [{"region": "uk-london-1", "cidrs": [{"cidr": "129.80.0.0/16", "tags": ["OCI"]}]}]}),
    "/ips-v4": "104.16.0.0/13\n",
    "/ips-v6": "2606:4700::/32\n",
    "/public-ip-list": json.dumps({"addresses": ["151.101.0.0/16"], "ipv6_addresses": []}),
    "/geo/google.csv": "46.101.0.0/18,GB,GB-SLG,London,SL1 4AX\n",
    "/": "# geofeed\n2a01:7e00::/32,GB,GB-ENG,London,\n",
    "/meta": json.dumps({"web": ["140.82.112.0/20"], "git": [], "pages": ["185.199.108.0/22"]}),
}  # fmt: skip


@pytest.fixture
def stand_in() -> Iterator[tuple[str, dict[str, str], list[str]]]:
    bodies, asked = dict(BODIES), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            asked.append(path)
            body = bodies.get(path)
            self.send_response(404 if body is None else 200)
            data = (body or "").encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", bodies, asked
    server.shutdown()
    server.server_close()


def collect(base: str, cursor: dict[str, object] | None = None) -> tuple[list[Page], Partial | None]:
    fetcher = Fetcher(base_url=base, sleep=lambda _: None)
    pages: list[Page] = []
    try:
        for page in ranges.collect(fetcher, Run(None, None, cursor or {}, NOW)):
            pages.append(page)
    except Partial as error:
        return pages, error
    finally:
        fetcher.close()
    return pages, None


def test_it_is_found_by_its_id() -> None:
    assert source("ranges") is ranges


def test_every_list_is_fetched_once_and_read(stand_in: tuple[str, dict[str, str], list[str]]) -> None:
    base, _, asked = stand_in
    pages, error = collect(base)
    assert error is None and len(pages) == len(ranges.LISTS) == 10
    assert sorted(asked) == sorted(BODIES)  # the page of Azure's list and its newest file, never the older one
    found = []
    for page in pages:
        batch = reader("ranges").read(page.name, page.fetched.body, "src", page.options)
        assert batch.whole, batch.rejected
        found.extend((r["provider"], r["prefix"], r["published"]) for r in batch.tables["ranges"].to_pylist())
    assert sorted(found, key=str) == [
        ("aws", "3.8.0.0/14", dt.date(2026, 11, 25)),
        ("azure", "20.26.0.0/16", dt.date(2026, 11, 16)),  # the date in the file's name
        ("cloudflare", "104.16.0.0/13", dt.date(2026, 11, 25)),
        ("cloudflare", "2606:4700::/32", dt.date(2026, 11, 25)),
        ("digitalocean", "46.101.0.0/18", dt.date(2026, 11, 25)),
        ("fastly", "151.101.0.0/16", dt.date(2026, 11, 25)),
        ("gcp", "34.89.0.0/17", dt.date(2026, 11, 20)),
        ("github", "140.82.112.0/20", dt.date(2026, 11, 25)),
        ("github-pages", "185.199.108.0/22", dt.date(2026, 11, 25)),
        ("linode", "2a01:7e00::/32", dt.date(2026, 11, 25)),
        ("oracle", "129.80.0.0/16", dt.date(2026, 11, 20)),
    ]


def test_one_missing_list_stops_no_other_and_the_next_run_asks_only_for_it(
    stand_in: tuple[str, dict[str, str], list[str]],
) -> None:
    base, bodies, asked = stand_in
    del bodies["/meta"], bodies[WEEKLY]
    pages, error = collect(base)
    assert len(pages) == 8 and error is not None
    assert str(error).startswith("2 of 10 lists could not be had: azure (it answered 404; run again later); github")
    bodies["/meta"], bodies[WEEKLY] = BODIES["/meta"], BODIES[WEEKLY]
    asked.clear()
    pages, error = collect(base, dict(pages[-1].cursor))
    assert [p.name.split()[0] for p in pages] == ["azure", "github"] and error is None
    assert asked == ["/en-us/download/details.aspx", WEEKLY, "/meta"]


def test_another_day_asks_for_all_again(stand_in: tuple[str, dict[str, str], list[str]]) -> None:
    base, _, _ = stand_in
    pages, _ = collect(base, {"day": "2026-11-24", "done": ["aws"]})
    assert len(pages) == 10


def test_a_download_page_without_the_file_says_so() -> None:
    with pytest.raises(SourceEnded, match="names no ServiceTags_Public file"):
        ranges.azure_file(b"<html><a href='/x.json'>x</a></html>", "https://www.example/")
