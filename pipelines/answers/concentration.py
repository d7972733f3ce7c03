"""How concentrated is a population in one role, with exact bounds for what is unknown."""

from __future__ import annotations

import pandas as pd

from pipelines import reference
from pipelines.answers import Answer, Figure, new, number, percent, provider_name, sources_of
from pipelines.answers._populations import Population, population, rows, words
from pipelines.edition import Edition
from pipelines.metrics import measure
from pipelines.metrics.bounds import Bounds, effective_number_bounds, hhi_bounds, share_bounds

ID = "concentration"
QUESTION = "How concentrated is it, and how sure are we?"
METHODS = (
    "Each item counts once; where the records name several providers it is split evenly between them. The "
    "effective number of providers is one divided by the sum of squared shares: as if there were this many "
    "providers of equal size. The range is exact, not simulated: its low end gives every item without a "
    "provider to the largest one, its high end gives each a provider of its own. Known rests on a record that "
    "names the provider; inferred on signs that almost always mean it. Unknown and not tested are never added "
    "together in words, and both are in the range."
)


def answer(edition: Edition, population_id: str = "council-mail", by: str = "provider") -> Answer:
    """Concentration of one population by provider or by parent company.

    Figures: effective_number, hhi, leader_share (share of the leader), leader_impact (critical on the leader
    alone), us_law (share whose provider's parent is at home in the US), items, known, inferred, unknown,
    not_tested. Frames: providers (one row per provider: items, known, inferred, share, low, high, joint
    rank), items (one row per item and provider).
    """
    chosen = population(population_id)
    items = rows(edition, chosen)
    table, split = _tables(items, by)
    attributed = list(table["items"])
    total = items["item"].nunique()
    states = _states(items)
    missing = states["unknown"] + states["not_tested"]
    effective = effective_number_bounds(attributed, missing)
    hhi = hhi_bounds(attributed, missing)
    figures = [
        _figure("effective_number", "Effective number of providers", effective, "providers", chosen, missing),
        _figure("hhi", "Herfindahl-Hirschman index (0 to 10,000)", _scaled(hhi, 10_000), "points", chosen, missing),
    ]
    known = sum(attributed)
    title = f"No provider could be shown for {words(edition, chosen)}."
    if len(table):
        leader = table.iloc[0]
        share = share_bounds(leader["items"], known, missing)
        figures.append(_figure("leader_share", f"Share of {leader['name']}", share, "share", chosen, missing))
        impact = _impact(items, leader["provider"], by, total)
        figures.append(_figure("leader_impact", f"Depend on {leader['name']} alone", impact, "share", chosen, missing))
        us = _jurisdiction(split, total)
        figures.append(_figure("us_law", "Answer to US law, by parent company", us, "share", chosen, missing))
        title = _title(chosen, leader, states, total)
    for state, label in (
        ("known", "Known"),
        ("inferred", "Inferred"),
        ("unknown", "Unknown"),
        ("not_tested", "Not tested"),
    ):
        figures.append(Figure(state, label, states[state], unit=chosen.unit, of=f"{total} {chosen.unit}"))
    figures.append(Figure("items", "In the population", total, unit=chosen.unit))
    answer = new(
        edition,
        ID,
        QUESTION,
        title,
        words(edition, chosen),
        METHODS,
        figures=figures,
        frames={"providers": table, "items": items},
        caveats=list(chosen.caveats),
        parameters={"population": population_id, "by": by},
        sources=sources_of(edition, items["source_id"].dropna()),
    )
    answer.body = {
        "providers": table,
        "measures": measure(attributed),
    }
    return answer


def _states(items: pd.DataFrame) -> dict[str, int]:
    """Items by certainty, each once: an item is as sure as its surest row."""
    order = {"known": 0, "inferred": 1, "unknown": 2, "not_tested": 3}
    best = items.assign(rank=items["certainty"].map(order)).sort_values("rank").drop_duplicates("item")
    counts = best["certainty"].value_counts()
    return {state: int(counts.get(state, 0)) for state in order}


def _tables(items: pd.DataFrame, by: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Providers with their counts, and the items with their weights."""
    facts = reference.load()
    split = items[items["certainty"].isin(["known", "inferred"])].copy()
    split["parent"] = [facts.parent(p) or p for p in split["provider"]]
    split["jurisdiction"] = [facts.jurisdiction(p) for p in split["provider"]]
    key = "parent" if by == "parent" else "provider"
    split = split.drop_duplicates(["item", key])
    split["weight"] = 1 / split.groupby("item")["item"].transform("size") if len(split) else []
    total = items["item"].nunique()
    missing = total - split["item"].nunique()
    table = (
        split.assign(
            known=split["weight"].where(split["certainty"] == "known", 0.0),
            inferred=split["weight"].where(split["certainty"] == "inferred", 0.0),
        )
        .groupby(key, as_index=False)
        .agg(
            items=("weight", "sum"),
            known=("known", "sum"),
            inferred=("inferred", "sum"),
            seen_on=("seen_on", "max"),
        )
        .rename(columns={key: "provider"})
        .sort_values(["items", "provider"], ascending=[False, True], ignore_index=True)
    )
    table.insert(1, "name", [_name(p, by) for p in table["provider"]])
    table["share"] = table["items"] / total if total else 0.0
    table["low"] = table["known"] / total if total else 0.0
    table["high"] = (table["items"] + missing) / total if total else 0.0
    table["rank"] = _joint_ranks(table)
    return table, split


def _name(provider: str, by: str) -> str:
    return provider_name(provider) if by == "provider" else provider.replace("-", " ").title()


def _joint_ranks(table: pd.DataFrame) -> list[str]:
    """Ranks, joint where the ranges of two providers overlap: then nobody can say who is ahead."""
    ranks: list[str] = []
    for row in table.itertuples():
        above = int((table["low"] > row.high).sum())
        rivals = int(((table["low"] <= row.high) & (table["high"] >= row.low)).sum())
        ranks.append(f"{above + 1}" if rivals == 1 else f"joint {above + 1}")
    return ranks


def _impact(items: pd.DataFrame, leader: str, by: str, total: int) -> Bounds:
    """Share of items with no other provider than the leader."""
    facts = reference.load()
    named = items[items["certainty"].isin(["known", "inferred", "unknown"])].copy()
    key = named["provider"].map(lambda p: (facts.parent(p) or p) if by == "parent" else p)
    named["key"] = key
    alone = named.groupby("item")["key"].agg(lambda keys: set(keys) == {leader})
    critical = int(alone.sum())
    missing = total - items[items["certainty"].isin(["known", "inferred"])]["item"].nunique()
    attributed = total - missing
    return share_bounds(critical, attributed, missing)


def _jurisdiction(split: pd.DataFrame, total: int) -> Bounds:
    """Share whose provider's parent is at home in the US; parents without a settled home widen the range."""
    attributed = split["item"].nunique()
    at_home = float(split.loc[split["jurisdiction"] == "US", "weight"].sum())
    unsettled = float(split.loc[split["jurisdiction"].isna(), "weight"].sum())
    missing = total - attributed
    known = attributed - unsettled
    return Bounds(
        at_home / known if known else None,
        at_home / total if total else None,
        (at_home + unsettled + missing) / total if total else None,
        known,
        unsettled + missing,
    )


def _scaled(bounds: Bounds, factor: float) -> Bounds:
    def times(x: float | None) -> float | None:
        return None if x is None else x * factor

    return Bounds(times(bounds.value), times(bounds.low), times(bounds.high), bounds.known, bounds.unknown)


def _figure(figure_id: str, label: str, bounds: Bounds, unit: str, chosen: Population, missing: int) -> Figure:
    of = f"{number(bounds.known + bounds.unknown)} {chosen.unit}"
    return Figure(figure_id, label, bounds.value, bounds.low, bounds.high, unit, of, missing)


def _title(chosen: Population, leader: pd.Series, states: dict[str, int], total: int) -> str:
    count = round(leader["items"])
    attributed = states["known"] + states["inferred"]
    tested = attributed + states["unknown"]
    verb = {
        "council-mail": "take their mail with",
        "council-mail-filter": "put their mail behind",
        "service-web": "are answered by",
    }.get(chosen.id, "depend on")
    return (
        f"Evidence suggests that {number(count)} of the {number(tested)} {chosen.unit} tested {verb} "
        f"{leader['name']} ({percent(count / tested) if tested else 'unknown'}); {number(states['unknown'])} "
        f"unknown, {number(states['not_tested'])} of {number(total)} not tested."
    )
