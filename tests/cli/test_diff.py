"""What changed between two editions: every difference with its key, both values and a cause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

HEAD = "host,type,value,seen_on\n"


def test_a_record_that_came_and_a_hosting_that_changed(run: Callable, tmp_path: Path) -> None:
    assert run("build").code == 0
    first = run("build", "--json").json["edition"]
    zone = tmp_path / "zone.csv"
    zone.write_text(HEAD + "www.new.example,CNAME,app-1.eu-west-2.elb.amazonaws.com,2026-01-02\n")
    assert run("import", "records-csv", zone).code == 0
    second = run("build", "--json").json["edition"]
    done = run("diff", first, second, "--json")
    assert done.code == 0
    came = [c for c in done.json["changes"] if c["table"] == "observations"]
    assert [(c["column"], c["old"], c["new"]["subject"]) for c in came] == [(None, None, "www.new.example")]
    assert came[0]["cause"] == "a source that the earlier edition did not have"
    web = [c["new"] for c in done.json["changes"] if c["table"] == "findings" and c["new"]["role"] == "web"]
    assert [(row["subject"], row["provider"], row["region"]) for row in web] == [
        ("www.new.example", "aws", "eu-west-2")
    ]
    back = run("diff", second, first, "--json").json["changes"]
    assert len(back) == len(done.json["changes"]) and {c["new"] for c in back if c["table"] == "observations"} == {None}


def test_the_same_edition_has_no_changes(run: Callable) -> None:
    edition = run("build", "--json").json["edition"]
    assert run("diff", edition, edition, "--json").json["changes"] == []


def test_an_unknown_edition_is_one_sentence(run: Callable) -> None:
    edition = run("build", "--json").json["edition"]
    done = run("diff", edition, "2020-01-01-00000000")
    assert done.code == 2 and "unknown edition" in done.err and "Traceback" not in done.err
