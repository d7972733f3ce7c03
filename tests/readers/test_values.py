"""Dates and amounts as published tables write them: a small table each, and what they must not guess."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from pipelines.readers._values import day, is_month_first, money, month

D = dt.date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14/04/2015", D(2015, 4, 14)),
        ("14/04/15", D(2015, 4, 14)),
        (" 3/4/2015 ", D(2015, 4, 3)),
        ("13.09.2012", D(2012, 9, 13)),
        ("17.07.12", D(2012, 7, 17)),
        ("14-04-2015", D(2015, 4, 14)),
        ("14/04/2015 00:00", D(2015, 4, 14)),
        ("2015-04-14", D(2015, 4, 14)),
        ("2015-04-14 00:00:00", D(2015, 4, 14)),
        ("2023-10-10T14:38:59+01:00", D(2023, 10, 10)),
        ("40862", D(2011, 11, 15)),  # Excel counts from 30 December 1899
        ("40862.0", D(2011, 11, 15)),
        ("20150414", D(2015, 4, 14)),
        ("2015/04/14", D(2015, 4, 14)),
        ("2015.04.14", D(2015, 4, 14)),
        ("20150414.0", D(2015, 4, 14)),
        ("14 04 2015", D(2015, 4, 14)),
        ("14 / 04 / 2015", D(2015, 4, 14)),
        ("14\u201104\u20112015", D(2015, 4, 14)),  # hyphens that a word processor made
        ("'14/04/2015", D(2015, 4, 14)),
        ("14/04/2015.", D(2015, 4, 14)),
        ("14-Apr-2015 00:00", D(2015, 4, 14)),
        ("9 June 2015", D(2015, 6, 9)),
        ("9th June 2015", D(2015, 6, 9)),
        ("10-Oct-13", D(2013, 10, 10)),
        ("01-Aug-2011", D(2011, 8, 1)),
        ("Thursday, April 28, 2022", D(2022, 4, 28)),
        ("May-10", None),  # a month is no day
        ("201009", None),  # a period is no day
        ("2011-01", None),
        ("July 2010-September 2010", None),
        ("28/12/20/11", None),
        ("31/02/2015", None),
        ("04/14/2015", None),
        ("1535709", None),
        ("9 Floréal 2015", None),
        ("14/04/1815", None),
        ("", None),
    ],
)
def test_a_day(text: str, expected: dt.date | None) -> None:
    assert day(text) == expected


def test_a_file_that_puts_the_month_first_is_recognised_by_its_own_dates() -> None:
    assert is_month_first(pd.Series(["04/14/2015", "05/06/2015"]))
    assert not is_month_first(pd.Series(["14/04/2015", "05/06/2015"]))
    assert not is_month_first(pd.Series(["04/05/2015", "05/06/2015"]))  # nothing shows it: the UK's order stays
    assert not is_month_first(pd.Series(["04/14/2015", "14/04/2015"]))  # it contradicts itself
    assert day("04/14/2015", month_first=True) == D(2015, 4, 14)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Apr-12", D(2012, 4, 1)),
        ("April 2012", D(2012, 4, 1)),
        ("2012-04", D(2012, 4, 1)),
        ("04/2012", D(2012, 4, 1)),
        ("201204", D(2012, 4, 1)),
        ("2012-04-01", D(2012, 4, 1)),
        ("28/04/2012", D(2012, 4, 1)),
        ("2012-13", None),
        ("Smarch 2012", None),
        ("2012", None),
    ],
)
def test_a_month(text: str, expected: dt.date | None) -> None:
    assert month(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.56", "1234.56"),
        ("1,234,567.8", "1234567.80"),
        ("£1,234", "1234.00"),
        ("\ufffd155,085", "155085.00"),  # a pound sign that lost its encoding
        ("Â£12.50", "12.50"),
        ("-\ufffd 668.98", "-668.98"),
        ("£-5", "-5.00"),
        (" (31,433.82)", "-31433.82"),
        ("1,234.50-", "-1234.50"),
        ("99.50 CR", "-99.50"),
        ("CR 99.50", "-99.50"),
        ("99.50 DR", "99.50"),
        ("£99.50DR", "99.50"),
        ("-99.50 CR", "-99.50"),  # two marks of a refund are a refund
        ("(-99.50)", "-99.50"),
        ("£(1,234.50)", "-1234.50"),
        ("\u20131,234.50", "-1234.50"),
        ("1\u202f234.50", "1234.50"),
        ("'1,234.50", "1234.50"),
        ("1,234.50\u200b", "1234.50"),
        ("\u221212.00", "-12.00"),
        ("-20853.0305", "-20853.03"),
        ("0.005", "0.01"),
        (".5", "0.50"),
        ("1.5E+06", "1500000.00"),
        (" -   ", "0.00"),  # Excel's way to show nothing
        ("12,34", None),
        ("€5", None),  # not pounds
        ("$5", None),
        ("N/A", None),
        ("PO101653", None),
        ("", None),
        ("1" * 30, None),
        ("NaN", None),
        ("Infinity", None),
    ],
)
def test_an_amount(text: str, expected: str | None) -> None:
    assert money(text) == (None if expected is None else Decimal(expected))
