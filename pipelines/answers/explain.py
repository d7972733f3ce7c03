"""Where a finding or contract comes from: record, rule, source and date, hop by hop."""

from __future__ import annotations

from typing import Any

from pipelines import reference
from pipelines.answers import Answer, Figure, count, listing, new, number, provider_name, sources_of
from pipelines.attribution import names
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName

ID = "explain"
QUESTION = "How do we know?"
METHODS = (
    "Each row names the rule that led to it and the records that the rule read. A record names its source; a "
    "source its address or file, when it was fetched, and the SHA-256 of the bytes."
)


# Rows of each kind that one answer carries, largest or first by name; how many there are is counted all the same.
MOST = 200


def answer(edition: Edition, subject: str) -> Answer:
    """Everything held about a host, service, organisation, contract, notice reference, finding or incident.

    Figures: held, evidence. body: name (as a reader knows the subject), findings: one entry per finding, statement, contract or incident,
    each with its evidence (kind, value, source, url, fetched_at, sha256, rule_id). A body, service or host that we list without
    any has none; UnknownName for what we do not list, Refused with another way to ask for a provider.
    """
    host = names.host(subject)
    kinds = {
        "finding": _findings(edition, host, subject),
        "statement": _statements(edition, subject),
        "contract": _contracts(edition, subject),
        "incident": _incidents(edition, subject),
    }
    entries = [entry for _, found in kinds.values() for entry in found]
    name = _listed(edition, host, subject)
    if not entries and name is None:
        _refuse_provider(subject)
        candidates = edition.query(
            "SELECT DISTINCT subject FROM findings UNION SELECT service_id FROM services "
            "UNION SELECT organisation_id FROM organisations UNION SELECT incident_id FROM incidents"
        )["subject"]
        raise UnknownName("subject", subject, candidates)
    if name is None:
        one = entries[0] if len(entries) == 1 else {}
        name = str(one.get("title") or one.get("subject") or subject)
    held = sum(total for total, _ in kinds.values())
    counted = listing([count(total, kind) for kind, (total, _) in kinds.items() if total])
    title = (
        f"{counted} about {name}, {'each ' if held > 1 else ''}with its evidence."
        if held
        else f"We hold no finding, statement or contract about {name}: that is a gap of ours, not a finding."
    )
    used = {item["source_id"] for entry in entries for item in entry["evidence"]}
    return new(
        edition,
        ID,
        QUESTION,
        title,
        "what we hold about this subject",
        METHODS,
        figures=[
            Figure("held", "Findings, statements, contracts and incidents", held, unit="rows"),
            Figure("evidence", "Records behind them", sum(len(entry["evidence"]) for entry in entries), unit="records"),
        ],
        caveats=[
            f"{number(len(entries))} of {number(held)} are here, with their records; the tables of the edition have all."
        ]
        if held > len(entries)
        else [],
        parameters={"subject": subject},
        sources=sources_of(edition, used),
        body={"subject": subject, "name": name, "findings": entries},
    )


def _refuse_provider(subject: str) -> None:
    """A provider or its company has no record of its own: say what tells of it."""
    known = reference.load().providers
    if subject not in known and subject not in {provider.parent for provider in known.values()}:
        return
    ways = [f"cloudhold claim --provider {subject} counts its contracts"]
    if subject in known:
        ways.insert(0, f"cloudhold explain --answer dependence provider={subject} lists what depends on it")
    raise Refused(f"{subject} is a provider, and what we hold is about those who use it: {' and '.join(ways)}")


def _listed(edition: Edition, host: str, subject: str) -> str | None:
    """The name of a body or service that we list, or the host of one; None for what we do not list."""
    for table, column in (("organisations", "organisation_id"), ("services", "service_id")):
        found = edition.value(f"SELECT name FROM {table} WHERE {column} = $subject", {"subject": subject})
        if found is not None:
            return str(found)
    known = edition.value("SELECT count(*) FROM services WHERE list_contains(hosts, $host)", {"host": host})
    return host if known else None


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


def _findings(edition: Edition, host: str, subject: str) -> tuple[int, list[dict[str, Any]]]:
    rows = edition.rows(
        "SELECT *, count(*) OVER () AS total FROM findings WHERE subject = $host OR service_id = $subject "
        "OR finding_id = $subject OR organisation_id = $subject "
        f"ORDER BY role, layer, provider, subject LIMIT {MOST}",
        {"host": host, "subject": subject},
    )
    # One look for the records of all of them: a body has hundreds of findings.
    observed = {
        o["observation_id"]: o
        for o in edition.rows(
            "SELECT * FROM observations WHERE observation_id IN (SELECT unnest($ids))",
            {"ids": sorted({id for row in rows for id in row["evidence_ids"]})},
        )
    }
    entries = []
    for row in rows:
        seen = sorted(
            (observed[id] for id in row["evidence_ids"] if id in observed),
            key=lambda o: (o["subject"], o["kind"], o["value"]),
        )
        entry = {key: row[key] for key in row if key not in ("evidence_ids", "private", "source_id", "total")}
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
    return _total(rows), entries


def _total(rows: list[dict[str, Any]]) -> int:
    """How many rows there are, those beyond the limit too."""
    return int(rows[0]["total"]) if rows else 0


def _statements(edition: Edition, subject: str) -> tuple[int, list[dict[str, Any]]]:
    rows = edition.rows(
        "SELECT *, count(*) OVER () AS total FROM statements WHERE lower(subject) = lower($subject) "
        "OR service_id = $subject OR organisation_id = $subject OR statement_id = $subject "
        f"ORDER BY statement_id LIMIT {MOST}",
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
    return _total(rows), entries


def _contracts(edition: Edition, subject: str) -> tuple[int, list[dict[str, Any]]]:
    rows = edition.rows(
        "SELECT *, count(*) OVER () AS total FROM contracts WHERE contract_id = $subject OR ocid = $subject "
        "OR reference = $subject OR organisation_id = $subject OR list_contains(notice_ids, $subject) "
        f"ORDER BY value_gbp DESC NULLS LAST, contract_id LIMIT {MOST}",
        {"subject": subject},
    )
    # One look each for all of them: a body has hundreds of contracts, and each look goes over a whole table.
    ids = [row["contract_id"] for row in rows]
    suppliers = _by(edition, "contract_suppliers", "contract_id", "supplier_name", ids)
    providers = _by(edition, "contract_providers", "contract_id", "provider", ids)
    notices = _by(
        edition, "notices", "notice_id", "notice_id", sorted({id for row in rows for id in row["notice_ids"]})
    )
    entries = []
    for row in rows:
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
            "suppliers": [s["supplier_name"] for s in suppliers.get(row["contract_id"], ())],
            "providers": [p["provider"] for p in providers.get(row["contract_id"], ())],
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
            for id in sorted(set(row["notice_ids"]))
            for n in notices.get(id, ())
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
            for p in providers.get(row["contract_id"], ())
        ]
        entries.append(entry)
    return _total(rows), entries


def _incidents(edition: Edition, subject: str) -> tuple[int, list[dict[str, Any]]]:
    rows = edition.rows("SELECT * FROM incidents WHERE incident_id = $subject", {"subject": subject})
    entries = []
    for row in rows:
        entry = {key: row[key] for key in row if key not in ("urls", "source_id")}
        what = row["title"] or row["product"]
        named = listing([provider_name(p) for p in row["providers"]])
        entry["title"] = f"{named}: {what}" if named and what else what or row["incident_id"]
        said = row["cause_note"] or entry["title"]
        # A recorded outage without an address still has the table that it stands in.
        entry["evidence"] = [
            _evidence(edition, "incident", said, row["source_id"], "recorded-incident", url, row["started_on"])
            for url in row["urls"] or (None,)
        ]
        entries.append(entry)
    return len(rows), entries


def _by(edition: Edition, table: str, key: str, order: str, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Rows of a table by one of its columns, for these values of it."""
    found: dict[str, list[dict[str, Any]]] = {}
    sql = f"SELECT * FROM {table} WHERE {key} IN (SELECT unnest($ids)) ORDER BY {key}, {order}"
    for row in edition.rows(sql, {"ids": ids}):
        found.setdefault(row[key], []).append(row)
    return found
