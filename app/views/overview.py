"""Overview: what this is, how concentrated it is, how sure we are."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import components as ui
from app.charts import Bars, Chart, Series
from app.views import Page
from pipelines.answers import Answer, concentration, contracts
from pipelines.edition import Edition

PAGE = Page("overview", "Overview", "How concentrated are UK public services, and how sure are we?", 0, default=True)
MOST_BARS = 8


def certainty_chart(answer: Answer, chart_id: str, title: str, unit: str) -> Chart:
    """Providers of a population as bars split into known and inferred."""
    table: pd.DataFrame = answer.frames["providers"]
    top = table.head(MOST_BARS)
    other = table.iloc[MOST_BARS:]
    labels = list(top["name"])
    known, inferred = list(top["known"]), list(top["inferred"])
    if len(other):
        labels.append(f"{len(other)} others")
        known.append(float(other["known"].sum()))
        inferred.append(float(other["inferred"].sum()))
    missing = [float(answer.figure(state).value or 0) for state in ("unknown", "not_tested")]
    labels += ["Unknown", "Not tested"]
    blank = [0.0] * (len(labels) - 2)
    seen = table["seen_on"].max()
    return Bars(
        id=chart_id,
        title=title,
        subtitle=f"{unit} by provider" + (f", newest record {seen:%d %B %Y}" if pd.notna(seen) else ""),
        unit=unit,
        labels=labels,
        series=(
            Series("known", "Known", [*known, 0.0, 0.0]),
            Series("inferred", "Inferred", [*inferred, 0.0, 0.0]),
            Series("unknown", "Unknown", [*blank, missing[0], 0.0]),
            Series("not_tested", "Not tested", [*blank, 0.0, missing[1]]),
        ),
        of=f"{answer.figure('items').value} {unit}",
        source="; ".join(str(s["title"]) for s in answer.sources),
    )


def render(edition: Edition) -> None:
    st.title("Which clouds do UK public services hang from?")
    st.markdown(
        "When a cloud provider goes down, which public services go with it, and who signed the contract? "
        "This page answers from public records. Every number says what it is a number of and how sure we are."
    )
    mail = concentration.answer(edition, "council-mail")
    ui.headline(mail)
    ui.metrics([mail.figure(f) for f in ("effective_number", "leader_share", "us_law")])
    ui.metrics([mail.figure(f) for f in ("known", "inferred", "unknown", "not_tested")])
    ui.chart(certainty_chart(mail, "council-mail", "Who runs the mail of UK councils", "councils"))
    ui.data_button(mail, "items", "council-mail", "Download the councils (CSV)")
    ui.methods(mail)

    filters = concentration.answer(edition, "council-mail-filter")
    ui.chart(certainty_chart(filters, "mail-filter", "What stands in front of that mail", "councils"))
    ui.methods(filters)

    services = concentration.answer(edition, "service-web")
    st.markdown(f"### {ui.plain(services.title)}")
    st.caption(f"Population: {ui.plain(services.population)}.")
    ui.chart(certainty_chart(services, "service-web", "What answers public services' web addresses", "services"))
    ui.data_button(services, "items", "service-web", "Download the services (CSV)")
    ui.methods(services)

    signed = contracts.answer(edition)
    st.markdown(f"### {ui.plain(signed.title)}")
    ui.metrics([signed.figure(f) for f in ("contracts", "gbp", "in_force", "in_force_gbp")])
    ui.data_button(signed, "contracts", "contracts", "Download the contracts (CSV)")
    ui.methods(signed)
