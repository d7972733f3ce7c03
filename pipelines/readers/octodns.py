"""octoDNS zone files: a folder, a tar file of one, or one YAML file. The zone is the file's name.

Every scalar is read as text, so that a label such as 129688 or "no" stays what it is. Pools of dynamic, geo
and weighted records are all records. octoDNS's own configuration, and records without a type, are set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from pipelines import schema
from pipelines.attribution import names, observe
from pipelines.batch import Batch, Rejected
from pipelines.folders import files
from pipelines.readers._published import published
from pipelines.records import Observation
from pipelines.text import plain

KIND = "octodns"
TITLE = "octoDNS zones"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "observations"
LINES = False
EXAMPLE = "cloudhold import octodns --private hostedzones/"

_ZONE = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]+", re.IGNORECASE)
# The order in which a record's parts are written, by type; parts have an old and a new name.
_PARTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "MX": (("preference", "priority"), ("exchange", "value")),
    "SRV": (("priority",), ("weight",), ("port",), ("target",)),
    "CAA": (("flags",), ("tag",), ("value",)),
}
# A file that means harm can say the same node a million times over; a zone by hand never has so many records.
MOST_RECORDS = 200_000


class _Texts(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """YAML whose scalars are texts; a name written twice keeps the records of both."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, value = loader.construct_object(key_node, deep=True), loader.construct_object(value_node, deep=True)
        if not isinstance(key, str):
            raise yaml.YAMLError("a name is not a text")
        made[key] = [*_listed(made[key]), *_listed(value)] if key in made else value
    return made


_Texts.add_constructor("tag:yaml.org,2002:map", _mapping)


def wanted(path: str) -> bool:
    """Which files of a folder are read."""
    return path.endswith((".yaml", ".yml")) and not any(part.startswith(".") for part in path.split("/"))


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Observations of one folder or file."""
    batch = Batch()
    try:
        texts, left_out = files(name, body)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    if not texts and not left_out:
        return batch.refuse(name, body, "it holds no zone file (.yaml)")
    for path, reason in left_out.items():
        batch.rejected.append(Rejected(path, b"", reason))
    found: dict[str, Observation] = {}
    for path, text in texts.items():
        try:
            zone, entries = _zone(path, text)
        except ValueError as error:
            # A configuration may hold keys to other systems: its text is not kept.
            batch.rejected.append(Rejected(path, b"", str(error)))
            continue
        for host, kind, value in _records(path, zone, entries, batch):
            batch.read += 1
            row = published(host, kind, value, source_id, options)
            found[row.observation_id] = row
    if not batch.read:
        reason = batch.rejected[-1].reason if batch.rejected else "it holds no records"
        return batch.refuse(name, body[:2000], reason)
    batch.tables["observations"] = schema.to_arrow("observations", found.values())
    return batch


def _zone(path: str, text: str) -> tuple[str, Mapping[str, Any]]:
    """(zone, records by name) of one file; ValueError, with the reason, for what is no zone."""
    if not text.strip():
        raise ValueError("it is empty")
    try:
        document = yaml.load(text, Loader=_Texts)  # noqa: S506 - a loader that makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(f"it is not valid YAML: {plain(' '.join(str(error).split()), 120)}") from None
    if not isinstance(document, dict):
        raise ValueError("it is not a zone: a zone maps names to records")
    if isinstance(document.get("providers"), dict) and "zones" in document:
        raise ValueError("it is octoDNS configuration, not a zone")
    zone = _zone_of(path)
    if zone is None:
        raise ValueError("its name is not that of a zone; name the file after the zone, example.gov.uk.yaml")
    if not any(isinstance(r, dict) and "type" in r for entry in document.values() for r in _listed(entry)):
        raise ValueError("it is not a zone: no entry has a type")
    return zone, document


def _zone_of(path: str) -> str | None:
    """The zone in a file's name, or in the folder of a zone that is split into one file per name."""
    place = PurePosixPath(path)
    split = next((part for part in reversed(place.parts[:-1]) if part.endswith(".")), None)
    zone = (split or place.name.removesuffix(".gz").removesuffix(".yaml").removesuffix(".yml")).rstrip(".")
    return zone.lower() if _ZONE.fullmatch(zone) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _records(path: str, zone: str, entries: Mapping[str, Any], batch: Batch) -> Iterator[tuple[str, str, str]]:
    """(host, type, value) of every record of a zone."""
    count = 0
    for label, entry in entries.items():
        if label.endswith("."):
            # "n." is what a lost backslash leaves of a line break: nobody can tell which name was meant.
            body = str(entry).encode(errors="replace")[:2000]
            batch.rejected.append(Rejected(f"{path}: {plain(label, 60)}", body, "its name ends in a dot"))
            continue
        host = names.host(f"{label}.{zone}" if label and label != "@" else zone)
        for record in _listed(entry):
            if not isinstance(record, dict) or not isinstance(record.get("type"), str):
                batch.rejected.append(
                    Rejected(f"{path}: {plain(label, 60)}", str(record).encode()[:2000], "it has no type")
                )
                continue
            kind = "ALIAS" if record["type"].endswith("/ALIAS") else observe.kind(record["type"])
            for value in dict.fromkeys(_written(kind, item, zone) for item in _values(record)):
                count += 1
                if count > MOST_RECORDS:
                    batch.rejected.append(Rejected(path, b"", f"it has more than {MOST_RECORDS:,} records"))
                    return
                if value is not None:
                    yield host, kind, value


def _values(record: Mapping[str, Any]) -> Iterator[Any]:
    """Every value of a record: its own, and those of its geo, dynamic and weighted pools."""
    for key in ("value", "values"):
        if key in record:
            yield from _listed(record[key])
    geo = record.get("geo")
    for targets in geo.values() if isinstance(geo, dict) else ():
        yield from _listed(targets)
    dynamic = record.get("dynamic")
    pools = dynamic.get("pools") if isinstance(dynamic, dict) else None
    for pool in pools.values() if isinstance(pools, dict) else ():
        for item in _listed(pool.get("values")) if isinstance(pool, dict) else ():
            yield item.get("value") if isinstance(item, dict) else item


def _written(kind: str, item: Any, zone: str) -> str | None:
    """One value as text; None where there is none. An alias without a dot names a record of the same zone."""
    if isinstance(item, dict):
        if kind == "ALIAS":
            target = str(item.get("name", item.get("value", "")))
            return target if "." in target else f"{target}.{zone}".lstrip(".")
        parts = _PARTS.get(kind)
        if parts is None:
            return " ".join(str(value) for value in item.values()) or None
        return " ".join(str(next((item[n] for n in known if n in item), "0")) for known in parts)
    if item is None or isinstance(item, list):
        return None
    return str(item)
