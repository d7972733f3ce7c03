"""Provider: who depends on it, in which role, on what evidence, under which contracts."""

from __future__ import annotations

import streamlit as st

from app import components as ui
from app import state
from app.charts import Bars, Series
from app.views import Page
from pipelines.answers import contracts, dependence, provider_name
from pipelines.edition import Edition

PAGE = Page("provider", "Provider", "Who depends on this provider?", 2)
DEFAULT = "aws"
ROLE_WORDS = {
    "web": "Web",
    "dns": "DNS",
    "mail": "Mail",
    "mail_sending": "Sending mail",
    "saas": "Online services",
    "identity": "Sign-in",
    "certificate": "Certificates",
    "ai": "AI",
}


def known_providers(edition: Edition) -> list[str]:
    """Providers that any finding, statement or contract names, by name."""
    rows = edition.query(
        """SELECT DISTINCT provider FROM (
             SELECT provider FROM findings UNION SELECT provider FROM statements
             UNION SELECT provider FROM contract_providers) WHERE provider NOT IN ('none', 'unknown')"""
    )
    return sorted(rows["provider"], key=lambda p: provider_name(p).lower())


def render(edition: Edition) -> None:
    st.title("Who depends on a provider?")
    chosen = state.choose(
        "Provider", "provider", known_providers(edition), provider_name, default=DEFAULT, required=True
    )
    if chosen is None:
        st.info("Choose a provider.")
        return
    answer = dependence.answer(edition, provider=chosen)
    ui.headline(answer)
    ui.metrics([answer.figure(f) for f in ("subjects", "known", "inferred", "statements")])
    roles = answer.frames["roles"]
    order = roles.groupby("role")["names"].sum().sort_values(ascending=False).index.tolist()

    def count(role: str, certainty: str) -> float:
        part = roles[(roles["role"] == role) & (roles["certainty"] == certainty)]
        return float(part["names"].sum())

    ui.chart(
        Bars(
            id="provider-roles",
            title=f"What {provider_name(chosen)} does for the names that we hold",
            subtitle="host names by role",
            unit="host names",
            labels=[ROLE_WORDS.get(role, role) for role in order],
            series=(
                Series("known", "Known", [count(r, "known") for r in order]),
                Series("inferred", "Inferred", [count(r, "inferred") for r in order]),
            ),
            of=f"{edition.counts['findings']:,} findings about names that we hold, chosen by us",
            source="; ".join(str(s["title"]) for s in answer.sources[:4]),
        )
    )
    st.markdown("#### Bodies and names")
    ui.rows_table(
        answer.frames["findings"],
        {
            "organisation": "Public body",
            "subject": "Name",
            "role": "Role",
            "product": "Product",
            "region": "Region",
            "confidence": "Confidence",
            "seen_on": "Seen on",
        },
    )
    ui.data_button(answer, "findings", f"provider-{chosen}", "Download the findings (CSV)")
    st.markdown("#### Published statements")
    ui.rows_table(
        answer.frames["statements"],
        {
            "subject": "About",
            "product": "Product",
            "region": "Region",
            "statement": "Statement",
            "stated_on": "Stated on",
            "current": "Stands today",
            "source_kind": "Who says so",
            "url": "Where",
        },
    )
    signed = contracts.answer(edition, provider=chosen)
    st.markdown("#### Contracts")
    st.caption(ui.plain(signed.title))
    ui.metrics([signed.figure(f) for f in ("contracts", "gbp", "in_force", "in_force_gbp")])
    ui.rows_table(
        signed.frames["contracts"],
        {
            "buyer_name": "Buyer",
            "title": "Contract",
            "grade": "How it shows",
            "value_gbp": "Value (GBP)",
            "value_status": "Value is",
            "start_on": "From",
            "end_on": "To",
            "url": "Notice",
        },
    )
    ui.data_button(signed, "contracts", f"provider-contracts-{chosen}", "Download the contracts (CSV)")
    ui.methods(answer)
