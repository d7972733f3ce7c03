"""AI: where evidence names an AI vendor, through which clouds it runs, and which outages involved automation."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures
from app.stores import ask
from app.views import Page, _choices
from pipelines.answers import provider_name
from pipelines.edition import Edition

PAGE = Page("ai", "AI", "How far do AI vendors reach into public service?", 8, section="Who depends")


def render(edition: Edition) -> None:
    st.title("How far do AI vendors reach into public service?")
    organisation = _choices.body(edition)
    answer = ask(edition, "ai-reliance", organisation=organisation)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("bodies", "tokens", "statements", "contracts")])
    if not organisation:
        ui.chart(figures.draw(edition, "ai-vendors").chart)
    evidence = answer.frames["evidence"].copy()
    evidence["provider"] = [provider_name(p) for p in evidence["provider"]]
    ui.rows_table(
        evidence,
        {
            "organisation": "Public body",
            "words": "Evidence",
            "provider": "Vendor",
            "certainty": "How sure",
            "date": "Date",
            "url": "Source",
        },
    )
    st.markdown("### Vendors, and the clouds beneath them")
    ui.rows_table(
        answer.frames["vendors"],
        {
            "name": "Vendor",
            "bodies": "Public bodies",
            "tokens": "Domains",
            "statements": "Statements",
            "contracts": "Contracts",
            "through": "Runs on",
        },
    )
    st.markdown("### Culture and broadcasting bodies")
    ui.metrics([answer.figure("peers")])
    ui.rows_table(
        answer.frames["peers"],
        {"name": "Public body", "ai_vendors": "AI vendors shown", "records_held": "Records held"},
    )
    st.markdown("### Outages with automation or an AI agent")
    ui.metrics([answer.figure(f) for f in ("automation", "ai_accepted", "ai_disputed")])
    told = answer.frames["incidents"].copy()
    told["providers"] = [", ".join(provider_name(p) for p in found) for found in told["providers"]]
    ui.rows_table(
        told,
        {
            "started_on": "Day",
            "providers": "Provider",
            "product": "What",
            "automation_involved": "Automation",
            "ai_agent_involved": "AI agent",
            "reply": "The vendor's position",
            "disputed_claims": "Claimed or disputed",
        },
    )
    ui.data_button(answer, "evidence", f"ai-{organisation or 'all'}", "Download the evidence (CSV)")
    ui.methods(answer)
