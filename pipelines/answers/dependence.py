"""Who depends on whom: the findings, statements and contracts of one body, one provider, or all."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipelines import reference, schema
from pipelines.answers import Answer, Figure, count, listing, new, page_of, provider_name, sources_of
from pipelines.edition import Edition
from pipelines.errors import UnknownName
from pipelines.presets import stored_scenarios

ID = "dependence"
QUESTION = "Who depends on which cloud, in which role, on what evidence?"
METHODS = (
    "A finding is what a record suggests about one host in one role; front is what the public reaches first, "
    "back is what stands behind it. A record that names a network in front says nothing of what is behind. "
    "Statements are what bodies, suppliers, the press and public code say; they are listed, never counted into "
    "a share. A contract is what was signed, not what is used."
)

# Roles as they are listed: what answers the public first, names that only prove something last.
_ORDER = list(schema.CODELISTS["role"])
# Contracts of an answer; the largest first.
MOST = 1_000


def answer(
    edition: Edition,
    organisation: str | None = None,
    provider: str | None = None,
    role: str | None = None,
    layer: str | None = None,
    region: str | None = None,
    sector: str | None = None,
    evidence: str | None = None,
    most: int = MOST,
) -> Answer:
    """Findings, statements and contracts that pass every filter.

    Frames: findings, statements, contracts (the first `most`; 0: all), roles (counts per role, layer and provider);
    for one body exposures too (what each stored outage would leave without an alternative, in part, or unsaid: one row
    per outage and service). UnknownName for an organisation that the edition does not hold, and for a provider, role,
    layer, region or sector that there is none of.
    """
    _check(role, layer, region, sector)
    name = "everything we hold"
    conditions = ["(NOT f.private OR $private)"]
    parameters: dict[str, Any] = {"private": edition.private}
    if organisation:
        body = edition.rows("SELECT name FROM organisations WHERE organisation_id = $id", {"id": organisation})
        if not body:
            ids = edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
            raise UnknownName("organisation", organisation, ids)
        name = body[0]["name"]
        conditions.append("f.organisation_id = $organisation")
        parameters["organisation"] = organisation
    if provider:
        known = reference.load().provider(provider)
        name = known.name if not organisation else f"{name} and {known.name}"
        conditions.append("f.provider = $provider")
        parameters["provider"] = provider
    for column, value in (("role", role), ("layer", layer), ("region", region)):
        if value:
            conditions.append(f"f.{column} = ${column}")
            parameters[column] = value
    if sector:
        conditions.append("o.sector = $sector")
        parameters["sector"] = sector
    if evidence == "known":
        conditions.append("f.certainty = 'known'")
    where = " AND ".join(conditions)
    findings = edition.query(
        f"""SELECT f.subject, f.organisation_id, o.name AS organisation, f.service_id, f.role, f.layer, f.provider,
                   f.product, f.region, f.origin_provider, f.confidence, f.certainty, f.rule_id, f.seen_on,
                   f.environment, f.is_service_name, f.contradiction, f.finding_id, f.source_id
            FROM findings f LEFT JOIN organisations o USING (organisation_id)
            WHERE {where} ORDER BY list_position($order, f.role), f.layer, f.provider, f.subject""",
        {"order": _ORDER, **{k: v for k, v in parameters.items() if f"${k}" in where}},
    )
    statements = _statements(edition, organisation, provider, role, layer, region)
    signed, contracts = _contracts(edition, organisation, provider, most)
    named = findings[~findings["provider"].isin(["none", "unknown"])]
    # Names of policy and validation records belong to no host, so no layer of the body rests on them.
    hosts = findings[~findings["rule_id"].isin(["policy-name", "validation-name"])]
    roles = (
        hosts.groupby(["role", "layer", "provider", "certainty"], as_index=False)
        .agg(names=("subject", "nunique"), seen_on=("seen_on", "max"))
        .sort_values(["layer", "names", "provider"], ascending=[True, False, True])
        .sort_values("role", key=lambda roles: roles.map(_ORDER.index), kind="stable", ignore_index=True)
    )
    exposures = _exposures(edition, organisation)
    providers = sorted(set(named["provider"]))
    figures = [
        Figure("subjects", "Host names with a finding", int(findings["subject"].nunique()), unit="names"),
        Figure("known", "Known findings", int((named["certainty"] == "known").sum()), unit="findings"),
        Figure("inferred", "Inferred findings", int((named["certainty"] == "inferred").sum()), unit="findings"),
        Figure("unknown", "Unknown", int((findings["provider"] == "unknown").sum()), unit="findings"),
        Figure("providers", "Providers that names show", len(providers), unit="providers"),
        Figure("statements", "Published statements", len(statements), unit="statements"),
        Figure("contracts", "Contracts listed", signed["contracts"], unit="contracts"),
    ]
    title = _title(name, findings, statements, signed, providers, provider)
    return new(
        edition,
        ID,
        QUESTION,
        title,
        "the names, statements and contracts that we hold; what is absent here is not absent in the world",
        METHODS,
        figures=figures,
        frames={
            "roles": roles,
            "findings": findings,
            "statements": statements,
            "contracts": contracts,
            "exposures": exposures,
        },
        total={"contracts": signed["rows"]},
        caveats=[
            "A verification token shows that somebody once proved ownership to a vendor, not that it is used.",
            "A name on a network in front is not shown to be hosted there.",
        ],
        parameters={
            key: value
            for key, value in (
                ("organisation", organisation),
                ("provider", provider),
                ("role", role),
                ("layer", layer),
                ("region", region),
                ("sector", sector),
                ("evidence", evidence),
            )
            if value
        },
        sources=sources_of(edition, [*findings["source_id"], *statements["source_id"], *(signed["sources"] or ())]),
        body={"findings": findings, "statements": statements, "contracts": contracts, "exposures": exposures},
    )


def _exposures(edition: Edition, organisation: str | None) -> pd.DataFrame:
    """What each stored outage does to a body's services and mail, worst first; no row where no body is asked for."""
    known = stored_scenarios(reference.load())
    found = edition.query(
        """SELECT scenario_id, coalesce(s.name, 'its mail') AS name, service_id, effect, certainty, layer
           FROM exposures x LEFT JOIN services s USING (service_id) WHERE x.organisation_id = $id
           ORDER BY scenario_id, effect, name""",
        {"id": organisation},
    )
    titles = [known[id].title if id in known else id for id in found["scenario_id"]]
    found.insert(1, "scenario", pd.Series(titles, dtype="str"))
    return found


def _statements(edition: Edition, organisation: Any, provider: Any, role: Any, layer: Any, region: Any) -> Any:
    conditions = ["(NOT private OR $private)"]
    parameters: dict[str, Any] = {"private": edition.private}
    for column, value in (
        ("organisation_id", organisation),
        ("provider", provider),
        ("role", role),
        ("layer", layer),
        ("region", region),
    ):
        if value:
            conditions.append(f"{column} = ${column}")
            parameters[column] = value
    return edition.query(
        f"""SELECT subject, organisation_id, service_id, platform_id, provider, product, region, role, layer,
                   statement, stated_on, current, source_kind, confidence, certainty, place, url, statement_id,
                   source_id
            FROM statements WHERE {" AND ".join(conditions)}
            ORDER BY stated_on DESC NULLS LAST, statement_id""",
        parameters,
    )


def _contracts(edition: Edition, organisation: Any, provider: Any, most: int) -> tuple[dict[str, Any], Any]:
    """What there is of contracts (rows, contracts, providers, sources), and the first `most` rows, or all for 0."""
    conditions = ["c.status IN ('active', 'pending')"]
    parameters: dict[str, Any] = {}
    if organisation:
        conditions.append("c.organisation_id = $organisation")
        parameters["organisation"] = organisation
    if provider:
        conditions.append("p.provider = $provider")
        parameters["provider"] = provider
    held = f"FROM contracts c JOIN contract_providers p USING (contract_id) WHERE {' AND '.join(conditions)}"
    limit, _ = page_of(most, 0)
    counted = edition.rows(
        f"""SELECT count(*) AS rows, count(DISTINCT c.group_id) AS contracts, count(DISTINCT p.provider) AS providers,
                   list(DISTINCT c.source_id) AS sources {held}""",
        parameters,
    )[0]
    return counted, edition.query(
        f"""SELECT c.contract_id, c.group_id, c.organisation_id, c.buyer_name, p.provider, p.grade, p.certainty, p.via_reseller,
                   c.title, c.contract_class, c.service_class, c.value_gbp, c.value_status, c.awarded_on, c.start_on, c.end_on,
                   c.flags, c.url, c.source_id
            {held} ORDER BY c.value_gbp DESC NULLS LAST, c.contract_id, p.provider {limit}""",
        parameters,
    )


def _check(role: str | None, layer: str | None, region: str | None, sector: str | None) -> None:
    """UnknownName for a word that no list has: nothing found under it would look like a finding."""
    for kind, value in (("role", role), ("layer", layer), ("sector", sector)):
        if value and value not in schema.CODELISTS[kind]:
            raise UnknownName(kind, value, schema.CODELISTS[kind])
    if region:
        regions = {name for provider in reference.load().providers.values() for name in provider.regions}
        if region not in regions:
            raise UnknownName("region", region, regions)


def _title(
    name: str, findings: Any, statements: Any, signed: dict[str, Any], providers: list[str], provider: str | None
) -> str:
    if findings.empty and statements.empty and not signed["rows"]:
        return f"We hold no evidence about {name}: that is a gap of ours, not a finding."
    if provider:
        bodies = findings["organisation_id"].dropna().nunique()
        seen = count(findings["subject"].nunique(), "name")
        of = f" of {count(bodies, 'public body', 'public bodies')}" if bodies else ""
        named = [
            count(rows, what)
            for rows, what in (
                (len(statements), "published statement"),
                (signed["contracts"], "listed contract"),
            )
            if rows
        ]
        return (
            f"Evidence points to {name} at {seen}{of}; it"
            if len(findings)
            else f"{name}: no name that we hold points to it; it"
        ) + f" is named in {listing(named) if named else 'no published statement and no listed contract'}."
    if not providers:
        said = [
            f"{count(named, 'provider')} in {count(number_of, what)}"
            for named, number_of, what in (
                (signed["providers"], signed["contracts"], "listed contract"),
                (
                    statements["provider"].dropna().nunique(),
                    statements["statement_id"].nunique(),
                    "published statement",
                ),
            )
            if number_of
        ]
        shown = (
            f"None of the records of {name}'s own names that we hold names a provider"
            if len(findings)
            else f"We hold no records of {name}'s own names"
        )
        return f"{shown}; we see {' and '.join(said)}." if said else f"{shown}."
    top = findings[~findings["provider"].isin(["none", "unknown"])]["provider"].value_counts().index.tolist()
    return (
        f"Records about {name} point to {count(len(providers), 'provider')}, most often "
        f"{listing([provider_name(p) for p in top[:3]])}."
    )
