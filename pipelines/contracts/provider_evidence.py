"""Which cloud provider stands behind a contract: the supplier's identity first, then the words of the notice.

Ladder: a company of the provider signed (direct) > the title names it > the description names it (named) >
the context points to it (inferred). Each match keeps the phrase and the place. A reseller's name is never the
provider's. A word in a list of examples ("e.g. AWS and Azure"), or of what is being left, names nothing that
was bought.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.contracts.identity import Identity
from pipelines.reference import Reference

# What stands before a provider's word when it is an example, a comparison or the place that is being left.
_NOT_BOUGHT = re.compile(
    r"(?:\be\.?g\.?|\bsuch as|\bfor example|\bincluding but not limited to|\bcompatible with|\bsimilar to|\bequivalent to"
    r"|\b(?:migrat\w+|mov\w+|exit\w*|transition\w*|away) (?:\w+ ){0,3}(?:from|off|of)|\blegacy|\bfrom its current|\bcloud providers \()"
    r"[^.;]{0,60}$",
    re.IGNORECASE,
)
# What stands before a provider's word when it is the shop and not the goods.
_CHANNEL = re.compile(r"\b(?:through|via|from|by way of)\s+(?:the\s+)?$", re.IGNORECASE)
_MARKETPLACE = re.compile(r"\b(?:aws|azure|google cloud|cloud) market ?place\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Behind:
    """One provider behind a contract and how it shows."""

    provider: str
    grade: str
    phrase: str | None
    place: str
    rule_id: str
    marketplace: bool = False
    unsaid: bool = False
    """Its company sells for several providers, and no word of the notice says for which it signed."""


class ProviderWords:
    """Words of notices that name a provider, longest first, whole words only."""

    def __init__(self, reference: Reference) -> None:
        self._by_word: dict[str, str] = {}
        self.names = {provider.id: provider.name for provider in reference.providers.values()}
        for provider in reference.providers.values():
            for entry in provider.sections["products"]:
                self._by_word[entry["word"].casefold()] = provider.id
        words = sorted(self._by_word, key=len, reverse=True)
        self.pattern = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, words)) + r")(?![\w-])", re.IGNORECASE)
        # A coarse test for SQL: any text that `find` could say something about holds one of these.
        self.coarse = r"\b(?:" + "|".join(map(re.escape, words)) + r")\b"
        vendors = [row["name"] for _, row in reference.rows("vendors.csv", ("name",))]
        self._vendors = re.compile(
            r"(?<![\w-])(" + "|".join(map(re.escape, sorted(vendors, key=len, reverse=True))) + r")(?![\w-])",
            re.IGNORECASE,
        )

    def find(self, text: str | None) -> list[tuple[str, str]]:
        """(provider, phrase) for each provider that the text names as bought, in order of appearance."""
        if not text:
            return []
        found: dict[str, tuple[str, str]] = {}
        for match in self.pattern.finditer(text):
            provider = self._by_word[match.group(1).casefold()]
            if provider not in found and not _NOT_BOUGHT.search(text[max(0, match.start() - 110) : match.start()]):
                found[provider] = (provider, match.group(1))
        return list(found.values())

    def said(self, company: str, own: str, family: Iterable[str], *texts: str | None) -> bool:
        """Whether the company's name tells its service, or a text calls one of the family without the company's name
        (Google signed for "Workspace")."""
        if self.names[own].casefold() in company.casefold():
            return True
        text = " ".join(filter(None, texts))
        called = (self.names[provider].partition(" ") for provider in family)
        return any(
            rest and company.casefold().startswith(first.casefold()) and re.search(rf"(?i)\b{re.escape(rest)}\b", text)
            for first, _, rest in called
        )

    def other_vendor(self, title: str | None, description: str | None, provider: str) -> str | None:
        """Another vendor whose goods are bought through the provider's shop; None where the goods are its own.

        The title names a vendor and no product of the provider, or the text says that it was the shop.
        """
        named = self._vendors.search(title or "")
        own = any(
            self._by_word[match.group(1).casefold()] == provider
            and not (named and _CHANNEL.search(match.string[: match.start()]))
            for match in self.pattern.finditer(title or "")
        )
        if named and not own:
            return named.group(1)
        shop = _MARKETPLACE.search(f"{title or ''} {description or ''}")
        if shop and not own:
            return named.group(1) if named else shop.group(0)
        return None


def behind(
    words: ProviderWords,
    suppliers: Sequence[tuple[str, Identity]],
    title: str | None,
    description: str | None,
) -> list[Behind]:
    """The providers behind one contract, one row per provider, the strongest place kept.

    Where a company signed that has several providers (Microsoft sells Azure and Microsoft 365), the words of
    the notice choose between them; without such a word its own row stands, and says so.
    """
    found: dict[str, Behind] = {}
    named = [
        (place, *hit) for place, text in (("title", title), ("description", description)) for hit in words.find(text)
    ]
    signed = {identity.provider: (name, identity) for name, identity in suppliers if identity.provider}
    for provider, (name, identity) in signed.items():
        family = {p for _, p, _ in named if p in identity.family}
        for chosen in family or {provider}:
            if chosen is None:
                continue
            other = words.other_vendor(title, description, chosen)
            rule = identity.rule_id or "supplier"
            unsaid = (
                identity.several and not family and not words.said(name, chosen, identity.family, title, description)
            )
            found[chosen] = Behind(chosen, "direct", name, "supplier", rule, other is not None, unsaid)
    for place, provider, phrase in named:
        if (
            signed
            and provider not in found
            and any(b.grade == "direct" for b in found.values())
            and place == "description"
        ):
            continue  # the provider itself signed; another one in the small print was not bought
        found.setdefault(provider, Behind(provider, "named", phrase, place, f"word:{phrase.casefold()}"))
    return list(found.values())
