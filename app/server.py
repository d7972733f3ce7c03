"""One process, two faces: HTML pages, files and feeds at the root, the Streamlit explorer under /explore."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app import figures, site
from app.site import explorer_files
from app.site._failures import HANDLERS, failed
from app.site._safety import Safety
from app.stores import ask, shown_edition

log = logging.getLogger("cloudhold")

SCRIPT = Path(__file__).parent / "main.py"
# Questions whose answers rest on all contracts in some order, which an edition keeps.
FIRST: tuple[tuple[str, dict[str, str]], ...] = (
    ("renewals", {}),
    ("concentration", {"population_id": "contracts", "by": "jurisdiction", "weight": "value"}),
    ("contracts", {}),
)
HOSTS = ("127.0.0.1", "localhost")
# Streamlit's own settings for a public dashboard; .streamlit/config.toml says the same for `streamlit run`.
CONFIG: dict[str, Any] = {
    "server.baseUrlPath": "explore",
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 1,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "client.disableDataExport": True,
    "runner.postScriptGC": False,
    "theme.paddingTop": "1rem",
    "theme.light.primaryColor": "#12436D",
    "theme.light.textColor": "#0B0C0C",
    "theme.dark.backgroundColor": "#12171C",
    "theme.dark.secondaryBackgroundColor": "#1D242B",
    "theme.dark.primaryColor": "#6FB1EA",
    "theme.dark.textColor": "#FFFFFF",
    "theme.headingFontSizes": ["2.2rem", "1.5rem", "1.2rem", "1.05rem", "1rem", "0.9rem"],
}


@contextlib.asynccontextmanager
async def _started(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the edition and load the figures before the first visitor comes; behind him, make what the other pages rest
    on."""
    shown_edition()
    figures.figures()
    threading.Thread(target=_prepare, name="prepare", daemon=True).start()
    yield {}


def _prepare() -> None:
    """What the first visitor of a large edition would wait for: its contracts in order, and the explorer's copies. The
    files under /data are not made before somebody wants them: of a large edition they take a minute and a gigabyte."""
    try:
        edition = shown_edition()
        for question, given in FIRST:
            ask(edition, question, **given)
        explorer_files.make_copies()
    except Exception:
        # Whoever asks makes it then, and sees what is wrong.
        log.warning("the edition could not be prepared", exc_info=True)


def _script_failed(error: Exception) -> bool:
    """The page says that it failed; the log says why."""
    log.error("explorer script failed", exc_info=error)
    return False


def application(hosts: Sequence[str] = HOSTS) -> st.App:
    """The whole server as one ASGI application that answers to these host names only."""
    return st.App(
        SCRIPT,
        routes=site.routes(),
        middleware=[
            Middleware(Safety, failed=failed),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ],
        exception_handlers=HANDLERS,
        lifespan=_started,
        on_script_error=_script_failed,
    )


def run(address: str, port: int, hosts: Sequence[str] = ()) -> None:
    """Serve until stopped."""
    allowed = [*HOSTS, *([address] if address not in ("0.0.0.0", "::") else []), *hosts]  # noqa: S104 - compared, not bound
    config = {**CONFIG, "server.address": address, "server.port": port, "server.allowedHosts": allowed}
    application(allowed).run(config=config)
