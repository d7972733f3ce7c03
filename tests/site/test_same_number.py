"""One figure is the same on the page, in the explorer, in the files, for programs and on the command line.

Every answer has a case here: where it stands on each face. A new answer without a case fails the first test.
"""

from __future__ import annotations

import csv
import io
import os
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup
from streamlit.testing.v1 import AppTest

from app import views
from app.words import amount
from pipelines.answers import Figure, questions


@dataclass(frozen=True)
class Case:
    """Where an answer stands: its keys for programs, its page, its view with the keys there, and its own verb if any."""

    page: str
    view: str
    keys: dict[str, str] = field(default_factory=dict)
    view_keys: dict[str, str] | None = None
    verb: tuple[str, ...] | None = None


AZURE = {"provider": "azure", "region": "uksouth", "hours": "8"}
CASES = {
    "accuracy": Case("/methods", "methods"),
    "shared-accounts": Case("/shared", "compare"),
    "ai-reliance": Case("/ai", "ai"),
    "claim": Case(
        "/claim/tussell-aws-2025",
        "claim",
        {"claim": "tussell-aws-2025"},
        verb=("claim", "tussell-aws-2025"),
    ),
    "concentration": Case("/concentration", "concentration", verb=("concentration",)),
    "contracts": Case("/contracts?provider=aws", "contracts", {"provider": "aws"}),
    "coverage": Case("/quality", "quality", verb=("sources",)),
    "dependence": Case("/organisation/home-office", "organisation", {"organisation": "home-office"}),
    "durations": Case("/incidents", "incidents"),
    "explain": Case(
        "/evidence/justice.gov.uk",
        "evidence",
        {"subject": "justice.gov.uk"},
        {"q": "justice.gov.uk"},
        ("explain", "justice.gov.uk"),
    ),
    "exposure": Case(
        "/outage?provider=azure&region=uksouth&hours=8",
        "outage",
        AZURE,
        verb=("outage", "--provider", "azure", "--region", "uksouth", "--hours", "8"),
    ),
    "hindcast": Case("/methods", "methods", verb=("hindcast",)),
    "in-force": Case("/", "overview"),
    "incidents": Case("/incidents?provider=aws", "incidents", {"provider": "aws"}),
    "layers": Case("/", "overview"),
    "leads": Case("/leads?provider=aws", "leads", {"provider": "aws"}),
    "peers": Case("/organisation/leeds", "compare", {"organisation": "leeds"}),
    "places": Case("/map", "map"),
    "renewals": Case("/contracts?provider=aws", "renewals", {"provider": "aws"}),
    "search": Case("/search?q=leeds", "search", {"q": "leeds"}),
    "service": Case("/service/govuk", "service", {"service": "govuk"}),
}


@pytest.fixture(autouse=True, scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One store for all cases, with nothing collected: its edition is made once."""
    before = os.environ.get("CLOUDHOLD_STORE")
    place = tmp_path_factory.mktemp("same") / "store"
    os.environ["CLOUDHOLD_STORE"] = str(place)
    yield place
    if before is None:
        del os.environ["CLOUDHOLD_STORE"]
    else:
        os.environ["CLOUDHOLD_STORE"] = before


def programs(served: str, question: str, case: Case) -> dict[str, Any]:
    got = requests.get(f"{served}/api/{question}.json?{urllib.parse.urlencode(case.keys)}", timeout=60)
    assert got.status_code == 200, got.text
    answer: dict[str, Any] = got.json()
    assert answer["answer"] == question and answer["figures"], "an answer without a figure has nothing to compare"
    return answer


def in_words(figure: dict[str, Any]) -> str:
    """A figure for programs, as the screens write it."""
    return amount(Figure("", "", None, unit=figure["unit"]), figure["value"])


def test_every_answer_has_a_case() -> None:
    assert set(CASES) == set(questions())


@pytest.mark.parametrize("question", sorted(CASES))
def test_the_page_shows_what_programs_are_given(served: str, question: str) -> None:
    case = CASES[question]
    given = programs(served, question, case)
    page = BeautifulSoup(requests.get(served + case.page, timeout=60).content, "lxml")
    shown = {
        (tag["data-figure"], tag["value"], tag.text)
        for tag in page.find_all("data", attrs={"data-figure": True})
        if tag["data-figure"].partition(".")[0] == question
    }
    assert shown == {
        (f"{question}.{key}", "" if f["value"] is None else str(f["value"]), in_words(f))
        for key, f in given["figures"].items()
    }
    assert {tag["value"] for tag in page.find_all("data", attrs={"data-hash": True})} == {given["content_hash"]}


@pytest.mark.parametrize("question", sorted(CASES))
def test_no_range_passes_the_population_beside_it(served: str, question: str) -> None:
    """ "Between 32 and 106 of 49": what a count could be lies within what it is counted of, or the words say over what else."""
    for key, found in programs(served, question, CASES[question])["figures"].items():
        if re.match(rf"[\d,]+ .*{found['unit']}", found["of"] or "") and found["high"] is not None:
            most = max(int(n.replace(",", "")) for n in re.findall(r"\b\d[\d,]*\b", found["of"]))
            assert found["high"] <= most, (key, found)


@pytest.mark.parametrize("question", sorted(CASES))
def test_the_explorer_shows_what_programs_are_given(served: str, question: str) -> None:
    case = CASES[question]
    given = programs(served, question, case)
    source = (
        "import app.views as v\nfrom app.components import frame_page\n"
        f"frame_page([w for w in v.views() if w.PAGE.id == {case.view!r}][0])\n"
    )
    test = AppTest.from_string(source, default_timeout=60)
    for key, value in (case.keys if case.view_keys is None else case.view_keys).items():
        test.query_params[key] = value
    test.run()
    assert not test.exception and not test.error
    lines = [element.value.replace("\\", "") for element in test.markdown]
    for figure in given["figures"].values():
        wanted = f"- {figure['label']}: {in_words(figure)}"
        assert any(line == wanted or line.startswith(f"{wanted} (between") for line in lines), wanted
    tiles = {(tile.label, tile.value) for tile in test.metric}
    labels = {figure["label"]: in_words(figure) for figure in given["figures"].values()}
    assert {(label, value) for label, value in tiles if label in labels} <= set(labels.items())
    foot = " ".join(str(caption.value).replace("\\", "") for caption in test.caption)
    assert f"Content hash {given['content_hash'][:12]}" in foot and given["edition"] in foot


@pytest.mark.parametrize("question", sorted(CASES))
def test_the_command_line_prints_what_programs_are_given(
    served: str, run: Callable[..., Any], one_store: Path, question: str
) -> None:
    case = CASES[question]
    given = programs(served, question, case)
    any_answer = ("explain", "--answer", question, *(f"{key}={value}" for key, value in case.keys.items()))
    for command in (any_answer, case.verb):
        if command is not None:
            ran = run("--store", one_store, *command, "--json")
            assert ran.code == 0, ran.err
            assert ran.json == given


@pytest.mark.parametrize("question", sorted(CASES))
def test_the_files_hold_the_rows_that_programs_are_given(served: str, question: str) -> None:
    case = CASES[question]
    given = programs(served, question, case)
    first = requests.get(f"{served}/api/{question}.csv?{urllib.parse.urlencode(case.keys)}", timeout=60)
    if question == "explain":
        assert first.status_code == 400 and "no table" in first.text
        return
    # Some tables stand in an answer under a name or in a form of its own; the others are the same rows.
    for frame in (key for key in first.headers["x-frames"].split(", ") if isinstance(given.get(key), list)):
        keys = urllib.parse.urlencode({**case.keys, "frame": frame})
        got = requests.get(f"{served}/api/{question}.csv?{keys}", timeout=60)
        lines = list(csv.DictReader(io.StringIO(got.content.decode("utf-8-sig"), newline="")))
        assert got.headers["x-content-hash"] == given["content_hash"]
        held = given["rows"] if frame == "contracts" and "rows" in given else len(given[frame])
        assert len(lines) == int(got.headers["x-row-count"]) == held
        for line, row in zip(lines, given[frame], strict=False):
            whole = {key: value for key, value in row.items() if isinstance(value, int) and not isinstance(value, bool)}
            assert {key: float(line[key]) for key in whole if key in line} == whole


def test_every_view_that_a_case_names_is_there() -> None:
    assert {case.view for case in CASES.values()} <= {view.PAGE.id for view in views.views()}
