"""Columns that several pages show the same way: evidence, date and confidence stand on every row."""

from __future__ import annotations

from collections.abc import Callable

from app.figures import ROLES
from app.site._state import State
from app.site._tables import Cell, Column, Link, Row, body_cell, elsewhere, of, provider_cell, sure
from app.words import GRADES, LAYERS, SPEAKERS, blank, day, money, said, web
from pipelines.answers import listing, number, provider_name


def role(row: Row) -> Cell:
    """The role and, apart from it, whether it stands in front or behind."""
    layer = LAYERS.get(row["layer"], said(row["layer"]))
    return f"{ROLES.get(row['role'], said(row['role']))}, {layer}"


# What kind of mark a rule reads, in words; the rule itself stands with its evidence.
MARKS = {
    "mx": "mail record",
    "ns": "name server record",
    "suffix": "name it points to",
    "token": "verification token",
    "spf": "list of senders",
    "header": "answer of the web server",
    "cookie": "cookie of the web server",
    "certificate-shows-front": "certificate record of a network in front",
    "range": "address range",
    "asn": "network of the address",
    "asn-and-holder": "network of the address and its registered holder",
    "network-not-listed": "network of the address, of nobody that we list",
    "mail-through": "sign of mail behind a filter",
    "policy-name": "name of a policy record",
    "validation-name": "name of a validation record",
    "null-mx": "record that says it takes no mail",
    "mx-own-relay": "mail record within its own names",
    "mx-placeholder": "mail record of a placeholder",
    "mx-unknown": "mail record, of nobody that we list",
    "name-server-unknown": "name server record, of nobody that we list",
    "nothing-known": "no record that we can read",
    "mail-behind-filter-unknown": "nothing behind the mail filter",
    "alias-unknown": "name it points to, of nobody that we list",
    "alias-loop": "names that point in a circle",
    "address-unknown": "address in no range that we list",
    "private-address": "address that nobody outside can reach",
    "address": "address written where there is none",
    "parking": "page of a registrar or domain trader",
    "network": "range of one network",
    "name": "name of the supplier",
    "word": "word in the notice",
}


def mark(rule_id: object) -> str:
    """What kind of mark a rule reads, in words."""
    kind = str(rule_id).partition(":")[0]
    return MARKS.get(kind, kind.replace("-", " "))


def findings(
    state: State, with_body: bool = True, with_provider: bool = True, with_origin: bool = True
) -> list[Column]:
    def subject(row: Row) -> Cell:
        return Link(str(row["subject"]), state.url(f"/evidence/{row['subject']}"))

    def rule(row: Row) -> Cell:
        return Link(mark(row["rule_id"]), state.url(f"/evidence/{row['finding_id']}"))

    def what(row: Row) -> Cell:
        return ", ".join(str(row[key]) for key in ("product", "region") if isinstance(row[key], str)) or "not shown"

    return [
        *([Column("Public body", body_cell(state, "organisation_id", "organisation"))] if with_body else []),
        Column("Name", subject),
        Column("Role and layer", role),
        *([Column("Points to", provider_cell(state))] if with_provider else []),
        Column("Product, region", what),
        *([Column("What runs behind", provider_cell(state, "origin_provider"))] if with_origin else []),
        Column("How sure", sure),
        Column("Evidence", rule),
        Column("Seen on", of("seen_on", "no date")),
    ]


def statements(state: State, with_provider: bool = True) -> list[Column]:
    def source(row: Row) -> Cell:
        kind = said(row["source_kind"])
        return Link(SPEAKERS.get(kind, kind), web(row["url"]), foreign=True)

    return [
        Column("About", of("subject")),
        *([Column("Provider", provider_cell(state))] if with_provider else []),
        Column("Statement", of("statement")),
        Column("Stated on", of("stated_on", "no date")),
        Column("Stands today", of("current")),
        Column("How sure", sure),
        Column("Who says so", source),
    ]


def contract(state: State) -> Callable[[Row], Cell]:
    """A contract's title as the link to the records behind it."""
    return lambda row: Link(said(row["title"]), state.url(f"/evidence/{row['contract_id']}"))


def contracts(state: State, with_buyer: bool = True, with_provider: bool = True) -> list[Column]:
    def value(row: Row) -> Cell:
        return money(row["value_gbp"])

    def shown(row: Row) -> Cell:
        how = GRADES.get(row["grade"], said(row["grade"]))
        if row["grade"] == "direct" and "service-not-named" in row["flags"]:
            how += ", for which of its services is not said"
        how += ", through a reseller" if row["via_reseller"] is True else ""
        return f"{how}; advertising, not a service to depend on" if row["service_class"] == "ads" else how

    return [
        *([Column("Buyer", body_cell(state, "organisation_id", "buyer_name"))] if with_buyer else []),
        Column("Contract", contract(state)),
        *([Column("Provider", provider_cell(state))] if with_provider else []),
        Column("How it shows", shown),
        Column("Award value", value, True),
        Column("From", lambda row: day(row["start_on"])),
        Column("To", lambda row: day(row["end_on"])),
        Column("Source", elsewhere("url", "notice")),
    ]


def incidents(state: State, with_provider: bool = True) -> list[Column]:
    def what(row: Row) -> Cell:
        words = said(row["title"] if isinstance(row["title"], str) else row["product"], str(row["incident_id"]))
        return Link(
            "product not stated" if words == "not stated" else words, state.url(f"/incident/{row['incident_id']}")
        )

    def providers(row: Row) -> Cell:
        return listing([provider_name(p) for p in row["providers"]]) or "not named"

    def hours(row: Row) -> Cell:
        return "unknown" if blank(row["duration_hours"]) else number(row["duration_hours"], 1).removesuffix(".0")

    return [
        Column("Day", of("when")),
        *([Column("Provider", providers)] if with_provider else []),
        Column("Incident", what),
        Column("Hours", hours, True),
        Column("Cause", of("cause_words")),
        Column("Automation", of("automation_involved")),
        Column("AI agent", of("ai_agent_involved")),
    ]
