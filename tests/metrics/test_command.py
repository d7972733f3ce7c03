"""cloudhold concentration: of a file with a sample drawn, and of the edition by everything that it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Thirty bodies: of the even ones all three services hang from a alone; the odd ones have their own."""
    path = tmp_path / "drawn.csv"
    rows = [
        f"uk,s{i}-{n},{'a' if i % 2 == 0 else 'self'},{'third' if i % 2 == 0 else 'private'},body{i}"
        for i in range(30)
        for n in range(3)
    ]
    path.write_text("\n".join(["c,s,p,t,body", *rows, ""]))
    return path


def services(path: Path, *more: str) -> list[str]:
    return ["concentration", str(path), "--services", "--group", "c", "--service", "s", "--providers", "p", "--types", "t",
            *more, "--json"]  # fmt: skip


def test_a_sample_is_drawn_again_by_organisation_only_where_one_was_drawn(run: Callable, drawn: Path) -> None:
    plain = run(*services(drawn)).json["groups"]["uk"]
    assert "sampling_95" not in plain and plain["critical_share"] == 0.5
    found = run(*services(drawn, "--sampled-by", "body")).json["groups"]["uk"]
    low, high = found["sampling_95"]["critical_share"]
    # 30 bodies, half of them: 0.5 give or take 1.96 times the root of 0.25 / 30.
    assert low == pytest.approx(0.5 - 0.179, abs=0.03) and high == pytest.approx(0.5 + 0.179, abs=0.03)
    assert found["sampling_organisations"] == 30
    assert run(*services(drawn, "--sampled-by", "body")).json["groups"]["uk"] == found


def test_a_service_without_entries_is_unknown(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("c,s,p,t\nxy,1,a,third\nxy,2,,\nxy,3,self|?,private|unknown\n")
    found = run(*services(path)).json["groups"]["xy"]
    assert (found["sites"], found["unknown"], found["third_share_low"], found["third_share_high"]) == (
        3,
        2,
        0.333333,
        1.0,
    )


def test_a_column_of_organisations_that_is_not_there(run: Callable, drawn: Path) -> None:
    ran = run(*services(drawn, "--sampled-by", "nobody"))
    assert ran.code == 2 and "nobody" in ran.err and ran.out == ""


def test_too_few_to_draw_from(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("g,p,n,o\nx,a,4,one\nx,b,2,two\n")
    found = run(
        "concentration", path, "--group", "g", "--item", "p", "--count", "n", "--sampled-by", "o", "--json"
    ).json
    assert found["groups"]["x"]["sampling_95"] is None and found["groups"]["x"]["sampling_organisations"] == 2


@pytest.mark.parametrize("by", ["provider", "parent", "jurisdiction", "region", "endpoint"])
def test_the_edition_by_everything(run: Callable, by: str) -> None:
    assert run("build").code == 0
    body = run("concentration", "--population", "contracts", "--weight", "value", "--by", by, "--json").json
    assert body["parameters"] == {"population": "contracts", "by": by, "weight": "value"}
    assert body["population"].startswith("the contracts listed") and body["figures"]["us_law"]["low"] > 0.5


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--by", "colour"], "use one of: endpoint"),
        (["--weight", "kilos"], "unknown weight"),
        (["--weight", "value"], "weigh it by count"),
        (["--sector", "space"], "unknown sector"),
    ],
)
def test_what_cannot_be_asked(run: Callable, given: list[str], says: str) -> None:
    run("build")
    ran = run("concentration", *given)
    assert ran.code == 2 and says in ran.err and len(ran.err) < 600


def test_masses_far_apart_have_every_figure(run: Callable, tmp_path: Path) -> None:
    """Beside 1e90 a mass of 1e-300 is nothing: one holder, no surprise, and zero is written without a sign."""
    path = tmp_path / "far.csv"
    path.write_text("g,i,n\nuk,a,1e90\nuk,b,1e-300\none,a,7\n")
    ran = run("concentration", path, "--group", "g", "--item", "i", "--count", "n", "--json")
    assert ran.code == 0, ran.err
    for found in ran.json["groups"].values():
        assert (found["cr1"], found["hill_q1"], found["shannon_nats"]) == (1, 1, 0)
    assert "-0.0" not in ran.out
