"""Charts: one specification gives words, rows, plotly figure and picture, and all hold the same numbers."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import charts, palette, plots, site, svg
from app.chart_rows import cells
from app.charts import Bars, Dot, DotMap, Dots, Line, Lines, Matrix, Point, Rule, Series, Span, Timeline
from app.figures import contracts

COMMON = {"title": "Most councils", "of": "10 councils", "source": "a source"}
BARS = Bars(
    id="bars", subtitle="councils by provider", unit="councils", labels=["A", "B", "Unknown"],
    series=(
        Series("known", "Known", [3.0, 1.0, 0.0]),
        Series("inferred", "Inferred", [2.0, 0.0, 0.0]),
        Series("unknown", "Unknown", [0.0, 0.0, 4.0]),
    ),
    **COMMON,
)  # fmt: skip
LINES = Lines(
    id="lines", subtitle="share in force by year", unit="share of contracts", x_label="Year", share=True,
    lines=(
        Line("A", [dt.date(2024, 1, 1), dt.date(2025, 1, 1)], [0.5, 0.75], [0.4, 0.6], [0.6, 0.9]),
        Line("B", [dt.date(2024, 1, 1), dt.date(2025, 1, 1)], [0.25, None]),
    ),
    rules=(Rule(dt.date(2024, 7, 19), "an outage"),), **COMMON,
)  # fmt: skip
MATRIX = Matrix(
    id="matrix", subtitle="bodies by provider and layer", unit="bodies", rows=["A", "B"], columns=["Web", "Mail"],
    counts=[[3.0, 8.0], [1.0, None]], out_of=[4.0, 10.0], **COMMON,
)  # fmt: skip
DOTS = Dots(
    id="dots", subtitle="services by body", unit="services",
    dots=(Dot("Body 1", 5.0, "known", 4.0, 7.0, "what answers > A"), Dot("Body 2", 2.0, "inferred")), **COMMON,
)  # fmt: skip
TIMELINE = Timeline(
    id="timeline", subtitle="by end", unit="contracts", on=dt.date(2026, 1, 1), keys={"a": "A", "b": "B"},
    spans=(
        Span("First", dt.date(2024, 1, 1), dt.date(2026, 11, 30), "a", 450_000_000.0, "runs"),
        Span("Second", dt.date(2025, 1, 1), None, "b"),
    ),
    **COMMON,
)  # fmt: skip
MAP = DotMap(
    id="map", subtitle="mail of councils", unit="councils", size_label="people", keys={"a": "A", "unknown": "Unknown"},
    points=(Point("Leeds", -1.55, 53.8, 800_000, "a", "A, known"), Point("Cardiff", -3.2, 51.5, 360_000, "unknown", "unknown"),
            Point("Antrim", None, None, None, "a", "A, known")),
    **COMMON,
)  # fmt: skip
ALL = [BARS, LINES, MATRIX, DOTS, TIMELINE, MAP]


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (BARS, "Bar chart of councils, councils by provider, 3 bars. Largest: A with 5. Smallest: B with 1. Out of 10 councils."),
        (LINES, "Line chart of share of contracts, share in force by year, 2 lines. A: 50% at 1 January 2024, 75% at 1 January 2025. "
                "B: 25% at 1 January 2024, 25% at 1 January 2024. 1 events marked: an outage, 19 July 2024. Out of 10 councils."),
        (MATRIX, "Table of shaded cells, bodies by provider and layer: 2 rows by 2 columns, 3 cells with a count. "
                 "Largest: A, Mail with 8. Out of 10 councils."),
        (DOTS, "Ranked dots of services, services by body, 2 rows: 1 known, 1 inferred. Largest: Body 1 with 5. "
               "Smallest: Body 2 with 2. Out of 10 councils."),
        (TIMELINE, "Timeline of 2 contracts, by end. 1 end on or after 1 January 2026, the first on 30 November 2026. "
                   "1 have no end date. Out of 10 councils."),
        (MAP, "Map of 3 councils, mail of councils, dots sized by people: A 2, Unknown 1. 1 have no place on it. Out of 10 councils."),
    ],
    ids=lambda value: value.id if isinstance(value, charts.Chart) else "",
)  # fmt: skip
def test_the_words_name_kind_measure_ends_and_denominator(chart: charts.Chart, words: str) -> None:
    assert charts.alt(chart) == words


@pytest.mark.parametrize(
    ("chart", "first"),
    [
        (BARS, {"": "A", "Known": 3.0, "Inferred": 2.0, "Unknown": 0.0, "Total": 5.0}),
        (LINES, {"Year": dt.date(2024, 1, 1), "A": 0.5, "A, low": 0.4, "A, high": 0.6, "B": 0.25}),
        (MATRIX, {"": "A", "Web": 3.0, "Mail": 8.0}),
        (DOTS, {"": "Body 1", "Services": 5.0, "How sure": "Known", "Low": 4.0, "High": 7.0, "Path": "what answers > A"}),
        (TIMELINE, {"Contract": "First", "With": "A", "From": dt.date(2024, 1, 1), "To": dt.date(2026, 11, 30),
                    "Value (GBP)": 450_000_000.0, "State": "runs"}),
        (MAP, {"Place": "Leeds", "Shown as": "A, known", "People": 800_000, "Longitude": -1.55, "Latitude": 53.8}),
    ],
    ids=lambda value: value.id if isinstance(value, charts.Chart) else "",
)  # fmt: skip
def test_the_rows_hold_the_numbers_of_the_specification(chart: charts.Chart, first: dict[str, object]) -> None:
    assert charts.table(chart)[0] == first


def test_a_size_that_nobody_knows_is_no_number() -> None:
    assert charts.table(MAP)[2] == {
        "Place": "Antrim", "Shown as": "A, known", "People": None, "Longitude": None, "Latitude": None
    }  # fmt: skip
    columns, rows = cells(MAP)
    assert dict(zip(columns, rows[2], strict=True))["People"] == "not known"


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (replace(BARS, unit="GBP", series=(Series("known", "Value", [1.8e9, 6000.0, -5.0]),)),
         [["A", "£1.8bn"], ["B", "£6,000"], ["Unknown", "-£5"]]),
        (replace(DOTS, unit="share", dots=(Dot("A", 0.825, "known", 0.825, 0.984, "rank 1"),)),
         [["A", "82%", "Known", "82%", "98%", "rank 1"]]),
        (replace(LINES, unit="share of outages", x_label="Hours", lines=(Line("AWS", [8.0], [0.3], [0.19], [0.41]),)),
         [["8", "30%", "19%", "41%"]]),
        (replace(TIMELINE, spans=TIMELINE.spans[:1]),
         [["First", "A", "1\xa0Jan\xa02024", "30\xa0Nov\xa02026", "£450.0m", "runs"]]),
    ],
    ids=["pounds", "shares", "shares by hours", "contracts"],
)  # fmt: skip
def test_the_table_under_a_chart_has_the_units_of_its_picture(chart: charts.Chart, words: list[list[str]]) -> None:
    heads, rows = cells(chart)
    assert rows == words
    assert not any("GBP" in head for head in heads)


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: chart.id)
def test_plotly_takes_every_figure(chart: charts.Chart) -> None:
    assert len(plots.drawn(chart).data) >= 1


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: chart.id)
@pytest.mark.parametrize("burn", [False, True], ids=["inline", "file"])
def test_every_picture_is_whole_svg_with_its_words(chart: charts.Chart, burn: bool) -> None:
    root = ET.fromstring(svg.draw(chart, burn))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["aria-label"] == charts.alt(chart)
    text = " ".join(root.itertext())
    assert ("a source" in text and "Open Government Licence" in text) is burn


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = plots.figure(BARS)["data"]
    assert [sum(trace["x"][row] for trace in drawn) for row in range(3)] == [5.0, 1.0, 4.0]
    root = ET.fromstring(svg.draw(BARS))
    lengths = [
        (float(r.attrib.get("x", 0)), float(r.attrib["width"]))
        for r in root.iter("{http://www.w3.org/2000/svg}rect")
        if r.attrib["height"] == "14" and r.attrib.get("class", "").startswith("c-")
    ]
    # A: 3 of 5 known, then 2 of 5 inferred; B: 1 of 5; unknown: 4 of 5; a gap of one unit ends each part
    assert lengths == [(0, 239), (240, 159), (0, 79), (0, 319)]


def test_hostile_text_stays_text() -> None:
    hostile = "<script>x</script>\"&'<img src=x onerror=y>"
    chart = Dots(
        id="h", title=hostile, subtitle=hostile, unit="services", of=hostile, source=hostile,
        dots=(Dot(hostile, 1.0, path=hostile),),
    )  # fmt: skip
    root = ET.fromstring(svg.draw(chart, burn=True))
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {"svg", "g", "rect", "text", "path", "circle"}
    bars = replace(BARS, labels=[hostile, "B", "Unknown"])
    timeline = replace(TIMELINE, spans=(replace(TIMELINE.spans[0], label=hostile),))
    for label in (
        plots.figure(chart)["data"][0]["y"][0],
        plots.figure(bars)["data"][0]["y"][0],
        plots.figure(timeline)["layout"]["yaxis"]["ticktext"][0],
    ):
        assert "<" not in label.replace("<br>", "") and "&lt;" in label


def test_long_labels_leave_room_for_the_picture_and_stay_apart() -> None:
    long = "Signed by somebody else, naming the provider"
    bars = plots.figure(replace(BARS, labels=[f"{long} one", f"{long} two", "Unknown"]))
    labels = bars["data"][0]["y"]
    assert len(set(labels)) == 3 and all(len(line) <= 24 for label in labels for line in label.split("<br>"))
    assert [label.replace("<br>", " ") for label in labels] == [f"{long} one", f"{long} two", "Unknown"]
    spans = (replace(TIMELINE.spans[0], label="Office for National Statistics: Google Cloud Platform hosting"),)
    [label] = plots.figure(replace(TIMELINE, spans=spans))["layout"]["yaxis"]["ticktext"]
    assert label == "Office for National<br>Statistics: Google…"


def test_an_axis_counts_few_things_one_by_one_and_pounds_stand_on_the_bars_alone() -> None:
    assert plots.figure(BARS)["layout"]["xaxis"]["dtick"] == 1
    assert (
        "dtick"
        not in plots.figure(replace(BARS, series=(Series("known", "Known", [300.0, 1.0, 0.0]),)))["layout"]["xaxis"]
    )
    money = plots.figure(replace(BARS, unit="GBP", series=(Series("known", "Known", [1.8e9, 8.9e6, 0.0]),)))
    assert money["layout"]["xaxis"]["showticklabels"] is False
    assert money["data"][0]["text"] == ["£1.8bn", "£8.9m", ""]


@pytest.mark.parametrize("unknown", [None], ids=["not tested"])
def test_what_was_not_tested_is_empty_and_not_zero(unknown: None) -> None:
    assert MATRIX.share(1, 1) is unknown
    assert plots.figure(MATRIX)["data"][0]["text"][1][1] == ""


def test_an_empty_chart_has_words_too() -> None:
    empty = Bars(id="c", subtitle="s", unit="u", labels=[], series=(), **COMMON)
    assert charts.alt(empty) == "Bar chart without rows: Most councils"
    assert empty.empty


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


SCHEMES = [pytest.param(palette.LIGHT, id="light"), pytest.param(palette.DARK, id="dark")]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_colours_stand_out_from_their_ground_and_from_their_neighbour(scheme: palette.Scheme) -> None:
    known = {key: colour for key, colour in scheme.certainty.items() if key not in palette.GREYS}
    for colour in (*scheme.categories, *known.values(), scheme.quiet):
        assert contrast(colour, scheme.paper) >= 3, colour
    assert contrast(known["known"], known["inferred"]) >= 3
    for words in (scheme.ink, scheme.quiet):
        assert contrast(words, scheme.paper) >= 4.5
    for ground in (*scheme.categories, *scheme.certainty.values(), scheme.cell):
        assert contrast(palette.letters(ground), ground) >= 4.5, ground


def test_letters_are_read_on_every_ground() -> None:
    for red, green, blue in itertools.product(range(0, 256, 17), repeat=3):
        ground = f"#{red:02X}{green:02X}{blue:02X}"
        assert contrast(palette.letters(ground), ground) >= 4.5, ground


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_style_sheet_of_the_pages_says_the_same_colours(scheme: palette.Scheme) -> None:
    light, _, dark = (
        (Path(site.__file__).parent / "assets" / "site.css").read_text().partition("prefers-color-scheme:dark")
    )
    said = dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]+)", light if scheme is palette.LIGHT else dark))
    named = {key.replace("_", "-"): colour for key, colour in scheme.certainty.items()}
    named |= {f"c{place}": colour for place, colour in enumerate(scheme.categories)}
    named |= {"cell": scheme.cell, "ink": scheme.ink, "quiet": scheme.quiet}
    assert {key: said[key] for key in named} == {key: colour.lower() for key, colour in named.items()}
    assert re.sub("#(.)(.)(.)$", r"#\1\1\2\2\3\3", said["paper"]) == scheme.paper.lower()


def colours(part: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each colour of a figure with the name of what has it."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from colours(value, f"{name}.{key}")
    elif isinstance(part, list):
        for value in part:
            yield from colours(value, name)
    elif isinstance(part, str) and re.fullmatch("#[0-9A-Fa-f]{6}", part):
        yield name, part


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: chart.id)
def test_a_figure_on_a_dark_ground_has_nothing_of_the_light_one(chart: charts.Chart) -> None:
    figure = plots.figure(chart, palette.DARK)
    assert figure["layout"]["paper_bgcolor"] == figure["layout"]["plot_bgcolor"] == palette.DARK.paper
    assert figure["layout"]["font"]["color"] == palette.DARK.ink
    found = list(colours(figure["data"])) + list(colours(figure["layout"].get("shapes", [])))
    assert len(found) > 1
    for name, colour in found:
        if "font" not in name and "pattern" not in name and colour != palette.DARK.paper and "colorscale" not in name:
            assert contrast(colour, palette.DARK.paper) >= 3, name
    # The picture that is saved and printed stays as it is.
    assert 'fill="#EEF0F2"' not in svg.draw(chart, burn=True)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_numbers_in_a_matrix_are_read_in_every_cell(scheme: palette.Scheme) -> None:
    many = replace(
        MATRIX, rows=("A",), columns=tuple(map(str, range(101))), counts=(tuple(range(101)),), out_of=(100,) * 101
    )
    notes = plots.figure(many, scheme)["layout"]["annotations"]
    assert len(notes) == 101
    for share, note in enumerate(notes):
        ground = palette.mixed(scheme.paper, scheme.cell, share / 100)
        assert contrast(note["font"]["color"], ground) >= 4.5, share
    words = ET.fromstring(svg.draw(many)).iter("{http://www.w3.org/2000/svg}text")
    fills = {element.text: element.attrib["fill"] for element in words if element.attrib.get("font-weight")}
    for share in range(1, 101):
        ground = palette.mixed("#F3F2F1", palette.DARK_BLUE, 0.12 + 0.88 * share / 100)
        assert contrast(fills[str(share)], ground) >= 4.2, share  # our ink is not quite black


def test_certainty_is_never_shown_by_colour_alone() -> None:
    assert len(set(palette.PATTERN.values())) == len(palette.PATTERN)
    assert len(set(charts.SHAPES)) == len(charts.SHAPES) == len(palette.CATEGORIES)


def test_more_providers_than_colours_share_one_and_no_colour_means_two() -> None:
    spans = ["aws"] * 3 + ["azure", "gcp", "oracle", "ibm", "salesforce", "microsoft-365"] * 1
    drawn = contracts._few(spans)
    assert len(set(drawn.values())) == len(palette.CATEGORIES) and drawn["aws"] == "aws"
    assert [key for key, shown in drawn.items() if shown == "other"] == ["salesforce", "microsoft-365"]
    assert set(contracts._few(["aws", "azure"]).values()) == {"aws", "azure"}


def test_a_long_label_has_two_lines_and_is_not_cut() -> None:
    long = replace(
        BARS, labels=["Signed by somebody else than the provider, who is named in the notice", "B", "Unknown"]
    )
    drawn = svg.draw(long)
    assert "in the notice</text>" in drawn and "…" not in drawn
    tall, low = (float(re.search(r'viewBox="0 0 400 ([0-9.]+)"', svg.draw(chart))[1]) for chart in (long, BARS))
    assert tall > low
