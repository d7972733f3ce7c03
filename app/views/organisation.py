"""Organisation: what one public body depends on, role by role, with the evidence."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app.stores import ask
from app.views import Page, _choices, _columns
from pipelines.edition import Edition

PAGE = Page("organisation", "Organisation", "What does this body depend on, layer by layer?", 1, section="Who depends")
DEFAULT = "ministry-of-justice"


def render(edition: Edition) -> None:
    st.title("What does a public body depend on?")
    chosen = _choices.one_body(edition, DEFAULT)
    if chosen is None:
        return
    answer = ask(edition, "dependence", organisation=chosen)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("subjects", "known", "inferred", "unknown")])
    st.markdown("### Where no alternative is shown")
    st.caption("What stored outages would do to its services and mail that we list. Exposure is not downtime.")
    exposures = answer.frames["exposures"]
    ui.rows_table(
        exposures[exposures["effect"] != "unknown"].sort_values("effect", kind="stable", ascending=False),
        {
            "name": "Service",
            "scenario": "If this happened again",
            "effect": "Effect",
            "certainty": "How sure",
            "layer": "Layer",
        },
    )
    st.markdown("### Providers by role")
    ui.rows_table(
        answer.frames["roles"],
        {
            "role": "Role",
            "layer": "Layer",
            "provider": "Provider",
            "certainty": "How sure",
            "names": "Names",
            "seen_on": "Newest record",
        },
    )
    st.markdown("### Evidence, name by name")
    ui.rows_table(answer.frames["findings"], _columns.FINDINGS)
    ui.data_button(answer, "findings", f"findings-{chosen}", "Download the findings (CSV)")
    st.markdown("### Published statements")
    ui.rows_table(answer.frames["statements"], _columns.STATEMENTS)
    signed = ask(edition, "contracts", organisation=chosen)
    st.markdown("### Contracts")
    st.caption(ui.plain(signed.title))
    ui.rows_table(
        signed.frames["contracts"], _columns.without(_columns.CONTRACTS, "buyer_name"), total=signed.body["rows"]
    )
    ui.data_button(signed, "contracts", f"contracts-{chosen}", "Download the contracts (CSV)")
    ui.methods(answer)
