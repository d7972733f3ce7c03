"""Lists of address ranges: the providers' own files, plain lists of prefixes, and lists that others derived.

AWS, Azure, Google, Oracle, Fastly, Cloudflare, GitHub and Zscaler JSON, geofeeds (RFC 8805), cdncheck, and
text with one prefix a line. The provider of a plain list is its `# provider:` line, --provider, or the file's
name; the day is in the file, in its name, or --seen-on. A list without a day is refused: nobody could say
whether it is newer than another.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines import reference, schema
from pipelines.attribution.networks import bounds
from pipelines.batch import Batch, Rejected
from pipelines.readers import _rows
from pipelines.records import PublishedRange
from pipelines.text import plain

KIND = "ranges"
TITLE = "Published address ranges"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "ranges"
LINES = False
EXAMPLE = "cloudhold import ranges ip-ranges.json"

# Names of files and of other people's lists that are not the id of a provider.
NAMES: Mapping[str, str] = {
    "google": "gcp",
    "microsoft": "azure",
    "softlayer-ibm": "ibm",
    "softlayer": "ibm",
    "cloudfront": "aws",
    "amazon": "aws",
    "incapsula": "imperva",
    "office365": "microsoft-365",
    "edgecast": "edgio",
    "githubpages": "github-pages",
}
# Lists of everything that a company announces: they show whose an address is, not that a customer runs there.
# GitHub's holds the Azure addresses of its build machines, Google's and Microsoft's those of their own services.
WHOLE_COMPANY = frozenset({"gcp", "azure", "github"})
# What a network in front calls its ranges in our rules: `range_products` of the providers' files.
_FRONT_NAMES = {"cloudflare": "Cloudflare", "fastly": "Fastly"}
# Keys of GitHub's meta interface whose addresses serve what customers publish or store.
_GITHUB = {"web": "github", "api": "github", "git": "github", "packages": "github", "pages": "github-pages"}
# Blocks that nobody can publish as their own although they are not private: tunnels, ORCHID, documentation.
_NOT_UNICAST = [
    ipaddress.ip_network(p) for p in ("2002::/16", "2001::/23", "2001:db8::/32", "3fff::/20", "64:ff9b::/96")
]
_BROADEST = {4: 8, 6: 16}
_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d{2})-?(\d{2})(?:-?(\d{2}))?(?!\d)")
_COMMENT = re.compile(r"^#\s*(provider|source|last[_ ](?:update|modified|updated))\s*:\s*(.+)$", re.IGNORECASE)


@dataclass(slots=True)
class List:
    """One list as it was read: what it is called, how sure it makes us, and its rows (provider, prefix, product, region)."""

    name: str
    confidence: str
    published: dt.date | None
    rows: Iterable[tuple[str, str, str | None, str | None]]


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """The ranges of one file."""
    batch = Batch()
    try:
        text = _rows.text_of(body)
        if text.lstrip()[:1] in ("{", "["):
            found = _from_json(json.loads(text), batch)
        else:
            found = _from_text(name, text, options)
        published = found.published or _day_of(name) or options.get("seen_on")
        if published is None:
            raise ValueError("it says no date, and neither does its name; give --seen-on DATE")
        entries = list(found.rows)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return batch.refuse(name, body, _why(error))
    rows: dict[str, PublishedRange] = {}
    for provider, written, product, region in entries:
        batch.read += 1
        try:
            prefix = _checked(written)
        except ValueError as error:
            batch.rejected.append(Rejected(f"{name}: {plain(written, 60)}", str(written).encode()[:200], str(error)))
            continue
        row = _row(provider, prefix, product, region, found, published, source_id)
        rows[row.range_id] = row
    if not rows and not batch.rejected:
        return batch.refuse(name, body, "it holds no address ranges")
    batch.tables["ranges"] = schema.to_arrow("ranges", rows.values())
    return batch


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not valid JSON ({error})"
    if type(error) is ValueError:
        return str(error)
    return f"its shape is none of the lists that we read ({type(error).__name__}: {plain(error, 80)})"


def _row(
    provider: str, prefix: str, product: str | None, region: str | None, of: List, published: dt.date, source_id: str
) -> PublishedRange:
    content = "\x1f".join((provider, prefix, product or "", region or "", of.name, published.isoformat()))
    return PublishedRange(
        range_id="r-" + hashlib.sha256(content.encode()).hexdigest()[:16],
        provider=provider,
        prefix=prefix,
        product=product,
        region=region,
        listing=of.name,
        confidence="possible" if of.confidence != "confirmed" and provider in WHOLE_COMPANY else of.confidence,
        published=published,
        source_id=source_id,
    )


def _checked(written: str) -> str:
    """A prefix written one way; ValueError for what is none, or one that no provider can own."""
    if not isinstance(written, str):
        raise ValueError("it is not a prefix")
    try:
        family, first, size = bounds(written.strip())
    except ValueError:
        raise ValueError("it is not a prefix") from None
    length = (32 if family == 4 else 128) - size
    if length < _BROADEST[family]:
        raise ValueError("it is broader than any provider's network")
    address = ipaddress.IPv4Address(first) if family == 4 else ipaddress.IPv6Address(first)
    if not address.is_global or any(address in block for block in _NOT_UNICAST if block.version == family):
        raise ValueError("it is a reserved block, not a provider's network")
    return f"{address}/{length}"


# -- JSON ---------------------------------------------------------------------------------------------------


def _from_json(document: Any, batch: Batch) -> List:
    """The list in a JSON document, recognised by its keys; ValueError for any other."""
    if not isinstance(document, dict):
        raise ValueError("it is JSON, but none of the lists that we read")
    keys = set(document)
    if {"syncToken", "prefixes"} <= keys and "ipv6_prefixes" in keys:
        return List("AWS ip-ranges.json", "confirmed", _stamp(document.get("createDate")), _aws(document))
    if {"syncToken", "prefixes"} <= keys:
        return _google(document)
    if {"values", "cloud"} <= keys:
        return List("Azure Service Tags", "confirmed", None, _azure(document, batch))
    if "regions" in keys:
        stamp = _stamp(document.get("last_updated_timestamp"))
        return List("Oracle public_ip_ranges.json", "confirmed", stamp, _oracle(document))
    if {"addresses", "ipv6_addresses"} <= keys:
        prefixes = [*document["addresses"], *document["ipv6_addresses"]]
        return List("Fastly public-ip-list", "confirmed", None, (("fastly", p, "Fastly", None) for p in prefixes))
    if isinstance(document.get("result"), dict) and "ipv4_cidrs" in document["result"]:
        prefixes = [*document["result"]["ipv4_cidrs"], *document["result"].get("ipv6_cidrs", [])]
        return List(
            "Cloudflare published list", "confirmed", None, (("cloudflare", p, "Cloudflare", None) for p in prefixes)
        )
    if "hubPrefixes" in keys:
        rows = (("zscaler", p, None, None) for p in document["hubPrefixes"])
        return List("Zscaler hub prefixes", "confirmed", None, rows)
    if {"web", "git", "pages"} <= keys:
        return List("GitHub meta", "confirmed", None, _github(document))
    if keys & {"cdn", "waf", "cloud"} and all(isinstance(document[k], dict) for k in keys):
        return List("cdncheck", "likely", None, _cdncheck(document, batch))
    raise ValueError(f"it is JSON, but none of the lists that we read; its keys are {', '.join(sorted(keys))[:120]}")


def _stamp(text: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


Rows = Iterator[tuple[str, str, str | None, str | None]]


def _aws(document: Mapping[str, Any]) -> Rows:
    for entry in document["prefixes"]:
        yield "aws", entry["ip_prefix"], entry["service"], entry["region"]
    for entry in document["ipv6_prefixes"]:
        yield "aws", entry["ipv6_prefix"], entry["service"], entry["region"]


def _google(document: Mapping[str, Any]) -> List:
    """cloud.json names region and service; goog.json is everything that Google announces."""
    stamp = _stamp(document.get("creationTime"))
    entries = document["prefixes"]
    rows = (
        ("gcp", entry.get("ipv4Prefix") or entry["ipv6Prefix"], entry.get("service"), entry.get("scope"))
        for entry in entries
    )
    if entries and "scope" in entries[0]:
        return List("Google cloud.json", "confirmed", stamp, rows)
    return List("Google goog.json", "possible", stamp, rows)


def _azure(document: Mapping[str, Any], batch: Batch) -> Rows:
    """One row per prefix and service. The world-wide tag of a service repeats its regional ones: those speak."""
    if document["cloud"] != "Public":
        raise ValueError(f"it is the list of the cloud {plain(document['cloud'], 40)!r}; we read the public one")
    regional: dict[tuple[str, str], str] = {}
    everywhere: dict[tuple[str, str], None] = {}
    for tag in document["values"]:
        name, region = tag["name"], tag["properties"].get("region") or ""
        service = name.partition(".")[0] if region or name.startswith("AzureFrontDoor") else name
        service = "Front Door" if service == "AzureFrontDoor" else service
        batch.read += len(tag["properties"]["addressPrefixes"])
        for prefix in tag["properties"]["addressPrefixes"]:
            if region:
                regional[prefix, service] = region
            else:
                everywhere[prefix, service] = None
    repeated = {key for key in everywhere if key in regional}
    batch.read -= len(regional) + len(everywhere) - len(repeated)  # counted again as they are yielded
    for (prefix, service), region in regional.items():
        yield "azure", prefix, service, region
    for prefix, service in everywhere:
        if (prefix, service) not in repeated:
            yield "azure", prefix, service, None


def _oracle(document: Mapping[str, Any]) -> Rows:
    for region in document["regions"]:
        for entry in region["cidrs"]:
            yield (
                "oracle",
                entry["cidr"],
                "OCI" if "OCI" in entry["tags"] else "Oracle Services Network",
                region["region"],
            )


def _github(document: Mapping[str, Any]) -> Rows:
    for key, provider in _GITHUB.items():
        for prefix in document.get(key, ()):
            yield provider, prefix, None, None


def _cdncheck(document: Mapping[str, Any], batch: Batch) -> Rows:
    """Prefixes by somebody else's names of providers; names that we do not know are set aside as one."""
    for kind in ("cdn", "waf", "cloud"):
        for name, prefixes in document.get(kind, {}).items():
            provider = _provider(name)
            if provider is None:
                batch.read += len(prefixes)
                body = json.dumps({name: prefixes}).encode()
                reason = "no provider that we know has this name"
                batch.rejected.append(Rejected(f"cdncheck {kind} {plain(name, 40)}", body, reason, len(prefixes)))
                continue
            for prefix in prefixes:
                yield provider, prefix, _FRONT_NAMES.get(provider), None


# -- text ---------------------------------------------------------------------------------------------------


def _from_text(name: str, text: str, options: Mapping[str, Any]) -> List:
    """A geofeed or a list with one prefix a line; comments say provider, source and date."""
    said: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        comment = _COMMENT.match(line.strip())
        if comment:
            said.setdefault(comment.group(1).lower().replace("_", " ").split()[0], comment.group(2).strip())
        elif line.strip() and not line.lstrip().startswith("#"):
            lines.append(line.strip())
    if not lines:
        raise ValueError("it holds no address ranges")
    _checked_first(lines[0])
    stem = re.sub(r"\.(?:txt|csv|gz)\b", "", name.lower())
    provider = _provider(str(options.get("provider") or "")) or _provider(said.get("provider", "")) or _from_name(stem)
    if provider is None:
        raise ValueError("neither it nor its name says whose ranges it holds; give --provider ID")
    published = _stamp(said.get("last"))
    front = _FRONT_NAMES.get(provider)
    if any("," in line for line in lines[:5]):
        cells = (line.split(",") for line in lines)
        rows = ((provider, c[0].strip(), front, plain(c[3], 60) if len(c) > 3 else None) for c in cells)
        return List("geofeed", "confirmed", published, rows)
    plain_rows = ((provider, line.split()[0], front, None) for line in lines)
    if stem.startswith("asn-") or re.match(r"AS\d", said.get("source", "")):
        return List("announced by its AS", "likely", published, plain_rows)
    if provider in WHOLE_COMPANY:
        return List("list of all prefixes", "possible", published, plain_rows)
    listing = "Cloudflare published list" if provider == "cloudflare" else "list of prefixes"
    return List(listing, "confirmed", published, plain_rows)


def _checked_first(line: str) -> None:
    """ValueError where the first line is no prefix: then the file is something else."""
    try:
        bounds(line.split(",")[0].split()[0])
    except ValueError:
        raise ValueError(f"its first line {plain(line, 40)!r} is no address range") from None


def _from_name(stem: str) -> str | None:
    """The provider in a file's name: what stands before the first -v4, -ipv6, -geo or date."""
    words = re.split(r"[-_](?:ip)?v?[46]\b|[-_]ipv[46]|[-_]geo\b|[-_]ranges?\b|[-_]20\d{2}", stem, maxsplit=1)[0]
    return _provider(words.removeprefix("asn-derived-").removeprefix("asn-"))


def _provider(word: str) -> str | None:
    """The id of the provider that a word names; None where it is no name of ours."""
    known = reference.load()
    key = re.sub(r"[\s_]+", "-", word.strip().lower())
    key = NAMES.get(key, key)
    if key in known.providers:
        return key
    return next((p.id for p in known.providers.values() if word.strip() and word.strip() in p.words), None)


def _day_of(name: str) -> dt.date | None:
    """The date in a file's name; of a month its first day, so that it never seems newer than it is."""
    match = _DAY_IN_NAME.search(name)
    if not match:
        return None
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return None
