"""What the columns of a spending file are, by what their names say.

Headers drift from month to month and from body to body. A column that cannot be named is never guessed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.readers import _rows

PARTY = r"(?:su{1,2}p{1,2}li?c?er|vendor|merchant|creditor|payee|beneficiary|recipient)s?"
# VAT itself, VAT that cannot be reclaimed and VAT numbers are no amounts.
_NO_VAT = r"(?!.*(?:irrecoverable|registration|\bnumber\b|\bnum\b))"
_BEFORE = r"(?:sum of |invoice |payment |paid |line )?"
_NET = (
    rf"{_NO_VAT}(?:nett?(?: gbp)?|{_BEFORE}nett? {_BEFORE}(?:amount|value|total|spend|cost).*|(?:amount|value|total) nett?"
    r"|.*\b(?:net of|exc?l?|ex|excludes|excluding|exclusive|less|before|without)(?: of)? vat\b.*)"
)
_GROSS = (
    rf"{_NO_VAT}(?:gross(?: gbp)?|{_BEFORE}gross {_BEFORE}(?:amount|value|total).*"
    r"|.*\b(?:incl?|includes|including|inclusive|with)(?: of)? vat\b.*)"
)
_PLAIN = (
    r"(?:total |line |gbp |invoiced? |payment |paid |transaction |billing )?(?:amount|value|total)"
    r"(?: paid| gbp| in sterling| in gbp| sterling| s)*|sum ?of ?amount|spend|amount paid(?!.*vat).*"
)
_PAID = r"(?:payment|paid) (?:amount|value|total)(?: gbp| sterling)*|amount paid(?!.*vat).*"
# Names that may be an amount's, where a file has no better one.
_OTHER = (
    r"(?:(?:sum of|total|actual|ap|invoice|distribution|item|sterling|document|local|expense|expenditure|spend|payment"
    r"|transaction) ){0,2}(?:amount|amt|spend|value|cost|expenditure|payment|paid|gbp)(?: gbp| sterling)*"
)
# What each field's column may be called, best first; names are compared without case and punctuation.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "supplier": (
        rf"{PARTY}(?: {PARTY})? name text",
        rf"{PARTY}(?: {PARTY})? name|name of {PARTY}",
        rf"{PARTY}(?: {PARTY})?",
        rf"{PARTY}(?: id)? text",
        r"company(?: name)?|paid to|payment to",
        rf"{PARTY} .*name.*|{PARTY} desc(?:ription)?",
        r"(?:provider|contractor|third party|trading partner|organi[sz]ation paid|business)(?: name)?",
        rf"(?:\w+ ){{1,2}}{PARTY}(?: name)?",
    ),
    "paid": (
        r"(?:invoice )?(?:payment|paid|pay) date|date (?:of payment|paid|of paid)|clearing date",
        r"date|(?:transaction|posted|posting|accounting|gl|invoice gl|effective|document) date|date of transaction",
        r"invoice date|date .*|.* date",
        r"(?:.* )?dt|posted|paid on|payment made on",
    ),
    "net": (_NET,),
    "amount": (_PAID, _PLAIN),
    "gross": (_GROSS,),
    "other": (_OTHER,),
    "expense_type": (
        r"(?:expen[sc]es?|detailed expen[sc]es?|detailed expenditure|expenditure) types?.*",
        r"expenditure (?:category|account|account code description)(?: text)?|cost element|expen[sc]e code description",
        r"a c type of expenditure|(?:account|gl|g l|group|category|object code) desc.*|account(?: name)?|merchant category",
        r"category(?: family)?|bvacop|cipfsubs text|cipfsubj text|spend level ?2?",
    ),
    "expense_area": (
        r"expen[sc]e area.*|expenditure area|c c business area",
        r"(?:service|cost centre|business unit|org code|directorate)(?: area| label| name| description)?(?: text)?",
        r"directorate|directotate|portfolio|strategic group|strgrpc?c? text|nstrg text|budget holder",
    ),
    "description": (r"(?:item |po line |extended |line )?(?:description|discription|text|narrative)|purpose of spend.*",),
    "reference": (
        r"transactions? ?(?:number|no|num)?|trans ?no|transactionnumber",
        r"(?:sap )?document ?(?:number|no)|internal ref(?:erence)?(?: number)?|voucher(?: number| no)?|check number",
        r"(?:invoice|payment) ?(?:number|no|ref|reference)|ref(?:erence)?(?: number| no)?",
    ),
    "buyer": (
        r"(?:departmental )?entity",
        r"organi[sz]ation name|organistion name|organi[sz]ation|body ?name|(?:local )?authority name|authority",
    ),
    "family": (r"department(?:al)?(?: family)?|body|council",),
}  # fmt: skip
# A register of contracts names suppliers and values too, and nobody was paid them.
_TERM = tuple(
    re.compile(rf"(?:contract )?(?:{word}) date(?: of contract)?") for word in ("start|commencement", "end|expiry")
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands in a header. `basis` says whether VAT is in the amount."""

    places: Mapping[str, int]
    amount: int
    basis: str
    width: int


def is_register(header: Sequence[str]) -> bool:
    """Whether a header has a start and an end of contracts."""
    names = [_rows.column_name(cell) for cell in header]
    return all(any(pattern.fullmatch(name) for name in names) for pattern in _TERM)


@functools.lru_cache(maxsize=1024)
def _columns(header: tuple[str, ...]) -> Columns | None:
    places = _rows.places(header, FIELDS)
    basis = next((field for field in ("net", "amount", "gross", "other") if field in places), None)
    if "supplier" not in places or basis is None or is_register(header):
        return None
    return Columns(places, places[basis], basis if basis in ("net", "gross") else "unknown", len(header))


def columns(header: Sequence[str]) -> Columns | None:
    """The fields of a header; None where it names no supplier or no amount."""
    return _columns(tuple(header))
