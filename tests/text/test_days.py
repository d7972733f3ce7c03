"""A day that somebody wrote: one word for it on the command line, in an address and in the explorer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from pipelines import days


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-20", dt.date(2026, 2, 20)),
        ("1900-01-01", dt.date(1900, 1, 1)),
        ("2200-12-31", dt.date(2200, 12, 31)),
        ("0001-01-01", None),  # a year and a half before it there is no day
        ("9999-12-31", None),  # nor one a year after
        ("1899-12-31", None),
        ("2201-01-01", None),
        ("2026-02-30", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_day_lies_in_the_years_that_can_be_reckoned_with(text: str, day: dt.date | None) -> None:
    if day is None:
        with pytest.raises(ValueError, match=r"is not a day from 1900 to 2200; write it as 2026-02-20"):
            days.day(text)
    else:
        assert days.day(text) == day


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "soon"])
@pytest.mark.parametrize(
    "words",
    [
        ("build", "--as-of"),
        ("claim", "--provider", "aws", "--on"),
        ("explain", "--answer", "renewals", "on="),
        ("explain", "--answer", "contracts", "since="),
    ],
)
def test_a_verb_refuses_a_day_that_cannot_be_reckoned_with(run: Callable, words: tuple[str, ...], day: str) -> None:
    ran = run(*words[:-1], words[-1] + day) if words[-1].endswith("=") else run(*words, day)
    assert (ran.code, ran.out) == (2, ""), ran.err
    assert "2026-02-20" in ran.err and ran.err.count("\n") == 1
