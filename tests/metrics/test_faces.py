"""Concentration on both faces: what the charts and pages make of the answer's rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from app import charts, figures
from app.site import quality
from app.stores import ask
from pipelines.answers import concentration
from pipelines.edition import Edition
from pipelines.metrics import essays


def test_none_shown_is_drawn_by_its_name(default_edition: Edition) -> None:
    drawn = figures.draw(default_edition, "council-mail-filter")
    rows = {row[""]: row for row in charts.table(drawn.chart)}
    assert rows["None shown"]["Known"] == 191
    assert sum(row["Total"] for row in rows.values()) == pytest.approx(382)


@pytest.mark.parametrize("by", list(concentration.BY))
def test_a_drawn_share_is_the_share_of_the_answer(default_edition: Edition, by: str) -> None:
    drawn = figures.draw(default_edition, "concentration", population="contracts", by=by, weight="value")
    rows = drawn.answer.frames["providers"]
    assert [(dot.label, dot.value, dot.low, dot.high) for dot in drawn.chart.dots] == [
        (r["name"], r["share"], r["low"], r["high"]) for r in rows.head(figures.MOST_DOTS).to_dict("records")
    ]
    assert drawn.chart.of.startswith("£")
    assert drawn.answer is ask(default_edition, "concentration", population_id="contracts", by=by, weight="value", sector=None, evidence=None)  # fmt: skip


def test_the_methods_pages_explain_every_measure(store_path: Path) -> None:
    """Each with its formula, range, guard and example, on the plain page and in the explorer."""
    address = {
        "type": "http", "method": "GET", "path": "/methods", "root_path": "", "query_string": b"",
        "headers": [(b"host", b"localhost")], "server": ("localhost", 80), "scheme": "http", "path_params": {},
    }  # fmt: skip
    page = BeautifulSoup(quality.methods(Request(address)).body, "lxml")
    view = AppTest.from_string(
        "import app.views as v\nfrom app.components import frame_page\n"
        "frame_page([w for w in v.views() if w.PAGE.id == 'methods'][0])\n", default_timeout=60,
    ).run()  # fmt: skip
    assert not view.exception and len(essays()) >= 9
    told = {expander.label: expander for expander in view.expander}
    for essay in essays():
        words = " ".join(page.find(id=f"measure-{essay.id}").get_text().split())
        shown = " ".join(element.value.replace("\\", "") for element in told[essay.name].markdown)
        for text in (essay.range, essay.guard, essay.example, essay.source):
            assert " ".join(text.split()) in words and text[:300] in shown
        assert essay.formula in words and told[essay.name].code[0].value == essay.formula


def test_what_a_share_rests_on_is_named_whatever_the_page_is_by(default_edition: Edition) -> None:
    """By region few services show a region, and more of them a company: US law rests on the company."""
    answer = concentration.answer(default_edition, "service-web", by="region")
    assert " with a company shown" in answer.figure("us_law").of and "region" not in answer.figure("us_law").of
    assert " with a region shown" in answer.figure("leader_share").of
