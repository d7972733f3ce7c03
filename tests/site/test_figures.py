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
