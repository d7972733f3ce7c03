"""Every page that a search engine may list: the fixed ones, and one for each body, provider, service, incident and claim."""

from __future__ import annotations

from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import site
from app.site._pages import FOOT, NAVIGATION
from app.site._state import State
from pipelines.answers import claim

_SQL = """
SELECT '/organisation/' || organisation_id AS path FROM (
  SELECT organisation_id FROM findings WHERE NOT private UNION SELECT organisation_id FROM contracts
  UNION SELECT organisation_id FROM statements WHERE NOT private) WHERE organisation_id IS NOT NULL
UNION SELECT '/provider/' || provider FROM (
  SELECT provider FROM findings UNION SELECT provider FROM contract_providers) WHERE provider NOT IN ('none', 'unknown')
UNION SELECT '/service/' || service_id FROM services
UNION SELECT '/incident/' || incident_id FROM incidents
ORDER BY path
"""


def page(request: Request) -> Response:
    state = State(request)
    base = str(request.base_url).rstrip("/")
    paths = ["/", *(address for address, _ in (*NAVIGATION, *FOOT) if site.answers(address))]
    paths += state.edition.query(_SQL)["path"].tolist()
    paths += [f"/claim/{claim_id}" for claim_id in claim.claims()]
    entries = "".join(
        f"<url><loc>{escape(base + quote(path))}</loc><lastmod>{state.edition.as_of.isoformat()}</lastmod></url>\n"
        for path in paths
    )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    return Response(body, media_type="application/xml", headers={"cache-control": "no-cache"})


ROUTES = [Route("/sitemap.xml", page)]
