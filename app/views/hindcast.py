"""Hindcast: the evidence of the day before a real outage, scored against what public bodies reported."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import figures, state
from app.stores import ask
from app.views import Page
from pipelines.answers import percent, provider_name
from pipelines.edition import Edition

PAGE = Page("hindcast", "Hindcast", "Had we looked the day before, whom would we have named?", 8, section="Outages")


def render(edition: Edition) -> None:
    st.title("Had we looked the day before, whom would we have named?")
    reported = ask(edition, "hindcast").body["incidents"]
    listed = ask(edition, "incidents").frames["incidents"].set_index("incident_id")
    names = {i: f"{listed.loc[i, 'when']}: {provider_name(listed.loc[i, 'providers'][0])}" for i in reported}
    incident = state.choose(
        "Outage that bodies reported", "incident", list(names), lambda i: names.get(i, i), none="all of them"
    )
    answer = ask(edition, "hindcast", incident=incident)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("reported", "dns_only", "all_evidence")])
    st.caption("The same with the evidence held today, some of it written after the event: no test of foresight.")
    ui.metrics([answer.figure(f) for f in ("today_dns_only", "today_all_evidence")])
    drawn = figures.draw(edition, "hindcast", incident=incident)
    ui.chart(drawn.chart)
    st.markdown("### Who reported, and what had found them")
    shown = answer.frames["bodies"]
    ui.rows_table(
        shown.assign(outage=[names.get(i, i) for i in shown["incident_id"]]),
        {
            "outage": "Outage",
            "body": "Public body",
            "reported_by": "Reported by",
            "dns_only": "DNS alone",
            "all_evidence": "All evidence",
            "kinds": "By what",
            "missing_evidence": "What is missing",
            "note": "Note",
            "url": "Source",
        },
    )
    st.markdown("### Controls")
    control = answer.body["negative_control"]
    st.markdown(
        ui.plain(
            f"{control['scenario']}, which cannot have touched a UK service: "
            f"bodies named: {control['exposed']}, expected: {control['expected']}."
        )
    )
    for other, score in answer.body.get("placebo", {}).items():
        st.markdown(
            ui.plain(
                f"Had {provider_name(other)} failed everywhere instead, the same evidence would have named "
                f"{len(score['found'])} of those that reported ({percent(score['share'])})."
            )
        )
    ui.data_button(answer, "bodies", f"hindcast-{incident or 'all'}", "Download the reports (CSV)")
    ui.methods(answer)
