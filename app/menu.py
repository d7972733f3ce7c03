"""The explorer's menu: the parts of the explorer in one line, and under it the pages of the part that is open.

It is our own, of plain links in the order of the page. Streamlit's menu puts the headings of parts straight into a list,
which a screen reader cannot count; its pop-up panels stand at the end of the page, where the Tab key comes last.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app import state
from app.views import Page, views


def draw(current: Page) -> None:
    """The menu as it stands on one page. The page that is open is marked, in both lines."""
    pages = sorted((view.PAGE for view in views()), key=lambda page: bool(page.section))
    within = [page for page in pages if page.section and page.section == current.section]
    with st.container(gap="small", key="menu"):
        _line((current if page in within else page, page.section or page.title) for page in _first(pages))
        if within:
            _line((page, page.title) for page in within)


def _first(pages: Iterable[Page]) -> list[Page]:
    """The first page of each part, and each page that is a part of its own."""
    found: dict[str, Page] = {}
    for page in pages:
        found.setdefault(page.section or page.id, page)
    return list(found.values())


def _line(links: Iterable[tuple[Page, str]]) -> None:
    """Links side by side, each with the keys of this page's address, so that a new tab shows the same choice."""
    keys = {key: value for key in state.KEYS if key != "part" and (value := state.read(key))}
    known = st.session_state.get("pages", {})
    with st.container(horizontal=True, gap="xsmall"):
        for page, words in links:
            if page.id in known:
                st.page_link(known[page.id], label=words, query_params=keys)
