"""Charts: the words that stand for a picture are computed from its data; plotly accepts every figure."""

from __future__ import annotations

from app import charts, palette
from app.charts import Chart, Series

CHART = Chart(
    "c", "Most councils", "councils by provider", "councils", ["A", "B", "Unknown"],
    (
        Series("known", "Known", [3.0, 1.0, 0.0]),
        Series("inferred", "Inferred", [2.0, 0.0, 0.0]),
        Series("unknown", "Unknown", [0.0, 0.0, 4.0]),
    ),
    "10 councils", "a source",
)  # fmt: skip


def test_alt_names_type_measure_largest_smallest_and_denominator() -> None:
    assert charts.alt(CHART) == (
        "Bar chart of councils, councils by provider, 3 bars. Largest: A with 5. Smallest: B with 1. Out of 10 councils."
    )


def test_table_holds_the_numbers_that_are_drawn() -> None:
    assert charts.table(CHART)[0] == {"": "A", "Known": 3.0, "Inferred": 2.0, "Unknown": 0.0, "Total": 5.0}
    drawn = charts.figure(CHART)["data"]
    assert [sum(trace["x"][row] for trace in drawn) for row in range(3)] == [5.0, 1.0, 4.0]


def test_plotly_takes_the_figure_and_keeps_it() -> None:
    figure = charts.drawn(CHART)
    assert figure.layout.barmode == "stack"
    assert [trace.name for trace in figure.data] == ["Known", "Inferred", "Unknown"]


def test_an_empty_chart_has_words_too() -> None:
    assert charts.alt(Chart("c", "Nothing", "s", "u", [], (), "0", "x")) == "Bar chart without rows: Nothing"


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_stand_out_from_white_and_from_their_neighbour() -> None:
    for colour in palette.CATEGORIES:
        assert contrast(colour, "#FFFFFF") >= 3
    assert contrast(palette.CERTAINTY["known"], palette.CERTAINTY["inferred"]) >= 3


def test_certainty_is_never_shown_by_colour_alone() -> None:
    assert len(set(palette.PATTERN.values())) == len(palette.PATTERN)
