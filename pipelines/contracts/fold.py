"""Notices and awards folded into contracts: one row per award within OCID, buyer and portal.

Releases of one process are read in order of publication; a later award with the same id replaces the
earlier one. The value stays on the award, never on a supplier. 0 and 1 stand for "unknown"; values up to
100 are suspect and counted, not summed.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pipelines.contracts.identity import Buyers, Suppliers
from pipelines.contracts.provider_evidence import ProviderWords, behind
from pipelines.records import Contract, ContractProvider, ContractSupplier
from pipelines.reference import Reference

Row = Mapping[str, Any]
_CALL_OFF = re.compile(r"call[- ]?off", re.IGNORECASE)
_FRAMEWORK = re.compile(r"\bframework( agreement)?\b|\bdynamic purchasing system\b|\bDPS\b", re.IGNORECASE)
_REPLACES = re.compile(r"replaces (?:the )?contract\b.{0,200}?reference\s+([\w./-]+)", re.IGNORECASE | re.DOTALL)


def contract_class(notice: Row, award: Row) -> str:
    """contract, call_off, framework or unknown, from what the notice says of itself."""
    details = notice["method_details"] or ""
    text = f"{notice['title'] or ''} {award['title'] or ''}"
    if _CALL_OFF.search(details) or _CALL_OFF.search(text):
        return "call_off"
    if notice["is_framework"]:
        return "framework"
    if len(award["suppliers"]) > 1 and _FRAMEWORK.search(text):
        return "framework"
    if _FRAMEWORK.search(notice["title"] or "") and not award["suppliers"]:
        return "framework"
    awarded = award["suppliers"] or award["value"] is not None or award["awarded_on"] or award["start_on"]
    return "contract" if awarded else "unknown"


def value_status(value: Decimal | None) -> str:
    """known, unknown (none, 0 or 1) or suspect (up to 100)."""
    if value is None or value in (0, 1):
        return "unknown"
    return "suspect" if value <= 100 else "known"


def _status(notice: Row, award: Row) -> str:
    if "awardCancellation" in notice["tags"] or "tenderCancellation" in notice["tags"]:
        return "cancelled"
    if "contractTermination" in notice["tags"]:
        return "withdrawn"
    return {
        "active": "active",
        "pending": "pending",
        "cancelled": "cancelled",
        "unsuccessful": "cancelled",
    }.get(award["award_status"] or "active", "active")


def latest(notices: Iterable[Row]) -> list[Row]:
    """One version per notice: the newest published, then the highest fingerprint, whatever came first."""
    best: dict[str, Row] = {}
    for row in notices:
        other = best.get(row["notice_id"])
        if other is None or _order(row) > _order(other):
            best[row["notice_id"]] = row
    return [best[key] for key in sorted(best)]


def _order(row: Row) -> tuple[str, str, str]:
    # The source with the smallest id speaks for a row that several carry, so that order never shows.
    return (str(row["published_at"] or row["published_on"] or ""), row["version"], _inverse(row["source_id"]))


def _inverse(text: str) -> str:
    return "".join(chr(0x10FFFF - ord(c)) for c in text)


def fold(
    reference: Reference, buyers: Buyers, notices: list[Row], awards: Iterable[Row]
) -> tuple[list[Contract], list[ContractSupplier], list[ContractProvider]]:
    """Contracts, their suppliers and the providers behind them, from the latest notices."""
    suppliers = Suppliers(reference)
    words = ProviderWords(reference)
    by_notice: dict[str, dict[str, Row]] = defaultdict(dict)
    for award in awards:
        kept = by_notice[award["notice_id"]].get(award["award_id"])
        if kept is None or award["source_id"] < kept["source_id"]:
            by_notice[award["notice_id"]][award["award_id"]] = award
    processes: dict[tuple[str, str, str, str], list[tuple[Row, Row]]] = defaultdict(list)
    for notice in sorted(notices, key=lambda n: (_order(n), n["notice_id"])):
        for award in by_notice.get(notice["notice_id"], {}).values():
            buyer = buyers.find(notice["buyer_name"]) or (notice["buyer_name"] or "").casefold()
            process = notice["ocid"] or f"reference:{notice['reference'] or notice['notice_id']}"
            processes[notice["portal"], process, buyer, award["award_id"]].append((notice, award))
    contracts, supplier_rows, provider_rows = [], [], []
    for key in sorted(processes):
        contract, named, providers = _one(reference, buyers, suppliers, words, key, processes[key])
        contracts.append(contract)
        supplier_rows.extend(named)
        provider_rows.extend(providers)
    return contracts, supplier_rows, provider_rows


def _one(
    reference: Reference,
    buyers: Buyers,
    suppliers: Suppliers,
    words: ProviderWords,
    key: tuple[str, str, str, str],
    history: list[tuple[Row, Row]],
) -> tuple[Contract, list[ContractSupplier], list[ContractProvider]]:
    notice, award = history[-1]
    portal, _process, _buyer, award_id = key
    contract_id = "c-" + hashlib.sha256("\x1f".join(key).encode()).hexdigest()[:16]
    net, gross = award["value"], award["value_gross"]
    shown = net if net is not None else gross
    currency = award["currency"] or ("GBP" if shown is not None else None)
    status = value_status(shown)
    in_pounds = currency == "GBP" and status == "known"
    title = award["title"] or notice["title"]
    description = award["description"] or notice["description"]
    replaces = _REPLACES.search(f"{notice['description'] or ''} {award['description'] or ''}")
    contract = Contract(
        contract_id=contract_id,
        group_id=contract_id,
        portal=portal,
        ocid=notice["ocid"],
        reference=notice["reference"],
        award_id=award_id,
        notice_ids=tuple(dict.fromkeys(n["notice_id"] for n, _ in history)),
        organisation_id=buyers.find(notice["buyer_name"]),
        buyer_name=notice["buyer_name"],
        publisher_name=notice["publisher_name"],
        title=title,
        description=description,
        contract_class=contract_class(notice, award),
        service_class=None,
        status=_status(notice, award),
        value_gbp=shown if in_pounds else None,
        value_low=shown if in_pounds else None,
        value_high=shown if in_pounds else None,
        value_net=net if gross is not None else None,
        value_gross=gross,
        value_basis="gross" if net is None and gross is not None else "net" if gross is not None else "unknown",
        value_status=status,
        currency=currency,
        published_on=notice["published_on"],
        awarded_on=award["awarded_on"],
        signed_on=award["signed_on"],
        start_on=award["start_on"],
        end_on=award["end_on"],
        max_end_on=award["max_end_on"],
        method_details=notice["method_details"],
        cpv=notice["cpv"],
        superseded_by=None,
        replaces_text=replaces.group(1).rstrip(".)") if replaces else None,
        flags=tuple(sorted({*notice["flags"], *award["flags"]})),
        url=notice["url"],
        source_id=notice["source_id"],
    )
    numbers = list(award["supplier_numbers"]) + ["-"] * len(award["suppliers"])
    identities = [
        (name, suppliers.find(name, number if number != "-" else None), number)
        for name, number in zip(award["suppliers"], numbers, strict=False)
    ]
    named = []
    for name, identity, number in {item[0]: item for item in identities}.values():
        named.append(
            ContractSupplier(
                contract_id=contract_id,
                supplier_name=name,
                company_number=number if number != "-" else None,
                provider=identity.provider,
                reseller=identity.reseller,
                parent=reference.parent(identity.provider) if identity.provider else None,
                rule_id=identity.rule_id,
                grade="direct" if identity.provider else None,
                source_id=notice["source_id"],
            )
        )
    found = behind(words, [(name, identity) for name, identity, _ in identities], title, description)
    resold = any(identity.reseller for _, identity, _ in identities)
    providers = [
        ContractProvider(
            contract_id=contract_id,
            provider=item.provider,
            parent=reference.parent(item.provider),
            jurisdiction=reference.jurisdiction(item.provider),
            grade=item.grade,
            certainty="inferred" if item.grade == "inferred" else "known",
            via_reseller=resold and item.grade != "direct",
            marketplace=False,
            phrase=item.phrase,
            place=item.place,
            rule_id=item.rule_id,
            source_id=notice["source_id"],
        )
        for item in found
    ]
    return contract, named, providers
