"""A stand-in of the portals of Scotland and Wales: a package for each month and notice type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.scrapers.standin import Asked, Reply


def release(notice: str, prefix: str = "r6ebe6") -> dict[str, Any]:
    return {
        "ocid": f"ocds-{prefix}-{notice.lower()}",
        "id": notice,
        "date": "2026-10-05T00:00:00Z",
        "tag": ["award"],
        "language": "EN",
        "buyer": {"id": "org-1", "name": "Ayrshire Test Council"},
        "parties": [{"id": "org-1", "name": "Ayrshire Test Council", "roles": ["buyer"],
                     "contactPoint": {"name": "A Person", "email": "a.person" + "@" + "council.example"}}],
        "tender": {"id": notice, "title": f"Cloud hosting {notice}", "status": "complete"},
        "awards": [{"id": "1", "status": "active", "date": "2026-10-01T00:00:00Z",
                    "value": {"amount": 120000, "currency": "GBP"}, "suppliers": [{"id": "s", "name": "A Supplier Ltd"}]}],
    }  # fmt: skip


def package(*notices: str, prefix: str = "r6ebe6") -> bytes:
    """A package as both portals send it; one without notices has no `releases` at all."""
    body: dict[str, Any] = {
        "uri": "https://api.portal.example/v1/Notices",
        "version": "1.1",
        "publishedDate": "2026-11-25T00:00:00Z",
        "publisher": {"name": "A portal"},
    }
    if notices:
        body["releases"] = [release(notice, prefix) for notice in notices]
    return json.dumps(body).encode()


@dataclass(frozen=True, slots=True)
class Portal:
    """Notices by month and type: contract notices (type 2) where no type is named, as the real ones do."""

    notices: Mapping[tuple[str, str], tuple[str, ...]]
    prefix: str = "r6ebe6"

    def __call__(self, asked: Asked, number: int) -> Reply:
        assert asked.path == "/v1/Notices" and asked.query["outputType"] == "0"
        told = self.notices.get((asked.query["dateFrom"], asked.query.get("noticeType", "2")), ())
        return Reply(package(*told, prefix=self.prefix))
