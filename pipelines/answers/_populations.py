"""The populations that shares are shares of. Each says who chose it and what it cannot speak for.

A population gives one row per item: item, name, organisation_id, provider, certainty (known, inferred,
unknown, not_tested), finding_id, seen_on, source_id. An item with several providers has several rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines.edition import Edition
from pipelines.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Population:
    """Who is counted, in which role, and the words that go beside every share."""

    id: str
    title: str
    unit: str
    role: str
    layer: str
    words: str
    sql: str
    caveats: tuple[str, ...] = ()


_COUNCIL_MAIL = """
WITH bodies AS (SELECT organisation_id, name, domain FROM organisations WHERE sector = 'local'),
mail AS (
  SELECT subject, provider, certainty, finding_id, seen_on, source_id, product, rule_id
  FROM findings WHERE role = 'mail' AND layer = '{layer}' AND NOT private
)
SELECT b.organisation_id AS item, b.name, b.organisation_id,
       coalesce(m.provider, 'unknown') AS provider,
       CASE WHEN m.provider IS NULL THEN 'not_tested'
            WHEN m.provider = 'unknown' THEN 'unknown' ELSE m.certainty END AS certainty,
       m.finding_id, m.seen_on, m.source_id, m.rule_id
FROM bodies b LEFT JOIN mail m ON m.subject = b.domain
ORDER BY item, provider
"""

# A council whose mail record names its mailbox provider has no filter in front that we can see: that is
# known, and apart from a council that nobody tested.
_COUNCIL_FILTER = """
WITH bodies AS (SELECT organisation_id, name, domain FROM organisations WHERE sector = 'local'),
mail AS (
  SELECT subject, layer, provider, certainty, finding_id, seen_on, source_id, rule_id
  FROM findings WHERE role = 'mail' AND NOT private
), direct AS (
  SELECT * FROM mail WHERE layer = 'back'
    AND NOT EXISTS (SELECT 1 FROM mail f WHERE f.layer = 'front' AND f.subject = mail.subject)
), shown AS (
  SELECT subject, provider, certainty, finding_id, seen_on, source_id, rule_id FROM mail WHERE layer = 'front'
  UNION ALL
  SELECT subject, CASE WHEN starts_with(rule_id, 'mx:') THEN 'none' ELSE 'unknown' END,
         CASE WHEN starts_with(rule_id, 'mx:') THEN 'known' ELSE 'unknown' END,
         finding_id, seen_on, source_id, rule_id FROM direct
)
SELECT b.organisation_id AS item, b.name, b.organisation_id,
       coalesce(m.provider, 'unknown') AS provider,
       CASE WHEN m.provider IS NULL THEN 'not_tested'
            WHEN m.provider = 'unknown' THEN 'unknown' ELSE m.certainty END AS certainty,
       m.finding_id, m.seen_on, m.source_id, m.rule_id
FROM bodies b LEFT JOIN shown m ON m.subject = b.domain
ORDER BY item, provider
"""

_SERVICE_ROLE = """
WITH s AS (
  SELECT service_id, name, organisation_id, sector, hosts[1] AS host FROM services
), f AS (
  SELECT subject, provider, certainty, finding_id, seen_on, source_id, rule_id
  FROM findings WHERE role = '{role}' AND layer = '{layer}' AND provider <> 'none' AND NOT private
)
SELECT s.service_id AS item, s.name, s.organisation_id,
       coalesce(f.provider, 'unknown') AS provider,
       CASE WHEN f.provider IS NULL THEN 'not_tested'
            WHEN f.provider = 'unknown' THEN 'unknown' ELSE f.certainty END AS certainty,
       f.finding_id, f.seen_on, f.source_id, f.rule_id
FROM s LEFT JOIN f ON f.subject = s.host
ORDER BY item, provider
"""

_COUNCIL_WORDS = (
    "the UK's 382 principal councils: districts, unitaries, London boroughs, Scotland, Wales and Northern "
    "Ireland; the 21 English county councils are among those not tested"
)
_CHOSEN = "the {n} public services that we hold, chosen by us, not a sample of the UK"

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
            _COUNCIL_MAIL.format(layer="back"),
            (
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
            ("No filter shown means that the mail record names the mailbox provider itself.",),
        ),
        Population(
            "service-web",
            "What answers public services' web addresses",
            "services",
            "web",
            "front",
            _CHOSEN,
            _SERVICE_ROLE.format(role="web", layer="front"),
            ("A network in front does not show where a service runs.",),
        ),
    )
}


def population(population_id: str) -> Population:
    """The population with this id; UnknownName where there is none."""
    try:
        return POPULATIONS[population_id]
    except KeyError:
        raise UnknownName("population", population_id, POPULATIONS) from None


def rows(edition: Edition, chosen: Population) -> pd.DataFrame:
    """One row per item and provider."""
    return edition.query(chosen.sql)


def words(edition: Edition, chosen: Population) -> str:
    return chosen.words.format(n=f"{edition.counts['services']:,}")
