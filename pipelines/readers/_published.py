"""A record read in a zone that somebody wrote down: published, not asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.attribution import names, observe
from pipelines.records import Observation


def published(host: str, kind: str, value: str, source_id: str, options: Mapping[str, Any]) -> Observation:
    """The observation of one record, with its value in the form in which it is kept."""
    kept = observe.value(kind, value)
    return Observation(
        observation_id=observe.observation_id(host, kind, kept, "published"),
        subject=host,
        kind=kind,
        value=kept,
        outcome="published",
        seen_on=options.get("seen_on"),
        vantage=None,
        environment=names.environment(host),
        observed_at=None,
        source_id=source_id,
        private=bool(options.get("private", False)),
    )
