"""The reference facts compiled for matching: one dictionary probe per label, one lookup per address.

A rule's id says where it stands: `suffix:aws:elb.amazonaws.com` is the entry with that suffix in
data/reference/providers/aws.toml. A rule that rests on general knowledge gives at most `possible`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pipelines.attribution.matching import Prefixes, Suffixes
from pipelines.attribution.networks import Network, Networks, without_replaced
from pipelines.errors import BadReference
from pipelines.kept import kept
from pipelines.reference import CHECKS, RANGE_KINDS, ROLE_WORDS, Provider, Reference, default_path, files, load
from pipelines.text import search_key

T = TypeVar("T")
M = TypeVar("M", str, int)
_SEVERAL = re.compile(r"\{([^{}]*,[^{}]*)\}")
NOWHERE = "nowhere.csv"
RANGES = "ranges.csv"
# Roles of vendors who send from names in their own domain, and kinds of exchanger that stand for nobody who does.
_SENDING_ROLES = ("mail", "mail_sending", "saas", "identity")
_NO_SENDERS = ("placeholder", "retired")


class Rule(NamedTuple):
    """What one mark says. `hides` is yes, partly or no: whether something unseen stands behind it. `beside`: a
    mark that others write too counts only where the name that it validates leads to the provider."""

    id: str
    provider: str
    role: str
    word: str
    product: str | None
    confidence: str
    hides: str = "no"
    region: str | None = None
    region_patterns: tuple[tuple[str, Mapping[str, str]], ...] = ()
    kind: str | None = None
    also_web: bool = False
    shows_front: bool = False
    beside: bool = False

    def region_of(self, name: str) -> str | None:
        """The region that `name` shows at the position where this provider writes it; None otherwise."""
        if self.region:
            return self.region
        for pattern, codes in self.region_patterns:
            match = _compiled(pattern).search(name)
            if match and match.group(1) in codes:
                return codes[match.group(1)]
        return None


def _confidence(check: str, otherwise: str = "confirmed") -> str:
    return "possible" if check == "recalled" else otherwise


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern when a name first asks for it: compiling those of every provider took a tenth of a start."""
    return re.compile(pattern)


def _region_pattern(template: str, codes: Mapping[str, str]) -> str:
    """A template such as `{region}.elb.amazonaws.com` as a pattern anchored at label borders.

    `*` stands for the rest of a label, `#` for one digit. A code that is a label and no more has the customer's label
    before it: alone it would be the customer's own choice. Within a label only the codes of the closed list match.
    """
    is_label = template.startswith(("{region}.", "{short}."))
    code = "[^.]+" if is_label else "|".join(map(re.escape, sorted(codes, key=len, reverse=True)))
    escaped = re.escape(template).replace(r"\*", "[^.]*").replace(r"\#", r"\d").replace("#", r"\d")
    escaped = re.sub(r"\\{(region|short)\\}", lambda _: f"({code})", escaped)
    border = r"\." if is_label or template.startswith("{region}-#") else r"(?:^|\.)"
    return rf"{border}{escaped}$"


class Rules:
    """Every rule of one reference, with `extra` networks (the operator's imported ranges) on top."""

    folder: Path | None = None

    def __init__(self, reference: Reference, extra: Iterable[Network] = ()) -> None:
        self.reference = reference
        providers = reference.providers.values()
        self.parents = {provider.id: provider.parent for provider in providers}
        self.suffixes = Suffixes(_table(providers, _suffix_rules))
        self.mail = Suffixes(_table(providers, _mail_rules))
        self.spf = Suffixes(_table(providers, _spf_rules))
        self.tokens = Prefixes(_table(providers, _token_rules, "value"))
        self.name_tokens = Prefixes(_table(providers, _token_rules, "name"))
        self.autonomous_systems = _table(providers, _announcer_rules)
        self.clouds = frozenset(provider.id for provider in providers if provider.kind == "cloud")
        self.suites = frozenset(provider.id for provider in providers if provider.kind == "office suite")
        unused = self._unused()
        self.parking = Suffixes(unused["parking"])
        self.placeholder_addresses = unused["address"]
        imported = list(extra)
        networks = list(_each(providers, _networks))
        networks.extend(without_replaced(self._published_ranges(), imported))
        networks.extend(imported)
        self.networks = Networks(networks)
        self._name_servers = Suffixes(_table(providers, _name_server_rules, "suffix"))
        self._odd_name_servers = _table(providers, _name_server_rules, "pattern")
        self._headers: dict[str, list[tuple[str, Rule]]] = {}
        for signal, pattern, rule in _each(providers, _header_rules):
            self._headers.setdefault(signal, []).append((pattern, rule))
        self._known_servers: dict[str, Rule | None] = {}

    @functools.cached_property
    def reference(self) -> Reference:
        """The facts that the rules were made of. Rules that were kept read them when somebody asks."""
        return load(self.folder)

    def __getstate__(self) -> dict[str, Any]:
        """What is kept of the rules: the facts that they were made of are kept on their own."""
        return {name: held for name, held in self.__dict__.items() if name != "reference"}

    def _unused(self) -> dict[str, dict[str, Rule]]:
        """Marks of names that nobody uses by kind: the suffixes of parking pages, and placeholder addresses."""
        found: dict[str, dict[str, Rule]] = {"parking": {}, "address": {}}
        for where, row in self.reference.rows(NOWHERE, ("kind", "mark", "source", "check")):
            if row["kind"] not in found:
                raise BadReference(NOWHERE, where, f"kind {row['kind']!r} is not one of {', '.join(found)}")
            if row["check"] not in CHECKS:
                raise BadReference(NOWHERE, where, f"check is {row['check']!r}; use one of {', '.join(CHECKS)}")
            found[row["kind"]][row["mark"]] = Rule(
                f"{row['kind']}:{row['mark']}", "none", "web", row["kind"], None, _confidence(row["check"], "likely")
            )
        return found

    def _published_ranges(self) -> Iterable[Network]:
        for where, row in self.reference.rows(
            RANGES, ("prefix", "provider", "product", "region", "published", "source")
        ):
            (provider,), _ = self.reference.by_word(row["provider"], row["product"], RANGES, where)
            yield published_network(
                row["prefix"],
                self.reference.provider(provider),
                row["product"],
                row["region"],
                row["published"],
                row["source"],
            )

    def name_server(self, name: str) -> Rule | None:
        """Who runs this name server; None where no rule knows it."""
        try:
            return self._known_servers[name]
        except KeyError:
            found = self._name_servers.find(name) or next(
                (rule for pattern, rule in self._odd_name_servers.items() if _compiled(pattern).search(name)), None
            )
            self._known_servers[name] = found
            return found

    def sender(self, target: str) -> Rule | None:
        """Who sends from a name in an SPF record; None where no rule knows it.

        Without a rule of its own the name is read as one in the domain of a vendor whose mail exchangers or rented
        software are known: to include it lets that vendor send. A name in a cloud's domain may be any customer's.
        """
        rule = self.spf.find(target)
        if rule is not None:
            return rule
        for known in (self.mail.find(target), self.suffixes.find(target)):
            if known is not None and known.role in _SENDING_ROLES and known.kind not in _NO_SENDERS:
                sure = "possible" if known.confidence == "possible" else "likely"
                return Rule(known.id, known.provider, "mail_sending", "mail-sending", known.product, sure)
        return None

    def holders(self, provider: str) -> frozenset[str]:
        """The names under which the provider's parent company may hold networks, as they are compared."""
        parent = self.reference.parent(provider)
        return frozenset(
            search_key(entry["name"])
            for other in self.reference.providers.values()
            if other.parent == parent
            for entry in other.sections["legal_entities"]
        )

    def header(self, signal: str, value: str) -> Rule | None:
        """What one response header or cookie shows. Cookie names match by their beginning."""
        candidates = self._headers.get(signal, ())
        if not candidates and signal.startswith("cookie:"):
            for known, rules in self._headers.items():
                if known.startswith("cookie:") and signal.startswith(known):
                    candidates = rules
                    break
        for pattern, rule in candidates:
            if _compiled(pattern).search(value):
                return rule
        return None


def _each(providers: Iterable[Provider], rules_of: Callable[[Provider], Iterable[T]]) -> Iterator[T]:
    for provider in providers:
        yield from rules_of(provider)


def _table(
    providers: Iterable[Provider], rules_of: Callable[..., Iterable[tuple[M, Rule]]], *more: str
) -> dict[M, Rule]:
    """The rules of all providers by their marks; BadReference, naming both, where a mark has two owners."""
    table: dict[M, Rule] = {}
    for provider in providers:
        for mark, rule in rules_of(provider, *more):
            if mark in table:
                raise BadReference(
                    f"providers/{provider.id}.toml", f"{mark!r}", f"marks {table[mark].provider} already ({rule.id})"
                )
            table[mark] = rule
    return table


def _suffix_rules(provider: Provider) -> Iterator[tuple[str, Rule]]:
    regions = {region: region for region in provider.regions}
    for entry in provider.sections["suffixes"]:
        templates: Sequence[str] = entry.get("region", [])
        templates = [templates] if isinstance(templates, str) else templates
        fixed = next((t[1:] for t in templates if t.startswith("=")), None)
        patterns = tuple(
            (_region_pattern(t, codes), codes)
            for t in templates
            if (codes := provider.region_codes if "{short}" in t else regions) and not t.startswith("=")
        )
        for suffix, region in _expand(entry["suffix"], provider):
            yield (
                suffix,
                Rule(
                    f"suffix:{provider.id}:{entry['suffix']}",
                    provider.id,
                    ROLE_WORDS[entry["word"]],
                    entry["word"],
                    entry.get("product"),
                    _confidence(entry["check"]),
                    hides=entry.get("hides_origin", "no"),
                    region=fixed or region,
                    region_patterns=patterns,
                    also_web=bool(entry.get("also_web")),
                    shows_front=bool(entry.get("shows_front")),
                ),
            )


def _mail_rules(provider: Provider) -> Iterator[tuple[str, Rule]]:
    for entry in provider.sections["mail"]:
        for suffix, region in _expand(entry["suffix"], provider):
            yield (
                suffix,
                Rule(
                    f"mx:{provider.id}:{entry['suffix']}",
                    provider.id,
                    "mail",
                    "mail",
                    entry.get("product"),
                    _confidence(entry["check"]),
                    region=region,
                    kind=entry["kind"],
                ),
            )


def _spf_rules(provider: Provider) -> Iterator[tuple[str, Rule]]:
    for entry in provider.sections["spf"]:
        name, sure = f"spf:{provider.id}:{entry['include']}", _confidence(entry["check"], "likely")
        yield entry["include"], Rule(name, provider.id, "mail_sending", "mail-sending", entry.get("product"), sure)


def _name_server_rules(provider: Provider, written_as: str) -> Iterator[tuple[str, Rule]]:
    """Rules of the name servers whose names are given by `suffix`, or by `pattern` where the front of a name counts."""
    for entry in provider.sections["name_servers"]:
        if written_as in entry:
            written = entry[written_as]
            rule = Rule(
                f"ns:{provider.id}:{written}",
                provider.id,
                "dns",
                "dns",
                entry.get("product"),
                _confidence(entry["check"]),
            )
            marks = [written] if written_as == "pattern" else [mark for mark, _ in _expand(written, provider)]
            yield from ((mark, rule) for mark in marks)


def _header_rules(provider: Provider) -> Iterator[tuple[str, str, Rule]]:
    """The header, a pattern in its value (one that fits all where the header alone tells), and the rule."""
    for entry in provider.sections["headers"]:
        strength = {"high": "confirmed", "medium": "likely", "low": "possible"}[entry["strength"]]
        rule = Rule(
            f"{entry['signal']}:{provider.id}",
            provider.id,
            ROLE_WORDS[entry["word"]],
            entry["word"],
            entry.get("product"),
            _confidence(entry["check"], strength),
            hides="yes" if entry["word"] == "cdn" else "no",
            kind=entry["strength"],
        )
        yield entry["signal"], entry.get("pattern", ""), rule


def _token_rules(provider: Provider, position: str) -> Iterator[tuple[str, Rule]]:
    for entry in provider.sections["tokens"]:
        if entry["position"] == position:
            name, sure = f"token:{provider.id}:{entry['token']}", _confidence(entry["check"], "likely")
            role, word = _token_role(entry), entry["category"]
            beside = bool(entry.get("beside"))
            yield entry["token"], Rule(name, provider.id, role, word, entry.get("product"), sure, beside=beside)


def _token_role(entry: Mapping[str, Any]) -> str:
    category = entry["category"]
    if entry.get("ai"):
        return "ai"
    if category in ("tls-validation", "certificates"):
        return "certificate"
    if category in ("mail-sending", "identity"):
        return str(category.replace("-", "_"))
    if entry["position"] == "name" and category in ("cdn", "hosting", "cloud", "database"):
        return "certificate"  # it validates the name; it does not show who serves it
    return "saas"


def _announcer_rules(provider: Provider) -> Iterator[tuple[int, Rule]]:
    for entry in provider.sections["networks"]:
        if "asn" in entry:
            yield (
                int(entry["asn"]),
                Rule(
                    f"asn:{provider.id}:AS{entry['asn']}",
                    provider.id,
                    "web",
                    entry.get("word", "hosting"),
                    entry.get("product"),
                    _confidence(entry["check"], "likely"),
                    hides="yes" if entry.get("word") == "cdn" else "no",
                ),
            )


def _networks(provider: Provider) -> Iterator[Network]:
    """Prefixes that we looked up ourselves."""
    for entry in provider.sections["networks"]:
        if "prefix" in entry:
            yield Network(
                entry["prefix"],
                provider.id,
                entry.get("product"),
                entry.get("region"),
                "",
                f"providers/{provider.id}.toml",
                in_front=entry.get("word") == "cdn",
                parked=entry.get("word") == "parked",
                confidence=_confidence(entry["check"], "likely"),
                role=ROLE_WORDS.get(entry.get("word", ""), "web"),
            )


def published_network(
    prefix: str, provider: Provider, product: str, region: str, published: str, source: str
) -> Network:
    """A row of a provider's published list, with its region only where the range shows a place."""
    is_kind = {kind: product in provider.range_products.get(kind, ()) for kind in RANGE_KINDS}
    return Network(
        prefix,
        provider.id,
        product or None,
        None if is_kind["in_front"] or is_kind["anycast"] else provider.region(region),
        published,
        source,
        in_front=is_kind["in_front"],
        specific=not is_kind["catch_all"],
        anycast=is_kind["anycast"],
    )


def _expand(suffix: str, provider: Provider) -> Iterable[tuple[str, str | None]]:
    """`{com,net}` in a suffix as one suffix for each; `{region}` as one for each of the closed list, with that region."""
    several = _SEVERAL.search(suffix)
    if several:
        for one in several.group(1).split(","):
            yield from _expand(suffix[: several.start()] + one + suffix[several.end() :], provider)
    elif "{region}" in suffix:
        for region in provider.regions:
            yield suffix.replace("{region}", region), region
    else:
        yield suffix, None


@functools.lru_cache(maxsize=4)
def shipped(path: Path | None = None) -> Rules:
    """The rules of the reference in `path`, by default of the one that ships with the product."""
    folder = path or default_path()
    rules = kept(folder, "rules", [*files(folder), RANGES, NOWHERE], lambda: Rules(load(path)))
    rules.folder = path  # a folder may have been moved with what is kept in it
    return rules
