"""Every drawn figure by id: which answer it comes from, and how the answer's rows become a chart.

Pages, embeds, picture and data files, and the explorer draw from here, so that a figure is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from app.charts import Bars, Chart, Series
from app.stores import ask
from pipelines.answers import Answer
from pipelines.edition import Edition
from pipelines.errors import UnknownName

MOST_BARS = 8


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with the answer behind it and the parameters that give it again."""

    id: str
    answer: Answer
    chart: Chart
    parameters: Mapping[str, str] = field(default_factory=dict)


Maker = Callable[..., tuple[Answer, Chart]]
FIGURES: dict[str, Maker] = {}


def figure(figure_id: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        FIGURES[figure_id] = maker
        return maker

    return keep


def draw(edition: Edition, figure_id: str, **parameters: Any) -> Drawn:
    """The figure with this id; UnknownName where there is none."""
    if figure_id not in FIGURES:
        raise UnknownName("figure", figure_id, FIGURES)
    kept = {key: str(value) for key, value in parameters.items() if value not in (None, "")}
    answer, chart = FIGURES[figure_id](edition, **kept)
    return Drawn(figure_id, answer, chart, kept)


def nearest(path: str) -> list[tuple[str, str]]:
    """(address, name) of what the reader of a wrong address may have meant."""
    return []


def source_line(answer: Answer, most: int = 4) -> str:
    """The sources behind an answer by title; how many more there are."""
    titles = [str(source["title"]) for source in answer.sources]
    more = f" and {len(titles) - most} more" if len(titles) > most else ""
    return "; ".join(titles[:most]) + more or "no record used"


def _certainty(answer: Answer, chart_id: str, title: str, unit: str) -> Bars:
    """Providers of a population as bars split into known and inferred, with what is not known drawn too."""
    table: pd.DataFrame = answer.frames["providers"]
    top, other = table.head(MOST_BARS), table.iloc[MOST_BARS:]
    labels = list(top["name"])
    known, inferred = list(top["known"]), list(top["inferred"])
    if len(other):
        labels.append(f"{len(other)} others")
        known.append(float(other["known"].sum()))
        inferred.append(float(other["inferred"].sum()))
    missing = [float(answer.figure(state).value or 0) for state in ("unknown", "not_tested")]
    labels += ["Unknown", "Not tested"]
    blank = [0.0] * (len(labels) - 2)
    seen = table["seen_on"].max()
    return Bars(
        id=chart_id,
        title=title,
        subtitle=f"{unit} by provider" + (f", newest record {seen:%-d %B %Y}" if pd.notna(seen) else ""),
        unit=unit,
        labels=labels,
        series=(
            Series("known", "Known", [*known, 0.0, 0.0]),
            Series("inferred", "Inferred", [*inferred, 0.0, 0.0]),
            Series("unknown", "Unknown", [*blank, missing[0], 0.0]),
            Series("not_tested", "Not tested", [*blank, 0.0, missing[1]]),
        ),
        of=f"{answer.figure('items').value} {unit}",
        source=source_line(answer),
    )


@figure("council-mail")
def council_mail(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "concentration", population_id="council-mail")
    return answer, _certainty(answer, "council-mail", "Who runs the mail of UK councils", "councils")


@figure("council-mail-filter")
def council_mail_filter(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "concentration", population_id="council-mail-filter")
    return answer, _certainty(answer, "council-mail-filter", "What stands in front of that mail", "councils")


@figure("service-web")
def service_web(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "concentration", population_id="service-web")
    return answer, _certainty(answer, "service-web", "What answers public services' web addresses", "services")
