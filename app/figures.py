"""Every drawn figure by id: which answer it comes from, and how the answer's rows become a chart.

Pages, embeds, picture and data files, and the explorer draw from here, so that a figure is the same everywhere.
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from app.charts import Bars, Chart, Dot, DotMap, Dots, Line, Lines, Matrix, Point, Rule, Series, Span, Timeline
from app.stores import ask
from app.words import said
from pipelines.answers import Answer, count, exposure, listing, long_day, number, provider_name
from pipelines.answers import claim as claim_answer
from pipelines.answers import concentration as concentration_answer
from pipelines.answers import incidents as incidents_answer
from pipelines.answers import layers as layers_answer
from pipelines.answers import places as places_answer
from pipelines.edition import Edition
from pipelines.errors import Refused, UnknownName
from pipelines.export import CREDIT
from pipelines.graph import Scenario

MOST_BARS = 8
MOST_SPANS = 14
MOST_DOTS = 12
MOST_CATEGORIES = 4
LEAST_BODIES = 20
CONCENTRATION = ("population", "by", "weight", "sector", "evidence")
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
FIGURES: dict[str, Maker] = {}


def figure(figure_id: str) -> Callable[[Maker], Maker]:
    def keep(maker: Maker) -> Maker:
        FIGURES[figure_id] = maker
        return maker

    return keep


def draw(edition: Edition, figure_id: str, **parameters: Any) -> Drawn:
    """The figure with this id; keys that it does not know are left out.

    UnknownName where there is no such figure, Refused where it needs a key that is not given.
    """
    if figure_id not in FIGURES:
        raise UnknownName("figure", figure_id, FIGURES)
    maker = FIGURES[figure_id]
    asked = inspect.signature(maker).parameters
    known = set(SCENARIO) if any(p.kind is p.VAR_KEYWORD for p in asked.values()) else set(asked)
    kept = {k: str(v) for k, v in parameters.items() if k in known and v not in (None, "")}
    for name, parameter in list(asked.items())[1:]:
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD and name not in kept:
            raise Refused(f"the figure {figure_id} needs {name}; add ?{name}= to its address")
    answer, chart = maker(edition, **kept)
    return Drawn(figure_id, answer, chart, kept)


def source_line(answer: Answer, most: int = 4) -> str:
    """The sources behind an answer by title; how many more there are."""
    titles = [str(source["title"]) for source in answer.sources]
    more = f" and {len(titles) - most} more" if len(titles) > most else ""
    return "; ".join(titles[:most]) + more or "no record used"


def licence_line(answer: Answer) -> str:
    """What the sources ask to be credited with, each once; the public sector's line where none asks."""
    return " ".join(dict.fromkeys(str(s["credit"]) for s in answer.sources if s["credit"])) or CREDIT


def _certainty(answer: Answer, chart_id: str, title: str, unit: str) -> Bars:
    """Providers of a population as bars split into known and inferred, with what is not known drawn too."""
    table: pd.DataFrame = answer.frames["providers"]
    none = table[table["provider"] == "none"]
    table = table[table["provider"] != "none"]
    top, other = table.head(MOST_BARS), table.iloc[MOST_BARS:]
    labels = list(top["name"])
    known, inferred = list(top["known"]), list(top["inferred"])
    if len(other):
        labels.append(f"{len(other)} others")
        known.append(float(other["known"].sum()))
        inferred.append(float(other["inferred"].sum()))
    labels += list(none["name"])
    known += list(none["known"])
    inferred += list(none["inferred"])
    missing = [float(answer.figure(state).value or 0) for state in ("unknown", "not_tested")]
    labels += ["Unknown", "Not tested"]
    blank = [0.0] * (len(labels) - 2)
    seen = table["seen_on"].max()
    return Bars(
        id=chart_id,
        title=title,
        subtitle=f"{unit} by provider" + (f", newest record {long_day(seen)}" if pd.notna(seen) else ""),
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
        licence=licence_line(answer),
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


@figure("concentration")
def shares(
    edition: Edition,
    population: str = "council-mail",
    by: str = "provider",
    weight: str = "count",
    sector: str | None = None,
    evidence: str | None = None,
) -> tuple[Answer, Chart]:
    answer = ask(
        edition, "concentration", population_id=population, by=by, weight=weight, sector=sector, evidence=evidence
    )
    table = answer.frames["providers"]
    drawn = table[table["provider"] != "none"].head(MOST_DOTS)
    return answer, Dots(
        id="concentration",
        title=f"Share by {concentration_answer.BY[by][0]}, with everything that it could be",
        subtitle="from what evidence shows to what the unknown allows"
        + (f"; the first {MOST_DOTS} of {number(len(table))}" if len(table) > MOST_DOTS else ""),
        unit="share",
        dots=tuple(
            Dot(
                row["name"],
                row["share"],
                "known" if row["known"] else "inferred",
                row["low"],
                row["high"],
                f"rank {row['rank']}",
            )
            for row in drawn.to_dict("records")
        ),
        of=answer.figure("attributed").of,
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("layers")
def layers(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "layers")
    matrix = answer.frames["matrix"]
    companies = list(dict.fromkeys(matrix["name"]))[:MOST_BARS]
    wholes = dict(zip(matrix["label"], matrix["of"], strict=True))
    # Columns in which too few bodies were read say nothing of anybody.
    columns = [label for label in layers_answer.ROLES.values() if wholes.get(label, 0) >= LEAST_BODIES]
    held = {(row["name"], row["label"]): float(row["bodies"]) for row in matrix.to_dict("records")}
    seldom = [label for label in wholes if label not in columns]
    return answer, Matrix(
        id="layers",
        title="One company can stand behind several layers",
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


@figure("in-force")
def in_force(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "in-force")
    quarters, outages = answer.frames["quarters"], answer.frames["outages"]
    lines = tuple(
        Line(str(name), list(part["day"]), _numbers(part["contracts"]), _numbers(part["low"]), _numbers(part["high"]))
        for name, part in quarters.groupby("name", sort=False)
    )
    # Outages of one day share a mark.
    marks: dict[Any, list[str]] = {}
    for row in outages.to_dict("records"):
        for provider in row["providers"]:
            names = marks.setdefault(row["started_on"].date(), [])
            if provider_name(provider) not in names:
                names.append(provider_name(provider))
    return answer, Lines(
        id="in-force",
        title="Listed cloud contracts in force, by company",
        subtitle="contracts on the first day of each quarter; the band takes those without an end date as still running",
        unit="contracts",
        lines=lines,
        x_label="Quarter",
        rules=tuple(Rule(day, f"{' and '.join(names)} outage") for day, names in marks.items()),
        of=f"{answer.figure('contracts').value} contracts listed with a day of start",
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
        title=f"What evidence says {provider_name(provider)} does",
        subtitle="host names by role",
        unit="host names",
        labels=[ROLES.get(role, role) for role in order],
        series=(
            Series("known", "Known", [count(role, "known") for role in order]),
            Series("inferred", "Inferred", [count(role, "inferred") for role in order]),
        ),
        of=f"{number(edition.counts['findings'])} findings about names that we hold, chosen by us",
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("contracts-timeline")
def contracts_timeline(
    edition: Edition, provider: str | None = None, organisation: str | None = None
) -> tuple[Answer, Chart]:
    answer = ask(edition, "renewals", provider=provider, organisation=organisation)
    # A contract with two providers is one span that says both: two would show its value twice.
    rows = answer.frames["longest"]
    providers = rows.groupby("contract_id")["provider"].agg(lambda names: "+".join(dict.fromkeys(names)))
    spans = tuple(
        Span(
            f"{said(row['buyer_name'], 'Buyer not known')}: {row['title']}" if not organisation else str(row["title"]),
            _date(row["start_on"]),
            _date(row["end_on"]),
            str(providers[row["contract_id"]]),
            None if pd.isna(row["value_gbp"]) else float(row["value_gbp"]),
            str(row["state"]),
        )
        for row in rows.drop_duplicates("contract_id").head(MOST_SPANS).to_dict("records")
    )
    left = answer.body["listed"] - len(spans)
    return answer, Timeline(
        id="contracts-timeline",
        title="When could they leave?",
        subtitle="listed contracts from start to end, latest end first; an award value is a ceiling, not spending"
        + (f"; {number(left)} more in the files" if left else ""),
        unit="contracts",
        spans=spans,
        keys={
            key: listing([provider_name(p) for p in key.split("+")])
            for key in dict.fromkeys(span.key for span in spans)
        },
        on=answer.as_of,
        of=_listed(answer),
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _listed(answer: Answer) -> str:
    """The population of charts about the ends of contracts."""
    listed = count(answer.body["listed"], "listed cloud contract", "listed cloud contracts")
    return f"{listed}{answer.body['scope']}, frameworks and marketplace goods left out"


@figure("renewals")
def renewals(edition: Edition, provider: str | None = None, organisation: str | None = None) -> tuple[Answer, Chart]:
    answer = ask(edition, "renewals", provider=provider, organisation=organisation)
    months = answer.frames["months"]
    ahead = months[months["month"] >= f"{edition.as_of:%Y-%m}"]
    order = sorted(ahead["month"].unique())[:24]
    providers = ahead.groupby("provider")["contracts"].sum().sort_values(ascending=False).index.tolist()[:6]

    def ends(month: str, name: str) -> float:
        return float(ahead[(ahead["month"] == month) & (ahead["provider"] == name)]["contracts"].sum())

    return answer, Bars(
        id="renewals",
        title="Listed contracts by the month in which they end",
        subtitle=f"contracts that end from {edition.as_of:%B %Y} on, by provider",
        unit="contracts",
        labels=[f"{pd.Timestamp(month):%B %Y}" for month in order],
        series=tuple(
            Series(f"p:{name}", provider_name(name), [ends(month, name) for month in order]) for name in providers
        ),
        of=_listed(answer),
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("blast-radius")
def blast_radius(edition: Edition, **parameters: str) -> tuple[Answer, Chart]:
    """Services exposed by a scenario, by public body; the path is that of the body's first service."""
    answer = ask(edition, "exposure", scenario=scenario_of(parameters))
    services = answer.frames["services"]
    hit = services[services["effect"].isin(["down", "degraded"])]
    dots = []
    for body, part in hit.groupby(hit["organisation"].fillna("Body not known"), sort=False):
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
    return answer, Dots(
        id="blast-radius",
        title="Public bodies with most exposed services",
        subtitle="services and mail without an alternative that we can see, or exposed in part, with one path each"
        + (f"; the first {MOST_DOTS} of {number(len(dots))} bodies" if len(dots) > MOST_DOTS else ""),
        unit="services",
        dots=tuple(dots[:MOST_DOTS]),
        of=f"{number(answer.body['services_in_population'])} services and bodies' mail that we hold evidence for",
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("exposed")
def exposed(edition: Edition, **parameters: str) -> tuple[Answer, Chart]:
    answer = ask(edition, "exposure", scenario=scenario_of(parameters))
    body = answer.body
    states = {"down": "No alternative shown", "degraded": "Exposed in part", "unknown": "Cannot be said"}
    return answer, Bars(
        id="exposed",
        title=f"Exposed if {exposure.describe(scenario_of(parameters))}",
        subtitle="services and bodies' mail by effect",
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


@figure("map")
def councils(edition: Edition, role: str = "council-mail") -> tuple[Answer, Chart]:
    answer = ask(edition, "places", role=role)
    places = answer.frames["places"]
    counts = places["provider_name"].value_counts()
    named = [name for name in counts.index if name not in ("Unknown", "Not tested")][:MOST_CATEGORIES]
    keys = {f"p:{name}": name for name in named}
    others = [name for name in counts.index if name not in named and name not in ("Unknown", "Not tested")]
    if others:
        keys["other"] = f"{len(others)} others"
    keys["unknown"] = "Unknown"
    keys["not_tested"] = "Not tested"
    words = {"Unknown": "unknown", "Not tested": "not_tested"}
    lost = int((places["lat"].isna() | places["lon"].isna()).sum())
    points = tuple(
        Point(
            str(row["name"]),
            None if pd.isna(row["lon"]) else float(row["lon"]),
            None if pd.isna(row["lat"]) else float(row["lat"]),
            None if pd.isna(row["inhabitants"]) else float(row["inhabitants"]),
            words.get(row["provider_name"], f"p:{row['provider_name']}" if row["provider_name"] in named else "other"),
            str(row["providers"] if row["provider_name"] not in words else row["provider_name"].lower())
            + (f", {row['certainty']}" if row["certainty"] in ("known", "inferred") else ""),
        )
        for row in places.to_dict("records")
    )
    return answer, DotMap(
        id="map",
        title=f"{places_answer.ROLES[role]} of UK councils",
        subtitle="councils at the centre of their area, sized by inhabitants, coloured by provider"
        + (f"; {number(lost)} without a known place are in the table only" if lost else ""),
        unit="councils",
        points=points,
        keys=keys,
        size_label="inhabitants",
        of=f"{number(len(places))} councils",
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
    return answer, Bars(
        id="incident-causes",
        title="What reviewed incidents were put down to",
        subtitle="reviewed incidents by cause",
        unit="incidents",
        labels=[_cause(cause) for cause in causes["cause"]],
        series=(Series("known", "Incidents", _numbers(causes["incidents"])),),
        of=f"{number(answer.figure('reviewed').value)} reviewed incidents",
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("claim-definitions")
def claim_definitions(edition: Edition, claim: str) -> tuple[Answer, Chart]:
    answer = ask(edition, "claim", claim_id=claim, most=claim_answer.MOST)
    counted = answer.frames["definitions"]
    if counted.empty:
        raise Refused(f"the claim {claim} is not about one provider's contracts, so no definition is counted")
    return answer, Bars(
        id="claim-definitions",
        title="What our sources hold under each definition",
        subtitle=f"known award value, a ceiling and not spending; the claim: {answer.body['claim']['title']}",
        unit="GBP",
        labels=list(counted["label"]),
        series=(Series("known", "Known value", _numbers(counted["gbp"])),),
        of=f"{count(answer.total['notices'], 'notice')} in our sources",
        source=source_line(answer),
        licence=licence_line(answer),
    )


@figure("durations")
def durations(edition: Edition, provider: str | None = None) -> tuple[Answer, Chart]:
    answer = ask(edition, "durations", provider=provider)
    curve = answer.frames["curve"]
    part = curve[curve["hours"] <= 48]
    return answer, Lines(
        id="durations",
        title="How many outages last longer than so many hours",
        subtitle="share of recorded outages that last longer, with the band of what the number of events allows",
        unit="share of outages",
        share=True,
        x_label="Hours",
        lines=(
            Line(
                provider_name(provider) if provider else "All providers",
                _numbers(part["hours"]),
                _numbers(part["share"]),
                _numbers(part["low"]),
                _numbers(part["high"]),
            ),
        ),
        of=f"{number(answer.figure('events').value)} outages with a length",
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


@figure("ai-vendors")
def ai_vendors(edition: Edition) -> tuple[Answer, Chart]:
    answer = ask(edition, "ai-reliance")
    vendors = answer.frames["vendors"]
    kinds = (("tokens", "Domain ownership proved"), ("statements", "Statements"), ("contracts", "Contracts"))
    return answer, Bars(
        id="ai-vendors",
        title="Where evidence names an AI vendor",
        subtitle="pieces of evidence by vendor and kind",
        unit="pieces of evidence",
        labels=list(vendors["name"]),
        series=tuple(Series(f"k:{key}", label, _numbers(vendors[key])) for key, label in kinds),
        of=f"{number(len(answer.frames['evidence']))} pieces of evidence that we hold",
        source=source_line(answer),
        licence=licence_line(answer),
    )


def _numbers(column: Any) -> list[float]:
    return [float(value) for value in column]


def _date(value: Any) -> dt.date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()
