"""Columns of the tables that several pages show, with their heads: one place, so that a thing has one name everywhere."""

from __future__ import annotations

from collections.abc import Mapping

FINDINGS = {
    "subject": "Name",
    "role": "Role",
    "layer": "Layer",
    "provider": "Provider",
    "product": "Product",
    "region": "Region",
    "origin_provider": "Behind it",
    "confidence": "Confidence",
    "seen_on": "Seen on",
}
STATEMENTS = {
    "subject": "About",
    "provider": "Provider",
    "product": "Product",
    "region": "Region",
    "statement": "Statement",
    "stated_on": "Stated on",
    "current": "Stands today",
    "source_kind": "Who says so",
    "url": "Where",
}
CONTRACTS = {
    "buyer_name": "Buyer",
    "title": "Contract",
    "provider": "Provider",
    "grade": "How it shows",
    "value_gbp": "Award value (£)",
    "value_status": "Value is",
    "start_on": "From",
    "end_on": "To",
    "url": "Notice",
}


def without(columns: Mapping[str, str], *left_out: str) -> dict[str, str]:
    """`columns` without those that the page is about already."""
    return {key: head for key, head in columns.items() if key not in left_out}
