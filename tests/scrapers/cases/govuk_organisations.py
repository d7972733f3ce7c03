"""GOV.UK's list of organisations as it is served, seven bodies on four pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.scrapers.cases import Case
from tests.scrapers.standin import Asked, Reply

SITE = "https://www.gov.uk"


def body(
    slug: str,
    title: str,
    kind: str = "Executive agency",
    status: str = "live",
    closed: str | None = None,
    parents: tuple[str, ...] = (),
    updated: str = "2026-05-01T10:00:00.000+01:00",
) -> dict[str, Any]:
    """One body in the list's shape."""

    def link(key: str) -> dict[str, str]:
        return {"id": f"{SITE}/api/organisations/{key}", "web_url": f"{SITE}/government/organisations/{key}"}

    return {
        **link(slug), "title": title, "format": kind, "updated_at": updated, "analytics_identifier": "EA1",
        "details": {"slug": slug, "abbreviation": "", "logo_formatted_name": title, "closed_at": closed,
                    "govuk_status": status, "govuk_closed_status": "merged" if closed else None, "content_id": "0-0"},
        "parent_organisations": [link(key) for key in parents], "child_organisations": [],
        "superseded_organisations": [], "superseding_organisations": [],
    }  # fmt: skip


BODIES = [
    body("exchequer-of-bees", "Exchequer of Bees", "Ministerial department"),
    body("hive-agency", "Hive Agency", parents=("exchequer-of-bees",)),
    body("wax-board", "Wax Board", "Advisory non-departmental public body", "exempt"),
    body("old-honey-office", "Old Honey Office", status="closed", closed="2016-07-14T00:00:00.000+01:00"),
    body("bee-government", "Bee Government", "Devolved government", "exempt"),
    body("swarm-club", "Swarm Club", "A format nobody has seen"),
    body("hive-tribunal", "Hive Tribunal", "Tribunal"),
]


@dataclass
class List:
    """The list as GOV.UK serves it: `per` bodies a page, next_page_url until the last. `answers` replaces the nth."""

    bodies: list[dict[str, Any]] = field(default_factory=lambda: list(BODIES))
    per: int = 2
    answers: dict[int, Reply] = field(default_factory=dict)
    joins: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, asked: Asked, number: int) -> Reply:
        if number in self.joins:
            self.bodies = [self.joins[number], *self.bodies]
        if number in self.answers:
            return self.answers[number]
        assert asked.path == "/api/organisations"
        page, pages = int(asked.query["page"]), -(-len(self.bodies) // self.per)
        told: dict[str, Any] = {
            "results": self.bodies[(page - 1) * self.per : page * self.per],
            "current_page": page, "total": len(self.bodies), "pages": pages, "page_size": self.per,
            "start_index": (page - 1) * self.per + 1, "_response_info": {"status": "ok", "links": []},
        }  # fmt: skip
        if page < pages:
            told["next_page_url"] = f"{SITE}/api/organisations?page={page + 1}"
        return Reply(json.dumps(told).encode(), headers={"Content-Type": "application/json"})


CASE = Case(
    site=List,
    columns=("organisation_id",),
    truth=frozenset(
        (slug,)
        for slug in (
            "exchequer-of-bees", "hive-agency", "wax-board", "old-honey-office", "bee-government", "swarm-club",
            "hive-tribunal",
        )
    ),
)  # fmt: skip
