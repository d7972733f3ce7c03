"""Notices and awards folded into contracts, in columns: one row per award within process, buyer and portal.

The rules, each with its reason in the research on notices:

* releases of one process are read in order of publication and release number; a later one supersedes field
  by field, an omitted field stays (OCDS merge), nothing is added up;
* a process is an OCID *and* its buyer: one published OCID held releases of 29 buyers;
* the value lives on the award; 0 and 1 stand for unknown, up to 100 is suspect, and so is what is negative or
  over a hundred billion; values in another currency are kept and not summed;
* net and gross are kept apart and none is converted;
* a framework's value is permission to spend: the class decides whether it may be summed;
* five dates apart, none clamped; an end beyond 2045 is flagged;
* cancelled and withdrawn contracts stay visible and leave every total.
"""

from __future__ import annotations

import duckdb

from pipelines.contracts.classes import CALL_OFF, CURRENCY_WORDS, FRAMEWORK

# Everything below speaks of tables `notices` and `awards` (stored rows, every version from every source) and
# `buyer_names` (buyer, day, text -> organisation), and leaves `contracts_raw`.

# What the rules below look for in texts. One look at each text says whether any of them has anything to find in it
# (`telling`, beside the words of providers that come later): most have not.
_REPLACES = r"(?i)replaces (?:the )?contract\b[^.]*?reference ([\w./-]*\w)"
_TOLD = rf"{CURRENCY_WORDS}|replaces"
_TELLING = "regexp_matches(concat_ws(' ', {0}.title, {0}.description), $told, 'i')"

# What one notice states, by itself: a later notice of the same contract may state another value.
_AMOUNT = "coalesce({0}value, {0}value_gross)"
_CURRENCY = f"coalesce({{0}}currency, CASE WHEN {_AMOUNT} IS NOT NULL THEN 'GBP' END)"
_KNOWN = "({0} > 100 AND {0} < 100000000000)"
_STATED = f"CASE WHEN {_CURRENCY} = 'GBP' AND {_KNOWN.format(_AMOUNT)} THEN {_AMOUNT}::VARCHAR ELSE '' END".format("a.")

# Only narrow rows are sorted; texts are fetched once it is known which rows are wanted.
LATEST = f"""
CREATE OR REPLACE TEMP TABLE latest AS
WITH picked AS (
  SELECT notice_id, version, source_id FROM notices
  QUALIFY row_number() OVER (
    PARTITION BY notice_id
    ORDER BY coalesce(published_at, published_on::TIMESTAMPTZ) DESC NULLS LAST, version DESC, source_id
  ) = 1
)
SELECT n.* EXCLUDE (organisation_id, publisher_name, buyer_name),
       coalesce(n.published_at, n.published_on::TIMESTAMPTZ, TIMESTAMPTZ '1970-01-01') AS stamp,
       coalesce(n.ocid, 'reference:' || n.notice_id) AS process,
       b.organisation_id, coalesce(b.shown_name, n.buyer_name) AS buyer_name,
       coalesce(b.publisher, n.publisher_name) AS publisher_name, b.flag AS buyer_flag,
       coalesce(b.organisation_id, lower(n.buyer_name), '') AS buyer_key, {_TELLING.format("n")} AS telling
FROM notices n JOIN picked USING (notice_id, version, source_id) LEFT JOIN buyer_names b USING (notice_id, version)
"""

# One row per award and latest notice, whichever source carries it; `alone` where no other release has this award.
KEYS = """
CREATE OR REPLACE TEMP TABLE award_keys AS
WITH found AS (
  SELECT n.portal, n.process, n.buyer_key, a.award_id, a.notice_id, a.version, min(a.source_id) AS source_id
  FROM awards a JOIN latest n USING (notice_id, version) GROUP BY ALL
), several AS (
  SELECT portal, process, buyer_key, award_id FROM found GROUP BY ALL HAVING count(*) > 1
)
SELECT f.*, s.portal IS NULL AS alone FROM found f LEFT JOIN several s USING (portal, process, buyer_key, award_id)
"""

_NOTICE_PARTS = (
    "ocid", "reference", "organisation_id", "buyer_name", "publisher_name", "notice_type", "legal_basis",
    "canonical_url", "url", "method_details", "is_framework", "cpv", "tender_currency", "buyer_flag", "tags", "published_on",
)  # fmt: skip
_AWARD_PARTS = (
    "title", "description", "award_status", "value", "value_gross", "value_min", "value_max", "currency", "awarded_on",
    "signed_on", "start_on", "end_on", "max_end_on", "suppliers", "supplier_numbers",
)  # fmt: skip
_ROWS = f"""
SELECT k.portal, k.process, k.buyer_key, k.award_id, n.notice_id, n.stamp, n.release_id, n.source_id,
       {_STATED} AS stated, n.telling OR {_TELLING.format("a")} AS telling, n.title AS notice_title, n.description AS notice_description, n.flags AS notice_flags, a.flags AS award_flags,
       {", ".join(f"n.{c}" for c in _NOTICE_PARTS)}, {", ".join(f"a.{c}" for c in _AWARD_PARTS)}
FROM award_keys k JOIN latest n ON n.notice_id = k.notice_id
JOIN awards a ON a.notice_id = k.notice_id AND a.version = k.version AND a.award_id = k.award_id AND a.source_id = k.source_id
WHERE """

# What any notice of a process says about the whole of it.
PROCESSES = """
CREATE OR REPLACE TEMP TABLE process_state AS
SELECT portal, process, buyer_key,
       bool_or(notice_type = 'UK12' OR list_contains(tags, 'tenderCancellation') OR list_contains(tags, 'awardCancellation')) AS cancelled,
       bool_or(notice_type = 'UK11' OR list_contains(tags, 'contractTermination')) AS terminated
FROM latest GROUP BY ALL HAVING cancelled OR terminated
"""

_LAST = "arg_max({0}, turn) AS {0}"
_FOLDED = (
    "notice_id", "source_id", "notice_title", "notice_description", "notice_flags", "award_flags",
    *(c for c in _NOTICE_PARTS if c != "published_on"), *(c for c in _AWARD_PARTS if not c.startswith("supplier")),
)  # fmt: skip

# Most awards stand in one release; only the others are worth a group. The running number that Contracts Finder puts
# behind the notice's GUID counts revisions.
_FOLDED_ROWS = f"""
SELECT * EXCLUDE (stamp, release_id, stated), [notice_id] AS notice_ids, [stated] AS notice_values, false AS signed_tag FROM ({_ROWS} k.alone)
UNION ALL BY NAME
SELECT portal, process, buyer_key, award_id, {", ".join(_LAST.format(c) for c in _FOLDED)},
       arg_max(suppliers, turn) FILTER (len(suppliers) > 0) AS suppliers,
       arg_max(supplier_numbers, turn) FILTER (len(suppliers) > 0) AS supplier_numbers,
       min(published_on) AS published_on, list(notice_id ORDER BY notice_id) AS notice_ids,
       list(stated ORDER BY notice_id) AS notice_values,
       bool_or(list_contains(tags, 'contract')) AS signed_tag, bool_or(telling) AS telling
FROM (
  SELECT *, row_number() OVER (
    ORDER BY stamp, try_cast(regexp_extract(release_id, '-([0-9]+)$', 1) AS BIGINT) NULLS FIRST, notice_id
  ) AS turn
  FROM ({_ROWS} NOT k.alone)
)
GROUP BY portal, process, buyer_key, award_id
"""

CONTRACTS = f"""
CREATE OR REPLACE TEMP TABLE contracts_raw AS
WITH folded AS ({_FOLDED_ROWS}), shaped AS (
  SELECT f.*, coalesce(f.suppliers, []) AS named, coalesce(f.supplier_numbers, []) AS numbers,
         coalesce(f.title, f.notice_title) AS shown_title,
         coalesce(f.description, f.notice_description) AS shown_description,
         {_AMOUNT.format("f.")} AS amount, {_CURRENCY.format("f.")} AS money,
         lower(concat_ws(' ', f.title, f.notice_title)) AS titles,
         s.cancelled, s.terminated
  FROM folded f LEFT JOIN process_state s USING (portal, process, buyer_key)
), judged AS (
  SELECT *,
    CASE
      WHEN amount IS NULL OR amount IN (0, 1) THEN 'unknown'
      WHEN {_KNOWN.format("amount")} THEN 'known'
      ELSE 'suspect'
    END AS value_state,
    CASE
      WHEN regexp_matches(lower(coalesce(method_details, '')), '{CALL_OFF}') OR regexp_matches(titles, '{CALL_OFF}')
        THEN 'call_off'
      WHEN is_framework THEN 'framework'
      WHEN len(named) <> 1 AND (regexp_matches(titles, '{FRAMEWORK}')
           OR (len(named) > 1 AND regexp_matches(lower(coalesce(notice_description, '')), '{FRAMEWORK}'))) THEN 'framework'
      WHEN len(named) > 0 OR amount IS NOT NULL OR awarded_on IS NOT NULL OR start_on IS NOT NULL THEN 'contract'
      ELSE 'unknown'
    END AS contract_class,
    CASE WHEN telling THEN CASE WHEN money = 'GBP' AND shown_description IS NOT NULL
         AND regexp_matches(lower(concat_ws(' ', shown_title, shown_description)), '{CURRENCY_WORDS}') THEN 'currency-doubt' END END
      AS currency_flag
  FROM shaped
)
SELECT
  'c-' || left(sha256(concat_ws(chr(31), portal, process, buyer_key, award_id)), 16) AS contract_id,
  portal, process, buyer_key, ocid, reference, award_id, notice_ids, notice_values, organisation_id, buyer_name, publisher_name,
  shown_title AS title, shown_description AS description, contract_class,
  CASE
    WHEN coalesce(terminated, false) AND NOT coalesce(cancelled, false) THEN 'withdrawn'
    WHEN coalesce(cancelled, false) OR award_status IN ('cancelled', 'unsuccessful') THEN 'cancelled'
    WHEN award_status = 'pending' AND signed_on IS NULL AND NOT signed_tag AND NOT list_contains(coalesce(tags, []), 'contract')
      THEN 'pending'
    ELSE 'active'
  END AS status,
  CASE WHEN money = 'GBP' AND value_state = 'known' THEN amount END AS value_gbp,
  CASE WHEN money = 'GBP' AND value_state = 'known'
       THEN least(amount, CASE WHEN value_min > 100 THEN value_min ELSE amount END) END AS value_low,
  CASE WHEN money = 'GBP' AND value_state = 'known' THEN greatest(amount, coalesce(value_max, amount)) END AS value_high,
  CASE WHEN portal = 'find-a-tender' OR value_gross IS NOT NULL THEN value END AS value_net,
  value_gross,
  CASE
    WHEN value IS NULL AND value_gross IS NOT NULL THEN 'gross'
    WHEN value IS NOT NULL AND (portal = 'find-a-tender' OR value_gross IS NOT NULL) THEN 'net'
    ELSE 'unknown'
  END AS value_basis,
  value_state AS value_status, money AS currency,
  published_on, awarded_on, signed_on, start_on, end_on, max_end_on, method_details, cpv,
  CASE WHEN telling THEN nullif(regexp_extract(notice_description, '{_REPLACES}', 1), '') END AS replaces_text,
  list_sort(list_distinct(list_filter(list_concat(coalesce(notice_flags, []), coalesce(award_flags, []), [
    buyer_flag, currency_flag,
    CASE WHEN money IS NOT NULL AND money <> 'GBP' THEN 'currency-not-pounds' END,
    CASE WHEN awarded_on IS NOT NULL AND published_on < awarded_on THEN 'published-before-award' END,
    CASE WHEN year(end_on) > 2045 THEN 'end-beyond-2045' END
  ]), lambda x: x IS NOT NULL))) AS flags,
  url, canonical_url, amount, named AS suppliers, numbers AS supplier_numbers, source_id, telling
FROM judged
"""


def fold(connection: duckdb.DuckDBPyConnection, words: str) -> None:
    """Leave `latest` (notices), and `contracts_raw` from tables `notices`, `awards` and `buyer_names`.

    `words`, an expression in RE2, is what later rules look for: where a contract is not `telling`, no text has any of it.
    """
    told = {"told": f"{_TOLD}|{words}"}
    connection.execute(LATEST, told)
    connection.execute(KEYS)
    connection.execute(PROCESSES)
    connection.execute(CONTRACTS, told)
