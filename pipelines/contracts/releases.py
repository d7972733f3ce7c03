"""OCDS release and record packages as notices and awards, in bulk.

Packages are cut into releases without building Python objects (msgspec), the releases go through one typed
read in DuckDB, and everything after that is columns. What cannot be read is returned with its reason.

Shapes read: a release package, a record package (its releases; the compiled release where there are none),
a list of either, a single release, and JSON lines of any of these, each plain or gzipped.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.contracts.portals import OTHER, PORTALS
from pipelines.text import MAX_TEXT, plain

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
# Numbers that portals have published and JSON does not allow, or no decimal can hold.
_BAD_NUMBER = re.compile(rb"(?<=[:\[,])(\s*)(-?\d+(?:\.\d+)?[eE]\+?\d{3,}|0\d[\d,]*|-?NaN|-?Infinity)(?=\s*[,}\]])")

# Half of a surrogate pair, escaped: no UTF-8 can hold it.
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)

_RELEASE: dict[str, str] = {
    "ocid": "VARCHAR",
    "id": "VARCHAR",
    "date": "VARCHAR",
    "tag": "VARCHAR[]",
    "links": "STRUCT(rel VARCHAR, href VARCHAR)[]",
    "parties": "STRUCT(id VARCHAR, name VARCHAR, roles VARCHAR[], "
    "identifier STRUCT(scheme VARCHAR, id VARCHAR, legalName VARCHAR))[]",
    "buyer": "STRUCT(id VARCHAR, name VARCHAR)",
    "tender": "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, "
    "classification STRUCT(scheme VARCHAR, id VARCHAR), "
    "items STRUCT(additionalClassifications STRUCT(scheme VARCHAR, id VARCHAR)[])[], "
    "value STRUCT(amount VARCHAR, amountGross VARCHAR, currency VARCHAR), "
    "minValue STRUCT(amount VARCHAR, currency VARCHAR), "
    "procurementMethod VARCHAR, procurementMethodDetails VARCHAR, "
    "legalBasis STRUCT(id VARCHAR, scheme VARCHAR), "
    "techniques STRUCT(hasFrameworkAgreement VARCHAR), "
    "lots STRUCT(id VARCHAR, value STRUCT(amount VARCHAR, currency VARCHAR))[], "
    "documents STRUCT(noticeType VARCHAR, url VARCHAR)[])",
    "awards": "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, date VARCHAR, "
    "value STRUCT(amount VARCHAR, amountGross VARCHAR, currency VARCHAR), "
    "suppliers STRUCT(id VARCHAR, name VARCHAR)[], "
    "contractPeriod STRUCT(startDate VARCHAR, endDate VARCHAR, maxExtentDate VARCHAR), "
    "documents STRUCT(noticeType VARCHAR, url VARCHAR)[])[]",
    "contracts": "STRUCT(id VARCHAR, awardID VARCHAR, status VARCHAR, dateSigned VARCHAR, "
    "value STRUCT(amount VARCHAR, amountGross VARCHAR, currency VARCHAR), "
    "period STRUCT(startDate VARCHAR, endDate VARCHAR, maxExtentDate VARCHAR), "
    "documents STRUCT(noticeType VARCHAR, url VARCHAR)[])[]",
}


class _Record(msgspec.Struct):
    releases: list[msgspec.Raw] | None = None
    compiledRelease: msgspec.Raw = msgspec.Raw(b"")


class _Package(msgspec.Struct):
    releases: list[msgspec.Raw] | None = None
    records: list[_Record] | None = None
    ocid: str | None = None


class _Ocid(msgspec.Struct):
    ocid: str | None = None


_decode_ocid = msgspec.json.Decoder(_Ocid).decode
_decode_package = msgspec.json.Decoder(_Package).decode
_decode_packages = msgspec.json.Decoder(list[_Package]).decode
_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


def unpack(body: bytes) -> bytes:
    """`body` without gzip and without a byte-order mark; ValueError for a cut gzip stream."""
    if body[:2] == b"\x1f\x8b":
        try:
            body = gzip.decompress(body)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError("the gzip stream is cut or damaged") from error
    return body.removeprefix(b"\xef\xbb\xbf")


def cut(body: bytes) -> Iterator[bytes]:
    """The releases in `body` as JSON bytes; ValueError where the body is not OCDS."""
    start = body.lstrip()[:1]
    if start == b"[":
        for package, raw in zip(_decode_packages(body), _decode_raws(body), strict=True):
            yield from _releases(package, bytes(raw))
    elif start == b"{":
        yield from _releases(_decode_package(body), body)
    else:
        raise ValueError("it is not JSON")


def _releases(package: _Package, body: bytes) -> Iterator[bytes]:
    if package.releases is not None:
        for release in package.releases:
            yield bytes(release)
    elif package.records is not None:
        for record in package.records:
            if record.releases:
                for release in record.releases:
                    yield bytes(release)
            elif bytes(record.compiledRelease):
                yield bytes(record.compiledRelease)
    elif package.ocid is not None:
        yield body
    else:
        raise ValueError("it holds no releases, no records and no ocid")


def _cut_repaired(name: str, body: bytes, batch: Batch) -> Iterator[bytes]:
    """Releases of one JSON text, with the known bad numbers repaired where the text does not parse."""
    try:
        yield from list(cut(body))
        return
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        first = error
    repaired = _LONE_SURROGATE.sub(b"", _BAD_NUMBER.sub(rb"\1null", body))
    if repaired != body:
        try:
            yield from list(cut(repaired))
            return
        except (msgspec.DecodeError, ValueError, RecursionError):
            pass
    batch.rejected.append(Rejected(name, body, _why(first)))


def _why(error: Exception) -> str:
    text = str(error)
    if isinstance(error, RecursionError) or "recursion" in text.lower():
        return "the JSON is nested too deeply"
    if "surrogate" in text or "utf-8" in text.lower():
        return "the text is not valid UTF-8"
    if isinstance(error, msgspec.DecodeError):
        return f"it is not valid JSON of a release package: {text}"
    return text


def releases_of(name: str, body: bytes, batch: Batch) -> list[bytes]:
    """Every release in a file, one JSON text or JSON lines; what cannot be read goes to `batch.rejected`."""
    try:
        body = unpack(body)
    except ValueError as error:
        batch.rejected.append(Rejected(name, body, str(error)))
        batch.whole = False
        return []
    if not body.strip():
        batch.rejected.append(Rejected(name, body, "it is empty"))
        batch.whole = False
        return []
    try:
        body.decode()
    except UnicodeDecodeError as error:
        batch.rejected.append(Rejected(name, body, f"it is not UTF-8 (byte {error.start})"))
        batch.whole = False
        return []
    lines = body.splitlines() if name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson")) else None
    found: list[bytes] = []
    if lines is None:
        found.extend(_cut_repaired(name, body, batch))
        if batch.rejected and body.count(b"\n{") > 0:  # perhaps JSON lines under another name
            trial = Batch()
            by_line = [r for n, line in _lines(name, body) for r in _cut_repaired(n, line, trial)]
            if by_line:
                batch.rejected = trial.rejected
                found = by_line
    else:
        for line_name, line in _lines(name, body):
            found.extend(_cut_repaired(line_name, line, batch))
    if not found and batch.rejected:
        batch.whole = False
    return found


def _lines(name: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            yield f"{name} line {number}", line


# -- typed read --------------------------------------------------------------------------------------------


def _sql_text(expression: str) -> str:
    return f"nullif(trim({expression}), '')"


_PORTAL_SQL = (
    "CASE " + " ".join(f"WHEN starts_with(ocid, '{p.prefix}') THEN '{p.id}'" for p in PORTALS) + f" ELSE '{OTHER}' END"
)
# A stamp of midnight may be a day without a time; the day is taken as it is written, in the publisher's zone.
_DATE = "try_cast(left({0}, 10) AS DATE)"
_STAMP = (
    "CASE WHEN length({0}) > 10 THEN coalesce(try_cast({0} AS TIMESTAMPTZ), "
    "try_cast(try_cast({0} AS TIMESTAMP) AS TIMESTAMPTZ)) END"
)
_MONEY = "CASE WHEN abs(try_cast({0} AS DOUBLE)) < 1e15 THEN try_cast({0} AS DECIMAL(18,2)) END"


def _date(expression: str) -> str:
    day = _DATE.format(expression)
    return f"CASE WHEN year({day}) BETWEEN 1990 AND 2200 THEN {day} END"


_NOTICE_SQL = f"""
CREATE OR REPLACE TEMP TABLE typed AS
SELECT *,
  {_PORTAL_SQL} AS portal,
  coalesce(nullif(trim(id), ''), 'content-' || left(md5(json), 16)) AS release_id,
  -- notice types stand in the last document of any part (UK1 to UK17)
  list_filter(list_concat(
      list_transform(coalesce(tender.documents, []), lambda d: d.noticeType),
      flatten(list_transform(coalesce(awards, []), lambda a: list_transform(coalesce(a.documents, []), lambda d: d.noticeType))),
      flatten(list_transform(coalesce(contracts, []), lambda c: list_transform(coalesce(c.documents, []), lambda d: d.noticeType)))
  ), lambda t: t IS NOT NULL) AS notice_types,
  list_filter(coalesce(parties, []), lambda p: p.id = buyer.id)[1] AS buyer_party,
  coalesce(
    CASE WHEN tender.classification.scheme = 'CPV' OR tender.classification.scheme IS NULL THEN tender.classification.id END,
    flatten(list_transform(coalesce(tender.items, []), lambda i: list_transform(coalesce(i.additionalClassifications, []), lambda c: c.id)))[1]
  ) AS cpv_code
FROM read;
"""

_NOTICES_SQL = f"""
SELECT
  portal || ':' || ocid || ':' || release_id AS notice_id,
  portal, ocid, release_id,
  {_sql_text("tender.id")} AS reference,
  '' AS version,
  {_date("date")} AS published_on,
  {_STAMP.format("date")} AS published_at,
  coalesce(tag, []) AS tags,
  notice_types[-1] AS notice_type,
  {_sql_text("tender.legalBasis.id")} AS legal_basis,
  list_filter(coalesce(links, []), lambda l: l.rel = 'canonical')[1].href AS canonical_url,
  CASE portal
    WHEN 'contracts-finder' THEN 'https://www.contractsfinder.service.gov.uk/Notice/' || regexp_replace(release_id, '-[0-9]+$', '')
    WHEN 'find-a-tender' THEN 'https://www.find-tender.service.gov.uk/Notice/' || release_id
    ELSE list_filter(list_transform(coalesce(tender.documents, []), lambda d: d.url), lambda u: u LIKE 'http%')[1]
  END AS url,
  {_sql_text("tender.title")} AS title,
  {_sql_text("tender.description")} AS description,
  {_sql_text("coalesce(buyer.name, buyer_party.name)")} AS buyer_name,
  {_sql_text("buyer_party.identifier.scheme")} AS buyer_scheme,
  {_sql_text("buyer_party.identifier.id")} AS buyer_number,
  NULL::VARCHAR AS publisher_name,
  NULL::VARCHAR AS organisation_id,
  {_sql_text("tender.status")} AS tender_status,
  {_sql_text("tender.procurementMethod")} AS method,
  {_sql_text("tender.procurementMethodDetails")} AS method_details,
  try_cast(tender.techniques.hasFrameworkAgreement AS BOOLEAN) AS is_framework,
  {_sql_text("cpv_code")} AS cpv,
  {_MONEY.format("tender.value.amount")} AS tender_value,
  {_sql_text("tender.value.currency")} AS tender_currency,
  list_filter([
    CASE WHEN date IS NOT NULL AND {_date("date")} IS NULL THEN 'date-unreadable' END,
    CASE WHEN id IS NULL THEN 'release-without-id' END,
    CASE WHEN len(list_filter(coalesce(tender.lots, []), lambda l: l.value.currency <> tender.value.currency)) > 0
         THEN 'currency-of-lot-differs' END
  ], lambda f: f IS NOT NULL) AS flags,
  $source AS source_id
FROM typed
"""

_AWARDS_SQL = f"""
WITH a AS (
  SELECT portal || ':' || ocid || ':' || release_id AS notice_id, unnest(awards) AS award, contracts, parties,
         tender.minValue.amount AS tender_minimum, date AS released
  FROM typed WHERE len(awards) > 0
), j AS (
  SELECT *, list_filter(coalesce(contracts, []), lambda c: c.awardID = award.id)[1] AS signed FROM a
)
SELECT
  notice_id,
  coalesce(nullif(trim(award.id), ''), '1') AS award_id,
  {_sql_text("award.title")} AS title,
  {_sql_text("award.description")} AS description,
  coalesce({_sql_text("award.status")}, {_sql_text("signed.status")}) AS award_status,
  {_MONEY.format("coalesce(award.value.amount, signed.value.amount)")} AS value,
  {_MONEY.format("coalesce(award.value.amountGross, signed.value.amountGross)")} AS value_gross,
  NULL::DECIMAL(18,2) AS value_min,
  NULL::DECIMAL(18,2) AS value_max,
  upper({_sql_text("coalesce(award.value.currency, signed.value.currency)")}) AS currency,
  {_date("award.date")} AS awarded_on,
  {_date("signed.dateSigned")} AS signed_on,
  {_date("coalesce(award.contractPeriod.startDate, signed.period.startDate)")} AS start_on,
  {_date("coalesce(award.contractPeriod.endDate, signed.period.endDate)")} AS end_on,
  {_date("coalesce(award.contractPeriod.maxExtentDate, signed.period.maxExtentDate)")} AS max_end_on,
  list_filter(list_transform(coalesce(award.suppliers, []), lambda s: {_sql_text("s.name")}), lambda n: n IS NOT NULL) AS suppliers,
  list_transform(
    list_filter(coalesce(award.suppliers, []), lambda s: {_sql_text("s.name")} IS NOT NULL),
    lambda s: coalesce(list_filter(parties, lambda p: p.id = s.id AND p.identifier.scheme = 'GB-COH')[1].identifier.id, '-')
  ) AS supplier_numbers,
  list_filter([
    CASE WHEN award.value.amount IS NOT NULL AND {_MONEY.format("award.value.amount")} IS NULL THEN 'value-unreadable' END,
    CASE WHEN try_cast(award.value.amount AS DOUBLE) < 0 THEN 'value-negative' END,
    CASE WHEN year(try_cast(left(award.contractPeriod.endDate, 10) AS DATE)) > 2045 THEN 'end-beyond-2045' END,
    CASE WHEN {_date("award.contractPeriod.startDate")} < {_date("award.date")} THEN 'start-before-award' END
  ], lambda f: f IS NOT NULL) AS flags,
  $source AS source_id
FROM j
"""


def read(releases: Iterable[bytes], source_id: str, batch: Batch | None = None) -> Batch:
    """Notices and awards of many releases.

    A release that the typed read refuses, or whose tag nobody knows, is rejected alone with its reason;
    the others stay.
    """
    batch = batch or Batch()
    lines = [line.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in line else line for line in releases]
    batch.read += len(lines)
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    try:
        good = _load(connection, lines, batch)
        if not good:
            for name in ("notices", "awards"):
                batch.tables[name] = schema.empty(name)
            return batch
        connection.execute(_NOTICE_SQL)
        _reject_unknown_tags(connection, batch)
        parameters = {"source": source_id}
        notices = connection.sql(_NOTICES_SQL, params=parameters).to_arrow_table()
        awards = connection.sql(_AWARDS_SQL, params=parameters).to_arrow_table()
    finally:
        connection.close()
    notices, awards = clean("notices", notices), clean("awards", awards)
    batch.tables["notices"] = stamp_versions(notices, awards)
    batch.tables["awards"] = awards
    return batch


def _load(connection: duckdb.DuckDBPyConnection, lines: list[bytes], batch: Batch) -> bool:
    """Put the releases into table `read`. One that breaks the typed read is rejected alone."""
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in _RELEASE.items())
    with tempfile.TemporaryDirectory(prefix="cloudhold-") as folder:
        path = Path(folder) / "releases.ndjson"

        def attempt(part: list[bytes], keep: str) -> None:
            path.write_bytes(b"\n".join(part) + b"\n")
            connection.execute(
                f"{keep} SELECT * FROM read_json('{path.as_posix()}', format='newline_delimited', "
                f"columns={{{columns}, json: 'VARCHAR'}}, maximum_object_size=67108864)"
            )

        if not lines:
            return False
        try:
            attempt(lines, "CREATE OR REPLACE TEMP TABLE read AS")
        except duckdb.Error:
            connection.execute("DROP TABLE IF EXISTS read")
            made = False
            for line in lines:
                try:
                    attempt([line], "INSERT INTO read" if made else "CREATE OR REPLACE TEMP TABLE read AS")
                    made = True
                except duckdb.Error as error:
                    reason = str(error).splitlines()[0][:200]
                    batch.rejected.append(Rejected("a release", line, f"its types are wrong: {reason}"))
            if not made:
                return False
        without = connection.execute("SELECT count(*) FROM read WHERE ocid IS NULL").fetchone()
        if without and without[0]:
            connection.execute("DELETE FROM read WHERE ocid IS NULL")
            for line in lines:
                if not _decode_ocid(line).ocid:
                    batch.rejected.append(Rejected("a release", line, "it has no ocid"))
        connection.execute(
            "UPDATE read SET json = md5(concat_ws('|', ocid, date, tender.title, tender.description, "
            "len(awards))) WHERE id IS NULL"
        )
        return True


def _reject_unknown_tags(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    tags = ", ".join(f"'{tag}'" for tag in sorted(KNOWN_TAGS))
    rows = connection.execute(
        f"SELECT ocid, release_id, tag FROM typed WHERE len(list_filter(coalesce(tag, []), lambda t: t NOT IN ({tags}))) > 0"
    ).fetchall()
    for ocid, release_id, tag in rows:
        body = f"{ocid} {release_id} {tag}".encode()
        batch.rejected.append(Rejected(f"{ocid} {release_id}", body, f"its tag {tag} is not in the OCDS codelist"))
    if rows:
        connection.execute(
            f"DELETE FROM typed WHERE len(list_filter(coalesce(tag, []), lambda t: t NOT IN ({tags}))) > 0"
        )


# -- shared by every reader of notices ---------------------------------------------------------------------

_SUSPICIOUS = re.compile(
    r"@|＠|\(at\)|\[at\]|[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00a0]|  "
    r"|(?:\+44|\b0)[\d\s().-]{9,}"
)
_CLEAN_COLUMNS = {
    "notices": (
        "reference",
        "url",
        "title",
        "description",
        "buyer_name",
        "buyer_number",
        "tender_status",
        "method_details",
        "canonical_url",
        "release_id",
        "ocid",
    ),
    "awards": ("award_id", "title", "description", "award_status"),
}


def clean(table: str, data: pa.Table) -> pa.Table:
    """Foreign text of `data` made plain, in the schema of `table`. Only texts that need it are touched."""
    data = data.select(schema.table(table).names())
    for name in _CLEAN_COLUMNS[table]:
        index = data.column_names.index(name)
        data = data.set_column(index, name, _clean_column(data[name].combine_chunks()))
    if table == "awards":
        index = data.column_names.index("suppliers")
        suppliers = data["suppliers"].combine_chunks()
        values = _clean_column(suppliers.values, fill="-")
        data = data.set_column(index, "suppliers", pa.ListArray.from_arrays(suppliers.offsets, values))
    return data.cast(schema.arrow_schema(table))


def _clean_column(values: pa.Array, fill: str | None = None) -> pa.Array:
    encoded = values.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    changed = False
    for index, text in enumerate(texts):
        if text is not None and (len(text) > MAX_TEXT or _SUSPICIOUS.search(text)):
            texts[index] = plain(text) or fill
            changed = True
    if not changed:
        return values
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, type=pa.string())).cast(pa.string())


def stamp_versions(notices: pa.Table, awards: pa.Table) -> pa.Table:
    """`notices` with `version` set: a fingerprint of the notice and its awards, without where it came from.

    The same notice read from two files has one version; a changed notice has another, and both are kept.
    """
    by_notice: dict[str, list[str]] = {}
    for row in awards.drop_columns(["source_id"]).to_pylist():
        by_notice.setdefault(row["notice_id"], []).append(repr(sorted(row.items())))
    versions = []
    for row in notices.drop_columns(["source_id", "version"]).to_pylist():
        text = repr(sorted(row.items())) + "".join(sorted(by_notice.get(row["notice_id"], ())))
        versions.append(hashlib.sha256(text.encode()).hexdigest()[:16])
    index = notices.column_names.index("version")
    return notices.set_column(
        index, schema.arrow_schema("notices").field("version"), pa.array(versions, type=pa.string())
    )
