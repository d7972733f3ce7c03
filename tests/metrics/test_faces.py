"""Concentration on both faces: what the charts and pages make of the answer's rows."""

from __future__ import annotations

import pytest

from app import charts, figures
from app.stores import ask
from pipelines.answers import concentration
from pipelines.edition import Edition


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
    assert drawn.chart.of.startswith("GBP ")
    assert drawn.answer is ask(default_edition, "concentration", population_id="contracts", by=by, weight="value", sector=None, evidence=None)  # fmt: skip
