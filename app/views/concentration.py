"""Concentration: any population, by what it hangs from and by what it is weighed, with ranges and joint ranks."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures, state
from app.views import Page
from pipelines import schema
from pipelines.answers import concentration, long_day
from pipelines.answers._populations import POPULATIONS
from pipelines.edition import Edition

PAGE = Page(
    "concentration",
    "Concentration",
    "How concentrated is it, by company, country, region or value?",
    7,
    section="Who depends",
)
DEFAULT = "council-mail"
WAYS = {"parent": "company", "jurisdiction": "home country of the company"}


def render(edition: Edition) -> None:
    st.title("How concentrated is it?")
    left, middle, right = st.columns(3)
    with left:
        population = state.choose(
            "Counted are", "population", list(POPULATIONS), lambda p: POPULATIONS[p].title, DEFAULT, required=True
        )
    with middle:
        by = state.choose(
            "By", "by", list(concentration.BY), lambda b: WAYS.get(b, concentration.BY[b][0]), "provider", required=True
        )
    chosen = POPULATIONS[population or DEFAULT]
    with right:
        weight = state.choose(
            "Weighed by", "weight", chosen.weights, lambda w: concentration.WEIGHTS[w], "count", required=True
        )
    left, middle, _ = st.columns(3)
    sectors = schema.CODELISTS["sector"]
    with left:
        sector = state.choose("Sector", "sector", list(sectors), lambda s: sectors[s])
    with middle:
        evidence = state.choose("Evidence", "evidence", ["known"], lambda _: "known only", none="known and inferred")
    keys = {"population": chosen.id, "by": by, "weight": weight, "sector": sector, "evidence": evidence}
    drawn = figures.draw(edition, "concentration", **keys)
    answer = drawn.answer
    ui.headline(answer)
    if answer.body["newest"]:
        st.caption(f"Newest record counted: {long_day(answer.body['newest'])}.")
    if answer.body["shares"]:
        st.markdown(ui.plain(answer.body["shares"]))
    ui.metrics([f for f in answer.figures if f.id in ("effective_number", "leader_share", "leader_impact", "us_law")])
    if answer.body["reading"]:
        st.caption(f"By the Herfindahl-Hirschman index this is {ui.plain(answer.body['reading'])}.")
    ui.chart(drawn.chart)
    table = answer.frames["providers"]
    ui.rows_table(
        table.assign(**{column: (table[column] * 100).round(1) for column in ("share", "low", "high")}),
        {
            "name": "Name",
            "items": answer.figure("attributed").unit.capitalize(),
            "known": "Known",
            "inferred": "Inferred",
            "share": "Share shown (%)",
            "low": "Low (%)",
            "high": "High (%)",
            "rank": "Rank",
        },
    )
    ui.data_button(answer, "providers", "-".join(str(v) for v in keys.values() if v), "Download the shares (CSV)")
    ui.methods(answer)
