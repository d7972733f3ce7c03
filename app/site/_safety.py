"""Headers that every answer carries. Streamlit sends none: another site could frame it, a picture could call home."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
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


class Safety:
    """ASGI middleware around everything, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in FIXED.items():
                    headers[name] = value
                headers["content-security-policy"] = policy(path)
                if not path.startswith("/embed/"):
                    headers["x-frame-options"] = "DENY"
            await send(message)

        await self.app(scope, receive, guarded)
