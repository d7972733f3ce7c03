"""What in code names a provider: data/reference/code_marks.csv, indexed for reading lines.

A recalled mark gives at most `possible`; any other at most `likely`, because code says what somebody declares
and not what runs today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.errors import BadReference
from pipelines.reference import CHECKS, Provider, Reference

KINDS = frozenset(
    [
        "terraform-provider",
        "terraform-resource",
        "terraform-backend",
        "action",
        "region-key",
        "workflow-file",
        "image-host",
        "annotation",
        "status-feed",
    ]
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: what it is called in code, whose it is, and how sure it makes us."""

    kind: str
    mark: str
    provider: Provider
    product: str | None
    role: str
    confidence: str


class Marks:
    """Every mark by kind."""

    def __init__(self, reference: Reference) -> None:
        file = "code_marks.csv"
        self._by_kind: dict[str, dict[str, Mark]] = {kind: {} for kind in KINDS}
        for where, row in reference.rows(file, ("kind", "mark", "provider", "product", "role", "check")):
            if row["kind"] not in KINDS or not row["mark"]:
                raise BadReference(file, where, f"kind {row['kind']!r} or mark {row['mark']!r} is not known")
            if row["provider"] not in reference.providers:
                raise BadReference(file, where, f"provider {row['provider']!r} is not known")
            if row["check"] not in CHECKS:
                raise BadReference(file, where, f"check is {row['check']!r}; use one of {', '.join(CHECKS)}")
            self._by_kind[row["kind"]][row["mark"]] = Mark(
                row["kind"],
                row["mark"],
                reference.provider(row["provider"]),
                row["product"] or None,
                reference.role(row["role"], file, where),
                "possible" if row["check"] == "recalled" else "likely",
            )
        self._images = [(_host_pattern(m), m) for m in self._by_kind["image-host"].values()]
        self._longest = sorted(self._by_kind["terraform-resource"], key=len, reverse=True)

    def get(self, kind: str, mark: str) -> Mark | None:
        return self._by_kind[kind].get(mark)

    def of(self, kind: str) -> Iterator[Mark]:
        yield from self._by_kind[kind].values()

    def resource(self, name: str) -> Mark | None:
        """The mark of a Terraform resource type, by the longest beginning that is known."""
        found = next((prefix for prefix in self._longest if name.startswith(prefix)), None)
        return self._by_kind["terraform-resource"][found] if found else None

    def images(self, line: str) -> Iterator[tuple[Mark, str | None]]:
        """Registries that a line names, each with the region in its address."""
        for pattern, mark in self._images:
            for match in pattern.finditer(line):
                yield mark, match.groupdict().get("region")


def _host_pattern(mark: Mark) -> re.Pattern[str]:
    """A host as whole labels at the start of an image's address; {region} is one of the closed list."""
    regions = "|".join(map(re.escape, sorted(mark.provider.regions, key=len, reverse=True))) or "(?!)"
    escaped = re.escape(mark.mark).replace(re.escape("{region}"), f"(?P<region>{regions})")
    return re.compile(rf"(?<![\w-])(?:[\w-]+\.)?{escaped}(?=[/:\"'\s]|$)")
