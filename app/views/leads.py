"""Leads: facts of this edition that raise a question, with whom to ask."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app.stores import ask
from app.views import Page, _choices
from pipelines.answers import provider_name
from pipelines.edition import Edition

PAGE = Page("leads", "Leads", "What is worth a question?", 9, section="About the data")


def render(edition: Edition) -> None:
    st.title("What is worth a question?")
    provider, organisation = _choices.provider_and_body(edition)
    answer = ask(edition, "leads", provider=provider, organisation=organisation)
    ui.headline(answer)
    st.markdown("A lead is a question, not a finding: ask before you write.")
    leads = answer.frames["leads"]
    if leads.empty:
        ui.nothing(
            {
                "provider": provider_name(provider or ""),
                "organisation": _choices.bodies(edition).get(organisation or "", ""),
            }
        )
    for label in dict.fromkeys(leads["label"]):
        st.markdown(f"### {ui.plain(label)}")
        for row in leads[leads["label"] == label].head(25).to_dict("records"):
            st.markdown(f"- {ui.plain(row['sentence'])} {ui.plain(row['ask'])}")
    ui.data_button(answer, "leads", "leads", "Download the leads (CSV)")
    ui.methods(answer)
