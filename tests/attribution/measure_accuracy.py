"""Write data/reference/accuracy.csv from the labels: python -m tests.attribution.measure_accuracy DAY.

The test of the same folder measures again and fails where the table no longer fits the program.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner

from app.verbs.attribute import command
from pipelines import reference
from pipelines.answers.accuracy import COLUMNS
from pipelines.attribution.score import score

FOLDER = Path(__file__).parent / "labels"
LABEL_SET = "labels of our own"
PARTS = {
    "council_records.csv": "councils' mail",
    "service_records.csv": "court and justice services",
}
WRITTEN = "cases that we wrote"
# Read by somebody who knew neither the rules nor what they answer, as the names of a public body usually look.
BLIND = "usual names of public bodies, invented"
FOLDERS = (FOLDER, FOLDER / "blind")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def answered() -> list[dict[str, str]]:
    """What `cloudhold attribute` says of the records beside the labels, with the ranges that ship."""
    found = []
    for folder in FOLDERS:
        with TemporaryDirectory() as store:
            done = CliRunner().invoke(command, [str(folder / "records.csv")], obj={"store": Path(store)})
        assert done.exit_code == 0, done.output
        found += csv.DictReader(io.StringIO(done.stdout))
    return found


def part_of() -> dict[str, str]:
    """The part of each host that stands in a reference table or was read blind; all others are cases that we wrote."""
    found = {row["host"]: BLIND for row in read(FOLDERS[1] / "labels.csv")}
    for name, part in PARTS.items():
        for row in read(reference.load().path / name):
            found.setdefault(row["host"], part)
    return found


def measured() -> Iterator[dict[str, Any]]:
    """Rows of the table without their date: whole set first, then part by part."""
    labels, answers, parts = [row for folder in FOLDERS for row in read(folder / "labels.csv")], answered(), part_of()
    for part in ("all", *PARTS.values(), WRITTEN, BLIND):
        chosen = [row for row in labels if part in ("all", parts.get(row["host"], WRITTEN))]
        scores = score(chosen, answers)
        for role in ("all", *sorted(set(scores) - {"all"})):
            one = scores[role]
            sure = [row for row in chosen if row["sure"] == "yes" and role in ("all", row["role"])]
            if one.right + one.wrong + one.abstained == 0:
                continue  # nothing but unknown and none: no share can be given
            yield {
                "label_set": LABEL_SET,
                "part": part,
                "role": role,
                "hosts": len({row["host"] for row in sure}),
                "labels": len(sure),
                "right": one.right,
                "wrong": one.wrong,
                "abstained": one.abstained,
                "hidden": one.hidden,
                "origin_claimed": one.over_claimed,
                "regions": one.regions,
                "region_invented": one.region_invented,
            }


if __name__ == "__main__":
    with (reference.load().path / "accuracy.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in measured():
            writer.writerow(
                row | {"measured_on": sys.argv[1], "source": "tests/attribution/labels", "check": "measured"}
            )
