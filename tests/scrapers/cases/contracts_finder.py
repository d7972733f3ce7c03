"""Five days of Contracts Finder's daily files, two releases each."""

import datetime as dt

from tests.scrapers.cases import Case
from tests.scrapers.procurement import CF, Harvester, truth

TOLD = truth(CF, dt.date(2026, 3, 1), 5, 2)

CASE = Case(
    site=lambda: Harvester(TOLD),
    columns=("ocid",),
    truth=frozenset((one.ocid,) for one in TOLD),
    since=dt.date(2026, 3, 1),
    until=dt.date(2026, 3, 5),
)
