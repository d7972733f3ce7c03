"""Which cloud provider stands behind a contract: the supplier's identity first, then the words of the notice.

Ladder: a company of the provider signed (direct) > the title names it > the description names it (named).
Each match keeps the phrase and the place. A reseller's name is never the provider's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.contracts.identity import Identity
from pipelines.reference import Reference


@dataclass(frozen=True, slots=True)
class Behind:
    """One provider behind a contract and how it shows."""

    provider: str
    grade: str
    phrase: str | None
    place: str
    rule_id: str


class ProviderWords:
    """Words of notices that name a provider, longest first, whole words only."""

    def __init__(self, reference: Reference) -> None:
        self._by_word: dict[str, tuple[str, str | None]] = {}
        for provider in reference.providers.values():
            for entry in provider.sections["products"]:
                self._by_word[entry["word"].casefold()] = (provider.id, entry.get("service_class"))
        words = sorted(self._by_word, key=len, reverse=True)
        self._pattern = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, words)) + r")(?![\w-])", re.IGNORECASE)

    def find(self, text: str | None) -> list[tuple[str, str, str | None]]:
        """(provider, phrase, service class) for each provider that the text names, in order of appearance."""
        if not text:
            return []
        found: dict[str, tuple[str, str, str | None]] = {}
        for match in self._pattern.finditer(text):
            provider, service_class = self._by_word[match.group(1).casefold()]
            found.setdefault(provider, (provider, match.group(1), service_class))
        return list(found.values())


def behind(
    words: ProviderWords,
    suppliers: Sequence[tuple[str, Identity]],
    title: str | None,
    description: str | None,
) -> list[Behind]:
    """The providers behind one contract, one row per provider, the strongest place kept."""
    found: dict[str, Behind] = {}
    for name, identity in suppliers:
        if identity.provider:
            found[identity.provider] = Behind(
                identity.provider, "direct", name, "supplier", identity.rule_id or "supplier"
            )
    for place, text in (("title", title), ("description", description)):
        for provider, phrase, _ in words.find(text):
            found.setdefault(provider, Behind(provider, "named", phrase, place, f"word:{phrase.casefold()}"))
    return list(found.values())
