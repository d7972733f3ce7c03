"""One cloud or several? Companies by role and layer: at how many bodies evidence points to each."""

from __future__ import annotations

import pandas as pd

from pipelines.answers import Answer, Figure, companies, new, number, percent, sources_of
from pipelines.edition import Edition

ID = "layers"
QUESTION = "Which company stands behind which layer?"
METHODS = (
    "Providers are joined by the company that owns them. A body counts once per role, layer and company, however "
    "many names point there; its evidence may be known or inferred. The whole of a column is the bodies for which "
    "any record of that role and layer was read, those whose provider stayed unknown included. A body can count for "
    "several companies, so a column may sum to more than its whole."
)
ROLES = {
    ("web", "front"): "Web, front",
    ("dns", "front"): "Name servers",
    ("mail", "front"): "Mail filter",
    ("mail", "back"): "Mailboxes",
    ("mail_sending", "front"): "Sending mail",
    ("saas", "front"): "Online services",
    ("identity", "front"): "Sign-in",
    ("certificate", "front"): "Certificates",
    ("ai", "front"): "AI",
}
_SQL = """
SELECT role, layer, parent, count(DISTINCT organisation_id) AS bodies,
       count(DISTINCT organisation_id) FILTER (WHERE certainty = 'known') AS known
FROM findings
WHERE organisation_id IS NOT NULL AND NOT private AND provider NOT IN ('none', 'unknown') AND parent IS NOT NULL
GROUP BY ALL ORDER BY ALL
"""
_WHOLE = """
SELECT role, layer, count(DISTINCT organisation_id) AS of FROM findings
WHERE organisation_id IS NOT NULL AND NOT private GROUP BY ALL
"""


def answer(edition: Edition) -> Answer:
    """Bodies per company, role and layer.

    Figures: bodies (with any record), companies. Frames: matrix (one row per company, role and layer with
    evidence: bodies, known, of; companies by their largest cell first).
    """
    rows = edition.query(_SQL)
    whole = {(r["role"], r["layer"]): r["of"] for r in edition.rows(_WHOLE)}
    names = companies()
    rows["name"] = [names.get(parent, parent) for parent in rows["parent"]]
    rows["label"] = [ROLES.get(key, " ".join(key)) for key in zip(rows["role"], rows["layer"], strict=True)]
    rows["of"] = [whole[key] for key in zip(rows["role"], rows["layer"], strict=True)]
    rows["share"] = rows["bodies"] / rows["of"]
    rows["widest"] = rows.groupby("parent")["bodies"].transform("max")
    rows = rows.sort_values(
        ["widest", "parent", "role", "layer"], ascending=[False, True, True, True], ignore_index=True
    )
    matrix = rows[["parent", "name", "role", "layer", "label", "bodies", "known", "of", "share"]]
    bodies = int(
        edition.value(
            "SELECT count(DISTINCT organisation_id) FROM findings WHERE organisation_id IS NOT NULL AND NOT private"
        )
    )
    spread = matrix.groupby(["parent", "name"], as_index=False).agg(
        roles=("label", "nunique"), bodies=("bodies", "max")
    )
    widest = spread.sort_values(["roles", "bodies", "parent"], ascending=[False, False, True]).head(1)
    ids = edition.query("SELECT DISTINCT source_id FROM findings WHERE NOT private")["source_id"]
    return new(
        edition,
        ID,
        QUESTION,
        _title(widest, matrix),
        f"{number(bodies)} public bodies for which we hold any record, chosen by us, not a sample of the UK",
        METHODS,
        figures=[
            Figure("bodies", "Public bodies with a record", bodies, unit="bodies"),
            Figure("companies", "Companies that evidence points to", int(matrix["parent"].nunique()), unit="companies"),
        ],
        frames={"matrix": matrix},
        caveats=["Two clouds in front may share one name server, mail filter or sign-in: read across, not only down."],
        sources=sources_of(edition, ids),
        body={"matrix": matrix},
    )


def _title(widest: pd.DataFrame, matrix: pd.DataFrame) -> str:
    if widest.empty:
        return "No record that we hold names a provider."
    company = widest.iloc[0]
    top = matrix[matrix["parent"] == company["parent"]].sort_values("share", ascending=False).iloc[0]
    return (
        f"Evidence points to {company['name']} in {number(company['roles'])} of {number(matrix['label'].nunique())} layers, "
        f"most widely in {top['label'][0].lower()}{top['label'][1:]}: {number(top['bodies'])} of {number(top['of'])} bodies "
        f"with such a record ({percent(top['share'])})."
    )
