"""The stored scenarios, and what each of them would expose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines import outage, reference_tables
from pipelines.records import Exposure
from pipelines.reference import Reference
from pipelines.scenario import Scenario


def _as_row(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def stored_scenarios(reference: Reference) -> dict[str, Scenario]:
    """The stored scenarios, checked."""
    found = {}
    for key, row in reference.toml("presets.toml").items():
        found[key] = outage.scenario(
            reference,
            row["provider"],
            row.get("product"),
            row.get("region"),
            row.get("plane", "data"),
            row.get("cause", "unknown"),
            row["hours"],
            id=key,
            title=row["title"],
            incident=row.get("incident"),
        )
    return found


def exposures(reference: Reference, tables: Mapping[str, list[Any]]) -> list[Exposure]:
    evidence = outage.Evidence(
        *(
            [_as_row(row) for row in tables[name]]
            for name in ("organisations", "services", "findings", "statements", "edges")
        )
    )
    graph = outage.build_graph(reference, evidence)
    rows = []
    for key, scenario in sorted(stored_scenarios(reference).items()):
        for service, effect in sorted(graph.solve(scenario).items()):
            state, certainty = outage.classify(effect)
            rows.append(
                Exposure(
                    scenario_id=key,
                    service_id=service,
                    organisation_id=graph.services[service].organisation_id,
                    effect=state,
                    certainty=certainty,
                    layer=effect.layer,
                    via=effect.path,
                    evidence_ids=tuple(sorted(set(effect.evidence))),
                    source_id=reference_tables.source_id("presets"),
                )
            )
    return rows
