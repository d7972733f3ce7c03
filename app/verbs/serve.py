"""cloudhold serve: the dashboard."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from app.stores import store_path
from app.verbs._shared import edition_of, say

SCRIPT = Path(__file__).parents[1] / "main.py"


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.pass_context
def command(context: click.Context, port: int = 8501, address: str = "127.0.0.1") -> None:
    """Serve the dashboard. An edition with a body's private records is served on 127.0.0.1 only.

    Example: cloudhold serve --port 8600
    """
    edition = edition_of(context)
    if edition.private and address != "127.0.0.1":
        say("this edition holds private records: it is served on 127.0.0.1 only")
        address = "127.0.0.1"
    os.environ["CLOUDHOLD_STORE"] = str(store_path((context.find_root().obj or {}).get("store")))
    say(f"cloudhold: edition {edition.id} on http://{address}:{port}")
    sys.stdout.flush()
    arguments = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(SCRIPT),
        "--server.port",
        str(port),
        "--server.address",
        address,
        "--server.headless",
        "true",
        "--browser.gatherUsageStats",
        "false",
        "--server.fileWatcherType",
        "none",
        "--runner.postScriptGC",
        "false",
        "--client.showErrorDetails",
        "none",
        "--client.toolbarMode",
        "minimal",
        "--server.maxUploadSize",
        "1",
    ]
    os.execv(sys.executable, arguments)  # noqa: S606 - our own interpreter, fixed arguments
