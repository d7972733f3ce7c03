"""Third-party and critical dependence of services that list their providers.

A service is critical on a provider when that is its only third-party provider and it has none of its own;
entries that nobody could attribute are ignored for this, and bound the share instead. A service counts as
private only when every entry is its own: one unknown entry might be a third party.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pipelines.metrics import Metric

METRIC = Metric(
    id="dependence",
    name="Use, impact and redundancy",
    figures={
        "third_share": "share of services that use any third party, with the range that unknown services allow",
        "critical_share": "share with one third party and nothing of their own",
        "redundant": "services with a third party and something else",
        "top_use": "how many services use each provider (C_p)",
        "top_impact": "for how many it is the only one (I_p)",
    },
    formula="C_p = services that use p / all services; I_p = services with p and no other / all services",
    range="0 to 1; I_p is never above C_p",
    reading="I_p is the outage number: services for which nothing else is shown",
    guard="a service with nothing attributed counts as unknown, never as its own",
    example="497 British sites: 202 use a third party for their name servers, 173 only one; AWS 112 and 109; with the "
    "197 unknown the share lies between 0.406439 and 0.802817",
    source="Kashaf, Sekar, Agarwal 2020; Kumar, Asif, Lee, Bustamante 2021",
)
TYPES = ("third", "private", "unknown")


def dependence(services: Iterable[tuple[Sequence[str], Sequence[str]]]) -> dict[str, Any]:
    """Figures over services, each given as (providers, types) of equal length.

    sites; third_party (uses any third party); critical (one third party, none private); redundant (third
    party but not critical); private_only; unknown (nothing attributed); shares of all sites, with the range
    that the unknown sites allow; the five most used and most impactful providers, by count then name.
    """
    sites = third = critical = private_only = unknown = 0
    use: Counter[str] = Counter()
    impact: Counter[str] = Counter()
    for providers, types in services:
        sites += 1
        outside = {p for p, t in zip(providers, types, strict=True) if t == "third"}
        inside = any(t == "private" for t in types)
        if outside:
            third += 1
            use.update(outside)
            if len(outside) == 1 and not inside:
                critical += 1
                impact.update(outside)
        elif inside and "unknown" not in types:
            private_only += 1
        else:
            unknown += 1

    def share(part: float, whole: float) -> float | None:
        return part / whole if whole else None

    return {
        "sites": sites,
        "third_party": third,
        "critical": critical,
        "redundant": third - critical,
        "private_only": private_only,
        "unknown": unknown,
        "third_share": share(third, sites),
        "third_share_low": share(third, sites),
        "third_share_high": share(third + unknown, sites),
        "critical_share": share(critical, sites),
        "critical_share_of_third": share(critical, third),
        "top_use": _top(use),
        "top_impact": _top(impact),
    }


def _top(counts: Counter[str]) -> list[list[Any]]:
    return [[name, count] for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]]
