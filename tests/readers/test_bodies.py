"""Bodies that are no text: every reader of text says in one sentence what the body is instead."""

from __future__ import annotations

import gzip
import random

import pytest

from pipelines.readers import _rows, bind_zone, octodns, public_code, records_csv, terraform_route53

ZONE = b'$ORIGIN body.example.\n@ 300 IN TXT "caf\xe9"\n'
CUT = gzip.compress(b"$ORIGIN body.example.\n" * 200, mtime=0)[:-30]


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        (bind_zone, "body.example.zone"),
        (octodns, "body.example.yaml"),
        (terraform_route53, "dns.tf"),
        (public_code, "main.tf"),
        (records_csv, "records.csv"),
    ],
)
@pytest.mark.parametrize(
    ("body", "said"),
    [(ZONE, f"it is not UTF-8 text (byte {ZONE.index(0xE9)})"), (CUT, "the gzip stream is cut or damaged")],
    ids=["Latin-1", "cut"],
)
def test_a_body_that_is_no_text_is_refused_as_what_it_is(reader, name: str, body: bytes, said: str) -> None:
    batch = reader.read(name, body, "a-source", {})
    assert [rejected.reason for rejected in batch.rejected] == [said] and not batch.whole


def test_a_picture_is_no_table_and_a_stray_control_character_is() -> None:
    picture = random.Random(7).randbytes(6_000).replace(b"\x00", b"x")
    with pytest.raises(ValueError, match="it is not text"):
        _rows.text_of(b"%PDF-1.7\n" + picture)
    stray = "Supplier,Amount\r\n" + "Body\x0bLtd,1.00\r\n" * 9 + "Caf\xe9\x1f Ltd,2.00\r\n"
    assert _rows.text_of(stray.encode("cp1252")) == stray
