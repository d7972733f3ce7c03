"""What every shape gives: a draft of one incident, and the errors that say what a body lacks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OPEN, RESOLVED, DUPLICATE, UNKNOWN = "open", "resolved", "duplicate", "unknown"


class NotReadable(ValueError):
    """The body is none of the kinds that feeds come in. The message says why."""


class ShapeChanged(ValueError):
    """A field that the shape must have is missing or of another type. The message names it."""


@dataclass(slots=True)
class Draft:
    """One incident as a feed tells it.

    `started` and `ended` are the impact as stated (a field, or a sentence that gives times); `posted` and
    `closed` are when the provider told the public. They are never mixed: status pages are over an hour late.
    `regions` and `products` are as named. `provider` is an id, a host of a status page or a company's name.
    """

    feed_id: str
    title: str
    provider: str
    products: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    status: str = UNKNOWN
    impact_stated: str | None = None
    impact: str = UNKNOWN
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    posted: dt.datetime | None = None
    closed: dt.datetime | None = None
    updates: int = 0
    url: str | None = None
    seen: dt.datetime | None = None
    feed: str | None = None


@dataclass(slots=True)
class Context:
    """What a shape may know beside the body.

    `region(provider, text)` gives the id of the region that a text names, or None. `broken` takes the
    records that cannot be used: (name, record, reason).
    """

    name: str
    region: Callable[[str, str], str | None]
    options: Mapping[str, Any] = field(default_factory=dict)
    broken: Callable[[str, Any, str], None] = lambda name, record, reason: None


def need(record: Any, key: str, kind: type | tuple[type, ...] = str) -> Any:
    """record[key], checked; ShapeChanged, naming the field, where it is not there or of another type."""
    if not isinstance(record, Mapping):
        raise ShapeChanged(f"has {type(record).__name__} where an object belongs")
    value = record.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        found = "is missing" if key not in record else f"is {type(value).__name__}"
        raise ShapeChanged(f"the field {key!r} {found}; the feed may have changed its shape")
    return value


def text_of(record: Mapping[str, Any], key: str) -> str | None:
    """record[key] where it is a text that says something; None otherwise."""
    value = record.get(key)
    return value.strip() or None if isinstance(value, str) else None


def objects_of(record: Any, key: str) -> list[Mapping[str, Any]]:
    """The objects listed under record[key]; none where there is no list."""
    listed = record.get(key) if isinstance(record, Mapping) else None
    return [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []


def object_of(record: Any, key: str) -> Mapping[str, Any]:
    """The object under record[key]; an empty one where there is none."""
    found = record.get(key) if isinstance(record, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def listed_names(record: Any, key: str, field: str = "name") -> list[str]:
    """The texts under `field` of the objects listed under record[key]."""
    return [name for name in (text_of(item, field) for item in objects_of(record, key)) if name]
