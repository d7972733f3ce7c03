"""Figures of contracts: in force, from start to end, by the month in which they end, and under each definition."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from app.charts import Bars, Chart, Line, Lines, Rule, Series, Span, Timeline
from app.figures import figure, licence_line, numbers, source_line
from app.stores import ask
from app.words import said
from pipelines.answers import Answer, count, listing, number, provider_name
from pipelines.answers import claim as claim_answer
from pipelines.edition import Edition
from pipelines.errors import Refused

MOST_SPANS = 14


def _listed(answer: Answer) -> str:
    """The population of charts about the ends of contracts."""
    listed = count(answer.body["listed"], "listed cloud contract", "listed cloud contracts")
    return f"{listed}{answer.body['scope']}, frameworks and marketplace goods left out"


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
        title="Listed cloud contracts in force, by company",
        subtitle="contracts on the first day of each quarter; the band takes those without an end date as still running",
        unit="contracts",
        lines=lines,
        x_label="Quarter",
        rules=tuple(Rule(day, f"{' and '.join(names)} outage") for day, names in marks.items()),
        of=f"{answer.figure('contracts').value} contracts listed with a day of start",
        source=source_line(answer),
        licence=licence_line(answer),
    )


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
    left = answer.body["listed"] - len(spans)
    return answer, Timeline(
        id="contracts-timeline",
        title="When could they leave?",
        subtitle="listed contracts from start to end, latest end first; an award value is a ceiling, not spending"
        + (f"; {number(left)} more in the files" if left else ""),
        unit="contracts",
        spans=spans,
        keys={
            key: listing([provider_name(p) for p in key.split("+")])
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

    return answer, Bars(
        id="renewals",
        title="Listed contracts by the month in which they end",
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
        title="What our sources hold under each definition",
        subtitle=f"known award value, a ceiling and not spending; the claim: {answer.body['claim']['title']}",
        unit="GBP",
        labels=list(counted["label"]),
        series=(Series("known", "Known value", numbers(counted["gbp"])),),
        of=f"{count(answer.total['notices'], 'notice')} in our sources",
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _date(value: Any) -> dt.date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()
