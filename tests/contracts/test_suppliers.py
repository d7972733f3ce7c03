"""Who a supplier name is. Precision before recall: what is merely like a provider's name is nobody."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from pipelines import reference
from pipelines.contracts.company_names import normalise
from pipelines.contracts.identity import Suppliers, company_number

KNOWN = {
    "aws": [
        "Amazon Web Services EMEA SARL, UK Branch", "AWS EMEA SARL (London Branch)", "AMAZON WEB SERVICES EMEA S.À R.L.",
        "¿Amazon Web Services, Inc.", "~105 AMAZON WEB SERVICES EMEA SARL", "Amazon Web Services EMEA SARL~10500", "AMAZON WEB SERVICES E",
        "Amazon Webservices EMEA Sarl", "AMAZON WEB SERVICES AWS.AMAZON.CO", "Amazon\u200b Web\xa0Services", "ＡＭＡＺＯＮ ＷＥＢ ＳＥＲＶＩＣＥＳ",
    ],
    "microsoft-365": ["MICROSOFT IRELAND OPERATIO", "Microsoft Limited (Reading)", "Microsoft Ltd PSS", "105231 MICROSOFT LTD"],
    "oracle": ["Oracle Corporation U.K. Ltd.,", "Oracle Corporation UK Limited - Reading", "ORACLE CORP UK LTD"],
    "ibm": ["IBM (UK) Ltd - Portsmouth", "Ibm United Kingdom Financial Serv.L", "IBM UNITED KINGDOM LIMI"],
    "ukcloud": ["UKCLOUD LIMITED (IN LIQUIDATION)", "Skyscape Cloud Ltd"],
    "softcat": ["PAYPAL *SOFTCAT", "Softcat PLC - Marlow"],
    "computacenter": ["COMPUTACENTER (UK) LIM", "Computacenter (UK) Ltd Hatfield"],
    "scc": ["SCC (Specialist Computer Centres)", "Specialist Computer Centers PLC", "SPECIALIST COMPUTER CENTRE NON EDI"],
    "trustmarque": ["Trustmarque Solutoins Ltd", "Trust Marque Solutions Ltd"],
    "bytes": ["Bytes Software Servic", "BYTES SOFTWARE SERVICES LIMITED - LEATHERHEAD"],
    "insight": ["INSIGHT DIRECT (UK", "Insight Direct UK Ltd t/a Insight"],
}  # fmt: skip
NOBODY = [
    "AWS Ltd", "A.W.S. Ltd", "AWS Electrical Ltd", "AWS Solicitors", "Bradshaws Travel", ":Aws Bakery Limited", "Amazon", "AMAZON.CO.UK*M63O87P94 AM",
    "Amazon Web Services Consultants Ltd", "Amazon EU SARL UK Branch", "Amazon Payments UK", "Amazon Web Servces Ltd", "GOOGLE *ADS4231694470",
    "Google *google Inc", "Google Plumbing Ltd", "Microsoft*Store", "MICROSOFT*OFFICE 365", "Microsoft Word Typing Ltd", "Oracle Care Ltd",
    "Oracle Roofing Ltd", "Insight Healthcare Ltd", "Phoenix Software Training Academy Ltd", "Phoenix Group", "Bytes Cafe", "Softcat Grooming Ltd",
    "Specialist Computer Services Ltd", "Rackspace Shelving Ltd", "Rack Space Ltd", "Sales Force Training Ltd", "Fastly Couriers Ltd", "Crayon Childcare Ltd", "Azure Hair Salon", "IBMC Ltd", "SCC", "Capgemini UK plc",
    "Аmazon Web Services",  # the first letter is Cyrillic
]  # fmt: skip


@pytest.fixture(scope="module")
def suppliers() -> Suppliers:
    return Suppliers(reference.load())


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in KNOWN.items() for name in names])
def test_spellings_of_known_companies(suppliers: Suppliers, owner: str, name: str) -> None:
    identity = suppliers.find(name)
    assert (identity.provider or identity.reseller) == owner, identity


@pytest.mark.parametrize("name", NOBODY)
def test_likeness_is_not_identity(suppliers: Suppliers, name: str) -> None:
    identity = suppliers.find(name)
    assert (identity.provider, identity.reseller, identity.rule_id) == (None, None, None)


def test_a_slip_of_the_pen_is_taken_for_a_reseller_and_never_for_a_provider(suppliers: Suppliers) -> None:
    assert suppliers.find("Trustmarque Solutons Ltd").rule_id == "name-nearly:trustmarque"
    assert suppliers.find("Microsoft Ireland Operatoins Ltd").provider is None


def test_a_company_number_goes_before_any_name(suppliers: Suppliers) -> None:
    identity = suppliers.find("A Name Nobody Knows", "8650665")
    assert (identity.provider, identity.rule_id) == ("aws", "company-number:aws")
    assert suppliers.find("Amazon Web Services UK Ltd", "00000001").provider == "aws"


@pytest.mark.parametrize(
    ("text", "number"),
    [("8650665", "08650665"), ("fc034225", "FC034225"), ("FC 34225", "FC034225"), ("SC1234", "SC001234"), ("0", None), ("123456789", None),
     ("GB123456789", None), ("", None), (None, None), ("n/a", None)],
)  # fmt: skip
def test_company_numbers(text: str | None, number: str | None) -> None:
    assert company_number(text) == number


def test_every_legal_and_trading_name_finds_its_owner(suppliers: Suppliers) -> None:
    facts = reference.load()
    for provider in facts.providers.values():
        for entry in (*provider.sections["legal_entities"], *provider.sections["trading_names"]):
            assert suppliers.find(entry["name"]).provider == provider.id
            if not entry.get("whole"):
                assert suppliers.find(entry["name"].upper() + " LIMITED").provider == provider.id
    for reseller, body in facts.toml("resellers.toml").items():
        for entry in body.get("legal_entities", []):
            assert suppliers.find(entry["name"]).reseller == reseller


def invented() -> list[tuple[str, str, str]]:
    """(name, who it is or nobody, kind): written for this test, who each is decided before the first run."""
    with (Path(__file__).parent / "invented_supplier_names.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    letters = re.compile(r"\\u([0-9a-f]{4})")  # letters that nobody sees are written out
    return [(letters.sub(lambda m: chr(int(m[1], 16)), row["supplier_name"]), row["who"], row["kind"]) for row in rows]


def test_names_that_nobody_has_seen(suppliers: Suppliers) -> None:
    facts, wrong, kinds = reference.load(), [], set()
    for name, who, kind in invented():
        identity = suppliers.find(name)
        found = identity.reseller or (facts.parent(identity.provider) if identity.provider else "")
        kinds.add(kind)
        if found != who:
            wrong.append((kind, name, who, found, identity.rule_id))
    assert wrong == []
    assert {"retail", "consumer", "another firm", "misspelt", "branch", "card line", "encoding", "legal form"} <= kinds


def test_the_databases_coarse_test_lets_every_known_name_through(suppliers: Suppliers) -> None:
    coarse = re.compile(suppliers.coarse)
    known = [name for name, who, _ in invented() if who] + [name for names in KNOWN.values() for name in names]
    assert [name for name in known if not coarse.search(name.lower())] == []


# Ways in which ledgers write a name, each put around every legal and trading name that we know.
AROUND = [
    "{0}, UK Branch", "{0} (UK branch)", "{0} - London Branch", "  {0}  ", "*{0}*", "{0};", "123456 {0}", "{0} 123456", "{0}~105",
    "DO NOT USE - {0}", "PAYPAL *{0}", "\ufeff{0}", "{0}\u200b", "#{0}", "V10023 {0}",
]  # fmt: skip


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_a_known_name_changes_nothing(suppliers: Suppliers, around: str) -> None:
    facts, wrong = reference.load(), []
    for provider in facts.providers.values():
        for entry in (*provider.sections["legal_entities"], *provider.sections["trading_names"]):
            for name in (entry["name"], entry["name"].upper(), entry["name"].replace(" ", "\u00a0 ")):
                if not entry.get("whole") and suppliers.find(around.format(name)).provider != provider.id:
                    wrong.append((around, name))
    assert wrong == []


TRADES = [
    "Filters",
    "Solicitors",
    "Plumbing",
    "Residents",
    "Care",
    "Homes",
    "Roofing",
    "Bakery",
    "Catering",
    "Consultants",
    "Training",
    "Academy",
    "Recruitment",
    "Cleaning",
    "Landscapes",
    "Interiors",
    "Properties",
    "Taxis",
    "Photography",
    "Nursery",
    "Dental",
    "Pharmacy",
    "Garage",
    "Joinery",
    "Scaffolding",
    "Events",
    "Books",
    "Hotel",
    "Cafe",
    "Farm",
    "Court",
    "Gardens",
    "Lettings",
    "Fitness",
    "Vets",
    "Trust",
    "Charity",
    "Pension",
    "Society",
    "Club",
    "School",
    "Brothers",
    "Sons",
    "Storage",
    "Couriers",
]


def test_a_trade_after_a_known_word_is_another_firm(suppliers: Suppliers) -> None:
    facts = reference.load()
    first_words = {
        entry["name"].split()[0].strip(",")
        for provider in facts.providers.values()
        for entry in (*provider.sections["legal_entities"], *provider.sections["trading_names"])
    }
    assert len(first_words) > 30
    firms = [
        f"{word} {trade}{form}" for word in sorted(first_words) for trade in TRADES for form in ("", " Ltd", " LLP")
    ]
    assert [firm for firm in firms if suppliers.find(firm).rule_id] == []


def test_normalising_twice_changes_nothing() -> None:
    for names in KNOWN.values():
        for name in names:
            assert normalise(normalise(name)) == normalise(name)


@pytest.mark.shared
def test_labels_of_the_working_data(suppliers: Suppliers, shared: Path) -> None:
    facts = reference.load()
    with (shared / "procurement" / "supplier_name_labels.csv").open() as file:
        for row in csv.DictReader(file):
            label, identity = row["label"], suppliers.find(row["supplier_name"])
            if label.startswith("reseller_"):
                assert (identity.reseller or "").removesuffix("-hub") == label.removeprefix("reseller_"), row
            elif label in ("google", "microsoft"):
                assert identity.provider and facts.parent(identity.provider) == label, row
            elif label in facts.providers:
                assert identity.provider == label, row
            else:
                assert identity.provider is None and identity.reseller is None, row
