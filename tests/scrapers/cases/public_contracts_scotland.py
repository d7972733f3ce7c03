"""Three months of two notice types of Public Contracts Scotland; one of the six answers holds nothing."""

import datetime as dt

from tests.scrapers.cases import Case
from tests.scrapers.proactis import Portal

NOTICES = {
    ("05-2025", "103"): ("MAY100", "MAY101"),
    ("05-2025", "3"): ("MAY3",),
    ("04-2025", "103"): ("APR103", "APR104"),
    ("04-2025", "3"): ("APR30",),
    ("03-2025", "3"): ("MAR30", "MAR31"),
}

CASE = Case(
    site=lambda: Portal(NOTICES),
    columns=("ocid",),
    truth=frozenset((f"ocds-r6ebe6-{notice.lower()}",) for told in NOTICES.values() for notice in told),
    words=("103", "3"),
    since=dt.date(2025, 3, 1),
    until=dt.date(2025, 5, 31),
)
