"""Foreign text: made plain, without contact details, and nothing else lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingest import blank_contacts
from pipelines.text import plain, redact, slug

CASES = [
    ("Ring 0161 496 0000 now", "Ring [phone removed] now"),
    ("Tel: +44 (0)20 7946 0000.", "Tel: [phone removed]."),
    ("(01632) 960 001", "[phone removed]"),
    ("020-7946-0018", "[phone removed]"),
    ("07700 900123", "[phone removed]"),
    ("Reference 000123456789", "Reference 000123456789"),
    ("CF-0351900D58000000L5A4EAK", "CF-0351900D58000000L5A4EAK"),
    ("ocds-b5fd17-0054a4e6-0715-42c6-9109-e219fe9d3289", "ocds-b5fd17-0054a4e6-0715-42c6-9109-e219fe9d3289"),
    ("GBP 450,281,369 from 01/12/2023 to 30/11/2026", "GBP 450,281,369 from 01/12/2023 to 30/11/2026"),
    ("CPV 48000000", "CPV 48000000"),
    ("write to jo.bloggs@council.gov.uk or a_b@x.org", "write to council.gov.uk or x.org"),
    ("repo@commit", "repo at commit"),
    ("jo (at) example.org", "example.org"),
    ("a＠b", "a at b"),
    ("v=DMARC1; rua=mailto:x@y.example", "v=DMARC1; rua=mailto:y.example"),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[case[0][:30] for case in CASES])
def test_contact_details_go_and_numbers_stay(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x07c", "abc"),
        ("safe\u202egnp.exe\u2066", "safegnp.exe"),
        ("\ud800Hosting", "Hosting"),
        ("  two   words ", "two words"),
        ("", None),
        ("\u200e", None),
        (None, None),
        (12, "12"),
        ("<script>x</script>", "<script>x</script>"),
    ],
)
def test_plain(text, expected) -> None:
    assert plain(text) == expected


def test_long_text_is_cut_and_says_so() -> None:
    cut = plain("A" * 10_000_000)
    assert cut is not None and len(cut) == 10_000 and cut.endswith("…")


@given(st.text())
def test_nothing_plain_holds_an_address_sign_or_control(text: str) -> None:
    out = plain(text)
    if out is not None:
        assert "@" not in out and "\x00" not in out and out == out.strip()
        out.encode()


@given(st.text(max_size=200))
def test_plain_is_settled_after_one_pass(text: str) -> None:
    once = plain(text)
    assert plain(once) == once


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Home Office", "home-office"),
        ("Department for Environment, Food & Rural Affairs", "department-for-environment-food-and-rural-affairs"),
        ("Ynys Môn", "ynys-mon"),
        ("../../etc/passwd", "etc-passwd"),
        ("People's Postcode", "peoples-postcode"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_raw_bodies_are_kept_without_contacts_whether_or_not_they_parse() -> None:
    body = b'{"contactPoint": {"name": "Jo Bloggs", "email": "jo@x.org"}, "telephone": "01632 960001", "t": "ask al.b+c@y.org"'
    kept = blank_contacts(body)
    assert b"Jo Bloggs" not in kept and b"jo@" not in kept and b"al.b" not in kept and b"01632" not in kept
    assert b"x@y.org" in kept
    assert blank_contacts(b"no address here \xff\x00") == b"no address here \xff\x00"
