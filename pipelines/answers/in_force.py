"""How the listed contracts in force have grown, company by company, with the outages that fell into the time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from pipelines.answers import Answer, Figure, companies, contracts, long_day, new, number, sources_of
from pipelines.edition import Edition

ID = "in-force"
QUESTION = "How have contracts in force moved over time?"
METHODS = (
    "Contracts and call-offs behind which evidence shows a provider, each once per company, on the first day of each "
    "quarter. Counted are those that have begun and not yet ended; the low end of the band leaves out those without an "
    "end date, the high end takes them as still running. A missing start is taken as the award day; without either a "
    "contract is left out and counted apart. Marked are reviewed incidents of eight hours or more in which a source "
    "names UK public services."
)
LONG_HOURS = 8
MOST_COMPANIES = 4
# Contracts by the first quarter day on which they had begun and the last on which they had not ended: a few hundred rows
# hold what the quarters need, however many contracts there are.
_ROWS = f"""
WITH once AS (
  SELECT c.group_id, p.parent, min(coalesce(c.start_on, c.awarded_on)) AS start_on, max(c.end_on) AS end_on
  FROM contracts c JOIN contract_providers p USING (contract_id)
  WHERE c.status IN ('active', 'pending') AND {contracts.DEPENDS}
  GROUP BY ALL)
SELECT parent, min(start_on) AS first_on, date_trunc('quarter', start_on - 1)::DATE + INTERVAL 3 MONTH AS begun_on,
       date_trunc('quarter', end_on)::DATE AS last_on, count(*) AS contracts
FROM once GROUP BY ALL ORDER BY ALL
"""
_SOURCES = f"""
SELECT DISTINCT c.source_id FROM contracts c JOIN contract_providers p USING (contract_id)
WHERE c.status IN ('active', 'pending') AND {contracts.DEPENDS}
"""
_OUTAGES = """
SELECT incident_id, providers, product, started_on, duration_hours FROM incidents
WHERE title IS NULL AND uk_services_affected IS NOT NULL AND duration_hours >= $hours AND started_on IS NOT NULL
ORDER BY started_on, incident_id
"""


def answer(edition: Edition) -> Answer:
    """Contracts in force by quarter and company, to the quarter of the newest evidence.

    Figures: contracts (with a day of start), undated (without). Frames: quarters (day, company, name, contracts, low,
    high), outages (incident_id, providers, product, started_on, duration_hours).
    """
    rows = edition.rows(_ROWS)
    dated = [row for row in rows if row["begun_on"]]
    names = companies()
    counts: dict[str, int] = {}
    for row in dated:
        counts[row["parent"]] = counts.get(row["parent"], 0) + row["contracts"]
    leading = sorted(counts, key=lambda company: (-counts[company], company))[:MOST_COMPANIES]
    found: list[dict[str, Any]] = []
    for day in _quarters(min((row["first_on"] for row in dated), default=edition.as_of), edition.as_of):
        for company in leading:
            begun = [row for row in dated if row["parent"] == company and row["begun_on"].date() <= day]
            low = sum(row["contracts"] for row in begun if row["last_on"] and row["last_on"] >= day)
            high = low + sum(row["contracts"] for row in begun if row["last_on"] is None)
            found.append({"day": day, "company": company, "name": names.get(company, company), "contracts": low, "low": low, "high": high})  # fmt: skip
    quarters = pd.DataFrame(found, columns=["day", "company", "name", "contracts", "low", "high"])
    outages = edition.query(_OUTAGES, {"hours": LONG_HOURS})
    last = quarters[quarters["day"] == quarters["day"].max()].sort_values(
        ["contracts", "name"], ascending=[False, True]
    )
    title = (
        f"Of the listed contracts, {number(last.iloc[0]['contracts'])} with {last.iloc[0]['name']} were in force on "
        f"{long_day(last.iloc[0]['day'])}, and up to {number(last.iloc[0]['high'])} if those without an end date still run."
        if len(last)
        else "No listed contract has a day of start."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        contracts.POPULATION,
        METHODS,
        figures=[
            Figure("contracts", "Contracts with a day of start", sum(counts.values()), unit="contracts"),
            Figure(
                "undated",
                "Without one, left out",
                sum(row["contracts"] for row in rows if not row["begun_on"]),
                unit="contracts",
            ),
        ],
        frames={"quarters": quarters, "outages": outages},
        caveats=["More contracts in later years may show better records, not more contracts."],
        sources=sources_of(edition, (row["source_id"] for row in edition.rows(_SOURCES))),
        body={"quarters": quarters, "outages": outages},
    )


def _quarters(first: dt.date, last: dt.date) -> list[dt.date]:
    """The first day of each quarter from the one that holds `first` to the one that holds `last`."""
    starts = pd.period_range(pd.Timestamp(first), pd.Timestamp(last), freq="Q").to_timestamp()
    return [start.date() for start in starts]
