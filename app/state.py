"""The state that every page keeps in its address: one registry of keys, the same on all faces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from app.words import plain
from pipelines import days

# Keys of the contract. Values are ids, never indexes, so that a link means the same tomorrow.
KEYS: Mapping[str, str] = {
    "organisation": "public body",
    "provider": "provider",
    "product": "product of the provider",
    "region": "region of the provider",
    "role": "role",
    "layer": "front or back",
    "sector": "sector",
    "evidence": "known, or known and inferred",
    "from": "first day",
    "to": "last day",
    "metric": "measure",
    "q": "search words",
    "edition": "edition",
    "tab": "part of the page",
    "part": "part of the table",
    "service": "service",
    "claim": "published claim",
    "incident": "incident",
    "population": "population",
    "by": "what it is measured by",
    "weight": "weight",
    "preset": "real outage",
    "plane": "what is lost",
    "cause": "cause",
    "hours": "number of hours",
}


def read(key: str) -> str | None:
    """A key's value from the address: the last one where it stands twice, cut at a sane length."""
    if key not in KEYS:
        raise KeyError(key)
    values = st.query_params.get_all(key)
    return values[-1][:200] if values and values[-1] else None


def carry(page: str) -> None:
    """Keep the address's keys over a switch of page, which Streamlit's navigation drops. A key that is in the address
    counts; what a page does not know stays for the next one."""
    held: dict[str, str] = st.session_state.setdefault("held", {})
    if st.session_state.setdefault("page", page) != page:
        for key, before in held.items():
            if key not in st.query_params and key != "part":
                st.query_params[key] = before
    st.session_state["page"] = page
    st.session_state["held"] = {key: value for key in KEYS if (value := read(key))}


def measure(label: str, key: str, default: float, low: float, high: float, step: float) -> float:
    """A number whose value is in the address. A value that is none, or out of range, is said and dropped."""
    current = read(key)
    value = default
    if current is not None:
        try:
            value = float(current)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            st.info(f"“{plain(current[:60])}” is no {KEYS[key]} between {low:g} and {high:g}; showing {default:g}.")
            del st.query_params[key]
            value = default
    picked = st.number_input(
        label,
        min_value=low,
        max_value=high,
        value=value,
        step=step,
        key=f"choose-{key}",
        on_change=_keep,
        args=(key, default),
    )
    return float(picked)


def choose(
    label: str,
    key: str,
    options: Sequence[str],
    names: Callable[[str], str] = str,
    default: str | None = None,
    help: str | None = None,
    required: bool = False,
    none: str = "all",
) -> str | None:
    """A select box whose choice is in the address. A value that is no option is said and dropped."""
    current = read(key)
    if current is not None and current not in options:
        st.info(
            f"{KEYS[key].capitalize()} “{plain(current[:60])}” is not in this edition; showing the default.",
            icon=None,
        )
        del st.query_params[key]
        current = None
    chosen = current or default
    index = options.index(chosen) if chosen in options else (0 if required and options else None)
    picked = st.selectbox(
        label,
        options,
        index=index,
        format_func=names,
        key=f"choose-{key}",
        help=help,
        placeholder=none,
        on_change=_keep,
        args=(key, default),
    )
    return picked


def words(label: str, key: str, placeholder: str = "", default: str = "") -> str:
    """A line of text whose words are in the address."""
    return str(
        st.text_input(
            label,
            value=read(key) or default,
            max_chars=200,
            key=f"choose-{key}",
            placeholder=placeholder,
            on_change=_keep,
            args=(key, default),
        )
    )


def day(label: str, key: str) -> dt.date | None:
    """A day that is in the address; None where none is chosen. A value that is no day is said and dropped."""
    current = read(key)
    value = None
    if current is not None:
        try:
            value = days.day(current)
        except ValueError:
            st.info(f"“{plain(current[:60])}” is no day such as 2026-02-20; it is left out.")
            del st.query_params[key]
    picked: dt.date | None = st.date_input(
        label,
        value=value,
        min_value=days.FIRST,
        max_value=days.LAST,
        format="YYYY-MM-DD",
        key=f"choose-{key}",
        on_change=_keep,
        args=(key, None),
    )
    return picked


def part(of: int) -> int:
    """Which part of a table of `of` parts, from 1; the choice is in the address."""
    current = read("part") or "1"
    chosen = int(current) if current.isdecimal() and 1 <= int(current) <= of else 1
    if of == 1:
        return 1
    return st.pagination(of, default=chosen, key="choose-part", on_change=_keep, args=("part", "1"))


def drop(*keys: str) -> None:
    """Take keys out of the address, and what was chosen for them out of the session."""
    for key in keys:
        if key in st.query_params:
            del st.query_params[key]
        st.session_state.pop(f"choose-{key}", None)


def _keep(key: str, default: str | None) -> None:
    """Write a choice into the address; the default is left out, so that links stay short."""
    value: Any = st.session_state[f"choose-{key}"]
    if key != "part":
        drop("part")  # another choice has other rows, and begins at the first
    if value in (None, "") or str(value) == str(default):
        if key in st.query_params:
            del st.query_params[key]
    else:
        st.query_params[key] = f"{value:g}" if isinstance(value, float) else str(value)


def link(page: str, **keys: str | None) -> dict[str, str]:
    """The address keys of a link to another page: those given, and the pinned edition."""
    kept = {key: value for key, value in keys.items() if value}
    edition = read("edition")
    if edition:
        kept["edition"] = edition
    return kept
