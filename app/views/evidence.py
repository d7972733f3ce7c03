"""Evidence: every record behind a host name, service, body, contract or finding, hop by hop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import components as ui
from app import figures, state
from app.stores import ask
from app.views import Page
from app.words import said
from pipelines.answers import provider_name
from pipelines.edition import Edition
from pipelines.errors import UnknownName

PAGE = Page("evidence", "Evidence", "Which records say so?", 10, section="About the data")
DEFAULT = "justice.gov.uk"


def _role(entry: Mapping[str, Any]) -> str | None:
    """The role that an entry speaks of; what has none is said by its kind."""
    if "incident_id" in entry:
        return "Incident"
    return figures.ROLES.get(entry.get("role") or "contract", entry.get("role"))


def render(edition: Edition) -> None:
    st.title("Which records say so?")
    q = state.words("A host name, or the id of a service, body, contract or finding", "q", DEFAULT, DEFAULT).strip()
    try:
        answer = ask(edition, "explain", subject=q or DEFAULT)
    except UnknownName:
        st.info(f"We hold nothing about “{ui.plain(q)}”. Search finds the id of a name; here is an example.")
        answer = ask(edition, "explain", subject=DEFAULT)
    ui.headline(answer)
    ui.metrics(answer.figures)
    rows = pd.DataFrame(
        [
            {
                "about": entry.get("title") or entry.get("statement") or entry.get("subject"),
                "role": _role(entry),
                "provider": ", ".join(provider_name(p) for p in entry.get("providers") or [entry.get("provider")] if p),
                "confidence": entry.get("confidence"),
                **{key: step[key] for key in ("kind", "value", "date", "rule_id", "source", "url")},
                "sha256": said(step["sha256"], "none")[:16],
            }
            for entry in answer.body["findings"]
            for step in entry["evidence"]
        ]
    )
    ui.rows_table(
        rows,
        {
            "about": "About",
            "role": "Role",
            "provider": "Provider",
            "confidence": "Confidence",
            "value": "Record",
            "date": "Date",
            "rule_id": "Rule",
            "source": "Source",
            "url": "Where",
            "sha256": "SHA-256",
        },
    )
    ui.csv_button(answer, lambda: rows, "evidence", "Download the records (CSV)")
    ui.methods(answer)
