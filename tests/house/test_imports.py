"""The house: imports go one way, and each package that the user named is used for what it is for."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "scrapers", "pipelines")
# pipelines know nobody; scrapers know the records and the errors; app knows all.
ALLOWED = {
    "pipelines": {"pipelines"},
    "scrapers": {"scrapers", "pipelines.records", "pipelines.errors", "pipelines"},
    "app": {"app", "scrapers", "pipelines"},
}
# What has no place in the thinking: no network, no screens.
BANNED_IN_PIPELINES = {"requests", "urllib3", "socket", "streamlit", "plotly", "starlette", "bs4", "http.client"}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, with the names taken from packages of ours."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def test_there_is_something_to_look_at() -> None:
    assert all(len(files(room)) >= 3 for room in ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_one_way(room: str) -> None:
    wrong = []
    for path in files(room):
        for name in imports(path):
            top = name.partition(".")[0]
            if top not in ROOMS:
                continue
            if room == "scrapers" and top == "pipelines":
                # `from pipelines import __version__` and the two vocabulary modules, nothing else
                if not name.startswith(("pipelines.records", "pipelines.errors")) and name not in (
                    "pipelines",
                    "pipelines.__version__",
                ):
                    wrong.append(f"{path.relative_to(ROOT)} imports {name}")
            elif top not in {allowed.partition(".")[0] for allowed in ALLOWED[room]}:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_the_thinking_knows_no_network_and_no_screen() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files("pipelines")
        for name in imports(path)
        if name in BANNED_IN_PIPELINES or name.partition(".")[0] in BANNED_IN_PIPELINES
        if not (path.name == "address.py" and name.startswith("socket"))  # inet_pton, no connection
        if not (path.name == "azure_history.py" and name.startswith("bs4"))  # the one feed that is a page
    ]
    assert wrong == []


# Package, the file of ours that uses it, the test that walks that file.
NAMED = [
    ("streamlit", "app/components.py", "tests/app/test_explorer.py"),
    ("pandas", "pipelines/answers/concentration.py", "tests/golden/test_source_to_screen.py"),
    ("plotly", "app/plots.py", "tests/app/test_charts.py"),
    ("requests", "scrapers/_fetch.py", "tests/scrapers/test_fetch.py"),
    ("bs4", "scrapers/_pages.py", "tests/scrapers/test_pages.py"),
    ("bs4", "pipelines/incidents/azure_history.py", "tests/incidents/test_shapes.py"),
    ("dns", "pipelines/readers/bind_zone.py", "tests/golden/test_source_to_screen.py"),
    ("pytest", "tests/conftest.py", "tests/conftest.py"),
]


@pytest.mark.parametrize(("package", "file", "walked_by"), NAMED, ids=[f"{row[0]}-{row[1]}" for row in NAMED])
def test_each_named_package_is_used_on_a_path_that_a_test_walks(package: str, file: str, walked_by: str) -> None:
    assert any(name == package or name.startswith(package + ".") for name in imports(ROOT / file))
    assert (ROOT / walked_by).is_file()


def test_each_dependency_has_one_line_of_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    listed = [line for line in lines if line.startswith('    "') and ">=" in line]
    assert len(listed) > 15
    assert [line for line in listed if "#" not in line] == []


def test_days_are_written_on_every_system() -> None:
    """A day without its nought in strftime's words is not known to Windows, where the README says how to start."""
    wrong = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in files(room)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search("%-[a-zA-Z]", node.value)
    ]
    assert wrong == []


def test_nothing_of_this_workplace_is_named() -> None:
    marks = ("/wor" + "k/", "farm" + "-", "before" + "-stop")
    for room in (*ROOMS, "tests", "docs", "benchmarks"):
        for path in (ROOT / room).rglob("*"):
            if path.suffix in (".py", ".md", ".toml", ".sh") and path.is_file():
                text = path.read_text(errors="replace")
                assert not any(mark in text for mark in marks), path
