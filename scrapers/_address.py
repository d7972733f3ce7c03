"""Addresses: whose they are, and how a sentence names them."""

from __future__ import annotations

from urllib.parse import urlsplit

from pipelines.errors import Refused


def whole(base_url: str) -> str:
    """--base-url with its scheme, http where it names none."""
    return base_url if "://" in base_url else f"http://{base_url}"


def split_base(base_url: str) -> tuple[str, str, int]:
    """Scheme, host and port of --base-url; Refused where it is no address."""
    try:
        parts = urlsplit(whole(base_url))
    except ValueError as error:
        raise Refused(f"--base-url {base_url!r} is not an address; write http://127.0.0.1:8099") from error
    try:
        port = parts.port
    except ValueError as error:
        raise Refused(f"--base-url {base_url!r} has no valid port; write http://127.0.0.1:8099") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or " " in parts.netloc:
        raise Refused(f"--base-url {base_url!r} is not an address; write http://127.0.0.1:8099")
    return parts.scheme, parts.hostname.lower(), port or (443 if parts.scheme == "https" else 80)


def root(url: str) -> str:
    """The scheme, host and port of an address: what robots.txt speaks of."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def short(url: str) -> str:
    """An address as it is said: without user name, query and fragment, of 160 characters at most."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"[:160]
