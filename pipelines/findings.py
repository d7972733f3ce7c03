"""Observations to findings: the drafts of attribution with their body, their service and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines import reference_tables
from pipelines.attribution import names
from pipelines.attribution.attribute import attribute
from pipelines.attribution.book import Book, Seen
from pipelines.attribution.draft import NONE, UNKNOWN, Draft
from pipelines.attribution.rules import Rules
from pipelines.records import Finding, Observation, Organisation, Service
from pipelines.reference import Reference


class Owners:
    """Which body and service a host belongs to."""

    def __init__(
        self,
        reference: Reference,
        organisations: list[Organisation],
        services: list[Service],
        registered: Mapping[str, str],
    ) -> None:
        """`registered` gives the body of names in a published list: what we reviewed speaks before it."""
        self._services = {host: s for s in services for host in s.hosts}
        self._domains: dict[str, str] = {}
        for body in organisations:
            if body.domain:
                self._domains.setdefault(body.domain, body.organisation_id)
        for _, row in reference.rows("domains.csv", ("domain", "organisation_id")):
            self._domains.setdefault(names.host(row["domain"]), row["organisation_id"])
        self._domains = {**registered, **self._domains}

    def find(self, host: str) -> tuple[str | None, str | None]:
        """(organisation, service) of a host; the service only where the host is one of its own."""
        service = self._services.get(host)
        if service:
            return service.organisation_id or self._body(host), service.service_id
        return self._body(host), None

    def _body(self, host: str) -> str | None:
        name = host
        while "." in name:
            if name in self._domains:
                return self._domains[name]
            name = name.partition(".")[2]
        return None


def findings_of(
    rules: Rules,
    observations: list[Observation],
    organisations: list[Organisation],
    services: list[Service],
    registered: Mapping[str, str],
) -> tuple[list[Finding], set[str]]:
    """Findings from observations, public and private apart, and the observations that are kept back.

    Kept back: every record of a name whose alias dangles, whose delegation is lame, or which points to a closed
    provider, since anybody could claim it.
    Names that only pass a host's alias on (a provider's own) are evidence for that host and get no finding.
    """
    reference = rules.reference
    owners = Owners(reference, organisations, services, registered)
    by_id = {o.observation_id: o for o in observations}
    found: list[Finding] = []
    open_to_takeover = {o.subject for o in observations if o.outcome in ("dangling", "lame")}
    withheld = {o.observation_id for o in observations if o.subject in open_to_takeover}
    foreign = {
        o.value
        for o in observations
        if o.kind == "CNAME" and o.value and o.outcome != "published" and not names.same_owner(o.value, o.subject)
    }
    for private in (False, True):
        book = Book(
            Seen(o.subject, o.kind, o.value or "", o.observation_id, o.seen_on, o.environment, o.outcome)
            for o in observations
            if o.private == private and o.value and not o.kind.startswith("flag:")
        )
        for draft in attribute(book, rules):
            if draft.host in foreign and owners.find(draft.host) == (None, None):
                continue
            if draft.host in open_to_takeover:
                continue
            provider = reference.providers.get(draft.provider)
            if provider is not None and provider.closed and draft.role == "web":
                withheld.update(seen.id for seen in draft.evidence if seen.host == draft.host)
                continue
            found.append(_finding(reference, owners, by_id, draft, private))
    return sorted(found, key=lambda f: f.finding_id), withheld


def _finding(
    reference: Reference, owners: Owners, by_id: Mapping[str, Observation], draft: Draft, private: bool
) -> Finding:
    organisation, service = owners.find(draft.host)
    ids = tuple(sorted({seen.id for seen in draft.evidence}))
    environments = {by_id[i].environment for i in ids if i in by_id and by_id[i].subject == draft.host}
    environment = next(iter(sorted(e for e in environments if e)), None)
    known = draft.provider not in (UNKNOWN, NONE)
    if not known:
        certainty = "unknown" if draft.provider == UNKNOWN else "known"
    else:
        certainty = reference_tables.certainty(draft.confidence)
    key = reference_tables.short(draft.host, draft.role, draft.layer, draft.provider)
    return Finding(
        finding_id=f"f-{key}",
        subject=draft.host,
        organisation_id=organisation,
        service_id=service,
        role=draft.role,
        layer=draft.layer,
        provider=draft.provider,
        parent=reference.parent(draft.provider),
        jurisdiction=reference.jurisdiction(draft.provider),
        product=draft.product,
        region=draft.region,
        endpoint=draft.endpoint,
        origin_provider=draft.origin if draft.role == "web" else None,
        confidence=draft.confidence,
        certainty=certainty,
        rule_id=draft.rule_id,
        evidence_ids=ids,
        seen_on=draft.seen_on,
        environment=environment or names.environment(draft.host),
        is_service_name=names.is_service_name(draft.host),
        contradiction=draft.contradiction,
        source_id=min((by_id[i].source_id for i in ids if i in by_id), default="reference-service_records"),
        private=private,
    )
