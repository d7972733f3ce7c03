"""Ranges that the operator imported or collected, as networks for the look-up.

Of each provider's list the newest day counts: a prefix that a newer list no longer holds is gone. A list of
everything that a company announces is kept in the store and not used: it says whose an address is, not that a
customer runs there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.attribution.networks import Network, family
from pipelines.attribution.rules import published_network
from pipelines.reference import Reference

Row = Mapping[str, Any]


def stored_networks(reference: Reference, rows: Iterable[Row]) -> list[Network]:
    """Networks of the newest stored lists, in an order that does not depend on how they came in.

    `rows` has the columns of `pipelines.records.PublishedRange`. A provider that the reference no longer knows
    is left out.
    """
    usable = [row for row in rows if row["confidence"] != "possible" and row["provider"] in reference.providers]
    newest: dict[tuple[str, str, int], dt.date] = {}
    for row in usable:
        key = (row["provider"], row["listing"], family(row["prefix"]))
        newest[key] = max(newest.get(key, row["published"]), row["published"])
    made: dict[tuple[Any, ...], Network] = {}
    kept: dict[tuple[str, ...], Network] = {}
    for row in usable:
        if row["published"] != newest[row["provider"], row["listing"], family(row["prefix"])]:
            continue
        # Few lists name many prefixes: what a list, a service and a place mean is worked out once.
        of = (row["provider"], row["product"], row["region"], row["listing"], row["confidence"], row["published"])
        like = made.get(of)
        if like is None:
            like = made[of] = _network(reference, row)
        content = (row["provider"], row["prefix"], row["product"] or "", row["region"] or "", row["listing"])
        kept[content] = Network(
            row["prefix"], like.provider, like.product, like.region, like.published, like.source,
            like.in_front, False, like.confidence, like.specific, like.role, like.anycast,
        )  # fmt: skip
    return [kept[content] for content in sorted(kept)]


def _network(reference: Reference, row: Row) -> Network:
    """What a row's list, service and place say of its prefix."""
    provider = reference.provider(row["provider"])
    made = published_network(
        row["prefix"], provider, row["product"] or "", row["region"] or "", row["published"].isoformat(), row["listing"]
    )
    front = made.in_front or provider.kind == "network in front"
    return made._replace(
        in_front=front,
        region=None if front else made.region,
        confidence=row["confidence"],
        specific=made.specific and bool(row["product"] or made.region),
    )
