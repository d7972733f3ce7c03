"""Outage: who is exposed if a provider, product or region fails."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import state
from app.charts import Bars, Series
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
    body = answer.body
    states = ("down", "degraded")
    words = {"down": "No alternative shown", "degraded": "Exposed in part"}
    ui.chart(
        Bars(
            id="outage",
            title=f"Services and bodies' mail exposed: {exposure.describe(scenario)}",
            subtitle="services by effect",
            unit="services",
            labels=[words[s] for s in states],
            series=(
                Series("known", "Known", [float(body[s]["known"]) for s in states]),
                Series("inferred", "Inferred", [float(body[s]["inferred"]) for s in states]),
            ),
            of=f"{body['services_in_population']} services and bodies' mail that we hold evidence for",
            source="; ".join(str(s["title"]) for s in answer.sources[:4]) or "no evidence used",
            rest={"unknown": float(body["unknown"]["known"])},
        )
    )
    services = answer.frames["services"]
    st.markdown("#### Exposed, and through which path")
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
    st.markdown("#### Cannot be said")
    ui.rows_table(
        services[services["effect"] == "unknown"],
        {"name": "Service", "organisation": "Public body", "via": "What is not known"},
    )
    ui.data_button(answer, "services", "outage", "Download the services (CSV)")
    ui.methods(answer)
