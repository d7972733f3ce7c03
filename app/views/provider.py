"""Provider: who depends on it, in which role, on what evidence, under which contracts."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures, state
from app.stores import ask
from app.views import Page, _choices, _columns
from pipelines.answers import provider_name
from pipelines.edition import Edition

PAGE = Page("provider", "Provider", "Who depends on this provider?", 2, section="Who depends")
DEFAULT = "aws"


def render(edition: Edition) -> None:
    st.title("Who depends on a provider?")
    chosen = state.choose(
        "Provider", "provider", _choices.providers(edition), provider_name, default=DEFAULT, required=True
    )
    if chosen is None:
        st.info("Choose a provider.")
        return
    answer = ask(edition, "dependence", provider=chosen)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("subjects", "known", "inferred", "statements")])
    ui.chart(figures.draw(edition, "provider-roles", provider=chosen).chart)
    st.markdown("### Bodies and names")
    ui.rows_table(
        answer.frames["findings"],
        {"organisation": "Public body"} | _columns.without(_columns.FINDINGS, "layer", "provider", "origin_provider"),
    )
    ui.data_button(answer, "findings", f"provider-{chosen}", "Download the findings (CSV)")
    st.markdown("### Published statements")
    ui.rows_table(answer.frames["statements"], _columns.without(_columns.STATEMENTS, "provider"))
    signed = ask(edition, "contracts", provider=chosen)
    st.markdown("### Contracts")
    st.caption(ui.plain(signed.title))
    ui.metrics([signed.figure(f) for f in ("contracts", "gbp", "in_force", "in_force_gbp")])
    ui.rows_table(
        signed.frames["contracts"], _columns.without(_columns.CONTRACTS, "provider"), total=signed.body["rows"]
    )
    if len(signed.frames["contracts"]):
        ui.chart(figures.draw(edition, "contracts-timeline", provider=chosen).chart)
        ui.chart(figures.draw(edition, "renewals", provider=chosen).chart)
    ui.data_button(signed, "contracts", f"provider-contracts-{chosen}", "Download the contracts (CSV)")
    ui.methods(answer)
