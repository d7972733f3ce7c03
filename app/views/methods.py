"""Methods: how each figure is made, and how the evidence fared against real outages."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app.stores import ask
from app.views import Page
from pipelines.answers import questions
from pipelines.edition import Edition
from pipelines.metrics import essays

PAGE = Page("methods", "Methods", "How do we know?", 12, section="About the data")


def render(edition: Edition) -> None:
    st.title("How do we know?")
    st.markdown(
        "Three kinds of evidence meet here: what bodies signed, what the DNS and web answers of their names show, and "
        "what is published by them, their suppliers and the press. None of them alone says what runs where."
    )
    shown = (
        ("hindcast", "Had we looked the day before a real outage"),
        ("accuracy", "How accurate attribution is"),
    )
    for question, words in shown:
        answer = ask(edition, question)
        st.markdown(f"## {words}")
        st.markdown(ui.plain(answer.title))
        st.caption(f"Population: {ui.plain(answer.population)}.")
        ui.metrics(answer.figures)
        frame = next(iter(answer.frames))
        ui.data_button(answer, frame, f"methods-{question}", f"Download the {frame} (CSV)")
        ui.methods(answer)
    st.markdown("## How each question is answered")
    for module in questions().values():
        if hasattr(module, "METHODS"):
            with st.expander(module.QUESTION):
                st.markdown(ui.plain(module.METHODS))
    st.markdown("## How each measure is made")
    for measure in essays():
        with st.expander(measure.name):
            st.markdown(ui.plain(f"{measure.reading[0].upper()}{measure.reading[1:]}."))
            st.code(measure.formula, language=None, wrap_lines=True)
            for label, words in (
                ("Range", measure.range),
                ("Guard", measure.guard),
                ("Example", measure.example),
                ("Source", measure.source),
            ):
                st.markdown(f"- {label}: {ui.plain(words)}")
