"""How both faces put values into words: days, money, amounts, and a word where nothing is known."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pandas as pd

from pipelines.answers import Figure, long_day, number, percent, pounds
from pipelines.edition import Edition

# Kinds of search results, in the plural.
PLURAL = {
    "organisation": "Public bodies",
    "provider": "Providers",
    "supplier": "Suppliers",
    "service": "Services",
    "host": "Host names",
    "incident": "Incidents",
    "claim": "Published claims",
}

# Words for what the tables hold as codes.
LAYERS = {"front": "in front", "back": "behind"}
EFFECTS = {"down": "no alternative shown", "degraded": "exposed in part", "unknown": "cannot be said"}
SPEAKERS = {
    "body": "the body itself",
    "vendor case study": "a vendor",
    "press": "the press",
    "parliament": "Parliament",
}

GRADES = {"direct": "signed by the provider", "named": "named in the notice"}
TOUCH = {
    "direct": "stands in what fails",
    "changes": "changes and failover are lost",
    "possible": "may stand in it: product or region not said",
}
# How far a row of the reference was checked, by its mark.
LEVELS = {
    "A": "a vendor, body or named press source",
    "B": "a structured dataset",
    "C": "a weak source",
    "per row": "each row says how it was checked",
    "level per row": "each row says how well it was checked",
}


def age(edition: Edition) -> str:
    """How old the newest evidence is. Of the evidence, not of the page."""
    days = (dt.date.today() - edition.as_of).days
    if days < 0:
        return "newest evidence dated ahead of today"
    return f"newest evidence {number(days)} days old" if days != 1 else "newest evidence 1 day old"


def day(value: Any) -> str:
    """A day in words; "no date" for none."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return "no date"
    if isinstance(value, str):
        value = pd.Timestamp(value)
    return f"{value.day}\u00a0{value:%b\u00a0%Y}"


def money(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return "unknown"
    return pounds(float(value))


def amount(figure: Figure, value: float | int | None) -> str:
    if value is None:
        return "unknown"
    if figure.unit == "share":
        return percent(float(value))
    if figure.unit == "GBP":
        return money(value)
    told = number(float(value), 0 if float(value).is_integer() or abs(float(value)) >= 100 else 2)
    return f"{told} hour{'' if value == 1 else 's'}" if figure.unit == "hours" else told


def claimed(value: float | None, unit: str) -> str:
    """A claimed figure, or ours beside it, in its unit."""
    if value is None or value != value:
        return "nothing held"
    if unit == "GBP":
        return money(value)
    return percent(value) if unit == "share" else said(float(value))


def share_range(low: float, high: float) -> str:
    """A range of shares in words; one share where both ends are the same."""
    return percent(low) if low == high else f"{percent(low)} to {percent(high)}"


def blank(value: Any) -> bool:
    """Whether a cell holds nothing."""
    if value is None or value is pd.NaT:
        return True
    return isinstance(value, float) and value != value


def said(value: Any, none: str = "not shown") -> str:
    """A cell in words: a word where nothing is known, since an empty cell would look like an answer."""
    if blank(value):
        return none
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (pd.Timestamp, dt.date)):
        return day(value)
    if isinstance(value, float):
        return number(value, 0 if value.is_integer() or abs(value) >= 100 else 2)
    if isinstance(value, int):
        return number(value)
    if isinstance(value, str):
        return value or none
    if hasattr(value, "__iter__"):
        return ", ".join(str(v) for v in value) or none
    return str(value)


def days_in(text: str) -> str:
    """A text in which each day and time is written in words: 22 November 2026, 11:05 UTC. What is no day of a year stays."""

    def day_of(found: re.Match[str]) -> str:
        try:
            day = long_day(dt.date.fromisoformat(found[1]))
        except ValueError:
            return found[0]
        return f"{day}, {found[2]} UTC" if found[2] else day

    return re.sub(r"\b(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::\d\d)?Z)?\b", day_of, text)


def reply(told: str) -> str:
    """What the subject of a claim answered, as a sentence; `none read` in the table of claims says that we read none."""
    return "We read no reply to it." if told == "none read" else sentence(told)


def web(value: Any) -> str | None:
    """An address that may be linked: http or https only; None for anything else."""
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return value.split()[0]
    return None


def sentence(text: str) -> str:
    """Text that begins with a capital and ends with a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


def plain(text: str) -> str:
    """Foreign text for a place that reads Markdown: every mark escaped, so that it stays text."""
    out = []
    for character in text:
        if character in "\\`*_{}[]()<>#+-.!|~$:@":
            out.append("\\" + character)
        else:
            out.append(character)
    return "".join(out)
