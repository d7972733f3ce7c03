"""Leads: facts of this edition that raise a question, with whom to ask."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import state
from app.stores import ask
from app.views import Page
from app.views.organisation import names
from app.views.provider import known_providers
from pipelines.answers import provider_name
from pipelines.edition import Edition

PAGE = Page("leads", "Leads", "What is worth a question?", 9, section="About the data")


def render(edition: Edition) -> None:
    st.title("What is worth a question?")
    bodies = names(edition)
    left, right = st.columns(2)
    with left:
        provider = state.choose("Provider", "provider", known_providers(edition), provider_name)
    with right:
        organisation = state.choose("Public body", "organisation", list(bodies), lambda o: bodies.get(o, o))
    answer = ask(edition, "leads", provider=provider, organisation=organisation)
    ui.headline(answer)
    st.markdown("A lead is a question, not a finding: ask before you write.")
    leads = answer.frames["leads"]
    if leads.empty:
        ui.nothing({"provider": provider_name(provider or ""), "organisation": bodies.get(organisation or "", "")})
    for label in dict.fromkeys(leads["label"]):
        st.markdown(f"### {ui.plain(label)}")
        for row in leads[leads["label"] == label].head(25).to_dict("records"):
            st.markdown(f"- {ui.plain(row['sentence'])} {ui.plain(row['ask'])}")
    ui.data_button(answer, "leads", "leads", "Download the leads (CSV)")
    ui.methods(answer)
