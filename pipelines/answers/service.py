"""One public service: what its names show, what is said of it, what it stands on, and when it would be exposed."""

from __future__ import annotations

from collections import Counter

from pipelines.answers import Answer, Figure, listing, new, number, provider_name, sources_of
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "service"
QUESTION = "What does this service stand on?"
METHODS = (
    "Findings are what records of the service's host names suggest, in one role each; statements are what bodies, "
    "suppliers, the press and public code say; dependence is on platforms and other services. A stored scenario lists "
    "the service where its path to the failing provider is known or inferred. Exposure is not downtime."
)


def answer(edition: Edition, service: str) -> Answer:
    """Everything held about one service. UnknownName for a service that the edition does not hold.

    Frames: findings, statements, edges, exposures. Body: facts (name, organisation_id, organisation, hosts,
    transactions_year, transactions_of, critical_note, url, check).
    """
    found = edition.rows(
        "SELECT s.*, o.name AS organisation FROM services s LEFT JOIN organisations o USING (organisation_id) "
        "WHERE service_id = $id",
        {"id": service},
    )
    if not found:
        raise UnknownName("service", service, edition.query("SELECT service_id FROM services")["service_id"])
    facts = found[0]
    hosts = list(facts["hosts"] or ())
    findings = edition.query(
        "SELECT subject, role, layer, provider, product, region, origin_provider, confidence, certainty, rule_id, seen_on, "
        "finding_id, source_id FROM findings WHERE (service_id = $id OR subject IN (SELECT unnest($hosts))) "
        "AND (NOT private OR $private) ORDER BY layer, role, provider, subject",
        {"id": service, "hosts": hosts, "private": edition.private},
    )
    statements = edition.query(
        "SELECT subject, provider, product, region, role, layer, statement, stated_on, current, source_kind, confidence, "
        "certainty, url, statement_id, source_id FROM statements WHERE service_id = $id AND (NOT private OR $private) "
        "ORDER BY stated_on DESC NULLS LAST, statement_id",
        {"id": service, "private": edition.private},
    )
    edges = edition.query(
        "SELECT underlying, underlying_kind, underlying_name, region, role, mode, confidence, certainty, basis, url, edge_id, "
        "source_id FROM edges WHERE dependent = $id ORDER BY underlying_kind, underlying_name, edge_id",
        {"id": service},
    )
    exposures = edition.query(
        "SELECT scenario_id, effect, certainty, layer, via FROM exposures WHERE service_id = $id ORDER BY scenario_id",
        {"id": service},
    )
    # Most evidence first: the first name is the one that is quoted.
    pieces = Counter(
        p
        for p in [*findings["provider"], *statements["provider"]]
        if isinstance(p, str) and p not in ("none", "unknown")
    )
    named = [provider_name(p) for p in sorted(pieces, key=lambda p: (-pieces[p], p))]
    title = (
        f"{facts['name']}: evidence points to {listing(named)}."
        if named
        else f"{facts['name']}: we hold no evidence that names a provider. That is a gap of ours, not a finding."
    )
    return new(
        edition,
        ID,
        QUESTION,
        title,
        "the names and statements that we hold about this service",
        METHODS,
        figures=[
            Figure("hosts", "Host names", len(hosts), unit="names"),
            Figure("findings", "Findings", len(findings), unit="findings"),
            Figure("statements", "Published statements", len(statements), unit="statements"),
            Figure("exposures", "Stored scenarios that list it", len(exposures), unit="scenarios"),
        ],
        frames={"findings": findings, "statements": statements, "edges": edges, "exposures": exposures},
        caveats=["A name on a network in front is not shown to be hosted there."]
        + ([f"Our notes on the service: {number(len(hosts))} host names, {facts['check']}."] if facts["check"] else []),
        parameters={"service": service},
        sources=sources_of(
            edition, [facts["source_id"], *findings["source_id"], *statements["source_id"], *edges["source_id"]]
        ),
        body={
            "facts": {key: facts[key] for key in _FACTS},
            "findings": findings,
            "statements": statements,
            "edges": edges,
            "exposures": exposures,
        },
    )


_FACTS = ("name", "organisation_id", "organisation", "sector", "hosts", "transactions_year", "transactions_of", "critical_note", "url", "check")  # fmt: skip
