"""Claim: is a published figure right, and under which definition?"""

from __future__ import annotations

import datetime as dt

import streamlit as st

from app import components as ui
from app import figures, state
from app.stores import ask
from app.views import Page, _choices
from app.words import claimed, reply
from pipelines import days
from pipelines.answers import claim, provider_name, published
from pipelines.edition import Edition

PAGE = Page(
    "claim", "Check a claim", "Is a published figure right, and under which definition?", 9, section="Contracts"
)
DEFAULT = "tussell-aws-2025"


def _day(key: str) -> dt.date | None:
    try:
        return days.day(state.read(key) or "")
    except ValueError:
        return None


def render(edition: Edition) -> None:
    st.title("Is a published figure right?")
    known = claim.claims()
    shown = "none chosen" if state.read("provider") else known[DEFAULT]["title"]
    left, right = st.columns(2)
    with left:
        chosen = state.choose("Published claim", "claim", list(known), lambda c: known[c]["title"], none=shown)
    with right:
        provider = state.choose(
            "Or count a provider's contracts",
            "provider",
            _choices.providers(edition),
            provider_name,
            none="none chosen",
        )
    if provider and not chosen:
        answer = ask(edition, "claim", provider=provider, since=_day("from"), on=_day("to"), most=claim.MOST)
    else:
        answer = ask(edition, "claim", claim_id=chosen or DEFAULT, most=claim.MOST)
        told = answer.body["claim"]
        st.caption(
            ui.plain(
                f"Claimed by {told['publisher']}, {published(told['date'])}. The other side: {reply(told['reply'])}"
            )
        )
    ui.headline(answer)
    if "figures" in answer.frames:
        beside = answer.frames["figures"].copy()
        for column in ("published", "ours"):
            beside[column] = [claimed(value, unit) for value, unit in zip(beside[column], beside["unit"], strict=True)]
        ui.rows_table(
            beside,
            {
                "label": "Figure",
                "published": "Published",
                "ours": "In our sources",
                "measure": "What we counted",
                "result": "What that says",
            },
        )
    st.markdown("### Direct contracts under each definition")
    if answer.frames["definitions"].empty:
        st.info("This claim is not about one provider's contracts, so no definition is counted.")
    else:
        ui.rows_table(
            answer.frames["definitions"],
            {
                "label": "Definition",
                "contracts": "Contracts",
                "buyers": "Buyers",
                "gbp": "Known value (£)",
                "low": "Low (£)",
                "high": "High (£)",
                "unknown_values": "Without a value",
            },
        )
        if "figures" in answer.frames:
            ui.chart(figures.draw(edition, "claim-definitions", claim=answer.parameters["claim"]).chart)
        st.markdown("### Records counted")
        ui.rows_table(
            answer.frames["notices"],
            {
                "buyer": "Buyer",
                "title": "Contract",
                "value_gbp": "Award value (£)",
                "awarded_on": "Awarded",
                "start_on": "From",
                "end_on": "To",
                "url": "Notice",
            },
            total=answer.total["notices"],
        )
    ui.data_button(
        answer,
        "notices" if not answer.frames["notices"].empty else "definitions",
        f"claim-{chosen or provider or DEFAULT}",
        "Download the records (CSV)",
    )
    st.markdown("### What our sources lack")
    for lack in answer.body["lacks"]:
        st.markdown(f"- {ui.plain(lack)}")
    ui.methods(answer)
