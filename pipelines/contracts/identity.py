"""Who a name is: company number, exact alias, normalised alias, or nothing.

Never fuzzy to a provider: "AWS Solicitors" is one letter's distance from nothing it should be near. A
normalised name must equal a legal or trading name whole.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.errors import BadReference
from pipelines.reference import Reference
from pipelines.text import slug

_JUNK_START = re.compile(r"^[^\w(&]+")
_CARD_LINE = re.compile(r"\s*~\d+$")
_LEGAL = re.compile(
    r"\b(?:limited|ltd|plc|llp|inc|incorporated|corp|sarl|s\.?a\.?r\.?l|gmbh|bv|b\.v|co)\b\.?", re.IGNORECASE
)
_COUNTRY = re.compile(r"\b(?:u\.?k\.?|united kingdom|gb|great britain)\b\.?", re.IGNORECASE)
_BRANCH = re.compile(r"\bbranch\b", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[^\w&+]+")


@functools.lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """A company name without case, punctuation, legal form, country and branch words, and card-line junk."""
    text = _CARD_LINE.sub("", name.strip().casefold())
    text = _JUNK_START.sub("", text.replace("¿", " ")).replace("&amp;", "&")
    text = re.sub(r"\b((?:[a-z]\.){2,})", lambda m: m.group(1).replace(".", ""), text)
    text = text.replace("(uk)", " uk ").replace("(", " ").replace(")", " ")
    for pattern in (_LEGAL, _COUNTRY, _BRANCH):
        text = pattern.sub(" ", text)
    return " ".join(_PUNCTUATION.sub(" ", text).split())


def company_number(text: str | None) -> str | None:
    """A Companies House number as eight characters; None for what cannot be one."""
    if not text:
        return None
    cleaned = re.sub(r"\s", "", text).upper()
    match = re.fullmatch(r"([A-Z]{2})?(\d{1,8})", cleaned)
    if not match:
        return None
    prefix, digits = match.group(1) or "", match.group(2)
    width = 8 - len(prefix)
    if len(digits) > width or int(digits) == 0:
        return None
    return prefix + digits.zfill(width)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a supplier is. Exactly one of provider and reseller is set, or neither."""

    provider: str | None
    reseller: str | None
    rule_id: str | None


NOBODY = Identity(None, None, None)


class Suppliers:
    """Supplier names to providers and resellers."""

    def __init__(self, reference: Reference) -> None:
        self._numbers: dict[str, Identity] = {}
        self._exact: dict[str, Identity] = {}
        self._normal: dict[str, Identity] = {}
        for provider in reference.providers.values():
            names = [entry["name"] for entry in provider.sections["legal_entities"]]
            names += [entry["name"] for entry in provider.sections["trading_names"]]
            numbers = [entry.get("company_number") for entry in provider.sections["legal_entities"]]
            self._add(f"providers/{provider.id}.toml", names, numbers, provider=provider.id)
        for reseller_id, entry in reference._toml("resellers.toml").items():
            names = [item["name"] for item in entry.get("legal_entities", [])] + entry.get("trading_names", [])
            numbers = [item.get("company_number") for item in entry.get("legal_entities", [])]
            self._add("resellers.toml", names, numbers, reseller=reseller_id)

    def _add(
        self,
        file: str,
        names: Iterable[str],
        numbers: Iterable[str | None],
        provider: str | None = None,
        reseller: str | None = None,
    ) -> None:
        owner = provider or reseller or ""
        for number in numbers:
            key = company_number(number)
            if number and key is None:
                raise BadReference(file, owner, f"company number {number!r} is not valid")
            if key:
                self._numbers[key] = Identity(provider, reseller, f"company-number:{owner}")
        for name in names:
            self._exact[name.strip().casefold()] = Identity(provider, reseller, f"name:{owner}")
            normal = normalise(name)
            other = self._normal.get(normal)
            if other and (other.provider, other.reseller) != (provider, reseller):
                raise BadReference(file, owner, f"the name {name!r} also belongs to {other.provider or other.reseller}")
            self._normal[normal] = Identity(provider, reseller, f"normalised-name:{owner}")

    def find(self, name: str, number: str | None = None) -> Identity:
        """Who this supplier is; NOBODY where no rule is sure."""
        key = company_number(number)
        if key and key in self._numbers:
            return self._numbers[key]
        found = self._exact.get(name.strip().casefold())
        if found is None:
            found = self._normal.get(normalise(name))
        return found or NOBODY


class Buyers:
    """Buyer names to organisations. A name that no rule knows keeps its own slug as id."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._by_name: dict[str, str] = {}
        self._ids: set[str] = set()
        for organisation_id, name in names:
            self._ids.add(organisation_id)
            self._by_name.setdefault(self._key(name), organisation_id)

    @staticmethod
    def _key(name: str) -> str:
        text = name.casefold().replace("&", " and ").replace("’", "'")
        text = re.sub(r"^the\s+", "", text.strip())
        return " ".join(re.sub(r"[^\w]+", " ", text).split())

    def find(self, name: str | None) -> str | None:
        """The organisation's id; None where the name is missing or unknown."""
        if not name:
            return None
        found = self._by_name.get(self._key(name))
        if found:
            return found
        own = slug(name)
        return own if own in self._ids else None
