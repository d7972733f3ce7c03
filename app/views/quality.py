"""Data quality: what is covered, missing, doubtful or old."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app.stores import ask
from app.views import Page
from app.words import LEVELS
from pipelines.edition import Edition

PAGE = Page(
    "quality", "Data quality", "What is covered, what is missing, what is doubtful?", 11, section="About the data"
)


def render(edition: Edition) -> None:
    st.title("What is covered, missing and doubtful?")
    answer = ask(edition, "coverage")
    ui.headline(answer)
    ui.metrics(answer.figures)
    st.markdown("### Sources")
    coverage = answer.frames["coverage"].copy()
    coverage["state"] = [state.replace("_", " ") for state in coverage["state"]]
    ui.rows_table(
        coverage,
        {
            "title": "Source",
            "state": "State",
            "date_from": "From",
            "date_to": "To",
            "rows": "Rows",
            "age": "Age",
            "reason": "Note",
        },
    )
    ui.data_button(answer, "coverage", "quality", "Download the sources (CSV)")
    st.markdown("### Doubts that we name")
    ui.rows_table(answer.frames["issues"], {"label": "Doubt", "rows": "Rows"})
    st.markdown("### How far rows were checked")
    checks = answer.frames["checks"].assign(check=lambda rows: [LEVELS.get(check, check) for check in rows["check"]])
    ui.rows_table(checks, {"table": "Table", "check": "Check", "rows": "Rows"})
    st.markdown("### Tables of this edition")
    ui.rows_table(answer.frames["tables"], {"table": "Table", "rows": "Rows"})
    ui.methods(answer)
