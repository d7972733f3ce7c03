"""What is kept of the reference files: the same facts, and never older than the files or the code."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import tomli

from pipelines import reference
from pipelines.attribution import rules
from pipelines.errors import BadReference, Refused
from pipelines.kept import kept
from pipelines.reference import Reference

SHIPPED = reference.default_path()
AGO = time.time() - 3600


@pytest.fixture(autouse=True)
def may_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Modules may be kept, and none of the code has changed just now."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr("pipelines.kept.CODE", tmp_path / "code")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two providers and the words of the product, an hour old."""
    place = tmp_path / "reference"
    (place / "providers").mkdir(parents=True)
    for name in ("words.toml", "tables.toml"):
        shutil.copy(SHIPPED / name, place / name)
    words = (SHIPPED / "words.toml").read_text()
    for file in (SHIPPED / "providers").glob("*.toml"):
        if file.stem in ("aws", "azure") or f'"{file.stem}"' in words:
            shutil.copy(file, place / "providers" / file.name)
    settle(place)
    return place


def settle(place: Path, when: float = AGO) -> None:
    for file in place.rglob("*.toml"):
        os.utime(file, (when, when))


def load(place: Path) -> Reference:
    """The facts as a new process would load them."""
    reference.load.cache_clear()
    return reference.load(place)


def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills with the texts that are parsed from now on."""
    seen: list[str] = []
    parse = tomli.loads

    def note(text: str) -> Any:
        seen.append(text)
        return parse(text)

    monkeypatch.setattr(tomli, "loads", note)
    return seen


def kept_files(place: Path) -> list[Path]:
    return list((place / "__pycache__").glob("*")) if (place / "__pycache__").is_dir() else []


def test_the_second_load_reads_no_file_and_gives_the_same_facts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(folder)
    parsed = files_read(monkeypatch)
    second = load(folder)
    assert parsed == []
    assert second is not first
    assert second.providers == first.providers == Reference(folder).providers
    assert second.tables == first.tables
    assert second.by_word("AWS", None, "f", "r") == first.by_word("AWS", None, "f", "r") == (("aws",), "all_of")
    on_disk = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*.toml")
    }
    assert second.hashes == on_disk


def name_aws(place: Path, name: str, when: float) -> None:
    file = place / "providers" / "aws.toml"
    old = 'name = "Amazon Web Services (AWS)"'
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, f'name = "{name}"', 1))
    os.utime(file, (when, when))


def test_a_changed_file_is_read(folder: Path) -> None:
    load(folder)
    name_aws(folder, "Amazon Web Cervices (AWS)", AGO + 1)  # as long as before
    assert load(folder).providers["aws"].name == "Amazon Web Cervices (AWS)"
    assert load(folder).providers["aws"].name == "Amazon Web Cervices (AWS)", "what was kept then is the new text"


def test_a_file_that_came_or_went_is_seen(folder: Path) -> None:
    load(folder)
    new = 'id = "new"\nname = "New"\nkind = "host"\nparent = "new"\nsource = "s"\ncheck = "seen"\nwords = ["New"]\n'
    (folder / "providers" / "new.toml").write_text(new)
    settle(folder)
    assert {"aws", "new"} <= set(load(folder).providers)
    (folder / "providers" / "new.toml").unlink()
    assert "new" not in load(folder).providers


def test_a_broken_entry_is_named_although_a_sound_one_was_kept(folder: Path) -> None:
    load(folder)
    file = folder / "providers" / "aws.toml"
    file.write_text(file.read_text().replace('parent = "amazon"', 'parent = ""', 1))
    for _ in range(2):
        with pytest.raises(BadReference, match=r"providers/aws\.toml, parent"):
            load(folder)
    (folder / "words.toml").unlink()
    shutil.copy(SHIPPED / "providers" / "aws.toml", file)
    with pytest.raises(BadReference, match=r"words\.toml, the file: cannot be read"):
        load(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        load(tmp_path / "nowhere")


def test_a_folder_that_was_moved_reads_its_tables_where_it_stands(folder: Path, tmp_path: Path) -> None:
    (folder / "nowhere.csv").write_text("kind,mark,source,check\n")
    load(folder)
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)
    shutil.rmtree(folder)
    facts = load(moved)
    assert facts.path == moved
    assert list(facts.rows("nowhere.csv")) == []


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"cut"], ids=["empty", "other stamp", "cut"])
def test_a_damaged_copy_is_read_and_kept_anew(folder: Path, damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    load(folder)
    (file,) = kept_files(folder)
    body = file.read_bytes()
    file.write_bytes(body[: len(body) // 2] if damage == b"cut" else damage)
    assert "aws" in load(folder).providers
    parsed = files_read(monkeypatch)
    assert "aws" in load(folder).providers
    assert parsed == []


def test_what_changed_just_now_is_not_kept(folder: Path) -> None:
    name_aws(folder, "Amazon", time.time())
    assert load(folder).providers["aws"].name == "Amazon"
    assert kept_files(folder) == []


def test_nothing_is_written_where_python_may_keep_no_modules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert "aws" in load(folder).providers
    assert kept_files(folder) == []


def test_a_place_that_takes_no_file_costs_time_alone(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file where the folder would be")
    assert "aws" in load(folder).providers
    assert "aws" in load(folder).providers


def test_changed_code_reads_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "code" / "deep" / "module.py"
    code.parent.mkdir(parents=True)
    data = tmp_path / "data.toml"
    for file in (code, data):
        file.write_text("1")
        os.utime(file, (AGO, AGO))
    monkeypatch.setattr("pipelines.kept.CODE", tmp_path / "code")
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [kept(tmp_path, "n", ["data.toml"], make) for _ in range(3)] == [1, 1, 1]
    os.utime(code, (AGO + 5, AGO + 5))
    assert [kept(tmp_path, "n", ["data.toml"], make) for _ in range(2)] == [2, 2]
    (code.parent / "new.py").write_text("2")
    os.utime(code.parent / "new.py", (AGO, AGO))
    assert kept(tmp_path, "n", ["data.toml"], make) == 3


def test_the_rules_are_those_of_the_files(tmp_path: Path) -> None:
    place = tmp_path / "reference"
    shutil.copytree(SHIPPED, place, ignore=shutil.ignore_patterns("__pycache__"))
    settle(place)
    for file in place.glob("*.csv"):
        os.utime(file, (AGO, AGO))

    def found(name: str, address: str) -> tuple[Any, Any]:
        rules.shipped.cache_clear()
        made = rules.shipped(place)
        assert made.reference is reference.load(place)
        return made.suffixes.find(name), made.networks.find(address)

    address = "192.0.2.7"
    for _ in range(2):
        rule, network = found("d1.cloudfront.net", address)
        assert (rule.provider, rule.id, network) == ("aws", "suffix:aws:cloudfront.net", None)
    assert len(kept_files(place)) == 2
    with (place / "ranges.csv").open("a") as ranges:
        ranges.write("192.0.2.0/24,azure,AzureCloud,uksouth,2026-01-01,test list\n")
    os.utime(place / "ranges.csv", (AGO + 1, AGO + 1))
    for _ in range(2):
        _, network = found("d1.cloudfront.net", address)
        assert (network.provider, network.region) == ("azure", "uksouth")


def test_kept_rules_read_the_facts_only_when_somebody_asks(folder: Path) -> None:
    for name in ("nowhere.csv", "ranges.csv"):
        head = (SHIPPED / name).read_text().splitlines()[0]
        (folder / name).write_text(head + "\n")
        os.utime(folder / name, (AGO, AGO))
    for _ in range(2):
        rules.shipped.cache_clear()
        reference.load.cache_clear()
        made = rules.shipped(folder)
    assert reference.load.cache_info().currsize == 0
    assert made.parents["aws"] == "amazon" == made.reference.parent("aws")
    assert "unknown" not in made.parents
