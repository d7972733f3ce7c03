"""OCDS release and record packages as notices and awards, in bulk.

Packages are cut into releases without building Python objects (msgspec), the releases go through a typed
read in DuckDB, and everything after that is columns. What cannot be read is returned with its reason, a
release that does not fit alone.

Shapes read: a release package, a record package (its releases; the compiled release where there are none),
a list of either, a single release, and JSON lines of any of these, each plain or gzipped.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import schema
from pipelines.batch import Batch, Rejected
from pipelines.contracts.portals import OTHER, PORTALS
from pipelines.text import MAX_TEXT, plain, unpack

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

# The parts that are read. A document list costs as much as an award, so where no text of a body speaks of
# notice types, or of contracts, those parts are left out of the read.
_MONEY_TYPE = "STRUCT(amount VARCHAR, amountGross VARCHAR, currency VARCHAR)"
_PERIOD_TYPE = "STRUCT(startDate VARCHAR, endDate VARCHAR, maxExtentDate VARCHAR)"
_CODE_TYPE = "STRUCT(scheme VARCHAR, id VARCHAR)"
_NAMED_TYPE = "STRUCT(id VARCHAR, name VARCHAR)"
_TYPES_TYPE = "STRUCT(noticeType VARCHAR)[]"
_NOTICE_COLUMNS = {
    "ocid": "VARCHAR",
    "id": "VARCHAR",
    "date": "VARCHAR",
    "tag": "VARCHAR[]",
    "links": "STRUCT(rel VARCHAR, href VARCHAR)[]",
    "parties": f"STRUCT(id VARCHAR, name VARCHAR, identifier {_CODE_TYPE})[]",
    "buyer": _NAMED_TYPE,
    "tender": "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, "
    f"classification {_CODE_TYPE}, items STRUCT(additionalClassifications {_CODE_TYPE}[])[], value {_MONEY_TYPE}, "
    f"procurementMethod VARCHAR, procurementMethodDetails VARCHAR, legalBasis {_CODE_TYPE}, "
    f"techniques STRUCT(hasFrameworkAgreement VARCHAR), lots STRUCT(value {_MONEY_TYPE})[], "
    "documents STRUCT(noticeType VARCHAR, url VARCHAR)[])",
}
_NOTICE_TYPES = {
    "awards": f"STRUCT(documents {_TYPES_TYPE})[]",
    "contracts": f"STRUCT(documents {_TYPES_TYPE})[]",
}
_AWARD_COLUMNS = {
    "ocid": "VARCHAR",
    "id": "VARCHAR",
    "tender": f"STRUCT(minValue {_MONEY_TYPE})",
    "awards": "STRUCT(id VARCHAR, title VARCHAR, description VARCHAR, status VARCHAR, date VARCHAR, "
    f"value {_MONEY_TYPE}, suppliers {_NAMED_TYPE}[], contractPeriod {_PERIOD_TYPE})[]",
}
_SIGNED = {
    "contracts": f"STRUCT(awardID VARCHAR, status VARCHAR, dateSigned VARCHAR, value {_MONEY_TYPE}, "
    f"period {_PERIOD_TYPE})[]"
}


class _Record(msgspec.Struct):
    releases: list[msgspec.Raw] | None = None
    compiledRelease: msgspec.Raw = msgspec.Raw(b"")


class _Package(msgspec.Struct):
    releases: list[msgspec.Raw] | None = None
    records: list[_Record] | None = None
    ocid: str | None = None


_decode_package = msgspec.json.Decoder(_Package).decode
_decode_packages = msgspec.json.Decoder(list[_Package]).decode
_decode_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


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


# -- typed read ----------------------------------------------------------------------------------------------


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
_ALL_TYPES = (
    "list_filter(list_concat(list_transform(coalesce(tender.documents, []), lambda d: d.noticeType), "
    f"{_documents('awards')}, {_documents('contracts')}), {_ABSENT})[-1]"
)
_NOTICES_SQL = f"""
CREATE OR REPLACE TEMP TABLE n AS
WITH read AS (SELECT *, list_filter(coalesce(parties, []), lambda p: p.id = buyer.id)[1] AS buyer_party FROM {{source}})
SELECT
  {_PORTAL_SQL} || ':' || ocid || ':' || id AS notice_id,
  {_PORTAL_SQL} AS portal, ocid, nullif(trim(id), '') AS release_id, {_sql_text("tender.id")} AS reference,
  {_date("date")} AS published_on,
  {_STAMP.format("date")} AS published_at,
  coalesce(tag, []) AS tags,
  {{notice_type}} AS notice_type,
  {_sql_text("tender.legalBasis.id")} AS legal_basis,
  list_filter(coalesce(links, []), lambda l: l.rel = 'canonical')[1].href AS canonical_url,
  CASE {_PORTAL_SQL}
    {_ADDRESSES}
    ELSE list_filter(list_transform(coalesce(tender.documents, []), lambda d: d.url), lambda u: u LIKE 'http%')[1]
  END AS url,
  {_sql_text("tender.title")} AS title,
  {_sql_text("tender.description")} AS description,
  {_sql_text("coalesce(buyer.name, buyer_party.name)")} AS buyer_name,
  {_sql_text("buyer_party.identifier.scheme")} AS buyer_scheme,
  {_sql_text("buyer_party.identifier.id")} AS buyer_number,
  {_sql_text("tender.status")} AS tender_status,
  {_sql_text("tender.procurementMethod")} AS method,
  {_sql_text("tender.procurementMethodDetails")} AS method_details,
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
  ], {_ABSENT}) AS flags,
  parties
FROM read
"""

# A notice that only changes a contract carries no award; its facts still belong to one.
_WITH_SIGNED = f"""
  SELECT notice_id, a AS award, list_filter(coalesce(contracts, []), lambda c: c.awardID = a.id)[1] AS signed, minimum
  FROM (SELECT notice_id, unnest(awards) AS a, contracts, minimum FROM read)
  UNION ALL BY NAME
  SELECT notice_id, struct_update(NULL::{_AWARD_COLUMNS["awards"].removesuffix("[]")}, id := c.awardID) AS award, c AS signed
  FROM (SELECT notice_id, unnest(contracts) AS c, list_transform(coalesce(awards, []), lambda a: a.id) AS ids FROM read)
  WHERE c.awardID IS NOT NULL AND NOT list_contains(ids, c.awardID)"""
_WITHOUT_SIGNED = f"""
  SELECT notice_id, unnest(awards) AS award, NULL::{_SIGNED["contracts"].removesuffix("[]")} AS signed, minimum FROM read"""
_AWARDS_SQL = f"""
CREATE OR REPLACE TEMP TABLE a AS
WITH read AS (
  SELECT *, {_PORTAL_SQL} || ':' || ocid || ':' || id AS notice_id,
         CASE WHEN len(awards) = 1 THEN tender.minValue.amount END AS minimum
  FROM {{source}}
), m AS (
  SELECT *, coalesce(award.value.amount, signed.value.amount) AS amount FROM ({{with_signed}})
)
SELECT
  notice_id,
  coalesce(nullif(trim(award.id), ''), '1') AS award_id,
  {_sql_text("award.title")} AS title,
  {_sql_text("award.description")} AS description,
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
FROM m
"""
_SUPPLIERS_SQL = f"""
CREATE OR REPLACE TEMP TABLE s AS
WITH numbers AS (
  SELECT notice_id, p.id AS id, min(p.identifier.id) AS number
  FROM (SELECT notice_id, unnest(parties) AS p FROM n) WHERE p.identifier.scheme = 'GB-COH' GROUP BY ALL
), named AS (
  SELECT rowid AS item, notice_id, unnest(named) AS supplier, generate_subscripts(named, 1) AS place
  FROM a WHERE len(named) > 0
)
SELECT item, list({_sql_text("supplier.name")} ORDER BY place) AS suppliers,
       list(coalesce({_sql_text("number")}, '-') ORDER BY place) AS supplier_numbers
FROM named LEFT JOIN numbers ON numbers.notice_id = named.notice_id AND numbers.id = supplier.id
WHERE {_sql_text("supplier.name")} IS NOT NULL
GROUP BY item
"""
_NOTICE_NAMES = ", ".join(
    {"version": "'' AS version", "source_id": "$source AS source_id", "publisher_name": "NULL::VARCHAR AS publisher_name",
     "organisation_id": "NULL::VARCHAR AS organisation_id"}.get(name, name)
    for name in schema.table("notices").names()
)  # fmt: skip
_AWARD_NAMES = ", ".join(
    {"version": "'' AS version", "source_id": "$source AS source_id", "suppliers": "coalesce(suppliers, []) AS suppliers",
     "supplier_numbers": "coalesce(supplier_numbers, []) AS supplier_numbers"}.get(name, f"a.{name}")
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
    connection = _connection()
    while lines:
        lines = _load(connection, lines, batch)
        source = {"source": source_id}
        notices = connection.sql(f"SELECT {_NOTICE_NAMES} FROM n", params=source).to_arrow_table()
        awards = connection.sql(
            f"SELECT {_AWARD_NAMES} FROM a LEFT JOIN s ON a.rowid = s.item", params=source
        ).to_arrow_table()
        parts.append(stamp_versions(clean("notices", notices), clean("awards", awards)))
    for index, name in enumerate(("notices", "awards")):
        batch.tables[name] = pa.concat_tables([schema.empty(name), *(part[index] for part in parts)])
    return batch


_local = threading.local()


def _connection() -> duckdb.DuckDBPyConnection:
    """This thread's connection for reading: opening one costs as much as reading thousands of releases."""
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect(config={"threads": 1})
        _local.connection.execute("SET TimeZone = 'UTC'")
    connection: duckdb.DuckDBPyConnection = _local.connection
    return connection


def _load(connection: duckdb.DuckDBPyConnection, lines: list[bytes], batch: Batch) -> list[bytes]:
    """Leave the usable releases in tables n, a and s. Returns those that repeat an id, for another round."""
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
  SELECT rowid AS row, ocid, release_id, tags,
         row_number() OVER (PARTITION BY ocid, release_id ORDER BY rowid) AS copy FROM n
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
    """One typed read of all lines into tables n, a and s; duckdb.Error where one of them does not fit."""
    body = b"\n".join(lines) + b"\n"
    path.write_bytes(body)
    types = b'"noticeType"' in body
    signed = b'"contracts"' in body
    size = max(1 << 20, 2 * max(map(len, lines), default=0))

    def source(columns: Mapping[str, str]) -> str:
        listed = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
        return (
            f"read_json('{path.as_posix()}', format='newline_delimited', columns={{{listed}}}, "
            f"maximum_object_size={size})"
        )

    connection.execute(
        _NOTICES_SQL.replace("{source}", source(_NOTICE_COLUMNS | (_NOTICE_TYPES if types else {}))).replace(
            "{notice_type}", _ALL_TYPES if types else "NULL::VARCHAR"
        )
    )
    connection.execute(
        _AWARDS_SQL.replace("{with_signed}", _WITH_SIGNED if signed else _WITHOUT_SIGNED).replace(
            "{source}", source(_AWARD_COLUMNS | (_SIGNED if signed else {}))
        )
    )
    connection.execute(_SUPPLIERS_SQL)


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
                reason = str(error).splitlines()[0][:200]
                batch.rejected.append(Rejected("a release", part[0], f"its types are wrong: {reason}"))
    return found


# -- shared by every reader of notices ---------------------------------------------------------------------

# What `plain` would change, coarsely, in the words of RE2: a text that matches none of it is plain already.
_SUSPICIOUS = (
    r"@|＠|\(at\)|\[at\]|[\x00-\x1f\x7f-\x{9f}\x{a0}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{feff}]|  "
    r"|(?:\+44|\b0)[\d\s().-]{9,}"
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
    doubted = pc.or_kleene(
        pc.match_substring_regex(values, _SUSPICIOUS),
        pc.greater(pc.utf8_length(values), pa.scalar(MAX_TEXT, pa.int32())),
    )
    at = pc.indices_nonzero(pc.fill_null(doubted, False)).to_pylist()
    if not at:
        return values
    changed = pa.array([plain(text) or fill for text in values.take(pa.array(at)).to_pylist()], type=pa.string())
    return pc.replace_with_mask(values, pc.fill_null(doubted, False), changed)


def stamp_versions(notices: pa.Table, awards: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Both tables with `version` set: a fingerprint of a notice and its awards, without where they came from.

    The same notice read from two files has one version; a changed notice has another, and both are kept.
    """

    def said(table: pa.Table) -> str:
        names = [name for name in table.column_names if name not in ("version", "source_id")]
        return "concat_ws(chr(31), " + ", ".join(f"coalesce({name}::VARCHAR, chr(30))" for name in names) + ")"

    connection = _connection()
    connection.register("given_notices", notices)
    connection.register("given_awards", awards)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE versions AS
            WITH parts AS (SELECT notice_id, string_agg(s, chr(29) ORDER BY s) AS s
                           FROM (SELECT notice_id, {said(awards)} AS s FROM given_awards) GROUP BY notice_id)
            SELECT notice_id, left(md5(concat_ws(chr(28), n.s, parts.s)), 16) AS version
            FROM (SELECT notice_id, {said(notices)} AS s FROM given_notices) n LEFT JOIN parts USING (notice_id)"""
    )
    stamped = [
        connection.sql(
            f"SELECT t.* REPLACE (v.version AS version) FROM given_{name} t JOIN versions v USING (notice_id)"
        )
        .to_arrow_table()
        .cast(schema.arrow_schema(name))
        for name in ("notices", "awards")
    ]
    for name in ("given_notices", "given_awards"):
        connection.unregister(name)
    return stamped[0], stamped[1]
