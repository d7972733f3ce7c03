"""Small notices in the shape that portals publish, and what the contracts pipeline makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from pipelines import reference, reference_tables, schema
from pipelines.contracts.pipeline import Made, Pipeline
from pipelines.readers import ocds

PREFIX = {"cf": "ocds-b5fd17-", "fts": "ocds-h6vhtk-", "pcs": "ocds-r6ebe6-"}


def notice(portal: str = "cf", process: str = "p1", release: str = "r1", **facts: Any) -> dict[str, Any]:
    """One release with one award. Facts: buyer, supplier (or suppliers), title, value, gross, start, end, awarded,
    published, reference, and any top-level part of a release by its own name (tag, tender, awards, links)."""
    get = facts.get
    suppliers = get("suppliers", [get("supplier", "Amazon Web Services EMEA SARL")])
    value = {k: v for k, v in (("amount", get("value")), ("amountGross", get("gross"))) if v is not None}
    award = {
        "id": get("award", "a1"), "status": get("status", "active"), "date": get("awarded"),
        "value": {**value, "currency": get("currency", "GBP")} if value else None,
        "suppliers": [{"id": f"s{i}", "name": name} for i, name in enumerate(suppliers)],
        "contractPeriod": {"startDate": get("start"), "endDate": get("end"), "maxExtentDate": get("extent")},
    }  # fmt: skip
    tender = {
        "id": get("reference"), "title": get("title", "Cloud hosting"), "description": get("description"),
        "procurementMethodDetails": get("method"),
    }  # fmt: skip
    body = {
        "ocid": PREFIX[portal] + process, "id": release, "date": get("published", "2024-01-01T00:00:00Z"),
        "tag": get("tag", ["award"]), "buyer": {"id": "b", "name": get("buyer", "Home Office")},
        "parties": [{"id": "b", "name": get("buyer", "Home Office"), "roles": ["buyer"]}, *get("parties", [])],
        "tender": {**tender, **get("tender", {})}, "awards": get("awards", [award]),
    }  # fmt: skip
    return body | {key: facts[key] for key in ("links", "contracts") if key in facts}


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    facts = reference.load()
    bodies = reference_tables.organisations(facts)
    return Pipeline(facts, ((body.organisation_id, body.name, body.sector) for body in bodies))


@pytest.fixture
def made(pipeline: Pipeline) -> Callable[..., Made]:
    """What the pipeline makes of releases."""

    def make(*releases: dict[str, Any]) -> Made:
        batch = ocds.read("x.json", json.dumps({"releases": releases}).encode(), "src", {})
        assert batch.rejected == []
        connection = duckdb.connect()
        for name in ("notices", "awards"):
            connection.register(name, pa.concat_tables([schema.empty(name), batch.tables[name]]))
        return pipeline.run(connection, "reference-contracts")

    return make


def rows(table: pa.Table, *columns: str) -> list[Any]:
    """Rows of a table as tuples of the named columns, or plain values where one is named."""
    found = [
        tuple(row[c] for c in columns)
        for row in table.sort_by([(c, "ascending") for c in table.column_names[:1]]).to_pylist()
    ]
    return [row[0] for row in found] if len(columns) == 1 else found


def groups(made: Made) -> int:
    return len(set(made.table("contracts")["group_id"].to_pylist()))
