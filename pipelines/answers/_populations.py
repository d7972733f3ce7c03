"""The populations that shares are shares of. Each says who chose it and what it cannot speak for.

A population gives one row per item and provider: item, name, organisation_id, sector, provider, certainty (known,
inferred, unknown, not_tested), region and endpoint that the record shows, what the item can be weighed by
(transactions a year, value in GBP), via_reseller, finding_id, seen_on, source_id, rule_id. An item with several
providers has several rows. Published statements are in none: a share of them would count who publishes, not who
depends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.answers import contracts, page_of
from pipelines.answers.layers import ROLES
from pipelines.edition import Edition
from pipelines.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Population:
    """Who is counted, in which role, and the words that go beside every share.

    `chosen` says how its items came to be counted, and so why no sampling interval is printed. `weights` are what
    its items can be weighed by. `verb` joins its items to a provider in a sentence. `kept` are (name, sql) of tables
    that its rows read and that are worked out first.
    """

    id: str
    title: str
    unit: str
    role: str
    layer: str
    words: str
    sql: str
    chosen: str
    verb: str = "depend on"
    weights: tuple[str, ...] = ("count",)
    caveats: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()


# Every population ends in the same columns, so that every measure reads every population.
_ROWS = """
SELECT i.item, i.name, i.organisation_id, i.sector, coalesce(f.provider, 'unknown') AS provider,
       CASE WHEN f.provider IS NULL THEN 'not_tested'
            WHEN f.provider = 'unknown' THEN 'unknown' ELSE f.certainty END AS certainty,
       f.region, f.endpoint, i.transactions, NULL::DOUBLE AS value, false AS via_reseller,
       f.finding_id, f.seen_on, f.source_id, f.rule_id
FROM items i LEFT JOIN shown f ON f.key = i.key
ORDER BY i.item, f.provider, f.finding_id
"""
_SHOWN = "provider, certainty, region, endpoint, finding_id, seen_on, source_id, rule_id"
_COUNCILS = """items AS (
  SELECT organisation_id AS item, name, organisation_id, sector, domain AS key, NULL::BIGINT AS transactions
  FROM organisations WHERE sector = 'local'
)"""
_COUNCIL_MAIL = f"""
WITH {_COUNCILS}, shown AS (
  SELECT subject AS key, {_SHOWN} FROM findings WHERE role = 'mail' AND layer = 'back' AND NOT private
) {_ROWS}"""

# A council whose mail record names its mailbox provider has no filter in front that we can see: that is
# known, and apart from a council that nobody tested.
_COUNCIL_FILTER = f"""
WITH {_COUNCILS}, mail AS (
  SELECT subject AS key, layer, {_SHOWN} FROM findings WHERE role = 'mail' AND NOT private
), shown AS (
  SELECT key, {_SHOWN} FROM mail WHERE layer = 'front'
  UNION ALL
  SELECT key, CASE WHEN starts_with(rule_id, 'mx:') THEN 'none' ELSE 'unknown' END,
         CASE WHEN starts_with(rule_id, 'mx:') THEN 'known' ELSE 'unknown' END,
         NULL, NULL, finding_id, seen_on, source_id, rule_id
  FROM mail WHERE layer = 'back' AND NOT EXISTS (SELECT 1 FROM mail f WHERE f.layer = 'front' AND f.key = mail.key)
) {_ROWS}"""

_SERVICE_WEB = f"""
WITH items AS (
  SELECT service_id AS item, name, organisation_id, sector, hosts[1] AS key, transactions_year AS transactions
  FROM services
), shown AS (
  SELECT subject AS key, {_SHOWN} FROM findings
  WHERE role = 'web' AND layer = 'front' AND provider <> 'none' AND NOT private
) {_ROWS}"""

_BODIES = """
WITH items AS (
  SELECT organisation_id AS item, name, organisation_id, sector, organisation_id AS key,
         NULL::BIGINT AS transactions FROM organisations
), shown AS (
  SELECT organisation_id AS key, {shown} FROM findings WHERE role = '{role}' AND layer = '{layer}' AND NOT private
) {rows}"""

# One row per contract and provider: each group once per provider, with the value of the row that stands for the group.
_CONTRACTS = f"""
WITH chosen AS MATERIALIZED (
  SELECT *, CASE WHEN value_status = 'known' THEN value_gbp::DOUBLE END AS value
  FROM contract_listed WHERE {contracts.DEPENDS}),
valued AS (SELECT group_no, value FROM chosen {contracts.once("chosen")})
SELECT group_id AS item, title AS name, organisation_id, coalesce(sector, 'other') AS sector, provider, certainty,
       NULL::VARCHAR AS region, NULL::VARCHAR AS endpoint, NULL::BIGINT AS transactions, valued.value, via_reseller,
       contract_id AS finding_id, coalesce(awarded_on, start_on) AS seen_on, source_id, rule_id
FROM chosen {contracts.once("chosen", "group_no, provider")} JOIN valued USING (group_no) ORDER BY item, provider
"""

_COUNCIL_WORDS = (
    "the UK's 382 principal councils: districts, unitaries, London boroughs, Scotland, Wales and Northern "
    "Ireland; the 21 English county councils are among those not tested"
)
_CHOSEN = "the {services} public services that we hold, chosen by us, not a sample of the UK"
_CENSUS = (
    "This is a count of every principal council, not a sample: there is no sampling error, and no interval for it is "
    "printed. What is not known is in the range."
)
_NOT_DRAWN = (
    "These were chosen by us, not drawn at random, so a sampling interval would claim what it cannot: none is "
    "printed. What is not known is in the range."
)
# The populations whose sentences may lead a page.
HEADLINES = ("council-mail", "council-mail-filter", "service-web")


def _bodies(role: str, layer: str, label: str) -> Population:
    return Population(
        f"bodies-{role}-{layer}",
        f"{label} of the public bodies that we hold",
        "bodies",
        role,
        layer,
        "the {organisations} public bodies that we hold, chosen by us, not a sample of the UK",
        _BODIES.format(role=role, layer=layer, shown=_SHOWN, rows=_ROWS),
        _NOT_DRAWN,
        caveats=("A body whose names point to several is split evenly between them.",),
    )


POPULATIONS: Mapping[str, Population] = {
    p.id: p
    for p in (
        Population(
            "council-mail",
            "Mailboxes of UK councils",
            "councils",
            "mail",
            "back",
            _COUNCIL_WORDS,
            _COUNCIL_MAIL,
            _CENSUS,
            "take their mail with",
            caveats=(
                "Mail records were observed by the mxmap project in April 2026 (CC BY-SA 4.0); a provider seen "
                "through a filter is inferred, not known.",
                "Not tested is not the same as unknown: for these councils no records were asked.",
            ),
        ),
        Population(
            "council-mail-filter",
            "What stands in front of UK councils' mail",
            "councils",
            "mail",
            "front",
            _COUNCIL_WORDS,
            _COUNCIL_FILTER,
            _CENSUS,
            "put their mail behind",
            caveats=(
                "No filter shown means that the mail record names the mailbox provider itself. Such councils count in "
                "the whole of every share, and not among the providers.",
            ),
        ),
        Population(
            "service-web",
            "What answers public services' web addresses",
            "services",
            "web",
            "front",
            _CHOSEN,
            _SERVICE_WEB,
            _NOT_DRAWN,
            "are answered by",
            weights=("count", "transactions"),
            caveats=("A network in front does not show where a service runs.",),
        ),
        *(_bodies(role, layer, label) for (role, layer), label in ROLES.items()),
        Population(
            "contracts",
            "Listed cloud contracts",
            "contracts",
            "contract",
            "back",
            "the contracts listed behind which evidence shows a provider: named in public sources or imported, not all "
            "contracts of the UK; frameworks, goods of other vendors and advertising left out",
            _CONTRACTS,
            _NOT_DRAWN,
            "name",
            weights=("count", "value"),
            caveats=(
                "An award's value is a ceiling, never money spent.",
                "Where a contract names several providers nobody publishes how its value is split: the middle splits it "
                "evenly, the range takes every split. Through a reseller, the provider's part lies between nothing "
                "and all.",
            ),
            kept=(("contract_listed", contracts.LISTED),),
        ),
    )
}


def population(population_id: str) -> Population:
    """The population with this id; UnknownName where there is none."""
    try:
        return POPULATIONS[population_id]
    except KeyError:
        raise UnknownName("population", population_id, POPULATIONS) from None


def rows(edition: Edition, chosen: Population, sector: str | None = None, most: int = 0) -> pd.DataFrame:
    """One row per item and provider, in the order of the items, of one sector or all; the first `most`, or all for 0."""
    limit, _ = page_of(most, 0)
    _keep(edition, chosen)
    of = {"sector": sector} if sector else {}
    return edition.query(f"SELECT * FROM ({chosen.sql}) {'WHERE sector = $sector' if of else ''} {limit}", of)


# Items that hang from the same providers on the same evidence are alike, and a measure needs to know only how many there
# are and what they weigh together: a few hundred rows, however many items. `parts` are the rows of one item.
_PART = "provider, certainty, region, endpoint, via_reseller, sector, source_id, own"
_ALIKE = f"""
WITH counted AS (SELECT *, {{own}} AS own, count(*) OVER (PARTITION BY item) AS parts FROM ({{rows}})),
several AS (
  SELECT item, {_PART}, any_value(transactions) AS transactions, any_value(value) AS value, max(seen_on) AS seen_on
  FROM counted WHERE parts > 1 GROUP BY ALL),
patterns AS (
  SELECT item, list(part ORDER BY part) AS pattern
  FROM (SELECT item, [{", ".join(f"{name}::VARCHAR" for name in _PART.split(", "))}] AS part FROM several) GROUP BY 1),
every AS (
  SELECT NULL AS pattern, {_PART}, transactions, value, seen_on FROM counted WHERE parts = 1
  UNION ALL SELECT pattern, {_PART}, transactions, value, seen_on FROM several JOIN patterns USING (item)),
alike AS (
  SELECT pattern, {_PART}, transactions IS NULL AS idle, value IS NULL AS free, count(*) AS items,
         sum(transactions)::DOUBLE AS transactions, sum(value::DECIMAL(18,2))::DOUBLE AS value, max(seen_on) AS seen_on
  FROM every GROUP BY ALL)
SELECT CASE WHEN pattern IS NULL THEN row_number() OVER (ORDER BY pattern IS NOT NULL, {_PART}, idle, free)
            ELSE -dense_rank() OVER (ORDER BY pattern, idle, free) END AS pattern, * EXCLUDE (pattern, idle, free)
FROM alike ORDER BY {_PART}, 1
"""


def alike(edition: Edition, chosen: Population, apart: bool = False) -> list[dict[str, Any]]:
    """One row per pattern and provider: the rows of a population with items that are alike put together, `items` of them
    with the sums of their weights and their newest seen_on. `apart`: an item without an endpoint is like no other."""
    name = f"alike {chosen.id}{' apart' if apart else ''}"
    own = "CASE WHEN endpoint IS NULL THEN item END" if apart else "NULL::VARCHAR"
    _keep(edition, chosen)
    edition.derive(name, _ALIKE.format(own=own, rows=chosen.sql))
    return edition.rows(f'SELECT * FROM "{name}"')


def _keep(edition: Edition, chosen: Population) -> None:
    for name, sql in chosen.kept:
        edition.derive(name, sql)


def words(edition: Edition, chosen: Population) -> str:
    """The population in words, with how many it holds in this edition."""
    return chosen.words.format(**{table: f"{edition.counts[table]:,}" for table in ("services", "organisations")})
