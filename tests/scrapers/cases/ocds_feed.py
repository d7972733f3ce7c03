"""The feed of the catalogue itself: three pages of five releases."""

import json

from tests.scrapers.cases import Case
from tests.scrapers.http_catalogue import feed_page
from tests.scrapers.standin import Asked, Reply


def site(asked: Asked, number: int) -> Reply:
    page = int(asked.query.get("cursor", "c-0").removeprefix("c-"))
    return Reply(json.dumps(feed_page(asked.base, page, pages=3, per=5, query={})).encode())


CASE = Case(
    site=lambda: site,
    columns=("ocid",),
    truth=frozenset((f"ocds-test-{number:06d}",) for number in range(15)),
    path="/releases",
)
