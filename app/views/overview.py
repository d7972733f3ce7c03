"""Overview: what this is, how concentrated it is, how sure we are."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures
from app.stores import ask
from app.views import Page
from pipelines.edition import Edition

PAGE = Page("overview", "Overview", "How concentrated are UK public services, and how sure are we?", 0, default=True)


def render(edition: Edition) -> None:
    st.title("Which clouds do UK public services hang from?")
    st.markdown(
        "When a cloud provider goes down, which public services go with it, and who signed the contract? "
        "This page answers from public records. Every number says what it is a number of and how sure we are."
    )
    mail = ask(edition, "concentration", population_id="council-mail")
    ui.headline(mail)
    ui.metrics([mail.figure(f) for f in ("effective_number", "leader_share", "us_law")])
    ui.metrics([mail.figure(f) for f in ("known", "inferred", "unknown", "not_tested")])
    ui.chart(figures.draw(edition, "council-mail").chart)
    ui.data_button(mail, "items", "council-mail", "Download the councils (CSV)")
    ui.methods(mail)

    filters = ask(edition, "concentration", population_id="council-mail-filter")
    ui.chart(figures.draw(edition, "council-mail-filter").chart)
    ui.methods(filters)

    services = ask(edition, "concentration", population_id="service-web")
    st.markdown(f"## {ui.plain(services.title)}")
    st.caption(f"Population: {ui.plain(services.population)}.")
    ui.chart(figures.draw(edition, "service-web").chart)
    ui.data_button(services, "items", "service-web", "Download the services (CSV)")
    ui.methods(services)

    layers = figures.draw(edition, "layers")
    st.markdown(f"## {ui.plain(layers.answer.title)}")
    ui.chart(layers.chart)
    ui.methods(layers.answer)

    moved = figures.draw(edition, "in-force")
    ui.chart(moved.chart)
    ui.methods(moved.answer)
    signed = ask(edition, "contracts")
    st.markdown(f"## {ui.plain(signed.title)}")
    ui.metrics([signed.figure(f) for f in ("contracts", "gbp", "in_force", "in_force_gbp")])
    ui.data_button(signed, "contracts", "contracts", "Download the contracts (CSV)")
    ui.methods(signed)
