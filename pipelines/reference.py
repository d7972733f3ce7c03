"""data/reference: the reviewed facts, read and checked entry by entry.

One TOML file per provider, one CSV per table. A broken entry stops the load with the file and the entry
named. Marks that rest on general knowledge (`check = "recalled"`) give at most `possible` and stay out of
headlines.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import BadReference, Refused, UnknownName
from pipelines.kept import kept

CHECKS = ("seen", "read", "recalled")

# CONTRACT: how the role words of the compiled tables are read.
ROLE_WORDS: dict[str, str] = {
    "hosting": "web",
    "cdn": "web",
    "dns-lb": "web",
    "storage": "web",
    "database": "web",
    "data": "web",
    "web": "web",
    "mail-mx": "mail",
    "mail": "mail",
    "mail-sending": "mail_sending",
    "tls-validation": "certificate",
    "certificate": "certificate",
    "dns": "dns",
    "saas": "saas",
    "platform": "saas",
    "identity": "identity",
    "ai": "ai",
}
MODE_WORDS: dict[str, str | None] = {
    "single": "all_of",
    "multi": "any_of",
    "mixed": "unknown",
    "chosen": "unknown",
    "none": None,
}
# What a provider's lists call a range: edges of a network in front, anycast addresses, everything it has.
RANGE_KINDS = ("in_front", "anycast", "catch_all")
MAIL_KINDS = ("mailbox", "filter", "routing", "inbound-api", "carrier", "bounce", "placeholder", "retired")
_PROVIDER_KEYS = {
    "id", "name", "kind", "parent", "jurisdiction", "note", "source", "check", "words", "regions",
    "region_codes", "region_names", "suffixes", "name_servers", "mail", "spf", "tokens", "headers",
    "networks", "range_products", "legal_entities", "trading_names", "card_lines", "reseller", "products", "status", "apart", "closed",
}  # fmt: skip
_SECTIONS: dict[str, tuple[set[str], set[str]]] = {
    # section: required keys, further keys allowed
    "suffixes": (
        {"suffix", "word", "source", "check"},
        {"product", "region", "hides_origin", "also_web", "shows_front", "note"},
    ),
    "name_servers": ({"source", "check"}, {"suffix", "pattern", "product", "note"}),
    "mail": ({"suffix", "kind", "source", "check"}, {"product", "note"}),
    "spf": ({"include", "source", "check"}, {"product", "note"}),
    "tokens": ({"token", "position", "category", "source", "check"}, {"ai", "beside", "product", "note"}),
    "headers": ({"signal", "word", "strength", "source", "check"}, {"pattern", "product", "note"}),
    "networks": ({"source", "check"}, {"asn", "prefix", "product", "word", "region", "holder", "note"}),
    "legal_entities": (
        {"name", "source", "check"},
        {"company_number", "country", "from", "to", "formerly", "note"},
    ),
    # whole: the name without its legal form would be somebody else's
    "trading_names": ({"name", "source", "check"}, {"whole", "note"}),
    "card_lines": ({"pattern", "source", "check"}, {"note"}),
    "products": ({"word", "source", "check"}, {"service_class", "product", "note"}),
}


def _stands_in(word: str, text: str) -> bool:
    """Whether `text` holds the word, neither part of a longer one nor joined to another by a dash."""
    return word in text and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


@dataclass(frozen=True)
class Provider:
    """One provider. `parent` is the controlling company, `jurisdiction` its home country or None."""

    id: str
    name: str
    kind: str
    parent: str
    jurisdiction: str | None
    note: str | None
    check: str
    words: tuple[str, ...]
    regions: Mapping[str, str]
    region_codes: Mapping[str, str]
    region_names: Mapping[str, str]
    sections: Mapping[str, Sequence[Mapping[str, Any]]]
    reseller: bool = False
    status: Mapping[str, Any] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    """How regions start that belong to a partition of their own."""
    range_products: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names of its range lists by kind (RANGE_KINDS)."""
    closed: bool = False
    """Whether it serves nobody any more, so that nothing whose provider is unknown can stand on it."""

    def region(self, text: str | None) -> str | None:
        """The region named in `text`, from the closed list; None where it names none."""
        if not text:
            return None
        if text in self.regions:
            return text
        if text in self.region_names:
            return self.region_names[text]
        for name, code in sorted(self.region_names.items(), key=lambda item: -len(item[0])):
            if _stands_in(name, text):
                return code
        found = {code for code in self.regions if _stands_in(code, text)}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True)
class TableInfo:
    """What tables.toml says of one table."""

    name: str
    title: str
    publisher: str
    licence: str
    credit: str | None
    compiled: dt.date
    check: str


class Reference:
    """Everything in one data/reference folder, checked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, str] = {}
        if not path.is_dir():
            raise Refused(f"the reference folder {path} does not exist; reinstall cloudhold or name another")
        self.providers = {provider.id: provider for provider in self._read_providers()}
        self._index_words()
        self.tables = {name: self._table_info(name, body) for name, body in self.toml("tables.toml").items()}

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file as it was read, by its path in the folder; of a file that was not, as it is now."""
        files = (file for file in sorted(self.path.rglob("*")) if file.suffix in (".csv", ".toml"))
        named = {file.relative_to(self.path).as_posix(): file for file in files}
        return {
            name: self._read.get(name) or hashlib.sha256(file.read_bytes()).hexdigest() for name, file in named.items()
        }

    # -- reading ---------------------------------------------------------------------------------------

    def _bytes(self, name: str) -> bytes:
        try:
            body = (self.path / name).read_bytes()
        except OSError as error:
            raise BadReference(name, "the file", f"cannot be read ({error.strerror})") from error
        # An edition names the facts that it was made of, whatever becomes of the files later.
        self._read[name] = hashlib.sha256(body).hexdigest()
        return body

    def toml(self, name: str) -> dict[str, Any]:
        import tomli  # not needed where the facts are kept

        try:
            return tomli.loads(self._bytes(name).decode())
        except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadReference(name, "the file", f"is not valid TOML: {error}") from error

    def rows(self, name: str, required: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, str]]]:
        """Rows of one CSV with the words that name each row in a message ("row 12").

        Row numbers count from the header as row 1, as a spreadsheet shows them.
        """
        try:
            text = self._bytes(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadReference(name, "the file", f"is not UTF-8: {error.reason}") from error
        reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
        fields = reader.fieldnames or []
        missing = [column for column in required if column not in fields]
        if missing:
            raise BadReference(name, "the header", f"lacks {', '.join(missing)}")
        try:
            for number, row in enumerate(reader, start=2):
                if None in row or None in row.values():
                    raise BadReference(name, f"row {number}", f"has not {len(fields)} cells")
                yield f"row {number}", row
        except csv.Error as error:
            raise BadReference(name, f"line {reader.line_num}", f"is not valid CSV: {error}") from error

    def _table_info(self, name: str, body: Mapping[str, Any]) -> TableInfo:
        try:
            return TableInfo(
                name, body["title"], body["publisher"], body["licence"], body.get("credit"),
                body["compiled"], body["check"],
            )  # fmt: skip
        except KeyError as error:
            raise BadReference("tables.toml", name, f"lacks {error.args[0]}") from error

    def _read_providers(self) -> Iterator[Provider]:
        folder = self.path / "providers"
        names = sorted(path.name for path in folder.glob("*.toml")) if folder.is_dir() else []
        if not names:
            raise BadReference("providers", "the folder", "holds no provider file")
        homes: dict[str, tuple[str | None, str]] = {}
        for name in names:
            file = f"providers/{name}"
            body = self.toml(file)
            provider = self._provider(file, body)
            if provider.id != name.removesuffix(".toml"):
                raise BadReference(file, "id", f"is {provider.id!r} and must be the file's name")
            home = homes.setdefault(provider.parent, (provider.jurisdiction, file))
            if home[0] != provider.jurisdiction:
                raise BadReference(
                    file,
                    "jurisdiction",
                    f"is {provider.jurisdiction} while {home[1]}, same parent, says {home[0]}",
                )
            yield provider

    def _provider(self, file: str, body: dict[str, Any]) -> Provider:
        unknown = set(body) - _PROVIDER_KEYS
        if unknown:
            raise BadReference(file, sorted(unknown)[0], "is not a known key")
        for key in ("id", "name", "kind", "parent", "source", "check", "words"):
            if not body.get(key):
                raise BadReference(file, key, "is missing")
        if body["check"] not in CHECKS:
            raise BadReference(file, "check", f"is {body['check']!r}; use one of {', '.join(CHECKS)}")
        jurisdiction = body.get("jurisdiction")
        if jurisdiction is not None and not re.fullmatch(r"[A-Z]{2}", jurisdiction):
            raise BadReference(file, "jurisdiction", f"is {jurisdiction!r}; use a two-letter country code")
        for kind in body.get("range_products", {}):
            if kind not in RANGE_KINDS:
                raise BadReference(file, f"range_products.{kind}", f"is not one of {', '.join(RANGE_KINDS)}")
        sections: dict[str, list[dict[str, Any]]] = {section: [] for section in _SECTIONS}
        for section in filter(body.__contains__, _SECTIONS):
            required, allowed = _SECTIONS[section]
            entries = body[section]
            for number, entry in enumerate(entries, start=1):
                where = f"{section} entry {number}"
                if not required <= entry.keys():
                    raise BadReference(file, where, f"lacks {', '.join(sorted(required - entry.keys()))}")
                extra = entry.keys() - required - allowed
                if extra:
                    raise BadReference(file, where, f"has the unknown key {sorted(extra)[0]}")
                if entry["check"] not in CHECKS:
                    raise BadReference(file, where, f"check is {entry['check']!r}; use {', '.join(CHECKS)}")
                self._check_entry(file, where, section, entry, body)
            sections[section] = entries
        return Provider(
            id=body["id"],
            name=body["name"],
            kind=body["kind"],
            parent=body["parent"],
            jurisdiction=jurisdiction,
            note=body.get("note"),
            check=body["check"],
            words=tuple(body["words"]),
            regions=body.get("regions", {}),
            region_codes=body.get("region_codes", {}),
            region_names=body.get("region_names", {}),
            sections=sections,
            reseller=bool(body.get("reseller", False)),
            status=body.get("status", {}),
            apart=tuple(body.get("apart", ())),
            range_products=body.get("range_products", {}),
            closed=bool(body.get("closed", False)),
        )

    def _check_entry(self, file: str, where: str, section: str, entry: dict[str, Any], body: dict[str, Any]) -> None:
        if section in ("suffixes", "headers") and entry["word"] not in ROLE_WORDS:
            raise BadReference(file, where, f"word {entry['word']!r} is not in the map of roles")
        if section == "mail" and entry["kind"] not in MAIL_KINDS:
            raise BadReference(file, where, f"kind {entry['kind']!r} is not one of {', '.join(MAIL_KINDS)}")
        if section == "name_servers" and ("suffix" in entry) == ("pattern" in entry):
            raise BadReference(file, where, "must have a suffix or a pattern, one of the two")
        for key in ("suffix", "include"):
            if key in entry and "." not in entry[key]:
                raise BadReference(file, where, f"{key} {entry[key]!r} is one label; a top-level domain marks nobody")
        if section == "suffixes":
            templates = entry.get("region", [])
            for template in [templates] if isinstance(templates, str) else templates:
                if template.startswith("="):
                    if template[1:] not in body.get("regions", {}) and body.get("regions"):
                        raise BadReference(file, where, f"region {template[1:]!r} is not in the closed list")
                elif "{region}" in template and not body.get("regions"):
                    raise BadReference(file, where, "has a region position, but the file lists no regions")
                elif "{short}" in template and not body.get("region_codes"):
                    raise BadReference(file, where, "has a code position, but the file lists no region_codes")
            if "{region}" in entry["suffix"] and not body.get("regions"):
                raise BadReference(file, where, "has a region in its suffix, but the file lists no regions")
        pattern = entry.get("pattern")
        if pattern:
            try:
                re.compile(pattern)
            except re.error as error:
                raise BadReference(file, where, f"pattern {pattern!r} cannot be read: {error}") from error

    # -- words -----------------------------------------------------------------------------------------

    def _index_words(self) -> None:
        special = self.toml("words.toml")
        self._none: dict[str, str] = special.get("none", {})
        self._unknown: dict[str, str] = special.get("unknown", {})
        self._several: dict[str, dict[str, Any]] = special.get("several", {})
        self._by_product: dict[str, list[dict[str, Any]]] = special.get("by_product", {})
        for group in self._several.values():
            for provider in group["providers"]:
                self.provider(provider)
        owner: dict[str, str] = {}
        for provider in self.providers.values():
            for word in provider.words:
                if word in owner:
                    raise BadReference(
                        f"providers/{provider.id}.toml", "words", f"{word!r} belongs to {owner[word]} already"
                    )
                owner[word] = provider.id
        self._words = owner

    def provider(self, provider_id: str) -> Provider:
        """The provider with this id; UnknownName where there is none."""
        try:
            return self.providers[provider_id]
        except KeyError:
            raise UnknownName("provider", provider_id, self.providers) from None

    def by_word(self, word: str, product: str | None, file: str, where: str) -> tuple[tuple[str, ...], str]:
        """Provider ids that a word of a compiled table names, and the mode between them.

        ("none",) for what is certainly not a provider, ("unknown",) for what nobody names. The product
        decides for company words. BadReference, naming file and row, for a word outside the map.
        """
        if word in self._by_product:
            for choice in self._by_product[word]:
                if any(part.lower() in (product or "").lower() for part in choice["contains"]):
                    return (choice["provider"],), "all_of"
        if word in self._words:
            return (self._words[word],), "all_of"
        if word in self.providers:
            return (word,), "all_of"
        if word in self._several:
            return tuple(self._several[word]["providers"]), self._several[word]["mode"]
        if word in self._none:
            return ("none",), "all_of"
        if word in self._unknown or not word:
            return ("unknown",), "all_of"
        raise BadReference(file, where, f"{word!r} is not the word of any provider")

    def role(self, word: str, file: str, where: str) -> str:
        """The role that a word of a compiled table stands for; BadReference outside the map."""
        try:
            return ROLE_WORDS[word]
        except KeyError:
            raise BadReference(file, where, f"role {word!r} is not in the map of roles") from None

    def parent(self, provider_id: str) -> str | None:
        provider = self.providers.get(provider_id)
        return provider.parent if provider else None

    def jurisdiction(self, provider_id: str) -> str | None:
        provider = self.providers.get(provider_id)
        return provider.jurisdiction if provider else None


def default_path() -> Path:
    """data/reference of the checkout, or the copy inside the installed package."""
    inside = Path(__file__).parent / "_reference"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "data" / "reference"


def files(folder: Path) -> list[str]:
    """The files that every load reads, by their paths in the folder: those of the providers and of the words."""
    providers = folder / "providers"
    names = sorted(os.listdir(providers)) if providers.is_dir() else []
    return ["words.toml", "tables.toml", *(f"providers/{name}" for name in names)]


@functools.lru_cache(maxsize=4)
def load(path: Path | None = None) -> Reference:
    """The reference facts of `path`, by default those that ship with the product."""
    folder = path or default_path()
    facts = kept(folder, "reference", files(folder), lambda: Reference(folder))
    facts.path = folder  # a folder may have been moved with what is kept in it
    return facts
