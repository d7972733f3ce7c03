"""Tables of rules: by the longest suffix of a name, and by the longest prefix of a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

R = TypeVar("R")


class Suffixes(Generic[R]):
    """Longest suffix of a name, by whole labels. Every suffix has two labels or more.

    The last two labels decide most names in one probe: either no suffix ends so, or just one does.
    """

    def __init__(self, rules: Mapping[str, R]) -> None:
        self._rules = dict(rules)
        self._ends: dict[str, R | None] = {}  # None where the labels before must be looked at
        for suffix, rule in rules.items():
            if "." not in suffix:
                raise ValueError(f"the suffix {suffix!r} is one label; a whole top-level domain marks nobody")
            end = _last_two(suffix)
            self._ends[end] = rule if end == suffix and end not in self._ends else None

    def __len__(self) -> int:
        return len(self._rules)

    def find(self, name: str) -> R | None:
        try:
            found = self._ends[name[name.rfind(".", 0, name.rfind(".")) + 1 :]]
        except KeyError:
            return None
        if found is not None:
            return found
        found, dot = self._rules.get(name), -1
        while found is None:
            dot = name.find(".", dot + 1)
            if dot < 0:
                return None
            found = self._rules.get(name[dot + 1 :])
        return found


def _last_two(name: str) -> str:
    return name[name.rfind(".", 0, name.rfind(".")) + 1 :]


class Prefixes(Generic[R]):
    """Longest prefix of a text, letters of either case alike. For verification tokens."""

    def __init__(self, rules: Mapping[str, R]) -> None:
        self._rules = {_token_key(prefix): rule for prefix, rule in rules.items()}
        self._lengths = sorted({len(prefix) for prefix in self._rules}, reverse=True)

    def find(self, text: str) -> R | None:
        lowered = _token_key(text)
        for length in self._lengths:
            rule = self._rules.get(lowered[:length])
            if rule is not None:
                return rule
        return None


def _token_key(text: str) -> str:
    """A token as it is compared: vendors and lists write `key:` and `key=` for one another."""
    return text.lower().replace(":", "=")
