"""Two bodies' pages of payments: one lists three months in three layouts, one has a year in three formats."""

from __future__ import annotations

from tests.scrapers.cases import Case
from tests.scrapers.govuk import ASSETS, collection, inline_layout, new_layout, old_layout
from tests.scrapers.standin import Site
from tests.sheets import opendocument, workbook

HEADER = "Department family,Entity,Date,Expense Type,Supplier,Transaction Number,Amount\n"
WWW = "https://www.gov.uk"
HIVE = "/government/collections/hive-ministry-spending-over-25000"
WAX = "/government/publications/wax-office-spending-over-25000-2026"


def csv(*rows: tuple[str, str, str], entity: str = "") -> bytes:
    """A file of (supplier, day, amount)."""
    return (HEADER + "".join(f"{entity},{entity},{day},Hosting,{name},{name[:3]}{day[:2]},{amount}\n" for name, day, amount in rows)).encode()  # fmt: skip


SHEET: list[list[str | float]] = [
    ["Entity", "Date", "Expense Type", "Supplier", "Transaction Number", "Amount"],
    ["Wax Office", "14/02/2026", "Licences", "Honey Cloud Ltd", "T9", 1234.5],
]
JANUARY, MARCH = "/media/a1/Hive_spend_January_2026.csv", "/media/a3/hive-spend-march-2026.CSV"
FEBRUARY = "/government/uploads/system/uploads/attachment_data/file/7/february.csv"


def site() -> Site:
    """Two bodies: one with a collection of three months in three layouts, one with a page a year in two formats."""
    pages = {
        "january": new_layout("Hive spending January 2026", "Hive Ministry", [("Hive spend over £25,000: January 2026", ASSETS + JANUARY)]),
        "february": old_layout("Hive spending February 2026", "Hive Ministry", [("Spending, February 2026", FEBRUARY)]),
        "march": inline_layout("Hive spending March 2026", "Hive Ministry", [("March 2026", ASSETS + MARCH)]),
    }  # fmt: skip
    path = "/government/publications/hive-ministry-spending-over-25000-{}-2026"
    listed = [
        (f"Hive Ministry: spending over £25,000, {m.title()} 2026", path.format(m))
        for m in ("march", "february", "january")
    ]
    return Site({
        HIVE: collection("Hive Ministry spending", "Hive Ministry", [*listed, ("How bees are counted", "/government/publications/bees")]),
        **{path.format(month): body for month, body in pages.items()},
        JANUARY: csv(("Honey Cloud Ltd", "05/01/2026", "100.00"), ("Amazon Web Services", "09/01/2026", "30000")),
        FEBRUARY: csv(("Honey Cloud Ltd", "05/02/2026", "200.00")),
        MARCH: csv(("Honey Cloud Ltd", "05/03/2026", "-300.00")),
        WAX: new_layout("Wax Office: spending over £25,000, 2026", "Wax Office", [
            ("Wax Office spending January 2026", f"{ASSETS}/media/b1/wax-january.xlsx"),
            ("Wax Office spending February 2026 (ODS)", f"{ASSETS}/media/b2/wax-february.ods"),
            ("Wax Office spending March 2026", f"{ASSETS}/media/b3/wax-march.csv"),
            ("Wax Office spending March 2026", f"{ASSETS}/media/b4/wax-march.ods"),
            ("How to read these files", f"{ASSETS}/media/b5/columns.csv"),
        ]),
        "/media/b1/wax-january.xlsx": workbook([["Notes"]], [SHEET[0], ["Wax Office", "15/01/2026", "Licences", "Honey Cloud Ltd", "T8", 99.0]]),
        "/media/b2/wax-february.ods": opendocument(SHEET),
        "/media/b3/wax-march.csv": csv(("Honey Cloud Ltd", "16/03/2026", "1.00"), entity="Wax Office"),
        "/media/b4/wax-march.ods": opendocument(SHEET),
    })  # fmt: skip


HIVE_ROWS = {("Hive Ministry", "2026-01-05", "100.00"), ("Hive Ministry", "2026-01-09", "30000.00"),
             ("Hive Ministry", "2026-02-05", "200.00"), ("Hive Ministry", "2026-03-05", "-300.00")}  # fmt: skip
WAX_ROWS = {("Wax Office", "2026-01-15", "99.00"), ("Wax Office", "2026-02-14", "1234.50"), ("Wax Office", "2026-03-16", "1.00")}  # fmt: skip
BOTH = (WWW + HIVE, WWW + WAX)

CASE = Case(
    site=site, columns=("buyer_name", "paid_on", "amount"), truth=frozenset(HIVE_ROWS | WAX_ROWS), words=BOTH,
)  # fmt: skip
