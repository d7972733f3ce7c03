"""What pages let people choose, with the choice in the address: bodies and providers that the edition speaks of."""

from __future__ import annotations

import functools

import streamlit as st

from app import state
from pipelines.answers import provider_name
from pipelines.edition import Edition


@functools.lru_cache(maxsize=4)
def providers(edition: Edition) -> list[str]:
    """Providers that any finding, statement or contract names, by name."""
    rows = edition.query(
        """SELECT DISTINCT provider FROM (
             SELECT provider FROM findings UNION SELECT provider FROM statements
             UNION SELECT provider FROM contract_providers) WHERE provider NOT IN ('none', 'unknown')"""
    )
    return sorted(rows["provider"], key=lambda p: provider_name(p).lower())


@functools.lru_cache(maxsize=4)
def bodies(edition: Edition) -> dict[str, str]:
    """Bodies that we hold evidence about, by id."""
    rows = edition.query(
        """SELECT organisation_id, name FROM organisations WHERE organisation_id IN (
             SELECT organisation_id FROM findings UNION SELECT organisation_id FROM statements
             UNION SELECT organisation_id FROM contracts UNION SELECT organisation_id FROM services)
           ORDER BY name"""
    )
    return dict(zip(rows["organisation_id"], rows["name"], strict=True))


def body(edition: Edition) -> str | None:
    """A public body, or None for all."""
    known = bodies(edition)
    return state.choose("Public body", "organisation", list(known), lambda o: known.get(o, o))


def one_body(edition: Edition, default: str) -> str | None:
    """A public body; None, said, where there is none to choose."""
    known = bodies(edition)
    chosen = state.choose(
        "Public body",
        "organisation",
        list(known),
        lambda o: known.get(o, o),
        default=default if default in known else None,
        required=True,
    )
    if chosen is None:
        st.info("Choose a public body.")
    return chosen


def provider_and_body(edition: Edition) -> tuple[str | None, str | None]:
    """A provider and a public body beside each other, each None for all."""
    left, right = st.columns(2)
    with left:
        provider = state.choose("Provider", "provider", providers(edition), provider_name)
    with right:
        return provider, body(edition)
