"""What can go wrong with an HTTP feed: the honest feed and every fault that http_faults.py can serve.

A fault has a kind, a function and one line of meaning. By kind the function gets
    wire, status, redirect   the request handler: it writes the answer itself
    body                     the honest page as bytes, and returns other bytes
    page                     the honest page as a dict and its context, and returns another dict
Page faults strike the FIRST release of the page unless their meaning says otherwise.
"""

import copy
import gzip
import socket
import struct
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

FAULTS = {}  # name -> (kind, function, one-line meaning)


def fault(kind, name, meaning):
    """Register a fault. kind: wire, status, redirect (all take the handler), body (bytes), page (dict)."""

    def keep(function):
        FAULTS[name] = (kind, function, meaning)
        return function

    return keep


# ---------------------------------------------------------------- the honest feed
def release(i):
    """The i-th release: fixed for ever, so that tests can compare every field."""
    day = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=i % 700)
    return {
        "ocid": f"ocds-test-{i:06d}",
        "id": f"rel-{i:06d}",
        "date": day.isoformat(),
        "tag": ["award"],
        "buyer": {"id": f"GB-X-{i % 17}", "name": f"Department {i % 17}"},
        "tender": {"title": f"Hosting service {i}", "value": {"amount": 1000 + i, "currency": "GBP"}},
        "awards": [
            {
                "id": f"a-{i}",
                "value": {"amount": 1000 + i, "currency": "GBP"},
                "suppliers": [{"id": f"S-{i % 23}", "name": f"Supplier {i % 23} Ltd"}],
            }
        ],
    }


def feed_page(base, page, pages, per, query):
    first = page * per
    body = {
        "version": "1.1",
        "publishedDate": "2026-01-01T00:00:00Z",
        "releases": [release(i) for i in range(first, first + per)],
        "links": {},
    }
    if page + 1 < pages:
        body["links"]["next"] = f"{base}/releases?{urlencode({**query, 'cursor': f'c-{page + 1}'})}"
    return body


# ---------------------------------------------------------------- status faults
def status_fault(name, code, meaning, headers=None, body=b"{}", kind="application/json"):
    @fault("status", name, meaning)
    def act(h):
        extra = headers() if callable(headers) else dict(headers or {})
        if "Retry-After" in extra:
            h.promise(extra["Retry-After"])
        h.reply(code, body, kind, extra)


WAF = b"<html><head><title>Request rejected</title></head><body>Support ID: 123456789</body></html>"
status_fault("http_429_seconds", 429, "429 with Retry-After: 2", {"Retry-After": "2"})
status_fault(
    "http_429_date",
    429,
    "429 with Retry-After as an HTTP date 3 s ahead",
    lambda: {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)},
)
status_fault("http_429_bare", 429, "429 without Retry-After")
status_fault("http_429_huge", 429, "429 with Retry-After: one day", {"Retry-After": "86400"})
status_fault("http_429_negative", 429, "429 with a negative Retry-After", {"Retry-After": "-5"})
status_fault("http_429_junk", 429, "429 with an unreadable Retry-After", {"Retry-After": "soon"})
for _code in (400, 401, 403, 404, 410, 500, 502, 503, 504):
    status_fault(f"http_{_code}", _code, f"plain {_code}")
status_fault("http_503_html", 503, "503 with an HTML maintenance page", {"Retry-After": "1"}, WAF, "text/html")
status_fault(
    "rate_403",
    403,
    "a rate limit told as 403: HTML text labelled text/plain, no Retry-After",
    None,
    b"<html><head><title>Forbidden</title></head><body>The request rate limit may have been exceeded.</body></html>",
    "text/plain",
)
status_fault("waf_200", 200, "a firewall page with status 200 and text/html", None, WAF, "text/html")
status_fault("waf_200_json", 200, "a firewall page with status 200 that claims to be JSON", None, WAF)
status_fault("empty_200", 200, "status 200, no body", None, b"")
status_fault("http_204", 204, "204 No Content", None, b"")
status_fault("null_200", 200, "body is the JSON word null", None, b"null")
status_fault("list_200", 200, "body is a JSON list instead of an object", None, b"[]")
status_fault("error_200", 200, "an error object with status 200", None, b'{"error":"internal","code":17}')


# ---------------------------------------------------------------- redirects
def redirect_fault(name, target, meaning):
    @fault("redirect", name, meaning)
    def act(h):
        h.reply(302, b"", "text/plain", {"Location": target(h) if callable(target) else target})


redirect_fault("redirect_loop", lambda h: h.path, "redirects to itself for ever")
redirect_fault("redirect_private", lambda h: f"http://127.0.0.1:{h.server.server_port}/secret", "to loopback")
# Link-local, but never the real metadata address: an unguarded client must not reach a real service.
redirect_fault(
    "redirect_link_local", lambda h: f"http://169.254.0.7:{h.server.server_port}/secret", "to a link-local address"
)
redirect_fault(
    "redirect_decimal", lambda h: f"http://2130706433:{h.server.server_port}/secret", "to 127.0.0.1 as one number"
)
redirect_fault(
    "redirect_mapped", lambda h: f"http://[::ffff:127.0.0.1]:{h.server.server_port}/secret", "to IPv4-mapped loopback"
)
redirect_fault("redirect_zero", lambda h: f"http://0.0.0.0:{h.server.server_port}/secret", "to 0.0.0.0")
redirect_fault("redirect_file", "file:///etc/hostname", "to a file: address")
redirect_fault(
    "redirect_userinfo", lambda h: f"http://example.org@127.0.0.1:{h.server.server_port}/secret", "user-info trick"
)


# ---------------------------------------------------------------- wire faults
@fault("wire", "reset", "TCP reset after reading the request")
def _reset(h):
    h.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    h.connection.close()


@fault("wire", "close_early", "closes without any answer")
def _close(h):
    h.connection.shutdown(socket.SHUT_RDWR)


@fault("wire", "hang", "accepts, then says nothing for `hold` seconds (60)")
def _hang(h):
    h.idle(h.number("hold", 60))


@fault("wire", "slow_headers", "one header byte a second")
def _slow_headers(h):
    for byte in b"HTTP/1.1 200 OK\r\nX-Drip: " + b"a" * int(h.number("hold", 60)):
        if not h.send(bytes([byte])):
            return
        h.idle(1)


@fault("wire", "slow_body", "one body byte a second: defeats a per-read timeout")
def _slow_body(h):
    h.head("200 OK", "application/json", {"Content-Length": "100000"})
    for _ in range(int(h.number("hold", 60))):
        if not h.send(b" "):
            return
        h.idle(1)


@fault("wire", "endless_body", "a body that never ends (stops at 4 GiB)")
def _endless_body(h):
    h.head("200 OK", "application/json")
    block = b" " * 65536
    for _ in range(65536):
        if not h.send(block):
            return


@fault("wire", "endless_headers", "headers that never end (stops at 1 million)")
def _endless_headers(h):
    h.send(b"HTTP/1.1 200 OK\r\n")
    for i in range(1_000_000):
        if not h.send(b"X-%d: y\r\n" % i):
            return


@fault("wire", "giant_header", "one header of 1 MiB")
def _giant_header(h):
    h.head("200 OK", "application/json", {"X-Big": "a" * 1048576, "Content-Length": "2"})
    h.send(b"{}")


@fault("wire", "short_body", "Content-Length is larger than the body sent")
def _short_body(h):
    body = h.page_bytes()
    h.head("200 OK", "application/json", {"Content-Length": str(len(body))})
    h.send(body[: len(body) // 2])


@fault("wire", "bad_chunk", "a chunked body with an unreadable chunk size")
def _bad_chunk(h):
    h.head("200 OK", "application/json", {"Transfer-Encoding": "chunked"})
    h.send(b'5\r\n{"rel\r\nzz\r\neases\r\n')


@fault("wire", "cut_chunk", "a chunked body without its last chunk")
def _cut_chunk(h):
    body = h.page_bytes()
    h.head("200 OK", "application/json", {"Transfer-Encoding": "chunked"})
    h.send(b"%x\r\n%s\r\n" % (len(body) // 2, body[: len(body) // 2]))


@fault("wire", "not_http", "bytes that are not HTTP")
def _not_http(h):
    h.send(b"\x00\xffSSH-2.0-nothing\r\n\r\n")


@fault("wire", "gzip_bomb", "about 1 MiB of gzip that unpacks to `mib` (1024) MiB")
def _gzip_bomb(h):
    mib, block, check = int(h.number("mib", 1024)), bytes(1048576), 0
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # may be repeated: no shared window
    for _ in range(mib):
        check = zlib.crc32(block, check)
    trailer = struct.pack("<2I", check, (mib * 1048576) & 0xFFFFFFFF)
    h.raw_reply(b"\x1f\x8b\x08" + bytes(7) + piece * mib + b"\x03\x00" + trailer, {"Content-Encoding": "gzip"})


@fault("wire", "gzip_layers", "gzip inside gzip, three layers named in the header")
def _gzip_layers(h):
    body = h.page_bytes()
    for _ in range(3):
        body = gzip.compress(body, mtime=0)
    h.raw_reply(body, {"Content-Encoding": "gzip, gzip, gzip"})


@fault("wire", "gzip_lie", "claims gzip, body is plain")
def _gzip_lie(h):
    h.raw_reply(h.page_bytes(), {"Content-Encoding": "gzip"})


@fault("wire", "gzip_cut", "a gzip stream cut in the middle, with a matching Content-Length")
def _gzip_cut(h):
    body = gzip.compress(h.page_bytes(), mtime=0)
    h.raw_reply(body[: len(body) // 2], {"Content-Encoding": "gzip"})


# ---------------------------------------------------------------- body faults: bytes -> bytes
def body_fault(name, function, meaning):
    fault("body", name, meaning)(function)


body_fault("truncated_json", lambda b: b[: len(b) * 2 // 3], "JSON cut off, Content-Length matches")
body_fault("bom", lambda b: b"\xef\xbb\xbf" + b, "UTF-8 byte-order mark in front")
body_fault("utf16", lambda b: b.decode("latin-1").encode("utf-16"), "UTF-16 body under a utf-8 label")
body_fault(
    "latin1", lambda b: b.replace(b"Department", "Département".encode("latin-1")), "Latin-1 bytes, labelled utf-8"
)
body_fault("lone_surrogate", lambda b: b.replace(b"Hosting", b"\\ud800Hosting"), "an escaped lone surrogate")
body_fault("trailing_junk", lambda b: b + b"\n<!-- served by node 3 -->", "text behind the JSON")
body_fault("two_documents", lambda b: b + b, "two JSON documents in a row")
body_fault(
    "duplicate_keys", lambda b: b.replace(b'"releases"', b'"releases": [], "releases"', 1), "a key that occurs twice"
)
body_fault("nan_literal", lambda b: b.replace(b'"amount": 10', b'"amount": NaN, "x": 10', 1), "NaN as a bare word")
body_fault("deep_json", lambda b: b"[" * 200_000 + b"]" * 200_000, "200,000 nested lists")
body_fault("deep_html", lambda b: b"<div>" * 200_000, "200,000 nested HTML elements")
body_fault(
    "xml_bomb",
    lambda b: (
        b'<!DOCTYPE l [<!ENTITY a "ha">'
        + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%s;" % (b"" if i == 0 else b"%d" % (i - 1)) * 10) for i in range(9))
        + b"]><l>&a8;</l>"
    ),
    "nested XML entities",
)


# ---------------------------------------------------------------- page faults: dict -> dict
def every(path, value):
    """A page fault that sets `path` (dots; digits index lists) of the FIRST release to value."""

    def act(page, _query):
        node = page["releases"][0]
        *walk, last = [int(p) if p.isdigit() else p for p in path.split(".")]
        for step in walk:
            node = node[step]
        node[last] = value(node[last]) if callable(value) else value
        return page

    return act


def page_fault(name, function, meaning):
    fault("page", name, meaning)(function)


AMOUNT, TITLE, NAME = "awards.0.value.amount", "tender.title", "awards.0.suppliers.0.name"
for _name, _path, _value, _meaning in [
    ("value_text", AMOUNT, "£1,234.50", "amount is text with a currency sign"),
    ("value_words", AMOUNT, "commercially sensitive", "amount is words"),
    ("value_negative", AMOUNT, -5000, "negative amount"),
    ("value_huge", AMOUNT, 1e15, "amount of 1e15"),
    ("value_overflow", AMOUNT, 10**400, "an integer beyond every float"),
    ("value_null", AMOUNT, None, "amount null"),
    ("value_object", AMOUNT, {"min": 1, "max": 2}, "amount is an object"),
    ("value_bool", AMOUNT, True, "amount is true"),
    ("currency_unknown", "awards.0.value.currency", "ZZZ", "unknown currency"),
    ("title_10mb", TITLE, "A" * 10_000_000, "a title of 10 MB"),
    ("title_null_byte", TITLE, "a\x00b", "a NUL in the title"),
    ("title_bidi", TITLE, "safe\u202egnp.exe\u2066", "right-to-left override"),
    ("title_rtl", TITLE, "عقد استضافة", "Arabic title"),
    ("title_zalgo", TITLE, "Z" + "\u0301" * 5000, "5,000 combining marks"),
    ("title_html", TITLE, "<img src=x onerror=document.title='PWNED'>", "markup in a title"),
    ("name_script", NAME, "<script>document.title='PWNED'</script>", "script in a supplier name"),
    ("name_formula", NAME, '=HYPERLINK("http://127.0.0.1/?"&A1,"x")', "a spreadsheet formula as a name"),
    (
        "name_markdown",
        NAME,
        "[click](javascript:document.title='PWNED') ![p](http://127.0.0.1:1/p.png)",
        "markdown in a name",
    ),
    ("name_newline", NAME, 'A "B"\r\n,=1+1', "quotes and line ends in a name"),
    ("name_empty", NAME, "", "empty supplier name"),
    ("date_bad", "date", "31/02/2025", "a day that does not exist"),
    ("date_far", "date", "9999-12-31T23:59:59Z", "year 9999"),
    ("date_ancient", "date", "0001-01-01T00:00:00Z", "year 1"),
    ("date_naive", "date", "2025-03-30T01:30:00", "no zone, in the skipped hour"),
    ("date_leap", "date", "2025-02-29T00:00:00Z", "leap day in a common year"),
    ("date_number", "date", 1700000000, "epoch number"),
    ("id_missing", "ocid", None, "no ocid"),
    ("id_path", "ocid", "../../etc/passwd", "an id that looks like a path"),
    ("suppliers_object", "awards.0.suppliers", {"name": "X"}, "an object where a list belongs"),
    (
        "personal_data",
        "buyer",
        lambda b: {**b, "contactPoint": {"name": "Jo Bloggs", "email": "jo@example.org"}},
        "contact details",
    ),
    ("withdrawn", "tag", ["tenderCancellation"], "a withdrawn notice"),
    ("unknown_tag", "tag", ["somethingNew"], "an unknown tag"),
]:
    page_fault(_name, every(_path, _value), _meaning)

page_fault(
    "schema_renamed",
    lambda p, q: {**{k: v for k, v in p.items() if k != "releases"}, "results": p["releases"]},
    "the list has a new name",
)
page_fault(
    "schema_extra",
    lambda p, q: {**p, "releases": [{**r, "newField": {"a": [1]}} for r in p["releases"]]},
    "an unknown field",
)
page_fault(
    "duplicate_releases",
    lambda p, q: {**p, "releases": p["releases"] + p["releases"][:5]},
    "five releases twice on one page",
)
page_fault(
    "conflicting_copy",
    lambda p, q: {
        **p,
        "releases": p["releases"]
        + [{**copy.deepcopy(p["releases"][0]), "buyer": {"id": "GB-X-0", "name": "Other body"}}],
    },
    "same id, other content",
)
page_fault("shuffled", lambda p, q: {**p, "releases": p["releases"][::-1]}, "newest last")
page_fault("empty_page", lambda p, q: {**p, "releases": []}, "an empty page that still has a next link")
page_fault(
    "cursor_loop",
    lambda p, q: {**p, "links": {"next": q["base"] + "/releases?" + urlencode({**q["query"], "cursor": "c-0"})}},
    "next points back to page 0",
)
page_fault(
    "cursor_self",
    lambda p, q: {
        **p,
        "links": {"next": q["base"] + "/releases?" + urlencode({**q["query"], "cursor": f"c-{q['page']}"})},
    },
    "next points to itself",
)
page_fault(
    "cursor_foreign", lambda p, q: {**p, "links": {"next": "http://other.invalid/releases"}}, "next leaves the host"
)
page_fault("cursor_lost", lambda p, q: {**p, "links": {}}, "the feed stops early, without an error")
page_fault(
    "repeated_page",
    lambda p, q: {**p, "releases": q["first"]},
    "page 0 served again under a later cursor",
)
