"""Contracts and their ends, counted by the query and counted again in Python over rows made up for the purpose."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from pipelines import schema
from pipelines.answers import _impact, concentration, contracts, renewals
from pipelines.edition import Edition
from pipelines.errors import Refused
from pipelines.text import search_key

ON = dt.date(2026, 6, 30)
PARENTS = {"aws": "amazon", "azure": "microsoft", "microsoft-365": "microsoft", "oracle": "oracle"}
BUYERS = ["Ministry of Examples", "Sample & Test Council", "Côte Trust", None]


def made(seed: int, size: int = 400) -> tuple[Edition, list[dict]]:
    """An edition of made-up contracts, and its rows of contract and provider."""
    chance = random.Random(seed)

    def day(first: int, last: int) -> dt.date | None:
        return None if chance.random() < 0.15 else dt.date(2019, 1, 1) + dt.timedelta(chance.randint(first, last))

    rows, joined, suppliers = [], [], []
    for n in range(size):
        contract = f"c-{n:05}"
        start = day(0, 2800)
        value = chance.choice([None, 1000, 2500, 2500, 90000, chance.randint(10, 10**7)])
        row = {
            "contract_id": contract,
            "group_id": contract if chance.random() < 0.8 else f"c-{chance.randint(0, n):05}",
            "buyer_name": chance.choice(BUYERS),
            "title": chance.choice(["Hosting", "Licences & support", "Análisis"]),
            "contract_class": chance.choice(["contract", "call_off", "framework"]),
            "service_class": chance.choice([None, "software", "infrastructure", "unknown", "ads"]),
            "status": chance.choice(["active", "active", "pending", "cancelled"]),
            "value_gbp": value,
            "value_status": "known" if value else "unknown",
            "awarded_on": day(0, 2800),
            "start_on": start,
            "end_on": None if chance.random() < 0.2 else (start or ON) + dt.timedelta(chance.randint(30, 1500)),
            "source_id": chance.choice(["one", "two"]),
        }
        rows.append(row)
        for name in chance.sample(["North Supplier Ltd", "South Supplier Ltd"], chance.randint(0, 2)):
            suppliers.append({"contract_id": contract, "supplier_name": name})
        for provider in chance.sample(sorted(PARENTS), chance.choice([0, 1, 1, 2])):
            about = {
                "contract_id": contract,
                "provider": provider,
                "parent": PARENTS[provider],
                "grade": "direct",
                "via_reseller": chance.random() < 0.3,
                "marketplace": chance.random() < 0.05,
            }
            joined.append(about)
    names = {
        row["contract_id"]: " ".join(
            sorted(s["supplier_name"] for s in suppliers if s["contract_id"] == row["contract_id"])
        )
        for row in rows
    }
    held = {row["contract_id"]: row for row in rows}
    return edition_of(contracts=rows, contract_providers=joined, contract_suppliers=suppliers), [
        {**held[about["contract_id"]], **about, "suppliers": names[about["contract_id"]]} for about in joined
    ]


def edition_of(**tables: list[dict]) -> Edition:
    """An edition of these rows; what they leave out is missing."""
    connection = duckdb.connect()
    tables = {"contract_suppliers": [], "organisations": [], "services": [], "sources": [], **tables}
    for name, content in tables.items():
        fields = schema.arrow_schema(name)
        columns = {f.name: pa.array([row.get(f.name) for row in content], f.type) for f in fields}
        connection.register("arriving", pa.table(columns, schema=fields))
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
        connection.unregister("arriving")
    return Edition("test", "0" * 64, ON, False, {name: len(content) for name, content in tables.items()}, connection)


@pytest.fixture(scope="module", params=range(6))
def seen(request: pytest.FixtureRequest) -> Iterator[tuple[Edition, list[dict]]]:
    yield made(request.param)


def stands(row: dict) -> tuple:
    """The order in which rows of a group stand for it: known value, main notice, then as they are listed."""
    unknown, main = row["value_gbp"] is None, row["contract_id"] == row["group_id"]
    return (unknown, not main, -(row["value_gbp"] or 0), row["contract_id"], row["provider"])


@pytest.mark.parametrize(("main", "other", "gbp"), [(5_500_000, 6_600_000, 5_500_000), (None, 157_000, 157_000), (900, 100, 900)])  # fmt: skip
def test_a_contract_on_two_portals_has_one_value_wherever_it_is_counted(main: int | None, other: int, gbp: int) -> None:
    """Portals write the same contract with tax and without it."""
    both = {
        "group_id": "c-2", "organisation_id": "a-body", "buyer_name": "A Body", "title": "Hosting", "contract_class": "contract",
        "status": "active", "awarded_on": ON, "start_on": ON, "end_on": ON + dt.timedelta(100), "source_id": "one",
    }  # fmt: skip
    edition = edition_of(
        contracts=[
            {**both, "contract_id": contract, "value_gbp": value, "value_status": "known" if value else "unknown"}
            for contract, value in (("c-1", other), ("c-2", main))
        ],
        contract_providers=[
            {"contract_id": contract, "provider": provider, "parent": PARENTS[provider], "grade": "direct",
             "certainty": "known", "via_reseller": False, "marketplace": False, "rule_id": "r"}
            for contract, provider in (("c-1", "aws"), ("c-2", "aws"), ("c-1", "azure"))
        ],
    )  # fmt: skip
    everything, of_aws = contracts.answer(edition), contracts.answer(edition, provider="aws")
    ending, weighed = renewals.answer(edition), concentration.answer(edition, "contracts", weight="value", most=0)
    of_azure = gbp if main is None else other  # only the other portal names it
    assert everything.figure("gbp").value == everything.figure("in_force_gbp").value == gbp
    assert of_aws.figure("gbp").value == gbp
    by_provider = everything.frames["by_provider"].set_index("provider")["gbp"].to_dict()
    assert by_provider == {"aws": gbp, "azure": of_azure}
    assert everything.frames["by_year"]["gbp"].tolist() == [gbp]
    assert _impact.tied(edition, "aws")[0]["gbp"] == gbp
    assert (ending.figure("ending").value, ending.figure("gbp").value, ending.body["listed"]) == (1, gbp, 1)
    assert renewals.answer(edition, provider="azure").figure("gbp").value == of_azure
    assert set(weighed.frames["items"]["value"]) == {gbp}


@pytest.mark.parametrize(("provider", "q"), [(None, None), ("azure", None), (None, "sample and test"), ("aws", "north supplier"), ("oracle", "análisis")])  # fmt: skip
def test_sums_take_each_group_once_by_the_row_that_stands_for_it(
    seen: tuple[Edition, list[dict]], provider: str | None, q: str | None
) -> None:
    edition, rows = seen
    listed = [
        row
        for row in rows
        if row["status"] != "cancelled"
        and provider in (None, row["provider"])
        and (not q or search_key(q) in search_key(f"{row['buyer_name'] or ''} {row['title']} {row['suppliers']}"))
    ]
    once: dict[str, dict] = {}
    of_provider: dict[tuple[str, str], dict] = {}
    for row in sorted(listed, key=stands):
        once.setdefault(row["group_id"], row)
        of_provider.setdefault((row["group_id"], row["provider"]), row)
    summed = [row for row in once.values() if row["contract_class"] != "framework"]
    live = [r for r in summed if r["start_on"] and r["end_on"] and r["start_on"] <= ON <= r["end_on"]]
    answer = contracts.answer(edition, provider=provider, q=q)
    assert {figure.id: figure.value for figure in answer.figures} == {
        "contracts": len(once),
        "gbp": sum(row["value_gbp"] or 0 for row in summed),
        "unknown_values": sum(row["value_status"] != "known" for row in summed),
        "in_force": len(live),
        "in_force_gbp": sum(row["value_gbp"] or 0 for row in live),
        "via_reseller": sum(row["via_reseller"] for row in once.values()),
    }
    assert len(once) > 10
    assert answer.body["rows"] == len(listed) == len(answer.frames["contracts"])
    assert answer.frames["by_year"]["contracts"].sum() == len(summed)
    told = {row["provider"]: (row["contracts"], row["gbp"]) for row in answer.frames["by_provider"].to_dict("records")}
    counted = [row for row in of_provider.values() if row["contract_class"] != "framework"]
    assert told == {
        p: (sum(r["provider"] == p for r in counted), sum(r["value_gbp"] or 0 for r in counted if r["provider"] == p))
        for p in {row["provider"] for row in counted}
    }


def test_pages_put_together_are_the_whole(seen: tuple[Edition, list[dict]]) -> None:
    edition, _ = seen
    for question in (contracts, renewals):
        whole = question.answer(edition, most=0)
        rows = whole.frames["contracts"][["contract_id", "provider"]].to_records(index=False).tolist()
        paged = []
        for skip in range(0, whole.body["rows"], 37):
            part = question.answer(edition, most=37, skip=skip)
            assert [f.value for f in part.figures] == [f.value for f in whole.figures]
            assert any("rows are here" in caveat for caveat in part.caveats)
            paged += part.frames["contracts"][["contract_id", "provider"]].to_records(index=False).tolist()
        assert paged == rows and len(rows) == whole.body["rows"] > 100
        with pytest.raises(Refused):
            question.answer(edition, most=-1)


def test_a_successor_is_the_nearest_that_runs_on(seen: tuple[Edition, list[dict]]) -> None:
    edition, rows = seen
    wanted = [
        r
        for r in rows
        if r["status"] != "cancelled"
        and r["contract_class"] != "framework"
        and r["service_class"] != "ads"
        and not r["marketplace"]
    ]
    once: dict[tuple[str, str], dict] = {}
    for row in sorted(wanted, key=stands):
        once.setdefault((row["group_id"], row["provider"]), row)
    expected = {}
    for row in once.values():
        near = [
            (abs((other["start_on"] - row["end_on"]).days), other["contract_id"])
            for other in once.values()
            if row["end_on"] and other["start_on"] and row["buyer_name"] and other["buyer_name"] == row["buyer_name"]
            and other["parent"] == row["parent"] and other["group_id"] != row["group_id"]
            and -180 <= (other["start_on"] - row["end_on"]).days <= 365
            and (not other["end_on"] or other["end_on"] > row["end_on"])
            and (not row["start_on"] or other["start_on"] > row["start_on"])
        ]  # fmt: skip
        expected[row["contract_id"], row["provider"]] = min(near)[1] if near else None
    table = renewals.answer(edition, most=0).frames["contracts"]
    found = {
        (r["contract_id"], r["provider"]): r["successor"] if isinstance(r["successor"], str) else None
        for r in table.to_dict("records")
    }
    assert found == expected and sum(value is not None for value in expected.values()) > 10
    ended = table[table["state"].str.startswith("ended")]
    assert (ended["end_on"].dt.date < ON).all() and len(ended) > 10
    only = renewals.answer(edition, provider="azure", most=0).frames["contracts"]
    assert set(only["provider"]) == {"azure", "microsoft-365"}  # of the same group of companies
