"""Named contracts of the reference tables as notices and awards."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from pipelines.contracts.portals import NO_NOTICE, portal_of, reference_key
from pipelines.errors import BadReference
from pipelines.records import Award, Notice
from pipelines.reference import Reference
from pipelines.reference_tables import parse_day, short, source_id


def named_contracts(reference: Reference) -> tuple[list[Notice], list[Award], dict[str, tuple[str, ...]]]:
    """The named contracts as notices and awards, so that they meet imported notices by their id.

    Also the providers that the table names, by notice id: they are graded `named` for a provider in the
    supplier's place or the title, `inferred` where the table says so.
    """
    file = "contracts.csv"
    notices, awards = [], []
    providers: dict[str, tuple[str, ...]] = {}
    for where, row in reference.rows(file, ("buyer", "supplier", "provider", "title_short", "value_gbp", "notice_id")):
        found, _mode = reference.by_word(row["provider"], row["title_short"], file, where)
        ocid = row["notice_id"] if row["notice_id"].startswith("ocds-") else None
        portal = portal_of(ocid) if ocid else "contracts-finder" if row["notice_id"] else NO_NOTICE
        reference_number = None if ocid else row["notice_id"] or None
        key = ocid or (
            reference_key(row["buyer"], row["notice_id"])
            if row["notice_id"]
            else short(row["buyer"], row["title_short"], row["value_gbp"], row["source_url"])
        )
        notice_id = f"{portal}:{key}"
        try:
            value = Decimal(row["value_gbp"]) if row["value_gbp"] else None
        except InvalidOperation as error:
            raise BadReference(file, where, f"value_gbp {row['value_gbp']!r} is not a number") from error
        awarded = parse_day(row["award_date"], file, where, "award_date")
        buyer = re.sub(r"\s*\((?:published|inferred|sic).*\)$", "", row["buyer"]).strip()
        inferred = "(inferred)" in row["supplier"] or "(inferred)" in row["provider"]
        supplier = re.sub(r"\s*\(.*?\)\s*$", "", row["supplier"]).strip()
        framework = row["provider"] == "FRAMEWORK"
        notices.append(
            Notice(
                notice_id=notice_id,
                portal=portal,
                ocid=ocid,
                release_id=None,
                reference=reference_number,
                version=short(*row.values()),
                published_on=None,
                published_at=None,
                tags=("award",),
                notice_type=None,
                legal_basis=None,
                canonical_url=None,
                url=row["source_url"] or None,
                title=row["title_short"],
                description=None,
                buyer_name=buyer or None,
                buyer_scheme=None,
                buyer_number=None,
                publisher_name=None,
                organisation_id=None,
                tender_status=None,
                method=None,
                method_details=None,
                is_framework=framework or None,
                cpv=None,
                tender_value=None,
                tender_currency=None,
                flags=(),
                source_id=source_id("contracts"),
            )
        )
        awards.append(
            Award(
                notice_id=notice_id,
                version=short(*row.values()),
                award_id="1",
                title=None,
                description=None,
                award_status="active",
                value=value,
                value_gross=None,
                value_min=None,
                value_max=None,
                currency="GBP" if value else None,
                awarded_on=awarded,
                signed_on=None,
                start_on=parse_day(row["start_date"], file, where, "start_date"),
                end_on=parse_day(row["end_date"], file, where, "end_date"),
                max_end_on=None,
                suppliers=(supplier,) if supplier and supplier != "many" and not inferred else (),
                supplier_numbers=("-",) if supplier and supplier != "many" and not inferred else (),
                flags=(),
                source_id=source_id("contracts"),
            )
        )
        providers[notice_id] = tuple(
            f"{'inferred' if inferred else 'named'}:{p}" for p in found if p not in ("none", "unknown")
        )
    return notices, awards, providers
