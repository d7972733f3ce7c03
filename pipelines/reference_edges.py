"""Reviewed dependence as edges: service on platform, platform on provider, and what is global at a provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.errors import BadReference
from pipelines.records import Edge
from pipelines.reference import MODE_WORDS, Reference
from pipelines.reference_tables import certainty, short, source_id
from pipelines.text import redact


def edges(reference: Reference, known_services: Mapping[str, str]) -> Iterator[Edge]:
    """Service on platform, platform on provider, service on service; and what is global at a provider."""
    platform_names = {
        row["platform_id"]: row["name"] for _, row in reference.rows("platforms.csv", ("platform_id", "name"))
    }
    yield from _platform_edges(reference, platform_names, known_services)
    yield from _transitive_edges(reference)
    yield from _control_planes(reference)


_PLATFORM_ROLE = {
    "govuk-one-login": "identity",
    "government-gateway": "identity",
    "nhs-login": "identity",
    "hmcts-access": "identity",
    "defra-account": "identity",
    "govuk-notify": "mail_sending",
    "govuk-pay": "saas",
    "govuk-forms": "saas",
    "moj-dns": "dns",
    "moj-m365": "mail",
    "nhs-mail": "mail",
    "moj-atlassian-tenant": "saas",
    "moj-miro-tenant": "saas",
    "moj-openai-domains": "ai",
    "incubator-ai-tools": "ai",
    "govuk-chat-model": "ai",
}


def _platform_edges(
    reference: Reference, platform_names: Mapping[str, str], known_services: Mapping[str, str]
) -> Iterator[Edge]:
    file = "platforms.csv"
    info = reference.tables["platforms"]
    for where, row in reference.rows(
        file, ("platform_id", "name", "dependents", "depends_on", "depends_mode", "confidence")
    ):
        platform = row["platform_id"]
        role = _PLATFORM_ROLE.get(platform, "web")
        if not row["dependents"].startswith("count:"):
            for service in filter(None, row["dependents"].split(";")):
                if service not in known_services:
                    raise BadReference(file, where, f"dependent {service!r} is not in services.csv")
                if service == platform:
                    continue
                yield Edge(
                    edge_id=f"e-{short('service', service, platform)}",
                    dependent=service,
                    dependent_kind="service",
                    dependent_name=known_services[service],
                    underlying=platform,
                    underlying_kind="platform",
                    underlying_name=row["name"],
                    region=None,
                    role=role,
                    mode="all_of",
                    confidence=row["confidence"],
                    certainty=certainty(row["confidence"]),
                    basis=row["dependents_basis"] or None,
                    url=row["source_url"] or None,
                    source_id=source_id("platforms"),
                    check=info.check,
                )
        if row["depends_mode"] == "closed":
            continue
        mode = "all_of" if row["depends_mode"].startswith(("all-of", "edge any-of")) else "unknown"
        for item in filter(None, (part.strip() for part in row["depends_on"].split(";"))):
            yield from _underlying(reference, file, where, row, item, mode, platform_names)


def _underlying(
    reference: Reference,
    file: str,
    where: str,
    row: Mapping[str, str],
    item: str,
    mode: str,
    platform_names: Mapping[str, str],
) -> Iterator[Edge]:
    providers, between = reference.by_word(item, item, file, where)
    note = item.lower()
    role = (
        "dns"
        if "dns" in note or "route 53" in note
        else "mail_sending"
        if "(mail" in note or "notify" in note or "texts" in note
        else "saas"
        if "search" in note or row["platform_id"].endswith("-tenant")
        else "identity"
        if "one login" in note or "entra" in note or "okta" in note
        else "ai"
        if "openai" in note or "bedrock" in note or "claude" in note
        else "mail"
        if "exchange" in note
        else "web"
    )
    for provider in providers:
        if provider in ("none", "unknown"):
            continue
        known = reference.providers[provider]
        is_platform = provider in platform_names
        product = next(
            (
                e["product"]
                for s in ("suffixes", "name_servers", "headers")
                for e in known.sections[s]
                if e.get("product") and e["product"].split(" (")[0].lower() in note
            ),
            None,
        )
        yield Edge(
            edge_id=f"e-{short('platform', row['platform_id'], item, provider)}",
            dependent=row["platform_id"],
            dependent_kind="platform",
            dependent_name=row["name"],
            underlying=provider,
            underlying_kind="platform" if is_platform else "provider",
            underlying_name=platform_names.get(provider, known.name),
            region=known.region(item),
            role=role,
            mode="any_of" if between == "any_of" else mode,
            confidence=row["confidence"] if row["confidence"] != "confirmed" or mode != "unknown" else "likely",
            certainty=certainty(row["confidence"]) if mode != "unknown" else "inferred",
            basis=product or item,
            url=row["source_url"] or None,
            source_id=source_id("platforms"),
            check=reference.tables["platforms"].check,
        )


def _transitive_edges(reference: Reference) -> Iterator[Edge]:
    file = "transitive.csv"
    strengths = {"high": "likely", "medium": "possible", "low": "possible"}
    for where, row in reference.rows(file, ("platform", "underlying", "region", "mode", "confidence", "checked")):
        if row["mode"] not in MODE_WORDS:
            raise BadReference(file, where, f"mode {row['mode']!r} is not in the map of modes")
        mode = MODE_WORDS[row["mode"]]
        if mode is None:
            continue
        if row["confidence"] not in strengths:
            raise BadReference(file, where, f"confidence {row['confidence']!r} is not known")
        (dependent, *_), _between = reference.by_word(row["platform"], row["platform"], file, where)
        confidence = "possible" if "not re-checked" in row["checked"] else strengths[row["confidence"]]
        for item in filter(None, (part.strip() for part in row["underlying"].split(";"))):
            providers, _between = reference.by_word(item, item, file, where)
            for provider in providers:
                known = reference.providers.get(provider)
                if known is None or provider == dependent:
                    continue
                yield Edge(
                    edge_id=f"e-{short('transitive', row['platform'], item, provider)}",
                    dependent=dependent,
                    dependent_kind="provider",
                    dependent_name=row["platform"],
                    underlying=provider,
                    underlying_kind="provider",
                    underlying_name=known.name,
                    region=known.region(row["region"]),
                    role="web",
                    mode=mode,
                    confidence=confidence,
                    certainty="inferred",
                    basis=redact(row["public_statement"]) or None,
                    url=None,
                    source_id=source_id("transitive"),
                    check=row["checked"],
                )


def _control_planes(reference: Reference) -> Iterator[Edge]:
    file = "global_dependencies.csv"
    strengths = {"A": "confirmed", "B": "likely", "C": "possible"}
    for where, row in reference.rows(
        file, ("provider", "service", "what_is_global", "control_plane_location", "check")
    ):
        (provider, *_), _mode = reference.by_word(row["provider"], row["service"], file, where)
        known = reference.providers.get(provider)
        if known is None:
            continue
        if row["check"] not in strengths:
            raise BadReference(file, where, f"check {row['check']!r} is not A, B or C")
        kind = "control plane" if "control plane" in row["what_is_global"] else "global"
        yield Edge(
            edge_id=f"e-{short('global', provider, row['service'], row['control_plane_location'])}",
            dependent=f"{provider}: {row['service']}",
            dependent_kind="product",
            dependent_name=row["service"],
            underlying=provider,
            underlying_kind=kind,
            underlying_name=known.name,
            region=known.region(row["control_plane_location"]),
            role="web",
            mode="all_of",
            confidence=strengths[row["check"]],
            certainty=certainty(strengths[row["check"]]),
            basis=f"{row['what_is_global']}: {row['effect_on_uk_region_workload']}",
            url=row["source_url"] or None,
            source_id=source_id("global_dependencies"),
            check=f"level {row['check']}: {row['evidence']}",
        )
