"""Renewals: which contracts end when, and whether a successor was seen."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures
from app.stores import ask
from app.views import Page, _choices
from pipelines.answers import provider_name
from pipelines.edition import Edition

PAGE = Page("renewals", "Renewals", "Which contracts end when, and was a successor seen?", 5, section="Contracts")


def render(edition: Edition) -> None:
    st.title("When is the next chance to leave?")
    provider, organisation = _choices.provider_and_body(edition)
    answer = ask(edition, "renewals", provider=provider, organisation=organisation)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("ending", "gbp", "ended_seen", "ended_unseen", "no_end")])
    if answer.frames["contracts"].empty:
        ui.nothing(
            {
                "provider": provider_name(provider or ""),
                "organisation": _choices.bodies(edition).get(organisation or "", ""),
            },
        )
    else:
        ui.chart(figures.draw(edition, "renewals", provider=provider, organisation=organisation).chart)
        ui.chart(figures.draw(edition, "contracts-timeline", provider=provider, organisation=organisation).chart)
        st.markdown("### Contracts by their end")
        ui.rows_table(
            answer.frames["contracts"],
            {
                "end_on": "Ends",
                "state": "State",
                "buyer_name": "Buyer",
                "title": "Contract",
                "provider": "Provider",
                "value_gbp": "Award value (£)",
                "successor_start_on": "Successor from",
                "url": "Notice",
            },
            total=answer.body["rows"],
        )
    ui.data_button(answer, "contracts", "renewals", "Download the ends (CSV)")
    ui.methods(answer)
