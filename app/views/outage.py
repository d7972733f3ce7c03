"""Outage: who is exposed if a provider, product or region fails."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures, state
from app.views import Page
from app.views.provider import known_providers
from pipelines import reference
from pipelines.answers import exposure, provider_name
from pipelines.edition import Edition

PAGE = Page("outage", "Outage", "If it fails, who is exposed?", 3)
DEFAULT = "azure"


def render(edition: Edition) -> None:
    st.title("If a cloud fails, who is exposed?")
    st.markdown("Exposure is not downtime: failover that nobody published may exist.")
    left, middle, right = st.columns(3)
    with left:
        provider = state.choose(
            "Provider that fails", "provider", known_providers(edition), provider_name, DEFAULT, required=True
        )
    facts = reference.load().provider(provider or DEFAULT)
    with middle:
        region = state.choose(
            "Region",
            "region",
            list(facts.regions),
            lambda r: f"{r} ({facts.regions[r]})" if facts.regions.get(r) else r,
            help="Everywhere, if none is chosen",
        )
    with right:
        hours = st.number_input("Hours", min_value=0.25, max_value=2160.0, value=8.0, step=0.5, key="hours")
    scenario = exposure.scenario_from(provider=provider or DEFAULT, region=region, hours=float(hours))
    answer = exposure.answer(edition, scenario)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("down", "degraded", "unknown", "bodies")])
    keys = {"provider": scenario.provider, "region": scenario.region, "hours": f"{scenario.hours:g}"}
    ui.chart(figures.draw(edition, "exposed", **keys).chart)
    ui.chart(figures.draw(edition, "blast-radius", **keys).chart)
    services = answer.frames["services"]
    st.markdown("### Exposed, and through which path")
    ui.rows_table(
        services[services["effect"] != "unknown"],
        {
            "name": "Service",
            "organisation": "Public body",
            "effect": "Effect",
            "certainty": "How sure",
            "via": "Path",
            "alternatives": "What is left",
        },
    )
    st.markdown("### Cannot be said")
    ui.rows_table(
        services[services["effect"] == "unknown"],
        {"name": "Service", "organisation": "Public body", "via": "What is not known"},
    )
    ui.data_button(answer, "services", "outage", "Download the services (CSV)")
    ui.methods(answer)
