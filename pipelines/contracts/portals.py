"""The portals that publish UK notices: OCID prefixes, addresses of a notice, and who merely runs the software.

Facts: the OCID prefixes are registered by the Open Contracting Partnership.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.text import slug


@dataclass(frozen=True, slots=True)
class Portal:
    """One portal. `notice_url` has {release} for the release id and {notice} for it without its counter."""

    id: str
    title: str
    prefix: str
    notice_url: str


PORTALS: tuple[Portal, ...] = (
    Portal(
        "contracts-finder",
        "Contracts Finder",
        "ocds-b5fd17",
        "https://www.contractsfinder.service.gov.uk/Notice/{notice}",
    ),
    Portal(
        "find-a-tender",
        "Find a Tender",
        "ocds-h6vhtk",
        "https://www.find-tender.service.gov.uk/Notice/{release}",
    ),
    Portal(
        "public-contracts-scotland",
        "Public Contracts Scotland",
        "ocds-r6ebe6",
        "https://www.publiccontractsscotland.gov.uk/search/Search_Switch.aspx?ID={reference}",
    ),
    Portal(
        "sell2wales",
        "Sell2Wales",
        "ocds-kuma6s",
        "https://www.sell2wales.gov.wales/search/show/search_view.aspx?ID={reference}",
    ),
)
OTHER = "other-ocds"


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
