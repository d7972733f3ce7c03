"""How a page is made: one template engine with autoescape, one layout, what stands on every page."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from app import charts, figures, palette, site
from app.chart_rows import cells
from app.site._coding import coding_of, compressed
from app.site._picture import picture
from app.site._state import State
from app.site._tables import Link, Sure
from app.stores import ask
from app.words import age, amount, blank, day, days_in, money, reply, said, sentence, web
from pipelines import __version__
from pipelines.answers import Answer, number, percent, provider_name, published
from pipelines.export import CREDIT

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


def hosts(text: str) -> Markup:
    """Text in which a host name may break after a dot: a narrow screen otherwise cuts within its last word."""
    return Markup("<wbr>").join(re.split(r"(?<=\w\.)(?=\w)", text))


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
        days=days_in,
        hosts=hosts,
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


def respond(
    state: State,
    template: str,
    title: str,
    description: str,
    *,
    answer: Answer | None = None,
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
    return HTMLResponse(body, headers=headers)


def chart(state: State, figure_id: str, **parameters: Any) -> figures.Drawn:
    """A figure of the shown edition."""
    return figures.draw(state.edition, figure_id, **parameters)
