"""OCDS releases as notices and awards, in bulk: a typed read in DuckDB, and everything after that is columns.

A release that does not fit is returned alone, with its reason.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.contracts.notices import clean, own_connection, stamp_versions
from pipelines.contracts.portals import OTHER, PORTALS

# Tags of the OCDS 1.1 codelist. A release with any other tag is kept aside: nobody knows what it says.
KNOWN_TAGS = frozenset(
    [
        "planning",
        "planningUpdate",
        "tender",
        "tenderAmendment",
        "tenderUpdate",
        "tenderCancellation",
        "award",
        "awardUpdate",
        "awardCancellation",
        "contract",
        "contractUpdate",
        "contractAmendment",
        "implementation",
        "implementationUpdate",
        "contractTermination",
        "compiled",
    ]
)
_MONEY_TYPE = "STRUCT(amount VARCHAR, amountGross VARCHAR, currency VARCHAR)"
_PERIOD_TYPE = "STRUCT(startDate VARCHAR, endDate VARCHAR, maxExtentDate VARCHAR)"
_CODE_TYPE = "STRUCT(scheme VARCHAR, id VARCHAR)"
_NAMED_TYPE = "STRUCT(id VARCHAR, name VARCHAR)"
_TYPES_TYPE = "STRUCT(noticeType VARCHAR)[]"
_AWARD_TYPE = (
    "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, date VARCHAR, "
    f"value {_MONEY_TYPE}, suppliers {_NAMED_TYPE}[], contractPeriod {_PERIOD_TYPE}, documents {_TYPES_TYPE})"
)
_CONTRACT_TYPE = (
    f"STRUCT(awardID VARCHAR, status VARCHAR, dateSigned VARCHAR, value {_MONEY_TYPE}, "
    f"period {_PERIOD_TYPE}, documents {_TYPES_TYPE})"
)
_COLUMNS = {
    "ocid": "VARCHAR",
    "id": "VARCHAR",
    "date": "VARCHAR",
    "tag": "VARCHAR[]",
    "links": "STRUCT(rel VARCHAR, href VARCHAR)[]",
    # roles and further identifiers as JSON text: whatever shape they have, it costs no release
    "parties": f"STRUCT(id VARCHAR, name VARCHAR, roles JSON, identifier {_CODE_TYPE}, additionalIdentifiers JSON)[]",
    "buyer": _NAMED_TYPE,
    "tender": "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, "
    f"classification {_CODE_TYPE}, items STRUCT(additionalClassifications {_CODE_TYPE}[])[], value {_MONEY_TYPE}, "
    f"minValue {_MONEY_TYPE}, procurementMethod VARCHAR, procurementMethodDetails VARCHAR, legalBasis {_CODE_TYPE}, "
    f"techniques STRUCT(hasFrameworkAgreement VARCHAR), lots STRUCT(value {_MONEY_TYPE})[], "
    "documents STRUCT(noticeType VARCHAR, url VARCHAR)[])",
    "awards": f"{_AWARD_TYPE}[]",
    "contracts": f"{_CONTRACT_TYPE}[]",
}


def _sql_text(expression: str) -> str:
    return f"nullif(trim({expression}), '')"


_PORTAL_SQL = (
    "CASE " + " ".join(f"WHEN starts_with(ocid, '{p.prefix}') THEN '{p.id}'" for p in PORTALS) + f" ELSE '{OTHER}' END"
)
_ADDRESSES = " ".join(
    f"WHEN '{p.id}' THEN '{p.notice_url}' || " + ("regexp_replace(id, '-[0-9]+$', '')" if p.counted else "id")
    for p in PORTALS
    if p.notice_url
)
# A stamp of midnight may be a day without a time; the day is taken as it is written, in the publisher's zone.
_DATE = "try_cast(left({0}, 10) AS DATE)"
_STAMP = (
    "CASE WHEN length({0}) > 10 THEN coalesce(try_cast({0} AS TIMESTAMPTZ), "
    "try_cast(try_cast({0} AS TIMESTAMP) AS TIMESTAMPTZ)) END"
)
_MONEY = "CASE WHEN abs(try_cast({0} AS DOUBLE)) < 1e15 THEN try_cast({0} AS DECIMAL(18,2)) END"
_ABSENT = "lambda x: x IS NOT NULL"


def _date(expression: str) -> str:
    day = _DATE.format(expression)
    return f"CASE WHEN year({day}) BETWEEN 1990 AND 2200 THEN {day} END"


def _documents(parts: str) -> str:
    types = f"flatten(list_transform(coalesce({parts}, []), lambda a: list_transform(coalesce(a.documents, []), lambda d: d.noticeType)))"
    return types


# Notice types stand in the last document of any part (UK1 to UK17).
_NOTICE_TYPE = (
    "list_filter(list_concat(list_transform(coalesce(tender.documents, []), lambda d: d.noticeType), "
    f"{_documents('awards')}, {_documents('contracts')}), {_ABSENT})[-1]"
)
# The party that the buyer's id names; where a release has no buyer, the one party in that role.
_BUYER_PARTY = """
CASE WHEN buyer.id IS NOT NULL OR buyer.name IS NOT NULL THEN list_filter(coalesce(parties, []), lambda p: p.id = buyer.id)[1]
     WHEN len(list_filter(coalesce(parties, []), lambda p: contains(p.roles::VARCHAR, '"buyer"'))) = 1
     THEN list_filter(coalesce(parties, []), lambda p: contains(p.roles::VARCHAR, '"buyer"'))[1] END
"""
# What is read, once; everything below is made of it.
_READ_SQL = f"""
CREATE OR REPLACE TEMP TABLE read AS
SELECT *, portal || ':' || ocid || ':' || id AS notice_id
FROM (
  SELECT *, {_PORTAL_SQL} AS portal, {_BUYER_PARTY} AS buyer_party
  FROM read_json($path, format = 'newline_delimited', maximum_object_size = $size, columns = {{{
    ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items())
}}})
)
"""
_NOTICES_SQL = f"""
SELECT
  notice_id, portal, ocid, id AS release_id, tender.id AS reference,
  {_date("date")} AS published_on,
  {_STAMP.format("date")} AS published_at,
  coalesce(tag, []) AS tags,
  {_NOTICE_TYPE} AS notice_type,
  {_sql_text("tender.legalBasis.id")} AS legal_basis,
  list_filter(coalesce(links, []), lambda l: l.rel = 'canonical')[1].href AS canonical_url,
  CASE portal
    {_ADDRESSES}
    ELSE list_filter(list_transform(coalesce(tender.documents, []), lambda d: d.url), lambda u: u LIKE 'http%')[1]
  END AS url,
  tender.title AS title,
  tender.description AS description,
  coalesce(buyer.name, buyer_party.name) AS buyer_name,
  {_sql_text("buyer_party.identifier.scheme")} AS buyer_scheme,
  buyer_party.identifier.id AS buyer_number,
  tender.status AS tender_status,
  {_sql_text("tender.procurementMethod")} AS method,
  tender.procurementMethodDetails AS method_details,
  try_cast(tender.techniques.hasFrameworkAgreement AS BOOLEAN) AS is_framework,
  {
    _sql_text('''coalesce(
    CASE WHEN tender.classification.scheme = 'CPV' OR tender.classification.scheme IS NULL THEN tender.classification.id END,
    flatten(list_transform(coalesce(tender.items, []), lambda i: list_transform(coalesce(i.additionalClassifications, []), lambda c: c.id)))[1]
  )''')
} AS cpv,
  {_MONEY.format("tender.value.amount")} AS tender_value,
  {_sql_text("tender.value.currency")} AS tender_currency,
  list_filter([
    CASE WHEN date IS NOT NULL AND {_date("date")} IS NULL THEN 'date-unreadable' END,
    CASE WHEN starts_with(id, 'content-') THEN 'release-without-id' END,
    CASE WHEN len(list_filter(coalesce(tender.lots, []), lambda l: l.value.currency <> tender.value.currency)) > 0
         THEN 'currency-of-lot-differs' END
  ], {_ABSENT}) AS flags
FROM read
"""

# A notice that only changes a contract carries no award; its facts still belong to one.
_AWARDS_SQL = f"""
CREATE OR REPLACE TEMP TABLE read_awards AS
WITH paired AS (
  SELECT release, notice_id, award, list_filter(coalesce(contracts, []), lambda c: c.awardID = award.id)[1] AS signed, minimum
  FROM (SELECT rowid AS release, notice_id, unnest(awards) AS award, contracts,
               CASE WHEN len(awards) = 1 THEN tender.minValue.amount END AS minimum FROM read)
  UNION ALL BY NAME
  SELECT release, notice_id, struct_update(NULL::{_AWARD_TYPE}, id := signed.awardID) AS award, signed
  FROM (SELECT rowid AS release, notice_id, unnest(contracts) AS signed,
               list_transform(coalesce(awards, []), lambda a: a.id) AS ids FROM read)
  WHERE signed.awardID IS NOT NULL AND NOT list_contains(ids, signed.awardID)
), valued AS (
  SELECT *, coalesce(award.value.amount, signed.value.amount) AS amount FROM paired
)
SELECT
  release, notice_id,
  coalesce(nullif(trim(award.id), ''), '1') AS award_id,
  award.title AS title,
  award.description AS description,
  coalesce({_sql_text("award.status")}, {_sql_text("signed.status")}) AS award_status,
  {_MONEY.format("amount")} AS value,
  {_MONEY.format("coalesce(award.value.amountGross, signed.value.amountGross)")} AS value_gross,
  CASE WHEN {_MONEY.format("minimum")} <= {_MONEY.format("amount")} THEN {_MONEY.format("minimum")} END AS value_min,
  NULL::DECIMAL(18,2) AS value_max,
  upper({_sql_text("coalesce(award.value.currency, signed.value.currency)")}) AS currency,
  {_date("award.date")} AS awarded_on,
  {_date("signed.dateSigned")} AS signed_on,
  {_date("coalesce(award.contractPeriod.startDate, signed.period.startDate)")} AS start_on,
  {_date("coalesce(award.contractPeriod.endDate, signed.period.endDate)")} AS end_on,
  {_date("coalesce(award.contractPeriod.maxExtentDate, signed.period.maxExtentDate)")} AS max_end_on,
  list_filter([
    CASE WHEN amount IS NOT NULL AND {_MONEY.format("amount")} IS NULL THEN 'value-unreadable' END,
    CASE WHEN try_cast(amount AS DOUBLE) < 0 THEN 'value-negative' END,
    CASE WHEN year({_DATE.format("award.contractPeriod.endDate")}) > 2045 THEN 'end-beyond-2045' END,
    CASE WHEN {_date("award.contractPeriod.startDate")} < {_date("award.date")} THEN 'start-before-award' END
  ], {_ABSENT}) AS flags,
  award.suppliers AS named
FROM valued
"""
# A supplier is named in the award or by the party that its id names. Of several parties with one id that of the same
# name speaks; a company number stands first, or further down, in its identifiers, or in the id itself.
_FURTHER = """json_transform(p.additionalIdentifiers, '[{"scheme":"VARCHAR","id":"VARCHAR"}]')"""
_NUMBER = f"""
CASE WHEN p.identifier.scheme = 'GB-COH' THEN p.identifier.id
     WHEN contains(p.additionalIdentifiers::VARCHAR, 'GB-COH')
     THEN list_filter({_FURTHER}, lambda i: i.scheme = 'GB-COH')[1].id END
"""
_SUPPLIERS_SQL = f"""
CREATE OR REPLACE TEMP TABLE read_suppliers AS
WITH known AS (
  SELECT release, p.id AS id, p.name AS name, {_NUMBER} AS number
  FROM (SELECT rowid AS release, unnest(parties) AS p FROM read)
), named AS (
  SELECT rowid AS item, release, unnest(named) AS supplier, generate_subscripts(named, 1) AS place
  FROM read_awards WHERE len(named) > 0
), told AS (
  SELECT item, place, coalesce({_sql_text("supplier.name")}, {_sql_text("known.name")}) AS name,
         coalesce({_sql_text("number")}, nullif(regexp_extract(supplier.id, '^GB-COH-(\\w+)$', 1), ''), '-') AS number
  FROM named LEFT JOIN known ON known.release = named.release AND known.id = supplier.id
  QUALIFY row_number() OVER (
    PARTITION BY item, place ORDER BY lower(known.name) = lower(supplier.name) DESC NULLS LAST, number NULLS LAST, name) = 1
)
SELECT item, list(name ORDER BY place) AS suppliers, list(number ORDER BY place) AS supplier_numbers
FROM told WHERE name IS NOT NULL GROUP BY item
"""
_NOTICE_NAMES = ", ".join(
    {"version": "'' AS version", "source_id": "$source AS source_id", "publisher_name": "NULL::VARCHAR AS publisher_name",
     "organisation_id": "NULL::VARCHAR AS organisation_id"}.get(name, name)
    for name in schema.table("notices").names()
)  # fmt: skip
_AWARD_NAMES = ", ".join(
    {"version": "'' AS version", "source_id": "$source AS source_id", "suppliers": "coalesce(suppliers, []) AS suppliers",
     "supplier_numbers": "coalesce(supplier_numbers, []) AS supplier_numbers"}.get(name, name)
    for name in schema.table("awards").names()
)  # fmt: skip


def read(releases: Iterable[bytes], source_id: str, batch: Batch | None = None) -> Batch:
    """Notices and awards of many releases.

    A release that the typed read refuses, or whose tag nobody knows, is rejected alone with its reason;
    the others stay.
    """
    batch = batch or Batch()
    lines = [line.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in line else line for line in releases]
    batch.read += len(lines)
    parts = []
    connection = own_connection()
    while lines:
        lines = _load(connection, lines, batch)
        connection.execute(_AWARDS_SQL)
        connection.execute(_SUPPLIERS_SQL)
        source = {"source": source_id}
        notices = connection.sql(f"SELECT {_NOTICE_NAMES} FROM ({_NOTICES_SQL})", params=source).to_arrow_table()
        awards = connection.sql(
            f"SELECT {_AWARD_NAMES} FROM read_awards LEFT JOIN read_suppliers ON read_awards.rowid = item",
            params=source,
        ).to_arrow_table()
        parts.append(stamp_versions(clean("notices", notices), clean("awards", awards)))
    for index, name in enumerate(("notices", "awards")):
        batch.tables[name] = pa.concat_tables([schema.empty(name), *(part[index] for part in parts)])
    return batch


def _load(connection: duckdb.DuckDBPyConnection, lines: list[bytes], batch: Batch) -> list[bytes]:
    """Leave the usable releases in table `read`. Returns those that repeat an id, for another round."""
    with tempfile.TemporaryDirectory(prefix="cloudhold-") as folder:
        path = Path(folder) / "releases.ndjson"
        while True:
            try:
                _attempt(connection, path, lines)
            except duckdb.Error:
                lines = _fitting(connection, path, lines, batch)
                _attempt(connection, path, lines)
            doubted = connection.execute(_DOUBTED).fetchall()
            if not doubted:
                return []
            lines = list(lines)
            again = []
            for row, ocid, release_id, tags, copy in doubted:
                line = lines[row]
                if ocid is None:
                    batch.rejected.append(Rejected("a release", line, "it has no ocid"))
                elif not KNOWN_TAGS.issuperset(tags):
                    reason = f"its tag {tags} is not in the OCDS codelist"
                    batch.rejected.append(Rejected(f"{ocid} {release_id}", line, reason))
                elif release_id is None:
                    lines[row] = _with_id(line)
                    continue
                elif copy > 1:
                    again.append(line)
                lines[row] = b""
            lines = [line for line in lines if line]
            if again:
                _attempt(connection, path, lines)
                return again


_TAGS_SQL = ", ".join(f"'{tag}'" for tag in sorted(KNOWN_TAGS))
_DOUBTED = f"""
SELECT row, ocid, release_id, tags, copy FROM (
  SELECT rowid AS row, ocid, {_sql_text("id")} AS release_id, coalesce(tag, []) AS tags,
         row_number() OVER (PARTITION BY ocid, release_id ORDER BY rowid) AS copy FROM read
) WHERE ocid IS NULL OR release_id IS NULL OR copy > 1 OR len(list_filter(tags, lambda t: t NOT IN ({_TAGS_SQL}))) > 0
ORDER BY row
"""


def _with_id(line: bytes) -> bytes:
    """A release without an id, with one that its content gives."""
    body = msgspec.json.decode(line)
    body.pop("id", None)
    said = msgspec.json.encode(body, order="sorted")
    return msgspec.json.encode({"id": "content-" + hashlib.sha256(said).hexdigest()[:16], **body})


def _attempt(connection: duckdb.DuckDBPyConnection, path: Path, lines: list[bytes]) -> None:
    """One typed read of all lines into table `read`; duckdb.Error where one of them does not fit."""
    with path.open("wb", 1 << 20) as file:
        for line in lines:
            file.write(line)
            file.write(b"\n")
    size = max(1 << 20, 2 * max(map(len, lines), default=0))
    try:
        connection.execute(_READ_SQL, {"path": path.as_posix(), "size": size})
    except UnicodeDecodeError as error:  # the message quotes a text, cut within a letter
        raise duckdb.Error(error.object.decode(errors="replace")) from error


# Where a temporary file broke says nothing about a release, and would make its reason another one in each run.
_PLACE = re.compile(r'^.* in file ".*?", in line \d+: ')


def _fitting(connection: duckdb.DuckDBPyConnection, path: Path, lines: list[bytes], batch: Batch) -> list[bytes]:
    """The lines that fit the types, found by halving; the others are rejected."""
    half = len(lines) // 2
    found = []
    for part in (lines[:half], lines[half:]):
        if not part:
            continue
        try:
            _attempt(connection, path, part)
            found.extend(part)
        except duckdb.Error as error:
            if len(part) > 1:
                found.extend(_fitting(connection, path, part, batch))
            else:
                reason = _PLACE.sub("", str(error).splitlines()[0])[:200]
                batch.rejected.append(Rejected("a release", part[0], f"its types are wrong: {reason}"))
    return found
