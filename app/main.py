"""The explorer: navigation only. Run alone with `streamlit run app/main.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = str(Path(__file__).parents[1])
if ROOT not in sys.path:  # Streamlit puts app/ itself on the path; the full names start one folder above
    sys.path.insert(0, ROOT)

import streamlit as st  # noqa: E402

from app import views  # noqa: E402
from app.components import frame_page  # noqa: E402


def pages() -> list[Any]:
    """One page per view, in the order that the views state. Links between pages find them in the session."""
    known = st.session_state.setdefault("pages", {})
    for view in views.views():
        page = view.PAGE

        def show(view=view) -> None:  # type: ignore[no-untyped-def]
            frame_page(view)

        show.__name__ = page.id
        known[page.id] = st.Page(
            show, title=page.title, url_path=None if page.default else page.id, default=page.default
        )
    return list(known.values())


st.set_page_config(layout="wide")
st.navigation(pages(), position="hidden").run()  # the menu is ours: app/menu.py
