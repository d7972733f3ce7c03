"""A real server and a real browser, once per session."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def chromium() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        found = shutil.which(name)
        if found:
            return found
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                if os.environ.get("CI") == "true":
                    raise pytest.UsageError("Chromium is missing and CI=true allows nothing to be missing")
                item.add_marker(pytest.mark.skip(reason="no Chromium; sh tests/system-packages.sh says how to get it"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard on the default edition, as `cloudhold serve` gives it."""
    store = tmp_path_factory.mktemp("served") / "store"
    environment = {**os.environ, "CLOUDHOLD_STORE": str(store)}
    program = [sys.executable, "-m", "app.cli"]
    subprocess.run([*program, "build"], check=True, env=environment, cwd=ROOT, capture_output=True)
    port = free_port()
    log = (store.parent / "serve.log").open("wb")
    process = subprocess.Popen(
        [*program, "serve", "--port", str(port)], env=environment, cwd=ROOT, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    break
        except OSError:
            time.sleep(0.25)
    else:
        process.kill()
        pytest.fail(f"the server did not start: {(store.parent / 'serve.log').read_text()[-2000:]}")
    yield address
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()
