"""What stands beside the services that a scenario exposes: hours, transactions, contracts, and how long such events lasted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipelines import availability
from pipelines.answers import Figure, contracts, durations, incidents, number, percent, pounds
from pipelines.durations import ENOUGH
from pipelines.edition import Edition
from pipelines.graph import Graph
from pipelines.outage import stated
from pipelines.reach import DOWN, Codes
from pipelines.scenario import Scenario

METHODS = (
    "Service-hours are the services without an alternative that we can see times the hours of the scenario: what would "
    "be lost if nothing carried on; those exposed in part are not in it, because nobody says how much of them is lost. "
    "Transactions are a published yearly volume spread evenly over the year, for those services that publish one; the "
    "others are counted, not guessed. Contract value tied to the provider is the value of the listed contracts with it "
    "that are in force: a ceiling and never spending, and of the whole provider, since notices name no region; its low "
    "end leaves out resellers, contracts shared with other providers and evidence that is not known, its high end adds "
    "those without an end date. How long such events lasted is history: of the incidents recorded of the provider, or "
    "of all with the same cause, the share that was longer than the scenario, drawn towards all incidents where they "
    "are few. Statements on a body or one of its systems, and not on a service that we list, stand apart and in no "
    "count: what they name need not be all that the body has."
)
_WORLDS = ("low", "value", "high")


def lost(edition: Edition, graph: Graph, codes: Codes, scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Service-hours and transactions of what has no alternative: low on known evidence, value with inferred, high open.

    Transactions are None where services are exposed and none of them publishes a volume. They also count the exposed
    services with a published volume and without one, in `value`.
    """
    volumes: Mapping[str, int | None] = dict(
        edition.query("SELECT service_id, transactions_year FROM services").itertuples(index=False, name=None)
    )
    hours: dict[str, Any] = {}
    transactions: dict[str, Any] = {}
    for world, name in enumerate(_WORLDS):
        down = [graph.service_ids[place] for place in np.flatnonzero(codes & (0b10 << (2 * world)))]
        known = [_volume(volumes.get(service)) for service in down]
        found = availability.lost(scenario.hours, [(volume, 1.0) for volume in known])
        hours[name] = round(found.service_hours, 4)
        # Where services are exposed and none of them publishes a volume, the number is not nought but unknown.
        nobody_says = bool(known) and found.services_without_volume == len(known)
        transactions[name] = None if nobody_says else round(found.transactions_known, 2)
        if name == "value":
            transactions["with_volume"] = len(known) - found.services_without_volume
            transactions["without_volume"] = found.services_without_volume
    return {"service_hours": hours, "transactions": transactions}


def _volume(found: Any) -> float | None:
    return None if found is None or pd.isna(found) else float(found)


# The listed contracts with a provider that are summed, each group once as the contracts question takes it. In the low
# sum: those of which evidence knows that the whole is the provider's.
_TIED = f"""
WITH once AS (
  SELECT * FROM contract_listed {contracts.once("(SELECT * FROM contract_listed WHERE provider = $provider)")}
  WHERE summed AND start_on <= $on),
live AS (SELECT * FROM once WHERE end_on >= $on)
"""
_SURE = """certainty = 'known' AND NOT via_reseller AND contract_id NOT IN (
  SELECT contract_id FROM contract_providers GROUP BY contract_id HAVING count(DISTINCT provider) > 1)"""


def tied(edition: Edition, provider: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """Value of the listed contracts with a provider that are in force, and the first contracts.MOST of them.

    Keys: contracts, gbp (as the contracts question gives it), low, high, unknown_values, without_end.
    """
    asked = {"provider": provider, "on": edition.as_of}
    sums = contracts.listed(
        edition,
        f"""{_TIED}
        SELECT count(*) FILTER (end_on >= $on) AS contracts, sum(value_gbp) FILTER (end_on >= $on) AS gbp,
               sum(value_gbp) FILTER (end_on >= $on AND {_SURE}) AS low,
               sum(value_gbp) FILTER (end_on IS NULL OR end_on >= $on) AS high,
               count(*) FILTER (end_on >= $on AND value_status <> 'known') AS unknown_values,
               count(*) FILTER (end_on IS NULL) AS without_end FROM once""",
        asked,
    ).fillna(0)
    row = sums.iloc[0]
    told = {
        **{key: int(row[key]) for key in ("contracts", "unknown_values", "without_end")},
        **{key: round(float(row[key]), 2) for key in ("gbp", "low", "high")},
        "of": "the contracts listed; an award's value is a ceiling, never spending",
    }
    columns = "contract_id, buyer_name, title, value_gbp, start_on, end_on, certainty, url"
    return told, contracts.listed(
        edition, f"{_TIED} SELECT {columns} FROM live ORDER BY no LIMIT {contracts.MOST}", asked
    )


def said_of_bodies(edition: Edition, graph: Graph, scenario: Scenario) -> pd.DataFrame:
    """Statements on a body or a system of it, and not on a listed service, that place it in what fails.

    touch: direct (it stands in what fails), changes (a control plane is lost), possible (product or region not said).
    """
    columns = ["subject", "organisation_id", "organisation", "touch", "certainty", "role", "statement", "stated_on", "url",
               "statement_id", "source_id"]  # fmt: skip
    found = edition.rows(
        "SELECT s.*, o.name AS organisation FROM statements s LEFT JOIN organisations o USING (organisation_id) "
        "WHERE s.service_id IS NULL AND s.platform_id IS NULL AND s.current <> 'no' AND s.role <> 'mail_sending' "
        "AND s.provider = $provider AND (NOT s.private OR $private) "
        "ORDER BY organisation NULLS LAST, s.subject, s.statement_id",
        {"provider": scenario.provider, "private": edition.private},
    )
    rows = []
    for row in found:
        known, likely, opened = graph.effect_on(stated(row), scenario)
        if opened:
            touch = "possible" if not likely else "direct" if likely == DOWN else "changes"
            certainty = "unknown" if not likely else "known" if known == likely else "inferred"
            rows.append(row | {"touch": touch, "certainty": certainty})
    frame = pd.DataFrame(rows, columns=columns)
    order = {"direct": 0, "changes": 1, "possible": 2}
    return frame.sort_values("touch", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def history(edition: Edition, scenario: Scenario) -> dict[str, Any]:
    """How long recorded events of the provider, and of the scenario's cause, lasted, against the scenario's hours.

    Keys provider and cause, each None where no such event has a length: events, median_hours, p90_hours, longer (share
    over the scenario's hours), low and high (its band), shrunk. curve: the provider's exceedance curve, or that of all.
    """
    mine = durations.answer(edition, provider=scenario.provider, hours=scenario.hours)
    causes = {row["cause"] for row in edition.rows("SELECT DISTINCT cause FROM incidents")}
    same = (
        durations.answer(edition, cause=scenario.cause, hours=scenario.hours)
        if scenario.cause != "unknown" and scenario.cause in causes
        else None
    )
    whole = mine if mine.figure("events").value else durations.answer(edition, hours=scenario.hours)
    return {
        "basis": mine.body["basis"],
        "hours": scenario.hours,
        "provider": _lengths(mine),
        "cause": _lengths(same) if same else None,
        "curve_of": "provider" if whole is mine else "all providers",
        "curve": whole.frames["curve"],
    }


def _lengths(asked: Any) -> dict[str, Any] | None:
    if not asked.figure("events").value:
        return None
    longer = asked.figure("longer")
    return {
        "events": asked.figure("events").value,
        "median_hours": asked.figure("median").value,
        "p90_hours": asked.figure("p90").value,
        "longer": longer.value,
        "low": longer.low,
        "high": longer.high,
        "shrunk": asked.body["longer_shrunk"],
    }


def figures(found: Mapping[str, Any], worth: Mapping[str, Any], with_alternative: int, exposed: int) -> list[Figure]:
    """The figures of the above, in the order of the page."""
    hours, transactions = found["service_hours"], found["transactions"]
    without = transactions["without_volume"]
    return [
        Figure(
            "service_hours", "Service-hours, if nothing carries on", hours["value"], hours["low"], hours["high"],
            "service-hours", "services without an alternative that we can see",
        ),
        Figure(
            "transactions", "Transactions in these hours, where published", transactions["value"], transactions["low"],
            transactions["high"], "transactions",
            f"{number(transactions['with_volume'])} services that publish a volume; {number(without)} do not", without,
        ),
        Figure(
            "tied_gbp", "Contract value tied to the provider", worth["gbp"], worth["low"], worth["high"], "GBP",
            f"{number(worth['contracts'])} listed contracts in force; award value, not spending", worth["unknown_values"],
        ),
        Figure(
            "with_alternative", "Exposed services with something left", with_alternative, unit="services",
            of=f"{number(exposed)} exposed",
        ),
    ]  # fmt: skip


def words(past: Mapping[str, Any], worth: Mapping[str, Any], provider: str) -> list[str]:
    """History and contracts in sentences, for a page."""
    said = []
    for key, whose in (("provider", f"recorded incidents of {provider}"), ("cause", "recorded incidents with this cause")):  # fmt: skip
        known = past[key]
        if known:
            said.append(
                f"Of {number(known['events'])} {whose} with a length, half lasted longer than "
                f"{known['median_hours']:.1f} hours and one in ten longer than {known['p90_hours']:.1f}; "
                f"{percent(known['longer'])} lasted longer than {past['hours']:.3g} hours "
                f"(between {percent(known['low'])} and {percent(known['high'])}"
                + (
                    f"; drawn towards all incidents, because these are few, {percent(known['shrunk'])})."
                    if known["events"] < ENOUGH
                    else ")."
                )
            )
        elif key == "provider":
            said.append(f"No incident recorded of {provider} has a length.")
    said.append(
        f"{number(worth['contracts'])} listed contracts in force on this evidence name {provider}, with a known value of "
        f"{pounds(worth['gbp'])} (between {pounds(worth['low'])} and {pounds(worth['high'])}; "
        f"{number(worth['unknown_values'])} without a value): tied to it, and neither spent nor lost."
    )
    return said


def behind(edition: Edition, scenario: Scenario) -> dict[str, Any] | None:
    """The real outage that a scenario is taken from: its cause in words and both sides; None where there is none."""
    rows = edition.rows("SELECT * FROM incidents WHERE incident_id = $id", {"id": scenario.incident})
    if not rows:
        return None
    [row] = rows
    return {
        "incident": row["incident_id"],
        "cause": incidents.cause_words(row),
        "vendor_position": incidents.reply(row),
        "disputed_claims": row["disputed_claims"],
    }


def cause_in_words(scenario: Scenario, real: Mapping[str, Any] | None) -> str:
    """The cause as a reader sees it: that of the real outage, disputed where it is, else the one asked for."""
    if real:
        return str(real["cause"])
    return incidents.cause_words({"cause": scenario.cause, "ai_agent_involved": "disputed"})
