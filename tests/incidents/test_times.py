"""Times in sentences: worked out by hand, and W12 (20 October 2025) from Pacific time."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from pipelines.incidents.times import epoch, iso, pacific_span, rfc822, utc_span

AWS = [
    # posted (UTC), sentence, start, end (UTC)
    ("2022-02-06T13:00", "Between 4:10 AM and 4:40 AM PST we saw errors.", "2022-02-06T12:10", "2022-02-06T12:40"),
    ("2022-06-30T02:46", "Between 11:45 AM and 7:42 PM PDT, customers saw errors.", "2022-06-29T18:45", "2022-06-30T02:42"),
    # posted after midnight: both times belong to the day before
    ("2022-03-03T09:06", "Between 10:03 PM and 11:30 PM PST, the console failed.", "2022-03-03T06:03", "2022-03-03T07:30"),
    ("2021-08-07T09:53", "Between August 6 5:23 PM and August 7 2:48 AM PDT, X.", "2021-08-07T00:23", "2021-08-07T09:48"),
    ("2021-12-08T10:29", "Between 7:31 AM PST on December 7 and 2:20 AM PST on December 8, X.", "2021-12-07T15:31", "2021-12-08T10:20"),
    ("2021-12-22T11:21", "Between December 21, 2021 at 6:37 PM  and December 22, 2021 at 03:17 AM PST, X.", "2021-12-22T02:37", "2021-12-22T11:17"),
    # across the new year the year is the one that is not in the future
    ("2026-01-01T09:00", "Between December 31 10:30 PM and January 1 12:45 AM PST X.", "2026-01-01T06:30", "2026-01-01T08:45"),
    ("2022-12-08T01:14", "Between 7:32 AM to 4:56 PM PST we saw errors.", "2022-12-07T15:32", "2022-12-08T00:56"),
    # two windows: from the first start to the last end
    ("2021-12-24T18:41", "Between 8:59 AM and 9:32 AM PST and between 9:40 AM and 10:16 AM PST X.", "2021-12-24T16:59", "2021-12-24T18:16"),
    ("2021-10-06T02:47", "Starting at 6:05 PM PDT some instances lost power.", "2021-10-06T01:05", None),
    ("2021-09-27T11:21", "Starting at 6:41 PM PDT on September 26th, X.", "2021-09-27T01:41", None),
    # no zone named: Pacific time of that day, daylight saving on 3 July, off on 3 January
    ("2022-07-03T20:00", "Between 12:00 PM and 12:30 PM, X.", "2022-07-03T19:00", "2022-07-03T19:30"),
    ("2022-01-03T21:00", "Between 12:00 PM and 12:30 PM, X.", "2022-01-03T20:00", "2022-01-03T20:30"),
    ("2022-01-03T21:00", "Between 12:00 AM and 12:30 AM PST, X.", "2022-01-03T08:00", "2022-01-03T08:30"),
    ("2022-01-03T21:00", "Customers between two regions saw errors at 5:00 PM.", None, None),
    ("2022-01-03T21:00", "Between 25:00 AM and 26:00 AM PST X.", None, None),
    ("2022-01-03T21:00", "Between February 31 1:00 AM and February 31 2:00 AM PST X.", None, None),
]  # fmt: skip

AZURE = [
    # day of the report, sentence, start, end
    ("2026-07-23", "Starting at approximately 14:44 UTC on 23 July 2026, customers X", "2026-07-23T14:44", None),
    ("2025-10-30", "Between 15:41 UTC on 29 October and 00:05 UTC on 30 October 2025, X", "2025-10-29T15:41", "2025-10-30T00:05"),
    ("2026-07-24", "Between 14:44 and 19:41 UTC on 23 July 2026, X", "2026-07-23T14:44", "2026-07-23T19:41"),
    ("2026-02-08", "Between 07:58 UTC on 07 February 2026 and 04:24 UTC on 08 February 2026, X", "2026-02-07T07:58", "2026-02-08T04:24"),
    ("2026-02-08", "Between 07:58 UTC on 07 February and 04:24 UTC on 08 February, X", "2026-02-07T07:58", "2026-02-08T04:24"),
    ("2026-02-08", "Between 19:00 UTC on 08 February 2026 and 04:24 UTC on 08 February 2026, X", None, None),
    ("2026-02-08", "at 07:58 UTC power failed", None, None),
    ("2026-02-08", "Between 07:58 UTC on 31 February 2026 and 09:00 UTC on 31 February 2026", None, None),
]  # fmt: skip


def at(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) if text else None


@pytest.mark.parametrize(("posted", "sentence", "start", "end"), AWS, ids=[row[1][:50] for row in AWS])
def test_sentences_in_pacific_time(posted: str, sentence: str, start: str | None, end: str | None) -> None:
    moment = at(posted)
    assert moment is not None
    assert pacific_span(sentence, moment) == (at(start), at(end))


@pytest.mark.parametrize(("day", "sentence", "start", "end"), AZURE, ids=[row[1][:50] for row in AZURE])
def test_sentences_in_utc(day: str, sentence: str, start: str | None, end: str | None) -> None:
    assert utc_span(sentence, dt.date.fromisoformat(day)) == (at(start), at(end))


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("1772369485", "2026-03-01T12:51:25"),
        (1772369485, "2026-03-01T12:51:25"),
        ("1772369485000", "2026-03-01T12:51:25"),  # milliseconds stand beside seconds in one event
        ("soon", None), ("", None), (None, None), (True, None), ("9" * 40, None), ("-5", None),
    ],
)  # fmt: skip
def test_seconds_since_1970(value: object, moment: str | None) -> None:
    assert epoch(value) == at(moment)


def test_iso_needs_a_zone_and_rss_dates_may_end_in_z() -> None:
    assert iso("2026-01-02T03:04:05Z") == at("2026-01-02T03:04:05")
    assert iso("2026-01-02T03:04:05+01:00") == at("2026-01-02T02:04:05")
    assert iso("2026-01-02T03:04:05") is None and iso(5) is None and iso("0001-01-01T00:00:00Z") is None
    assert rfc822("Thu, 23 Jul 2026 16:29:09 Z") == at("2026-07-23T16:29:09")
    assert rfc822("Thu, 23 Jul 2026 16:29:09 +0100") == at("2026-07-23T15:29:09")
    assert rfc822("tomorrow") is None


def test_w12_the_phases_of_20_october_2025() -> None:
    """Pacific times of the vendor's report to UTC, and their lengths, to the last digit of the worked example."""
    posted = dt.datetime(2025, 10, 20, 22, 0, tzinfo=dt.UTC)

    def hours(sentence: str) -> tuple[str, str, float]:
        start, end = pacific_span(sentence, posted)
        assert start and end
        length = round((end - start).total_seconds() / 3600, 4)
        return start.strftime("%Y-%m-%dT%H:%MZ"), end.strftime("%Y-%m-%dT%H:%MZ"), length

    assert hours("Between October 19 11:48 PM PDT and October 20 2:20 PM PDT, X.") == (
        "2025-10-20T06:48Z", "2025-10-20T21:20Z", 14.5333)  # fmt: skip
    assert hours("Between October 19 11:48 PM PDT and October 20 2:40 AM PDT, X.")[2] == 2.8667
    assert hours("Between 5:30 AM and 2:09 PM PDT, X.")[2] == 8.65
    assert hours("Between 2:25 AM and 1:50 PM PDT, X.")[2] == 11.4167


@pytest.mark.shared
def test_w12_as_the_file_prints_it(shared: Path) -> None:
    cases = {case["id"]: case for case in json.loads((shared / "metrics" / "worked_examples.json").read_text())}
    expected, given = cases["W12"]["expected"], cases["W12"]["input"]
    start = dt.datetime.fromisoformat(given["start"])
    assert start.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%MZ") == expected["start_utc"]
    assert iso(given["start"]) == start.astimezone(dt.UTC)
    end, dynamo = iso(given["end"]), iso(given["dynamodb_end"])
    assert end and dynamo
    assert round((end - start).total_seconds() / 3600, 4) == expected["total_h"]
    assert round((dynamo - start).total_seconds() / 3600, 4) == expected["dynamodb_h"]
