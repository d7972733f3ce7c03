"""The sales page of the Digital Marketplace with the publications that it lists, and two files of G-Cloud sales."""

from __future__ import annotations

from tests.scrapers.cases import Case
from tests.scrapers.govuk import ASSETS, LAYOUTS, collection, new_layout
from tests.scrapers.standin import Site

HEADER = "Framework,LotDescription,SupplierName,CustomerName,ReturnMonth,ProjectNameAndDescription,EvidencedSpend,Sector,SMEorLarge\n"
PAGE = "/government/collections/digital-marketplace-sales"
GCLOUD, OUTCOMES = "/government/publications/g-cloud-sales", "/government/publications/digital-outcomes-sales"
JULY, JUNE = "/media/c7/G-Cloud-spend-end-July2018.csv", "/media/c6/g-cloud-spend-end-june2018.csv"


def table(*rows: tuple[str, str, str]) -> bytes:
    """A file of (supplier, month, amount)."""
    return (HEADER + "".join(f"G-Cloud,IaaS,{name},Hive Ministry,{month},Hosting,{amount},Central,Large\n" for name, month, amount in rows)).encode()  # fmt: skip


OLD_ROWS = (
    ("AMAZON WEB SERVICES EMEA SARL", "2018-05-01", "100"),
    ("AMAZON WEB SERVICES EMEA SARL", "2018-06-01", "50"),
)
# A month later June was revised upward, and July came.
NEW_ROWS = (OLD_ROWS[0], ("AMAZON WEB SERVICES EMEA SARL", "2018-06-01", "80"), ("AMAZON WEB SERVICES EMEA SARL", "2018-07-01", "70"))  # fmt: skip


def site(layout: str = "new", files: tuple[str, ...] = (JUNE, JULY)) -> Site:
    page = LAYOUTS[layout]("G-Cloud sales", "Crown Commercial Service", [(f"Figures, part {n}", ASSETS + path) for n, path in enumerate(files)])  # fmt: skip
    return Site({
        PAGE: collection("Digital Marketplace sales", "Crown Commercial Service", [("Digital Outcomes sales", OUTCOMES), ("G-Cloud sales figures", GCLOUD)]),
        GCLOUD: page,
        OUTCOMES: new_layout("Outcomes", None, [("DOS sales August 2018", f"{ASSETS}/media/d8/dos-august2018.csv")]),
        JUNE: table(*OLD_ROWS), JULY: table(*NEW_ROWS),
    })  # fmt: skip


NEW_HELD = [("2018-05-01", "100.00"), ("2018-06-01", "80.00"), ("2018-07-01", "70.00")]

CASE = Case(site=site, columns=("sold_on", "amount"), truth=frozenset(NEW_HELD))
