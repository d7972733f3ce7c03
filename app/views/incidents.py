"""Outages: what failed, why, for how long, and what each side says; and how far AI vendors reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import components as ui
from app import figures, state
from app.stores import ask
from app.views import Page
from pipelines.answers import listing, provider_name
from pipelines.edition import Edition

PAGE = Page("incidents", "Incidents", "What failed, and what does each side say?", 7, section="Outages")


def render(edition: Edition) -> None:
    st.title("What failed, and what does each side say?")
    rows = edition.rows("SELECT DISTINCT unnest(providers) AS provider FROM incidents ORDER BY 1")
    provider = state.choose("Provider", "provider", [row["provider"] for row in rows], provider_name)
    listed = ask(edition, "incidents", provider=provider).frames["incidents"]
    titles = {row["incident_id"]: _title(row) for row in listed.to_dict("records")}
    chosen = state.choose("One incident", "incident", list(titles), lambda i: titles.get(i, i))
    answer = ask(edition, "incidents", provider=provider, incident=chosen)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("reviewed", "automation", "ai_accepted", "ai_disputed", "disputed")])
    if not provider and not chosen:
        ui.chart(figures.draw(edition, "incident-causes").chart)
        lengths = figures.draw(edition, "durations")
        ui.chart(lengths.chart)
        ui.methods(lengths.answer)
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
    feeds = answer.frames["feeds"]
    if not feeds.empty:
        st.markdown("### Feeds, and how old their last good state is")
        ui.rows_table(
            feeds,
            {
                "feed": "Feed",
                "state": "Last look",
                "last_good": "Last good state",
                "days_before_as_of": "Days before the newest evidence",
                "incidents": "Incidents",
                "reason": "Why",
            },
        )
    ui.data_button(answer, "incidents", f"incidents-{provider or 'all'}", "Download the incidents (CSV)")
    ui.methods(answer)


def _title(row: Mapping[Any, Any]) -> str:
    """An incident as a list names it: day, providers, what failed."""
    what = row["title"] if isinstance(row["title"], str) else row["product"]
    names = listing([provider_name(p) for p in row["providers"]]) or "Provider not named"
    return f"{row['when']}: {names}" + (f", {what}" if isinstance(what, str) else "")
