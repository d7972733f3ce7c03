"""JSON that can be read in one way only."""

from __future__ import annotations

import json
from typing import Any


class BadJSON(ValueError):
    """JSON that we do not take: the message says why, `twice` whether it can be read in two ways."""

    twice = False


def _no_constant(name: str) -> Any:
    raise BadJSON(f"it holds the bare word {name}")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                bad = BadJSON(f"the key {key[:40]!r} stands twice in one object")
                bad.twice = True
                raise bad
            seen.add(key)
    return made


def strict_json(body: bytes) -> Any:
    """`body` as JSON: UTF-8 only (a byte-order mark is let pass), no NaN, no key twice, no endless nesting.

    BadJSON, with the reason, for anything else.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJSON(f"it is not UTF-8 (byte {error.start})") from error
    if not text.strip():
        raise BadJSON("it is empty")
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_twice)
    except BadJSON:
        raise
    except RecursionError as error:
        raise BadJSON("it is nested too deeply") from error
    except ValueError as error:
        raise BadJSON(f"it is not JSON: {error}") from error


def is_cut(body: bytes) -> bool:
    """Whether a body begins as JSON and ends before its end. Only one that ends without its bracket is looked at."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if text[:1] not in (b"{", b"[") or text.endswith(b"}" if text[:1] == b"{" else b"]"):
        return False
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(error.doc) or "Unterminated string" in error.msg
    except (ValueError, RecursionError):
        return False
    return False
