"""A checked-out public repository as evidence of what it is built on: provider, service and region.

Read line by line, nothing is run: Terraform (providers, backends, resources, places), Helm and Kubernetes
files, CI workflows, addresses of images, lists of status feeds. Every statement says file, line and commit,
is dated by the commit, and ages: code says what somebody declared, not what runs today. It never enters a
share. Tests, examples and fixtures give at most `possible`; a region only from the provider's closed list.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines import reference, repository, schema
from pipelines.batch import Batch, Rejected
from pipelines.code_marks import Mark, Marks
from pipelines.folders import files
from pipelines.records import Statement
from pipelines.reference import Reference
from pipelines.reference_tables import certainty, short
from pipelines.text import plain

KIND = "public-code"
TITLE = "What public code declares"
PUBLISHER = None
LICENCE = None
CREDIT = None
PRIMARY = "statements"
LINES = False
EXAMPLE = "cloudhold import public-code --organisation government-digital-service govuk-infrastructure/"

# The file under which a folder says where it comes from; no repository can hold it beside its .git.
ABOUT = ".git/about"
_SKIPPED = frozenset({"node_modules", "vendor", ".terraform", "third_party", "dist", ".venv", "venv"})
_SUFFIXES = (
    ".tf", ".tfvars", ".hcl", ".yaml", ".yml", ".json", ".toml", ".py", ".rb", ".js", ".ts", ".go", ".java", ".cs",
    ".kt", ".sh", ".env", ".ini", ".properties", ".gradle", ".groovy", ".tpl",
)  # fmt: skip
_NAMES = frozenset({"Jenkinsfile", "Procfile", "Makefile"})
_LOCKS = frozenset({"package-lock.json", "composer.lock", "yarn.lock", "pnpm-lock.yaml", ".terraform.lock.hcl"})
# Folders whose code shows what is tried out or shown, not what runs.
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testdata|fixtures?|examples?|samples?|mocks?|stubs?|e2e|demos?|sandbox)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*[._-](?:test|spec|mock|example|sample))\.[a-z]+$",
    re.IGNORECASE,
)
_DEPLOYED = (".yaml", ".yml", ".json", ".toml", ".sh", ".env", ".tf", ".tfvars", ".tpl", ".groovy")
LONGEST_LINE = 2000
_BLOCK = re.compile(r'^\s*(provider|resource|backend|module|data|terraform|locals|variable)\b((?:\s*"[^"]*")*)\s*\{')
_QUOTED = re.compile(r'"([^"]*)"')
_PLACE = re.compile(r'^\s*(region|location|aws_region|availability_zone|zone)\s*=\s*"([^"$]+)"')
_USES = re.compile(r"""^\s*(?:-\s*)?uses:\s*['"]?([\w.-]+/[\w./-]+)@""")
_SETTING = re.compile(
    r"""^\s*(?:-\s*|export\s+|ENV\s+)?['"]?([A-Za-z_][\w-]*)['"]?\s*[:=]\s*['"]?([a-z][a-z0-9-]+)['"]?\s*(?:#.*)?$"""
)
_NAMED = re.compile(r"""^\s*(?:-\s*)?name:\s*['"]?([A-Za-z_][\w-]*)['"]?\s*$""")
_VALUE = re.compile(r"""^\s*value:\s*['"]?([a-z][a-z0-9-]+)['"]?\s*$""")
_FEED = re.compile(r"https?://([\w.-]+(?:/[\w.%/-]*)?)")
_AWS_FEED = re.compile(r"status\.aws\.amazon\.com/rss/([a-z0-9]+?)(?:-([a-z]{2}(?:-[a-z]+)+-\d))?\.rss")


@dataclass(frozen=True, slots=True)
class Seen:
    """One line that names a provider."""

    mark: Mark
    product: str | None
    region: str | None
    path: str
    line: int


def wanted(path: str) -> bool:
    """Which files of a repository are read: code and configuration, not prose, locks or what others wrote."""
    place = PurePosixPath(path)
    if _SKIPPED & set(place.parts) or place.name in _LOCKS:
        return False
    return place.name.endswith(_SUFFIXES) or place.name in _NAMES


def about(path: Path) -> Mapping[str, str]:
    """What the repository says of itself, as one more file of the body."""
    said = repository.of(path)
    facts = {"commit": said.commit, "origin": said.origin, "name": path.resolve().name}
    facts["committed_on"] = said.committed_on.isoformat() if said.committed_on else None
    return {ABOUT: json.dumps(facts)}


def read(name: str, body: bytes, source_id: str, options: Mapping[str, Any]) -> Batch:
    """Statements of one repository: one per provider, service and region, at the place that shows it best."""
    batch = Batch()
    try:
        texts, left_out = files(name, body)
    except ValueError as error:
        return batch.refuse(name, body, str(error))
    facts = json.loads(texts.pop(ABOUT, "{}"))
    if not any(text.strip() for text in texts.values()):
        return batch.refuse(name, body[:2000], "it holds no code or configuration")
    day = dt.date.fromisoformat(facts["committed_on"]) if facts.get("committed_on") else options.get("seen_on")
    if day is None:
        return batch.refuse(name, body[:2000], "it has no commit that can be read; give --seen-on DATE")
    batch.rejected.extend(Rejected(path, b"", reason) for path, reason in left_out.items())
    known = reference.load()
    marks = Marks(known)
    groups: dict[tuple[str, str | None, str | None], list[Seen]] = defaultdict(list)
    for path, text in sorted(texts.items()):
        for seen in _lines(path, text, marks):
            groups[seen.mark.provider.id, seen.product, seen.region].append(seen)
    rows = [_statement(known, found, facts, name, day, source_id, options) for found in groups.values()]
    batch.read = len(rows)
    if not rows:
        return batch.refuse(name, body[:2000], "nothing in it names a provider that we know")
    batch.tables["statements"] = schema.to_arrow("statements", sorted(rows, key=lambda row: row.statement_id))
    return batch


# -- lines --------------------------------------------------------------------------------------------------


def _lines(path: str, text: str, marks: Marks) -> Iterator[Seen]:
    """Everything that one file names."""
    for mark in marks.of("workflow-file"):
        if path.startswith(mark.mark) or path == mark.mark:
            yield Seen(mark, mark.product, None, path, 1)
    lines = [line if len(line) <= LONGEST_LINE else "" for line in text.splitlines()]
    if path.endswith((".tf", ".tfvars", ".hcl")):
        yield from _terraform(path, lines, marks)
    in_workflow = path.startswith(".github/") or PurePosixPath(path).name == "action.yml"
    before = ""
    for number, line in enumerate(lines, start=1):
        stripped = line.lstrip()
        if not stripped or stripped.startswith(("#", "//", "*")):
            continue
        yield from _feeds(path, number, line, marks)
        if not path.endswith(_DEPLOYED) and PurePosixPath(path).name not in _NAMES:
            continue
        if in_workflow and (uses := _USES.match(line)):
            yield from (
                Seen(m, m.product, None, path, number) for m in marks.of("action") if uses[1].lower().startswith(m.mark)
            )
        for mark, region in marks.images(line):
            yield Seen(mark, mark.product, region, path, number)
        for mark in marks.of("annotation"):
            if mark.mark in line:
                yield Seen(mark, mark.product, None, path, number)
        yield from _settings(path, number, line, before, marks)
        before = line


def _settings(path: str, number: int, line: str, before: str, marks: Marks) -> Iterator[Seen]:
    """A region that a line sets: AWS_REGION: eu-west-2, or name and value on two lines as Kubernetes writes it."""
    setting = _SETTING.match(line)
    named, value = _NAMED.match(before), _VALUE.match(line)
    if named and value:
        key, text = named[1], value[1]
    elif setting:
        key, text = setting[1], setting[2]
    else:
        return
    mark = marks.get("region-key", key.lower())
    if mark is not None and text in mark.provider.regions:
        yield Seen(mark, mark.product, text, path, number)


def _feeds(path: str, number: int, line: str, marks: Marks) -> Iterator[Seen]:
    """Status feeds that a line lists."""
    if "http" not in line:
        return
    for match in _FEED.finditer(line):
        for mark in marks.of("status-feed"):
            address = match.group(1)
            if address == mark.mark or address.startswith((f"{mark.mark.rstrip('/')}/", f"{mark.mark}.")):
                feed = _AWS_FEED.match(address)
                region = mark.provider.region(feed[2]) if feed and feed[2] else None
                yield Seen(mark, feed[1] if feed else mark.product, region, path, number)
                break


def _terraform(path: str, lines: list[str], marks: Marks) -> Iterator[Seen]:
    """Providers, backends and resources that a Terraform file declares, each with the place written inside it."""
    depth = 0
    stack: list[tuple[int, Mark, int, list[str]]] = []
    in_comment = False
    for number, line in enumerate(lines, start=1):
        in_comment, code = _without_comments(line, in_comment)
        block = _BLOCK.match(code)
        if block:
            mark = _declared(block[1], _QUOTED.findall(block[2]), marks)
            if mark is not None:
                stack.append((depth, mark, number, []))
        place = _PLACE.match(code)
        if place and stack:
            stack[-1][3].append(place[2])
        bare = _QUOTED.sub("", code)
        depth += bare.count("{") - bare.count("}")
        while stack and depth <= stack[-1][0]:
            _, mark, start, places = stack.pop()
            yield Seen(mark, mark.product, _region(mark, places), path, start)
    for _, mark, start, places in reversed(stack):  # a file that ends in the middle of a block
        yield Seen(mark, mark.product, _region(mark, places), path, start)


def _without_comments(line: str, inside: bool) -> tuple[bool, str]:
    if inside:
        _, ended, line = line.partition("*/")
        if not ended:
            return True, ""
    line, started, _ = line.partition("/*")
    return bool(started), "" if line.lstrip().startswith(("#", "//")) else line


def _declared(kind: str, labels: list[str], marks: Marks) -> Mark | None:
    if not labels:
        return None
    if kind == "provider":
        return marks.get("terraform-provider", labels[0])
    if kind == "backend":
        return marks.get("terraform-backend", labels[0])
    return marks.resource(labels[0]) if kind == "resource" else None


def _region(mark: Mark, places: list[str]) -> str | None:
    """The one region of the closed list that a block names; a zone such as eu-west-2a is of its region."""
    found = set()
    for place in places:
        code = mark.provider.region(place) or mark.provider.region(re.sub(r"-?[a-f]$", "", place))
        if code:
            found.add(code)
    return found.pop() if len(found) == 1 else None


# -- statements ---------------------------------------------------------------------------------------------

_WEAKER = {"likely": 0, "possible": 1}
_SAYS = {
    "terraform-provider": "Terraform sets up the provider {what}",
    "terraform-backend": "Terraform keeps its state on {what}",
    "terraform-resource": "Terraform declares {what}",
    "action": "A workflow signs in to {what}",
    "region-key": "A setting names a place of {what}",
    "workflow-file": "Its builds are defined for {what}",
    "image-host": "Images come from {what}",
    "annotation": "Kubernetes files are annotated for {what}",
    "status-feed": "It watches the status feed of {what}",
}


def _statement(
    known: Reference,
    found: list[Seen],
    facts: Mapping[str, Any],
    name: str,
    day: dt.date,
    source_id: str,
    options: Mapping[str, Any],
) -> Statement:
    best = min(found, key=lambda seen: (_WEAKER[_confidence(seen)], seen.path, seen.line))
    provider, confidence = best.mark.provider, _confidence(best)
    origin = facts.get("origin")
    subject = origin.partition("/")[2] if origin else plain(facts.get("name") or name, 120) or "repository"
    commit = facts.get("commit")
    what = provider.name if best.product is None else f"{best.product} of {provider.name}"
    where = f", {best.region}" if best.region else ""
    others = f"; {len(found)} places in all" if len(found) > 1 else ""
    return Statement(
        statement_id=f"s-{short('public code', origin or subject, provider.id, best.product, best.region)}",
        subject=subject,
        organisation_id=options.get("organisation"),
        service_id=None,
        platform_id=None,
        provider=provider.id,
        parent=known.parent(provider.id),
        jurisdiction=known.jurisdiction(provider.id),
        product=best.product,
        region=best.region,
        role=best.mark.role,
        layer="back",
        statement=f"{_SAYS[best.mark.kind].format(what=what)}{where}{others}.",
        stated_on=day,
        current="yes",
        source_kind="public code",
        confidence=confidence,
        certainty=certainty(confidence),
        place=f"{best.path}, line {best.line}" + (f", at {commit[:10]}" if commit else ""),
        url=f"https://{origin}/tree/{commit}"
        if origin and commit and origin.startswith(("github.com/", "gitlab.com/"))
        else None,
        source_id=source_id,
        check="read by rule from the code, not by a person",
        private=bool(options.get("private", False)),
    )


def _confidence(seen: Seen) -> str:
    return "possible" if _ASIDE.search(seen.path) else seen.mark.confidence
