"""What a notice is and what was bought: words as patterns, the same for SQL and Python (RE2 syntax)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipelines import schema
from pipelines.errors import BadReference
from pipelines.reference import Reference

CALL_OFF = r"\bcall[- ]?off\b"
FRAMEWORK = r"\bframework\b|\bdynamic purchasing system\b|\bdps\b|\bdynamic market\b"
# Words that contradict a value said to be in pounds.
CURRENCY_WORDS = r"\bus dollars?\b|\busd\b|\bus\$|\beuros?\b|€|\beur\b|\baed\b|\bdirhams?\b|\bchf\b|\byen\b|\bjpy\b"


class ServiceClasses:
    """What was bought, by the words of title and description, then by CPV code."""

    def __init__(self, reference: Reference) -> None:
        body: Mapping[str, Any] = reference.toml("service_classes.toml")
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        for entry in body["class"]:
            if entry["id"] not in schema.CODELISTS["service_class"]:
                raise BadReference("service_classes.toml", entry["id"], "is not a known class")
            words = sorted(entry["words"], key=len, reverse=True)
            pattern = r"(?<![\w-])(?:" + "|".join(map(re.escape, words)) + r")(?![\w-])"
            self._patterns.append((entry["id"], re.compile(pattern, re.IGNORECASE)))
        self._cpv = dict(sorted(body["cpv"].items(), key=lambda item: -len(item[0].rstrip("0"))))

    def of(self, title: str | None, description: str | None, cpv: str | None) -> str:
        """The class of one contract; `unknown` where neither words nor code tell."""
        for text in (title, description):
            if text:
                for class_id, pattern in self._patterns:
                    if pattern.search(text):
                        return class_id
        digits = (cpv or "")[:8]
        for prefix, class_id in self._cpv.items():
            if digits.startswith(prefix.rstrip("0")):
                return str(class_id)
        return "unknown"
