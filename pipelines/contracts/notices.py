"""Shared by every reader of notices: foreign text made plain, and the version of a notice."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import schema
from pipelines.text import MAX_TEXT, plain

_local = threading.local()


def own_connection() -> duckdb.DuckDBPyConnection:
    """This thread's connection for reading: opening one costs as much as reading thousands of releases."""
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(config={"threads": 1})
        _local.connection.execute("SET TimeZone = 'UTC'")
    connection: duckdb.DuckDBPyConnection = _local.connection
    return connection


# What `plain` would change, coarsely, in the words of RE2: a text that matches none of it is plain already.
_SUSPICIOUS = (
    r"@|＠|\(at\)|\[at\]|[\x00-\x1f\x7f-\x{9f}\x{a0}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{feff}]|  "
    r"|\+44[\d\s().-]{9,}|\b0044[\d\s().-]{6,}|\b0[1-9(][\d\s().-]{8,}|^ | $|^$"
)
_TEXT_COLUMNS = {
    "notices": "reference url title description buyer_name buyer_number tender_status method_details canonical_url "
    "release_id ocid",
    "awards": "award_id title description award_status",
}


def clean(table: str, data: pa.Table) -> pa.Table:
    """Foreign text of `data` made plain, in the schema of `table`. Only texts that need it are touched."""
    data = data.select(schema.table(table).names())
    for name in _TEXT_COLUMNS[table].split():
        index = data.column_names.index(name)
        data = data.set_column(index, name, _plain_texts(data[name].combine_chunks()))
    if table == "awards":
        index = data.column_names.index("suppliers")
        suppliers = data["suppliers"].combine_chunks()
        names = _plain_texts(suppliers.values, fill="-")
        data = data.set_column(index, "suppliers", pa.ListArray.from_arrays(suppliers.offsets, names))
    return data.cast(schema.arrow_schema(table))


def _plain_texts(values: pa.Array, fill: str | None = None) -> pa.Array:
    # Neither pa.array() nor pa.scalar() without need: they import pandas.
    doubted = pc.match_substring_regex(values, _SUSPICIOUS)
    lengths = pc.utf8_length(values)
    if (pc.max(lengths).as_py() or 0) > MAX_TEXT:
        doubted = pc.or_(doubted, pc.greater(lengths, pa.scalar(MAX_TEXT, pa.int32())))
    if not pc.any(doubted).as_py():
        return values
    changed = texts(plain(text) or fill for text in values.filter(doubted).to_pylist())
    return pc.replace_with_mask(values, doubted, changed)


def texts(values: Iterable[str | None]) -> pa.Array:
    """An array of texts, without pa.array()."""
    builder = pa.lib.StringBuilder()
    builder.append_values(values)
    return builder.finish()


def stamp_versions(notices: pa.Table, awards: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Both tables with `version` set: a fingerprint of a notice and its awards, without where they came from.

    The same notice read from two files has one version; a changed notice has another, and both are kept.
    """

    def said(table: pa.Table) -> str:
        names = [name for name in table.column_names if name not in ("version", "source_id")]
        return "concat_ws(chr(31), " + ", ".join(f"coalesce({name}::VARCHAR, chr(30))" for name in names) + ")"

    connection = own_connection()
    connection.register("given_notices", notices)
    connection.register("given_awards", awards)
    versions = connection.sql(
        f"""WITH parts AS (SELECT notice_id, string_agg(s, chr(29) ORDER BY s) AS s
                           FROM (SELECT notice_id, {said(awards)} AS s FROM given_awards) GROUP BY notice_id)
            SELECT notice_id, left(md5(concat_ws(chr(28), n.s, parts.s)), 16) AS version
            FROM (SELECT notice_id, {said(notices)} AS s FROM given_notices) n LEFT JOIN parts USING (notice_id)"""
    ).to_arrow_table()
    for name in ("given_notices", "given_awards"):
        connection.unregister(name)

    def stamped(table: pa.Table) -> pa.Table:
        places = pc.index_in(table["notice_id"], versions["notice_id"])
        index = table.column_names.index("version")
        return table.set_column(index, table.schema.field(index), versions["version"].take(places))

    return stamped(notices), stamped(awards)
