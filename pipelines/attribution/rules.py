"""The reference facts compiled for matching: one dictionary probe per label, one lookup per address.

A rule's id says where it stands: `suffix:aws:elb.amazonaws.com` is the entry with that suffix in
data/reference/providers/aws.toml. A rule that rests on general knowledge gives at most `possible`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.attribution.networks import Network, Networks, without_replaced
from pipelines.errors import BadReference
from pipelines.reference import CHECKS, RANGE_KINDS, ROLE_WORDS, Provider, Reference
from pipelines.text import search_key

NOWHERE = "nowhere.csv"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one mark says. `hides` is yes, partly or no: whether something unseen stands behind it."""

    id: str
    provider: str
    role: str
    word: str
    product: str | None
    confidence: str
    hides: str = "no"
    region: str | None = None
    region_patterns: tuple[re.Pattern[str], ...] = ()
    region_codes: Mapping[str, str] | None = None
    kind: str | None = None
    ai: bool = False
    also_web: bool = False
    shows_front: bool = False

    def region_of(self, name: str) -> str | None:
        """The region that `name` shows at the position where this provider writes it; None otherwise."""
        if self.region:
            return self.region
        for pattern in self.region_patterns:
            match = pattern.search(name)
            if match:
                code = match.group(1)
                return self.region_codes.get(code, code) if self.region_codes else code
        return None


def _confidence(check: str, otherwise: str = "confirmed") -> str:
    return "possible" if check == "recalled" else otherwise


def _region_pattern(template: str, provider: Provider) -> re.Pattern[str]:
    """A template such as `{region}.elb.amazonaws.com` as a pattern anchored at label borders.

    `*` stands for the rest of a label, `#` for one digit. Only codes of the closed list can match. A label that is
    a region and no more has the customer's label before it: alone it would be the customer's own choice.
    """
    codes = sorted(provider.regions, key=len, reverse=True)
    short = sorted(provider.region_codes, key=len, reverse=True)
    escaped = re.escape(template).replace(r"\*", "[^.]*").replace(r"\#", r"\d").replace("#", r"\d")
    escaped = escaped.replace(re.escape("{region}"), f"({'|'.join(map(re.escape, codes))})")
    escaped = escaped.replace(re.escape("{short}"), f"({'|'.join(map(re.escape, short))})")
    border = r"\." if template.startswith(("{region}.", "{short}.", "{region}-#")) else r"(?:^|\.)"
    return re.compile(rf"{border}{escaped}$")


class Suffixes:
    """Longest suffix of a name, by whole labels. Every suffix has two labels or more.

    The last two labels decide most names in one probe: either no suffix ends so, or just one does.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = dict(rules)
        self._ends: dict[str, Rule | None] = {}  # None where the labels before must be looked at
        for suffix, rule in rules.items():
            if "." not in suffix:
                raise ValueError(f"the suffix {suffix!r} is one label; a whole top-level domain marks nobody")
            end = _last_two(suffix)
            self._ends[end] = rule if end == suffix and end not in self._ends else None

    def __len__(self) -> int:
        return len(self._rules)

    def find(self, name: str) -> Rule | None:
        try:
            found = self._ends[name[name.rfind(".", 0, name.rfind(".")) + 1 :]]
        except KeyError:
            return None
        if found is not None:
            return found
        found, dot = self._rules.get(name), -1
        while found is None:
            dot = name.find(".", dot + 1)
            if dot < 0:
                return None
            found = self._rules.get(name[dot + 1 :])
        return found


def _last_two(name: str) -> str:
    return name[name.rfind(".", 0, name.rfind(".")) + 1 :]


class Prefixes:
    """Longest prefix of a text, letters of either case alike. For verification tokens."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = {_token_key(prefix): rule for prefix, rule in rules.items()}
        self._lengths = sorted({len(prefix) for prefix in self._rules}, reverse=True)

    def find(self, text: str) -> Rule | None:
        lowered = _token_key(text)
        for length in self._lengths:
            rule = self._rules.get(lowered[:length])
            if rule is not None:
                return rule
        return None


def _token_key(text: str) -> str:
    """A token as it is compared: vendors and lists write `key:` and `key=` for one another."""
    return text.lower().replace(":", "=")


class Rules:
    """Every rule of one reference, with `extra` networks (the operator's imported ranges) on top."""

    def __init__(self, reference: Reference, extra: Iterable[Network] = ()) -> None:
        self.reference = reference
        suffixes: dict[str, Rule] = {}
        mail: dict[str, Rule] = {}
        spf: dict[str, Rule] = {}
        tokens: dict[str, Rule] = {}
        name_tokens: dict[str, Rule] = {}
        self.autonomous_systems: dict[int, Rule] = {}
        self._name_servers: list[tuple[re.Pattern[str], Rule]] = []
        self._headers: dict[str, list[tuple[re.Pattern[str] | None, Rule]]] = {}
        networks: list[Network] = []
        for provider in reference.providers.values():
            for entry in provider.sections["suffixes"]:
                for suffix, rule in self._suffix_rules(provider, entry):
                    suffixes[suffix] = rule
            for entry in provider.sections["mail"]:
                for suffix, region in _expand(entry["suffix"], provider):
                    mail[suffix] = Rule(
                        f"mx:{provider.id}:{entry['suffix']}",
                        provider.id,
                        "mail",
                        "mail",
                        entry.get("product"),
                        _confidence(entry["check"]),
                        region=region,
                        kind=entry["kind"],
                    )
            for entry in provider.sections["spf"]:
                spf[entry["include"]] = Rule(
                    f"spf:{provider.id}:{entry['include']}",
                    provider.id,
                    "mail_sending",
                    "mail-sending",
                    entry.get("product"),
                    _confidence(entry["check"], "likely"),
                )
            for entry in provider.sections["tokens"]:
                rule = self._token_rule(provider, entry)
                (tokens if entry["position"] == "value" else name_tokens)[entry["token"]] = rule
            for entry in provider.sections["name_servers"]:
                rule = Rule(
                    f"ns:{provider.id}:{entry['pattern']}",
                    provider.id,
                    "dns",
                    "dns",
                    entry.get("product"),
                    _confidence(entry["check"]),
                )
                self._name_servers.append((re.compile(entry["pattern"]), rule))
            for entry in provider.sections["headers"]:
                strength = {"high": "confirmed", "medium": "likely", "low": "possible"}[entry["strength"]]
                pattern = re.compile(entry["pattern"]) if entry.get("pattern") else None
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
                self._headers.setdefault(entry["signal"], []).append((pattern, rule))
            for entry in provider.sections["networks"]:
                if "asn" in entry:
                    self.autonomous_systems[int(entry["asn"])] = Rule(
                        f"asn:{provider.id}:AS{entry['asn']}",
                        provider.id,
                        "web",
                        entry.get("word", "hosting"),
                        entry.get("product"),
                        _confidence(entry["check"], "likely"),
                        hides="yes" if entry.get("word") == "cdn" else "no",
                    )
                if "prefix" in entry:
                    networks.append(
                        Network(
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
                    )
        kinds = [(provider.kind, provider.id) for provider in reference.providers.values()]
        self.clouds = frozenset(provider for kind, provider in kinds if kind == "cloud")
        self.suites = frozenset(provider for kind, provider in kinds if kind == "office suite")
        unused = self._unused()
        self.parking = Suffixes(unused["parking"])
        self.placeholder_addresses = unused["address"]
        imported = list(extra)
        networks.extend(without_replaced(self._published_ranges(), imported))
        networks.extend(imported)
        self.suffixes = Suffixes(suffixes)
        self.mail = Suffixes(mail)
        self.spf = Suffixes(spf)
        self.tokens = Prefixes(tokens)
        self.name_tokens = Prefixes(name_tokens)
        self.networks = Networks(networks)
        self._known_servers: dict[str, Rule | None] = {}

    def _suffix_rules(self, provider: Provider, entry: Mapping[str, Any]) -> Iterable[tuple[str, Rule]]:
        templates: Sequence[str] = entry.get("region", [])
        templates = [templates] if isinstance(templates, str) else templates
        fixed = next((t[1:] for t in templates if t.startswith("=")), None)
        patterns = tuple(_region_pattern(t, provider) for t in templates if not t.startswith("="))
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
                    region_codes=provider.region_codes or None,
                    also_web=bool(entry.get("also_web")),
                    shows_front=bool(entry.get("shows_front")),
                ),
            )

    def _token_rule(self, provider: Provider, entry: Mapping[str, Any]) -> Rule:
        category = entry["category"]
        if entry.get("ai"):
            role = "ai"
        elif category in ("tls-validation", "certificates"):
            role = "certificate"
        elif category in ("mail-sending", "identity"):
            role = category.replace("-", "_")
        elif entry["position"] == "name" and category in ("cdn", "hosting", "cloud", "database"):
            role = "certificate"  # it validates the name; it does not show who serves it
        else:
            role = "saas"
        return Rule(
            f"token:{provider.id}:{entry['token']}",
            provider.id,
            role,
            category,
            entry.get("product"),
            _confidence(entry["check"], "likely"),
            ai=bool(entry.get("ai")),
        )

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
        file = "ranges.csv"
        for where, row in self.reference.rows(file, ("prefix", "provider", "product", "region", "published", "source")):
            (provider,), _ = self.reference.by_word(row["provider"], row["product"], file, where)
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
            found = next((rule for pattern, rule in self._name_servers if pattern.search(name)), None)
            self._known_servers[name] = found
            return found

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
            if pattern is None or pattern.search(value):
                return rule
        return None


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
    """A suffix with `{region}` as one suffix per region of the closed list, with that region."""
    if "{region}" not in suffix:
        yield suffix, None
        return
    for region in provider.regions:
        yield suffix.replace("{region}", region), region


@functools.lru_cache(maxsize=4)
def shipped(reference: Reference) -> Rules:
    """The rules of a reference as it ships."""
    return Rules(reference)
