"""Headers that every answer carries. Streamlit sends none: another site could frame it, a picture could call home."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A page of ours needs nothing but its own style sheet, script and pictures.
PAGE = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {framers}"
)
# The explorer's shell has one inline script and sets styles from script; plotly makes its workers from blobs.
EXPLORER = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; media-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}


def policy(path: str) -> str:
    """The content policy of an address: embeds may be framed by anybody, nothing else by anyone."""
    if path == "/explore" or path.startswith("/explore/"):
        return EXPLORER
    return PAGE.format(framers="*" if path.startswith("/embed/") else "'none'")


def _once(names: str) -> str:
    """The names of a Vary header, each once: what compresses answers adds its own to one that is there already."""
    return ", ".join({name.strip().lower(): name.strip() for name in names.split(",")}.values())


class Safety:
    """ASGI middleware around everything: refusals and failures carry the headers too.

    `failed` makes the answer to a fault of ours. It stands here because Starlette's own place for it is outside
    of every middleware, where no header would be added.
    """

    def __init__(self, app: ASGIApp, failed: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self.failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in FIXED.items():
                    headers[name] = value
                headers["content-security-policy"] = policy(path)
                if "vary" in headers:
                    headers["vary"] = _once(headers["vary"])
                if not path.startswith("/embed/"):
                    headers["x-frame-options"] = "DENY"
            await send(message)

        try:
            await self.app(scope, receive, guarded)
        except Exception as error:
            if begun:
                raise
            await self.failed(Request(scope), error)(scope, receive, guarded)
