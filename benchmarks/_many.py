"""An edition with as many generated contracts as wanted, for measuring how a page stands a large one. Never published: it
lies in the benchmark's own folder, and every row says that it is generated."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines import build, reference, schema
from pipelines.build import Built
from pipelines.store import Store

BATCH = 50_000
# What stands in a column of text that no page reads and that may not be empty.
_REST = "'generated'"
PROVIDERS = ("aws", "azure", "microsoft-365", "gcp", "oracle", "ibm", "cloudflare", "google-workspace")

_ROWS = """
SELECT 'generated-' || lpad(i::VARCHAR, 8, '0') AS contract_id, contract_id AS group_id, 'generated' AS portal, contract_id AS ocid,
       [contract_id] AS notice_ids, bodies[(1 + hash(i) % len(bodies))::BIGINT] AS body, struct_extract(body, 'id') AS organisation_id, struct_extract(body, 'name') AS buyer_name,
       'Generated contract ' || i AS title, 'contract' AS contract_class, 'active' AS status,
       (1000 + hash(i, 1) % 5000000)::DECIMAL(18,2) AS value_gbp, [value_gbp::VARCHAR] AS notice_values, 'known' AS value_status, 'net' AS value_basis, 'GBP' AS currency,
       DATE '2014-01-01' + (hash(i, 2) % 4600)::INTEGER AS start_on, start_on AS awarded_on,
       start_on + (180 + hash(i, 3) % 1800)::INTEGER AS end_on, []::VARCHAR[] AS flags, source AS source_id,
       makers[(1 + hash(i, 4) % len(makers))::BIGINT] AS maker, struct_extract(maker, 'id') AS provider, struct_extract(maker, 'parent') AS parent,
       struct_extract(maker, 'home') AS jurisdiction, 'direct' AS grade, 'known' AS certainty, hash(i, 5) % 5 = 0 AS via_reseller,
       false AS marketplace, 'generated' AS rule_id, 'Generated supplier ' || hash(i, 6) % 900 AS supplier_name
FROM range({n}) r(i), given
"""


def edition(folder: Path, contracts: int) -> Built:
    """The default edition with its contracts replaced by generated ones, written into a new store at `folder`."""
    store = Store(folder)
    facts = reference.load()
    with store.writer("benchmark") as writer:
        built = build.build(facts, store, writer.base)
        connection = duckdb.connect()
        connection.register("organisations", built.tables["organisations"])
        source = built.tables["contracts"]["source_id"][0].as_py()
        makers = [
            {"id": p, "parent": facts.provider(p).parent, "home": facts.provider(p).jurisdiction} for p in PROVIDERS
        ]
        connection.execute(
            """CREATE TABLE given AS SELECT $makers AS makers, $source AS source,
               (SELECT list(struct_pack(id := organisation_id, name := name) ORDER BY organisation_id) FROM organisations) AS bodies""",
            {"makers": makers, "source": source},
        )
        connection.execute(f"CREATE TABLE generated AS {_ROWS.format(n=int(contracts))}")
        held = {name for name, *_ in connection.execute("DESCRIBE generated").fetchall()}
        for table in ("contracts", "contract_providers", "contract_suppliers"):
            columns = ", ".join(
                f'"{field.name}"' if field.name in held else f'{"NULL" if field.nullable else _REST} AS "{field.name}"'
                for field in schema.arrow_schema(table)
            )
            reader = connection.sql(f"SELECT {columns} FROM generated ORDER BY contract_id").to_arrow_reader(BATCH)
            built.tables.put(table, reader)
        made = Built(
            f"{built.as_of.isoformat()}-{contracts:08x}",
            f"{contracts:064x}",
            built.as_of,
            False,
            built.tables,
            built.inputs,
        )
        build.write(writer, made)
    return made
