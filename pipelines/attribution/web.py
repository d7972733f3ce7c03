"""What answers a web address, and what may be said of where it runs.

The alias chain is walked to its end; the provider of the deepest hop that a rule knows answers, by the name that it
gave to the customer. Without one the addresses are looked up in the providers' published ranges. A network in front hides the origin unless a header or
cookie set by the origin came through it. Nothing known stays unknown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from pipelines.attribution import names
from pipelines.attribution.announced import AS_KIND, HOLDER_KIND, by_announcer
from pipelines.attribution.book import ADDRESS_TYPES, ALIAS_TYPES, Book, Chain, Seen
from pipelines.attribution.draft import HIDDEN, NONE, STRENGTH, UNKNOWN, Draft, by_rule
from pipelines.attribution.networks import Network, is_private
from pipelines.attribution.rules import Rule, Rules

# Types of record that say who answers at a name, besides the headers and cookies that it answers with.
_ANSWERING = frozenset((*ALIAS_TYPES, *ADDRESS_TYPES))
# A hop that a rule knows: its place in the chain, its name and the rule.
_Hop = tuple[int, str, Rule]
# A header or cookie that a rule knows.
_Mark = tuple[Seen, Rule]


def web(book: Book, rules: Rules, host: str) -> list[Draft]:
    """Findings about who answers at `host`: none where it has neither address, alias nor header."""
    types = book.types(host)
    marks = _header_marks(rules, types)
    if not marks and types.keys().isdisjoint(_ANSWERING):
        return []
    chain = book.chain(host, lambda target: _tells_little(rules, target))
    addresses = book.addresses(chain.end)
    if chain.hops and not addresses:
        # Files that keep a resolver's answer as it came have the addresses of an alias under the name that was asked.
        addresses = book.addresses(host)
    if not chain.hops and not addresses and not marks:
        return []
    drafts = _from_chain(rules, chain, addresses)
    if not drafts:
        drafts = _parked(book, rules, host) or _from_addresses(book, rules, host, chain, addresses)
    if not any(draft.provider not in (UNKNOWN, NONE) for draft in drafts):
        drafts = _from_certificate(book, rules, host, addresses) or drafts
    return _with_headers(host, drafts, marks)


def _tells_little(rules: Rules, target: str) -> int:
    """The rank of one alias of several: what a rule knows before routing, and before what none knows."""
    rule = rules.suffixes.find(target)
    return 2 if rule is None else 1 if rule.word == "dns-lb" else 0


def _role(rule: Rule, host: str) -> str:
    """A validation name says who was asked to serve, not who serves: its role is certificate."""
    asks = names.first_label(host) in names.VALIDATION_LABELS or (rule.role == "web" and names.is_validation(host))
    return "certificate" if asks else rule.role


def _from_chain(rules: Rules, chain: Chain, addresses: list[Seen]) -> list[Draft]:
    known: list[_Hop] = [
        (index, target, rule)
        for index, (target, _) in enumerate(chain.hops)
        if (rule := rules.suffixes.find(target)) is not None
    ]
    host = chain.start
    if names.is_policy(host):
        known = [hop for hop in known if hop[2].role != "web"]
    if not known:
        parked = next((mark for target, _ in chain.hops if (mark := rules.parking.find(target))), None)
        return [Draft(host, "web", "front", NONE, parked.id, parked.confidence, chain.records)] if parked else []
    earlier, answering = _answering(known)
    index, target, rule = answering[0]
    region = None
    if rule.hides != "yes":
        places = [(at, place) for at, name, hop in answering if (place := hop.region_of(name))]
        index, region = places[-1] if places else (index, None)
    role = _role(rule, host)
    draft = by_rule(host, rule, chain.records[: index + 1], role=role, region=region, endpoint=target)
    if role == "web":
        draft.origin = _origin(rule)
        if draft.region is None and draft.origin == rule.provider:
            draft.region = _region_of_addresses(rules, rule.provider, addresses)
        draft.contradiction = _contradiction(rules, rule, addresses)
    drafts = [draft]
    if rule.also_web and role == "saas":
        # A site builder is rented software and answers the address too.
        drafts.append(dataclasses.replace(draft, role="web", evidence=list(draft.evidence), origin=_origin(rule)))
    if role == "web":
        drafts += _from_earlier_hops(chain, draft, earlier)
    return drafts


def _answering(known: list[_Hop]) -> tuple[list[_Hop], list[_Hop]]:
    """Known hops before the last provider's own, and its own from the one that it gave to the customer.

    A provider leads its customer's name on through its routing to names that many share: Front Door's ends at one
    edge for all. So the customer's is the first of its last hops that is a network in front, which hides whatever is
    behind it, else the first that is not routing.
    """
    last = known[-1][2]
    first = len(known) - 1
    while first and (known[first - 1][2].provider, known[first - 1][2].role) == (last.provider, last.role):
        first -= 1
    own = known[first:]
    fronts = [at for at, (_, _, rule) in enumerate(own) if rule.hides == "yes"]
    others = [at for at, (_, _, rule) in enumerate(own) if rule.word != "dns-lb"]
    return known[:first], own[[*fronts, *others, -1][0] :]


def _from_earlier_hops(chain: Chain, answers: Draft, hops: list[_Hop]) -> list[Draft]:
    """What hops of other providers show before the one that answers.

    A routing hop is a dependence: without its answer nobody gets further. Software whose own alias leads on to a
    network in front stays rented, and a platform whose alias does is what stands behind that network.
    """
    drafts = []
    for index, target, rule in hops:
        if rule.provider == answers.provider:
            continue
        if rule.role == "web" and rule.word != "dns-lb":
            if answers.origin == HIDDEN and rule.hides == "no":
                answers.origin = rule.provider
            continue
        origin = answers.origin if rule.role == "web" else None
        drafts.append(by_rule(answers.host, rule, chain.records[: index + 1], endpoint=target, origin=origin))
    return drafts


def _origin(rule: Rule) -> str:
    if rule.hides == "yes":
        return HIDDEN
    if rule.hides == "partly" and rule.word in ("dns-lb", "cdn"):
        return UNKNOWN
    return rule.provider


def _region_of_addresses(rules: Rules, provider: str, addresses: list[Seen]) -> str | None:
    """The one region of the provider's own ranges that the addresses stand in."""
    regions = set()
    for seen in addresses:
        network = network_of(rules, seen.value)
        if network is None or network.provider != provider or network.in_front:
            return None
        regions.add(network.region)
    return regions.pop() if len(regions) == 1 else None


def _contradiction(rules: Rules, rule: Rule, addresses: list[Seen]) -> str | None:
    others = set()
    for seen in addresses:
        network = network_of(rules, seen.value)
        # A platform's address in another provider's range is how platforms work, not a contradiction.
        if network and network.provider != rule.provider and {rule.provider, network.provider} <= rules.clouds:
            others.add(network.provider)
    if not others:
        return None
    return f"the name says {rule.provider}, the address stands in a range of {', '.join(sorted(others))}"


def network_of(rules: Rules, address: str) -> Network | None:
    """The published network of an address; None also for what is no address."""
    try:
        return rules.networks.find(address)
    except ValueError:
        return None


def _from_addresses(book: Book, rules: Rules, host: str, chain: Chain, addresses: list[Seen]) -> list[Draft]:
    if names.is_validation(host):
        return [Draft(host, "web", "front", NONE, "validation-name", "confirmed", chain.records)]
    if not addresses:
        rule = "alias-loop" if chain.looped else "alias-unknown"
        return [
            Draft(host, "web", "front", UNKNOWN, rule, "possible", chain.records, origin=UNKNOWN, endpoint=chain.end)
        ]
    public = [seen for seen in addresses if not is_private(seen.value)]
    if not public:
        return [Draft(host, "web", "front", NONE, "private-address", "confirmed", [*chain.records, *addresses])]
    placeholder = rules.placeholder_addresses.get(public[0].value)
    public = [seen for seen in public if seen.value not in rules.placeholder_addresses]
    if placeholder and not public:
        evidence = [*chain.records, *addresses]
        return [Draft(host, "web", "front", NONE, placeholder.id, placeholder.confidence, evidence)]
    by_provider: dict[str, list[tuple[Seen, Network]]] = {}
    parked: list[tuple[Seen, Network]] = []
    for seen in public:
        network = network_of(rules, seen.value)
        if network is None:
            continue
        if network.parked:
            parked.append((seen, network))
        else:
            by_provider.setdefault(network.provider, []).append((seen, network))
    if not by_provider:
        if parked:
            network = parked[0][1]
            rule_id, evidence = f"network:{network.provider}:{network.prefix}", [seen for seen, _ in parked]
            return [Draft(host, "web", "front", NONE, rule_id, network.confidence, [*chain.records, *evidence])]
        announced = by_announcer(rules, host, chain, public, book.get(host, AS_KIND), book.get(host, HOLDER_KIND))
        if announced:
            return announced
        return [
            Draft(
                host,
                "web",
                "front",
                UNKNOWN,
                "address-unknown",
                "possible",
                [*chain.records, *public],
                origin=UNKNOWN,
                endpoint=chain.end if chain.hops else public[0].value,
            )
        ]
    return [_by_network(host, chain, provider, hits) for provider, hits in sorted(by_provider.items())]


def _by_network(host: str, chain: Chain, provider: str, hits: list[tuple[Seen, Network]]) -> Draft:
    networks = [network for _, network in hits]
    first = networks[0]
    regions = {network.region for network in networks}
    products = {network.product for network in networks}
    in_front = any(network.in_front for network in networks)
    origin = HIDDEN if in_front else UNKNOWN if first.anycast else provider
    return Draft(
        host,
        first.role,
        "front",
        provider,
        f"range:{provider}:{first.product or 'all'}" if first.published else f"network:{provider}:{first.prefix}",
        first.confidence,
        evidence=[*chain.records, *(seen for seen, _ in hits)],
        product=products.pop() if len(products) == 1 else None,
        region=regions.pop() if len(regions) == 1 and not in_front else None,
        endpoint=chain.end if chain.hops else hits[0][0].value,
        origin=origin if first.role == "web" else None,
        note=first.where,
    )


def _parked(book: Book, rules: Rules, host: str) -> list[Draft]:
    """A zone whose name servers are all those of domain traders is not used, whatever its address answers."""
    servers = list(book.get(host, "NS"))
    marks = [rules.parking.find(names.host(seen.value)) for seen in servers]
    if not marks or marks[0] is None or not all(marks):
        return []
    return [Draft(host, "web", "front", NONE, marks[0].id, marks[0].confidence, servers)]


def _from_certificate(book: Book, rules: Rules, host: str, addresses: list[Seen]) -> list[Draft]:
    """A network in front that validates certificates for a name serves it: the one public trace of some."""
    for seen in book.get(f"_acme-challenge.{host}", "CNAME"):
        rule = rules.suffixes.find(names.host(seen.value))
        if rule is not None and rule.shows_front:
            return [
                Draft(
                    host,
                    "web",
                    "front",
                    rule.provider,
                    f"certificate-shows-front:{rule.provider}",
                    "likely",
                    [seen, *addresses],
                    origin=HIDDEN,
                    endpoint=names.host(seen.value),
                )
            ]
    return []


def _header_marks(rules: Rules, types: Mapping[str, Sequence[Seen]]) -> list[_Mark]:
    """What headers and cookies show, strongest first, whatever the order of the records."""
    marks = []
    for kind in types:
        if ":" in kind and kind.lower().startswith(("header:", "cookie:")):
            for seen in types[kind]:
                rule = rules.header(kind.lower(), seen.value)
                if rule is not None:
                    marks.append((seen, rule))
    return marks and sorted(marks, key=lambda mark: (STRENGTH[mark[1].confidence], mark[1].id, mark[0].value))


def _with_headers(host: str, drafts: list[Draft], marks: list[_Mark]) -> list[Draft]:
    """Join what response headers show: the front where DNS shows none, the origin behind a front.

    A name that certainly leads nowhere stays so: what answered was seen from inside, or is a domain trader's page.
    """
    if not marks or any(draft.provider == NONE for draft in drafts):
        return drafts
    fronts = [mark for mark in marks if mark[1].hides == "yes"]
    origins = [mark for mark in marks if mark[1].hides != "yes" and mark[1].role == "web"]
    if all(draft.provider == UNKNOWN for draft in drafts):
        drafts = _by_headers(host, fronts or origins) or drafts
    behind = {rule.provider for _, rule in origins}
    shown = [seen for seen, rule in origins if rule.kind != "low"]
    for draft in drafts:
        if draft.role != "web" or draft.provider == UNKNOWN:
            continue
        if draft.origin in (HIDDEN, UNKNOWN) and len(behind) == 1 and shown:
            draft.origin = next(iter(behind))
            draft.evidence.append(shown[0])
        elif draft.origin not in (HIDDEN, UNKNOWN, None) and behind and draft.origin not in behind:
            draft.contradiction = f"headers show {', '.join(sorted(behind))}"
    return drafts


def _by_headers(host: str, marks: list[_Mark]) -> list[Draft]:
    """One row per provider that the marks name, by its strongest."""
    drafts: dict[str, Draft] = {}
    for seen, rule in marks:
        if rule.provider in drafts:
            drafts[rule.provider].evidence.append(seen)
        else:
            drafts[rule.provider] = by_rule(host, rule, [seen], origin=HIDDEN if rule.hides == "yes" else rule.provider)
    return [drafts[provider] for provider in sorted(drafts)]
