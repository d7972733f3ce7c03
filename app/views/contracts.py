"""Contracts: what was signed, with whom, for how much, until when."""

from __future__ import annotations

import math

import streamlit as st

from app import components as ui
from app import figures, state
from app.stores import ask
from app.views import Page, _choices, _columns
from pipelines import schema
from pipelines.answers import long_day, provider_name
from pipelines.edition import Edition

SECTORS = schema.CODELISTS["sector"]
NARROWING = ("sector", "evidence", "from", "to")
PAGE = Page("contracts", "Contracts", "What was signed, and when could they leave?", 4, section="Contracts")


def render(edition: Edition) -> None:
    st.title("What was signed, and until when?")
    provider, organisation = _choices.provider_and_body(edition)
    q = state.words("Words in buyer, supplier or title", "q") or None
    with st.expander("Sector, evidence, days of award", expanded=any(map(state.read, NARROWING))):
        left, right = st.columns(2)
        with left:
            sector = state.choose("Sector of the buyer", "sector", list(SECTORS), SECTORS.__getitem__)
            since = state.day("Awarded from", "from")
        with right:
            evidence = state.choose(
                "Evidence", "evidence", ["known"], lambda _: "known only", none="known and inferred"
            )
            until = state.day("Awarded to", "to")
    keys = {
        "provider": provider, "organisation": organisation, "sector": sector, "evidence": evidence, "since": since,
        "until": until, "q": q,
    }  # fmt: skip
    signed = ask(edition, "contracts", **keys, most=ui.SHOWN)
    parts = max(1, math.ceil(signed.body["rows"] / ui.SHOWN))
    ui.headline(signed)
    ui.metrics([signed.figure(f) for f in ("contracts", "gbp", "in_force", "in_force_gbp")])
    if not any(keys.values()):
        moved = figures.draw(edition, "in-force")
        ui.chart(moved.chart)
        ui.methods(moved.answer)
    ui.go("renewals", "When is the next chance to leave?", provider=provider, organisation=organisation)
    st.markdown("### Contracts listed")
    if not signed.body["rows"]:
        ui.nothing(
            {
                "q": q or "",
                "provider": provider_name(provider or ""),
                "organisation": _choices.bodies(edition).get(organisation or "", ""),
                "sector": SECTORS.get(sector or "", ""),
                "evidence": "known only",
                "from": long_day(since) if since else "",
                "to": long_day(until) if until else "",
            }
        )
    else:
        part = state.part(parts)
        shown = signed if part == 1 else ask(edition, "contracts", **keys, most=ui.SHOWN, skip=ui.SHOWN * (part - 1))
        ui.rows_table(shown.frames["contracts"], _columns.CONTRACTS, total=signed.body["rows"])
    ui.data_button(signed, "contracts", "contracts-all", "Download the contracts (CSV)")
    ui.methods(signed)
