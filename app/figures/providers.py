"""Figures of providers: what each is seen doing, for whom, and in how many layers."""

from __future__ import annotations

from app.charts import Bars, Chart, Matrix, Series
from app.figures import MOST_BARS, ROLES, figure, licence_line, numbers, source_line
from app.stores import ask
from pipelines.answers import Answer, number, provider_name
from pipelines.answers import layers as layers_answer
from pipelines.edition import Edition

LEAST_BODIES = 20


@figure("layers")
def layers(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "layers")
    matrix = answer.frames["matrix"]
    companies = list(dict.fromkeys(matrix["name"]))[:MOST_BARS]
    wholes = dict(zip(matrix["label"], matrix["of"], strict=True))
    # Columns in which too few bodies were read say nothing of anybody.
    columns = [label for label in layers_answer.ROLES.values() if wholes.get(label, 0) >= LEAST_BODIES]
    held = {(row["name"], row["label"]): float(row["bodies"]) for row in matrix.to_dict("records")}
    first = companies[0] if companies else None
    reached = sum(1 for column in columns if held.get((first, column)))
    seldom = [label for label in wholes if label not in columns]
    return answer, Matrix(
        id="layers",
        title=f"Evidence points to {first} in {reached} of {number(len(columns))} layers"
        if reached
        else "No layer has enough bodies with a record",
        subtitle="bodies by company and layer, and share of those with such a record"
        + (f"; left out, under {LEAST_BODIES} bodies: {', '.join(seldom)}" if seldom else ""),
        unit="bodies",
        rows=companies,
        columns=columns,
        counts=[[held.get((company, column), 0.0) for column in columns] for company in companies],
        out_of=[float(wholes[column]) for column in columns],
        of=answer.population,
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("provider-roles")
def provider_roles(edition: Edition, provider: str) -> tuple[Answer, Chart]:
    answer = ask(edition, "dependence", provider=provider)
    roles = answer.frames["roles"]
    order = roles.groupby("role")["names"].sum().sort_values(ascending=False).index.tolist()

    def count(role: str, certainty: str) -> float:
        return float(roles[(roles["role"] == role) & (roles["certainty"] == certainty)]["names"].sum())

    return answer, Bars(
        id="provider-roles",
        title=f"Evidence points to {provider_name(provider)} most often for {_inside(ROLES.get(order[0], order[0]))}"
        if order
        else f"No name is shown to point to {provider_name(provider)}",
        subtitle="host names by role",
        unit="host names",
        labels=[ROLES.get(role, role) for role in order],
        series=(
            Series("known", "Known", [count(role, "known") for role in order]),
            Series("inferred", "Inferred", [count(role, "inferred") for role in order]),
        ),
        of=f"{number(edition.counts['findings'])} findings about names that we hold, chosen by us",
        source=source_line(answer, "findings"),
        licence=licence_line(answer, "findings"),
    )


def _inside(role: str) -> str:
    """A role's word inside a sentence: sending mail, DNS."""
    return role if role.isupper() else role[:1].lower() + role[1:]


@figure("ai-vendors")
def ai_vendors(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "ai-reliance")
    vendors = answer.frames["vendors"]
    pieces = vendors[["tokens", "statements", "contracts"]].sum(axis=1)
    kinds = (("tokens", "Domain ownership proved"), ("statements", "Statements"), ("contracts", "Contracts"))
    return answer, Bars(
        id="ai-vendors",
        title=f"{vendors['name'].iloc[0]} is the AI vendor named most, in {number(pieces.iloc[0])} of {number(pieces.sum())} pieces "
        "of evidence"
        if len(vendors)
        else "No evidence names an AI vendor",
        subtitle="pieces of evidence by vendor and kind",
        unit="pieces of evidence",
        labels=list(vendors["name"]),
        series=tuple(Series(f"k:{key}", label, numbers(vendors[key])) for key, label in kinds),
        of=f"{number(len(answer.frames['evidence']))} pieces of evidence that we hold",
        source=source_line(answer, "evidence"),
        licence=licence_line(answer, "evidence"),
    )
