"""The portals that publish UK notices: OCID prefixes, addresses of a notice, and who merely runs the software.

Facts: the OCID prefixes are registered by the Open Contracting Partnership.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.text import slug


@dataclass(frozen=True, slots=True)
class Portal:
    """One portal. `notice_url` is followed by the release id, without its counter where it is `counted`; None where the
    address of a notice stands in the release only."""

    id: str
    title: str
    prefix: str
    notice_url: str | None = None
    counted: bool = False


PORTALS: tuple[Portal, ...] = (
    Portal(
        "contracts-finder",
        "Contracts Finder",
        "ocds-b5fd17",
        "https://www.contractsfinder.service.gov.uk/Notice/",
        counted=True,
    ),
    Portal(
        "find-a-tender",
        "Find a Tender",
        "ocds-h6vhtk",
        "https://www.find-tender.service.gov.uk/Notice/",
    ),
    Portal(
        "public-contracts-scotland",
        "Public Contracts Scotland",
        "ocds-r6ebe6",
    ),
    Portal(
        "sell2wales",
        "Sell2Wales",
        "ocds-kuma6s",
    ),
)
OTHER = "other-ocds"
# In a portal's place for a contract that a page names, without a notice that we know.
NO_NOTICE = "named"


def portal_of(ocid: str | None) -> str:
    """The portal that minted an OCID; `other-ocds` for any other publisher."""
    for portal in PORTALS:
        if ocid and ocid.startswith(portal.prefix):
            return portal.id
    return OTHER


_ARTICLE = re.compile(r"^the\s+", re.IGNORECASE)


def reference_key(buyer: str, reference: str) -> str:
    """What identifies a notice that has no OCID: its buyer and the buyer's own reference.

    "HOME OFFICE", "The Home Office" and "Home Office" lead to one key; a reference is taken as written,
    apart from blanks. Used by every source of such notices, so that the same notice meets itself.
    """
    name = _ARTICLE.sub("", " ".join(buyer.split()))
    return f"{slug(name)}:{' '.join(reference.split())}"
