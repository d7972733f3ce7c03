"""A page of GOV.UK's list of organisations as bodies. What the list does not say (domain, area) stays missing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.records import Organisation
from pipelines.text import plain, slug

KIND = "govuk-organisations"
TITLE = "GOV.UK list of organisations"
PUBLISHER = "Government Digital Service"
LICENCE = "Open Government Licence v3.0"
CREDIT = "Contains public sector information licensed under the Open Government Licence v3.0."
PRIMARY = "organisations"
LINES = False
EXAMPLE = "cloudhold import govuk-organisations organisations-page-1.json"

# Formats of the list, as GOV.UK writes them, and the sector that our own table gives the bodies of each.
SECTORS: Mapping[str, str] = {
    "Ministerial department": "central",
    "Non-ministerial department": "central",
    "Executive agency": "central",
    "Executive non-departmental public body": "central",
    "Advisory non-departmental public body": "central",
    "Tribunal non-departmental public body": "central",
    "Tribunal": "central",
    "Court": "central",
    "Public corporation": "central",
    "Independent monitoring body": "central",
    "Ad-hoc advisory group": "central",
    "Special health authority": "central",
    "Sub organisation": "central",
    "Sub-organisation": "central",
    "Executive office": "central",
    "Civil service": "central",
    "Civil Service": "central",
    "Other": "central",
    "Devolved administration": "devolved",
    "Devolved government": "devolved",
}


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Bodies of one page (an object with `results`), or of a saved list. Columns: `pipelines.records.Organisation`."""
    batch = Batch()
    try:
        told = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return batch.refuse(name, body, f"it is not JSON ({' '.join(str(error).split())[:100]})")
    results = told.get("results") if isinstance(told, dict) else told
    if not isinstance(results, list):
        return batch.refuse(name, body, "it has no list of results; its shape may have changed")
    batch.read = len(results)
    found: dict[str, Organisation] = {}
    for place, one in enumerate(results, start=1):
        try:
            made = _organisation(one, source_id)
        except ValueError as error:
            batch.rejected.append(Rejected(f"{name} result {place}", json.dumps(one).encode(), str(error)))
            continue
        found.setdefault(made.organisation_id, made)
    batch.tables["organisations"] = schema.to_arrow("organisations", found.values())
    return batch


def _organisation(one: Any, source_id: str) -> Organisation:
    """One body; ValueError, saying why, where it has no id or no name."""
    if not isinstance(one, dict) or not isinstance(one.get("details"), dict):
        raise ValueError("it is no body with details")
    details = one["details"]
    key = details.get("slug")
    if not isinstance(key, str) or not key or slug(key) != key:
        raise ValueError(f"its slug {str(key)[:60]!r} cannot be an id")
    title = plain(one["title"], 300) if isinstance(one.get("title"), str) else None
    if title is None:
        raise ValueError("it has no title")
    kind = plain(one.get("format"), 100)
    ended = details.get("govuk_status") == "closed" or bool(details.get("closed_at"))
    closed_on = _day(details.get("closed_at"))
    status = plain(details.get("govuk_status"), 60)
    return Organisation(
        organisation_id=key,
        name=title,
        sector=SECTORS.get(kind or "", "other"),
        # As bodies that have ended are named elsewhere: nobody is compared with them.
        peer_class="former body" if ended else kind or "kind not published",
        status=(f"ended {closed_on}" if closed_on else "ended") if ended else status,
        parents=_slugs(one.get("parent_organisations")),
        gss_code=None,
        domain=None,
        inhabitants=None,
        lat=None,
        lon=None,
        updated_on=_day(one.get("updated_at")),
        source_id=source_id,
        check="read in the list",
    )


def _slugs(parents: Any) -> tuple[str, ...]:
    """Slugs at the end of the addresses of parent bodies."""
    found = []
    for parent in parents if isinstance(parents, list) else ():
        key = str(parent.get("id") if isinstance(parent, dict) else "").rstrip("/").rpartition("/")[2]
        if key and slug(key) == key:
            found.append(key)
    return tuple(dict.fromkeys(found))


def _day(text: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
