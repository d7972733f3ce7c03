"""Bodies in the codings that a browser accepts."""

from __future__ import annotations

import gzip

import pyarrow as pa
from starlette.requests import Request


def coding_of(request: Request) -> str:
    """The best coding that the browser accepts; "" for none."""
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    return "br" if "br" in accepted else "gzip" if "gzip" in accepted else ""


def compressed(body: bytes, coding: str, level: int = 9) -> bytes:
    """`body` in a coding. The highest level is for what is compressed once; pages are made anew with a lower one."""
    if coding == "br":
        packed: bytes = pa.Codec("brotli", compression_level=level).compress(body, asbytes=True)
        return packed
    return gzip.compress(body, level, mtime=0)
