"""Who a name is: company number, exact alias, normalised alias, or nothing.

Never fuzzy to a provider: "AWS Solicitors" is one letter's distance from nothing it should be near. A
normalised name must equal a legal or trading name whole.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipelines.contracts.company_names import (
    abbreviations,
    ends_with_form,
    is_another_body,
    is_remark,
    normalise,
    one_slip,
    parted,
    significant,
    swaps,
    tidy,
    without_country,
    without_surroundings,
    words,
)
from pipelines.errors import BadReference
from pipelines.reference import Reference
from pipelines.text import slug


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
    """Who a supplier is. Exactly one of provider and reseller is set, or neither.

    `family`: the providers of the same parent. A company that sells several clouds signed for one of them, and
    only the words of the notice say which. `several`: one of the family has no company of its own, so this one sells
    for it too.
    """

    provider: str | None
    reseller: str | None
    rule_id: str | None
    family: frozenset[str] = frozenset()
    several: bool = False


NOBODY = Identity(None, None, None)


class Suppliers:
    """Supplier names to providers and resellers.

    Order: company number, exact name, normalised name; then the name without what stands around it (a remark
    after the legal form, an acronym in brackets, a branch, a web address); then words joined or parted otherwise
    (where the known name has several words or capitals inside, so that "Rack Space" is nobody); then the name with
    another country in it; then a name that a narrow column cut. What a pension fund or a club adds to a name makes
    it nobody's. A spelling that is merely near is taken for a reseller only, never for a provider.
    """

    def __init__(self, reference: Reference) -> None:
        self._numbers: dict[str, Identity] = {}
        self._exact: dict[str, Identity] = {}
        self._normal: dict[str, Identity] = {}
        self._joined: dict[str, Identity] = {}
        self._parted: dict[str, Identity] = {}
        self._stateless: dict[str, Identity] = {}
        self._words: dict[str, list[tuple[tuple[str, ...], Identity]]] = {}
        self._swapped: dict[str, str] = {}
        self._card_lines: list[tuple[re.Pattern[str], Identity]] = []
        # One name stands on many notices, often with another number or none.
        self._named = functools.lru_cache(maxsize=65536)(self._of_name)
        families: dict[str, set[str]] = {}
        without: dict[str, set[str]] = {}
        for provider in reference.providers.values():
            families.setdefault(provider.parent, set()).add(provider.id)
            if provider.sections["products"] and not provider.sections["legal_entities"]:
                without.setdefault(provider.parent, set()).add(provider.id)
        for provider in reference.providers.values():
            file = f"providers/{provider.id}.toml"
            several = bool(without.get(provider.parent, set()) - {provider.id})
            identity = Identity(provider.id, None, None, frozenset(families[provider.parent]), several)
            entries = (*provider.sections["legal_entities"], *provider.sections["trading_names"])
            names = [entry["name"] for entry in entries if not entry.get("whole")]
            numbers = [entry.get("company_number") for entry in provider.sections["legal_entities"]]
            self._add(file, names, numbers, identity)
            for entry in entries:
                if entry.get("whole"):
                    self._exact[" ".join(words(entry["name"]))] = replace(identity, rule_id=f"name:{provider.id}")
            for entry in provider.sections["card_lines"]:
                found = replace(identity, rule_id=f"card-line:{provider.id}")
                self._card_lines.append((re.compile(entry["pattern"], re.IGNORECASE), found))
        for reseller_id, body in reference.toml("resellers.toml").items():
            names = [item["name"] for item in body.get("legal_entities", [])] + body.get("trading_names", [])
            numbers = [item.get("company_number") for item in body.get("legal_entities", [])]
            self._add("resellers.toml", names, numbers, Identity(None, reseller_id, None))
            for name in body.get("whole_names", []):
                self._exact[" ".join(words(name))] = Identity(None, reseller_id, f"name:{reseller_id}")
            self._swapped |= {slip: words(name)[0] for name in names for slip in swaps(words(name)[0])}

    def _add(self, file: str, names: Iterable[str], numbers: Iterable[str | None], identity: Identity) -> None:
        owner = identity.provider or identity.reseller or ""
        for number in numbers:
            key = company_number(number)
            if number and key is None:
                raise BadReference(file, owner, f"company number {number!r} is not valid")
            if key:
                self._numbers[key] = replace(identity, rule_id=f"company-number:{owner}")
        for name in names:
            self._exact[" ".join(words(name))] = replace(identity, rule_id=f"name:{owner}")
            normal = normalise(name)
            other = self._normal.get(normal)
            if other and (other.provider, other.reseller) != (identity.provider, identity.reseller):
                raise BadReference(file, owner, f"the name {name!r} also belongs to {other.provider or other.reseller}")
            self._normal[normal] = replace(identity, rule_id=f"normalised-name:{owner}")
            self._stateless[without_country(name)] = replace(identity, rule_id=f"name-abroad:{owner}")
            otherwise = replace(identity, rule_id=f"name-spaced-otherwise:{owner}")
            if " " in normal or identity.reseller:
                self._joined[normal.replace(" ", "")] = otherwise
            if apart := parted(name):
                self._parted[apart] = otherwise
            found = words(name)
            self._words.setdefault(found[0], []).append((found, identity))

    @property
    def coarse(self) -> str:
        """A coarse test for SQL: a name that `find` could know begins a word with one of these, or has a letter
        outside ASCII."""
        firsts = {*self._words, *(found[0][:4] for known in self._words.values() for found, _ in known)}
        firsts |= {known.partition(" ")[0] for known in self._exact}
        firsts |= {short for word in self._words for short in abbreviations(word)}
        initials = {"[ .]{1,2}".join(first) for first in self._words if len(first) <= 4}
        parts = {re.escape(apart) for apart in self._parted}
        parts |= {re.escape(slip) for slip in self._swapped}
        cards = {pattern.pattern.removeprefix("^") for pattern, _ in self._card_lines}
        return (
            r"(?:\b|_)(?:" + "|".join(sorted({*map(re.escape, firsts), *initials, *parts, *cards})) + r")|[^\x00-\x7f]"
        )

    @property
    def numbers(self) -> list[str]:
        """The company numbers that are known."""
        return sorted(self._numbers)

    def find(self, name: str, number: str | None = None) -> Identity:
        """Who this supplier is; NOBODY where no rule is sure."""
        key = company_number(number)
        return self._numbers.get(key or "") or self._named(name)

    def _of_name(self, name: str) -> Identity:
        normal = normalise(name)
        found = (
            self._exact.get(" ".join(words(name)))
            or self._normal.get(normal)
            or self._joined.get(normal.replace(" ", ""))
        )
        if found:
            return found
        text = tidy(name)
        if is_another_body(text):
            return NOBODY
        for candidate in without_surroundings(text):
            found = self._normal.get(normalise(candidate))
            if found:
                return replace(found, rule_id=f"name-in-remarks:{found.provider or found.reseller}")
        return (
            self._parted.get(" ".join(significant(name)).removesuffix(" uk"))
            or self._stateless.get(without_country(name))
            or next((identity for pattern, identity in self._card_lines if pattern.search(text)), None)
            or self._remarked(text)
            or self._cut(text)
            or self._near(text)
            or NOBODY
        )

    def _remarked(self, text: str) -> Identity | None:
        """A known name of three words or more, followed by nothing but remarks."""
        if ends_with_form(text):
            return None
        found = normalise(text).split()
        for end in range(len(found) - 1, 2, -1):
            name = " ".join(found[:end])
            identity = self._normal.get(name)
            if identity and all(is_remark(word, name) for word in found[end:]):
                return replace(identity, rule_id=f"name-in-remarks:{identity.provider or identity.reseller}")
        return None

    def _cut(self, text: str) -> Identity | None:
        """A name that a narrow column cut or abbreviated: word for word the beginning of one owner's names."""
        tokens = words(text)
        if len(tokens) < 2 or sum(map(len, tokens)) < 14:
            return None
        owners = {}
        for known, identity in self._words.get(tokens[0], ()):
            if len(tokens) > len(known):
                continue
            same = [word.startswith(token) for token, word in zip(tokens, known, strict=False)]
            partial = [token != word for token, word in zip(tokens, known, strict=False)]
            # At least the first two words whole, or the first whole and the cut one nearly so.
            if all(same) and any(partial) and (not any(partial[:2]) or (len(tokens) == 2 and len(tokens[1]) >= 6)):
                owners[identity.provider or identity.reseller] = identity
        if len(owners) != 1:
            return None
        owner, identity = owners.popitem()
        return replace(identity, rule_id=f"name-cut-short:{owner}")

    def _near(self, text: str) -> Identity | None:
        """A reseller whose first word is whole and whose others are one slip away, or whose first has two letters
        swapped and whose others are whole."""
        found = normalise(text).split()
        if len(found) < 2 or len(found[0]) < 7 or len("".join(found[1:])) < 6:
            return None
        if first := self._swapped.get(found[0]):
            identity = self._normal.get(" ".join([first, *found[1:]]), NOBODY)
            return replace(identity, rule_id=f"name-nearly:{identity.reseller}") if identity.reseller else None
        owners = {
            identity.reseller: identity
            for known, identity in self._words.get(found[0], ())
            if identity.reseller and len(known) > 1 and one_slip(found[1:], normalise(" ".join(known)).split()[1:])
        }
        if len(owners) != 1:
            return None
        owner, identity = owners.popitem()
        return replace(identity, rule_id=f"name-nearly:{owner}")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who bought. `id` is None where nobody can tell; `publisher` is set where the account is not the buyer."""

    id: str | None
    name: str | None
    publisher: str | None = None
    flag: str | None = None


_COUNCIL_WORDS = frozenset(
    [
        "council",
        "borough",
        "city",
        "county",
        "district",
        "metropolitan",
        "london",
        "royal",
        "of",
        "the",
        "and",
        "cc",
        "mbc",
        "dc",
        "bc",
        "lbc",
        "unitary",
        "authority",
        "corporation",
    ]
)
_ON_BEHALF = re.compile(
    r"\bon behalf of (?:the )?([A-Z][\w&',.()-]*(?: (?:[A-Z][\w&',()-]*|of|for|and|the|&))*)", re.UNICODE
)


def name_key(name: str) -> str:
    """A body's name without case, punctuation and article."""
    text = name.casefold().replace("&amp;", " and ").replace("&", " and ").replace("’", "'").replace("'", "")
    text = re.sub(r"^the\s+", "", text.strip())
    return " ".join(re.sub(r"[^\w]+", " ", text).split())


def _former_bodies(reference: Reference) -> dict[str, tuple[str, dt.date, tuple[str, ...]]]:
    """(id, day on which it ended, successors) of each former body, by each of its names."""
    found = {}
    for where, row in reference.rows("former_organisations.csv", ("organisation_id", "name", "ended_on")):
        try:
            ended = dt.date.fromisoformat(row["ended_on"])
        except ValueError as error:
            raise BadReference(
                "former_organisations.csv", where, f"ended_on {row['ended_on']!r} is not a date"
            ) from error
        successors = tuple(s for s in row["successors"].split(";") if s)
        for name in (row["name"], *filter(None, row["aliases"].split(";"))):
            found[name_key(name)] = (row["organisation_id"], ended, successors)
    return found


class Buyers:
    """Buyer names to organisations.

    Order: the exact name, another name of the body, the name of a former body (with a flag where it had ended
    and more than one succeeded it), a council's name without its kind. Then the parts around a colon. What no
    rule knows keeps its own name in kebab case as id; an account of e-tendering software is never a buyer.
    """

    def __init__(self, reference: Reference, names: Iterable[tuple[str, str, str]]) -> None:
        """`names` are (organisation_id, name, sector) of every known body."""
        self._by_name: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self._former = _former_bodies(reference)
        councils: dict[str, set[str]] = {}
        for organisation_id, name, sector in names:
            self.names[organisation_id] = name
            if name_key(name) not in self._former:  # what succeeded it was reviewed; a list that only names it was not
                self._by_name.setdefault(name_key(name), organisation_id)
            if sector == "local":
                councils.setdefault(_council_key(name), set()).add(organisation_id)
        self._councils = {key: ids.pop() for key, ids in councils.items() if len(ids) == 1 and key}
        for where, row in reference.rows("organisation_names.csv", ("name", "organisation_id")):
            if row["organisation_id"] not in self.names:
                raise BadReference("organisation_names.csv", where, f"{row['organisation_id']!r} is not a known body")
            self._by_name[name_key(row["name"])] = row["organisation_id"]
        for _, row in reference.rows("former_organisations.csv"):
            self.names.setdefault(row["organisation_id"], row["name"])
        self._software: set[str] = set()
        self._intermediaries: set[str] = set()
        for where, row in reference.rows("publishing_accounts.csv", ("name", "kind")):
            if row["kind"] not in ("software", "intermediary"):
                raise BadReference("publishing_accounts.csv", where, f"kind {row['kind']!r} is not known")
            (self._software if row["kind"] == "software" else self._intermediaries).add(name_key(row["name"]))
        self._software_starts = tuple(f"{account} " for account in sorted(self._software))

    def id_of(self, name: str | None) -> str | None:
        """The known body with this name; None where no rule knows it."""
        if not name:
            return None
        key = name_key(name)
        found = self._by_name.get(key) or (self._former[key][0] if key in self._former else None)
        if found is None and re.search(r"\b(council|borough|corporation)\b", key):
            found = self._councils.get(_council_key(name))
        return found

    def depends_on_notice(self, name: str) -> bool:
        """Whether the buyer depends on the notice's words or date, and not on the name alone."""
        key = name_key(name)
        return self._is_account(key) or (key in self._former and key not in self._by_name)

    def _is_account(self, key: str) -> bool:
        return key in self._intermediaries or key in self._software or key.startswith(self._software_starts)

    def find(self, name: str | None, text: str | None = None, day: dt.date | None = None) -> Buyer:
        """The buyer that a notice names. `text` may say on whose behalf; `day` is when it was published."""
        if not name or not name.strip():
            return Buyer(None, None)
        key = name_key(name)
        if key in self._software or key.startswith(self._software_starts):
            return Buyer(self._behalf(text), None, publisher=name, flag="publisher-is-software")
        if key in self._intermediaries:
            behalf = self._behalf(text)
            if behalf:
                return Buyer(behalf, self.names.get(behalf), publisher=name, flag="on-behalf-of")
        if key in self._former and key not in self._by_name:
            organisation_id, ended, successors = self._former[key]
            if day is not None and day > ended and len(successors) == 1:
                return Buyer(successors[0], name)
            flag = "buyer-abolished-ambiguous" if day is not None and day > ended else None
            return Buyer(organisation_id, name, flag=flag)
        found = self.id_of(name)
        if found is None and ":" in name:
            parts = [part.strip() for part in name.split(":") if part.strip()]
            found = next((i for i in map(self.id_of, parts) if i), None)
        return Buyer(found or slug(name) or None, name)

    def _behalf(self, text: str | None) -> str | None:
        for match in _ON_BEHALF.finditer(text or ""):
            words = match.group(1).rstrip(".,()").split()
            while words:
                found = self.id_of(" ".join(words).rstrip(".,()"))
                if found:
                    return found
                words.pop()
        return None


def _council_key(name: str) -> str:
    return " ".join(word for word in name_key(name).split() if word not in _COUNCIL_WORDS)
