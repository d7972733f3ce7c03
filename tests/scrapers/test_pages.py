"""Links of a page, whole and once; hostile pages are let be."""

from __future__ import annotations

import time

from scrapers import _pages

PAGE = b"""<html><head><title>Spend</title></head><body><h1>Spend over 25,000</h1>
<a href="/files/jan.csv">January  2026
 (CSV)</a> <a href="https://assets.example/feb.csv">February</a> <a href="/files/jan.csv">again</a>
<a href="javascript:alert(1)">no</a> <a href="mailto:a@example.org">no</a> <a name="x">no</a></body></html>"""


def test_links_are_whole_and_once() -> None:
    assert _pages.links(PAGE, "https://www.example/publications/spend") == [
        _pages.Link("https://www.example/files/jan.csv", "January 2026 (CSV)"),
        _pages.Link("https://assets.example/feb.csv", "February"),
    ]


def test_title_is_the_heading() -> None:
    assert _pages.title(PAGE) == "Spend over 25,000"
    assert _pages.title(b"<title>only this</title>") == "only this"
    assert _pages.title(b"") is None


def test_a_page_that_is_quadratic_for_other_parsers_ends_soon() -> None:
    started = time.process_time()
    assert _pages.links(b"<![CDATA[" * 40_000, "https://x.example/") == []
    assert time.process_time() - started < 5
