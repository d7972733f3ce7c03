"""The accuracy table: measured again from the labels, and shown as it was measured."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from pipelines import reference
from pipelines.answers import accuracy
from pipelines.edition import Edition
from pipelines.errors import BadReference
from pipelines.reference import Reference
from tests.attribution.measure_accuracy import measured, read


def test_the_table_is_what_the_labels_give_today() -> None:
    """Where this fails: python -m tests.attribution.measure_accuracy DAY writes the table anew; say why it moved."""
    table = read(reference.load().path / "accuracy.csv")
    now = [{key: str(value) for key, value in row.items()} for row in measured()]
    assert len(now) > 20
    assert [{key: row[key] for key in now[0]} for row in table] == now
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", row["measured_on"]) for row in table)


def test_parts_add_up_to_the_whole() -> None:
    table = read(reference.load().path / "accuracy.csv")
    counts = ("labels", "right", "wrong", "abstained", "hidden", "origin_claimed", "regions", "region_invented")
    for count in counts:
        whole = next(int(row[count]) for row in table if row["part"] == "all" and row["role"] == "all")
        by_part = sum(int(row[count]) for row in table if row["part"] != "all" and row["role"] == "all")
        by_role = sum(int(row[count]) for row in table if row["part"] == "all" and row["role"] != "all")
        assert whole == by_part == by_role, count


def test_the_answer_says_of_how_many_and_when(default_edition: Edition) -> None:
    answer = accuracy.answer(default_edition)
    row = next(r for r in read(reference.load().path / "accuracy.csv") if r["part"] == r["role"] == "all")
    right, wrong, abstained = (int(row[key]) for key in ("right", "wrong", "abstained"))
    assert answer.figure("precision").value == pytest.approx(right / (right + wrong))
    assert answer.figure("recall").value == pytest.approx(right / (right + abstained))
    day = dt.date.fromisoformat(row["measured_on"])
    assert f"{day.day} {day:%B %Y}" in answer.title and f"{row['hosts']} hosts" in answer.population
    assert answer.to_json()["scores"][0]["hosts"] == int(row["hosts"])


def test_a_count_that_is_no_number_is_named(default_edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Reference._bytes

    def changed(self: Reference, name: str) -> bytes:
        body = original(self, name)
        return body.replace(b",all,all,", b",all,all,many", 1) if name == "accuracy.csv" else body

    monkeypatch.setattr(Reference, "_bytes", changed)
    with pytest.raises(BadReference, match=r"accuracy\.csv, row 2"):
        accuracy.answer(default_edition)
