"""Outage: who is exposed if a provider, product or region fails."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures, state
from app.stores import ask
from app.views import Page, _choices
from pipelines import outage, reference
from pipelines.answers import provider_name
from pipelines.edition import Edition
from pipelines.presets import stored_scenarios

PAGE = Page("outage", "Outage", "If it fails, who is exposed?", 3, section="Outages")
DEFAULT = "azure"
PLANES = {"data": "serving (data plane)", "control": "changes only (control plane)"}


def _chosen(edition: Edition) -> dict[str, str | None]:
    """A scenario of one's own, every part of it in the address."""
    left, middle, right = st.columns(3)
    with left:
        provider = state.choose(
            "Provider that fails", "provider", _choices.providers(edition), provider_name, DEFAULT, required=True
        )
    facts = reference.load().provider(provider or DEFAULT)
    with middle:
        product = state.choose(
            "Product", "product", sorted(outage.products(reference.load(), facts.id)), none="all products"
        )
    with right:
        region = state.choose(
            "Region",
            "region",
            list(facts.regions),
            lambda r: f"{r} ({facts.regions[r]})" if facts.regions.get(r) else r,
            none="everywhere",
        )
    left, middle, right = st.columns(3)
    with left:
        plane = state.choose("What is lost", "plane", list(PLANES), lambda p: PLANES[p], "data", required=True)
    with middle:
        causes = outage.causes(reference.load())
        cause = state.choose("Cause", "cause", list(causes), lambda c: c.replace("_", " "), "unknown", required=True)
    with right:
        hours = state.measure("Hours", "hours", 8.0, 0.25, 2160.0, 0.5)
    return {
        "provider": facts.id,
        "product": product,
        "region": region,
        "plane": plane,
        "cause": cause,
        "hours": f"{hours:g}",
    }


def render(edition: Edition) -> None:
    st.title("If a cloud fails, who is exposed?")
    st.markdown("Exposure is not downtime: failover that nobody published may exist.")
    presets = stored_scenarios(reference.load())
    preset = state.choose(
        "A real outage again", "preset", list(presets), lambda p: presets[p].title or p, none="choose your own below"
    )
    keys = {"preset": preset} if preset else _chosen(edition)
    scenario = figures.scenario_of({key: value for key, value in keys.items() if value})
    answer = ask(edition, "exposure", scenario=scenario)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("down", "degraded", "unknown", "bodies")])
    ui.chart(figures.draw(edition, "exposed", **keys).chart)
    ui.chart(figures.draw(edition, "blast-radius", **keys).chart)
    real = answer.body["real_outage"]
    if real:
        st.markdown(
            f"**Cause recorded:** {ui.plain(real['cause'])}. **The vendor's position:** {ui.plain(real['vendor_position'])}. "
            f"**Claimed or disputed:** {ui.plain(real['disputed_claims'] or 'nothing recorded')}."
        )
    st.markdown("### What hangs on it")
    ui.metrics([answer.figure(f) for f in ("service_hours", "transactions", "tied_gbp", "with_alternative")])
    st.caption(
        "Service-hours and transactions are what would be lost if nothing carried on, which is not what was or will be "
        "lost. Contract value is a ceiling, never spending."
    )
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
            "evidence": "Evidence",
            "seen_on": "Date",
            "url": "Source",
            "alternatives": "What is left",
        },
    )
    st.markdown("### Statements on bodies and their systems")
    st.caption("Beside the services that we list, and in no count above.")
    ui.rows_table(
        answer.frames["statements"],
        {
            "subject": "About",
            "organisation": "Public body",
            "touch": "How it is touched",
            "certainty": "How sure",
            "statement": "Statement",
            "stated_on": "Date",
            "url": "Source",
        },
    )
    st.markdown("### Cannot be said")
    ui.rows_table(
        services[services["effect"] == "unknown"],
        {"name": "Service", "organisation": "Public body", "via": "What is not known"},
    )
    st.markdown("### How long such outages lasted")
    for sentence in answer.body["beside"]:
        st.markdown(ui.plain(sentence))
    whose = {"provider": scenario.provider} if answer.body["history"]["curve_of"] == "provider" else {}
    ui.chart(figures.draw(edition, "durations", **whose).chart)
    st.markdown("### Listed contracts in force with the provider")
    ui.rows_table(
        answer.frames["contracts"],
        {
            "buyer_name": "Buyer",
            "title": "What",
            "value_gbp": "Value (£)",
            "end_on": "Until",
            "certainty": "How sure",
            "url": "Source",
        },
        total=answer.body["contract_value_tied"]["contracts"],
    )
    ui.data_button(answer, "services", "outage", "Download the services (CSV)")
    ui.methods(answer)
