"""Who takes a domain's mail, seen through the filter in front.

An MX names the filter or the mailbox provider. Behind a filter the mailbox provider shows in this order of
trust: the target of a DKIM selector, autodiscover, an SPF record with exactly one mailbox provider, a tenant
token. Each step is a rule of its own. A server that nobody can name may hold the mailboxes itself, so behind it
only DKIM counts alone; autodiscover does where the SPF record names its provider too or, without a record, a token,
and SPF and token do together: SPF alone says who may send, and many hosted domains name Microsoft or Google there,
and autodiscover outlives a trial. The same holds behind a carrier, a host or computing centre that keeps mailboxes for
some and passes mail on for others; without a sign the mailboxes are the carrier's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.attribution import names
from pipelines.attribution.book import ADDRESS_TYPES, Book, Seen
from pipelines.attribution.draft import NONE, UNKNOWN, Draft, by_rule, weaker
from pipelines.attribution.rules import Rule, Rules
from pipelines.attribution.spf import Sender, spf_text
from pipelines.attribution.web import network_of

# Names that are never a host (RFC 6761). Domain traders' pages take no mail either.
_NEVER_HOSTS = frozenset({"localhost", "invalid"})
# Signs that show a mailbox whatever stands in front.
STRONG = ("mail-through:dkim", "mail-through:autodiscover")
# Kinds of exchanger that take mail and either keep it or pass it on to mailboxes elsewhere.
RECEIVING = ("inbound-api", "carrier")
# Tokens of this category are asked for by a suite with mailboxes; others of the same company (search, marketing)
# say nothing about mail.
TENANT_CATEGORY = "productivity"
# Types of record that a domain has, rather than a name below it that only points on.
_OF_DOMAINS = ("TXT", "NS", *ADDRESS_TYPES)


def mail(book: Book, rules: Rules, host: str, senders: Sequence[Sender]) -> list[Draft]:
    """Findings about the mail of `host`: none where it has neither MX nor a sign of a mailbox.

    `senders` are those that its SPF record names.
    """
    exchangers = book.get(host, "MX")
    if not exchangers:
        return _without_exchanger(book, rules, host)
    targets = [(seen, target) for seen in exchangers if (target := names.without_priority(seen.value))]
    if not targets:
        return [Draft(host, "mail", "back", NONE, "null-mx", "confirmed", list(exchangers))]
    drafts: list[Draft] = []
    front: list[Draft] = []
    unknown: list[Seen] = []
    own: list[Seen] = []
    placeholders: list[Seen] = []
    receivers: list[Draft] = []
    for seen, target in targets:
        rule, path = _exchanger_rule(book, rules, host, target)
        if target.rpartition(".")[2] in _NEVER_HOSTS or rules.parking.find(target):
            placeholders.append(seen)
            continue
        if rule is None:
            (own if names.same_owner(target, host) else unknown).append(seen)
            continue
        kind = rule.kind or ("filter" if rule.role != "mail" else "mailbox")
        if kind == "placeholder":
            placeholders.append(seen)
        elif kind == "retired":
            unknown.append(seen)
        elif kind == "bounce":
            drafts.append(_draft(host, "mail_sending", "front", rule, target, [seen, *path]))
        elif kind in ("filter", "routing"):
            front.append(_draft(host, "mail", "front", rule, target, [seen, *path]))
        else:
            kept = receivers if kind in RECEIVING else drafts
            kept.append(_draft(host, "mail", "back", rule, target, [seen, *path]))
    signs, copied = _signs(book, rules, host, senders)
    filtered = bool(front)
    named = {draft.provider for draft in drafts if draft.role == "mail"}
    # Signs are weighed where the exchangers leave open who keeps the mailboxes.
    counting = _counting(book, rules, host, signs, filtered, senders) if receivers or not named else []
    if counting or any(sign.provider in named for sign in signs):
        for draft in receivers:
            draft.layer = "front"
        front.extend(receivers)
    else:
        drafts.extend(receivers)
    mailboxes = [draft for draft in drafts if draft.role == "mail"]
    if mailboxes:
        _note_contradictions(mailboxes, [*signs, *copied])
        return [*front, *drafts]
    if own and not front:
        front.append(_own_relay(book, rules, host, own))
    if front or own or unknown:
        return [*front, *drafts, _behind(book, rules, host, signs, counting, filtered)]
    if placeholders:
        return [*drafts, Draft(host, "mail", "back", NONE, "mx-placeholder", "confirmed", placeholders)]
    return drafts


def _own_relay(book: Book, rules: Rules, host: str, own: list[Seen]) -> Draft:
    """A server under the domain's own name: run by whoever publishes its addresses, where that is one provider."""
    addresses = [seen for mx in own for seen in book.addresses(names.without_priority(mx.value))]
    networks = [network_of(rules, seen.value) for seen in addresses]
    owners = {
        network.provider if network and not network.in_front and not network.parked else None for network in networks
    }
    regions = {network.region if network else None for network in networks}
    provider = owners.pop() or UNKNOWN if len(owners) == 1 else UNKNOWN
    return Draft(
        host,
        "mail",
        "front",
        provider,
        "mx-own-relay",
        "likely",
        [*own, *addresses] if provider != UNKNOWN else own,
        product="relay under its own name",
        region=regions.pop() if provider != UNKNOWN and len(regions) == 1 else None,
        endpoint=names.without_priority(own[0].value),
        note=networks[0].where if provider != UNKNOWN and networks[0] else None,
    )


def _draft(host: str, role: str, layer: str, rule: Rule, endpoint: str, evidence: list[Seen]) -> Draft:
    """What the rule of an exchanger says; its name is the endpoint."""
    return by_rule(host, rule, evidence, role=role, layer=layer, region=rule.region, endpoint=endpoint)


def _exchanger_rule(book: Book, rules: Rules, host: str, target: str) -> tuple[Rule | None, list[Seen]]:
    """The rule for an MX host, following its alias inside the book where the name itself is not known."""
    rule = rules.mail.find(target) or _mail_service(rules, target)
    if rule is not None:
        return rule, []
    chain = book.chain(target)
    for name, _ in reversed(chain.hops):
        rule = rules.mail.find(name)
        if rule is not None:
            return rule, chain.records
    meant = _without_own(target, host)
    rule = rules.mail.find(meant) if meant != target else None
    return (rule._replace(confidence="possible") if rule else None), []


def _mail_service(rules: Rules, target: str) -> Rule | None:
    rule = rules.suffixes.find(target)
    return rule if rule is not None and rule.role == "mail" else None


def _without_own(target: str, host: str) -> str:
    """A target without the domain's own name, which a zone editor appends where the final dot is missing."""
    return target.removesuffix(f".{host}")


def _counting(
    book: Book, rules: Rules, host: str, signs: list[Draft], filtered: bool, senders: Sequence[Sender]
) -> list[Draft]:
    """Signs that show the mailboxes, most trusted first: behind a named filter each, else as the module says."""
    weak = [sign for sign in signs if sign.rule_id not in STRONG]
    elsewhere = weak and _autodiscover_elsewhere(book, rules, host)
    agreeing = len(weak) > 1 and len({sign.provider for sign in weak}) == 1
    counting = [
        sign
        for sign in signs
        if (sign.rule_id == "mail-through:dkim")
        or (sign.rule_id in STRONG and (filtered or _seconded(book, rules, host, sign.provider, senders)))
        or (sign.rule_id not in STRONG and (filtered or agreeing) and not elsewhere)
    ]
    if counting and counting[0] in weak and agreeing:
        counting[0].evidence += weak[-1].evidence
    return counting


def _behind(book: Book, rules: Rules, host: str, signs: list[Draft], counting: list[Draft], filtered: bool) -> Draft:
    """The mailbox provider behind a filter or a server that we cannot name: the most trusted sign, else unknown."""
    if counting:
        _note_contradictions(counting[:1], signs)
        return counting[0]
    exchangers = [seen for seen in book.get(host, "MX") if names.without_priority(seen.value)]
    unknown = Draft(host, "mail", "back", UNKNOWN, "mx-unknown", "possible", exchangers)
    if filtered or any(names.same_owner(names.without_priority(seen.value), host) for seen in exchangers):
        unknown.rule_id = "mail-behind-filter-unknown"
    if signs:
        unknown.evidence += [*signs[0].evidence, *_autodiscover_elsewhere(book, rules, host)]
        sign = signs[0].rule_id.partition(":")[2]
        unknown.note = f"{sign} names {signs[0].provider}; that its mailboxes are used is not shown"
    return unknown


def _seconded(book: Book, rules: Rules, host: str, provider: str, senders: Sequence[Sender]) -> bool:
    """Whether the SPF record lets the provider send. A record may be missing from those at hand: then, whether a
    token names the provider."""
    if any(spf_text(seen.value) for seen in book.get(host, "TXT")):
        return any(sender.rule.provider == provider for sender in senders)
    return any(token.provider == provider for token in _tokens(book, rules, host))


def _note_contradictions(mailboxes: list[Draft], signs: list[Draft]) -> None:
    """Say where another sign names another provider. A strong sign against a mailbox is never hidden."""
    named = {draft.provider for draft in mailboxes}
    others = [sign for sign in signs if sign.provider not in named]
    if others:
        words = ", ".join(sorted({f"{sign.rule_id} names {sign.provider}" for sign in others}))
        for draft in mailboxes:
            draft.contradiction = words


def _without_exchanger(book: Book, rules: Rules, host: str) -> list[Draft]:
    """Without an MX in the records at hand, strong signs alone show a mailbox, and only as possible."""
    if book.types(host).keys().isdisjoint(_OF_DOMAINS) or names.is_validation(host):
        return []
    strong = _dkim(book, rules, host)[0] or _autodiscover(book, rules, host)
    if not strong:
        return []
    best = strong[0]
    best.confidence = "possible"
    best.note = "no MX among the records"
    return [best]


def _signs(book: Book, rules: Rules, host: str, senders: Sequence[Sender]) -> tuple[list[Draft], list[Draft]]:
    """What shows a mailbox provider besides the MX, most trusted first; and DKIM targets copied from another body.

    What was copied can contradict, it cannot show.
    """
    signs, copied = _dkim(book, rules, host)
    signs += _autodiscover(book, rules, host)
    signs += _spf(rules, host, senders)
    signs += _tokens(book, rules, host)
    return signs, copied


def _sign(host: str, sign: str, rule: Rule, confidence: str, evidence: list[Seen]) -> Draft:
    """A mailbox provider shown by something else than the MX. A token shows a company's suite, not the product."""
    product = None if sign == "token" else rule.product
    return Draft(host, "mail", "back", rule.provider, f"mail-through:{sign}", confidence, evidence, product=product)


def _suite(rules: Rules, rule: Rule | None) -> Rule | None:
    """The rule where its provider is one whose mailboxes signs can show, else None."""
    return rule if rule is not None and rule.provider in rules.suites else None


def _dkim(book: Book, rules: Rules, host: str) -> tuple[list[Draft], list[Draft]]:
    """Mailbox providers by DKIM targets: those that name `host`, and those that name another domain."""
    own: dict[str, Draft] = {}
    copied: dict[str, Draft] = {}
    for selector in book.selectors(host):
        for seen in book.get(selector, "CNAME"):
            target = _without_own(names.host(seen.value), host)
            rule = _suite(rules, rules.suffixes.find(target))
            if rule is not None:
                found = own if names_host(target, host) else copied
                found.setdefault(rule.provider, _sign(host, "dkim", rule, weaker("likely", rule.confidence), [seen]))
    return list(own.values()), list(copied.values())


# What newer tenants write behind the domain's name.
_TAIL = re.compile(r"(\d[0-9a-z]*)?")


def names_host(target: str, host: str) -> bool:
    """Whether a DKIM target names the domain that it stands at, and no other that contains its name.

    selector1-<domain with dashes>._domainkey.<tenant>.onmicrosoft.com, in newer tenants without the domain's own
    dashes and with a tail (selector1-westlindsey-gov-uk01b). One council's zone lacks the dot before _domainkey.
    """
    _, _, named = target.partition("_domainkey.")[0].partition("-")
    own = _squeezed(host)
    return _squeezed(named).startswith(own) and _TAIL.fullmatch(_squeezed(named)[len(own) :]) is not None


def _squeezed(name: str) -> str:
    """A name without its dots and dashes."""
    return name.replace(".", "").replace("-", "")


def _autodiscover(book: Book, rules: Rules, host: str) -> list[Draft]:
    """The mailbox provider to which clients are sent, by the alias and by the SRV record: two rows at most."""
    chain = book.chain(f"autodiscover.{host}")
    services = book.get(f"_autodiscover._tcp.{host}", "SRV")
    by_alias = [(_without_own(target, host), chain.records) for target, _ in reversed(chain.hops)]
    by_service = [(names.without_priority(seen.value), [seen]) for seen in services]
    drafts = []
    for ways in (by_alias, by_service):
        for target, evidence in ways:
            rule = _suite(rules, rules.suffixes.find(target))
            if rule is not None:
                drafts.append(_sign(host, "autodiscover", rule, weaker("likely", rule.confidence), evidence))
                break
    return drafts


def _autodiscover_elsewhere(book: Book, rules: Rules, host: str) -> list[Seen]:
    """Autodiscover records that send clients to somebody else's server: the mailboxes are more likely there.

    A filter's own name does not: it leads on to the mailboxes behind the filter.
    """
    chain = book.chain(f"autodiscover.{host}")
    if not chain.hops or names.same_owner(chain.end, host):
        return []
    rule = rules.mail.find(chain.end)
    return [] if rule is not None and rule.kind == "filter" else chain.records


def _only(host: str, sign: str, found: list[tuple[Rule, Seen]]) -> list[Draft]:
    """The first sign where all name one provider, else nothing."""
    if not found or len({rule.provider for rule, _ in found}) > 1:
        return []
    rule, seen = found[0]
    return [_sign(host, sign, rule, "possible", [seen])]


def _spf(rules: Rules, host: str, senders: Sequence[Sender]) -> list[Draft]:
    """A mailbox provider where the SPF record names exactly one."""
    return _only(
        host, "spf", [(sender.rule, sender.seen) for sender in senders if sender.rule.provider in rules.suites]
    )


def _tokens(book: Book, rules: Rules, host: str) -> list[Draft]:
    """A mailbox provider to whose suite somebody has proved ownership, where it is exactly one."""
    found = [
        (rule, seen)
        for seen in book.get(host, "TXT")
        if (rule := _suite(rules, rules.tokens.find(seen.value.strip().strip('"')))) and rule.word == TENANT_CATEGORY
    ]
    return _only(host, "token", found)
