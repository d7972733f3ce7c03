"""Six weeks of Contracts Finder's search: four windows, the fullest with a second page."""

import datetime as dt

from tests.scrapers.cases import Case
from tests.scrapers.procurement import CF, ContractsFinderSearch, truth

TOLD = truth(CF, dt.date(2026, 3, 1), 45, 1, bursts=[(20, 110)])

CASE = Case(
    site=lambda: ContractsFinderSearch(TOLD),
    columns=("ocid",),
    truth=frozenset((one.ocid,) for one in TOLD),
    since=dt.date(2026, 3, 1),
    until=dt.date(2026, 4, 14),
)
