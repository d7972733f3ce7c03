"""Adding a provider, source, kind of file, measure, question, page or verb is adding one file: proved on a copy of the house."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FILES = {
    "data/reference/providers/nimbus.toml": """
id = "nimbus"
name = "Nimbus Hosting"
kind = "hosting"
parent = "nimbus"
jurisdiction = "GB"
source = "invented"
check = "seen"
words = ["Nimbus"]

[[suffixes]]
suffix = "nimbus-hosting.example"
product = "Nimbus Web"
word = "web"
source = "invented"
check = "seen"
""",
    "scrapers/nimbus.py": """
from scrapers._source import Source

SOURCE = Source("nimbus-list", "List of Nimbus", "Nimbus", "none", "https://nimbus.example/", "nimbus-names", 30)


def collect(fetcher, run):
    yield from ()
""",
    "pipelines/readers/nimbus.py": """
from pipelines.batch import Batch

KIND, TITLE, PUBLISHER, LICENCE, CREDIT = "nimbus-names", "Names at Nimbus", None, None, None
PRIMARY, LINES, EXAMPLE = "statements", False, "cloudhold import nimbus-names names.txt"


def read(name, body, source_id, options):
    return Batch().refuse(name, body, "the kind of the test was asked")
""",
    "pipelines/metrics/nimbus.py": """
from pipelines.metrics import Metric

METRIC = Metric("nimbus", "Nimbus", {"nimbus_largest": "the largest"}, "max n", "0 and up", "-", "-", "-", "invented")


def compute(counts):
    return {"nimbus_largest": max(counts, default=None)}
""",
    "pipelines/answers/nimbus.py": """
from pipelines.answers import Figure, new

ID, QUESTION, METHODS = "nimbus", "How many services are named?", "Counted."


def answer(edition):
    found = Figure("named", "Named services", edition.counts["services"], unit="services")
    return new(edition, ID, QUESTION, f"{found.value} services.", "all services", METHODS, figures=[found])
""",
    "app/views/nimbus.py": """
import streamlit as st

from app.views import Page

PAGE = Page("nimbus", "Nimbus", "What is Nimbus?", 99)


def render(edition):
    st.title("What is Nimbus?")
""",
    "app/site/nimbus.py": """
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def page(request):
    return PlainTextResponse("Nimbus")


ROUTES = [Route("/nimbus", page)]
""",
    "app/verbs/nimbus.py": """
import click


@click.command("nimbus")
def command():
    \"\"\"Say Nimbus.\"\"\"
    click.echo("Nimbus")
""",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code and the facts with one new file of each sort, and nothing else changed."""
    place = tmp_path_factory.mktemp("house")
    for room in ("app", "pipelines", "scrapers", "data/reference"):
        shutil.copytree(ROOT / room, place / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    for name, text in FILES.items():
        assert not (place / name).exists()
        (place / name).write_text(text.lstrip())
    return place


@pytest.fixture
def python(house: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    env = {**os.environ, "PYTHONPATH": str(house), "CLOUDHOLD_STORE": str(tmp_path / "store")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=house, env=env, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def said(ran: subprocess.CompletedProcess[str], code: int = 0) -> str:
    assert ran.returncode == code, ran.stderr
    return ran.stdout


def test_a_provider_is_one_file(python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    zone = tmp_path / "zone.csv"
    zone.write_text(
        "host,type,value\nwww.a.gov.uk,CNAME,a.nimbus-hosting.example\nwww.b.gov.uk,CNAME,nimbus-hosting.net\n"
    )
    rows = list(csv.DictReader(io.StringIO(said(python("-m", "app.cli", "attribute", str(zone))))))
    assert {row["host"] for row in rows if row["provider"] == "nimbus"} == {"www.a.gov.uk"}


def test_a_source_is_one_file(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    text = said(python("-c", "from scrapers._source import sources; print(sources()['nimbus-list'].SOURCE.title)"))
    assert text == "List of Nimbus\n"
    assert "nimbus-list" in said(python("-m", "app.cli", "collect", "--help"))


def test_a_kind_of_file_is_one_file(python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("one\n")
    refused = python("-m", "app.cli", "import", "nimbus-names", str(names))
    assert refused.returncode == 2
    assert "the kind of the test was asked" in refused.stderr


def test_a_measure_is_one_file(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    measured = said(python("-c", "from pipelines import metrics; print(metrics.measure([3, 1])['nimbus_largest'])"))
    assert float(measured) == 3
    assert "Nimbus" in said(python("-c", "from pipelines import metrics; print([m.name for m in metrics.essays()])"))


def test_a_question_is_one_file(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    said(python("-m", "app.cli", "build"))
    answer = json.loads(said(python("-m", "app.cli", "explain", "--answer", "nimbus", "--json")))
    assert answer["figures"]["named"]["value"] > 100
    assert answer["content_hash"]


def test_a_page_of_either_face_is_one_file(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert "nimbus" in said(python("-c", "from app import views; print([v.PAGE.id for v in views.views()])"))
    assert "True" in said(python("-c", "from app import site; print(site.answers('/nimbus'))"))


def test_a_verb_is_one_file(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert said(python("-m", "app.cli", "nimbus")) == "Nimbus\n"
    assert "Say Nimbus." in said(python("-m", "app.cli", "--help"))
