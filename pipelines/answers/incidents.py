"""What failed at cloud and online service providers, why, and what each side says."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipelines import reference
from pipelines.answers import Answer, Figure, long_day, new, number, percent, sources_of
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.incidents.join import CHECK

ID = "incidents"
QUESTION = "Which outages are recorded, what caused them, and where do the parties disagree?"
METHODS = (
    "Reviewed incidents come from our table, each with its sources and how far it was checked (A a vendor, body or "
    "named press source, B a structured dataset, C a weak source); incidents collected from providers' feeds stand "
    "beside them, not reviewed, with unknown cause. A feed's incident that is probably a reviewed one is linked to it "
    "and not counted again. The vendor's position and claims that contradict it are separate columns, and both are "
    "always shown. Each share is of the rows where the answer is known, with how many are not; automation is any "
    "automatic system, an AI agent one that chose its own actions. Start and end are those of the impact as stated; "
    "the time of posting stands apart."
)
CAVEATS = (
    "Famous incidents are over-represented among the reviewed rows: their median length is about twice that of all "
    "that vendors publish.",
    "What a vendor calls an incident differs, and Azure publishes broad events only: counts do not compare vendors.",
    "A status page tells late: a median of 76 minutes after the stated start at AWS and 79 at Google.",
)
AUTOMATION = ("yes", "no", "unknown")
AI_AGENT = ("yes", "disputed", "no", "unknown")
_COLUMNS = (
    "incident_id, title, providers, product, regions, status, started_at, ended_at, posted_at, closed_at, started_on, "
    "duration_hours, time_precision, cause, cause_note, automation_involved, ai_agent_involved, vendor_position, "
    'disputed_claims, uk_services_affected, linked, "check", urls, source_id'
)


def answer(
    edition: Edition,
    provider: str | None = None,
    cause: str | None = None,
    automation: str | None = None,
    ai_agent: str | None = None,
    first_year: int | None = None,
    last_year: int | None = None,
    incident: str | None = None,
    reviewed_only: bool = False,
) -> Answer:
    """Incidents that pass every filter; `automation` and `ai_agent` take the words of the table.

    Figures: incidents, reviewed, automation, ai_accepted, ai_disputed, disputed, uk_named, open. Frames:
    incidents (one row each, vendor_position and disputed_claims always there, `reply` says where neither was
    found), causes, feeds (one row per collected feed: state, last good day, why). UnknownName for a provider, cause,
    word or incident that is not held; Refused for years the wrong way round.
    """
    found = _rows(edition, provider, cause, automation, ai_agent, first_year, last_year, incident, reviewed_only)
    found["reply"] = [reply(row) for row in found.to_dict("records")]
    reviewed = found[found["check"] != CHECK]
    figures = _figures(found, reviewed)
    feeds = _feeds(edition)
    parameters = {
        "provider": provider, "cause": cause, "automation": automation, "ai_agent": ai_agent, "from": first_year,
        "to": last_year, "incident": incident,
    }  # fmt: skip
    made = new(
        edition,
        ID,
        QUESTION,
        _title(found, reviewed),
        "incidents that we reviewed or that a collected feed tells of; not all that happened",
        METHODS,
        figures=figures,
        frames={"incidents": found, "causes": _causes(reviewed), "feeds": feeds},
        caveats=[*CAVEATS, *_stale(feeds)],
        parameters={key: value for key, value in parameters.items() if value},
        sources=sources_of(edition, found["source_id"]),
    )
    made.body = {"incidents": found, "causes": made.frames["causes"], "feeds": feeds}
    return made


def _rows(
    edition: Edition,
    provider: str | None,
    cause: str | None,
    automation: str | None,
    ai_agent: str | None,
    first_year: int | None,
    last_year: int | None,
    incident: str | None,
    reviewed_only: bool,
) -> pd.DataFrame:
    conditions: list[str] = ["TRUE"]
    parameters: dict[str, Any] = {}
    if provider:
        reference.load().provider(provider)
        conditions.append("list_contains(providers, $provider)")
        parameters["provider"] = provider
    if cause:
        known = edition.query("SELECT DISTINCT cause FROM incidents")["cause"]
        if cause not in set(known):
            raise UnknownName("cause", cause, known)
        conditions.append("cause = $cause")
        parameters["cause"] = cause
    for name, value, column, words in (
        ("automation", automation, "automation_involved", AUTOMATION),
        ("ai_agent", ai_agent, "ai_agent_involved", AI_AGENT),
    ):
        if value:
            if value not in words:
                raise UnknownName(name.replace("_", " "), value, words)
            conditions.append(f"{column} = ${name}")
            parameters[name] = value
    if first_year and last_year and first_year > last_year:
        raise Refused(f"the years {first_year} to {last_year} run backwards; put the earlier one first")
    # Where only a month or a year is known, the id carries it: those rows pass by the year in their id.
    year = "coalesce(year(started_on), try_cast(regexp_extract(incident_id, '(20\\d\\d)', 1) AS INTEGER))"
    for name, edge, sign in (("first", first_year, ">="), ("last", last_year, "<=")):
        if edge:
            conditions.append(f"{year} {sign} ${name}")
            parameters[name] = edge
    if incident:
        ids = edition.query("SELECT incident_id FROM incidents")["incident_id"]
        if incident not in set(ids):
            raise UnknownName("incident", incident, ids)
        conditions.append("incident_id = $incident")
        parameters["incident"] = incident
    if reviewed_only:
        conditions.append('"check" <> $check')
        parameters["check"] = CHECK
    # What is known by its month or year stands where that month or year stands.
    about = (
        "coalesce(started_on, try_cast(regexp_extract(incident_id, '(20\\d\\d-\\d\\d)', 1) || '-01' AS DATE), "
        "try_cast(regexp_extract(incident_id, '(20\\d\\d)', 1) || '-01-01' AS DATE))"
    )
    found = edition.query(
        f"SELECT {_COLUMNS} FROM incidents WHERE {' AND '.join(conditions)} ORDER BY {about} DESC NULLS LAST, incident_id",
        parameters,
    )
    rows = found.to_dict("records")
    found["when"] = pd.Series([when(row) for row in rows], dtype="str")
    found["cause_words"] = pd.Series([cause_words(row) for row in rows], dtype="str")
    return found


def when(row: Mapping[Any, Any]) -> str:
    """The day in words; the month or year where only that is known, which the id then carries."""
    if pd.notna(row["started_on"]):
        return long_day(row["started_on"])
    month = re.search(r"(20\d\d)-(\d\d)(?!\d)", row["incident_id"])
    if month and 1 <= int(month[2]) <= 12:
        return f"{dt.date(int(month[1]), int(month[2]), 1):%B %Y}, day not known"
    year = re.search(r"20\d\d", row["incident_id"])
    return f"{year[0]}, day not known" if year else "day not known"


# Causes that do not read well as their codes.
CAUSES = {
    "dns": "DNS",
    "config_change": "configuration change",
    "power_cooling": "power or cooling",
    "cyber": "cyber attack",
    "supplier_failure": "failure of a supplier",
    "operator_deletion": "deletion by an operator",
}


def cause_words(row: Mapping[Any, Any]) -> str:
    """The cause as a reader sees it. An AI agent's part that the parties dispute is never told as the cause alone."""
    if row["cause"] == "ai_agent":
        return "AI agent (disputed)" if row["ai_agent_involved"] == "disputed" else "AI agent"
    return CAUSES.get(row["cause"], str(row["cause"]).replace("_", " "))


def reply(row: Mapping[Any, Any]) -> str:
    """The vendor's side: its position, or that none was found and when we looked."""
    if isinstance(row["vendor_position"], str) and row["vendor_position"]:
        return row["vendor_position"]
    if row["check"] == CHECK:
        return "told by the provider's own feed"
    return f"no position found on {reference.load().tables['incidents'].compiled.isoformat()}"


def _share(rows: pd.DataFrame, column: str, words: tuple[str, ...]) -> tuple[int, int, int]:
    """(rows with one of the words, rows where it is known, rows where it is not)."""
    unknown = int((rows[column] == "unknown").sum())
    return int(rows[column].isin(words).sum()), len(rows) - unknown, unknown


def _figures(found: pd.DataFrame, reviewed: pd.DataFrame) -> list[Figure]:
    automation, known, unknown = _share(reviewed, "automation_involved", ("yes",))
    accepted, ai_known, ai_unknown = _share(reviewed, "ai_agent_involved", ("yes",))
    disputed, _, _ = _share(reviewed, "ai_agent_involved", ("disputed",))
    of_ai = f"{number(ai_known)} reviewed incidents where it is known or disputed"
    both = reviewed[["vendor_position", "disputed_claims"]].notna()
    return [
        Figure("incidents", "Incidents listed", len(found), unit="incidents"),
        Figure("reviewed", "Reviewed, each with its sources", len(reviewed), unit="incidents"),
        Figure(
            "automation",
            "Involved automation",
            automation,
            automation,
            automation + unknown,
            "incidents",
            f"{number(known)} reviewed incidents where it is known; the range is over all {number(known + unknown)}",
            unknown,
        ),
        Figure("ai_accepted", "Involved an AI agent, accepted by the parties", accepted, unit="incidents", of=of_ai, n_unknown=ai_unknown),
        Figure("ai_disputed", "Involved an AI agent, disputed", disputed, unit="incidents", of=of_ai, n_unknown=ai_unknown),
        Figure("disputed", "With a claim that contradicts the vendor or another source", int(both["disputed_claims"].sum()), unit="incidents"),
        Figure(
            "disputed_with_position",
            "Of these, with the vendor's position found",
            int((both["disputed_claims"] & both["vendor_position"]).sum()),
            unit="incidents",
        ),
        Figure("uk_named", "With UK public services named in a source", _uk_named(reviewed), unit="incidents"),
        Figure("open", "Not over when last read", int((found["status"] == "open").sum()), unit="incidents"),
    ]  # fmt: skip


def _uk_named(rows: pd.DataFrame) -> int:
    named = rows["uk_services_affected"].dropna()
    return int((~named.str.startswith("none")).sum())


def _causes(reviewed: pd.DataFrame) -> pd.DataFrame:
    """One row per cause: how many, how many with a length, median hours, with automation."""
    grouped = reviewed.groupby("cause", as_index=False).agg(
        incidents=("incident_id", "count"),
        with_length=("duration_hours", "count"),
        median_hours=("duration_hours", "median"),
        automation=("automation_involved", lambda column: int((column == "yes").sum())),
        automation_known=("automation_involved", lambda column: int((column != "unknown").sum())),
    )
    return grouped.sort_values(["incidents", "cause"], ascending=[False, True], ignore_index=True)


def _feeds(edition: Edition) -> pd.DataFrame:
    """One row per feed: how its last look ended, the day of its last good state, how long before as_of that was."""
    feeds = edition.query(
        "SELECT replace(collector, 'incidents:', '') AS feed, state, date_from, date_to AS last_good, rows AS incidents, "
        "reason FROM coverage WHERE starts_with(collector, 'incidents:') ORDER BY feed"
    )
    ages = [None if pd.isna(day) else (edition.as_of - pd.Timestamp(day).date()).days for day in feeds["last_good"]]
    feeds["days_before_as_of"] = pd.array(ages, dtype="Int64")
    return feeds


def _stale(feeds: pd.DataFrame) -> list[str]:
    """A sentence for each feed whose last look gave nothing usable."""
    broken = feeds[feeds["state"].isin(["partial", "failed"])]
    return [f"Feed {row['feed']}: {row['reason']}." for row in broken.to_dict("records")]


def _title(found: pd.DataFrame, reviewed: pd.DataFrame) -> str:
    if found.empty:
        return "No incident that we hold passes these filters."
    automation, known, _ = _share(reviewed, "automation_involved", ("yes",))
    accepted, _, _ = _share(reviewed, "ai_agent_involved", ("yes",))
    disputed, _, _ = _share(reviewed, "ai_agent_involved", ("disputed",))
    more = len(found) - len(reviewed)
    beside = f" and {number(more)} from feeds, not reviewed" if more else ""
    share = f" ({percent(automation / known)})" if known else ""
    return (
        f"Of {number(len(reviewed))} reviewed incidents{beside}, automation was involved in {number(automation)}{share} "
        f"of the {number(known)} where that is known; an AI agent in {number(accepted)} by agreement of the parties and "
        f"in {number(disputed)} in dispute."
    )
