"""Outages: what failed, why, for how long, and what each side says; and how far AI vendors reach."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures, state
from app.views import Page
from pipelines.answers import incidents, provider_name
from pipelines.edition import Edition

PAGE = Page("incidents", "Incidents", "What failed, and what does each side say?", 7)


def render(edition: Edition) -> None:
    st.title("What failed, and what does each side say?")
    rows = edition.rows("SELECT DISTINCT unnest(providers) AS provider FROM incidents ORDER BY 1")
    provider = state.choose("Provider", "provider", [row["provider"] for row in rows], provider_name)
    answer = incidents.answer(edition, provider=provider)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("reviewed", "automation", "ai_accepted", "ai_disputed", "disputed")])
    if not provider:
        ui.chart(figures.draw(edition, "incident-causes").chart)
        ui.chart(figures.draw(edition, "durations").chart)
    shown = answer.frames["incidents"].copy()
    shown["providers"] = [", ".join(provider_name(p) for p in found) for found in shown["providers"]]
    ui.rows_table(
        shown,
        {
            "when": "Day",
            "providers": "Provider",
            "product": "What",
            "duration_hours": "Hours",
            "cause_words": "Cause",
            "reply": "The vendor's position",
            "disputed_claims": "Claimed or disputed",
            "uk_services_affected": "UK services named",
        },
    )
    ui.data_button(answer, "incidents", f"incidents-{provider or 'all'}", "Download the incidents (CSV)")
    ui.methods(answer)
