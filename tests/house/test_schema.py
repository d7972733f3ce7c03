"""Every column is described once, and what is described exists."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines import columns, records, schema
from pipelines.contracts.portals import PORTALS
from pipelines.errors import CloudholdError, UnknownName

ROOT = Path(__file__).parents[2]


def test_every_record_is_a_table_and_every_edition_table_a_record() -> None:
    assert set(schema.EDITION_TABLES) <= set(schema.tables())
    assert len(schema.tables()) == len(records.RECORDS) >= 16


def test_contract_tables_are_all_there_in_their_order() -> None:
    assert schema.EDITION_TABLES[:15] == (
        "notices", "contracts", "contract_suppliers", "contract_providers", "organisations", "services",
        "observations", "findings", "statements", "edges", "incidents", "exposures", "coverage", "issues", "sources",
    )  # fmt: skip
    assert schema.EDITION_TABLES[15:] == ("payments", "sales")


@pytest.mark.parametrize("name", list(schema.tables()))
def test_every_column_has_type_meaning_and_missing(name: str) -> None:
    table = schema.table(name)
    assert table.meaning.endswith((".", "?"))
    assert set(table.key) <= set(table.names())
    for column in table.columns:
        assert column.words.meaning, column.name
        assert column.words.missing, column.name
        assert column.arrow is not None
        if column.words.codelist:
            assert len(schema.CODELISTS[column.words.codelist]) > 1


def test_no_description_is_left_over() -> None:
    used = {(table.name, column.name) for table in schema.tables().values() for column in table.columns}
    assert set(columns.IN_TABLE) - used == set()
    assert set(columns.COLUMNS) - {name for table, name in used if (table, name) not in columns.IN_TABLE} == set()
    assert [key for key, words in columns.IN_TABLE.items() if words == columns.COLUMNS.get(key[1])] == []
    codelists = {c.words.codelist for t in schema.tables().values() for c in t.columns if c.words.codelist}
    assert set(schema.CODELISTS) - codelists == set()


def test_every_flag_that_is_raised_is_explained_and_every_one_explained_is_raised() -> None:
    """What looks like a flag in the code that raises them: quoted words with dashes, of which one is in the list."""
    raised = set()
    for path in (ROOT / "pipelines").glob("**/*.py"):
        if path.name not in ("schema.py", "columns.py") and path.parent.name in ("contracts", "readers"):
            for line in path.read_text().splitlines():
                if "flag" in line or "THEN '" in line or "found.add(" in line:
                    raised |= set(re.findall(r"""["']([a-z]+(?:-[a-z0-9]+)+)["']""", line))
    portals = {portal.id for portal in PORTALS}
    assert raised - portals == set(schema.CODELISTS["flag"])


def test_a_flag_outside_its_codelist_is_named() -> None:
    empty = {field.name: [None] for field in schema.arrow_schema("awards")}
    required = {"notice_id": ["n"], "version": ["v"], "award_id": ["1"], "source_id": ["s"]}
    for flags, fits in ((["value-negative"], True), ([], True), (["value-negative", "value-odd"], False)):
        rows = {**empty, **required, "suppliers": [[]], "supplier_numbers": [[]], "flags": [flags]}
        data = pa.table(rows, schema=schema.arrow_schema("awards"))
        if fits:
            schema.validate("awards", data)
        else:
            with pytest.raises(CloudholdError, match="column flags: 'value-odd' is not in its codelist"):
                schema.validate("awards", data)


@pytest.mark.parametrize("record", records.RECORDS, ids=lambda r: r.__name__)
def test_records_are_frozen(record: type) -> None:
    assert dataclasses.fields(record)
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_a_value_outside_its_codelist_is_named() -> None:
    edge = records.Issue("i-1", "k", "findings", None, None, "s")
    data = schema.to_arrow("issues", [edge])
    assert data.num_rows == 1
    coverage = records.Coverage("c", "t", "finished", None, None, 0, None, None)
    with pytest.raises(CloudholdError, match="column state: 'finished' is not in its codelist"):
        schema.to_arrow("coverage", [coverage])


def test_a_required_value_that_is_missing_is_named() -> None:
    with pytest.raises(CloudholdError, match="column title: 1 empty values"):
        schema.to_arrow("coverage", [records.Coverage("c", None, "complete", None, dt.date(2026, 1, 1), 0, None, None)])  # type: ignore[arg-type]


def test_unknown_table_lists_close_ones() -> None:
    with pytest.raises(UnknownName, match="did you mean findings"):
        schema.table("finding")


def test_empty_tables_have_the_schema() -> None:
    for name in schema.tables():
        assert schema.empty(name).schema == schema.arrow_schema(name)
        assert isinstance(schema.empty(name), pa.Table)
