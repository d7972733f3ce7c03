"""A body as a document: text decoded, then JSON, XML, HTML or a table with a header.

AWS serves UTF-16 with a byte-order mark, one capture is XML under a .json name, Azure's history is HTML: what
a body is stands in its bytes, never in its name.
"""

from __future__ import annotations

import csv
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pipelines.incidents.draft import NotReadable

MAX_BYTES = 64 * 1024 * 1024
# A status history is under a megabyte; markup is not read beyond this.
MAX_MARKUP = 4 * 1024 * 1024
_UTF16 = (b"\xfe\xff", b"\xff\xfe")


@dataclass(slots=True)
class Document:
    """kind json: `data` is the value; xml: the root element; html: the text; table: rows as dicts."""

    kind: str
    data: Any

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.data[0]) if self.kind == "table" and self.data else frozenset()


def open_body(body: bytes) -> Document:
    """The document in `body`; NotReadable, with the reason, for anything that is none."""
    text = _text(body)
    start = text.lstrip()[:200].lower()
    if not start:
        raise NotReadable("it is empty")
    if start.startswith(("<?xml", "<rss")):
        return Document("xml", _xml(text))
    if start.startswith("<"):
        if len(text) > MAX_MARKUP:
            raise NotReadable(f"it is a page of more than {MAX_MARKUP // 1048576} MiB")
        return Document("html", text)
    if start[0] in "{[":
        return Document("json", _json(text))
    return Document("table", list(_table(text)))


def _text(body: bytes) -> str:
    if body[:2] == b"\x1f\x8b":
        body = _unzip(body)
    if len(body) > MAX_BYTES:
        raise NotReadable(f"it is larger than {MAX_BYTES // 1048576} MiB")
    encoding = "utf-16" if body[:2] in _UTF16 else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotReadable(f"it is not {encoding.removesuffix('-sig').upper()} text (byte {error.start})") from error
    if "\x00" in text:
        raise NotReadable("it is not text (it holds NUL)")
    return text


def _unzip(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(31)
    try:
        out = unpacker.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise NotReadable("the gzip stream is damaged") from error
    if not unpacker.eof and len(out) <= MAX_BYTES:
        raise NotReadable("the gzip stream is cut")
    return out


def _json(text: str) -> Any:
    def no_constant(name: str) -> Any:
        raise NotReadable(f"it holds the bare word {name}")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    raise NotReadable(f"the key {key[:40]!r} stands twice in one object")
                seen.add(key)
        return made

    try:
        return json.loads(text, parse_constant=no_constant, object_pairs_hook=once)
    except NotReadable:
        raise
    except RecursionError as error:
        raise NotReadable("it is nested too deeply") from error
    except ValueError as error:
        raise NotReadable(f"it is not JSON ({error})") from error


def _xml(text: str) -> Any:
    """The root element. No entity is expanded and nothing is loaded from outside."""
    if len(text) > MAX_MARKUP:
        raise NotReadable(f"it is XML of more than {MAX_MARKUP // 1048576} MiB")
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotReadable(f"it is not XML ({str(error)[:120]})") from error
    if root.getroottree().docinfo.doctype:
        raise NotReadable("it is XML with a document type, which no feed needs")
    return root


def _table(text: str) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if len(reader.fieldnames or []) < 3:
        raise NotReadable("it is neither JSON, XML, a page nor a table with a header")
    try:
        for row in reader:
            yield {k: v or "" for k, v in row.items() if isinstance(k, str) and not isinstance(v, list)}
    except csv.Error as error:
        raise NotReadable(f"line {reader.line_num} is not valid CSV ({error})") from error
