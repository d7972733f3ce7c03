"""What is written about the house is true of it: decisions have numbers of their own, what is named exists."""

from __future__ import annotations

import ast
import importlib
import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DECISIONS]
CODE = [path for room in ("app", "pipelines", "scrapers", "benchmarks") for path in sorted((ROOT / room).rglob("*.py"))]
PATH = re.compile(r"(?:app|pipelines|scrapers|tests|benchmarks|docs|data/reference|\.ci|\.streamlit)/[\w./<>*-]*[\w>/]")
NAME = re.compile(r"\b(?:app|pipelines|scrapers)(?:\.\w+)+")


def test_each_decision_has_a_number_of_its_own_and_a_heading() -> None:
    names = [path.name for path in DECISIONS]
    assert len(names) > 20
    assert [name for name in names if not re.fullmatch(r"\d{4}(-[a-z]+)+\.md", name)] == []
    numbers = [name[:4] for name in names]
    assert [number for number in set(numbers) if numbers.count(number) > 1] == []
    assert [path.name for path in DECISIONS if not re.match(r"# [^\d\s]", path.read_text())] == []


def test_every_path_that_is_named_exists() -> None:
    """`<id>` stands for any; what is named by a pattern has at least one."""
    named = {(path.name, found) for path in [*WRITTEN, *CODE] for found in PATH.findall(_prose(path))}
    assert len(named) > 40
    assert [pair for pair in sorted(named) if not any(ROOT.glob(re.sub("<[a-z]+>", "*", pair[1]).rstrip("/")))] == []


def test_every_name_of_ours_that_prose_uses_exists() -> None:
    named = {(path.name, found) for path in [*WRITTEN, *CODE] for found in NAME.findall(_prose(path))}
    assert len(named) > 10
    assert [pair for pair in sorted(named) if not _exists(pair[1])] == []


def _prose(path: Path) -> str:
    """A text, or the comments and docstrings of a module."""
    code = path.read_text()
    if path.suffix == ".md":
        return code
    comments = [
        token.string for token in tokenize.generate_tokens(io.StringIO(code).readline) if token.type == tokenize.COMMENT
    ]
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(code)) if isinstance(node, nodes)]
    return "\n".join([*comments, *docstrings])


def _exists(name: str) -> bool:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False
