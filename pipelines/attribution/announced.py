"""What the network of an address shows where no published range does: who announces it, and who holds it.

A network is announced by an AS, which need not be who operates what answers: alone it shows a provider as possible at
most, and with a registered holder of the same company as likely. It never shows an origin or a region.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.attribution.book import Chain, Seen
from pipelines.attribution.draft import HIDDEN, UNKNOWN, Draft, by_rule
from pipelines.attribution.rules import Rule, Rules
from pipelines.text import search_key

# Observations of a scan: "AS64500 announces 203.0.113.0/24: A-NETWORK" and "A Host Ltd holds 203.0.113.0/24".
AS_KIND, HOLDER_KIND = "network:as", "network:holder"
_AS = re.compile(r"AS(\d{1,10}) announces ([0-9a-f.:]+/\d{1,3})")
_HOLDER = re.compile(r"(.+) holds (\S+)")


def by_announcer(
    rules: Rules, host: str, chain: Chain, addresses: list[Seen], announced: Sequence[Seen], held: Sequence[Seen]
) -> list[Draft]:
    """One row per provider whose network answers; one unknown row where the networks are nobody's that we list.

    Nothing where no network was looked up.
    """
    holders = {match[2]: (match[1], seen) for seen in held if (match := _HOLDER.fullmatch(seen.value))}
    drafts: dict[str, Draft] = {}
    for seen in announced:
        match = _AS.match(seen.value)
        rule = rules.autonomous_systems.get(int(match[1])) if match else None
        if match is None or rule is None:
            continue
        holder = holders.get(match[2])
        draft = drafts.setdefault(rule.provider, _draft(host, chain, addresses, rule))
        draft.evidence.append(seen)
        if holder is None:
            continue
        draft.evidence.append(holder[1])
        if search_key(holder[0]) in rules.holders(rule.provider):
            draft.rule_id, draft.confidence = f"asn-and-holder:{rule.id.partition(':')[2]}", "likely"
        else:
            # The announcer may serve somebody else's addresses; the registry's word stands beside.
            draft.note = f"the registered holder of {match[2]} is {holder[0]}"
    if drafts:
        return [drafts[provider] for provider in sorted(drafts)]
    if not announced:
        return []
    return [
        Draft(
            host,
            "web",
            "front",
            UNKNOWN,
            "network-not-listed",
            "possible",
            [*chain.records, *addresses, *announced, *(seen for _, seen in holders.values())],
            origin=UNKNOWN,
            endpoint=chain.end if chain.hops else addresses[0].value,
        )
    ]


def _draft(host: str, chain: Chain, addresses: list[Seen], rule: Rule) -> Draft:
    origin = HIDDEN if rule.hides == "yes" else UNKNOWN
    endpoint = chain.end if chain.hops else addresses[0].value
    return by_rule(host, rule, [*chain.records, *addresses], origin=origin, endpoint=endpoint)
