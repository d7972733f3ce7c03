"""How well attribution does on labelled sets, role by role: data/reference/accuracy.csv, measured and checked by tests."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from pipelines import reference
from pipelines.answers import Answer, Figure, long_day, new, number, percent, sources_of
from pipelines.edition import Edition
from pipelines.errors import BadReference

ID = "accuracy"
QUESTION = "How accurate is attribution?"
METHODS = (
    "Labels are what a reader wrote down from the same records without the program's rules. Precision is the share of "
    "the answers that the labels bear out; recall is the share of the labels that can be known and were answered. A "
    "claimed origin is counted where the label says that it is hidden behind a network in front and the answer names "
    "somebody all the same; an invented region where the answer gives a region that the label does not show. Labels "
    "that a careful reader could dispute are left out. The table is measured again in each test run, and a table that "
    "no longer fits the program fails it."
)
COLUMNS = (
    "label_set", "part", "role", "hosts", "labels", "right", "wrong", "abstained", "hidden", "origin_claimed", "regions",
    "region_invented", "measured_on", "source", "check",
)  # fmt: skip
_COUNTS = (
    "hosts",
    "labels",
    "right",
    "wrong",
    "abstained",
    "hidden",
    "origin_claimed",
    "regions",
    "region_invented",
)
CAVEATS = (
    "Rules were mended where the first measurement of this set showed mistakes, so the figures are an upper bound: names "
    "that nobody has labelled will score lower.",
    "The labels were made by an AI assistant that knew the project's notes on the known traps; nobody has read them a "
    "second time. Other labels would give other figures.",
    "Most names are those of councils, courts and invented public bodies. It is not a sample of the internet.",
    "The invented public bodies were read by somebody who had seen no rule and no answer. At the first run, on 27 November "
    "2026, 344 of their 359 known providers were found and 1 answer was wrong; marks of missing vendors came in afterwards.",
)


def answer(edition: Edition) -> Answer:
    """Scores by label set, part and role.

    Figures: precision, recall, origin_claimed, region_invented, over all parts and roles. Frames: scores (one row per
    label set, part and role; the part and the role "all" are the whole). BadReference for a count that is no number.
    """
    rows = []
    for where, row in reference.load().rows("accuracy.csv", COLUMNS):
        try:
            rows.append({**row, **{name: int(row[name]) for name in _COUNTS}})
        except ValueError as error:
            raise BadReference("accuracy.csv", where, f"holds a count that is no whole number: {error}") from error
    scores = pd.DataFrame(rows)
    scores["precision"] = scores["right"] / (scores["right"] + scores["wrong"])
    scores["recall"] = scores["right"] / (scores["right"] + scores["abstained"])
    whole = scores[(scores["part"] == "all") & (scores["role"] == "all")].iloc[0]
    of = f"{number(whole['labels'])} labels of {number(whole['hosts'])} hosts"
    return new(
        edition,
        ID,
        QUESTION,
        f"On {of}, {percent(whole['precision'])} of the answers are right and {percent(whole['recall'])} of what can be "
        f"known is found; an origin was claimed for {number(whole['origin_claimed'])} of {number(whole['hidden'])} hidden "
        f"ones, and {number(whole['region_invented'])} of {number(whole['regions'])} regions were invented. Measured on "
        f"{long_day(dt.date.fromisoformat(whole['measured_on']))}; rules were mended on these labels, so it is an upper bound.",
        f"{of}, chosen by us",
        METHODS,
        figures=[
            Figure("precision", "Answers that are right", float(whole["precision"]), unit="share", of=of),
            Figure("recall", "Known providers found", float(whole["recall"]), unit="share", of=of),
            Figure("origin_claimed", "Hidden origins claimed", int(whole["origin_claimed"]), unit="hosts",
                   of=f"{number(whole['hidden'])} hidden"),
            Figure("region_invented", "Regions invented", int(whole["region_invented"]), unit="regions",
                   of=f"{number(whole['regions'])} regions shown"),
        ],
        frames={"scores": scores},
        caveats=list(CAVEATS),
        sources=sources_of(edition, ["reference-accuracy"]),
        body={"scores": scores},
    )  # fmt: skip
