"""What a reader gives back: rows for the store by table, and what it had to leave out, with reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Rejected:
    """One body, line or record that could not be used, or `rows` of them that lack the same thing."""

    name: str
    body: bytes
    reason: str
    rows: int = 1


@dataclass(slots=True)
class Batch:
    """Rows by table.

    `read` counts what the body held, `repeated` those of them that stand twice in it; `whole` is False where the body
    itself was refused.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    read: int = 0
    repeated: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    whole: bool = True

    def refuse(self, name: str, body: bytes, reason: str) -> Batch:
        """Refuse the whole body."""
        self.rejected.append(Rejected(name, body, reason))
        self.whole = False
        return self
