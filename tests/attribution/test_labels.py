"""Attribution against labels that were made by hand, without its rules; the table of the methods page."""

from __future__ import annotations

import pytest

from app.site._columns import MARKS
from pipelines import reference
from pipelines.attribution.score import Score, score
from tests.attribution.measure_accuracy import FOLDER, answered, read


@pytest.fixture(scope="module")
def given() -> list[dict[str, str]]:
    return answered()


@pytest.fixture(scope="module")
def scored(given: list[dict[str, str]]) -> dict[str, Score]:
    return score(read(FOLDER / "labels.csv"), given)


def test_floor_and_aim(scored: dict[str, Score]) -> None:
    total = scored["all"]
    assert total.precision is not None and total.precision >= 0.99, total.mistakes
    assert total.recall is not None and total.recall >= 0.95, total.mistakes
    assert total.over_claimed == 0 and total.hidden >= 60
    assert total.region_invented == 0, total.mistakes
    assert total.none_missed <= 1, "a validation name may have no row of its own for the web"


@pytest.mark.parametrize("role", ["web", "dns", "mail", "mail_sending", "saas", "certificate", "ai", "identity"])
def test_every_role_holds_the_floor(scored: dict[str, Score], role: str) -> None:
    one = scored[role]
    assert one.precision is not None and one.precision >= 0.97, one.mistakes
    assert one.recall is not None and one.recall >= 0.90, one.mistakes


def test_the_three_words_are_ordered_as_they_claim(scored: dict[str, Score]) -> None:
    rate = {word: c["right"] / (c["right"] + c["wrong"]) for word, c in scored["all"].words.items() if word}
    assert rate["confirmed"] >= 0.99
    assert rate["confirmed"] >= rate["likely"] - 0.01 and rate["likely"] >= rate["possible"] - 0.01


LABELS = [
    {"host": "a", "role": "web", "layer": "", "provider": "aws", "region": "eu-west-2", "origin": "aws", "sure": "yes"},
    {"host": "b", "role": "web", "layer": "", "provider": "fastly", "region": "", "origin": "hidden", "sure": "yes"},
    {"host": "c", "role": "web", "layer": "", "provider": "unknown", "region": "", "origin": "unknown", "sure": "yes"},
    {"host": "d", "role": "web", "layer": "", "provider": "none", "region": "", "origin": "", "sure": "yes"},
]  # fmt: skip


def answer(host: str, provider: str, region: str = "", origin: str = "unknown") -> dict[str, str]:
    return {"host": host, "role": "web", "layer": "front", "provider": provider, "region": region, "origin_provider": origin,
            "confidence": "likely"}  # fmt: skip


CASES = [
    ("all right", [answer("a", "aws", "eu-west-2"), answer("b", "fastly", origin="hidden"), answer("c", "unknown"), answer("d", "none")],
     (2, 0, 0, 1, 1, 0, 0)),
    ("a wrong name", [answer("a", "azure"), answer("b", "fastly", origin="hidden"), answer("c", "aws"), answer("d", "aws")],
     (1, 3, 1, 0, 0, 0, 0)),
    ("a claimed origin", [answer("b", "fastly", origin="aws")], (1, 0, 1, 1, 0, 1, 0)),
    ("an invented region", [answer("a", "aws", "eu-west-1")], (1, 0, 1, 1, 0, 0, 1)),
    ("two names, one of them true", [answer("a", "aws"), answer("a", "gcp")], (1, 1, 1, 1, 0, 0, 0)),
    ("nothing said", [], (0, 0, 2, 1, 0, 0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("case", "given", "expected"), CASES, ids=[row[0] for row in CASES])
def test_the_scorer_by_hand(case: str, given: list[dict[str, str]], expected: tuple[int, ...]) -> None:
    s = score(LABELS, given)["all"]
    assert (s.right, s.wrong, s.abstained, s.unknown_kept, s.none_right, s.over_claimed, s.region_invented) == expected


def test_every_label_names_a_known_provider() -> None:
    known = set(reference.load().providers) | {"none", "unknown"}
    assert {row["provider"] for row in read(FOLDER / "labels.csv")} <= known


def test_every_kind_of_rule_that_answers_has_words_on_the_pages(given: list[dict[str, str]]) -> None:
    kinds = {row["rule_id"].partition(":")[0] for row in given}
    assert len(kinds) > 20
    assert kinds <= set(MARKS)
