"""A chart's picture inside a page: what the page's own style sheet says is left out of it, so that pages stay small.

A file that travels alone keeps every colour as an attribute; here the classes carry them.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from app import svg
from app.charts import Chart

_CLASSED = re.compile(r'<\w+[^<>]* class="[^<>]*>')
_COLOUR = re.compile(r' (?:fill|stroke)="#[0-9A-Fa-f]{6}"')
# A bold value at the right end: one class for what two attributes say.
_VALUE = ('class="t" text-anchor="end" font-weight="700"', 'class="t v"')


def picture(chart: Chart) -> Markup:
    """The chart as SVG for a page that has the site's style sheet."""
    whole = svg.draw(chart).replace(' xmlns="http://www.w3.org/2000/svg"', "", 1).replace(*_VALUE)
    return Markup(_CLASSED.sub(lambda tag: _COLOUR.sub("", tag[0]), whole))  # noqa: S704 - svg.draw escapes every text
