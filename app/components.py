"""What every page of the explorer shows the same way: frame, sentence, figures, chart, source line."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd
import streamlit as st

from app import charts, menu, palette, plots, state
from app.asking import whole
from app.chart_rows import cells
from app.figures import ROLES
from app.stores import ask, shown_edition
from app.words import EFFECTS, GRADES, LAYERS, SPEAKERS, TOUCH, age, amount, blank, said, sentence
from app.words import plain as plain
from pipelines.answers import Answer, Figure, csv_of, number, provider_name
from pipelines.edition import Edition
from pipelines.errors import CloudholdError
from pipelines.export import CREDIT

log = logging.getLogger("cloudhold")
# Rows of a table on a page.
SHOWN = 200
# Pixels of a figure: two stand side by side on a telephone.
TILE = 155
# Letters of a cell that one line of a column can hold; where a cell has more, rows are three lines high, so many pixels.
LINE = 60
THREE_LINES = 66
# Columns that hold codes or the ids of providers, and the words for them.
CODES: Mapping[str, Mapping[str, str]] = {
    "role": ROLES,
    "layer": LAYERS,
    "effect": EFFECTS,
    "source_kind": SPEAKERS,
    "grade": GRADES,
    "touch": TOUCH,
}
PROVIDERS = ("provider", "origin_provider")
_PLOTLY = {"displayModeBar": False, "responsive": True, "staticPlot": False}


def edition() -> Edition:
    """The edition of this run: the one in the address, or the newest; one rerun sees one state."""
    return shown_edition(state.read("edition"))


def frame_page(view: ModuleType) -> None:
    """Draw one view inside the common frame. What goes wrong becomes a sentence with an id, never a trace."""
    page = view.PAGE
    try:
        state.carry(page.id)
        menu.draw(page)
        shown = edition()
        stale(shown)
        view.render(shown)
        twin(page.id)
        footer(shown)
    except CloudholdError as error:
        st.error(f"{error}.")
        if state.read("edition"):
            st.markdown("[Show the newest edition](?)")
    except Exception:
        incident = secrets.token_hex(4)
        log.exception("page %s failed, id %s", page.id, incident)
        st.error(f"This page could not be drawn. Nothing is lost. If it happens again, report id {incident}.")


def stale(shown: Edition) -> None:
    """Say which sources have not been renewed in their own time, on every page."""
    late = ask(shown, "coverage").figure("stale")
    if late.value:
        st.warning(f"{late.value} of {late.of} {'has' if late.value == 1 else 'have'} not been renewed in time.")
        go("quality", "Which, and since when")


def go(page_id: str, label: str, detail: str | None = None, **keys: str | None) -> None:
    """A link to another page of the explorer with keys in its address; words where the pages do not know each other."""
    kept = state.link(page_id, **keys)
    page = st.session_state.get("pages", {}).get(page_id)
    if page is not None:
        st.page_link(page, label=f":primary[{plain(label)}]", query_params=kept)
    else:
        st.markdown(plain(label))
    if detail:
        st.caption(plain(detail))


def nothing(keys: Mapping[str, str]) -> None:
    """What to say where a choice leaves no row: each key that the choice is made of, with the offer to drop it."""
    held = {key: words for key, words in keys.items() if state.read(key)}
    st.info(
        "We hold nothing for this choice. That says what we hold, not what exists."
        + (" Drop a part of the choice to see more:" if held else "")
    )
    for key, words in held.items():
        st.button(f"Drop {state.KEYS[key]}: {plain(words)}", key=f"drop-{key}", on_click=state.drop, args=(key,))


def headline(answer: Answer) -> None:
    """The answer's sentence and what it is about."""
    st.markdown(f"## {plain(answer.title)}")
    st.caption(f"Population: {plain(answer.population)}.")


def metrics(figures: list[Figure]) -> None:
    """Figures side by side, as many in a row as the screen holds, each with its range and what it is of."""
    with st.container(horizontal=True, gap="medium"):
        for figure in figures:
            with st.container(width=TILE, gap="xxsmall"):
                # The value first: labels are of one line or two, and values beside each other stand on one line.
                st.metric(figure.label, amount(figure, figure.value), label_visibility="collapsed")
                st.caption(figure.label)
                if figure.has_range:
                    st.caption(f"between {amount(figure, figure.low)} and {amount(figure, figure.high)}")
                if figure.of:
                    st.caption(f"of {figure.of}")


def chart(spec: charts.Chart) -> None:
    """Draw a chart with its title sentence, alt text, table, data file and source line."""
    st.markdown(f"### {plain(spec.title)}")
    st.caption(f"{plain(sentence(spec.subtitle))} Of {plain(spec.of)}.")
    if spec.empty:
        st.info("There is nothing to draw for this choice.")
        return
    scheme = palette.DARK if st.context.theme.type == "dark" else palette.LIGHT
    st.plotly_chart(plots.drawn(spec, scheme), config=_PLOTLY, alt=charts.alt(spec), key=f"chart-{spec.id}", theme=None)
    if isinstance(spec, charts.Lines) and spec.rules:
        st.caption(plain(". ".join(charts.rule_words(spec))))
    heads, rows = cells(spec)
    with st.expander("The same as a table"):
        st.table(pd.DataFrame(rows, columns=[plain(head) or "Name" for head in heads]).map(plain), hide_index=True)
    left_out = spec.rest.items() if isinstance(spec, charts.Bars) else ()
    rest = ", ".join(f"{palette.WORDS.get(k, k).lower()} {number(v)}" for k, v in left_out)
    st.caption(f"Source: {plain(spec.source)}. {plain(spec.licence)}" + (f" Not drawn: {plain(rest)}." if rest else ""))


def data_button(answer: Answer, frame: str, name: str, label: str) -> None:
    """A CSV of all rows of one frame of the answer, those that the page leaves out too."""
    shown = edition()  # the one of this run: what is clicked later must not be of another
    csv_button(answer, lambda: whole(shown, answer, frame), f"{name}-{frame}", label)


def csv_button(answer: Answer, data: Callable[[], pd.DataFrame], name: str, label: str) -> None:
    """A CSV of rows that rest on an answer, made when it is asked for; its name carries the edition."""
    st.download_button(
        label,
        lambda: csv_of(data()),
        file_name=f"cloudhold-{name}-{answer.edition}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"csv-{name}",
    )


def methods(answer: Answer) -> None:
    """How the figures were made and what they do not say, beside them."""
    with st.expander("How we know, and what this does not say", expanded=False):
        st.markdown(plain(answer.methods))
        for figure in answer.figures:
            st.markdown(f"- {plain(_told(figure))}")
        for caveat in answer.caveats:
            st.markdown(f"- {plain(caveat)}")
        for source in answer.sources:
            credit = f" {source['credit']}" if source["credit"] else ""
            upto = f", up to {source['date_to']}" if source["date_to"] else ""
            st.markdown(f"- Source: {plain(str(source['title']))}{plain(str(upto))}.{plain(credit)}")


def _told(figure: Figure) -> str:
    """A figure as a line: its label, value and range."""
    span = f" (between {amount(figure, figure.low)} and {amount(figure, figure.high)})" if figure.has_range else ""
    return f"{figure.label}: {amount(figure, figure.value)}{span}"


def rows_table(data: pd.DataFrame, columns: dict[str, str], most: int = SHOWN, total: int | None = None) -> None:
    """Rows as a real table, foreign text inert; says how many there are when it shows fewer. `total` where the frame holds
    a part of the rows only."""
    if data.empty:
        st.info("We hold no rows for this choice. That says what we hold, not what exists.")
        return
    part = _readable(data[list(columns)].head(most)).rename(columns=columns)
    part = part.round({head: 0 for head in part.columns if "£" in head})
    long = {
        str(head) for head in part.select_dtypes(["object", "str"]) if part[head].astype(str).str.len().max() > LINE
    }
    shown_as: dict[str, Any] = {head: st.column_config.TextColumn(width="large") for head in long}
    shown_as |= {head: _number(head, part[head]) for head in part.select_dtypes("number").columns}
    st.dataframe(
        part,
        hide_index=True,
        width="stretch",
        height="content" if len(part) < 12 else 420,
        row_height=THREE_LINES if long else None,
        column_config=shown_as,
        placeholder="unknown",
    )
    there = len(data) if total is None else total
    if there > len(part):
        st.caption(f"{number(len(part))} of {number(there)} rows; the file has all.")


def _number(head: str, values: pd.Series) -> Any:
    """How a column of numbers is shown: pounds in thousands; a narrow one as wide as the word for what is not known."""
    narrow = values.isna().any() and len(head) < len("unknown")
    return st.column_config.NumberColumn(format="localized" if "£" in head else None, width="small" if narrow else None)


def _readable(data: pd.DataFrame) -> pd.DataFrame:
    """Numbers as they are; everything else in words, days so that they sort, a word where nothing is known: an empty
    cell would look like an answer, and a column of two types cannot be sent."""
    out = data.copy()
    for column in out.columns:
        if pd.api.types.is_float_dtype(out[column]):
            out[column] = out[column].round(2)
        elif column in PROVIDERS:
            out[column] = [provider_name(value) if isinstance(value, str) else said(value) for value in out[column]]
        elif not pd.api.types.is_numeric_dtype(out[column]):
            out[column] = [_in_words(value, CODES.get(column, {})) for value in out[column]]
    return out


def _in_words(value: Any, words: Mapping[str, str]) -> str:
    if isinstance(value, str) and value in words:
        return words[value]
    if isinstance(value, dt.date) and not blank(value):
        return f"{value:%Y-%m-%d}"
    return said(value)


# Pages of the explorer that have a plain page of their own, by the key that names what they show.
NAMED_BY = {
    "organisation": "organisation",
    "provider": "provider",
    "service": "service",
    "claim": "claim",
    "evidence": "q",
}
PLAIN = {
    "overview": "/",
    "renewals": "/contracts",
    **{
        page: f"/{page}"
        for page in (
            "outage",
            "contracts",
            "claim",
            "map",
            "ai",
            "incidents",
            "leads",
            "methods",
            "quality",
            "search",
            "concentration",
        )
    },
}


def twin_address(page_id: str, keys: Mapping[str, str]) -> str | None:
    """The address of the plain page that shows the same; None where there is none.

    >>> twin_address("organisation", {"organisation": "home-office", "edition": "e1"})
    '/organisation/home-office?edition=e1'
    """
    kept = {key: value for key, value in keys.items() if value}
    own = kept.pop(NAMED_BY.get(page_id, ""), None)
    path = f"/{page_id}/{quote(own, safe='')}" if own else PLAIN.get(page_id)
    if path is None:
        return None
    return f"{path}?{urlencode(kept)}" if kept else path


def twin(page_id: str) -> None:
    """A link to the plain page with the same state, where the server gives one: alone, the explorer has none. Where the
    address names nothing, the page's own first choice is what it shows."""
    if st.get_option("server.baseUrlPath") != "explore":
        return
    keys = {key: state.read(key) or "" for key in state.KEYS}
    name = NAMED_BY.get(page_id)
    if name:
        keys[name] = keys[name] or st.session_state.get(f"choose-{name}") or ""
    address = twin_address(page_id, keys)
    if address:
        st.markdown(f"[The same as a plain page, to print or cite]({address.replace(')', '%29')})")


def footer(edition_: Edition) -> None:
    """Edition, age, licence: on every page."""
    st.divider()
    if edition_.notice:
        st.warning(plain(edition_.notice))
    if edition_.private:
        st.warning("This edition holds a body's private records. Do not publish it.")
    st.caption(
        f"Edition {edition_.id}, {age(edition_)}. Content hash {edition_.content_hash[:12]}. {CREDIT} Council mail "
        "records: mxmap project, CC BY-SA 4.0. cloudhold is not an official service."
    )
