"""Dates and amounts as people write them in published tables. Distinct texts are read once.

A day is read only where the text names one: a month, a period or a year is no day, and stays missing.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

import pandas as pd

T = TypeVar("T")

EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2200, 1, 1)
_EXCEL_EPOCH = dt.date(1899, 12, 30)
# Excel's day numbers from 1990 to 2063: five digits. Six digits are a period such as 201304, which is no day.
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_ISO = re.compile(r"(\d{4})([/.\-])(\d{1,2})\2(\d{1,2})(?:[T ].*)?")
_NUMERIC = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{2}|\d{4})(?:\s+\d{1,2}:\d{2}.*)?")
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")
_TIME = re.compile(r"\s+\d{1,2}:\d{2}(?::\d{2})?$")
_WORDS = re.compile(r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s\-/]*([A-Za-z]{3,9})[\s\-/,]*(\d{4}|\d{2})")
_MONTH_FIRST = re.compile(r"(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3,9})\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1
    )
    for name in names.split()
}  # fmt: skip


def _date(year: int, month: int, day: int) -> dt.date | None:
    if year < 100:
        year += 2000
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return None
    return found if EARLIEST <= found < LATEST else None


@functools.lru_cache(maxsize=65536)
def day(text: str, month_first: bool = False) -> dt.date | None:
    """The day that a text names; None where it names none, or one that cannot be.

    14/04/2015, 14.04.15, 14-Apr-15, 14 April 2015, April 14, 2015, 2015-04-14 with or without a time,
    20150414, and Excel's day numbers. The day comes first, as in the UK, unless `month_first`.
    """
    text = re.sub(r"\s*([/.\-])\s*", r"\1", text.translate(_DASHES).strip(" \u00a0'").rstrip("."))
    if match := _ISO.fullmatch(text):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMERIC.fullmatch(text):
        first, second = int(match[1]), int(match[3])
        return _date(int(match[4]), first, second) if month_first else _date(int(match[4]), second, first)
    text = _TIME.sub("", text)
    if match := _WORDS.fullmatch(text):
        month = _MONTHS.get(match[2].lower())
        return _date(int(match[3]), month, int(match[1])) if month else None
    if match := _MONTH_FIRST.fullmatch(text):
        month = _MONTHS.get(match[1].lower())
        return _date(int(match[3]), month, int(match[2])) if month else None
    if _SERIAL.fullmatch(text):
        found = _EXCEL_EPOCH + dt.timedelta(days=int(float(text)))
        return found if EARLIEST <= found < LATEST else None
    if match := _COMPACT.fullmatch(text.removesuffix(".0")):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    return None


_MONTH_WORD = re.compile(r"([A-Za-z]{3,9})[\s\-/,.]*(\d{4}|\d{2})")
_MONTH_NUMBER = re.compile(r"((?:19|20)\d{2})[-/]?(\d{2})|(\d{1,2})[-/]((?:19|20)\d{2})")


@functools.lru_cache(maxsize=8192)
def month(text: str) -> dt.date | None:
    """The first day of the month that a text names, by a day in it or on its own (Apr-12, 2012-04, 04/2012)."""
    text = text.strip()
    if found := day(text):
        return found.replace(day=1)
    if match := _MONTH_WORD.fullmatch(text):
        number = _MONTHS.get(match[1].lower())
        return _date(int(match[2]), number, 1) if number else None
    if match := _MONTH_NUMBER.fullmatch(text):
        return _date(int(match[1] or match[4]), int(match[2] or match[3]), 1)
    return None


def is_month_first(texts: pd.Series) -> bool:
    """Whether dates of numbers put the month first: some second number is over 12 and no first one is."""
    parts = texts.str.extract(r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}")
    numbers = parts.dropna().astype(int)
    return bool(len(numbers) and (numbers[1] > 12).any() and not (numbers[0] > 12).any())


def by_distinct(texts: pd.Series, read: Callable[[str], T]) -> pd.Series:
    """`read` applied to each distinct text once."""
    codes, distinct = pd.factorize(texts)
    values = pd.Series([read(text) for text in distinct], dtype=object)
    return pd.Series(values.to_numpy()[codes], index=texts.index, dtype=object)


_CURRENCY = re.compile(r"(?:GBP|£|\ufffd|Â)", re.IGNORECASE)
_CREDIT = re.compile(r"(CR|DR)\b\s*", re.IGNORECASE)
_CREDIT_AFTER = re.compile(r"\s*(CR|DR)$", re.IGNORECASE)
_BLANKS = re.compile(r"[ \u00a0\u2009\u202f]")
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")


@functools.lru_cache(maxsize=65536)
def money(text: str) -> Decimal | None:
    """Pounds and pence from a text; None where it is no amount in pounds.

    Brackets, a minus before or after and CR make it negative, two of them as well as one; pound signs (broken
    ones too), DR, thousands commas and blanks are let pass. A lone dash is zero, as Excel shows it.
    """
    cleaned = _CURRENCY.sub("", text).translate(_DASHES).strip(" \t\u00a0\u200b'")
    negative = False
    if mark := _CREDIT.match(cleaned) or _CREDIT_AFTER.search(cleaned):
        negative = mark.group(1).upper() == "CR"
        cleaned = cleaned.replace(mark.group(0), "", 1).strip()
    if cleaned.startswith("(") and cleaned.endswith(")"):
        negative, cleaned = True, cleaned[1:-1].strip()
    if cleaned.endswith("-") and len(cleaned) > 1:
        negative, cleaned = True, cleaned[:-1].strip()
    if cleaned.startswith("-") and len(cleaned) > 1:
        negative, cleaned = True, cleaned[1:].strip()
    cleaned = _BLANKS.sub("", cleaned)
    if cleaned == "-":
        return Decimal("0.00")
    if not cleaned or not _NUMBER.fullmatch(cleaned):
        return _scientific(cleaned, negative)
    return _pence(cleaned.replace(",", ""), negative)


def _scientific(cleaned: str, negative: bool) -> Decimal | None:
    """An amount that a spreadsheet wrote as 1.5E+06."""
    return _pence(cleaned, negative) if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d{1,2}", cleaned) else None


def _pence(digits: str, negative: bool) -> Decimal | None:
    try:
        amount = Decimal(digits).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation:
        return None
    if abs(amount) >= Decimal(10) ** 15:
        return None
    return -amount if negative else amount
