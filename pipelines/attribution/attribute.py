"""All findings of a book of records, host by host and role by role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.attribution import names
from pipelines.attribution.book import ADDRESS_TYPES, Book, Seen
from pipelines.attribution.draft import NONE, UNKNOWN, Draft, by_rule, merge
from pipelines.attribution.mail import mail
from pipelines.attribution.rules import Rules
from pipelines.attribution.spf import Sender, senders_of
from pipelines.attribution.web import web


def attribute(book: Book, rules: Rules) -> Iterator[Draft]:
    """Findings for every host of the book, in the book's order; at least one row per host."""
    rules.networks.expect(book.values(ADDRESS_TYPES))
    for host in book.hosts():
        yield from attribute_host(book, rules, host)


def attribute_host(book: Book, rules: Rules, host: str) -> list[Draft]:
    """Findings about one host: one row per role, layer and provider, unknown included."""
    types = book.types(host)
    senders = senders_of(book, rules, host) if "TXT" in types else []
    drafts = [*web(book, rules, host), *mail(book, rules, host, [sender for sender in senders if sender.by_include])]
    if "NS" in types:
        drafts += dns(book, rules, host)
    if "TXT" in types:
        drafts += sending(host, senders)
        drafts += tokens(book, rules, host)
    drafts += signing(book, rules, host)
    if "SRV" in types:
        drafts += services(book, rules, host)
    if len(drafts) > 1:
        drafts = merge(drafts)
    if not drafts:
        everything = [seen for records in types.values() for seen in records]
        if names.is_validation(host):
            drafts = [Draft(host, "web", "front", NONE, "policy-name", "confirmed", everything)]
        else:
            drafts = [Draft(host, "web", "front", UNKNOWN, "nothing-known", "possible", everything)]
    return drafts


def dns(book: Book, rules: Rules, host: str) -> list[Draft]:
    """Who answers for the zone: one row per operator of its name servers, or one unknown row."""
    servers = book.get(host, "NS")
    by_provider: dict[str, Draft] = {}
    unknown: list[Seen] = []
    for seen in servers:
        rule = rules.name_server(names.host(seen.value))
        if rule is None:
            unknown.append(seen)
        elif rule.provider in by_provider:
            by_provider[rule.provider].evidence.append(seen)
        else:
            by_provider[rule.provider] = by_rule(host, rule, [seen])
    drafts = [by_provider[provider] for provider in sorted(by_provider)]
    if unknown and not drafts:
        return [Draft(host, "dns", "front", UNKNOWN, "name-server-unknown", "possible", unknown)]
    if unknown:
        for draft in drafts:
            draft.contradiction = f"{len(unknown)} of {len(servers)} name servers are not known"
    return drafts


def sending(host: str, senders: Sequence[Sender]) -> list[Draft]:
    """Who may send mail in the domain's name, by its SPF record: a row per name in it that a rule knows."""
    return [by_rule(host, sender.rule, [sender.seen], endpoint=sender.target) for sender in senders]


def signing(book: Book, rules: Rules, host: str) -> Iterator[Draft]:
    """Who signs mail in the domain's name, by the targets of its DKIM selectors."""
    for selector in book.selectors(host):
        for seen in book.get(selector, "CNAME"):
            rule = rules.suffixes.find(names.host(seen.value))
            if rule is not None and rule.role == "mail_sending":
                yield by_rule(host, rule, [seen])


def tokens(book: Book, rules: Rules, host: str) -> Iterator[Draft]:
    """Vendors to whom somebody has proved ownership of the domain. It does not prove use."""
    by_name = rules.name_tokens.find(host)
    if by_name is not None and by_name.beside:
        beside = web(book, rules, host.partition(".")[2])
        by_name = by_name if any(draft.provider == by_name.provider for draft in beside) else None
    for seen in book.get(host, "TXT"):
        rule = rules.tokens.find(seen.value.strip().strip('"')) or by_name
        if rule is not None:
            yield by_rule(host, rule, [seen], layer="front")


def services(book: Book, rules: Rules, host: str) -> Iterator[Draft]:
    """Rented services that SRV records name."""
    for seen in book.get(host, "SRV"):
        rule = rules.suffixes.find(names.without_priority(seen.value))
        if rule is not None and rule.role != "web":
            yield by_rule(host, rule, [seen])
