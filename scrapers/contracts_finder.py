"""Contracts Finder's daily files: one CSV for each day of publication, every release of that day in it.

A day is asked for once it is over; a day that is still open is asked again by the next run. An empty answer is believed
when it comes again on another day: one alone may as well be a fault, and a day that is done is never asked again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from scrapers._fetch import Fetcher, Limits, SourceEnded
from scrapers._source import Page, Run, Source
from scrapers._windows import Spans

SOURCE = Source(
    id="contracts-finder",
    title="Contracts Finder notices, daily files",
    publisher="Cabinet Office",
    licence="Open Government Licence v3.0",
    home="https://www.contractsfinder.service.gov.uk/",
    reader="contracts-finder-harvester",
    cadence_days=7,
    credit="Contains public sector information licensed under the Open Government Licence v3.0.",
    caveats=(
        "for several suppliers only the value and dates of the first award are published",
        "an award's value is a ceiling, never money spent",
    ),
    limits=Limits(least_seconds=1.0, rate_limited_statuses=frozenset({403}), rate_limited_wait=300.0),
    everything=False,  # a day is read once: a later run reads only what came after
)
ADDRESS = "https://www.contractsfinder.service.gov.uk/Harvester/Notices/Data/CSV"
EARLIEST = dt.date(2015, 2, 1)
_DAY = dt.timedelta(days=1)


def collect(fetcher: Fetcher, run: Run) -> Iterator[Page]:
    """The file of every day between --since and --until that is not done, the newest first."""
    since, until = max(run.since or EARLIEST, EARLIEST), min(run.until or run.now.date(), run.now.date())
    run.span = (since, until)
    done = Spans(run.cursor.get("done") or ())
    empty: dict[str, str] = dict(run.cursor.get("empty") or {})
    today = run.now.date().isoformat()
    days = [since + number * _DAY for number in range((until - since).days, -1, -1)]
    wanted = [day for day in days if not done.covers(day.isoformat(), (day + _DAY).isoformat())]
    for number, day in enumerate(wanted):
        run.progress(number, len(wanted), day.isoformat())
        fetched = fetcher.get(f"{ADDRESS}/{day.year}/{day.month}/{day.day}", accept="text/csv")
        if fetched.status == 404:
            run.lacks.append(f"the file of {day.isoformat()}")
            continue
        if fetched.status != 200:
            raise SourceEnded(f"the file of {day.isoformat()} answered {fetched.status}; run again later")
        after, name = Spans(done.said()), day.isoformat()
        nothing = not fetched.body.strip()
        believed = not nothing or empty.get(name, today) < today
        if day < run.now.date() - _DAY and believed:  # one day more: the site's day is London's
            after.add(name, (day + _DAY).isoformat())
            empty.pop(name, None)
        if not believed:
            empty.setdefault(name, today)
            run.lacks.append(f"the file of {name}, which is empty")
        run.unread = None
        yield Page(fetched, f"{name}.csv", {"done": after.said(), "empty": dict(empty)}, empty=nothing)
        if run.unread is None:
            done.become(after)
        else:
            run.lacks.append(f"the file of {name} ({run.unread})"[:200])
    run.progress(len(wanted), len(wanted), "done")
