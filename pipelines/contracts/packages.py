"""OCDS packages cut into releases, without building Python objects (msgspec). What cannot be read is returned with its reason.

Shapes read: a release package, a record package (its releases; the compiled release where there are none),
a list of either, a single release, and JSON lines of any of these, each plain or gzipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from pipelines.batch import Batch, Rejected
from pipelines.text import unpack

# Numbers that portals have published and JSON does not allow, or no decimal can hold.
_BAD_NUMBER = re.compile(rb"(?<=[:\[,])(\s*)(-?\d+(?:\.\d+)?[eE]\+?\d{3,}|0\d[\d,]*|-?NaN|-?Infinity)(?=\s*[,}\]])")

# Half of a surrogate pair, escaped: no UTF-8 can hold it.
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class _Record(msgspec.Struct):
    releases: list[msgspec.Raw] | None = None
    compiledRelease: msgspec.Raw = msgspec.Raw(b"")


class _Package(msgspec.Struct):
    releases: list[msgspec.Raw] | None = None
    records: list[_Record] | None = None
    ocid: str | None = None


_decode_package = msgspec.json.Decoder(_Package).decode
_decode_packages = msgspec.json.Decoder(list[_Package]).decode
_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


def cut(body: bytes) -> Iterator[bytes]:
    """The releases in `body` as JSON bytes; ValueError where the body is not OCDS."""
    start = body.lstrip()[:1]
    if start == b"[":
        for package, raw in zip(_decode_packages(body), _decode_raws(body), strict=True):
            yield from _releases(package, bytes(raw))
    elif start == b"{":
        yield from _releases(_decode_package(body), body)
    else:
        raise ValueError("it is not JSON")


def _releases(package: _Package, body: bytes) -> Iterator[bytes]:
    if package.releases is not None:
        for release in package.releases:
            yield bytes(release)
    elif package.records is not None:
        for record in package.records:
            if record.releases:
                for release in record.releases:
                    yield bytes(release)
            elif bytes(record.compiledRelease):
                yield bytes(record.compiledRelease)
    elif package.ocid is not None:
        yield body
    else:
        raise ValueError("it holds no releases, no records and no ocid")


def _cut_repaired(name: str, body: bytes, batch: Batch) -> Iterator[bytes]:
    """Releases of one JSON text, with the known bad numbers repaired where the text does not parse."""
    try:
        yield from list(cut(body))
        return
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        first = error
    repaired = _LONE_SURROGATE.sub(b"", _BAD_NUMBER.sub(rb"\1null", body))
    if repaired != body:
        try:
            yield from list(cut(repaired))
            return
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass
    batch.rejected.append(Rejected(name, body, _why(first)))


def _why(error: Exception) -> str:
    text = str(error)
    if isinstance(error, RecursionError) or "recursion" in text.lower():
        return "the JSON is nested too deeply"
    if "surrogate" in text or "utf-8" in text.lower():
        return "the text is not valid UTF-8"
    if isinstance(error, msgspec.DecodeError):
        return f"it is not valid JSON of a release package: {text}"
    return text


def releases_of(name: str, body: bytes, batch: Batch) -> list[bytes]:
    """Every release in a file, one JSON text or JSON lines; what cannot be read goes to `batch.rejected`."""
    try:
        body = unpack(body)
    except ValueError as error:
        batch.rejected.append(Rejected(name, body, str(error)))
        batch.whole = False
        return []
    if not body.strip():
        batch.rejected.append(Rejected(name, body, "it is empty"))
        batch.whole = False
        return []
    try:
        if not body.isascii():
            body.decode()
    except UnicodeDecodeError as error:
        batch.rejected.append(Rejected(name, body, f"it is not UTF-8 (byte {error.start})"))
        batch.whole = False
        return []
    found: list[bytes] = []
    if name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        for line_name, line in _lines(name, body):
            found.extend(_cut_repaired(line_name, line, batch))
    else:
        found.extend(_cut_repaired(name, body, batch))
        if batch.rejected and body.count(b"\n{") > 0:  # perhaps JSON lines under another name
            trial = Batch()
            by_line = [r for n, line in _lines(name, body) for r in _cut_repaired(n, line, trial)]
            if by_line:
                batch.rejected = trial.rejected
                found = by_line
    if not found and batch.rejected:
        batch.whole = False
    return found


def _lines(name: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            yield f"{name} line {number}", line
