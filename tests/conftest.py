"""What every test shares: no network beyond loopback, a store of its own, the default edition."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from app.cli import main
from pipelines import build, reference
from pipelines.edition import Edition
from pipelines.store import Store

# A property is about what is true, never about how long this machine takes today.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

_connect = socket.socket.connect


def _only_loopback(self: socket.socket, address: Any) -> Any:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = address[0]
        try:
            inside = ipaddress.ip_address(host.partition("%")[0]).is_loopback
        except ValueError:
            inside = host == "localhost"
        if not inside:
            raise AssertionError(f"a test tried to reach {host}: the network is blocked, loopback only")
    return _connect(self, address)


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets reach loopback only, unless a test is marked live."""
    if request.node.get_closest_marker("live") is None:
        monkeypatch.setattr(socket.socket, "connect", _only_loopback)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    absent = pytest.mark.skip(reason=f"the working data {SHARED} is not on this machine")
    for item in items:
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(absent)


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


@pytest.fixture
def store_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of this test's own, named by the environment as an operator would."""
    path = tmp_path / "store"
    monkeypatch.setenv("CLOUDHOLD_STORE", str(path))
    return path


@pytest.fixture
def store(store_path: Path) -> Store:
    return Store(store_path)


@pytest.fixture(scope="session")
def default_edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """The edition with nothing collected."""
    place = Store(tmp_path_factory.mktemp("default") / "store")
    return Edition.of(build.build(reference.load(), place, place.manifest()))


@dataclass(slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(store_path: Path) -> Callable[..., Ran]:
    """Run a command in this process, as the shell would see it."""

    def command(*arguments: object) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main([str(argument) for argument in arguments])
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Ran(code, out.getvalue(), err.getvalue())

    return command


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _serving(store: Path, **more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address and the process of a whole server, as `cloudhold serve` gives it, until the block ends."""
    port = free_port()
    with (store.parent / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(port)],
            env={**os.environ, "CLOUDHOLD_STORE": str(store), **more},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail(f"the server did not start: {(store.parent / 'serve.log').read_text()[-2000:]}")
        yield address, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def serving() -> Callable[..., contextlib.AbstractContextManager[tuple[str, subprocess.Popen[bytes]]]]:
    """A server of one's own: `with serving(store) as (address, process)`."""
    return _serving


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole server on the default edition; the explorer is under /explore."""
    store = tmp_path_factory.mktemp("served") / "store"
    environment = {**os.environ, "CLOUDHOLD_STORE": str(store)}
    subprocess.run(
        [sys.executable, "-m", "app.cli", "build"], check=True, env=environment, cwd=ROOT, capture_output=True
    )
    with _serving(store) as (address, _):
        yield address
