"""Records as a small zone, for tests that look at findings themselves."""

from __future__ import annotations

from pipelines.attribution import names, observe, rules
from pipelines.attribution.book import Book, Seen

RULES = rules.shipped()


def book(*records: tuple[str, str, str]) -> Book:
    """The book of (host, type, value) records, each read as a file's rows are."""
    return Book(
        Seen(names.host(host), observe.kind(kind), observe.value(observe.kind(kind), value) or "", str(number))
        for number, (host, kind, value) in enumerate(records)
    )
