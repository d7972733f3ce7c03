"""data/reference as records: bodies, services, observations, statements, incidents.

Every row names the table it came from as its source, keeps its own date and check mark, and is refused,
with file and row named, where a word is outside its map.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator

from pipelines.attribution import names, observe
from pipelines.errors import BadReference
from pipelines.records import (
    Incident,
    Observation,
    Organisation,
    Service,
    Source,
    Statement,
)
from pipelines.reference import Reference

_SECTORS = {"local": "local", "central": "central", "devolved": "devolved"}
PEER_COLUMNS = ("organisation_id", "peer_class", "source", "check")
_DATE_PARTS = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


def short(*parts: object) -> str:
    """Sixteen hex digits that stay the same for the same parts: the tail of a permanent id."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]


def source_id(table: str) -> str:
    return f"reference-{table}"


def parse_day(text: str, file: str, where: str, column: str) -> dt.date | None:
    """A whole date; None for a year, a month or nothing. BadReference for anything else."""
    text = text.strip()
    if not text:
        return None
    match = _DATE_PARTS.match(text[:10])
    if not match:
        raise BadReference(file, where, f"{column} {text!r} is not a date")
    if not match.group(3):
        return None
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError as error:
        raise BadReference(file, where, f"{column} {text!r} is not a date") from error


def parse_time(text: str, file: str, where: str, column: str) -> dt.datetime | None:
    """A time in UTC; None for a day, a month or nothing."""
    if "T" not in text:
        parse_day(text, file, where, column)
        return None
    try:
        return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(dt.UTC)
    except ValueError as error:
        raise BadReference(file, where, f"{column} {text!r} is not a time") from error


def sources(reference: Reference) -> Iterator[Source]:
    """One row per reference table, with the fingerprint of its file."""
    for name, info in sorted(reference.tables.items()):
        digest = reference.hashes.get(f"{name}.csv") or reference.hashes.get(f"{name}.toml")
        if name == "providers":
            combined = "".join(v for k, v in sorted(reference.hashes.items()) if k.startswith("providers/"))
            digest = hashlib.sha256(combined.encode()).hexdigest()
        yield Source(
            source_id=source_id(name),
            collector="reference",
            title=info.title,
            publisher=info.publisher,
            licence=info.licence,
            credit=info.credit,
            url=None,
            media_type="application/toml" if name in ("providers", "presets") else "text/csv",
            status=None,
            sha256=digest,
            bytes=None,
            date_from=None,
            date_to=info.compiled,
            fetched_at=None,
            private=False,
        )


def organisations(reference: Reference) -> list[Organisation]:
    file, found = "organisations.csv", {}
    check = reference.tables["organisations"].check
    peers = {row["organisation_id"]: row["peer_class"] for _, row in reference.rows("peer_groups.csv", PEER_COLUMNS)}
    for where, row in reference.rows(file, ("organisation_slug", "name", "sector", "class", "source")):
        key = row["organisation_slug"]
        if not key or key in found:
            raise BadReference(file, where, f"organisation_slug {key!r} is missing or stands twice")
        sector = _SECTORS.get(row["sector"])
        if sector is None:
            raise BadReference(file, where, f"sector {row['sector']!r} is not known")
        peer = row["class"]
        if sector == "local":
            peer = f"{peer} council"
        found[key] = Organisation(
            organisation_id=key,
            name=row["name"],
            sector=sector,
            peer_class=peers.pop(key, peer),
            status=row["status"] or None,
            parents=tuple(p for p in re.split(r"[;|]\s*", row["parents"]) if p),
            gss_code=row["gss_code"] or None,
            domain=names.host(row["domain"]) or None,
            inhabitants=_integer(row["population"], file, where, "population"),
            lat=_number(row["lat"], file, where, "lat"),
            lon=_number(row["lon"], file, where, "lon"),
            updated_on=None,
            source_id=source_id("organisations"),
            check=check,
        )
    if peers:
        raise BadReference("peer_groups.csv", min(peers), "is not in organisations.csv")
    return list(found.values())


def _integer(text: str, file: str, where: str, column: str) -> int | None:
    number = _number(text, file, where, column)
    return None if number is None else round(number)


def _number(text: str, file: str, where: str, column: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError as error:
        raise BadReference(file, where, f"{column} {text!r} is not a number") from error


def services(reference: Reference, known: set[str]) -> list[Service]:
    file, found = "services.csv", {}
    sectors = {"central", "justice", "local", "education", "health", "devolved", "police"}
    for where, row in reference.rows(file, ("service_id", "name", "organisation_slug", "sector", "hostnames")):
        key = row["service_id"]
        if not key or key in found:
            raise BadReference(file, where, f"service_id {key!r} is missing or stands twice")
        if row["sector"] not in sectors:
            raise BadReference(file, where, f"sector {row['sector']!r} is not known")
        body = row["organisation_slug"]
        if body and body not in known:
            raise BadReference(file, where, f"organisation_slug {body!r} is not in organisations.csv")
        hosts = [names.host(h.split("/")[0]) for h in row["hostnames"].split(";") if h.strip()]
        if key not in ("govuk",) and "www.gov.uk" in hosts:
            # A start page on GOV.UK is not where the service runs: mapping it would overstate the front.
            hosts = [h for h in hosts if h != "www.gov.uk"]
        found[key] = Service(
            service_id=key,
            name=row["name"],
            organisation_id=body or None,
            sector=row["sector"],
            hosts=tuple(hosts),
            transactions_year=_integer(row["annual_transactions"], file, where, "annual_transactions"),
            transactions_of=_integer(row["transactions_year"], file, where, "transactions_year"),
            critical_note=row["critical_note"] or None,
            url=row["source_url"] or None,
            source_id=source_id("services"),
            check=row["check"],
        )
    return list(found.values())


def observations(reference: Reference) -> Iterator[Observation]:
    """The shipped records: public services' zones and councils' mail."""
    for table in ("service_records", "council_records"):
        file = f"{table}.csv"
        for where, row in reference.rows(file, ("host", "type", "value", "seen_at", "source")):
            kind = observe.kind(row["type"])
            host = names.host(row["host"])
            value = observe.value(kind, row["value"])
            yield Observation(
                observation_id=observe.observation_id(host, kind, value, "published"),
                subject=host,
                kind=kind,
                value=value,
                outcome="published",
                seen_on=parse_day(row["seen_at"], file, where, "seen_at"),
                vantage=None,
                environment=names.environment(host),
                observed_at=None,
                source_id=source_id(table),
                private=False,
            )


def statements(reference: Reference) -> Iterator[Statement]:
    """Published statements and public code, with the service, body or platform that they are about."""
    subjects = {row["subject"]: row for _, row in reference.rows("subjects.csv", ("subject", "service_id"))}
    file = "published_hosting.csv"
    for where, row in reference.rows(
        file, ("service_or_body", "provider", "product", "role", "layer", "statement", "confidence")
    ):
        about = subjects.get(row["service_or_body"])
        if about is None:
            raise BadReference(file, where, f"{row['service_or_body']!r} is not in subjects.csv")
        providers, _ = reference.by_word(row["provider"], row["product"], file, where)
        if row["layer"] not in ("front", "back"):
            raise BadReference(file, where, f"layer {row['layer']!r} is not front or back")
        for provider in providers:
            if provider == "none":
                continue
            known = reference.providers.get(provider)
            yield Statement(
                statement_id=f"s-{short(row['service_or_body'], provider, row['product'], row['region'], row['statement'])}",
                subject=row["service_or_body"],
                organisation_id=about["organisation_id"] or None,
                service_id=about["service_id"] or None,
                platform_id=about["platform_id"] or None,
                provider=provider,
                parent=reference.parent(provider),
                jurisdiction=reference.jurisdiction(provider),
                product=row["product"] or None,
                region=known.region(row["region"]) if known else None,
                role=reference.role(row["role"], file, where),
                layer=row["layer"],
                statement=row["statement"],
                stated_on=parse_day(row["stated_at"], file, where, "stated_at"),
                current=row["still_current"],
                source_kind=row["source_kind"],
                confidence=row["confidence"],
                certainty=certainty(row["confidence"]),
                place=None,
                url=row["source_url"] or None,
                source_id=source_id("published_hosting"),
                check=row["check"],
                private=False,
            )
    yield from _code_evidence(reference)


def _code_evidence(reference: Reference) -> Iterator[Statement]:
    file = "code_evidence.csv"
    bodies = {"ONS": "office-for-national-statistics"}
    info = reference.tables["code_evidence"]
    for where, row in reference.rows(file, ("body", "provider", "service", "region", "status_feed")):
        if row["body"] not in bodies:
            raise BadReference(file, where, f"body {row['body']!r} is not known")
        (provider, *_), _mode = reference.by_word(row["provider"], row["service"], file, where)
        known = reference.providers.get(provider)
        if known is None:
            continue
        yield Statement(
            statement_id=f"s-{short(row['body'], provider, row['service'], row['region'], row['status_feed'])}",
            subject=row["body"],
            organisation_id=bodies[row["body"]],
            service_id=None,
            platform_id=None,
            provider=provider,
            parent=known.parent,
            jurisdiction=known.jurisdiction,
            product=row["service"].replace("_", " ") or None,
            region=known.region(row["region"]),
            role="web" if known.kind in ("cloud", "network in front") else "saas",
            layer="back",
            statement=f"Its own alerter watches this provider's status feed ({row['service'].replace('_', ' ')}).",
            stated_on=info.compiled,
            current="yes",
            source_kind="public code",
            confidence="likely",
            certainty="inferred",
            place="list of status feeds in ONSdigital/cloud-status-alerter at commit 3a1e980",
            url="https://github.com/ONSdigital/cloud-status-alerter/tree/3a1e980",
            source_id=source_id("code_evidence"),
            check=info.check,
            private=False,
        )


def certainty(confidence: str) -> str:
    """The screens' word for a confidence: confirmed is known, likely and possible are inferred."""
    return "known" if confidence == "confirmed" else "inferred"


def incidents(reference: Reference) -> Iterator[Incident]:
    file, seen = "incidents.csv", set()
    for where, row in reference.rows(file, ("incident_id", "provider", "start_utc", "check_level")):
        key = row["incident_id"]
        if not key or key in seen:
            raise BadReference(file, where, f"incident_id {key!r} is missing or stands twice")
        seen.add(key)
        providers, _mode = reference.by_word(row["provider"], row["product"], file, where)
        started = parse_time(row["start_utc"], file, where, "start_utc")
        ended = parse_time(row["end_utc"], file, where, "end_utc")
        if started and ended and ended < started:
            raise BadReference(file, where, "ends before it begins")
        words = {"yes": "yes", "no": "no", "unknown": "unknown", "disputed": "disputed", "": "unknown"}
        yield Incident(
            incident_id=key,
            title=None,
            providers=tuple(providers),
            parent=reference.parent(providers[0]),
            product=row["product"] or None,
            regions=row["regions"] or None,
            status="resolved" if ended or row["duration_h"].strip() else "unknown",
            started_at=started,
            ended_at=ended,
            posted_at=None,
            closed_at=None,
            started_on=started.date() if started else parse_day(row["start_utc"], file, where, "start_utc"),
            duration_hours=_number(row["duration_h"], file, where, "duration_h"),
            time_precision=row["time_precision"],
            cause=row["root_cause_category"],
            cause_note=row["root_cause_note"] or None,
            automation_involved=words[row["automation_involved"]],
            ai_agent_involved=words[row["ai_agent_involved"]],
            vendor_position=row["vendor_position"] or None,
            disputed_claims=row["disputed_claims"] or None,
            uk_services_affected=row["uk_public_services_affected"] or None,
            linked=(),
            check=row["check_level"],
            urls=tuple(u.strip() for u in row["source_urls"].split(" ; ") if u.strip()),
            source_id=source_id("incidents"),
        )
