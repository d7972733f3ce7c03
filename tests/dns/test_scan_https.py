"""cloudhold scan --http over TLS: who issued a site's certificate and the names in it, read by the guarded fetch.

The test makes an authority of its own and puts it in the place of the authorities that requests trusts, so every
check of a connection stays on: the chain, the name and the days.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.store import Store
from tests.dns.test_scan_looks import Web, found, world  # noqa: F401  the resolver of its fixture answers here too

HOST = "www.cloudy.test"
NAMES = ["www.cloudy.test", "Shop.Cloudy.test", "*.cloudy.test"]


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class Authority:
    """A certificate authority that lives as long as a test folder."""

    def __init__(self, folder: Path, organisation: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.key, self.certificate = folder / "root.key", folder / "root.pem"
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/C=GB/O={organisation}/CN=Root of a test", "-keyout", self.key, "-out", self.certificate,
        )  # fmt: skip

    def issue(self, names: str, days: int = 1) -> tuple[Path, Path]:
        """A certificate for `names`, written as OpenSSL writes subjectAltName, and its key."""
        key, asked, made, more = (self.folder / f"site.{end}" for end in ("key", "csr", "pem", "ext"))
        more.write_text(f"subjectAltName={names}\n")
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=site", "-keyout", key, "-out", asked,
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", asked, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
            "-days", str(days), "-extfile", more, "-out", made,
        )  # fmt: skip
        return made, key


@contextmanager
def served(certificate: Path, key: Path) -> Iterator[tuple[str, list[str]]]:
    """The site of the plain tests behind TLS: its address, and what it was asked."""
    handler = type("Handler", (Web,), {"asked": []})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()
        thread.join()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    made = Authority(tmp_path / "trusted", "An Authority of Ours")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(made.certificate))
    return made


@pytest.fixture
def scan(run: Callable, world: SimpleNamespace, tmp_path: Path) -> Callable:  # noqa: F811
    def command(base: str) -> dict[str, list[str]]:
        hosts = tmp_path / "hosts.txt"
        hosts.write_text(HOST + "\n")
        ran = run("scan", hosts, "--resolver", world.resolver, "--rate", "0", "--base-url", base, "--json", "--http")
        assert ran.code == 0, ran.err
        rows: dict[str, list[str]] = {}
        for row in map(json.loads, ran.out.splitlines()):
            rows.setdefault(row["type"], []).extend(row["answers"] or [])
            rows.setdefault("outcome", []).extend([row["outcome"]] if row["type"] == "http" else [])
        return rows

    return command


def test_issuer_and_names_are_read_from_a_certificate_that_verifies(
    scan: Callable, run: Callable, store: Store, authority: Authority
) -> None:
    names = ",".join([*(f"DNS:{name}" for name in NAMES), "IP:127.0.0.1"])
    with served(*authority.issue(names)) as (base, asked):
        rows = scan(base)
    assert rows["tls:issuer"] == ["An Authority of Ours, Root of a test"]
    assert sorted(rows["tls:san"]) == ["*.cloudy.test", "shop.cloudy.test", "www.cloudy.test"]
    assert rows["header:server"][0].strip() == "cloudflare"
    assert asked == ["/robots.txt", "/"]
    kept = {row["kind"] for row in store.read("observations", store.manifest()).to_pylist()}
    assert {"tls:issuer", "tls:san", "header:server"} <= kept
    # An issuer says who was paid for a certificate, not who hosts: the server's header does.
    assert found(run, HOST)["provider"] == "cloudflare"


UNTRUSTED = ["another authority", "another name", "yesterday"]


@pytest.mark.parametrize("fault", UNTRUSTED)
def test_a_certificate_that_does_not_verify_shows_nothing(
    scan: Callable, tmp_path: Path, authority: Authority, fault: str
) -> None:
    issuer = Authority(tmp_path / "stranger", "Somebody Else") if fault == "another authority" else authority
    names = "DNS:elsewhere.test" if fault == "another name" else "DNS:www.cloudy.test,IP:127.0.0.1"
    with served(*issuer.issue(names, days=-1 if fault == "yesterday" else 1)) as (base, asked):
        rows = scan(base)
    assert (rows["outcome"], rows["http"]) == (["malformed"], ["the certificate does not verify"])
    assert not any(kind.startswith(("tls:", "header:", "cookie:", "page:")) for kind in rows)
    assert asked == []  # nothing was asked over a connection that could not be trusted, nor without TLS instead
