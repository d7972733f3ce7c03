"""How a page is made: one template engine with autoescape, one layout, the state of the address, words for what fails."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
import pandas as pd
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from app import charts, figures, palette, site, views
from app.site._coding import coding_of, compressed
from app.site._picture import picture
from app.state import KEYS
from app.stores import ask, shown_edition
from app.words import age, amount, blank, day, money, reply, said, sentence, web
from pipelines import __version__
from pipelines.answers import Answer, number, percent, provider_name, published
from pipelines.edition import Edition
from pipelines.errors import CloudholdError, Refused, UnknownName
from pipelines.export import CREDIT

log = logging.getLogger("cloudhold")

LONGEST_VALUE = 200
# (address, word) of the pages that every page links to.
NAVIGATION = (
    ("/outage", "Outages"),
    ("/contracts", "Contracts"),
    ("/claim", "Check a claim"),
    ("/leads", "Leads"),
    ("/concentration", "Concentration"),
    ("/map", "Map"),
    ("/ai", "AI"),
    ("/data/", "Data"),
    ("/methods", "Methods"),
)
# What stands at the foot of every page.
FOOT = (
    ("/incidents", "Incidents"),
    ("/shared", "Shared accounts"),
    ("/quality", "Data quality"),
    ("/changes", "Changes"),
    ("/accessibility", "Accessibility"),
)


class State:
    """The keys that the address of a page holds. Values are ids; the last one counts where a key stands twice."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.edition: Edition = shown_edition(self.get("edition"))

    def get(self, key: str) -> str | None:
        values = [v for v in self.request.query_params.getlist(key) if v]
        return values[-1][:LONGEST_VALUE].strip() or None if values else None

    def day(self, key: str) -> dt.date | None:
        """A key's value as a day; None where it is not given, Refused where it is no day."""
        value = self.get(key)
        try:
            return dt.date.fromisoformat(value) if value else None
        except ValueError:
            raise Refused(f"{str(value)[:40]!r} is not a day; write it as 2026-02-20") from None

    def part(self) -> int:
        """Which part of a long table, from 1; the first where the address says nothing sensible."""
        text = self.get("part") or ""
        return int(text) if text.isdecimal() and 0 < int(text) < 1_000_000 else 1

    def body(self, organisation_id: str) -> str | None:
        """The name of a body that has a page; None for one that has none, such as a department that is closed."""
        return _bodies(self.edition).get(organisation_id)

    def url(self, path: str, **keys: Any) -> str:
        """An address with its keys and the pinned edition; keys without a value are left out."""
        kept = {key: str(value) for key, value in keys.items() if value not in (None, "")}
        pinned = self.get("edition")
        if pinned and "edition" not in kept:
            kept["edition"] = pinned
        return f"{quote(path)}?{urlencode(kept)}" if kept else quote(path)

    def here(self, edition: str | None = None) -> str:
        """The address of this page with every key that it was asked with, of one edition or of the newest."""
        asked = {key: value for key in self.request.query_params if key != "edition" and (value := self.get(key))}
        if edition:
            asked["edition"] = edition
        path = quote(self.request.url.path)
        return f"{path}?{urlencode(asked)}" if asked else path

    def explorer(self, page: str, **keys: Any) -> str:
        """The same state in the explorer; its first page where it has no page of this name."""
        if page not in {view.PAGE.id for view in views.views()}:
            page = ""
        held = {key: self.get(key) for key in KEYS}
        return self.url(f"/explore/{page}", **{**held, **keys})


@functools.lru_cache(maxsize=4)
def _bodies(edition: Edition) -> Mapping[str, str]:
    """Every listed body's name by id, asked once: tables link to bodies row by row."""
    return {
        row["organisation_id"]: row["name"] for row in edition.rows("SELECT organisation_id, name FROM organisations")
    }


# -- the template engine ------------------------------------------------------------------------------------


def cells(chart: charts.Chart) -> tuple[list[str], list[list[str]]]:
    """A chart's rows as header and words."""
    rows = charts.table(chart)
    if not rows:
        return [], []
    share = isinstance(chart, charts.Lines) and chart.share

    def word(value: Any, column: str) -> str:
        if isinstance(value, float) and share:
            return percent(value)
        if "GBP" in column:
            return money(value)
        return said(value, "not known")

    return list(rows[0]), [[word(value, column) for column, value in row.items()] for row in rows]


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("app.site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day=day,
        published=published,
        money=money,
        said=said,
        web=web,
        reply=reply,
        sentence=sentence,
        number=number,
        percent=percent,
        provider=provider_name,
    )
    environment.tests["blank"] = blank
    environment.tests["link"] = lambda value: isinstance(value, Link)
    environment.tests["sure"] = lambda value: isinstance(value, Sure)
    environment.globals.update(
        amount=amount,
        alt=charts.alt,
        cells=cells,
        picture=picture,
        certainty=palette.WORDS,
        roles=figures.ROLES,
        credit=CREDIT,
        navigation=NAVIGATION,
        foot=FOOT,
        served=site.answers,
        version=__version__,
    )
    return environment


ENVIRONMENT = _environment()


# -- answers -----------------------------------------------------------------------------------------------


def respond(
    state: State,
    template: str,
    title: str,
    description: str,
    *,
    answer: Answer | None = None,
    status: int = 200,
    explorer: str | None = None,
    **context: Any,
) -> Response:
    """A page of the site. `title` is its h1 and name; `description` one sentence for search engines."""
    request = state.request
    edition = state.edition
    path = request.url.path
    text = ENVIRONMENT.get_template(template).render(
        state=state,
        url=state.url,
        edition=edition,
        age=age(edition),
        title=title,
        description=description[:300],
        path=path,
        base=str(request.base_url).rstrip("/"),
        canonical=f"{str(request.base_url).rstrip('/')}{quote(path)}",
        pinned=state.get("edition"),
        explorer=explorer or state.explorer(""),
        q=state.get("q") or "",
        today=dt.date.today(),
        answer=answer,
        stale=ask(edition, "coverage").figure("stale"),
        **context,
    )
    # Revalidated each time: the newest edition has the same address as the one before.
    headers = {"cache-control": "no-cache", "content-language": "en-GB", "vary": "accept-encoding"}
    body = text.encode()
    coding = coding_of(request)
    if coding:
        # Streamlit leaves the first page as it is, since its own is small.
        body = compressed(body, coding, level=5)
        headers["content-encoding"] = coding
    return HTMLResponse(body, status, headers=headers)


def chart(state: State, figure_id: str, **parameters: Any) -> figures.Drawn:
    """A figure of the shown edition."""
    return figures.draw(state.edition, figure_id, **parameters)


# -- tables ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere; `foreign` addresses are marked for robots and never carry who came."""

    text: str
    href: str | None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Sure:
    """A cell that says how sure: known, inferred, unknown or not tested, with the grade of the finding."""

    certainty: str
    confidence: str = ""


Cell = str | Link | Sure
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    cell: Callable[[Row], Cell]
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in words, and how many there are when fewer are shown."""

    caption: str
    heads: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[Cell]]
    total: int


def table(
    caption: str,
    frame: pd.DataFrame | Sequence[Row],
    columns: Sequence[Column],
    most: int = 50,
    total: int | None = None,
) -> Table:
    """Rows of a frame as a page shows them; `total` where the frame holds a part of them only."""
    rows = records(frame.head(most)) if isinstance(frame, pd.DataFrame) else list(frame)[:most]
    return Table(
        caption,
        [(column.head, column.numeric) for column in columns],
        [[column.cell(row) for column in columns] for row in rows],
        len(frame) if total is None else total,
    )


def records(frame: pd.DataFrame) -> list[Row]:
    """A frame's rows by column name."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def of(key: str, none: str = "not shown") -> Callable[[Row], Cell]:
    """A column in words."""
    return lambda row: said(row[key], none)


def elsewhere(key: str, words: str) -> Callable[[Row], Cell]:
    """A link to where a row comes from; words where it has no address."""
    return lambda row: Link(words, web(row[key]), foreign=True) if web(row[key]) else "no link"


def sure(row: Row) -> Sure:
    confidence = row.get("confidence")
    # "Known" rests on what is confirmed, so only the weaker grades need a word of their own.
    return Sure(str(row["certainty"]), confidence if confidence in ("likely", "possible") else "")


def provider_cell(state: State, key: str = "provider") -> Callable[[Row], Cell]:
    def cell(row: Row) -> Cell:
        value = row[key]
        if not isinstance(value, str):
            return "not shown"
        if value in ("unknown", "none", "hidden", "own"):
            return {"unknown": "unknown", "none": "none shown", "hidden": "hidden", "own": "own systems"}[value]
        return Link(provider_name(value), state.url(f"/provider/{value}"))

    return cell


def body_cell(state: State, id_key: str, name_key: str) -> Callable[[Row], Cell]:
    """A public body by name, with its page where it has one."""

    def cell(row: Row) -> Cell:
        name = said(row[name_key], "body not known")
        id = row[id_key]
        return Link(name, state.url(f"/organisation/{id}")) if isinstance(id, str) and state.body(id) else name

    return cell


def nearest(path: str) -> list[tuple[str, str]]:
    """(address, name) of what the reader of a wrong address may have meant."""
    words = path.rstrip("/").rpartition("/")[2].replace("-", " ")
    try:
        found = ask(shown_edition(), "search", q=words[:LONGEST_VALUE]).frames["results"].head(5)
    except CloudholdError:
        return []
    out = []
    for row in records(found):
        path, keys = place(row)
        out.append((f"{quote(path)}?{urlencode(keys)}" if keys else quote(path), str(row["name"])))
    return out


def place(row: Row) -> tuple[str, dict[str, str]]:
    """The address of a search result, and its keys."""
    kind, id = row["kind"], str(row["id"])
    if kind in ("organisation", "provider", "service", "incident", "claim"):
        return f"/{kind}/{id}", {}
    return (f"/evidence/{id}", {}) if kind == "host" else ("/contracts", {"q": id})


# -- what fails --------------------------------------------------------------------------------------------

_FILES = ("/api/", "/data/", "/feed/", "/chart/", "/assets/")


def _fail(
    request: Request, status: int, title: str, words: Sequence[str], nearest: Sequence[tuple[str, str]] = ()
) -> Response:
    """A page for what failed, or one line where a program asked."""
    if request.url.path.startswith(_FILES):
        return PlainTextResponse(" ".join(words) + "\n", status)
    text = ENVIRONMENT.get_template("failed.html").render(
        title=title, words=words, nearest=nearest, description=title, path="", base="", canonical="", pinned=None, q="",
        state=None, url=lambda path, **_: path, edition=None, age="", explorer="/explore/", today=dt.date.today(), answer=None, stale=None,
    )  # fmt: skip
    return HTMLResponse(text, status, headers={"cache-control": "no-store", "content-language": "en-GB"})


def not_found(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/explore/"):
        return PlainTextResponse("There is nothing here.\n", 404)
    return _fail(
        request, 404, "There is no such page", ["The address is not one of ours. Search, or start at the first page."]
    )


def unknown_name(request: Request, error: Exception) -> Response:
    """A name that the edition does not hold: say so, and offer the nearest."""
    found = nearest(request.url.path)
    # The links below say what may be meant: the ids that the sentence offers are for those who type.
    words = str(error).partition(";")[0] if found else str(error)
    return _fail(request, 404, "We do not hold that", [sentence(words)], found)


def refused(request: Request, error: Exception) -> Response:
    return _fail(request, 400, "That cannot be answered", [sentence(str(error))])


def failed(request: Request, error: Exception) -> Response:
    """Our fault: a sentence with an id that the log holds too."""
    incident = secrets.token_hex(4)
    log.error("%s failed, id %s", request.url.path, incident, exc_info=error)
    return _fail(
        request,
        500,
        "This page could not be made",
        [f"The fault is ours and nothing is lost. If it happens again, report id {incident}."],
    )


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return not_found(request, error)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=dict(error.headers or {}))


HANDLERS: Mapping[Any, Any] = {
    HTTPException: _http,
    UnknownName: unknown_name,
    Refused: refused,
    CloudholdError: failed,
}
