"""Stand-ins for the procurement services: they page, limit, leak and break as the real ones are known to."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.scrapers.standin import Asked, Reply

FTS = "ocds-h6vhtk-"
CF = "ocds-b5fd17-00000000-0000-4000-8000-000000"


@dataclass(frozen=True, slots=True)
class Told:
    """One release of the truth: when it was published, and what it says."""

    at: dt.datetime
    body: dict[str, Any]

    @property
    def ocid(self) -> str:
        return str(self.body["ocid"])


def truth(prefix: str, first: dt.date, days: int, each_day: int, bursts: Sequence[tuple[int, int]] = ()) -> list[Told]:
    """Releases spread over days; a burst (day, count) publishes many within the same half hour."""
    moments: list[dt.datetime] = []
    for day in range(days):
        start = dt.datetime.combine(first + dt.timedelta(days=day), dt.time(), dt.UTC)
        moments += [start + dt.timedelta(seconds=86_000 * number // each_day + 7) for number in range(each_day)]
    for day, count in bursts:
        start = dt.datetime.combine(first + dt.timedelta(days=day), dt.time(11, 30), dt.UTC)
        moments += [start + dt.timedelta(seconds=1_700 * number // count) for number in range(count)]
    return [Told(at, _release(prefix, number, at)) for number, at in enumerate(sorted(moments))]


def _release(prefix: str, number: int, at: dt.datetime) -> dict[str, Any]:
    new = number % 2 == 0  # both regimes: the 2023 Act with notice types, the rules before with directive numbers
    value: dict[str, Any] = {"amountGross": 1200.5 + number} if number % 7 == 0 else {"amount": 1000 + number}
    return {
        "ocid": f"{prefix}{number:06x}",
        "id": f"{number:06d}-2026",
        "date": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tag": ["award", "contract"] if new else ["award"],
        "buyer": {"id": "b1", "name": "Example Borough Council"},
        "parties": [{"id": "b1", "name": "Example Borough Council", "roles": ["buyer"],
                     "contactPoint": {"name": "A Person", "email": "a.person@example.test"}}],
        "tender": {"id": f"T{number}", "title": f"Hosting {number}",
                   "legalBasis": {"scheme": "UKPGA", "id": "2023/54"} if new else {"scheme": "CELEX", "id": "32014L0024"}},
        "awards": [{"id": "1", "status": "pending" if new else "active", "value": {**value, "currency": "GBP"},
                    "suppliers": [{"id": "s1", "name": "Example Hosting Ltd"}],
                    "documents": [{"id": "1", "noticeType": "UK6"}] if new else []}],
    }  # fmt: skip


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass(slots=True)
class FindATender:
    """Twelve requests in two minutes, else 429 without Retry-After; a window over six hours loses a third; numbers that
    JSON does not allow; a full first page that drops its next link while the window is longer than `drops_over`."""

    told: Sequence[Told]
    drops_on: frozenset[dt.date] = frozenset()
    drops_over: dt.timedelta = dt.timedelta(minutes=20)
    breaks_every: int = 9
    times: list[float] = field(default_factory=list)
    limited: int = 0
    served: int = 0

    def __call__(self, asked: Asked, number: int) -> Reply:
        if sum(at > asked.at - 120 for at in self.times) >= 12:
            self.limited += 1
            return Reply(b'{"message": "12 request limit in 2 minute exceeded"}', 429)
        self.times.append(asked.at)
        if asked.path != "/api/1.0/ocdsReleasePackages":
            return Reply(b"not found", 404)
        unknown = set(asked.query) - {"updatedFrom", "updatedTo", "stages", "limit", "cursor"}
        if unknown:
            return Reply(json.dumps({"message": f"Invalid parameter {unknown}"}).encode(), 400)
        offset = 0
        query = dict(asked.query)
        if "cursor" in query:
            said = json.loads(base64.b64decode(query["cursor"]))
            query, offset = {**query, **said["window"]}, said["offset"]
        start, end = _moment(query["updatedFrom"]), _moment(query["updatedTo"])
        found = [one for one in self.told if start <= one.at < end]
        if end - start > dt.timedelta(hours=6):
            found = [one for place, one in enumerate(found) if place % 3]
        found.sort(key=lambda one: one.at, reverse=True)
        limit = int(query.get("limit", "100"))
        page = found[offset : offset + limit]
        body: dict[str, Any] = {"version": "1.1", "releases": [one.body for one in page]}
        dropped = offset == 0 and end - start > self.drops_over and any(one.at.date() in self.drops_on for one in page)
        if offset + limit < len(found) and not dropped:
            window = {"updatedFrom": query["updatedFrom"], "updatedTo": query["updatedTo"]}
            cursor = base64.b64encode(json.dumps({"window": window, "offset": offset + limit}).encode()).decode()
            keys = urlencode({"limit": limit, "cursor": cursor})
            body["links"] = {"next": f"https://www.find-tender.service.gov.uk{asked.path}?{keys}"}
        text = json.dumps(body)
        self.served += 1
        if self.served % self.breaks_every == 0 and page:
            text = text.replace('"roles"', '"x": {"amount": 1e9999, "max": 000,"min": 1}, "roles"', 1)
        return Reply(text.encode(), 200, {"Content-Type": "application/json"})


@dataclass(slots=True)
class ContractsFinderSearch(FindATender):
    """Pages of 100 by cursor, newest first; after `patience` requests in a minute 403 until five minutes have passed."""

    patience: int = 25
    shut_until: float = 0.0

    def __call__(self, asked: Asked, number: int) -> Reply:
        if asked.at < self.shut_until:
            self.limited += 1
            self.shut_until = asked.at + 300
            return Reply(b"Forbidden", 403)
        if sum(at > asked.at - 60 for at in self.times) >= self.patience:
            self.limited += 1
            self.shut_until = asked.at + 300
            return Reply(b"Forbidden", 403)
        self.times.append(asked.at)
        start, end = _moment(asked.query["publishedFrom"]), _moment(asked.query["publishedTo"])
        found = sorted((one for one in self.told if start <= one.at < end), key=lambda one: one.at, reverse=True)
        offset = int(asked.query.get("cursor", "0"))
        body: dict[str, Any] = {"version": "1.1", "releases": [one.body for one in found[offset : offset + 100]]}
        if offset + 100 < len(found):
            keys = urlencode({**asked.query, "cursor": offset + 100})
            body["links"] = {"next": f"https://www.contractsfinder.service.gov.uk{asked.path}?{keys}"}
        return Reply(json.dumps(body).encode())


@dataclass(slots=True)
class Harvester:
    """One CSV a day, columns by path, every cell text; 403 after `patience` requests in a minute, for five minutes."""

    told: Sequence[Told]
    patience: int = 50
    times: list[float] = field(default_factory=list)
    shut_until: float = 0.0
    limited: int = 0

    def __call__(self, asked: Asked, number: int) -> Reply:
        if asked.at < self.shut_until or sum(at > asked.at - 60 for at in self.times) >= self.patience:
            self.limited += 1
            self.shut_until = asked.at + 300
            return Reply(b"Forbidden", 403)
        self.times.append(asked.at)
        head, _, tail = asked.path.partition("/Data/CSV/")
        if head != "/Harvester/Notices":
            return Reply(b"not found", 404)
        day = dt.date(*map(int, tail.split("/")))
        return Reply(
            daily_file([one.body for one in self.told if one.at.date() == day]), 200, {"Content-Type": "text/csv"}
        )


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{path}/{key}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _flat(item, f"{path}/{place}")
    else:
        yield path, str(value)


def daily_file(releases: list[dict[str, Any]]) -> bytes:
    """A day as the harvester writes it; the last line is a note that is no release."""
    rows = [
        {"uri": "https://www.contractsfinder.service.gov.uk/x", **dict(_flat(one, "releases/0"))} for one in releases
    ]
    columns = ["uri", "releases/0/ocid", "releases/0/id", "releases/0/date"]
    columns += sorted({key for row in rows for key in row} - set(columns))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    writer.writerow({"uri": "end", "releases/0/ocid": "none"})
    return out.getvalue().encode()
