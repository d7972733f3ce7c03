"""Route 53 records in Terraform: a folder of .tf files, a tar file of one, or one file. Nothing is run.

Best effort and no guess: literals, locals, variables with a value in the files, each and count over literals,
and the names of zones in the same folder are resolved. Anything else, such as the address of a load balancer
that only exists after apply, is set aside with what could not be known.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pipelines import schema
from pipelines.attribution import names, observe
from pipelines.batch import Batch, Rejected
from pipelines.folders import files
from pipelines.readers._published import published
from pipelines.records import Observation
from pipelines.text import plain

KIND = "terraform-route53"
TITLE = "Route 53 records in Terraform"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "observations"
LINES = False
EXAMPLE = "cloudhold import terraform-route53 --private dns/"

RECORD, ZONE = "aws_route53_record", "aws_route53_zone"
_EXPRESSION = re.compile(r"\$\{(.*)\}", re.DOTALL)
_INTERPOLATION = re.compile(r"(?<!\$)\$\{([^{}]*)\}")
_HEREDOC = re.compile(r"<<-?(\w+)\n(.*?)\n?\s*\1\s*", re.DOTALL)
_ESCAPES = {r"\"": '"', r"\\": "\\", r"\n": "\n", r"\t": "\t", r"\r": "\r"}
_WRAPPED = re.compile(r"(?:toset|tolist|tomap|lower|trimspace)\((.*)\)", re.DOTALL)
_INDEX = r'\d+|"[^"]*"|each\.(?:key|value)|count\.index'
_PATH = re.compile(rf"([A-Za-z_][\w-]*)((?:\.[A-Za-z_][\w-]*|\.\d+|\[(?:{_INDEX})\])*)")
_STEP = re.compile(rf"\.([A-Za-z_][\w-]*|\d+)|\[({_INDEX})\]")
MOST_RECORDS = 200_000


class Unknown(Exception):
    """A value that the files do not say."""


@dataclass(slots=True)
class Module:
    """What one folder declares. `values` are locals and variables by their reference, as written."""

    locals: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    zones: dict[str, Any] = field(default_factory=dict)
    records: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)


def wanted(path: str) -> bool:
    """Which files of a folder are read."""
    return path.endswith((".tf", ".tfvars")) and not any(part.startswith(".") for part in path.split("/"))


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Observations of one folder or file."""
    batch = Batch()
    try:
        texts, left_out = files(name, body)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    if not any(text.strip() for text in texts.values()):
        return batch.refuse(name, body, "it holds no Terraform (.tf)")
    for path, reason in left_out.items():
        batch.rejected.append(Rejected(path, b"", reason))
    found: dict[str, Observation] = {}
    for module in _modules(texts, batch).values():
        for path, label, record in module.records:
            for host, kind, value in _records(module, path, label, record, batch):
                row = published(host, kind, value, source_id, options)
                found[row.observation_id] = row
    if not batch.read:
        reason = batch.rejected[-1].reason if batch.rejected else f"it declares no {RECORD}"
        return batch.refuse(name, body[:2000], reason)
    batch.tables["observations"] = schema.to_arrow("observations", found.values())
    return batch


# -- declarations -------------------------------------------------------------------------------------------


def _modules(texts: Mapping[str, str], batch: Batch) -> dict[str, Module]:
    """What each folder declares. A file that does not parse is set aside alone."""
    parsed: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for path, text in sorted(texts.items()):
        if not text.strip():
            continue
        try:
            parsed[str(PurePosixPath(path).parent)].append((path, _parse(text)))
        except ValueError as error:
            batch.rejected.append(Rejected(path, text.encode()[:2000], str(error)))
    called = {target for folder, items in parsed.items() for _, body in items for target in _calls(folder, body)}
    return {folder: _module(items, is_called=folder in called) for folder, items in parsed.items()}


def _parse(text: str) -> dict[str, Any]:
    import hcl2  # its grammar takes a second to load: only who needs it waits

    try:
        parsed: dict[str, Any] = hcl2.loads(text if text.endswith("\n") else f"{text}\n")
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - the parser has a class of its own for every kind of mistake
        first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ValueError(f"it is not valid Terraform: {plain(first, 120)}") from None
    return parsed


def _calls(folder: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Folders that are used as modules: their variables are set by the caller, whatever their defaults."""
    for block in body.get("module", []):
        for call in block.values():
            source = _literal(call.get("source")) if isinstance(call, dict) else None
            if isinstance(source, str) and source.startswith("."):
                yield _normal(f"{folder}/{source}")


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(part)
    return "/".join(parts) or "."


def _module(items: Sequence[tuple[str, dict[str, Any]]], is_called: bool) -> Module:
    module = Module()
    for path, body in items:
        if path.endswith(".tfvars"):
            module.variables |= {key: value for key, value in body.items() if not key.startswith("__")}
    for path, body in items:
        for block in body.get("locals", []):
            module.locals |= {key: value for key, value in block.items() if not key.startswith("__")}
        for block in body.get("variable", []):
            for key, value in block.items():
                if not is_called and isinstance(value, dict) and "default" in value:
                    module.variables.setdefault(_bare(key), value["default"])
        for section, prefix in (("resource", ""), ("data", "data.")):
            for block in body.get(section, []):
                for kind, named in block.items():
                    for label, attributes in named.items() if isinstance(named, dict) else ():
                        if _bare(kind) == ZONE and isinstance(attributes, dict):
                            module.zones[f"{prefix}{ZONE}.{_bare(label)}"] = attributes.get("name")
                        elif _bare(kind) == RECORD and not prefix and isinstance(attributes, dict):
                            module.records.append((path, _bare(label), attributes))
    return module


def _bare(text: str) -> str:
    return text.strip('"')


# -- values -------------------------------------------------------------------------------------------------


def _literal(value: Any) -> Any:
    """A quoted text without its quotes and escapes; None where it holds an expression or is none."""
    if not isinstance(value, str) or not (len(value) > 1 and value[0] == value[-1] == '"'):
        return None
    inner = value[1:-1]
    heredoc = _HEREDOC.fullmatch(inner)
    if heredoc:
        return heredoc.group(2)
    return re.sub(r"\\[\"\\ntr]", lambda m: _ESCAPES[m.group()], inner)


def _value(module: Module, value: Any, each: Mapping[str, Any], depth: int = 0) -> Any:
    """A value with everything resolved; Unknown, saying what is not known, otherwise."""
    if depth > 20:
        raise Unknown("a value that refers to itself")
    resolve = functools.partial(_value, module, each=each, depth=depth + 1)
    if isinstance(value, list):
        return [resolve(item) for item in value]
    if isinstance(value, dict):
        return {_bare(key): resolve(item) for key, item in value.items() if not key.startswith("__")}
    if not isinstance(value, str):
        return value
    text = _literal(value)
    if text is not None:
        return _interpolated(module, text, each, depth)
    expression = _EXPRESSION.fullmatch(value.strip())
    return _reference(module, (expression.group(1) if expression else value).strip(), each, depth)


def _interpolated(module: Module, text: str, each: Mapping[str, Any], depth: int) -> str:
    def filled(match: re.Match[str]) -> str:
        found = _reference(module, match.group(1).strip(), each, depth)
        if isinstance(found, list | dict) or found is None:
            raise Unknown(match.group(1).strip())
        return str(found).lower() if isinstance(found, bool) else str(found)

    made = _INTERPOLATION.sub(filled, text)
    if "${" in made.replace("$${", "") or "%{" in made:
        raise Unknown(text)
    return made.replace("$${", "${")


def _reference(module: Module, expression: str, each: Mapping[str, Any], depth: int) -> Any:
    """What a reference such as local.zone, var.names[0], each.value or aws_route53_zone.main.zone_id stands for."""
    if re.fullmatch(r'"[^"$]*"', expression):
        return expression[1:-1]
    if re.fullmatch(r"-?\d+", expression):
        return int(expression)
    wrapped = _WRAPPED.fullmatch(expression)
    if wrapped:
        return _reference(module, wrapped.group(1).strip(), each, depth)
    if expression.startswith("[") and expression.endswith("]"):
        items = [part.strip() for part in expression[1:-1].split(",") if part.strip()]
        return [_reference(module, item, each, depth) for item in items]
    path = _PATH.fullmatch(expression)
    if not path:
        raise Unknown(expression)
    steps = [name or str(each.get(index, index)).strip('"') for name, index in _STEP.findall(path.group(2))]
    root = path.group(1)
    if root in ("each", "count") and steps and f"{root}.{steps[0]}" in each:
        return _walk(each[f"{root}.{steps[0]}"], steps[1:], expression)
    if root in ("local", "var") and steps:
        table = module.locals if root == "local" else module.variables
        if steps[0] not in table:
            raise Unknown(expression)
        return _walk(_value(module, table[steps[0]], {}, depth + 1), steps[1:], expression)
    zone = _zone_reference(root, steps)
    if zone in module.zones and steps[-1] in ("zone_id", "id", "name"):
        return _value(module, module.zones[zone], each, depth + 1)
    raise Unknown(expression)


def _zone_reference(root: str, steps: Sequence[str]) -> str:
    if root == "data" and len(steps) >= 2:
        return f"data.{steps[0]}.{steps[1]}"
    return f"{root}.{steps[0]}" if steps else root


def _walk(value: Any, steps: Sequence[str], expression: str) -> Any:
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise Unknown(expression)
    return value


# -- records ------------------------------------------------------------------------------------------------


def _records(
    module: Module, path: str, label: str, record: Mapping[str, Any], batch: Batch
) -> Iterator[tuple[str, str, str]]:
    """(host, type, value) of one declared record; what cannot be known is rejected with its name."""
    try:
        instances = list(_instances(module, record))
    except Unknown as missing:
        instances = []
        _set_aside(path, label, missing, batch)
    for each in instances:
        try:
            made = list(_instance(module, record, each))
        except Unknown as missing:
            _set_aside(path, label, missing, batch)
            continue
        for item in made:
            batch.read += 1
            yield item


def _set_aside(path: str, label: str, missing: Unknown, batch: Batch) -> None:
    batch.read += 1
    said = plain(str(missing).replace("\n", " "), 100)
    reason = f"{said} is not known from the files" if said else "a value is not known from the files"
    batch.rejected.append(Rejected(f"{path}: {RECORD}.{label}", f"{RECORD}.{label}".encode(), reason))


def _instances(module: Module, record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """One mapping of each.* and count.* per copy that the record makes of itself."""
    if "for_each" in record:
        over = _value(module, record["for_each"], {})
        if isinstance(over, dict):
            yield from ({"each.key": key, "each.value": value} for key, value in over.items())
        elif isinstance(over, list):
            yield from ({"each.key": item, "each.value": item} for item in over)
        else:
            raise Unknown("for_each")
    elif "count" in record:
        count = _value(module, record["count"], {})
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_RECORDS:
            raise Unknown("count")
        yield from ({"count.index": number} for number in range(count))
    else:
        yield {}


def _instance(module: Module, record: Mapping[str, Any], each: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    kind = observe.kind(str(_value(module, record.get("type"), each)))
    host = _host(module, record, each)
    alias = record.get("alias")
    if alias:
        (target,) = [
            _value(module, block.get("name"), each) for block in (alias if isinstance(alias, list) else [alias])
        ]
        if not isinstance(target, str):
            raise Unknown("alias")
        yield host, "ALIAS", target
        return
    values = _value(module, record.get("records"), each)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Unknown("records")
    for value in values:
        # A text over 255 characters is written as several, with "" where one ends and the next begins.
        yield host, kind, value.replace('""', "") if kind == "TXT" else value


def _host(module: Module, record: Mapping[str, Any], each: Mapping[str, Any]) -> str:
    """The record's full name: as written where it ends in a dot or in its zone's name, else below its zone."""
    name = _value(module, record.get("name", '""'), each)
    if not isinstance(name, str):
        raise Unknown("name")
    if name.endswith("."):
        return names.host(name)
    zone = _value(module, record.get("zone_id"), each)
    if not isinstance(zone, str) or "." not in zone:
        raise Unknown("zone_id")
    zone, name = names.host(zone), names.host(name)
    return name if name == zone or name.endswith(f".{zone}") else f"{name}.{zone}".lstrip(".")
