"""Which contracts: who signed, for how much, until when, and who is behind the reseller."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from pipelines import reference
from pipelines.answers import Answer, Figure, new, number, pounds, sources_of
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "contracts"
QUESTION = "What was signed, with whom, for how much, until when?"
METHODS = (
    "One row per award within a process, buyer and portal. The value is the award's, a ceiling and never "
    "spending; 0 and 1 stand for unknown and are counted, not summed; frameworks are permission to spend and "
    "never summed. Direct means that a company of the provider signed; named that the notice's words name it; "
    "inferred that it follows from context. Sums take contracts and call-offs in pounds, each group once."
)


def answer(
    edition: Edition,
    provider: str | None = None,
    organisation: str | None = None,
    since: dt.date | None = None,
    on: dt.date | None = None,
) -> Answer:
    """Contracts of a provider, a buyer, or all that are listed.

    Figures: contracts, gbp (known values), unknown_values, in_force (on `on`, by default the edition's
    as_of), in_force_gbp, via_reseller. Frames: contracts, by_provider, by_year.
    """
    on = on or edition.as_of
    conditions = ["c.status IN ('active', 'pending')"]
    parameters: dict[str, Any] = {}
    name = "contracts"
    if provider:
        name = f"contracts with {reference.load().provider(provider).name}"
        conditions.append("p.provider = $provider")
        parameters["provider"] = provider
    if organisation:
        body = edition.rows("SELECT name FROM organisations WHERE organisation_id = $id", {"id": organisation})
        if not body:
            ids = edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
            raise UnknownName("organisation", organisation, ids)
        name = f"{name} of {body[0]['name']}"
        conditions.append("c.organisation_id = $organisation")
        parameters["organisation"] = organisation
    if since:
        conditions.append("c.awarded_on >= $since")
        parameters["since"] = since
    rows = edition.query(
        f"""SELECT c.contract_id, c.group_id, c.portal, c.reference, c.organisation_id, c.buyer_name,
                   p.provider, p.grade, p.certainty, p.via_reseller, p.phrase, p.place,
                   list(DISTINCT s.supplier_name ORDER BY s.supplier_name) FILTER (s.supplier_name IS NOT NULL) AS suppliers,
                   c.title, c.contract_class, c.value_gbp, c.value_status, c.value_basis, c.awarded_on, c.start_on,
                   c.end_on, c.max_end_on, c.flags, c.url, c.source_id
            FROM contracts c JOIN contract_providers p USING (contract_id)
            LEFT JOIN contract_suppliers s USING (contract_id)
            WHERE {" AND ".join(conditions)} GROUP BY ALL
            ORDER BY c.value_gbp DESC NULLS LAST, c.contract_id""",
        parameters,
    )
    once = rows.drop_duplicates("group_id")
    summed = once[once["contract_class"].isin(["contract", "call_off"])]
    # As timestamps: pandas compares a column of days that are all missing with no day at all.
    day = pd.Timestamp(on)
    live = summed[(pd.to_datetime(summed["start_on"]) <= day) & (pd.to_datetime(summed["end_on"]) >= day)]
    unknown = int((summed["value_status"] != "known").sum())
    total = round(float(summed["value_gbp"].sum()), 2)
    figures = [
        Figure("contracts", "Contracts listed", len(once), unit="contracts"),
        Figure(
            "gbp",
            "Known value of contracts and call-offs",
            total,
            unit="GBP",
            n_unknown=unknown,
            of=f"{len(summed)} contracts and call-offs",
        ),
        Figure("unknown_values", "Without a known value", unknown, unit="contracts"),
        Figure("in_force", f"In force on {on.isoformat()}", len(live), unit="contracts"),
        Figure(
            "in_force_gbp",
            f"Known value in force on {on.isoformat()}",
            round(float(live["value_gbp"].sum()), 2),
            unit="GBP",
            n_unknown=int((live["value_status"] != "known").sum()),
        ),
        Figure("via_reseller", "Through a reseller", int(once["via_reseller"].sum()), unit="contracts"),
    ]
    by_provider = (
        summed.groupby("provider", as_index=False)
        .agg(
            contracts=("contract_id", "count"),
            gbp=("value_gbp", "sum"),
            unknown=("value_gbp", lambda v: int(v.isna().sum())),
        )
        .sort_values(["gbp", "provider"], ascending=[False, True], ignore_index=True)
    )
    by_year = (
        summed.assign(year=summed["awarded_on"].fillna(summed["start_on"]).dt.year.astype("Int64"))
        .groupby("year", as_index=False, dropna=False)
        .agg(contracts=("contract_id", "count"), gbp=("value_gbp", "sum"))
    )
    title = (
        f"We list {number(len(once))} {name}, worth {pounds(total)} where a value is known "
        f"({number(len(summed) - unknown)} of them); {number(len(live))} are in force on {on:%-d %B %Y}."
        if len(once)
        else f"We list no {name}: that says what we hold, not what exists."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        "the contracts listed: named in public sources or imported; not all contracts of the UK",
        METHODS,
        figures=figures,
        frames={"contracts": rows, "by_provider": by_provider, "by_year": by_year},
        caveats=[
            "An award's value is a ceiling, never money spent; a framework's value is in no sum.",
            "Northern Ireland below the threshold is not covered: its portal offers no public interface.",
        ],
        parameters={
            key: value
            for key, value in (("provider", provider), ("organisation", organisation), ("since", since), ("on", on))
            if value
        },
        sources=sources_of(edition, rows["source_id"]),
        body={"contracts": rows},
    )
