"""Zone files in the master format (RFC 1035), read by dnspython.

The origin is the file's $ORIGIN, else its name without ending (example.gov.uk.zone). No packet is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import dns.exception
import dns.rdatatype
import dns.zone

from pipelines import schema
from pipelines.attribution import names, observe
from pipelines.batch import Batch
from pipelines.records import Observation
from pipelines.text import unpack_text

KIND = "bind-zone"
TITLE = "A zone file"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "observations"
LINES = False
EXAMPLE = "cloudhold import bind-zone --private example.gov.uk.zone"

_ORIGIN = re.compile(r"^\$ORIGIN\s+(\S+)", re.MULTILINE)
_ENDING = re.compile(r"\.(zone|db|txt|bind|hosts)$", re.IGNORECASE)


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Observations of one zone file."""
    batch = Batch()
    try:
        text = unpack_text(body)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    if not text.strip():
        return batch.refuse(name, body, "it is empty")
    stated = _ORIGIN.search(text)
    origin = stated.group(1) if stated else _ENDING.sub("", name.removeprefix("db."))
    try:
        zone = dns.zone.from_text(text, origin=origin.rstrip(".") + ".", relativize=False, check_origin=False)
    except (dns.exception.DNSException, ValueError, KeyError) as error:
        return batch.refuse(name, body, f"it is not a zone file: {' '.join(str(error).split())[:160]}")
    found: dict[str, Observation] = {}
    for host, _ttl, data in zone.iterate_rdatas():
        kind = dns.rdatatype.to_text(data.rdtype)
        if kind == "SOA":
            continue
        batch.read += 1
        subject = names.host(host.to_text())
        value = observe.value(kind, data.to_text())
        key = observe.observation_id(subject, kind, value, "published")
        found[key] = Observation(
            observation_id=key,
            subject=subject,
            kind=kind,
            value=value,
            outcome="published",
            seen_on=options.get("seen_on"),
            vantage=None,
            environment=names.environment(subject),
            observed_at=None,
            source_id=source_id,
            private=bool(options.get("private", False)),
        )
    batch.tables["observations"] = schema.to_arrow("observations", found.values())
    return batch
