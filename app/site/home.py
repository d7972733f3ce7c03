"""The first page: what this is, the headline with its population, how sure we are, three charts, three doors."""

from __future__ import annotations

import json

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.site._pages import chart, respond
from app.site._state import State
from app.stores import ask

CHARTS = ("council-mail", "layers", "in-force")


def _dataset(state: State) -> Markup:
    """What search engines for data read: schema.org's Dataset. "<" is escaped, so that no text ends the script."""
    edition, base = state.edition, str(state.request.base_url)
    body = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": "cloudhold: the clouds beneath UK public services",
        "description": "Contracts, DNS findings, published statements, incidents and exposure of UK public services to "
        "cloud providers, each row with its evidence, date and certainty.",
        "url": base,
        "identifier": edition.id,
        "version": edition.content_hash,
        "dateModified": edition.as_of.isoformat(),
        "license": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "isAccessibleForFree": True,
        "spatialCoverage": "United Kingdom",
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": "text/csv",
                "contentUrl": f"{base}data/{edition.id}/{table}.csv",
            }
            for table in ("contracts", "findings", "organisations", "services", "incidents")
        ],
    }
    return Markup(json.dumps(body).replace("<", "\\u003c"))  # noqa: S704 - JSON with its one dangerous sign escaped


def page(request: Request) -> Response:
    state = State(request)
    drawn = [chart(state, figure_id) for figure_id in CHARTS]
    mail = drawn[0].answer
    return respond(
        state,
        "home.html",
        "Which clouds do UK public services hang from?",
        mail.title,
        answer=mail,
        charts=drawn,
        states=[mail.figure(f) for f in ("known", "inferred", "unknown", "not_tested")],
        law=ask(state.edition, "concentration", population_id="contracts", by="jurisdiction", weight="value"),
        ending=ask(state.edition, "renewals"),
        dataset=_dataset(state),
    )


ROUTES = [Route("/", page)]
