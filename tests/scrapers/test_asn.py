"""Origin by DNS and holder by RDAP, on answers of our own in the real shapes."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from scrapers import _asn
from scrapers._asn import Holder, Networks, Origin
from scrapers._fetch import Fetcher


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("198.51.100.7", "7.100.51.198.origin.asn.cymru.com"),
        ("2a00:1450::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.4.1.0.0.a.2.origin6.asn.cymru.com"),
    ],
)
def test_the_name_that_is_asked(address: str, name: str) -> None:
    assert _asn.origin_name(address) == name


def test_what_is_no_address_is_not_asked() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        _asn.origin_name("www.body.example")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["13335 | 1.1.1.0/24 | AU | apnic | 2011-08-11"], Origin("1.1.1.0/24", (13335,), "AU", "apnic")),
        (['"64500 64501 | 8.0.0.0/9 |  | arin | "'], Origin("8.0.0.0/9", (64500, 64501), None, "arin")),
        (
            ["3356 | 8.0.0.0/9 | US | arin | x", "15169 | 8.8.8.0/24 | US | arin | x"],
            Origin("8.8.8.0/24", (15169,), "US", "arin"),
        ),
        (["garbage"], None),
        (["x | 1.1.1.0/24 | AU | apnic |"], None),
        (["99999999999 | 1.1.1.0/24 | AU | apnic |"], None),
        ([" | 1.1.1.0/24 | AU | apnic |"], None),
        ([], None),
    ],
)
def test_origins(texts: list[str], expected: Origin | None) -> None:
    assert _asn.parse_origin(texts) == expected


def test_names_of_networks() -> None:
    assert _asn.parse_as_name(["13335 | US | arin | 2010-07-14 | CLOUDFLARENET, US"]) == "CLOUDFLARENET, US"
    assert _asn.parse_as_name(["13335 | US | arin"]) is None


def network(**more: object) -> dict[str, object]:
    return {"objectClassName": "ip network", "handle": "NET-1", "name": "EXAMPLE-NET", "country": "GB", **more}


def entity(role: str, *properties: list[object]) -> dict[str, object]:
    return {"roles": [role], "vcardArray": ["vcard", [["version", {}, "text", "4.0"], *properties]]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            network(entities=[entity("abuse", ["fn", {}, "text", "Abuse Desk"]), entity("registrant", ["fn", {}, "text", "A Host Ltd"])]),
            Holder("A Host Ltd", "NET-1", "GB"),
        ),
        (network(entities=[entity("registrant", ["org", {}, "text", "An Org"], ["fn", {}, "text", "x"])]), Holder("An Org", "NET-1", "GB")),
        (  # a person is not named
            network(entities=[entity("registrant", ["kind", {}, "text", "individual"], ["fn", {}, "text", "Jo"])]),
            Holder("EXAMPLE-NET", "NET-1", "GB"),
        ),
        (network(entities="none"), Holder("EXAMPLE-NET", "NET-1", "GB")),
        (network(entities=[entity("registrant")], country="United Kingdom"), Holder("EXAMPLE-NET", "NET-1", None)),
        ({"objectClassName": "ip network"}, None),
        ({"objectClassName": "domain", "name": "x"}, None),
        ([], None),
    ],
)  # fmt: skip
def test_holders(document: object, expected: Holder | None) -> None:
    assert _asn.parse_holder(document) == expected


def test_one_question_serves_a_network_for_a_day() -> None:
    asked: list[str] = []
    now = [0.0]

    def resolve(name: str) -> list[str]:
        asked.append(name)
        if name == "AS13335.asn.cymru.com":
            return ["13335 | US | arin | 2010-07-14 | CLOUDFLARENET, US"]
        return ["13335 | 1.1.1.0/24 | AU | apnic | x"] if name.startswith(("1.1.1.1.", "9.1.1.1.")) else []

    networks = Networks(resolve, clock=lambda: now[0])
    expected = Origin("1.1.1.0/24", (13335,), "AU", "apnic", "CLOUDFLARENET, US")
    assert networks.origin("1.1.1.1") == networks.origin("1.1.1.9") == expected
    assert networks.origin("8.8.8.8") is None and networks.origin("8.8.8.4") is None
    assert networks.origin("10.0.0.1") is None  # never asked
    assert asked == ["1.1.1.1.origin.asn.cymru.com", "AS13335.asn.cymru.com", "8.8.8.8.origin.asn.cymru.com"]
    now[0] = 25 * 3600
    networks.origin("1.1.1.9")
    assert asked[3:] == ["9.1.1.1.origin.asn.cymru.com", "AS13335.asn.cymru.com"]


def test_the_holder_is_asked_at_the_registry_of_the_origin() -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            asked.append(self.path)
            body = b"<html>" if self.path.endswith("8.8.8.8") else json.dumps(network()).encode()
            self.send_response(404 if self.path.endswith("9.9.9.9") else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        fetcher = Fetcher(base_url=f"http://127.0.0.1:{server.server_port}", sleep=lambda _: None)
        assert _asn.holder(fetcher, "1.1.1.1", "ripencc") == Holder("EXAMPLE-NET", "NET-1", "GB")
        assert _asn.holder(fetcher, "8.8.8.8", "arin") is None  # not JSON
        assert _asn.holder(fetcher, "9.9.9.9", "arin") is None  # not found
        assert _asn.holder(fetcher, "10.0.0.1", "arin") is None  # never asked
        assert _asn.holder(fetcher, "1.1.1.1", None) is None  # nobody to ask
        fetcher.close()
    finally:
        server.shutdown()
        server.server_close()
    assert asked == ["/ip/1.1.1.1", "/registry/ip/8.8.8.8", "/registry/ip/9.9.9.9"]
