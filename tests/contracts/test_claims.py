"""Six definitions of one claim, on a body of ten deals that can be counted by hand; they hold when the data change."""

from __future__ import annotations

import csv
import datetime as dt
import random
import re
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipelines import reference, schema
from pipelines.answers import claim, renewals
from pipelines.build import Built
from pipelines.contracts.definitions import DEFINITIONS, PUBLISHED
from pipelines.contracts.pipeline import Made
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.tables import Tables
from tests.contracts.conftest import notice

# value, awarded, start, end, title. What each row is for stands behind it.
DEALS = [
    (6_000, "2015-04-27", "2015-04-28", "2017-04-27", "Linux machines"),  # before 2016
    (5_000_000, "2015-07-17", "2015-07-17", "2017-07-16", "Hosting consumption"),  # before 2016, published twice:
    (5_000_000, "2015-07-19", "2015-07-17", "2017-07-16", "Hosting consumption, published for completeness"),
    (150_000, "2016-08-11", "2016-08-11", "2018-08-10", "Solutions architect"),
    (
        300_000,
        "2020-06-30",
        "2020-07-01",
        "2023-06-30",
        "Fortinet licences bought from the {shop} marketplace",
    ),  # goods of another
    (100_000_000, "2019-12-12", "2019-12-12", "2023-12-11", "Public cloud hosting, continuity"),  # replaced by the next
    (120_000_000, "2020-11-24", "2020-12-01", "2023-11-30", "Public cloud hosting"),
    (450_000_000, "2023-11-21", "2023-12-01", "2026-11-30", "Public cloud hosting, supplier 1"),  # in force
    (350_000, "2023-11-30", "2023-12-01", "2026-11-30", "Public cloud hosting for one team"),  # in force
    (0, "2024-02-01", "2024-02-01", "2026-11-30", "Hosting without a value"),  # in force, value unknown
]
# contracts and pounds of each definition, added up by hand
EXPECTED = {
    "all_rows": (
        10,
        6_000 + 5_000_000 + 5_000_000 + 150_000 + 300_000 + 100_000_000 + 120_000_000 + 450_000_000 + 350_000,
    ),
    "deduplicated": (9, 6_000 + 5_000_000 + 150_000 + 300_000 + 100_000_000 + 120_000_000 + 450_000_000 + 350_000),
    "provider_products_only": (8, 6_000 + 5_000_000 + 150_000 + 100_000_000 + 120_000_000 + 450_000_000 + 350_000),
    "since": (7, 150_000 + 300_000 + 100_000_000 + 120_000_000 + 450_000_000 + 350_000),
    "superseded_removed": (7, 6_000 + 5_000_000 + 150_000 + 120_000_000 + 450_000_000 + 350_000),
    "in_force": (3, 450_000_000 + 350_000),
}
SINCE, ON = dt.date(2016, 1, 1), dt.date(2026, 2, 20)


def body(
    supplier: str, shop: str, buyer: str = "Home Office", factor: float = 1, years: int = 0
) -> list[dict[str, Any]]:
    def later(day: str) -> str:
        return f"{int(day[:4]) + years}{day[4:]}"

    rows = [
        notice(process=f"{n:08x}-0000-4000-8000-000000000000", release=f"{n:08x}-0000-4000-8000-000000000000-77{n}",
               buyer=buyer, supplier=supplier, value=round(value * factor, 2), awarded=later(awarded), start=later(start), end=later(end),
               title=title.format(shop=shop), reference=f"REF-{n}")
        for n, (value, awarded, start, end, title) in enumerate(DEALS)
    ]  # fmt: skip
    rows.append(notice(process="r", supplier="Softcat plc", buyer=buyer, value=7_000, title=f"{shop} consumption"))
    rows.append(notice(process="c", supplier=supplier, buyer=buyer, value=9_000, status="cancelled"))
    rows.append(
        notice(
            process="f",
            supplier=supplier,
            buyer=buyer,
            value=9e9,
            tender={"techniques": {"hasFrameworkAgreement": True}},
        )
    )
    return rows


def edition(made: Made) -> Edition:
    tables: dict[str, pa.Table] = {name: schema.empty(name) for name in schema.EDITION_TABLES}
    for name in ("notices", "contracts", "contract_suppliers", "contract_providers"):
        tables[name] = made.table(name)
    record = schema.table("organisations").record
    ids = {row for row in tables["contracts"]["organisation_id"].to_pylist() if row}
    bodies = [
        record(i, i, "central", "x", None, (), None, None, None, None, None, None, "src", "read") for i in sorted(ids)
    ]
    tables["organisations"] = schema.to_arrow("organisations", bodies)
    return Edition.of(Built("e", "0" * 64, ON, False, Tables(tables), {}))


def counted(found: Edition, **options: Any) -> dict[str, tuple[int, int]]:
    answer = claim.answer(found, since=options.pop("since", SINCE), on=options.pop("on", ON), **options)
    return {row["id"]: (row["contracts"], round(row["gbp"])) for row in answer.body["definitions"]}


CHANGES = [
    ("as it is", {"supplier": "Amazon Web Services EMEA SARL", "shop": "AWS"}, "aws", "home-office", 1, 0),
    ("Microsoft", {"supplier": "Microsoft Limited", "shop": "Azure"}, "azure", "home-office", 1, 0),
    ("Microsoft by its company", {"supplier": "Microsoft Ireland Operations Ltd", "shop": "Azure"}, "microsoft", "home-office", 1, 0),
    ("Oracle", {"supplier": "Oracle Corporation UK Limited", "shop": "Oracle Cloud"}, "oracle", "home-office", 1, 0),
    ("values times 1.1", {"supplier": "AWS EMEA SARL (UK Branch)", "shop": "AWS", "factor": 1.1}, "aws", "home-office", 1.1, 0),
    ("dates plus a year", {"supplier": "Amazon Web Services, Inc.", "shop": "AWS", "years": 1}, "aws", "home-office", 1, 1),
    ("another buyer", {"supplier": "Amazon Web Services UK Ltd", "shop": "AWS", "buyer": "Ministry of Examples"}, "aws", "ministry-of-examples", 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "facts", "provider", "buyer", "factor", "years"), CHANGES, ids=[row[0] for row in CHANGES]
)
def test_six_definitions_under_change(
    made: Callable[..., Made], case: str, facts: dict, provider: str, buyer: str, factor: float, years: int
) -> None:
    rows = body(**facts)
    random.Random(case).shuffle(rows)
    since, on = SINCE.replace(year=2016 + years), ON.replace(year=2026 + years)
    found = counted(edition(made(*rows)), provider=provider, buyer=buyer, since=since, on=on)
    expected = {key: (n, round(gbp * factor)) for key, (n, gbp) in EXPECTED.items()}
    assert {key: found[key] for key in expected} == expected
    assert found["via_reseller"] == (1, 7_000)
    assert list(found) == list(DEFINITIONS)


def test_unknown_values_are_counted_and_notices_listed(made: Callable[..., Made]) -> None:
    answer = claim.answer(edition(made(*body("AWS EMEA SARL", "AWS"))), provider="aws", on=ON)
    rows = {row["id"]: row for row in answer.body["definitions"]}
    assert {key: rows[key]["unknown_values"] for key in ("all_rows", "in_force")} == {"all_rows": 1, "in_force": 1}
    assert len(rows["all_rows"]["notices"]) == 10
    assert rows["in_force"]["notices"] == [
        f"contracts-finder:0000000{n}-0000-4000-8000-000000000000" for n in (7, 8, 9)
    ]
    twins = [row for row in answer.body["rows"] if row["title"].startswith("Hosting consumption")]
    assert len(twins) == 2, "the twin stays listed"
    assert (rows["deduplicated"]["low"], rows["deduplicated"]["high"]) == (575_806_000, 675_806_000)
    assert answer.body["query"] == "cloudhold claim --provider aws --on 2026-02-20"
    assert any(line.startswith("Payments") for line in answer.body["lacks"])


def test_only_the_day_of_award_moves_since(made: Callable[..., Made]) -> None:
    found = edition(made(*body("AWS EMEA SARL", "AWS")))
    early, late = (
        counted(found, provider="aws", since=dt.date(2000, 1, 1)),
        counted(found, provider="aws", since=dt.date(2023, 1, 1)),
    )
    assert {key for key in early if early[key] != late[key]} == {"since"}


def test_one_notice_from_two_sources_is_one_row(made: Callable[..., Made]) -> None:
    twice = [
        notice(process="11111111-1111-4111-8111-111111111111", release="11111111-1111-4111-8111-111111111111-100", value=1000,
               reference="R-1", start="2024-01-01", end="2025-01-01"),
        notice(process="11111111-1111-4111-8111-111111111111", release="11111111-1111-4111-8111-111111111111-101", value=1000,
               reference="R-1", start="2024-01-01", end="2025-01-01"),
    ]  # fmt: skip
    assert counted(edition(made(*twice)), provider="aws")["all_rows"] == (1, 1000)


def test_every_notice_of_an_amended_contract_counts_with_the_value_that_it_states(made: Callable[..., Made]) -> None:
    """1,000 at award, 1,500 when amended, a third notice that states none: all rows say 2,500, the contract 1,500."""
    deal = {
        "portal": "fts",
        "process": "0a1b2c",
        "supplier": "AWS EMEA SARL",
        "start": "2024-01-01",
        "end": "2027-01-01",
    }
    found = edition(made(
        notice(release="000001-2024", published="2024-01-01T00:00:00Z", value=1_000, **deal),
        notice(release="000002-2024", published="2024-06-01T00:00:00Z", value=1_500, tag=["contractAmendment"], **deal),
        notice(release="000003-2024", published="2024-09-01T00:00:00Z", tag=["contractAmendment"], **deal),
    ))  # fmt: skip
    answer = claim.answer(found, provider="aws", on=ON)
    figures = {row["id"]: (row["contracts"], row["gbp"], row["unknown_values"]) for row in answer.body["definitions"]}
    assert figures["all_rows"] == (3, 2_500, 1)
    assert figures["deduplicated"] == figures["in_force"] == (1, 1_500, 0)
    assert sorted((row["notice_id"][-11:], row["value_gbp"]) for row in answer.frames["notices"].to_dict("records"))[:2] == [
        ("000001-2024", 1_000), ("000002-2024", 1_500)]  # fmt: skip


@pytest.mark.parametrize(
    ("notice_id", "published"),
    [
        ("contracts-finder:ocds-b5fd17-AAAAAAAA-1111-4111-8111-111111111111:aaaaaaaa-1111-4111-8111-111111111111-42",
         "contracts-finder:aaaaaaaa-1111-4111-8111-111111111111"),
        ("contracts-finder:home-office:C2520", "contracts-finder:home-office:C2520"),
        ("find-a-tender:ocds-h6vhtk-06570f:012345-2026", "find-a-tender:ocds-h6vhtk-06570f:012345-2026"),
    ],
)  # fmt: skip
def test_the_published_id_has_no_revision_counter(notice_id: str, published: str) -> None:
    assert duckdb.execute(f"SELECT {PUBLISHED} FROM (SELECT ? AS id)", [notice_id]).fetchall() == [(published,)]


@pytest.mark.parametrize("claim_id", sorted(claim.claims()))
def test_every_stored_claim_is_answered_with_publisher_and_reply(made: Callable[..., Made], claim_id: str) -> None:
    answer = claim.answer(edition(made(*body("AWS EMEA SARL", "AWS"))), claim_id)
    frame = answer.frames["figures"]
    assert len(frame) == len(claim.claims()[claim_id]["figures"])
    assert frame["publisher"].all() and frame["reply"].all() and frame["result"].all()
    assert answer.body["verdict"]


def test_bad_questions_are_refused(made: Callable[..., Made]) -> None:
    found = edition(made(*body("AWS EMEA SARL", "AWS")))
    for options in ({"claim_id": "nobody-said"}, {"provider": "amason"}, {"provider": "aws", "buyer": "nobody"}):
        with pytest.raises(UnknownName):
            claim.answer(found, **options)
    with pytest.raises(Refused):
        claim.answer(found)


def test_renewals_tell_seen_from_not_seen(made: Callable[..., Made]) -> None:
    answer = renewals.answer(edition(made(*body("AWS EMEA SARL", "AWS"))), provider="aws", on=ON)
    states = {
        row["title"]: row["state"] for row in answer.frames["contracts"].to_dict("records") if row["grade"] == "direct"
    }
    assert states["Public cloud hosting"] == "ended: successor seen"
    assert states["Solutions architect"] == "ended: successor not seen"
    assert states["Public cloud hosting, supplier 1"] == "ends within 12 months"
    months = answer.frames["months"]
    row = months[(months["month"] == "2026-11") & (months["provider"] == "aws")].iloc[0]
    assert (row["contracts"], row["gbp"], row["unknown_values"]) == (3, 450_350_000, 1)


def test_what_a_page_names_without_a_notice_is_told_and_in_no_row(default_edition: Edition) -> None:
    """Every definition counts published notices: the named contracts without a notice's number stand apart."""
    with (reference.load().path / "contracts.csv").open(encoding="utf-8") as file:
        named = [
            row
            for row in csv.DictReader(file)
            if row["buyer"] == "HM Revenue & Customs" and re.match("Amazon|AWS", row["supplier"])
        ]
    with_notice = [row for row in named if row["notice_id"]]
    without = [float(row["value_gbp"]) for row in named if not row["notice_id"]]
    assert with_notice and without
    answer = claim.answer(default_edition, provider="aws", buyer="hm-revenue-customs", since=dt.date(2000, 1, 1))
    figures = {row["id"]: (row["contracts"], row["gbp"]) for row in answer.body["definitions"]}
    assert figures["all_rows"] == (len(with_notice), sum(float(row["value_gbp"]) for row in with_notice))
    (told,) = (line for line in answer.body["lacks"] if line.startswith("Notices of"))
    assert f"{len(without)} more direct contracts" in told and f"£{sum(without) / 1e6:,.1f}m" in told
