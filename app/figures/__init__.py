"""Every drawn figure by id: which answer it comes from, and how the answer's rows become a chart.

Pages, embeds, picture and data files, and the explorer draw from here, so that a figure is the same everywhere.
The modules of this package are found by folder; each makes the figures of one subject.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.charts import Chart
from pipelines.answers import Answer, exposure
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.export import CREDIT
from pipelines.scenario import Scenario

MOST_BARS = 8
MOST_DOTS = 12
SCENARIO = ("preset", "provider", "product", "region", "plane", "cause", "hours")
ROLES = {
    "web": "Web",
    "origin": "Origin",
    "dns": "DNS",
    "mail": "Mail",
    "mail_sending": "Sending mail",
    "saas": "Online services",
    "identity": "Sign-in",
    "certificate": "Certificates",
    "ai": "AI",
    "contract": "Contract",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with the answer behind it and the parameters that give it again."""

    id: str
    answer: Answer
    chart: Chart
    parameters: Mapping[str, str] = field(default_factory=dict)


Maker = Callable[..., tuple[Answer, Chart]]
_MAKERS: dict[str, Maker] = {}


def figure(figure_id: str) -> Callable[[Maker], Maker]:
    """Marks what makes the figure with this id: it takes an edition and keys, and gives answer and chart."""

    def keep(maker: Maker) -> Maker:
        _MAKERS[figure_id] = maker
        return maker

    return keep


@functools.cache
def figures() -> Mapping[str, Maker]:
    """What makes each figure, by id."""
    for info in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{info.name}")
    return _MAKERS


def draw(edition: Edition, figure_id: str, **parameters: Any) -> Drawn:
    """The figure with this id; keys that it does not know are left out.

    UnknownName where there is no such figure, Refused where it needs a key that is not given.
    """
    makers = figures()
    if figure_id not in makers:
        raise UnknownName("figure", figure_id, makers)
    maker = makers[figure_id]
    asked = inspect.signature(maker).parameters
    known = set(SCENARIO) if any(p.kind is p.VAR_KEYWORD for p in asked.values()) else set(asked)
    kept = {k: str(v) for k, v in parameters.items() if k in known and v not in (None, "")}
    for name, parameter in list(asked.items())[1:]:
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD and name not in kept:
            raise Refused(f"the figure {figure_id} needs {name}; add ?{name}= to its address")
    answer, chart = maker(edition, **kept)
    return Drawn(figure_id, answer, chart, kept)


def source_line(answer: Answer, frame: str | None = None, most: int = 4) -> str:
    """The sources behind an answer, or behind one frame of it, by title; how many more there are."""
    titles = [str(source["title"]) for source in _behind(answer, frame)]
    more = f" and {len(titles) - most} more" if len(titles) > most else ""
    return "; ".join(titles[:most]) + more or "no record used"


def licence_line(answer: Answer, frame: str | None = None) -> str:
    """What the sources ask to be credited with, each once; the public sector's line where none asks."""
    return " ".join(dict.fromkeys(str(s["credit"]) for s in _behind(answer, frame) if s["credit"])) or CREDIT


def _behind(answer: Answer, frame: str | None) -> list[dict[str, Any]]:
    """The sources of an answer, or those that the rows of one frame name."""
    if frame is None:
        return answer.sources
    named = set(answer.frames[frame]["source_id"])
    return [source for source in answer.sources if source["source_id"] in named]


def scenario_of(parameters: Mapping[str, str]) -> Scenario:
    """The scenario of an address: a preset, or provider, product, region, plane and hours."""
    hours = parameters.get("hours")
    try:
        length = float(hours) if hours else None
    except ValueError:
        raise Refused(f"{str(hours)[:40]!r} is not a number of hours; write it as 8 or 2.5") from None
    return exposure.scenario_from(
        preset=parameters.get("preset"),
        provider=parameters.get("provider"),
        product=parameters.get("product"),
        region=parameters.get("region"),
        plane=parameters.get("plane") or "data",
        cause=parameters.get("cause") or "unknown",
        hours=length,
    )


def numbers(column: Iterable[Any]) -> list[float]:
    """A column as a chart takes it."""
    return [float(value) for value in column]
