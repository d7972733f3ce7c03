"""Tables of rules: by the longest suffix of a name, and by the longest prefix of a text."""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType
from typing import Generic, TypeVar

R = TypeVar("R")


class Suffixes(Generic[R]):
    """Longest suffix of a name, by whole labels. Every suffix has two labels or more.

    The last two labels decide most names in one probe: either no suffix ends so, or just one does.
    """

    def __init__(self, rules: Mapping[str, R]) -> None:
        self._rules = dict(rules)
        self._ends: dict[str, R | EllipsisType] = {}  # an ellipsis where the labels before must be looked at
        for suffix, rule in rules.items():
            if "." not in suffix:
                raise ValueError(f"the suffix {suffix!r} is one label; a whole top-level domain marks nobody")
            end = _last_two(suffix)
            self._ends[end] = rule if end == suffix and end not in self._ends else ...

    def __len__(self) -> int:
        return len(self._rules)

    def find(self, name: str) -> R | None:
        """The rule of the longest suffix, which may be the name itself; None where none fits."""
        ends = self._ends.get(name[name.rfind(".", 0, name.rfind(".")) + 1 :])
        if ends is not ...:
            return ends
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
    """Longest prefix of a text, letters of either case alike. For verification tokens. Two letters or more each.

    The first two letters decide which lengths are worth a probe: for most texts none is.
    """

    def __init__(self, rules: Mapping[str, R]) -> None:
        self._rules = {_token_key(prefix): rule for prefix, rule in rules.items()}
        self._lengths: dict[str, list[int]] = {}
        for prefix in sorted(self._rules, key=len, reverse=True):
            if len(prefix) < 2:
                raise ValueError(f"the prefix {prefix!r} is too short; a single letter marks nobody")
            lengths = self._lengths.setdefault(prefix[:2], [])
            if len(prefix) not in lengths:
                lengths.append(len(prefix))

    def find(self, text: str) -> R | None:
        """The rule of the longest prefix; None where none fits."""
        key = _token_key(text)
        for length in self._lengths.get(key[:2], ()):
            rule = self._rules.get(key[:length])
            if rule is not None:
                return rule
        return None


def _token_key(text: str) -> str:
    """A token as it is compared: vendors and lists write `key:` and `key=` for one another."""
    return text.lower().replace(":", "=")
