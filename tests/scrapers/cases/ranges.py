"""The ten lists, a prefix or two each; Microsoft's through the page that names its weekly files."""

import json

from tests.scrapers.cases import Case
from tests.scrapers.standin import Site

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


def site() -> Site:
    return Site({path: body.encode() for path, body in BODIES.items()})


CASE = Case(
    site=site,
    columns=("provider", "prefix"),
    truth=frozenset({
        ("aws", "3.8.0.0/14"), ("azure", "20.26.0.0/16"), ("cloudflare", "104.16.0.0/13"),
        ("cloudflare", "2606:4700::/32"), ("digitalocean", "46.101.0.0/18"), ("fastly", "151.101.0.0/16"),
        ("gcp", "34.89.0.0/17"), ("github", "140.82.112.0/20"), ("github-pages", "185.199.108.0/22"),
        ("linode", "2a01:7e00::/32"), ("oracle", "129.80.0.0/16"),
    }),
)  # fmt: skip
