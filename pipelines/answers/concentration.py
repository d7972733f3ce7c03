"""How concentrated is a population, by what its items depend on, with exact bounds for what is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from pipelines import reference
from pipelines.answers import (
    Answer,
    Figure,
    companies,
    listing,
    new,
    number,
    percent,
    pounds,
    provider_name,
    sources_of,
)
from pipelines.answers._masses import GRAIN, NONE, SEVERAL, Held, count_by_certainty, holder_by, weigh
from pipelines.answers._populations import Population, alike, population, rows, words
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.metrics import hhi, measure
from pipelines.metrics.bounds import NOISE, Bounds, Distribution
from pipelines.reference import Reference
from pipelines.schema import CODELISTS

ID = "concentration"
QUESTION = "How concentrated is it, and how sure are we?"
METHODS = (
    "Each item counts once; where the records name several providers it is split evenly between them. The "
    "effective number of providers is one divided by the sum of squared shares: as if there were this many "
    "providers of equal size. The range is exact, not simulated: its low end gives every item without a "
    "provider to the largest one, its high end gives each a provider of its own. Known rests on a record that "
    "names the provider; inferred on signs that almost always mean it. Unknown and not tested are never added "
    "together in words, and both are in the range. Where evidence narrows what an unknown could be, the range is "
    "narrower: a provider without a region shown can stand only in that provider's regions. Answering to a country's "
    "law is judged by the home of the company that controls the provider, not by where a machine stands. By value, a "
    "contract that names several providers may be split between them in any way, and one through a reseller may be "
    "worth anything from nothing to all to the provider. Ranks are joint where the ranges of two overlap. Published "
    "statements are in no share."
)
# What an item can be said to hang from: (one, several) of it, and how a title begins.
BY: Mapping[str, tuple[str, str]] = {
    "provider": ("provider", "providers"),
    "parent": ("company", "companies"),
    "jurisdiction": ("country", "countries"),
    "region": ("region", "regions"),
    "endpoint": ("shared endpoint", "shared endpoints"),
}
# Labels of the leader's share, its use at all, and its use alone.
LABELS: Mapping[str, tuple[str, str, str]] = {
    "jurisdiction": (
        "Under the law of {}: share",
        "Under the law of {}, in whole or in part",
        "Under the law of {} alone",
    ),
    "region": ("Share in {}", "Stand in {}, in whole or in part", "Stand in {} alone"),
}
PLAIN_LABELS = ("Share of {}", "Use {} at all", "Depend on {} alone")
WEIGHTS: Mapping[str, str] = {
    "count": "number of items",
    "value": "published award value",
    "transactions": "published transactions a year",
}
# fmt: off
COUNTRIES: Mapping[str, str] = {
    "AU": "Australia", "BG": "Bulgaria", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland", "CN": "China",
    "DE": "Germany", "FR": "France", "GB": "United Kingdom", "IE": "Ireland", "IL": "Israel", "IN": "India",
    "IT": "Italy", "JP": "Japan", "KR": "South Korea", "LT": "Lithuania", "LU": "Luxembourg", "RU": "Russia",
    "SE": "Sweden", "SG": "Singapore", "SI": "Slovenia", "US": "United States",
}
# fmt: on
# Shares that differ by less are equal: parts of items were added in another order.
DIGITS = 12


def answer(
    edition: Edition,
    population_id: str = "council-mail",
    by: str = "provider",
    weight: str = "count",
    sector: str | None = None,
    evidence: str | None = None,
    most: int | None = None,
) -> Answer:
    """Concentration of one population: by provider, parent company, jurisdiction, region or shared endpoint; weighed
    by count, value or transactions; of one sector; on known evidence alone where evidence is "known".

    Figures: effective_number, hhi, leader_share (share of the leader), leader_use (hangs from the leader at all),
    leader_impact (hangs from the leader alone), redundancy (shows two or more companies: owners, not brands), us_law
    (share whose provider's parent is at home in the US), items, known, inferred, unknown, not_tested, and
    without_weight where items have no published weight. Frames: providers (one row per holder: items, known,
    inferred, share, low, high, joint rank); where `most` is given, items (one row per item and provider, the first
    `most` or, for 0, all). body: providers, measures, reading (of the index), shares (of the leader, in a sentence) and
    newest (day of the newest record that counts; the edition may hold newer ones of other things). UnknownName for a population, by, weight, sector or evidence that there is not; Refused
    for a weight that the population has not.
    """
    chosen = population(population_id)
    _check(chosen, by, weight, sector, evidence)
    items = alike(edition, chosen, apart=by == "endpoint" and chosen.role != "contract")
    whole = words(edition, chosen)
    if sector:
        items = [row for row in items if row["sector"] == sector]
        whole = f"those of the sector {sector} ({CODELISTS['sector'][sector]}) among {whole}"
    facts = reference.load()
    grain = GRAIN.get(weight, 0.0)
    held = weigh(items, holder_by(facts, by), weight, evidence == "known")
    masses = held.holders(grain)
    unit, total = _whole(chosen, weight, held)
    states = count_by_certainty(items)
    missing = states["unknown"] + states["not_tested"]
    one, several = BY[by]

    def figure(figure_id: str, label: str, bounds: Bounds, of: str = unit, shown: str = one) -> Figure:
        # The value and its range have two denominators where something is not attributed: both are said.
        none, over = "", f"all {total}"
        if held.nobody:
            # Those shown to have none count in the whole of a share, and in no index of who is left.
            none = " or shown to have none" if of == "share" else ""
            over = (
                over if none else f"the {_amount(bounds.known + bounds.unknown, chosen, weight)} not shown to have none"
            )
        part = f"{_amount(bounds.known, chosen, weight)} with a {shown} shown{none}; the range is over {over}"
        return Figure(
            figure_id, label, bounds.value, bounds.low, bounds.high, of, part if bounds.unknown else total, missing
        )

    index = masses.hhi()
    reading = hhi.reading(index.low, index.high)
    table = _table(masses, held, by, facts)
    figures = [
        figure("effective_number", f"Effective number of {several}", masses.effective_number(), several),
        figure("hhi", "Herfindahl-Hirschman index (0 to 10,000)", _scaled(index, 10_000), "points"),
    ]
    title, shares = f"No {one} could be shown for {total}.", None
    leaders = table[table["provider"] != NONE]
    if len(leaders):
        leader = leaders.iloc[0]
        share = masses.share(leader["provider"])
        measured = (share, held.use(leader["provider"]), held.only(grain).share(leader["provider"]))
        for name, label, found in zip(
            ("leader_share", "leader_use", "leader_impact"), LABELS.get(by, PLAIN_LABELS), measured, strict=True
        ):
            figures.append(figure(name, label.format(called(leader["name"])), found, "share"))
        title = (
            _counted(chosen, leader, states, held)
            if by in ("provider", "parent") and weight == "count"
            else _weighed(chosen, by, leader, share, total)
        )
        if weight == "count":
            shares = _shares(chosen, one, called(leader["name"]), share, states, held)
    homes, owners = (
        weigh(items, holder_by(facts, key), weight, evidence == "known") for key in ("jurisdiction", "parent")
    )
    figures.append(
        figure("redundancy", "Show two or more companies", owners.only(grain).share(SEVERAL), "share", "company")
    )
    us = homes.holders(grain).share("US")
    figures.append(figure("us_law", "Answer to US law, by parent company", us, "share", "company"))
    attributed = masses.held + masses.nobody - masses.unattributed
    figures.append(Figure("attributed", f"With a {one} shown, or none", attributed, unit=unit, of=total))
    for state, label in (
        ("known", "Known"),
        ("inferred", "Inferred"),
        ("unknown", "Unknown"),
        ("not_tested", "Not tested"),
    ):
        figures.append(Figure(state, label, states[state], unit=chosen.unit, of=f"{held.items} {chosen.unit}"))
    if weight != "count":
        label = f"No {WEIGHTS[weight]}: in no share"
        figures.append(Figure("without_weight", label, held.without_weight, unit=chosen.unit))
    figures.append(Figure("items", "In the population", held.items, unit=chosen.unit))
    made = new(
        edition,
        ID,
        QUESTION,
        title,
        whole,
        METHODS,
        figures=figures,
        frames={"providers": table} | ({} if most is None else {"items": rows(edition, chosen, sector, most)}),
        total={"items": sum(row["items"] for row in items)},
        caveats=[*chosen.caveats, chosen.chosen, *([f"How to read the index: {reading}."] if reading else [])],
        parameters={
            key: value
            for key, value in (
                ("population", population_id),
                ("by", by),
                ("weight", weight),
                ("sector", sector),
                ("evidence", evidence),
            )
            if value
        },
        sources=sources_of(edition, {row["source_id"] for row in items if row["source_id"]}),
    )
    newest = table["seen_on"].max()
    made.body = {
        "providers": table,
        "measures": measure(list(masses.central.values())),
        "reading": reading,
        "shares": shares,
        "newest": None if pd.isna(newest) else newest.date(),
    }
    return made


def _check(chosen: Population, by: str, weight: str, sector: str | None, evidence: str | None) -> None:
    for what, given, known in (
        ("measure of concentration by", by, BY),
        ("weight", weight, WEIGHTS),
        ("sector", sector or "central", CODELISTS["sector"]),
        ("evidence", evidence or "known", ("known", "inferred")),
    ):
        if given not in known:
            raise UnknownName(what, given, known)
    if weight not in chosen.weights:
        raise Refused(f"the population {chosen.id} has no {WEIGHTS[weight]}; weigh it by {' or '.join(chosen.weights)}")


# -- from masses to rows and words -------------------------------------------------------------------------


def _table(masses: Distribution, held: Held, by: str, facts: Reference) -> pd.DataFrame:
    """One row per holder, the largest first; then those that are shown to have none. Names that only one item uses
    are no shared endpoints, and are left out."""
    name_of = _names(facts, by)
    whole = masses.held + masses.nobody
    found: list[tuple[Any, ...]] = []
    for holder, mass in masses.central.items():
        if by == "endpoint" and held.users.get(holder, 0) < 2:
            continue
        bounds = masses.share(holder)
        low, high = (round(end or 0.0, DIGITS) for end in (bounds.low, bounds.high))
        known = held.known.get(holder, 0.0)
        inferred = mass - known if mass - known > NOISE * masses.held else 0.0
        found.append((holder, name_of(holder), mass, known, inferred, held.seen.get(holder), mass / whole, low, high))
    found.sort(key=lambda row: (-round(row[6], DIGITS), row[0]))
    if held.nobody:
        low, high = (round(part / whole, DIGITS) for part in (held.nobody, held.nobody + held.missing))
        none = provider_name(NONE)
        found.append((NONE, none, held.nobody, held.nobody, 0.0, None, held.nobody / whole, low, high))
    table = pd.DataFrame(
        found, columns=["provider", "name", "items", "known", "inferred", "seen_on", "share", "low", "high"]
    )
    table["seen_on"] = pd.to_datetime(table["seen_on"])
    table["rank"] = _joint_ranks(table)
    return table


def _names(facts: Reference, by: str) -> Callable[[str], str]:
    company = companies()

    def name(holder: str) -> str:
        if by == "parent":
            return company.get(holder, holder)
        if by == "jurisdiction":
            return COUNTRIES.get(holder, holder)
        if by in ("region", "endpoint"):
            provider, _, place = holder.partition("/")
            if by == "endpoint":
                return f"{place} ({provider_name(provider)})"
            where = facts.provider(provider).regions.get(place)
            return f"{provider_name(provider)} {place} ({where})" if where else f"{provider_name(provider)}, everywhere"
        return provider_name(holder)

    return name


def _joint_ranks(table: pd.DataFrame) -> list[str]:
    """Ranks, joint where the ranges of two holders overlap: then nobody can say who is ahead. None for no holder."""
    real = table[table["provider"] != NONE]
    ranks: list[str] = []
    for row in table.itertuples():
        above = int((real["low"] > row.high).sum())
        rivals = int(((real["low"] <= row.high) & (real["high"] >= row.low)).sum())
        ranks.append("" if row.provider == NONE else f"{above + 1}" if rivals == 1 else f"joint {above + 1}")
    return ranks


def _whole(chosen: Population, weight: str, held: Held) -> tuple[str, str]:
    """The unit of the masses, and the whole of every share in words."""
    weighed = held.items - held.without_weight
    total = sum(held.settled.values()) + sum(m.amount for m in held.open) + held.missing + held.nobody
    if weight == "value":
        return (
            "GBP",
            f"{pounds(total)} in the {number(weighed)} of {number(held.items)} {chosen.unit} with a known value",
        )
    if weight == "transactions":
        return weight, (
            f"{number(total)} transactions a year of the {number(weighed)} of {number(held.items)} {chosen.unit} that "
            "publish them"
        )
    return chosen.unit, f"{number(held.items)} {chosen.unit}"


def _amount(mass: float, chosen: Population, weight: str) -> str:
    """A mass in words."""
    if weight == "value":
        return pounds(mass)
    # Thirds add up to whole items but for the last digits.
    return (
        f"{number(mass, 0 if round(mass, 6).is_integer() else 1)} {weight if weight == 'transactions' else chosen.unit}"
    )


def _scaled(bounds: Bounds, factor: float) -> Bounds:
    def times(x: float | None) -> float | None:
        return None if x is None else x * factor

    return Bounds(times(bounds.value), times(bounds.low), times(bounds.high), bounds.known, bounds.unknown)


def _counted(chosen: Population, leader: pd.Series, states: dict[str, int], held: Held) -> str:
    count = round(leader["items"])
    tested = states["known"] + states["inferred"] + states["unknown"]
    met = "listed" if chosen.role == "contract" else "tested"
    none = f"{number(held.nobody)} show none, " if held.nobody else ""
    rest = f"{none}{number(states['unknown'])} unknown"
    untested = f", {number(states['not_tested'])} of {number(held.items)} not tested" if states["not_tested"] else ""
    return (
        f"Evidence suggests that {number(count)} of the {number(tested)} {chosen.unit} {met} {chosen.verb} "
        f"{leader['name']} ({percent(count / tested) if tested else 'unknown'}); {rest}{untested}."
    )


def _shares(chosen: Population, one: str, name: str, share: Bounds, states: dict[str, int], held: Held) -> str | None:
    """The leader's share of all, of those tested and of those that show a holder, in one sentence: numbers that seem to
    contradict each other where they stand apart. None where they are one number."""
    tested = states["known"] + states["inferred"] + states["unknown"]
    if not tested or share.value is None:
        return None
    mass = share.value * share.known
    met = "listed" if chosen.role == "contract" else "tested"
    none = " or show none" if held.nobody else ""
    told = {
        f"all {number(held.items)} {chosen.unit}": percent(mass / held.items),
        f"the {number(tested)} {met}": percent(mass / tested),
        f"the {number(share.known, 0 if round(share.known, 6).is_integer() else 1)} that show a {one}{none}": percent(
            share.value
        ),
    }
    if len(set(told.values())) == 1:
        return None
    return f"One count, several shares: {name} has {listing([f'{part} of {of}' for of, part in told.items()])}."


def called(name: str) -> str:
    """A country's name inside a sentence."""
    return f"the {name}" if name.startswith("United ") else name


def _weighed(chosen: Population, by: str, leader: pd.Series, share: Bounds, total: str) -> str:
    hang = {
        "jurisdiction": f"answers to the law of {called(leader['name'])}",
        "region": f"stands in {leader['name']}",
        "endpoint": f"uses the endpoint {leader['name']}",
    }.get(by, f"goes to {leader['name']}")
    part = " of what is attributed" if share.unknown else ""
    between = (
        f"; it could be {percent(share.low)} to {percent(share.high)}, by what is not known"
        if share.low != share.high
        else ""
    )
    return f"{chosen.title}, {total}: evidence suggests that {percent(share.value)}{part} {hang}{between}."
