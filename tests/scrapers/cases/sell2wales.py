"""Three months of two notice types of Sell2Wales; one of the six answers holds nothing."""

import datetime as dt

from tests.scrapers.cases import Case
from tests.scrapers.proactis import Portal

NOTICES = {
    ("05-2025", "53"): ("MAI100",),
    ("05-2025", "3"): ("MAI3", "MAI4"),
    ("04-2025", "53"): ("EBR53",),
    ("04-2025", "3"): ("EBR30", "EBR31"),
    ("03-2025", "53"): ("MAW53",),
}

CASE = Case(
    site=lambda: Portal(NOTICES, prefix="kuma6s"),
    columns=("ocid",),
    truth=frozenset((f"ocds-kuma6s-{notice.lower()}",) for told in NOTICES.values() for notice in told),
    words=("53", "3"),
    since=dt.date(2025, 3, 1),
    until=dt.date(2025, 5, 31),
)
