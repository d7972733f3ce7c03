"""A body read to its end: capped after unpacking, on time, and never taken for whole when it was cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import zlib
from types import TracebackType
from typing import Self

import requests


class TooLate(Exception):
    """The deadline passed."""


class Unusable(Exception):
    """What is sent is nothing that we take, however often it is asked for; the message goes on after its address."""


class Deadline:
    """So many seconds for one answer, from its first byte to its last.

    A server that drips a byte a second never trips a read timeout, so a timer shuts its sockets down.
    """

    def __init__(self, seconds: float, sockets: list[socket.socket]) -> None:
        self._ends = time.monotonic() + seconds
        self._sockets = sockets
        self._passed = threading.Event()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self._passed.set()
        for made in list(self._sockets):
            with contextlib.suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)

    @property
    def has_passed(self) -> bool:
        return self._passed.is_set() or time.monotonic() > self._ends


def read_whole(response: requests.Response, deadline: Deadline, max_bytes: int) -> bytes:
    """The whole body, unpacked by ourselves. TooLate, Unusable, or ConnectionError where it was cut."""
    raw = response.raw
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Unusable(f"packs its answer as {encoding[:40]!r}, which we did not ask for")
    unpacker = zlib.decompressobj(31) if "gzip" in encoding else None
    out = bytearray()
    while True:
        if deadline.has_passed:
            raise TooLate
        chunk = raw.read1(65536, decode_content=False)
        if not chunk:
            break
        if unpacker is None:
            out += chunk
        else:
            try:
                out += unpacker.decompress(chunk, max_bytes + 1 - len(out))
            except zlib.error as error:
                raise Unusable("says gzip and sends something else") from error
        if len(out) > max_bytes or (unpacker is not None and unpacker.unconsumed_tail):
            raise Unusable(f"sends more than {max_bytes // 1048576} MiB")
    if deadline.has_passed:
        raise TooLate
    if unpacker is not None and not unpacker.eof and response.status_code == 200:
        raise requests.ConnectionError("the gzip stream was cut before its end")
    expected = response.headers.get("Content-Length")
    if (
        unpacker is None
        and expected
        and expected.isdigit()
        and len(out) != int(expected)
        and response.request.method != "HEAD"
    ):
        raise requests.ConnectionError("the body is shorter than promised")
    return bytes(out)


def why(error: BaseException) -> str:
    """Why no whole answer came, in words that end a sentence."""
    if isinstance(error, TooLate):
        return "it did not finish in time"
    text = " ".join(str(error).split())
    for mark, words in (
        ("CERTIFICATE_VERIFY_FAILED", "its certificate does not verify"),
        ("reset", "the connection was reset"),
        ("IncompleteRead", "the body was cut"),
        ("InvalidChunkLength", "the body was cut"),
        ("Remote end closed", "it closed without an answer"),
        ("does not resolve", "its name does not resolve"),
        ("shorter than promised", "the body was cut"),
        ("gzip stream was cut", "the body was cut"),
        ("no connection", "nobody answers there"),
        ("got more than", "its headers do not end"),
        ("BadStatusLine", "what it sent is no HTTP"),
    ):
        if mark in text:
            return words
    return f"{type(error).__name__}"
