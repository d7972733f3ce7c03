"""Public code as evidence: provider, service and region with file, line and commit; never more than it shows."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import folders, reference, repository
from pipelines.batch import Batch
from pipelines.code_marks import Marks
from pipelines.readers import public_code

DAY = dt.date(2026, 8, 21)
TERRAFORM = """
terraform {
  required_version = ">= 1.9"
  backend "s3" {
    bucket = "state"
    region = "eu-west-1"
  }
}
# provider "google" { region = "europe-west2" }
/* provider "azurerm" {
} */
provider "aws" {
  region = "eu-west-2"
}
provider "aws" {
  alias  = "replica"
  region = var.replica
}
resource "aws_db_instance" "main" {
  availability_zone = "eu-west-2a"
  tags = { Name = "x{y" }
}
resource "aws_cloudfront_distribution" "edge" { enabled = true }
resource "azurerm_postgresql_flexible_server" "pg" {
  location = "UK South"
}
resource "google_cloud_run_v2_service" "run" {
  location = "europe-west2"
}
resource "aws_instance" "nowhere" { region = "it-portal-1" }
resource "random_id" "x" {}
"""
WORKFLOW = """
name: deploy
jobs:
  deploy:
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-region: eu-west-2
      - uses: azure/login@v2
"""
VALUES = """
image: 123456789012.dkr.ecr.eu-west-2.amazonaws.com/app:1
sidecar: ghcr.io/org/app
env:
  - name: AWS_REGION
    value: eu-west-1
  - name: OTHER_REGION
    value: eu-west-3
serviceAccount:
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/x
"""
FEEDS = """
FEEDS = [
    "https://status.aws.amazon.com/rss/rds-eu-west-2.rss",
    "https://status.aws.amazon.com/rss/route53.rss",
    "https://www.githubstatus.com/history.atom",
    "https://status.openai.com/history.rss",
    "https://status.aws.amazon.com.evil.example/rss/s3-eu-west-1.rss",
]
# "https://status.slack.com/feed/atom"
"""


def read(texts: dict[str, str], facts: dict[str, Any] | None = None, **options: Any) -> Batch:
    said = {
        "commit": "3a1e980" + "0" * 33,
        "origin": "github.com/body/service",
        "name": "service",
        "committed_on": DAY.isoformat(),
    }
    about = {public_code.ABOUT: json.dumps({**said, **(facts or {})})}
    packed = folders._packed(((p, len(t), lambda t=t: t.encode()) for p, t in texts.items()), about)  # type: ignore[misc]
    return public_code.read("service", packed, "src", options)


def rows(batch: Batch) -> list[dict[str, Any]]:
    return batch.tables["statements"].to_pylist()


def brief(batch: Batch) -> set[tuple[Any, ...]]:
    return {(r["provider"], r["product"], r["region"], r["place"].partition(", at")[0]) for r in rows(batch)}


def test_terraform() -> None:
    assert brief(read({"main.tf": TERRAFORM})) == {
        ("aws", "S3 (Terraform state)", "eu-west-1", "main.tf, line 4"),
        ("aws", None, "eu-west-2", "main.tf, line 12"),
        ("aws", None, None, "main.tf, line 15"),  # the region is a variable: not guessed
        ("aws", "RDS", "eu-west-2", "main.tf, line 19"),
        ("aws", "CloudFront", None, "main.tf, line 23"),
        ("azure", "Database for PostgreSQL", "uksouth", "main.tf, line 24"),
        ("gcp", "Cloud Run", "europe-west2", "main.tf, line 27"),
        ("aws", "EC2", None, "main.tf, line 30"),  # no region of that name is in the closed list
    }


def test_workflows() -> None:
    assert brief(read({".github/workflows/deploy.yml": WORKFLOW})) == {
        ("github", "Actions", None, ".github/workflows/deploy.yml, line 1"),
        ("aws", None, None, ".github/workflows/deploy.yml, line 7"),
        ("aws", None, "eu-west-2", ".github/workflows/deploy.yml, line 9"),
        ("azure", None, None, ".github/workflows/deploy.yml, line 10"),
    }


def test_helm_values() -> None:
    assert brief(read({"chart/values.yaml": VALUES})) == {
        ("aws", "ECR", "eu-west-2", "chart/values.yaml, line 2"),
        ("github", "Container Registry", None, "chart/values.yaml, line 3"),
        ("aws", None, "eu-west-1", "chart/values.yaml, line 6"),
        ("aws", "EKS", None, "chart/values.yaml, line 11"),
    }


def test_status_feeds() -> None:
    batch = read({"feeds.py": FEEDS})
    assert brief(batch) == {
        ("aws", "rds", "eu-west-2", "feeds.py, line 3"),
        ("aws", "route53", None, "feeds.py, line 4"),
        ("github", None, None, "feeds.py, line 5"),
        ("openai", None, None, "feeds.py, line 6"),
    }
    confidence = {r["provider"]: r["confidence"] for r in rows(batch)}
    assert confidence["github"] == "likely" and confidence["openai"] == "possible"  # nobody re-checked that address


def test_what_a_statement_says() -> None:
    (row,) = rows(read({"main.tf": 'provider "aws" {\n  region = "eu-west-2"\n}\n'}, organisation="home-office"))
    del row["statement_id"]
    assert row == {
        "subject": "body/service", "organisation_id": "home-office", "service_id": None, "platform_id": None,
        "provider": "aws", "parent": "amazon", "jurisdiction": "US", "product": None, "region": "eu-west-2", "role": "web",
        "layer": "back", "statement": "Terraform sets up the provider Amazon Web Services (AWS), eu-west-2.", "stated_on": DAY,
        "current": "yes", "source_kind": "public code", "confidence": "likely", "certainty": "inferred",
        "place": "main.tf, line 1, at 3a1e980000", "url": "https://github.com/body/service/tree/3a1e980" + "0" * 33,
        "source_id": "src", "check": "read by rule from the code, not by a person", "private": False,
    }  # fmt: skip


def test_the_same_thing_in_many_places_is_one_statement() -> None:
    text = 'resource "aws_s3_bucket" "a" {}\nresource "aws_s3_bucket" "b" {}\n'
    (row,) = rows(read({"b.tf": text, "a.tf": text}))
    assert row["place"].startswith("a.tf, line 1") and row["statement"].endswith("; 4 places in all.")


@pytest.mark.parametrize(
    "path",
    [
        "test/main.tf",
        "modules/x/examples/main.tf",
        "fixtures/a.tf",
        "spec/x.tf",
        "e2e/main.tf",
        "main_test.tf",
        "main.example.tf",
    ],
)
def test_tests_examples_and_fixtures_give_at_most_possible(path: str) -> None:
    text = 'provider "aws" {\n  region = "eu-west-2"\n}\n'
    assert [r["confidence"] for r in rows(read({path: text}))] == ["possible"]
    both = rows(read({path: text, "z/latest.tf": text}))
    assert [(r["confidence"], r["place"][:11]) for r in both] == [("likely", "z/latest.tf")]


def test_words_that_only_look_like_marks() -> None:
    batch = read(
        {
            "a.yaml": "image: not-gcr.io.example/x\nnotes: use AWS_REGION eu-west-2\nAWS_REGION: eu-west-99\nuses: azure/login@v2\n",
            "b.tf": 'locals { x = "provider aws" }\nmodule "aws_s3" { source = "./x" }\ndata "aws_s3_bucket" "x" {}\n',
            "c.py": 'region = "eu-west-2"\nimage = "123456789012.dkr.ecr.eu-west-2.amazonaws.com/x"\n',
        }
    )
    assert not batch.whole and batch.rejected[-1].reason == "nothing in it names a provider that we know"


def test_hostile_lines_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'provider "aws" {' + "{" * 50_000 + "\n" + "a" * 500_000 + "\n" + 'resource "aws_s3_bucket" "x" {\n'
    assert brief(read({"main.tf": text + 'provider "aws" {\n'})) == {
        ("aws", None, None, "main.tf, line 4"),
        ("aws", "S3", None, "main.tf, line 3"),
    }


def test_without_a_commit_the_day_comes_from_the_command_line() -> None:
    facts = {"commit": None, "origin": None, "committed_on": None}
    batch = read({"main.tf": TERRAFORM}, facts)
    assert not batch.whole and "give --seen-on DATE" in batch.rejected[-1].reason
    row = rows(read({"feeds.py": FEEDS}, facts, seen_on=DAY))[0]
    assert (row["subject"], row["stated_on"], row["url"]) == ("service", DAY, None)
    assert " at " not in row["place"]


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        ("main.tf", True), (".github/workflows/x.yml", True), ("Jenkinsfile", True), ("src/app.py", True),
        ("README.md", False), ("node_modules/x/index.js", False), ("package-lock.json", False), ("logo.png", False),
        (".terraform/modules/x/main.tf", False), ("vendor/x.go", False),
    ],
)  # fmt: skip
def test_which_files_are_read(path: str, is_read: bool) -> None:
    assert public_code.wanted(path) is is_read


def test_every_mark_is_of_a_provider_and_a_kind() -> None:
    marks = Marks(reference.load())
    found = marks.resource("aws_s3_bucket_policy")
    assert found is not None and (found.provider.id, found.product) == ("aws", "S3")
    assert marks.resource("aws_vpc") is marks.get("terraform-resource", "aws_")
    assert marks.resource("random_id") is None
    assert list(marks.images("x: 1.dkr.ecr.us-moon-1.amazonaws.com/a")) == []


# -- the repository -----------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    clock = "2026-08-21T10:00:00+01:00"
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    made = {**os.environ, **who, "GIT_AUTHOR_DATE": clock, "GIT_COMMITTER_DATE": clock, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=made, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not on this machine")
def test_commit_and_day_are_read_loose_and_packed(run: Callable, tmp_path: Path) -> None:
    work = tmp_path / "service"
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    (work / "main.tf").write_text(TERRAFORM)
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "x")
    git(work, "remote", "add", "origin", "https://token:secret@github.com/body/service.git")
    commit = (work / ".git" / "refs" / "heads" / "main").read_text().strip()
    expected = repository.Repository(commit, DAY, "github.com/body/service")
    assert repository.of(work) == expected
    git(work, "pack-refs", "--all")
    git(work, "repack", "-adq")
    git(work, "prune-packed")
    assert not (work / ".git" / "refs" / "heads" / "main").exists()
    assert repository.of(work) == expected
    git(work, "checkout", "-q", "--detach")
    assert repository.of(work) == expected
    taken = run("import", "public-code", "--organisation", "home-office", work, "--json").json["files"][0]
    assert (taken["new"], taken["reason"]) == (8, None)
    again = run("import", "public-code", "--organisation", "home-office", work, "--json").json["files"][0]
    assert (again["new"], again["known"]) == (0, 8)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("git@github.com:body/service.git", "github.com/body/service"),
        ("https://jo:secret@GitHub.com/body/service", "github.com/body/service"),
        ("ssh://git@gitlab.com:22/body/a/b.git/", "gitlab.com/body/a/b"),
        ("/srv/git/service.git", None),
        ("file:///srv/git/service", None),
    ],
)
def test_an_origin_never_carries_a_user(tmp_path: Path, url: str, origin: str | None) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(
        f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {url}\n\tfetch = x\n'
    )
    assert repository.of(tmp_path) == repository.Repository(None, None, origin)


def test_a_damaged_or_hostile_repository_says_nothing(tmp_path: Path) -> None:
    git_folder = tmp_path / ".git"
    (git_folder / "objects" / "aa").mkdir(parents=True)
    (git_folder / "objects" / "pack").mkdir()
    commit = "aa" + "b" * 38
    (git_folder / "HEAD").write_text(f"{commit}\n")
    (git_folder / "objects" / "aa" / ("b" * 38)).write_bytes(b"not zlib")
    (git_folder / "objects" / "pack" / "x.idx").write_bytes(b"\xfftOc\x00\x00\x00\x02short")
    assert repository.of(tmp_path) == repository.Repository(commit, None, None)
    (git_folder / "HEAD").write_text("ref: refs/../../../etc/passwd\n")
    assert repository.of(tmp_path) == repository.Repository(None, None, None)
    assert repository.of(tmp_path / "nothing") == repository.Repository(None, None, None)
