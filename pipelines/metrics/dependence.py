"""Third-party and critical dependence of services that list their providers.

A service is critical on a provider when that is its only third-party provider and it has none of its own;
entries that nobody could attribute are ignored for this, and bound the share instead. A service counts as
private only when every entry is its own: one unknown entry might be a third party.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

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
