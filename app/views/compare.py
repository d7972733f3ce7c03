"""Compare: a body beside others of its class, and all companies by layer."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures
from app.stores import ask
from app.views import Page, _choices
from pipelines.edition import Edition

PAGE = Page("compare", "Compare", "How does a body compare with others of its class?", 5, section="Who depends")
DEFAULT = "leeds"


def render(edition: Edition) -> None:
    st.title("How does a body compare with others of its class?")
    chosen = _choices.one_body(edition, DEFAULT)
    if chosen is None:
        return
    answer = ask(edition, "peers", organisation=chosen)
    ui.headline(answer)
    ui.metrics(answer.figures)
    rows = answer.frames["roles"].copy()
    rows["share"] = (rows["share"] * 100).round(1)
    ui.rows_table(
        rows,
        {
            "label": "Layer",
            "name": "Its records name",
            "bodies": "Bodies of its class that share it",
            "tested": "Of those tested",
            "share": "Share (%)",
            "usual": "Most common",
        },
    )
    ui.data_button(answer, "spread", f"peers-{chosen}", "Download the whole class (CSV)")
    ui.methods(answer)
    layers = figures.draw(edition, "layers")
    st.markdown(f"## {ui.plain(layers.answer.title)}")
    ui.chart(layers.chart)
    ui.methods(layers.answer)
    shared = ask(edition, "shared-accounts")
    st.markdown(f"## {ui.plain(shared.title)}")
    ui.rows_table(
        shared.frames["accounts"],
        {
            "sentence": "Evidence",
            "provider": "Provider",
            "bodies": "Bodies",
            "domains": "Domains of bodies not known",
            "names": "Names",
            "confidence": "Confidence",
            "seen_on": "Seen on",
        },
    )
    ui.data_button(shared, "members", "shared-accounts", "Download accounts and bodies (CSV)")
    ui.methods(shared)
