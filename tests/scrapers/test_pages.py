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


def test_a_page_is_read_as_far_as_people_would_nest_it() -> None:
    """200,000 elements in one another cost a tree of them five seconds."""
    started = time.process_time()
    found = _pages.links(b'<a href="/one">1</a>' + b"<div>" * 200_000 + b'<a href="/two">2</a>', "https://x.example/")
    assert [link.text for link in found] == ["1"]
    assert time.process_time() - started < 2


def test_what_needs_no_end_is_not_nested() -> None:
    items = b"".join(b'<li><p><a href="/%d">%d</a><br><img src=x>' % (number, number) for number in range(2000))
    assert len(_pages.links(b"<ul>" + items, "https://x.example/")) == 2000
