"""cloudhold serve: the dashboard."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import Any

import click

from app.place import store_path
from app.verbs._shared import edition_of, say
from pipelines.errors import Refused


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Name that visitors may use for it. Repeatable; needed behind a proxy.",
)
@click.pass_context
def command(context: click.Context, port: int = 8501, address: str = "127.0.0.1", hosts: tuple[str, ...] = ()) -> None:
    """Serve the pages and the explorer. An edition with a body's private records is served on 127.0.0.1 only.

    Example: cloudhold serve --port 8600
    """
    from app import server  # brings Streamlit: two seconds that no other verb should pay

    signal.signal(signal.SIGTERM, _stop)
    edition = edition_of(context)
    if edition.private and address != "127.0.0.1":
        say("this edition holds private records: it is served on 127.0.0.1 only")
        address = "127.0.0.1"
    os.environ["CLOUDHOLD_STORE"] = str(store_path((context.find_root().obj or {}).get("store")))
    _try(address, port)
    if address not in ("127.0.0.1", "localhost") and not hosts:
        say(
            f"visitors are answered under the names 127.0.0.1, localhost and {address} only; add --host NAME for others"
        )
    say(f"cloudhold: edition {edition.id} on http://{address}:{port}")
    sys.stdout.flush()
    server.run(address, port, hosts)


def _stop(number: int, frame: Any) -> None:
    """End as at the end of the program, so that temporary folders go: the server, once it has closed, sends itself the
    signal again, and what that does by default ends the process where it stands."""
    sys.exit(0)


def _try(address: str, port: int) -> None:
    """Refused where the port is taken or the address is not this machine's: Streamlit would end as if by our fault."""
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            if os.name == "posix":  # elsewhere it would let two listen at once
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(target)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no name"
        raise Refused(
            f"port {port} of {address} cannot be served ({reason}); name another with --port or --address"
        ) from error
