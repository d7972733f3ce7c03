"""Who may send in a domain's name, as its SPF record says it (RFC 7208)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.attribution import names
from pipelines.attribution.book import Book, Seen
from pipelines.attribution.rules import Rule, Rules

# Records that include one another end here; the standard gives up after ten questions in all.
MAX_DEPTH = 5
_REDIRECT = "redirect="
# Terms whose target's own record is read too.
FOLLOWED = ("include:", _REDIRECT)
_MECHANISMS = ("include:", "exists:", "a:")


class Sender(NamedTuple):
    """A name to which an SPF record lets others send, with the record and the rule that knows the name."""

    target: str
    seen: Seen
    rule: Rule

    @property
    def by_include(self) -> bool:
        """Whether the name is known as an include. One that is only in a vendor's domain is no sign of a mailbox."""
        return self.rule.id.startswith("spf:")


def spf_text(value: str) -> str:
    """The text of an SPF record; empty for any other text."""
    text = value.strip().strip('"')
    return text.replace('" "', "") if text.lower().startswith("v=spf1") else ""


def senders_of(book: Book, rules: Rules, host: str) -> list[Sender]:
    """Those whom a rule knows of the names that the SPF record of `host` lets send; empty without a record.

    Followed are names of the domain's own and redirects, whose target is the domain's record. What a computing
    centre's record includes says who sends for the centre.
    """
    found: list[Sender] = []
    visited: set[str] = set()
    queue = [(host, MAX_DEPTH)]
    while queue:
        name, left = queue.pop(0)
        if name in visited or left == 0:
            continue
        visited.add(name)
        for seen in book.get(name, "TXT"):
            for mark, target in _terms(seen.value):
                rule = rules.sender(target)
                if rule is not None:
                    found.append(Sender(target, seen, rule))
                if mark == _REDIRECT or (mark in FOLLOWED and names.same_owner(target, host)):
                    queue.append((target, left - 1))
    return found


@functools.lru_cache(maxsize=65536)
def _terms(value: str) -> tuple[tuple[str, str], ...]:
    """What `passing` gives of a TXT record: many bodies publish the same one."""
    return tuple(passing(spf_text(value)))


def passing(text: str) -> Iterator[tuple[str, str]]:
    """(mark, target) of each term of an SPF record by which somebody else's name can pass; macros as they stand.

    Left out are terms that fail who matches them, terms behind `all`, which nobody evaluates, and a redirect beside
    an `all` (RFC 7208, sections 4.6.2, 5.1 and 6.1).
    """
    redirect = ""
    for word in text.split()[1:]:
        term = word.lstrip("+?~-")
        lowered = term.lower()
        if lowered == "all":
            return
        if lowered.startswith(_REDIRECT):
            redirect = term[len(_REDIRECT) :]
        elif not word.startswith(("-", "~")):
            for mark in _MECHANISMS:
                if lowered.startswith(mark):
                    # a:host/24 and a:host//64 name a part of the host's network
                    yield mark, names.host(term[len(mark) :].partition("/")[0])
    if redirect:
        yield _REDIRECT, names.host(redirect)
