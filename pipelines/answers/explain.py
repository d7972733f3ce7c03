"""Where a finding or contract comes from: record, rule, source and date, hop by hop."""

from __future__ import annotations

from typing import Any

from pipelines.answers import Answer, Figure, new, number, sources_of
from pipelines.attribution import names
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "explain"
QUESTION = "How do we know?"
METHODS = (
    "Each row names the rule that led to it and the records that the rule read. A record names its source; a "
    "source its address or file, when it was fetched, and the SHA-256 of the bytes."
)


def answer(edition: Edition, subject: str) -> Answer:
    """Everything held about a host, service, organisation, contract, notice reference or finding.

    Figures: held, evidence. body.findings: one entry per finding, statement or contract, each with its evidence (kind, value, source,
    url, fetched_at, sha256, rule_id). UnknownName where nothing is held.
    """
    host = names.host(subject)
    entries = [
        *_findings(edition, host, subject),
        *_statements(edition, subject),
        *_contracts(edition, subject),
    ]
    if not entries:
        candidates = edition.query(
            "SELECT DISTINCT subject FROM findings UNION SELECT service_id FROM services "
            "UNION SELECT organisation_id FROM organisations"
        )["subject"]
        raise UnknownName("subject", subject, candidates)
    title = f"{number(len(entries))} findings, statements and contracts about {subject}, each with its evidence."
    used = {item["source_id"] for entry in entries for item in entry["evidence"]}
    return new(
        edition,
        ID,
        QUESTION,
        title,
        "what we hold about this subject",
        METHODS,
        figures=[
            Figure("held", "Findings, statements and contracts", len(entries), unit="rows"),
            Figure("evidence", "Records behind them", sum(len(entry["evidence"]) for entry in entries), unit="records"),
        ],
        parameters={"subject": subject},
        sources=sources_of(edition, used),
        body={"subject": subject, "findings": entries},
    )


def _evidence(
    edition: Edition,
    kind: str,
    value: str | None,
    source_id: str,
    rule_id: str | None,
    url: str | None,
    day: Any,
) -> dict[str, Any]:
    source = edition.sources.get(source_id, {})
    return {
        "kind": kind,
        "value": value,
        "date": day,
        "source": source.get("title"),
        "source_id": source_id,
        "url": url or source.get("url"),
        "fetched_at": source.get("fetched_at"),
        "sha256": source.get("sha256"),
        "rule_id": rule_id,
    }


def _findings(edition: Edition, host: str, subject: str) -> list[dict[str, Any]]:
    rows = edition.rows(
        "SELECT * FROM findings WHERE subject = $host OR service_id = $subject OR finding_id = $subject "
        "ORDER BY role, layer, provider",
        {"host": host, "subject": subject},
    )
    entries = []
    for row in rows:
        seen = edition.rows(
            "SELECT * FROM observations WHERE observation_id IN (SELECT unnest($ids)) ORDER BY subject, kind, value",
            {"ids": list(row["evidence_ids"])},
        )
        entry = {key: row[key] for key in row if key not in ("evidence_ids", "private", "source_id")}
        entry["evidence"] = [
            _evidence(
                edition,
                o["kind"],
                f"{o['subject']} {o['kind']} {o['value']}",
                o["source_id"],
                row["rule_id"],
                None,
                o["seen_on"],
            )
            for o in seen
        ]
        entries.append(entry)
    return entries


def _statements(edition: Edition, subject: str) -> list[dict[str, Any]]:
    rows = edition.rows(
        "SELECT * FROM statements WHERE lower(subject) = lower($subject) OR service_id = $subject "
        "OR statement_id = $subject ORDER BY statement_id",
        {"subject": subject},
    )
    entries = []
    for row in rows:
        entry = {
            "statement_id": row["statement_id"],
            "subject": row["subject"],
            "role": row["role"],
            "layer": row["layer"],
            "provider": row["provider"],
            "product": row["product"],
            "region": row["region"],
            "confidence": row["confidence"],
            "certainty": row["certainty"],
            "current": row["current"],
        }
        entry["evidence"] = [
            _evidence(
                edition,
                f"statement ({row['source_kind']})",
                row["statement"],
                row["source_id"],
                "published-statement",
                row["url"],
                row["stated_on"],
            )
        ]
        entries.append(entry)
    return entries


def _contracts(edition: Edition, subject: str) -> list[dict[str, Any]]:
    rows = edition.rows(
        "SELECT * FROM contracts WHERE contract_id = $subject OR ocid = $subject OR reference = $subject "
        "OR organisation_id = $subject OR list_contains(notice_ids, $subject) "
        "ORDER BY value_gbp DESC NULLS LAST, contract_id LIMIT 200",
        {"subject": subject},
    )
    entries = []
    for row in rows:
        suppliers = edition.rows(
            "SELECT * FROM contract_suppliers WHERE contract_id = $id ORDER BY supplier_name",
            {"id": row["contract_id"]},
        )
        providers = edition.rows(
            "SELECT * FROM contract_providers WHERE contract_id = $id ORDER BY provider",
            {"id": row["contract_id"]},
        )
        notices = edition.rows(
            "SELECT * FROM notices WHERE notice_id IN (SELECT unnest($ids)) ORDER BY notice_id",
            {"ids": list(row["notice_ids"])},
        )
        entry = {
            "contract_id": row["contract_id"],
            "group_id": row["group_id"],
            "buyer_name": row["buyer_name"],
            "organisation_id": row["organisation_id"],
            "title": row["title"],
            "value_gbp": row["value_gbp"],
            "value_status": row["value_status"],
            "contract_class": row["contract_class"],
            "awarded_on": row["awarded_on"],
            "start_on": row["start_on"],
            "end_on": row["end_on"],
            "suppliers": [s["supplier_name"] for s in suppliers],
            "providers": [p["provider"] for p in providers],
        }
        entry["evidence"] = [
            _evidence(
                edition,
                "notice",
                f"{n['notice_id']}: {n['title']}",
                n["source_id"],
                "fold",
                n["url"],
                n["published_on"],
            )
            for n in notices
        ] + [
            _evidence(
                edition,
                f"provider ({p['grade']})",
                f"{p['phrase'] or p['provider']} in {p['place']}",
                p["source_id"],
                p["rule_id"],
                row["url"],
                None,
            )
            for p in providers
        ]
        entries.append(entry)
    return entries
