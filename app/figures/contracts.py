"""Figures of contracts: in force, from start to end, by the month in which they end, and under each definition."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from app.charts import Bars, Chart, Line, Lines, Rule, Series, Span, Timeline
from app.figures import figure, licence_line, numbers, source_line
from app.palette import CATEGORIES
from app.stores import ask
from app.words import said
from pipelines.answers import Answer, count, listing, long_day, number, pounds, provider_name
from pipelines.answers import claim as claim_answer
from pipelines.edition import Edition
from pipelines.errors import Refused

MOST_SPANS = 14
OTHER = "other"


def _listed(answer: Answer) -> str:
    """The population of charts about the ends of contracts."""
    listed = count(answer.body["listed"], "listed cloud contract", "listed cloud contracts")
    return f"{listed}{answer.body['scope']} (frameworks, marketplace goods and advertising left out)"


@figure("in-force")
def in_force(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "in-force")
    quarters, outages = answer.frames["quarters"], answer.frames["outages"]
    lines = tuple(
        Line(str(name), list(part["day"]), numbers(part["contracts"]), numbers(part["low"]), numbers(part["high"]))
        for name, part in quarters.groupby("name", sort=False)
    )
    # Outages of one day share a mark.
    marks: dict[Any, list[str]] = {}
    for row in outages.to_dict("records"):
        for provider in row["providers"]:
            names = marks.setdefault(row["started_on"].date(), [])
            if provider_name(provider) not in names:
                names.append(provider_name(provider))
    return answer, Lines(
        id="in-force",
        title=_in_force_now(quarters),
        subtitle="listed cloud contracts in force on the first day of each quarter, by company; the band takes those without "
        "an end date as still running",
        unit="contracts",
        lines=lines,
        x_label="Quarter",
        rules=tuple(Rule(day, f"{' and '.join(names)} outage") for day, names in marks.items()),
        of=f"{answer.figure('contracts').value} contracts listed with a day of start",
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _in_force_now(quarters: pd.DataFrame) -> str:
    """Whom the newest quarter shows with most contracts, and with how many."""
    if quarters.empty:
        return "No listed cloud contract has a day of start"
    day = quarters["day"].max()
    now = quarters[quarters["day"] == day].sort_values("contracts", ascending=False, kind="stable").head(2)
    told = [f"{row['name']} {number(row['contracts'])}" for row in now.to_dict("records")]
    return f"Listed cloud contracts shown in force on {long_day(day)}: {listing(told)}"


@figure("contracts-timeline")
def contracts_timeline(
    edition: Edition, provider: str | None = None, organisation: str | None = None
) -> tuple[Answer, Chart]:
    answer = ask(edition, "renewals", provider=provider, organisation=organisation)
    # A contract with two providers is one span that says both: two would show its value twice.
    rows = answer.frames["longest"]
    providers = rows.groupby("contract_id")["provider"].agg(lambda names: "+".join(dict.fromkeys(names)))
    spans = tuple(
        Span(
            f"{said(row['buyer_name'], 'Buyer not known')}: {row['title']}" if not organisation else str(row["title"]),
            _date(row["start_on"]),
            _date(row["end_on"]),
            str(providers[row["contract_id"]]),
            None if pd.isna(row["value_gbp"]) else float(row["value_gbp"]),
            str(row["state"]),
        )
        for row in rows.drop_duplicates("contract_id").head(MOST_SPANS).to_dict("records")
    )
    few = _few([span.key for span in spans])
    spans = tuple(
        replace(span, key=OTHER, label=f"{span.label} ({_names(span.key)})") if few[span.key] == OTHER else span
        for span in spans
    )
    left = answer.body["listed"] - len(spans)
    return answer, Timeline(
        id="contracts-timeline",
        title=_next_end(answer),
        subtitle="when could they leave? Listed contracts from start to end, latest end first; an award value is a ceiling, not spending"
        + (f"; {number(left)} more in the files" if left else ""),
        unit="contracts",
        spans=spans,
        keys={
            key: _names(key) if key != OTHER else "Others, named beside"
            for key in dict.fromkeys(span.key for span in spans)
        },
        on=answer.as_of,
        of=_listed(answer),
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("renewals")
def renewals(edition: Edition, provider: str | None = None, organisation: str | None = None) -> tuple[Answer, Chart]:
    answer = ask(edition, "renewals", provider=provider, organisation=organisation)
    months = answer.frames["months"]
    ahead = months[months["month"] >= f"{edition.as_of:%Y-%m}"]
    order = sorted(ahead["month"].unique())[:24]
    providers = ahead.groupby("provider")["contracts"].sum().sort_values(ascending=False).index.tolist()[:6]

    def ends(month: str, name: str) -> float:
        return float(ahead[(ahead["month"] == month) & (ahead["provider"] == name)]["contracts"].sum())

    months_of = ahead.groupby("month")["contracts"].sum()
    most = str(months_of.idxmax()) if len(months_of) else ""
    return answer, Bars(
        id="renewals",
        title=f"Most listed contracts end in {pd.Timestamp(most):%B %Y}: {number(months_of[most])} of {number(months_of.sum())}"
        if most
        else f"No listed contract has an end from {edition.as_of:%B %Y} on",
        subtitle=f"contracts that end from {edition.as_of:%B %Y} on, by provider",
        unit="contracts",
        labels=[f"{pd.Timestamp(month):%B %Y}" for month in order],
        series=tuple(
            Series(f"p:{name}", provider_name(name), [ends(month, name) for month in order]) for name in providers
        ),
        of=_listed(answer),
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("claim-definitions")
def claim_definitions(edition: Edition, claim: str) -> tuple[Answer, Chart]:
    answer = ask(edition, "claim", claim_id=claim, most=claim_answer.MOST)
    counted = answer.frames["definitions"]
    if counted.empty:
        raise Refused(f"the claim {claim} is not about one provider's contracts, so no definition is counted")
    return answer, Bars(
        id="claim-definitions",
        title=f"From {pounds(counted['gbp'].min())} to {pounds(counted['gbp'].max())}: what our sources hold depends on "
        "what is counted",
        subtitle=f"known award value, a ceiling and not spending; the claim: {answer.body['claim']['title']}",
        unit="GBP",
        labels=list(counted["label"]),
        series=(Series("known", "Known value", numbers(counted["gbp"])),),
        of=f"{count(answer.total['notices'], 'notice')} in our sources",
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _names(key: str) -> str:
    """The providers that a span's key holds, by name."""
    return listing([provider_name(provider) for provider in key.split("+")])


def _few(keys: Sequence[str]) -> dict[str, str]:
    """Each key as it is drawn: where there are more than colours, those with fewest spans share one."""
    often = Counter(keys)
    kept = {key for key, _ in often.most_common(len(CATEGORIES) - (len(often) > len(CATEGORIES)))}
    return {key: key if key in kept else OTHER for key in often}


def _next_end(answer: Answer) -> str:
    """How many of the listed contracts end within a year of the evidence, and the first day on which one does."""
    ending = answer.figure("ending").value or 0
    within = f"within 12 months of {long_day(answer.as_of)}"
    if not ending:
        return f"No listed contract ends {within}"
    first = long_day(answer.frames["soon"]["end_on"].min())
    return f"{count(ending, 'listed contract')} {'ends' if ending == 1 else 'end'} {within}, the first on {first}"


def _date(value: Any) -> dt.date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()
