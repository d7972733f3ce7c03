"""A day of Find a Tender in windows of five hours, the fullest with a second page."""

import datetime as dt

from tests.scrapers.cases import Case
from tests.scrapers.procurement import FTS, FindATender, truth

TOLD = truth(FTS, dt.date(2026, 3, 1), 1, 12, bursts=[(0, 110)])

CASE = Case(
    site=lambda: FindATender(TOLD, breaks_every=10**9),
    columns=("ocid",),
    truth=frozenset((one.ocid,) for one in TOLD),
    since=dt.date(2026, 3, 1),
    until=dt.date(2026, 3, 1),
)
