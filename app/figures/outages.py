"""Figures of outages: whom a scenario exposes, what real ones were put down to, how long they lasted, who reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.charts import Bars, Chart, Dot, Dots, Line, Lines, Series
from app.figures import MOST_DOTS, figure, licence_line, numbers, scenario_of, source_line
from app.stores import ask
from pipelines.answers import Answer, count, exposure, listing, number, provider_name
from pipelines.answers import incidents as incidents_answer
from pipelines.edition import Edition

NOBODY = "Body not known"


@figure("blast-radius")
def blast_radius(edition: Edition, **parameters: str) -> tuple[Answer, Chart]:
    """Services exposed by a scenario, by public body; the path is that of the body's first service."""
    answer = ask(edition, "exposure", scenario=scenario_of(parameters))
    services = answer.frames["services"]
    hit = services[services["effect"].isin(["down", "degraded"])]
    dots = []
    for body, part in hit.groupby(hit["organisation"].fillna(NOBODY), sort=False):
        known = int((part["certainty"] == "known").sum())
        first = part.iloc[0]
        dots.append(
            Dot(
                str(body),
                float(len(part)),
                "known" if known else "inferred",
                path=f"{first['name']}: {first['via']}",
            )
        )
    dots.sort(key=lambda dot: (-dot.value, dot.certainty != "known", dot.label))
    bodies = [dot for dot in dots if dot.label != NOBODY]
    most = [dot.label for dot in bodies if dot.value == bodies[0].value]
    return answer, Dots(
        id="blast-radius",
        title=f"Most exposed services at one public body: {number(bodies[0].value)} ({listing(most)})"
        if bodies
        else "No public body is shown to be exposed",
        subtitle="services and mail without an alternative that we can see, or exposed in part, with one path each"
        + (
            f"; {number(sum(dot in bodies for dot in dots[:MOST_DOTS]))} of {number(len(bodies))} bodies"
            if len(dots) > MOST_DOTS
            else ""
        ),
        unit="services",
        dots=tuple(dots[:MOST_DOTS]),
        of=f"{number(answer.body['services_in_population'])} services and bodies' mail that we hold evidence for",
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _whole(effect: Mapping[str, Any]) -> int:
    return int(effect["known"]) + int(effect["inferred"])


@figure("exposed")
def exposed(edition: Edition, **parameters: str) -> tuple[Answer, Chart]:
    answer = ask(edition, "exposure", scenario=scenario_of(parameters))
    body = answer.body
    states = {"down": "No alternative shown", "degraded": "Exposed in part", "unknown": "Cannot be said"}
    return answer, Bars(
        id="exposed",
        title=f"No alternative shown for {number(_whole(body['down']))} of {number(body['services_in_population'])} services and "
        f"bodies' mail; {number(_whole(body['degraded']))} exposed in part",
        subtitle=f"services and bodies' mail by effect if {exposure.describe(scenario_of(parameters))}",
        unit="services",
        labels=list(states.values()),
        series=(
            Series("known", "Known", [float(body["down"]["known"]), float(body["degraded"]["known"]), 0.0]),
            Series("inferred", "Inferred", [float(body["down"]["inferred"]), float(body["degraded"]["inferred"]), 0.0]),
            Series("unknown", "Unknown", [0.0, 0.0, float(body["unknown"]["known"])]),
        ),
        of=f"{number(body['services_in_population'])} services and bodies' mail that we hold evidence for",
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _cause(cause: str) -> str:
    """A cause as a label. A bar holds the accepted and the disputed parts of AI agents alike."""
    words = incidents_answer.cause_words({"cause": cause, "ai_agent_involved": "disputed"})
    return "AI agent, accepted or disputed" if cause == "ai_agent" else words[:1].upper() + words[1:]


@figure("incident-causes")
def incident_causes(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "incidents")
    causes = answer.frames["causes"]
    said = causes[causes["cause"] != "unknown"]
    reviewed = number(answer.figure("reviewed").value)
    open_ = number(causes[causes["cause"] == "unknown"]["incidents"].sum())
    return answer, Bars(
        id="incident-causes",
        title=f"Put down most often to: {_cause(said['cause'].iloc[0]).lower()}, {number(said['incidents'].iloc[0])} of {reviewed} incidents; {open_} unknown"
        if len(said)
        else "No cause is recorded",
        subtitle="reviewed incidents by cause",
        unit="incidents",
        labels=[_cause(cause) for cause in causes["cause"]],
        series=(
            Series("known", "Cause recorded", numbers(causes["incidents"].where(causes["cause"] != "unknown", 0))),
            Series("unknown", "Unknown", numbers(causes["incidents"].where(causes["cause"] == "unknown", 0))),
        ),
        of=f"{reviewed} reviewed incidents",
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _median(answer: Answer) -> str:
    return count(round(answer.figure("median").value or 0.0, 1), "hour")


@figure("durations")
def durations(edition: Edition, provider: str | None = None) -> tuple[Answer, Chart]:
    answer = ask(edition, "durations", provider=provider)
    curve = answer.frames["curve"]
    part = curve[curve["hours"] <= 48]
    whose = f" of {provider_name(provider)}" if provider else ""
    events = answer.figure("events").value or 0
    return answer, Lines(
        id="durations",
        title=f"Half of the recorded outages{whose} lasted longer than {_median(answer)}"
        if events
        else f"No recorded outage{whose} has a length",
        subtitle="share of recorded outages that last longer, with the band of what the number of events allows",
        unit="share of outages",
        share=True,
        x_label="Hours",
        lines=(
            Line(
                provider_name(provider) if provider else "All providers",
                numbers(part["hours"]),
                numbers(part["share"]),
                numbers(part["low"]),
                numbers(part["high"]),
            ),
        ),
        of=f"{number(events)} outages with a length",
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("hindcast")
def hindcast(edition: Edition, incident: str | None = None) -> tuple[Answer, Chart]:
    """Bodies that reported an outage, found and missed, by DNS alone and by all evidence."""
    answer = ask(edition, "hindcast", incident=incident)
    body = answer.body
    today = body["with_todays_evidence"]
    scores = {
        "DNS alone, before": body["dns_only"],
        "All evidence, before": body["all_evidence"],
        "DNS alone, today": today["dns_only"],
        "All evidence, today": today["all_evidence"],
    }
    return answer, Bars(
        id="hindcast",
        title="Who reported trouble, and which evidence names them",
        subtitle="reports found and missed, on evidence from before the event and on what is held today",
        unit="reports",
        labels=list(scores),
        series=(
            Series("known", "Found", [float(len(score["found"])) for score in scores.values()]),
            Series("unknown", "Missed", [float(len(score["missed"])) for score in scores.values()]),
        ),
        of=f"{number(answer.figure('reported').value)} reports by or about public bodies",
        source=source_line(answer),
        licence=licence_line(answer),
    )
