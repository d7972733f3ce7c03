"""JSON that can be read in one way only, and JSON that only lacks its end."""

from __future__ import annotations

import pytest

from scrapers._json import BadJSON, is_cut, strict_json


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": NaN}', "bare word NaN"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        ('{"a": "é"}'.encode("latin-1"), "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 200_000 + b"]" * 200_000, "nested too deeply"),
        (b'{"a": 1} trailing', "not JSON"),
        (b'{"a": ', "not JSON"),
        (b"", "empty"),
    ],
)
def test_strict_json_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(BadJSON, match=reason):
        strict_json(body)


def test_strict_json_takes_a_byte_order_mark() -> None:
    assert strict_json(b'\xef\xbb\xbf{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (b'{"a": 1}', False),
        (b'{"a": [1, 2', True),
        (b'{"a": "words and', True),
        (b'{"a": 1} <!-- node 3 -->', False),
        (b'[{"a": 1}, {"b"', True),
        (b"\xef\xbb\xbf[1,", True),
        (b"<html>busy", False),
        (b'{"a" 1', False),
        (b"[" * 200_000, False),
        (b"", False),
    ],
)
def test_what_only_lacks_its_end(body: bytes, cut: bool) -> None:
    assert is_cut(body) is cut
