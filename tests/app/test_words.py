"""Values as the screens write them."""

from __future__ import annotations

import pytest

from app import words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("checked on 2026-11-22, again 2026-11-23", "checked on 22 November 2026, again 23 November 2026"),
        ("file 2026-02-30.csv", "file 2026-02-30.csv"),  # no day of that year: somebody's name for a file
        ("12026-11-22", "12026-11-22"),
        ("recovery continued to 2025-10-21T11:05Z; fixed", "recovery continued to 21 October 2025, 11:05 UTC; fixed"),
    ],
)
def test_days_in_a_text_are_written_in_words_and_nothing_else_is(text: str, shown: str) -> None:
    assert words.days_in(text) == shown


def test_a_reply_that_nobody_read_is_said_to_be_none_that_we_read() -> None:
    assert words.reply("none read") == "We read no reply to it."
    assert words.reply("the figures are out of date") == "The figures are out of date."
