"""Search: one box over bodies, providers, suppliers, services, host names, incidents and claims."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import state
from app.stores import ask
from app.views import Page
from app.words import PLURAL
from pipelines.edition import Edition

PAGE = Page("search", "Search", "Is it in here?", 1)
SHOWN = 20
# The page that shows a thing of each kind, and the key that names it there.
PLACES = {
    "organisation": ("organisation", "organisation"),
    "provider": ("provider", "provider"),
    "service": ("service", "service"),
    "host": ("evidence", "q"),
    "incident": ("incidents", "incident"),
    "claim": ("claim", "claim"),
    "supplier": ("contracts", "q"),
}


def render(edition: Edition) -> None:
    st.title("Is it in here?")
    q = state.words("A public body, supplier, provider, service or host name", "q", "Leeds City Council")
    answer = ask(edition, "search", q=q.strip())
    ui.headline(answer)
    found = answer.frames["results"]
    if q.strip() and found.empty:
        st.info(
            "Try fewer letters, another spelling, or a host name such as www.example.gov.uk. A body that we hold nothing "
            "about is a gap of ours, not a finding."
        )
    for kind in dict.fromkeys(found["kind"]):
        rows = found[found["kind"] == kind]
        st.markdown(f"### {PLURAL[kind]}")
        page, key = PLACES[kind]
        for row in rows.head(SHOWN).to_dict("records"):
            ui.go(page, row["name"], row["detail"], **{key: str(row["id"])})
        if len(rows) > SHOWN:
            st.caption(f"{SHOWN} of {len(rows)}. Add a word to see fewer.")
    ui.data_button(answer, "results", "search", "Download what was found (CSV)")
    ui.methods(answer)
