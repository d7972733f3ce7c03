"""How soon a reader sees the first chart, and how many bytes it took: our pages beside a stock Streamlit page and Datasette.

All in one run, in turn, each visit with a fresh browser profile on loopback. Chromium and the test extra are needed;
Datasette is compared where it is installed (`pip install datasette`, or DATASETTE=/path/to/it).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import _bench, _many

TITLE = "time and bytes to the first chart, cold"
ROOT = Path(__file__).parents[1]
ROUNDS = 7
SMALL, LARGE = 10_000, 1_000_000
# Chosen one after another on each face: a choice is made for the first time each time, so no kept answer helps.
CHOSEN = _many.PROVIDERS[1:]


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _serving(command: list[str], port: int, path: str, env: dict[str, str]) -> Iterator[str]:
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(address + path, timeout=2):
                break
            time.sleep(0.25)
        else:
            raise RuntimeError(f"{' '.join(command[:4])} did not start")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _tables(folder: Path, env: dict[str, str]) -> None:
    """The three tables that the stock page reads, and a SQLite file of them for Datasette."""
    subprocess.run([sys.executable, "-m", "app.cli", "build"], cwd=ROOT, env=env, check=True, capture_output=True)
    names = ["organisations", "findings", "contracts"]
    command = [sys.executable, "-m", "app.cli", "export", *names, "--out", str(folder), "--format", "parquet"]
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    import pandas as pd

    with contextlib.closing(sqlite3.connect(folder / "tables.db")) as database:
        for name in names:
            frame = pd.read_parquet(folder / f"{name}.parquet")
            for column in frame.columns:
                if frame[column].dtype == object:
                    frame[column] = frame[column].astype(str)
            frame.to_sql(name, database, index=False)


def filter_changes(play: Any, chromium: str, place: Path) -> dict[str, dict[int, list[float]]]:
    """Milliseconds from a choice of provider to the page that shows it, by face and number of contracts; both sizes in turn."""
    from pipelines.answers import provider_name

    took: dict[str, dict[int, list[float]]] = {"page": {SMALL: [], LARGE: []}, "explorer": {SMALL: [], LARGE: []}}
    with contextlib.ExitStack() as stack:
        tabs = {}
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for size in (SMALL, LARGE):
            _many.edition(place / str(size), size)
            env = {**os.environ, "CLOUDHOLD_STORE": str(place / str(size))}
            port = _port()
            command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
            home = stack.enter_context(_serving(command, port, "/healthz", env))
            first = f"?provider={_many.PROVIDERS[0]}"
            page, explorer = (browser.new_context(viewport={"width": 1280, "height": 900}).new_page() for _ in range(2))
            page.goto(f"{home}/contracts{first}", timeout=300_000)
            explorer.goto(f"{home}/explore/contracts{first}")
            explorer.get_by_role("heading", name=_named(provider_name(_many.PROVIDERS[0]))).wait_for(timeout=300_000)
            tabs[size] = (home, page, explorer)
        for chosen in CHOSEN:
            name = provider_name(chosen)
            for size, (home, page, explorer) in tabs.items():
                # The explorer first for one choice and the page first for the next, so that neither rests on the other.
                for face in ("page", "explorer") if CHOSEN.index(chosen) % 2 else ("explorer", "page"):
                    if face == "page":
                        started = time.monotonic()
                        page.goto(f"{home}/contracts?provider={chosen}")
                        page.locator("table.rows tbody tr").first.wait_for(state="attached")
                    else:
                        explorer.get_by_role("combobox", name="Provider").click()
                        explorer.get_by_role("combobox", name="Provider").fill(name)
                        option = explorer.get_by_role("option", name=name, exact=True)
                        option.wait_for()
                        started = time.monotonic()
                        option.click()
                        explorer.get_by_role("heading", name=_named(name)).wait_for()
                    took[face][size].append(1000 * (time.monotonic() - started))
        browser.close()
    return took


def _named(name: str) -> re.Pattern[str]:
    return re.compile(rf"contracts with {re.escape(name)}")


def main() -> int:
    from playwright.sync_api import sync_playwright

    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if chromium is None:
        print("  skipped: no Chromium on this machine")
        return 0
    datasette = os.environ.get("DATASETTE") or shutil.which("datasette")
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        env = {**os.environ, "CLOUDHOLD_STORE": str(place / "store"), "STOCK_TABLES": str(place / "tables")}
        _tables(place / "tables", env)
        ours, stock = _port(), _port()
        site = stack.enter_context(
            _serving([sys.executable, "-m", "app.cli", "serve", "--port", str(ours)], ours, "/healthz", env)
        )
        page = str(ROOT / "benchmarks" / "_stock_page.py")
        options = ["--server.port", str(stock), "--server.address", "127.0.0.1", "--server.headless", "true"]
        plain = stack.enter_context(
            _serving([sys.executable, "-m", "streamlit", "run", page, *options], stock, "/_stcore/health", env)
        )
        visits = {
            "our first page": (site + "/", "figure.chart svg"),
            "our explorer": (site + "/explore/", ".js-plotly-plot .bars path"),
            "stock Streamlit, same question": (plain + "/", ".js-plotly-plot .bars path"),
        }
        if datasette:
            third = _port()
            command = [datasette, "serve", str(place / "tables" / "tables.db"), "--port", str(third)]
            served = stack.enter_context(_serving(command, third, "/-/versions.json", env))
            visits["Datasette, table page"] = (served + "/tables/findings", "table.rows-and-columns tbody tr")
        times: dict[str, list[float]] = {name: [] for name in visits}
        sizes: dict[str, list[float]] = {name: [] for name in visits}
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for _ in range(ROUNDS):
                for name, (address, mark) in visits.items():
                    context = browser.new_context(viewport={"width": 1280, "height": 900})
                    tab = context.new_page()
                    wire = context.new_cdp_session(tab)
                    wire.send("Network.enable")
                    got: list[float] = []
                    wire.on("Network.loadingFinished", lambda event, got=got: got.append(event["encodedDataLength"]))
                    started = time.monotonic()
                    tab.goto(address, wait_until="commit")
                    tab.locator(mark).first.wait_for(state="attached", timeout=60_000)
                    times[name].append(1000 * (time.monotonic() - started))
                    tab.wait_for_load_state("networkidle")
                    sizes[name].append(sum(got))
                    context.close()
            browser.close()
            changes = filter_changes(play, chromium, place / "many")
    base = "our first page"
    _bench.show(
        f"median of {ROUNDS} cold visits, in turn",
        [
            {
                "served by": name,
                "first chart, ms": statistics.median(times[name]),
                "least": min(times[name]),
                "most": max(times[name]),
                "kB on the wire": statistics.median(sizes[name]) / 1000,
                "time, times ours": statistics.median(b / a for a, b in zip(times[base], times[name], strict=True)),
            }
            for name in visits
        ],
    )
    against = statistics.median(
        b / a for a, b in zip(times[base], times["stock Streamlit, same question"], strict=True)
    )
    wire_third = (
        statistics.median(sizes["our explorer"]) <= statistics.median(sizes["stock Streamlit, same question"]) / 3
    )
    _bench.show(
        f"a choice of provider to its page, median of {len(CHOSEN)}",
        [
            {
                "face": face,
                f"{SMALL:,} contracts, ms": statistics.median(by_size[SMALL]),
                f"{LARGE:,} contracts, ms": statistics.median(by_size[LARGE]),
                "times": _grown(by_size),
            }
            for face, by_size in changes.items()
        ],
    )
    goals = {
        **{
            f"{face}: a filter change over {LARGE:,} contracts under twice that over {SMALL:,}": _grown(by_size) < 2
            for face, by_size in changes.items()
        },
        "first page to first chart at most 1/8 of stock Streamlit": against >= 8,
        "explorer's first load at most 1/3 of stock Streamlit's bytes": wire_third,
    }
    if datasette:
        beside = statistics.median(b / a for a, b in zip(times[base], times["Datasette, table page"], strict=True))
        goals["first page not slower than Datasette's table page"] = beside >= 1
    _bench.show("goals", [{"goal": goal, "held": "yes" if held else "no"} for goal, held in goals.items()])
    return 0 if all(goals.values()) else 1


def _grown(by_size: dict[int, list[float]]) -> float:
    """How many times as long the large edition takes."""
    return statistics.median(b / a for a, b in zip(by_size[SMALL], by_size[LARGE], strict=True))
