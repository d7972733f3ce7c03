"""Which cloud contracts end when, and was a successor seen?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from pipelines.answers import Answer, Figure, new, number, pounds, provider_name, sources_of
from pipelines.answers.claim import family_of
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "renewals"
QUESTION = "Which cloud contracts end when, and was a successor seen?"
METHODS = (
    "Contracts and call-offs behind which evidence shows a provider, each group once, by the month of their end. A "
    "successor is another contract of the same buyer with a provider of the same group of companies that starts "
    "between 180 days before the end and 365 days after it, and runs on beyond it. Not seen means not in our sources."
)
# A successor may start before the old deal ends, and procurement may run late.
EARLIEST, LATEST = dt.timedelta(days=-180), dt.timedelta(days=365)

_ROWS = """
SELECT c.group_id, c.contract_id, c.organisation_id, c.buyer_name, p.provider, p.parent, p.grade, p.via_reseller, c.title,
       c.value_gbp, c.value_status, c.start_on, c.end_on, c.max_end_on, c.superseded_by, c.url, c.notice_ids, c.source_id,
       coalesce(c.organisation_id, lower(c.buyer_name)) AS buyer_key
FROM contracts c JOIN contract_providers p USING (contract_id)
WHERE c.status IN ('active', 'pending') AND c.contract_class <> 'framework' AND NOT p.marketplace
ORDER BY c.contract_id <> c.group_id, c.contract_id, p.provider
"""


def answer(
    edition: Edition, provider: str | None = None, organisation: str | None = None, on: dt.date | None = None
) -> Answer:
    """Ends of contracts around a day, by default the edition's newest evidence.

    Figures: ending (within 12 months), gbp, ended_seen, ended_unseen, no_end. Frames: months (month, provider,
    contracts, gbp, unknown_values), contracts (state: runs, ends within 12 months, ended: successor seen, ended:
    successor not seen, no end date).
    """
    on = on or edition.as_of
    family = family_of(provider)[1] if provider else None
    if organisation:
        known = edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
        if organisation not in set(known):
            raise UnknownName("organisation", organisation, known)
    rows = edition.rows(_ROWS)
    by_buyer: dict[tuple[str, str], list[dict[str, Any]]] = {}
    once: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        if once.setdefault((row["group_id"], row["provider"]), row) is row and row["buyer_key"]:
            by_buyer.setdefault((row["buyer_key"], row["parent"]), []).append(row)
    listed = []
    for row in once.values():
        if (family and row["provider"] not in family) or (organisation and row["organisation_id"] != organisation):
            continue
        successor = _successor(row, by_buyer.get((row["buyer_key"], row["parent"]), []))
        listed.append(
            {
                "contract_id": row["contract_id"],
                "organisation_id": row["organisation_id"],
                "buyer_name": row["buyer_name"],
                "provider": row["provider"],
                "grade": row["grade"],
                "via_reseller": row["via_reseller"],
                "title": row["title"],
                "value_gbp": None if row["value_gbp"] is None else float(row["value_gbp"]),
                "start_on": row["start_on"],
                "end_on": row["end_on"],
                "max_end_on": row["max_end_on"],
                "state": _state(row, successor, on),
                "successor": successor["contract_id"] if successor else None,
                "successor_start_on": successor["start_on"] if successor else None,
                "url": row["url"],
                "source_id": row["source_id"],
            }
        )
    table = pd.DataFrame(listed, columns=_COLUMNS).sort_values(
        ["end_on", "contract_id", "provider"], na_position="last", ignore_index=True
    )
    soon = table[table["state"] == ENDS_SOON].drop_duplicates("contract_id")
    ended = table[table["state"].isin([SEEN, UNSEEN])].drop_duplicates("contract_id")
    seen = ended[ended["state"] == SEEN]
    figures = [
        Figure("ending", f"End within 12 months of {on:%-d %B %Y}", len(soon), unit="contracts"),
        Figure(
            "gbp",
            "Their known value",
            round(float(soon["value_gbp"].sum()), 2),
            unit="GBP",
            n_unknown=int(soon["value_gbp"].isna().sum()),
            of=f"{number(len(soon))} contracts",
        ),
        Figure("ended_seen", "Ended, successor seen", len(seen), unit="contracts", of=f"{number(len(ended))} ended"),
        Figure(
            "ended_unseen",
            "Ended, successor not seen",
            len(ended) - len(seen),
            unit="contracts",
            of=f"{number(len(ended))} ended",
        ),
        Figure("no_end", "Without an end date", int((table["state"] == NO_END).sum()), unit="contracts"),
    ]
    scope = f" with {provider_name(provider)}" if provider else ""
    title = (
        f"{number(len(soon))} cloud contracts{scope}, worth {pounds(float(soon['value_gbp'].sum()))} where a value is known, "
        f"end within 12 months of {on:%-d %B %Y}."
        if len(soon)
        else f"We list no cloud contract{scope} that ends within 12 months of {on:%-d %B %Y}: that says what we hold."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        "the cloud contracts listed: named in public sources or imported; not all contracts of the UK",
        METHODS,
        figures=figures,
        frames={"contracts": table, "months": _months(table)},
        caveats=[
            "An end date may have moved: an extension is known only where a later notice says so.",
            "A successor that we do not see may stand on a portal or under a name that we do not hold.",
        ],
        parameters={k: v for k, v in (("provider", provider), ("organisation", organisation), ("on", on)) if v},
        sources=sources_of(edition, table["source_id"]),
        body={"contracts": table},
    )


RUNS, ENDS_SOON, NO_END = "runs", "ends within 12 months", "no end date"
SEEN, UNSEEN = "ended: successor seen", "ended: successor not seen"
_COLUMNS = [
    "contract_id", "organisation_id", "buyer_name", "provider", "grade", "via_reseller", "title", "value_gbp", "start_on",
    "end_on", "max_end_on", "state", "successor", "successor_start_on", "url", "source_id",
]  # fmt: skip


def _successor(row: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The contract that carries on where `row` ends; None where our sources show none."""
    end = row["end_on"]
    if end is None:
        return None
    fitting = [
        other
        for other in others
        if other["group_id"] != row["group_id"]
        and other["start_on"] is not None
        and end + EARLIEST <= other["start_on"] <= end + LATEST
        and (other["end_on"] is None or other["end_on"] > end)
        and (row["start_on"] is None or other["start_on"] > row["start_on"])
    ]
    return min(fitting, key=lambda other: (abs(other["start_on"] - end), other["contract_id"]), default=None)


def _state(row: dict[str, Any], successor: dict[str, Any] | None, on: dt.date) -> str:
    end = row["end_on"]
    if end is None:
        return NO_END
    if end < on:
        return SEEN if successor else UNSEEN
    return ENDS_SOON if end < _a_year_after(on) else RUNS


def _a_year_after(day: dt.date) -> dt.date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, month=3, day=1)


def _months(table: pd.DataFrame) -> pd.DataFrame:
    """Ends by month and provider."""
    with_end = table.dropna(subset=["end_on"])
    months = with_end.assign(month=pd.to_datetime(with_end["end_on"]).dt.strftime("%Y-%m"))
    return months.groupby(["month", "provider"], as_index=False).agg(
        contracts=("contract_id", "nunique"),
        gbp=("value_gbp", "sum"),
        unknown_values=("value_gbp", lambda values: int(values.isna().sum())),
    )
