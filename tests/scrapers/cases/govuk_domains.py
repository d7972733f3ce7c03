"""The publication page of the list of .gov.uk names with the lists of two years and a file of something else."""

from __future__ import annotations

from tests.scrapers.cases import Case
from tests.scrapers.govuk import ASSETS, LAYOUTS
from tests.scrapers.standin import Site

PAGE = "/government/publications/list-of-gov-uk-domain-names"
MARCH = "/media/69cb/List_of_.gov.uk_domain_names_as_of_31_March_2026_1.csv"
JANUARY = "/media/6784/List_of_.gov.uk_domain_names_as_of_13_January_2025.csv"
LIST = b"\xef\xbb\xbfList of .gov.uk domain names as of 31 March 2026\r\nDomain Name\r\nhive.gov.uk\r\nWAX.gov.uk\r\nwww-old.comb.gov.uk\r\n"  # fmt: skip
OWNED = b"Domain Name,Registered for\nhive.gov.uk,Home Office\nwax.gov.uk,Wax Parish Council\ncomb.gov.uk,\n"


def site(layout: str = "new", body: bytes = LIST) -> Site:
    files = [("List of .gov.uk domain names as of 13 January 2025", ASSETS + JANUARY), ("List of .gov.uk domain names as of 31 March 2026", ASSETS + MARCH), ("Spending of March 2026", f"{ASSETS}/media/s/spend.csv")]  # fmt: skip
    return Site({PAGE: LAYOUTS[layout]("List of .gov.uk domain names", "Cabinet Office", files), MARCH: body, JANUARY: OWNED})  # fmt: skip


NAMES = ["hive.gov.uk", "wax.gov.uk", "www-old.comb.gov.uk"]

CASE = Case(site=site, columns=("domain_name",), truth=frozenset((name,) for name in NAMES))
