"""Service: what its names show, what is said of it, what it stands on, and when it would be exposed."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import state
from app.stores import ask
from app.views import Page, _columns
from pipelines import reference
from pipelines.answers import exposure
from pipelines.edition import Edition
from pipelines.presets import stored_scenarios

PAGE = Page("service", "Service", "What does a public service stand on?", 2, section="Who depends")
DEFAULT = "govuk"
MODES = {"all_of": "all of them", "any_of": "any of them"}


def render(edition: Edition) -> None:
    st.title("What does a public service stand on?")
    rows = edition.rows("SELECT service_id, name FROM services ORDER BY name")
    known = {row["service_id"]: row["name"] for row in rows}
    chosen = state.choose(
        "Service",
        "service",
        list(known),
        lambda s: known.get(s, s),
        default=DEFAULT if DEFAULT in known else None,
        required=True,
    )
    if chosen is None:
        st.info("This edition lists no service. See the page Data quality for what is missing.")
        return
    answer = ask(edition, "service", service=chosen)
    facts = answer.body["facts"]
    ui.headline(answer)
    if facts["organisation"]:
        ui.go("organisation", f"Run by {facts['organisation']}", organisation=facts["organisation_id"])
    if facts["critical_note"]:
        st.caption(ui.plain(facts["critical_note"]))
    ui.metrics(answer.figures)
    st.markdown("### Evidence from its names")
    ui.rows_table(answer.frames["findings"], _columns.FINDINGS)
    st.markdown("### Published statements")
    ui.rows_table(answer.frames["statements"], _columns.without(_columns.STATEMENTS, "subject"))
    st.markdown("### What it stands on")
    edges = answer.frames["edges"].copy()
    edges["mode"] = [MODES.get(mode, mode) for mode in edges["mode"]]
    ui.rows_table(
        edges,
        {
            "underlying_name": "Stands on",
            "region": "Region",
            "role": "Role",
            "mode": "Needs",
            "certainty": "How sure",
            "basis": "Basis",
        },
    )
    st.markdown("### Stored scenarios that list it")
    st.caption("Exposure is not downtime: failover that nobody published may exist.")
    presets = stored_scenarios(reference.load())
    exposed = answer.frames["exposures"].copy()
    exposed["via"] = [exposure.path_words(path) for path in exposed["via"]]
    exposed["scenario"] = [presets[s].title if s in presets else s for s in exposed["scenario_id"]]
    ui.rows_table(
        exposed, {"scenario": "Scenario", "effect": "Effect", "certainty": "How sure", "layer": "Layer", "via": "Path"}
    )
    ui.data_button(answer, "findings", f"service-{chosen}", "Download the findings (CSV)")
    ui.methods(answer)
