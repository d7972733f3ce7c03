"""Times as incident feeds write them: ISO, seconds since 1970 as text, and sentences in Pacific time or UTC.

AWS gives the times of the impact only in its last message ("Between 5:05 AM and 5:55 AM PST, we ..."), on a
12-hour clock, mostly without a day: the day is the latest one that is not after the message itself.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from typing import Any
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
_ZONES = {"PST": dt.timezone(dt.timedelta(hours=-8)), "PDT": dt.timezone(dt.timedelta(hours=-7)), "UTC": dt.UTC}
_MONTHS = {
    name: number
    for number, full in enumerate(
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        start=1,
    )
    for name in (full, full[:3])
}
# A message may be posted minutes before the end that it names.
_SLACK = dt.timedelta(minutes=30)
# Seconds and milliseconds since 1970: nothing between the two can be a time of this century.
_MILLISECONDS = 100_000_000_000


def iso(value: Any) -> dt.datetime | None:
    """An ISO time in UTC; None for anything else, and for one without a zone."""
    if not isinstance(value, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return _sane(moment.astimezone(dt.UTC)) if moment.tzinfo else None


def epoch(value: Any) -> dt.datetime | None:
    """Seconds or milliseconds since 1970, as number or text, in UTC."""
    if isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if abs(number) >= _MILLISECONDS:
        number //= 1000
    try:
        return _sane(dt.datetime.fromtimestamp(number, dt.UTC))
    except (OverflowError, OSError, ValueError):
        return None


def rfc822(value: str | None) -> dt.datetime | None:
    """A date of RSS in UTC. Azure writes a bare 'Z' as zone, which the standard library does not know."""
    if not value:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(re.sub(r"\sZ$", " GMT", value.strip()))
    except (TypeError, ValueError, IndexError):
        return None
    return _sane(moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC))


def _sane(moment: dt.datetime) -> dt.datetime | None:
    """No cloud existed before 2000; a time after 2100 is a mistake of the source."""
    return moment if 2000 <= moment.year <= 2100 else None


# -- sentences in Pacific time (AWS) ------------------------------------------------------------------------


def _pacific(part: str) -> str:
    """Pattern of one time on a 12-hour clock, with a day before it ("August 6 5:23 PM") or after ("on ...")."""
    day = r"(?P<{p}m{n}>[A-Z][a-z]{{2,8}})\.?\s+(?P<{p}d{n}>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<{p}y{n}>\d{{4}}))?"
    clock = r"(?P<{p}hour>\d{{1,2}}):(?P<{p}minute>\d{{2}})\s*(?P<{p}half>[AaPp])\.?[Mm]\.?(?:\s*(?P<{p}zone>P[SD]T))?"
    return (rf"(?:{day.format(p=part, n=1)},?\s+(?:at\s+)?)?{clock.format(p=part)}"
            rf"(?:\s+on\s+{day.format(p=part, n=2)})?")  # fmt: skip


_SPAN = re.compile(rf"\b(?:[Bb]etween|[Ff]rom)\s+{_pacific('a')}\s+(?:and|to|until)\s+{_pacific('b')}")
_START = re.compile(rf"\b(?:[Ss]tarting|[Bb]eginning)\s+(?:at|from)\s+{_pacific('a')}")


def pacific_span(message: str, posted: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None]:
    """(start, end) of the impact in a message of AWS, in UTC; None for what it does not say.

    `posted` is when the message was published: a time without a day is the latest one that is not after it.
    A message that names several spans gives the first start and the last end.
    """
    spans = []
    for found in _SPAN.finditer(message):
        zone = found["bzone"] or found["azone"]
        end = _pacific_moment(found, "b", zone, posted + _SLACK)
        start = _pacific_moment(found, "a", found["azone"] or zone, end) if end else None
        if start and end:
            spans.append((start, end))
    if spans:
        return min(start for start, _ in spans), max(end for _, end in spans)
    first = _START.search(message)
    return (_pacific_moment(first, "a", first["azone"], posted + _SLACK), None) if first else (None, None)


def _pacific_moment(found: re.Match[str], part: str, zone: str | None, latest: dt.datetime) -> dt.datetime | None:
    """One time of the sentence: on the day that it names, else on the latest day that keeps it before `latest`."""
    hour, minute = int(found[f"{part}hour"]), int(found[f"{part}minute"])
    if not (1 <= hour <= 12 and minute <= 59):
        return None
    clock = dt.time(hour % 12 + (12 if found[f"{part}half"] in "Pp" else 0), minute)
    place: dt.tzinfo = _ZONES[zone] if zone else PACIFIC
    local = latest.astimezone(place)
    for number in (1, 2):
        month = _MONTHS.get(found[f"{part}m{number}"] or "")
        if month:
            return _on_day(int(found[f"{part}d{number}"]), month, found[f"{part}y{number}"], clock, place, latest)
    moment = dt.datetime.combine(local.date(), clock, place)
    if moment > latest:
        moment -= dt.timedelta(days=1)
    return moment.astimezone(dt.UTC)


def _on_day(
    day: int, month: int, year: str | None, clock: dt.time, place: dt.tzinfo, latest: dt.datetime
) -> dt.datetime | None:
    """A time on a named day in UTC; without a year the latest one that is not after `latest`."""
    for candidate in [int(year)] if year else [latest.year, latest.year - 1]:
        try:
            moment = dt.datetime.combine(dt.date(candidate, month, day), clock, place).astimezone(dt.UTC)
        except ValueError:
            continue
        if year or moment <= latest + dt.timedelta(days=1):
            return _sane(moment)
    return None


# -- sentences in UTC (Azure) -------------------------------------------------------------------------------


def _utc(part: str) -> str:
    """Pattern of "14:44 UTC on 23 July 2026", where zone, day and year may be left to the other time."""
    day = rf"(?P<{part}day>\d{{1,2}})\s+(?P<{part}month>[A-Z][a-z]{{2,8}})(?:\s+(?P<{part}year>\d{{4}}))?"
    return rf"(?P<{part}hour>\d{{1,2}}):(?P<{part}minute>\d{{2}})(?:\s*UTC)?(?:\s+on\s+{day})?"


_ABOUT = r"(?:approximately\s+|about\s+|around\s+)?"
_UTC_SPAN = re.compile(rf"\b[Bb]etween\s+{_ABOUT}{_utc('a')}\s+and\s+{_ABOUT}{_utc('b')}")
_UTC_START = re.compile(rf"\b(?:[Ss]tarting|[Bb]eginning)\s+(?:at|from)\s+{_ABOUT}{_utc('a')}")


def utc_span(text: str, near: dt.date | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    """(start, end) of the impact in a sentence of Azure, in UTC; None for what it does not say.

    `near` is the day of the report: it lends the year where the sentence has none.
    """
    found = _UTC_SPAN.search(text)
    if found:
        end = _utc_moment(found, "b", None, near)
        start = _utc_moment(found, "a", end, near)
        if start and end and start <= end:
            return start, end
        return None, None
    found = _UTC_START.search(text)
    return (_utc_moment(found, "a", None, near), None) if found else (None, None)


def _utc_moment(found: re.Match[str], part: str, other: dt.datetime | None, near: dt.date | None) -> dt.datetime | None:
    day, month = found[f"{part}day"], _MONTHS.get(found[f"{part}month"] or "")
    year = int(found[f"{part}year"]) if found[f"{part}year"] else (other or near or dt.date(1, 1, 1)).year
    try:
        clock = dt.time(int(found[f"{part}hour"]), int(found[f"{part}minute"]), tzinfo=dt.UTC)
        if day and month:
            return _sane(dt.datetime.combine(dt.date(year, month, int(day)), clock))
        # "Between 14:44 and 19:41 UTC on 23 July 2026": the first time borrows the day of the second.
        return dt.datetime.combine(other.date(), clock) if other else None
    except ValueError:
        return None
