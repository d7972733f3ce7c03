"""Map: councils as dots, coloured by what their records name for the chosen role."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures, state
from app.views import Page
from pipelines.answers import places
from pipelines.edition import Edition

PAGE = Page("map", "Map", "Where are the councils, and whom do their records name?", 6, section="Who depends")
DEFAULT = "council-mail"


def render(edition: Edition) -> None:
    st.title("Councils on a map")
    role = state.choose("Role", "role", list(places.ROLES), lambda r: places.ROLES[r], default=DEFAULT, required=True)
    drawn = figures.draw(edition, "map", role=role or DEFAULT)
    ui.headline(drawn.answer)
    ui.metrics(drawn.answer.figures)
    ui.chart(drawn.chart)
    ui.data_button(drawn.answer, "places", f"map-{role or DEFAULT}", "Download the councils (CSV)")
    ui.methods(drawn.answer)
