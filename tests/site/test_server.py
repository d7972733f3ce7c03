"""The server as visitors and attackers meet it: both faces, headers everywhere, what is closed, what is compressed."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

# One address of every kind that the server answers, well or not.
ADDRESSES = [
    "/", "/healthz", "/robots.txt", "/assets/site.css", "/assets/nothing.css", "/no-such-page", "/?edition=no-such-edition",
    "/explore/", "/explore/organisation", "/explore/_stcore/health", "/explore/_stcore/host-config", "/explore/_stcore/metrics",
    "/explore/static/js/no-such-file.js",
]  # fmt: skip


def get(served: str, path: str, **more: object) -> requests.Response:
    return requests.get(served + path, timeout=30, allow_redirects=False, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_address_carries_the_headers(served: str, path: str) -> None:
    headers = get(served, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "geolocation=()" in headers["permissions-policy"]
    content = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in content and "default-src 'none'" in content
    assert not re.search(r"https?:|\*", content), "no source but our own"
    if not path.startswith("/explore"):
        assert "unsafe" not in content


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/", 200, "Which clouds do UK public services hang from?"),
        ("/no-such-page", 404, "There is no such page"),
        ("/?edition=no-such-edition", 404, "Unknown edition"),
        ("/explore/_stcore/metrics", 404, "closed"),
        ("/explore/_stcore/agent/openapi.json", 404, "closed"),
        ("/explore/static/../../main.py", 404, ""),
        ("/explore/static/%2e%2e/%2e%2e/main.py", 400, ""),
        ("/assets/%2e%2e/home.py", 400, ""),
        ("/_stcore/health", 404, "There is no such page"),
    ],
)
def test_what_is_there_is_given_and_what_is_not_is_said(served: str, path: str, status: int, words: str) -> None:
    answer = get(served, path)
    assert answer.status_code == status
    assert words in answer.text
    assert "Traceback" not in answer.text and "site-packages" not in answer.text


def test_another_host_name_is_refused(served: str) -> None:
    answer = get(served, "/", headers={"host": "rebound.example"})
    assert answer.status_code == 400
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_websocket_from_another_site_is_refused(served: str) -> None:
    place = urlsplit(served)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as wire:
        wire.sendall(
            f"GET /explore/_stcore/stream HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://other.example\r\n\r\n".encode()
        )
        assert wire.recv(64).startswith(b"HTTP/1.1 403")


def test_health_names_the_edition(served: str) -> None:
    body = get(served, "/healthz").json()
    assert body["ok"] is True
    assert body["edition"] == f"{body['as_of']}-{body['content_hash'][:8]}"


def test_the_explorers_files_are_compressed_once_and_kept_for_ever(served: str) -> None:
    shell = get(served, "/explore/")
    assert '<html lang="en-GB">' in shell.text
    assert "<title>Explorer - cloudhold</title>" in shell.text
    assert "aria-current" in get(served, re.search(r'src="(/assets/explorer.js[^"]*)"', shell.text)[1]).text
    script = re.search(r'src="\./(static/js/index[^"]+)"', shell.text)
    assert script
    plain = get(served, f"/explore/{script[1]}", headers={"accept-encoding": "identity"})
    for coding in ("gzip", "br"):
        packed = get(served, f"/explore/{script[1]}", headers={"accept-encoding": coding}, stream=True)
        assert packed.headers["content-encoding"] == coding
        assert "immutable" in packed.headers["cache-control"]
        assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert get(served, f"/explore/{script[1]}", headers={"accept-encoding": "gzip"}).content == plain.content


def test_pages_are_small_and_need_nothing_from_elsewhere(served: str) -> None:
    page = get(served, "/")
    assert len(page.content) <= 60_000
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', page.text)


def test_a_server_that_is_told_to_stop_leaves_nothing_behind(
    serving: Callable[..., AbstractContextManager[tuple[str, subprocess.Popen[bytes]]]], tmp_path: Path
) -> None:
    """Neither the files that it gave out, nor what it built its edition in."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    with serving(tmp_path / "store", TMPDIR=str(folder)) as (address, process):
        assert get(address, "/data/").status_code == 200
        assert list(folder.glob("cloudhold-files-*")), "there is something that could be left"
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
@pytest.mark.parametrize("path", ["/data/", "/data/latest/contracts.csv", "/", "/api/contracts.json", "/explore/"])
def test_vary_names_each_header_once(served: str, path: str, coding: str) -> None:
    names = get(served, path, headers={"accept-encoding": coding}).headers["vary"].lower().split(", ")
    assert "accept-encoding" in names and len(names) == len(set(names))
