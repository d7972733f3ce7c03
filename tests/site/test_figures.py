"""Figures on pages, as files and in frames: one picture, one set of rows, one source line wherever they stand."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from app import figures
from tests.site.conftest import PAGES, get


@pytest.mark.parametrize("path", PAGES)
def test_every_figure_has_words_table_source_and_files(served: str, path: str) -> None:
    page = BeautifulSoup(get(served, path).content, "lxml")
    for figure in page.find_all("figure"):
        picture = figure.find("svg")
        if picture is None:
            assert "nothing to draw" in figure.text
            continue
        assert len(picture["aria-label"]) > 40 and picture["role"] == "img"
        assert figure.find("table") and "Source:" in figure.text and "Cite:" in figure.text
        ends = {link["href"].partition("?")[0].rpartition(".")[2] for link in figure.select("ul.links a")}
        assert ends == {"csv", "json", "svg"}


def test_a_picture_in_a_page_has_its_colours_from_the_style_sheet(served: str) -> None:
    """What a file says by attribute the page says by class, in light and in dark: each class has its rule."""
    style = get(served, "/assets/site.css").text
    named = set()
    for path in (
        "/",
        "/map",
        "/contracts",
        "/outage",
        "/concentration",
        "/incidents",
        "/ai",
        "/organisation/home-office",
    ):
        for picture in BeautifulSoup(get(served, path).content, "lxml").select("figure svg"):
            for shape in picture.find_all(class_=True):
                named |= set(shape["class"])
                assert not {"fill", "stroke"} & {
                    key for key, value in shape.attrs.items() if str(value).startswith("#")
                }
    assert {"t", "v", "grid", "c-known", "c-0", "s-0", "c-cell"} <= named
    assert [name for name in sorted(named) if not re.search(rf"svg \.{name}\b", style)] == []


def test_picture_rows_and_page_hold_the_same_numbers(served: str, run: Callable[..., Any]) -> None:
    """One figure on the page, in its CSV, its JSON, its picture and on the command line; and the same fingerprint."""
    page = BeautifulSoup(get(served, "/").content, "lxml")
    figure = page.find("figure", id="council-mail")
    shown = {row.find("th").text: row.find_all("td")[-1].text for row in figure.select("tbody tr")}
    rows = list(csv.DictReader(io.StringIO(get(served, "/chart/council-mail.csv").content.decode(), newline="")))
    data = get(served, "/chart/council-mail.json").json()
    told = json.loads(run("concentration", "--json").out)
    counted = {row["name"]: row["items"] for row in told["providers"]}
    assert len(counted) >= 2
    for name, items in counted.items():
        assert float(shown[name]) == items
        assert [float(row["Total"]) for row in rows if row["name"] == name] == [items]
        assert [row["Total"] for row in data["rows"] if row[""] == name] == [items]
    picture = "".join(ET.fromstring(get(served, "/chart/council-mail.svg").content).itertext())
    assert all(f"{name}{items:.0f}" in picture for name, items in counted.items())
    assert data["content_hash"] == told["content_hash"] == get(served, "/healthz").json()["content_hash"]


def test_every_figure_draws_on_the_default_edition(served: str) -> None:
    needs = {
        "provider-roles": "?provider=aws",
        "exposed": "?provider=azure&hours=8",
        "blast-radius": "?preset=fastly-2021-06-08",
        "claim-definitions": "?claim=tussell-aws-2025",
    }
    assert len(figures.figures()) >= 12
    for figure_id in figures.figures():
        keys = needs.get(figure_id, "")
        assert ET.fromstring(get(served, f"/chart/{figure_id}.svg{keys}").content).tag.endswith("svg")
        assert get(served, f"/chart/{figure_id}.json{keys}").json()["rows"], figure_id


def test_an_embed_may_be_framed_and_nothing_else(served: str) -> None:
    embed = get(served, "/embed/council-mail")
    assert "frame-ancestors *" in embed.headers["content-security-policy"]
    assert "x-frame-options" not in embed.headers
    assert "Source:" in embed.text and "Edition" not in embed.text.split("<main")[0]


def test_a_claim_has_a_picture_that_travels_with_its_source(served: str) -> None:
    page = BeautifulSoup(get(served, "/claim/tussell-aws-2025").content, "lxml")
    assert page.find("figure", id="claim-definitions").find("svg")
    picture = " ".join(
        ET.fromstring(get(served, "/chart/claim-definitions.svg?claim=tussell-aws-2025").content).itertext()
    )
    assert "Source:" in picture and "AWS: 189 contracts" in picture
    linked = page.find("h2", string="Records counted").find_next("table").select("td a[href^='/evidence/c-']")
    assert len(linked) > 20


@pytest.mark.parametrize(
    ("address", "finding"),
    [
        ("council-mail", r"Microsoft 365 for the mail of \d+ of 382 councils"),
        ("council-mail-filter", r"Mimecast in front of the mail of \d+ of 382 councils"),
        ("concentration", r"Microsoft 365 is ahead: \d+% to \d+% of 382 councils"),
        # Ranges overlap: a largest one is not shown.
        ("concentration?population=service-web", r"Azure is shown most, though nobody can say who is ahead: .* of 247 services"),
        ("map?role=council-mail-filter", r"records of \d+ of 382 councils name Mimecast"),
        ("in-force", r"in force on 1 \w+ 20\d\d: Microsoft \d+ and Amazon \d+"),
        ("contracts-timeline", r"11 listed contracts end within 12 months of 21 August 2026, the first on 31 October 2026"),
        ("renewals?provider=aws", r"end in November 2026: 4 of 5"),
        ("blast-radius?preset=aws-2025-10-20", r"one public body: 12 \(Department for Education\)"),
        ("exposed?preset=aws-2025-10-20", r"for 0 of 577 services and bodies' mail; 131 exposed in part"),
        ("incident-causes", r"configuration change, 19 of 123 incidents; 32 unknown"),
        ("durations?provider=azure", r"outages of Microsoft Azure lasted longer than 8.9 hours"),
        ("layers", r"Microsoft in 4 of 5 layers"),
        ("provider-roles?provider=aws", r"\(AWS\) most often for sending mail"),
        ("ai-vendors", r"OpenAI is the AI vendor named most, in 13 of 26 pieces of evidence"),
        ("claim-definitions?claim=tussell-aws-2025", r"From £8.9m to £1.0bn"),
    ],
)  # fmt: skip
def test_a_charts_title_says_what_it_shows(served: str, address: str, finding: str) -> None:
    name, _, keys = address.partition("?")
    assert re.search(finding, get(served, f"/chart/{name}.json?{keys}").json()["title"])


def test_bodies_in_the_figure_and_on_the_chart_are_the_same_number(served: str) -> None:
    chart = get(served, "/chart/blast-radius.json?preset=aws-2025-10-20").json()
    answer = get(served, "/api/exposure.json?preset=aws-2025-10-20").json()
    assert f"of {answer['figures']['bodies']['value']} bodies" in chart["subtitle"]
