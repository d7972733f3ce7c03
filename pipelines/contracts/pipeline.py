"""Notices and awards to contracts, their suppliers and the providers behind them: columns in, columns out.

One order: buyers, folding (fold), suppliers (identity), groups, providers behind (provider_evidence), service
class (classes), superseding. Python sees distinct names and the few texts that speak of a provider; everything
else stays in the database.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipelines import schema
from pipelines.contracts import fold as folding
from pipelines.contracts import groups
from pipelines.contracts.classes import ServiceClasses
from pipelines.contracts.identity import NOBODY, Buyers, Identity, Suppliers
from pipelines.contracts.provider_evidence import Behind, ProviderWords, behind
from pipelines.contracts.superseding import SUPERSEDED
from pipelines.reference import Reference
from pipelines.tables import BATCH_ROWS, given

INDIVIDUAL = "individual supplier"
_TITLED = r"^\s*(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|dame)\b"
_PERSON = re.compile(_TITLED + r"\.?\s+\S+(?:\s+\S+){0,4}\s*$", re.IGNORECASE)
_ORGANISED = re.compile(
    r"\b(?:ltd|limited|llp|plc|and|&|services?|solutions|consult\w*|group|practice|surgery|partners\w*|associates"
    r"|company|co|trust|society|school|college|solicitors|architects)\b",
    re.IGNORECASE,
)
# Equal for two spellings of one supplier that nobody identified: case, accents, legal form, signs.
_SUPPLIER_KEY = (
    r"trim(regexp_replace(regexp_replace(lower(strip_accents(supplier_name)), "
    r"'\b(?:limited|ltd|plc|llp|llc|inc|uk)\b\.?', ' ', 'g'), '[^\pL\pN&+]+', ' ', 'g'))"
)


@dataclass(frozen=True, slots=True)
class Made:
    """The tables of the pipeline (MADE), in the database that made them and in the edition's schemas."""

    connection: duckdb.DuckDBPyConnection
    organisations: Mapping[str, tuple[str, str]]
    """Bodies that no list knows, by id: the name as published and a source that names it."""

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """The rows of one table in the order of its key, never all at once."""
        order = ", ".join(schema.table(name).key)
        yield from self.connection.sql(f"SELECT * FROM ({MADE[name]}) ORDER BY {order}").to_arrow_reader(BATCH_ROWS)

    def table(self, name: str) -> pa.Table:
        """One table whole."""
        wanted = schema.arrow_schema(name)
        return pa.concat_tables(
            [schema.empty(name), *(pa.Table.from_batches([b]).cast(wanted) for b in self.batches(name))]
        )


def is_individual(name: str, number: str | None) -> bool:
    """Whether a supplier looks like a person: then the name is nobody's business."""
    return (number in (None, "-")) and bool(_PERSON.match(name.strip())) and not _ORGANISED.search(name)


class Pipeline:
    """The rules, loaded once."""

    def __init__(self, reference: Reference, bodies: Iterable[tuple[str, str, str]]) -> None:
        """`bodies` are (organisation_id, name, sector) of every known body."""
        self._reference = reference
        self.buyers = Buyers(reference, bodies)
        self.suppliers = Suppliers(reference)
        self._words = ProviderWords(reference)
        self._classes = ServiceClasses(reference)

    def run(
        self,
        connection: duckdb.DuckDBPyConnection,
        named_source: str,
        named_providers: Iterable[tuple[str, str, str]] = (),
    ) -> Made:
        """From `notices` and `awards`, tables or views of `connection` with stored rows, to the tables.

        `named_providers` (notice_id, provider, grade) are providers that a reviewed table names; they come from
        source `named_source` and count where the words of the notice name nobody.
        """
        connection.execute("SET TimeZone = 'UTC'")
        known = set(self.buyers.names)
        shown = self._resolve_buyers(connection)
        folding.fold(connection, self._words.coarse)
        identities = self._resolve_suppliers(connection)
        groups.group(connection, named_source)
        given(connection, "named_providers", ("notice_id", "provider", "grade"), named_providers)
        providers = self._providers(connection, identities, named_source)
        self._finish(connection, providers)
        columns = schema.table("contract_providers").names()
        given(connection, "providers_made", columns, map(operator.attrgetter(*columns), providers))
        made = Made(connection, {key: facts for key, facts in shown.items() if key not in known})
        schema.validate("contract_providers", made.table("contract_providers"))
        return made

    # -- who bought ------------------------------------------------------------------------------------------

    def _resolve_buyers(self, connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
        """Leave `buyer_names` and give back the name, with a source, that each organisation id was published under."""
        shown: dict[str, tuple[str, str]] = {}
        simple: list[tuple[str, str | None, str | None, str | None, str | None]] = []
        special: list[tuple[str]] = []
        names = connection.execute(
            "SELECT buyer_name, min(source_id) FROM notices WHERE buyer_name IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for name, source in names:
            if self.buyers.depends_on_notice(name):
                special.append((name,))
                continue
            buyer = self.buyers.find(name)
            simple.append((name, buyer.id, buyer.name, buyer.publisher, buyer.flag))
            if buyer.id:
                shown.setdefault(buyer.id, (buyer.name or name, source))
        rows = []
        if special:
            given(connection, "special_names", ("buyer_name",), special)
            for notice_id, version, name, text, day, source in connection.execute(
                """SELECT notice_id, version, buyer_name, concat_ws(' . ', title, description), published_on, source_id
                   FROM notices SEMI JOIN special_names USING (buyer_name) ORDER BY ALL"""
            ).fetchall():
                buyer = self.buyers.find(name, text, day)
                rows.append((notice_id, version, buyer.id, buyer.name, buyer.publisher, buyer.flag))
                if buyer.id:
                    shown.setdefault(buyer.id, (buyer.name or name, source))
        columns = ("organisation_id", "shown_name", "publisher", "flag")
        given(connection, "simple_buyers", ("buyer_name", *columns), simple)
        given(connection, "special_buyers", ("notice_id", "version", *columns), rows)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE buyer_names AS
                SELECT DISTINCT notice_id, version, {", ".join(f"b.{c}" for c in columns)} FROM notices JOIN simple_buyers b USING (buyer_name)
                UNION SELECT notice_id, version, {", ".join(columns)} FROM special_buyers"""
        )
        return shown

    # -- who signed ------------------------------------------------------------------------------------------

    def _resolve_suppliers(self, connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Identity]:
        """Leave `suppliers_resolved` (contract, supplier, who that is) and `supplier_keys`."""
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE suppliers_named AS
               SELECT DISTINCT contract_id, source_id, unnest(suppliers) AS supplier_name,
                      coalesce(nullif(unnest(supplier_numbers), ''), '-') AS number
               FROM contracts_raw"""
        )
        candidates = connection.execute(
            """SELECT DISTINCT supplier_name, number FROM suppliers_named
               WHERE regexp_matches(lower(supplier_name), $words) OR regexp_matches(supplier_name, $titles, 'i')
                  OR right('00000000' || upper(number), 8) IN (SELECT unnest($numbers))""",
            {"words": self.suppliers.coarse, "titles": _TITLED, "numbers": self.suppliers.numbers},
        ).fetchall()
        identities: dict[tuple[str, str], Identity] = {}
        known = []
        for name, number in candidates:
            identity = self.suppliers.find(name, None if number == "-" else number)
            shown = INDIVIDUAL if is_individual(name, number) else name
            if identity.rule_id or shown != name:
                identities[name, number] = identity
                parent = self._reference.parent(identity.provider) if identity.provider else None
                known.append((name, number, shown, identity.provider, identity.reseller, parent, identity.rule_id))
        columns = ("supplier_name", "number", "shown", "provider", "reseller", "parent", "rule_id")
        given(connection, "supplier_facts", columns, known)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE suppliers_resolved AS
               WITH keys AS (SELECT supplier_name, {_SUPPLIER_KEY} AS name_key
                             FROM (SELECT DISTINCT supplier_name FROM suppliers_named))
               SELECT contract_id, coalesce(shown, supplier_name) AS supplier_name,
                      CASE WHEN number <> '-' AND coalesce(shown, supplier_name) = supplier_name THEN number END AS company_number,
                      provider, reseller, parent, rule_id, CASE WHEN provider IS NOT NULL THEN 'direct' END AS grade, source_id,
                      coalesce('=' || coalesce(provider, reseller), name_key) AS key
               FROM suppliers_named JOIN keys USING (supplier_name) LEFT JOIN supplier_facts USING (supplier_name, number)
               QUALIFY row_number() OVER (PARTITION BY contract_id, coalesce(shown, supplier_name) ORDER BY number) = 1"""
        )
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE supplier_keys AS
               SELECT contract_id, array_to_string(list_sort(list(DISTINCT key)), '|') AS supplier_key
               FROM suppliers_resolved WHERE key <> '' GROUP BY contract_id"""
        )
        return identities

    # -- which provider stands behind ------------------------------------------------------------------------

    def _providers(
        self,
        connection: duckdb.DuckDBPyConnection,
        identities: Mapping[tuple[str, str], Identity],
        named_source: str,
    ) -> list[Any]:
        """Rows of contract_providers; leaves `service_classes` (contract_id, service_class) and `unsaid` (contract_id)."""
        record = schema.table("contract_providers").record
        candidates = connection.execute(
            """SELECT contract_id, title, description, cpv, suppliers, supplier_numbers, c.source_id,
                      list(n.provider || ' ' || n.grade) FILTER (n.provider IS NOT NULL) AS named
               FROM (SELECT *, unnest(notice_ids) AS notice_id FROM contracts_raw) c
               LEFT JOIN named_providers n USING (notice_id)
               WHERE n.provider IS NOT NULL OR (telling AND regexp_matches(concat_ws(' ', title, description), $words, 'i'))
                  OR contract_id IN (SELECT contract_id FROM suppliers_resolved WHERE provider IS NOT NULL OR reseller IS NOT NULL)
               GROUP BY ALL ORDER BY contract_id""",
            {"words": self._words.coarse},
        ).fetchall()
        rows: list[Any] = []
        classes: list[tuple[str, str]] = []
        unsaid: list[tuple[str]] = []
        for contract_id, title, description, cpv, names, numbers, source_id, named in candidates:
            signed = [(n, identities.get((n, number or "-"), NOBODY)) for n, number in zip(names, numbers, strict=True)]
            via_reseller = any(identity.reseller for _, identity in signed)
            found = behind(self._words, signed, title, description)
            sources = {b.provider: source_id for b in found}
            for item in sorted(set(named or ())):
                provider, grade = item.split(" ")
                if provider not in sources:
                    found.append(Behind(provider, grade, None, "named contract, with its source", "named-contract"))
                    sources[provider] = named_source
            if any(b.unsaid for b in found):
                unsaid.append((contract_id,))
            if found or via_reseller:
                classes.append((contract_id, self._classes.of(title, description, cpv)))
            rows += [
                record(
                    contract_id=contract_id,
                    provider=b.provider,
                    parent=self._reference.parent(b.provider),
                    jurisdiction=self._reference.jurisdiction(b.provider),
                    grade=b.grade,
                    certainty="inferred" if b.grade == "inferred" else "known",
                    via_reseller=via_reseller and b.grade != "direct",
                    marketplace=b.marketplace,
                    phrase=b.phrase,
                    place=b.place,
                    rule_id=b.rule_id,
                    source_id=sources[b.provider],
                )
                for b in found
            ]
        given(connection, "service_classes", ("contract_id", "service_class"), classes)
        given(connection, "unsaid", ("contract_id",), unsaid)
        return rows

    # -- what replaced what ----------------------------------------------------------------------------------

    def _finish(self, connection: duckdb.DuckDBPyConnection, providers: list[Any]) -> None:
        """Leave `replaced` (contract_id, superseded_by)."""
        direct = [(row.contract_id, row.provider) for row in providers if row.grade == "direct" and not row.marketplace]
        given(connection, "direct_deals", ("contract_id", "provider"), direct)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE replaced AS
                WITH deals AS (
                  SELECT c.contract_id || ' ' || provider AS id, value_gbp AS value, awarded_on, start_on, end_on,
                         dense_rank() OVER (ORDER BY buyer_key, provider, service_class) AS kind
                  FROM contracts_raw c JOIN direct_deals USING (contract_id) JOIN service_classes USING (contract_id)
                  LEFT JOIN groups g USING (contract_id)
                  WHERE coalesce(g.group_id, contract_id) = contract_id AND status = 'active'
                    AND contract_class <> 'framework' AND buyer_key <> '' AND value_gbp IS NOT NULL
                    AND awarded_on IS NOT NULL AND start_on IS NOT NULL AND end_on IS NOT NULL)
                SELECT DISTINCT split_part(id, ' ', 1) AS contract_id, split_part(replaced_by, ' ', 1) AS superseded_by
                FROM ({SUPERSEDED})"""
        )


_PROVIDERS = schema.table("contract_providers")
MADE = {
    "notices": f"SELECT {', '.join(schema.table('notices').names())} FROM latest",
    "contracts": "SELECT "
    + ", ".join(
        {
            "group_id": "coalesce(g.group_id, c.contract_id) AS group_id",
            "service_class": "s.service_class",
            "superseded_by": "r.superseded_by",
            "flags": "CASE WHEN u.contract_id IS NULL THEN c.flags ELSE list_sort(list_append(c.flags, 'service-not-named')) END AS flags",
        }.get(name, f"c.{name}")
        for name in schema.table("contracts").names()
    )
    + " FROM contracts_raw c LEFT JOIN groups g USING (contract_id) LEFT JOIN service_classes s USING (contract_id)"
    " LEFT JOIN unsaid u USING (contract_id)"
    " LEFT JOIN (SELECT contract_id, min(superseded_by) AS superseded_by FROM replaced GROUP BY contract_id) r"
    " USING (contract_id)",
    "contract_suppliers": f"SELECT {', '.join(schema.table('contract_suppliers').names())} FROM suppliers_resolved",
    "contract_providers": "SELECT "
    + ", ".join(f"{c.name}::BOOLEAN AS {c.name}" if c.python is bool else c.name for c in _PROVIDERS.columns)
    + " FROM providers_made",
}
