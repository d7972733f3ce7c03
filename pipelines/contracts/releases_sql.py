"""What a notice, an award and a supplier are made of, in the words of the database: table `read` and what comes of it."""

from __future__ import annotations

from pipelines import schema
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
READ = f"""
CREATE OR REPLACE TEMP TABLE read AS
SELECT *, portal || ':' || ocid || ':' || id AS notice_id
FROM (
  SELECT *, {_PORTAL_SQL} AS portal, {_BUYER_PARTY} AS buyer_party
  FROM read_json($path, format = 'newline_delimited', maximum_object_size = $size, columns = {{{
    ", ".join(f"{name}: '{kind}'" for name, kind in _COLUMNS.items())
}}})
)
"""
NOTICES = f"""
SELECT
  rowid AS release, notice_id, portal, ocid, id AS release_id, tender.id AS reference,
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
AWARDS = f"""
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
SUPPLIERS = f"""
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
NOTICE_NAMES = ", ".join(
    {"version": "'' AS version", "source_id": "'' AS source_id", "publisher_name": "NULL::VARCHAR AS publisher_name",
     "organisation_id": "NULL::VARCHAR AS organisation_id"}.get(name, name)
    for name in schema.table("notices").names()
)  # fmt: skip
AWARD_NAMES = ", ".join(
    {"version": "'' AS version", "source_id": "'' AS source_id", "suppliers": "coalesce(suppliers, []) AS suppliers",
     "supplier_numbers": "coalesce(supplier_numbers, []) AS supplier_numbers"}.get(name, name)
    for name in schema.table("awards").names()
)  # fmt: skip

_TAGS_SQL = ", ".join(f"'{tag}'" for tag in sorted(KNOWN_TAGS))
DOUBTED = f"""
SELECT row, ocid, release_id, tags, copy FROM (
  SELECT rowid AS row, ocid, {_sql_text("id")} AS release_id, coalesce(tag, []) AS tags,
         row_number() OVER (PARTITION BY ocid, release_id ORDER BY rowid) AS copy FROM read
) WHERE ocid IS NULL OR release_id IS NULL OR copy > 1 OR len(list_filter(tags, lambda t: t NOT IN ({_TAGS_SQL}))) > 0
ORDER BY row
"""
