"""OCDS bodies in every shape that portals publish; what cannot be used is set aside alone, with its reason."""

from __future__ import annotations

import copy
import gzip
import json
from decimal import Decimal
from typing import Any

import pytest

from pipelines.batch import Batch
from pipelines.contracts import releases_sql
from pipelines.readers import ocds

BASE: dict[str, Any] = {
    "ocid": "ocds-b5fd17-1", "id": "n-1-7", "date": "2024-03-31T00:30:00Z", "tag": ["award"],
    "buyer": {"id": "b", "name": "A Body"},
    "parties": [{"id": "b", "name": "A Body", "roles": ["buyer"], "identifier": {"scheme": "GB-PPON", "id": "P-1"}},
                {"id": "s", "name": "S", "roles": ["supplier"], "identifier": {"scheme": "GB-COH", "id": "01234567"}}],
    "tender": {"id": "REF", "title": "Hosting", "value": {"amount": 2000, "currency": "GBP"}},
    "awards": [{"id": "a", "status": "active", "date": "2024-03-01T00:00:00Z", "value": {"amount": 1234.5, "currency": "gbp"},
                "suppliers": [{"id": "s", "name": "Supplier Ltd"}],
                "contractPeriod": {"startDate": "2024-04-01T00:00:00+01:00", "endDate": "2025-03-31T23:59:59+01:00"}}],
}  # fmt: skip


def release(**changes: Any) -> dict[str, Any]:
    """The base release with values set by dotted path."""
    made = copy.deepcopy(BASE)
    for path, value in changes.items():
        node: Any = made
        *walk, last = [int(part) if part.isdigit() else part for part in path.split("__")]
        for step in walk:
            node = node[step]
        node[last] = value
    return made


def read(body: Any, name: str = "x.json") -> Batch:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ocds.read(name, data, "src", {})


def rows(batch: Batch, table: str = "notices") -> list[dict[str, Any]]:
    return batch.tables[table].to_pylist()


SHAPES = {
    "release package": {"releases": [BASE]},
    "record package": {"records": [{"ocid": "o", "releases": [BASE], "compiledRelease": {"ocid": "other"}}]},
    "compiled release alone": {"records": [{"ocid": "o", "compiledRelease": BASE}]},
    "list of packages": [{"releases": [BASE]}],
    "list of releases": [BASE],
    "single release": BASE,
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_every_shape_gives_the_same_rows(shape: str, packed: bool) -> None:
    body = json.dumps(SHAPES[shape]).encode()
    batch = read(gzip.compress(body) if packed else body)
    assert batch.rejected == []
    assert rows(batch) == rows(read(BASE))
    assert rows(batch, "awards") == rows(read(BASE), "awards")


def test_json_lines_with_one_bad_line_keep_the_others() -> None:
    body = b"\n".join([json.dumps(BASE).encode(), b'{"ocid": half', b"", json.dumps(release(id="n-2-1")).encode()])
    batch = read(body, "x.jsonl")
    assert [row["release_id"] for row in rows(batch)] == ["n-1-7", "n-2-1"]
    assert [(r.name, r.body) for r in batch.rejected] == [("x.jsonl line 2", b'{"ocid": half')]
    assert batch.whole


def test_fields_by_hand() -> None:
    (notice,) = rows(read(BASE))
    assert notice["notice_id"] == "contracts-finder:ocds-b5fd17-1:n-1-7"
    assert notice["url"] == "https://www.contractsfinder.service.gov.uk/Notice/n-1"
    assert (notice["buyer_name"], notice["buyer_scheme"], notice["buyer_number"]) == ("A Body", "GB-PPON", "P-1")
    assert str(notice["published_on"]) == "2024-03-31"
    (award,) = rows(read(BASE), "awards")
    assert (award["value"], award["currency"]) == (Decimal("1234.50"), "GBP")
    assert (str(award["start_on"]), str(award["end_on"])) == ("2024-04-01", "2025-03-31")
    assert (award["suppliers"], award["supplier_numbers"]) == (["Supplier Ltd"], ["01234567"])


@pytest.mark.parametrize(
    ("prefix", "portal"),
    [("ocds-b5fd17-x", "contracts-finder"), ("ocds-h6vhtk-x", "find-a-tender"), ("ocds-kuma6s-x", "sell2wales"),
     ("ocds-r6ebe6-x", "public-contracts-scotland"), ("ocds-zzzzzz-x", "other-ocds")],
)  # fmt: skip
def test_the_portal_is_the_one_that_minted_the_ocid(prefix: str, portal: str) -> None:
    assert rows(read(release(ocid=prefix)))[0]["portal"] == portal


VALUE = "awards__0__value__amount"
VALUES = [
    ("a number", {VALUE: 5}, Decimal("5.00"), []),
    ("text that is a number", {VALUE: "5.25"}, Decimal("5.25"), []),
    ("a currency sign", {VALUE: "£1,234.50"}, None, ["value-unreadable"]),
    ("words", {VALUE: "commercially sensitive"}, None, ["value-unreadable"]),
    ("true", {VALUE: True}, None, ["value-unreadable"]),
    ("an object", {VALUE: {"min": 1}}, None, ["value-unreadable"]),
    ("null", {VALUE: None}, None, []),
    ("too large", {VALUE: 1e15}, None, ["value-unreadable"]),
    ("an integer of 400 digits", {VALUE: 10**400}, None, ["value-unreadable"]),
    ("negative", {VALUE: -5000}, Decimal("-5000.00"), ["value-negative"]),
]


@pytest.mark.parametrize(("name", "changes", "value", "flags"), VALUES, ids=[row[0] for row in VALUES])
def test_a_bad_value_costs_the_value_and_never_the_row(name: str, changes: dict, value: Any, flags: list[str]) -> None:
    batch = read(release(**changes))
    (award,) = rows(batch, "awards")
    assert award["value"] == value
    assert [flag for flag in award["flags"] if flag.startswith("value")] == flags


@pytest.mark.parametrize(
    ("date", "day", "flagged"),
    [
        ("2024-03-31T01:30:00", "2024-03-31", False),
        ("31/02/2025", None, True),
        ("9999-12-31T23:59:59Z", None, True),
        ("0001-01-01T00:00:00Z", None, True),
        ("2025-02-29T00:00:00Z", None, True),
        (1700000000, None, True),
    ],
)
def test_impossible_dates_are_dropped_and_flagged(date: Any, day: str | None, flagged: bool) -> None:
    (notice,) = rows(read(release(date=date)))
    assert (str(notice["published_on"]) if notice["published_on"] else None) == day
    assert ("date-unreadable" in notice["flags"]) is flagged


def test_dates_and_lots_that_contradict_are_flagged_and_kept() -> None:
    changed = release(
        awards__0__contractPeriod={"startDate": "2024-02-01", "endDate": "2108-01-01"},
        tender__lots=[{"id": "1", "value": {"amount": 1, "currency": "AED"}}],
    )
    (award,) = rows(read(changed), "awards")
    assert set(award["flags"]) == {"start-before-award", "end-beyond-2045"}
    assert str(award["end_on"]) == "2108-01-01"
    assert rows(read(changed))[0]["flags"] == ["currency-of-lot-differs"]


BAD_BODIES = [
    ("empty", b"", "empty"),
    ("not json", b"<html>", "not JSON"),
    ("no releases", b'{"results": []}', "holds no releases"),
    ("null", b"null", "not JSON"),
    ("UTF-16", json.dumps(BASE).encode("utf-16"), "not UTF-8"),
    ("Latin-1", json.dumps(release(buyer={"name": "é"}), ensure_ascii=False).encode("latin-1"), "not UTF-8"),
    ("deep", b"[" * 100_000 + b"]" * 100_000, "nested too deeply|not valid JSON"),
    ("cut", json.dumps({"releases": [BASE]}).encode()[:200], "not valid JSON"),
    ("trailing junk", json.dumps(BASE).encode() + b"\n<!-- served by node 3 -->", "not valid JSON"),
]


@pytest.mark.parametrize(("name", "body", "reason"), BAD_BODIES, ids=[row[0] for row in BAD_BODIES])
def test_a_body_that_is_not_ocds_is_refused_whole_with_its_bytes(name: str, body: bytes, reason: str) -> None:
    import re

    batch = read(body)
    assert not batch.whole
    assert batch.tables == {}
    assert re.search(reason, batch.rejected[-1].reason), batch.rejected[-1].reason


def test_numbers_that_portals_got_wrong_are_repaired() -> None:
    body = json.dumps({"releases": [release(**{VALUE: 7})]}).encode()
    for wrong in (b"1e9999", b" 000,5", b"NaN"):
        batch = read(body.replace(b'"amount": 7', b'"amount": ' + wrong))
        assert batch.rejected == []
        assert rows(batch, "awards")[0]["value"] is None


def test_an_unknown_tag_and_a_missing_ocid_are_set_aside_alone() -> None:
    batch = read({"releases": [BASE, release(id="n-2", tag=["somethingNew"]), release(id="n-3", ocid=None)]})
    assert [row["release_id"] for row in rows(batch)] == ["n-1-7"]
    reasons = sorted(r.reason for r in batch.rejected)
    assert len(reasons) == 2
    assert "not in the OCDS codelist" in reasons[1] and "no ocid" in reasons[0]


def test_a_type_that_does_not_fit_is_set_aside_alone() -> None:
    batch = read({"releases": [BASE, release(id="n-2", awards__0__suppliers={"name": "X"})]})
    assert [row["release_id"] for row in rows(batch)] == ["n-1-7"]
    assert len(batch.rejected) == 1 and "types are wrong" in batch.rejected[0].reason


@pytest.mark.parametrize("text", ["X", "é" * 500], ids=["short", "longer than a message quotes"])
def test_the_reason_of_a_wrong_type_is_the_same_in_every_run(text: str) -> None:
    wrong = json.dumps(release(id="n-2", buyer=text), ensure_ascii=False).encode()
    one, other = (read(b"[" + json.dumps(BASE).encode() + b"," + wrong + b"]") for _ in range(2))
    assert [row["release_id"] for row in rows(one)] == ["n-1-7"]
    assert one.rejected == other.rejected
    assert one.rejected[0].body == wrong
    assert one.rejected[0].reason.startswith("its types are wrong: Expected OBJECT, but got VARCHAR")


def test_text_without_letters_is_no_text_and_blanks_around_it_go() -> None:
    (notice,) = rows(
        read(release(tender__title=" Hosting ", tender__description=" ", links=[{"rel": "canonical", "href": ""}]))
    )
    assert (notice["title"], notice["description"], notice["canonical_url"]) == ("Hosting", None, None)


def test_hostile_text_arrives_plain() -> None:
    batch = read(
        release(
            tender__title="safe\u202egnp.exe\u2066\x00 ask jo@x.org",
            tender__description="A" * 50_000,
            awards__0__suppliers=[{"id": "s", "name": 'A "B"\r\n,=1+1'}, {"id": "t", "name": ""}],
        )
    )
    (notice,) = rows(batch)
    assert notice["title"] == "safegnp.exe ask x.org"
    assert len(notice["description"]) == 10_000
    assert rows(batch, "awards")[0]["suppliers"] == ['A "B"\n,=1+1']


def test_an_id_that_looks_like_a_path_stays_text() -> None:
    (notice,) = rows(read(release(ocid="../../etc/passwd")))
    assert notice["ocid"] == "../../etc/passwd"


def test_the_version_is_of_the_content_and_not_of_the_file() -> None:
    one = rows(read(BASE))[0]["version"]
    other = rows(ocds.read("y", json.dumps(BASE, indent=3).encode(), "another-source", {}))[0]["version"]
    changed = rows(read(release(**{VALUE: 9})))[0]["version"]
    assert one == other != changed


def test_a_surrogate_alone_does_not_cost_the_batch() -> None:
    body = json.dumps({"releases": [BASE, release(id="n-2")]}).encode().replace(b'"Hosting"', b'"\\ud800Hosting"', 1)
    batch = read(body)
    assert {row["release_id"] for row in rows(batch)} >= {"n-2"}
    assert len(rows(batch)) + len(batch.rejected) == 2


def test_known_tags_are_those_of_the_codelist() -> None:
    assert len(releases_sql.KNOWN_TAGS) == 16


SUPPLIER = "Supplier Ltd"
PARTIES = [
    ("named by its party alone", {"awards__0__suppliers": [{"id": "s"}]}, ["S"], ["01234567"]),
    ("a number further down", {"parties__1__identifier": {"scheme": "GB-PPON", "id": "P-2"}, "parties__1__additionalIdentifiers":
     [{"scheme": "GB-SRS", "id": "9"}, {"id": "07654321", "scheme": "GB-COH"}]}, [SUPPLIER], ["07654321"]),
    ("further identifiers of no shape", {"parties__1__identifier": None, "parties__1__additionalIdentifiers": "GB-COH"}, [SUPPLIER], ["-"]),
    ("a number in the id", {"awards__0__suppliers": [{"id": "GB-COH-00000012", "name": SUPPLIER}]}, [SUPPLIER], ["00000012"]),
    ("one id for two parties", {"parties": [{"id": "s", "name": "Other", "identifier": {"scheme": "GB-COH", "id": "00000001"}},
     {"id": "s", "name": "SUPPLIER LTD", "identifier": {"scheme": "GB-COH", "id": "00000002"}}]}, [SUPPLIER], ["00000002"]),
    ("the other party's number", {"parties": [{"id": "s", "name": "Other", "identifier": {"scheme": "GB-COH", "id": "00000001"}},
     {"id": "s", "name": SUPPLIER}]}, [SUPPLIER], ["-"]),
    ("parties that are null", {"parties": [None, *BASE["parties"], None]}, [SUPPLIER], ["01234567"]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "changes", "names", "numbers"), PARTIES, ids=[row[0] for row in PARTIES])
def test_who_a_supplier_is_by_its_party(
    case: str, changes: dict[str, Any], names: list[str], numbers: list[str]
) -> None:
    batch = read({"releases": [release(**changes)]})
    assert [(row["suppliers"], row["supplier_numbers"]) for row in rows(batch, "awards")] == [(names, numbers)]


@pytest.mark.parametrize(
    ("roles", "buyer"),
    [(["buyer", "payer"], "A Body"), ("buyer", "A Body"), (["procuringEntity"], None), (None, None)],
    ids=str,
)
def test_a_release_without_a_buyer_has_the_one_party_in_that_role(roles: Any, buyer: str | None) -> None:
    found = read({"releases": [release(buyer=None, parties__0__roles=roles)]})
    assert [row["buyer_name"] for row in rows(found)] == [buyer]
    two = release(buyer=None, parties=[{"id": name, "name": name, "roles": ["buyer"]} for name in "xy"])
    assert [row["buyer_name"] for row in rows(read({"releases": [two]}))] == [None]
