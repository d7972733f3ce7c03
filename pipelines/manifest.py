"""The manifest: one state of the store, as the JSON file that names its parts, cursors, coverage and editions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipelines import __version__
from pipelines.errors import CheckFailed, Refused

FORMAT = 1


class Part(NamedTuple):
    """One immutable file: rows of one table, or one raw body."""

    table: str
    path: str
    sha256: str
    rows: int
    bytes: int
    private: bool


class EditionRef(NamedTuple):
    """What a manifest says of an edition."""

    id: str
    content_hash: str
    as_of: str
    private: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One state of the store. `cursors` is where each source continues; nothing else remembers progress."""

    number: int
    written_at: str = ""
    parts: tuple[Part, ...] = ()
    raw: tuple[Part, ...] = ()
    quarantined: tuple[dict[str, Any], ...] = ()
    cursors: Mapping[str, Any] = field(default_factory=dict)
    coverage: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    editions: Mapping[str, EditionRef] = field(default_factory=dict)
    edition: str | None = None

    @property
    def private(self) -> bool:
        return any(part.private for part in self.parts)

    def to_json(self) -> bytes:
        body = {
            "format": FORMAT,
            "product": __version__,
            "number": self.number,
            "written_at": self.written_at,
            "edition": self.edition,
            "editions": {key: value._asdict() for key, value in sorted(self.editions.items())},
            "cursors": dict(self.cursors),
            "coverage": dict(self.coverage),
            "parts": [part._asdict() for part in self.parts],
            "raw": [part._asdict() for part in self.raw],
            "quarantined": list(self.quarantined),
        }
        return json.dumps(body, indent=1, ensure_ascii=False, default=str).encode()

    @classmethod
    def from_json(cls, body: bytes, path: str) -> Manifest:
        try:
            read = json.loads(body)
            made_by = read["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise CheckFailed(f"{path} is not a readable manifest ({type(error).__name__})") from error
        if made_by > FORMAT:
            raise Refused(
                f"{path} was made by a newer version (format {made_by}, this one reads {FORMAT}); "
                "install the newer cloudhold"
            )
        return cls(
            number=read["number"],
            written_at=read["written_at"],
            parts=tuple(Part(**part) for part in read["parts"]),
            raw=tuple(Part(**part) for part in read["raw"]),
            quarantined=tuple(read["quarantined"]),
            cursors=read["cursors"],
            coverage=read["coverage"],
            editions={key: EditionRef(**value) for key, value in read["editions"].items()},
            edition=read["edition"],
        )
