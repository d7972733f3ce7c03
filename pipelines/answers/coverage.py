"""What this edition holds, from when to when, what is missing, what is doubtful, and what has grown old."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from pipelines import schema
from pipelines.answers import Answer, Figure, count, new, number, sources_of
from pipelines.edition import Edition

ID = "coverage"
QUESTION = "What is covered, what is missing, what is doubtful?"
METHODS = (
    "Every source has one row: collected, imported or part of the product, with its first and last day, and how old "
    "its newest row is beside the period in which it should have been renewed. Every doubt about a row is an issue "
    "with its kind; a row that rests on general knowledge gives at most possible, and stays out of headlines."
)
KINDS = {
    "rule-not-rechecked": "Evidence that rests on a mark nobody has checked again",
    "value-unknown": "Contracts without a known value",
    "value-suspect": "Contracts with a value that can hardly be one",
    "contradiction": "Records about one subject that do not agree",
}
_TABLES = ("organisations", "services", "incidents", "statements", "edges")


def _label(kind: str) -> str:
    """What an issue doubts, in words."""
    meaning = KINDS.get(kind) or schema.CODELISTS["flag"].get(kind) or kind.replace("-", " ")
    return meaning[:1].upper() + meaning[1:]


def answer(edition: Edition) -> Answer:
    """Coverage by source, issues by kind, and how far rows were checked.

    Figures: sources, stale, missing, issues, recalled. Frames: coverage (one row per source, with days_old,
    stale and both as age in words), issues (kind, label, rows), tables (table, rows), checks (table, check, rows).
    """
    coverage = edition.query("SELECT * FROM coverage ORDER BY state, title")
    coverage["days_old"] = [
        None if pd.isna(day) else (edition.as_of - pd.Timestamp(day).date()).days for day in coverage["date_to"]
    ]
    coverage["days_old"] = coverage["days_old"].astype("Int64").clip(lower=0)
    coverage["stale"] = (coverage["days_old"] > coverage["stale_after_days"]).fillna(False).astype(bool)
    coverage["age"] = [_age(row) for row in coverage.to_dict("records")]
    missing = coverage[coverage["state"].isin(["not_covered", "not_collected", "failed", "partial"])]
    issues = edition.query("SELECT kind, count(*) AS rows FROM issues GROUP BY 1 ORDER BY 2 DESC, 1")
    issues["label"] = [_label(kind) for kind in issues["kind"]]
    checks = pd.concat(
        [
            edition.query(
                f'SELECT \'{table}\' AS "table", coalesce("check", \'not stated\') AS "check", count(*) AS rows '
                f"FROM {table} GROUP BY ALL ORDER BY rows DESC, 2"
            )
            for table in _TABLES
        ],
        ignore_index=True,
    )
    tables = pd.DataFrame(sorted(edition.counts.items()), columns=["table", "rows"])
    recalled = int(
        checks[checks["check"].str.contains("recalled|general knowledge|not re-checked", case=False)]["rows"].sum()
    )
    stale = int(coverage["stale"].sum())
    return new(
        edition,
        ID,
        QUESTION,
        f"Of {count(len(coverage), 'source')} {_of_them(len(missing))} missing or ended early, and {_of_them(stale)} older than "
        f"it should be; we name a doubt about {count(int(issues['rows'].sum()), 'row')}.",
        "every source that this edition knows of",
        METHODS,
        figures=[
            Figure("sources", "Sources", len(coverage), unit="sources"),
            Figure(
                "missing", "Missing, partial or failed", len(missing), unit="sources", of=f"{len(coverage)} sources"
            ),
            Figure("stale", "Older than they should be", stale, unit="sources", of=f"{len(coverage)} sources"),
            Figure("issues", "Rows with a doubt", int(issues["rows"].sum()), unit="rows"),
            Figure("recalled", "Rows that rest on general knowledge", recalled, unit="rows"),
        ],
        frames={"coverage": coverage, "issues": issues, "tables": tables, "checks": checks},
        sources=sources_of(edition, edition.sources),
        body={"coverage": coverage, "issues": issues, "tables": tables, "checks": checks},
    )


def _age(row: Mapping[Hashable, Any]) -> str:
    if pd.isna(row["days_old"]):
        return "its rows bear no date" if row["rows"] else "nothing held"
    if pd.isna(row["stale_after_days"]):
        return f"{count(row['days_old'], 'day')} old; nobody says when a newer one is due"
    return "older than it should be" if row["stale"] else "in time"


def _of_them(sources: int) -> str:
    return f"{number(sources) if sources else 'none'} {'is' if sources < 2 else 'are'}"
