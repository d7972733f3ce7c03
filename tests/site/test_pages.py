"""Pages one by one: what each of them says, and how it says what is disputed, missing or unsure."""

from __future__ import annotations

import datetime as dt
import json
import re
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from app.stores import shown_edition
from pipelines.answers import questions
from tests.site.conftest import get


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("leeds city counsil", "Leeds City Council"),
        ("HMRC", "HM Revenue & Customs"),
        ("Home ofice", "Home Office"),
        ("amazn web servces", "Amazon Web Services"),
        ("homeoffice", "Home Office"),
        ("nhs.uk", "NHS website"),
    ],
)
def test_search_forgives_spelling(served: str, words: str, first: str) -> None:
    page = BeautifulSoup(get(served, "/search", params={"q": words}).content, "lxml")
    found = [link.text for link in page.select("ul.plain a")][:4]
    assert any(first in name for name in found), found


def test_search_that_finds_nothing_says_what_that_means(served: str) -> None:
    assert "that says what we hold, not what exists" in get(served, "/search?q=zzqxv").text


def test_both_sides_of_a_dispute_stand_side_by_side(served: str) -> None:
    page = BeautifulSoup(get(served, "/incident/aws-2025-12-kiro-costexplorer").content, "lxml")
    sides = {side.find("h3").text: side.find("p").text for side in page.select(".sides > div")}
    assert "not AI error" in sides["The vendor's position"]
    assert "13-hour" in sides["What is claimed or disputed"]


def test_a_claim_stands_beside_its_reply_and_what_we_lack(served: str) -> None:
    text = BeautifulSoup(get(served, "/claim/tussell-aws-2025").content, "lxml").get_text(" ")
    for words in (
        "The Guardian",
        "We read no reply to it.",
        "not collected",
        "through resellers",
        "cloudhold claim tussell-aws-2025",
    ):
        assert words in text


def test_the_dataset_is_described_for_search_engines(served: str) -> None:
    page = BeautifulSoup(get(served, "/").content, "lxml")
    described = json.loads(page.find("script", type="application/ld+json").string)
    assert described["@type"] == "Dataset" and described["identifier"] == get(served, "/healthz").json()["edition"]
    places = ET.fromstring(get(served, "/sitemap.xml").content)
    listed = [element.text for element in places.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(listed) > 500
    assert "Sitemap:" in get(served, "/robots.txt").text


def test_the_methods_page_explains_every_question(served: str) -> None:
    page = BeautifulSoup(get(served, "/methods").content, "lxml")
    told = {words["id"]: words for words in page.select("details > p[id]")}
    asked = {m.ID: m for m in questions().values() if hasattr(m, "METHODS")}
    assert len(asked) > 10
    for name, module in asked.items():
        assert module.METHODS in told[name].text
        assert told[name].find_previous_sibling("summary").text == module.QUESTION


def test_the_methods_page_has_a_list_of_its_parts_at_its_head(served: str) -> None:
    page = BeautifulSoup(get(served, "/methods").content, "lxml")
    contents = page.select_one("nav[aria-label='On this page']")
    parts = [link["href"].removeprefix("#") for link in contents.select("a")]
    assert parts == [heading["id"] for heading in page.select("main h2[id]")]
    assert len(parts) == len(set(parts)) == 6
    assert contents.find_previous("h1") and not contents.find_previous("h2"), "at the head"


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("www.aberdeencity.gov.uk", "We hold no finding, statement or contract about www.aberdeencity.gov.uk"),
        ("department-for-transport", "about Department for Transport"),
        ("planning-inspectorate", "about Planning Inspectorate"),
    ],
)
def test_what_we_list_has_its_evidence_page_even_where_we_hold_none(served: str, subject: str, words: str) -> None:
    answer = get(served, f"/evidence/{subject}")
    assert answer.status_code == 200
    assert words in BeautifulSoup(answer.content, "lxml").find("p", class_="lead").text


def test_the_evidence_of_a_body_holds_what_its_page_counts(served: str) -> None:
    page = get(served, "/api/dependence.json?organisation=ministry-of-justice").json()
    held = get(served, "/api/explain.json?subject=ministry-of-justice").json()
    kinds = {"finding_id": "findings", "statement_id": "statements"}
    for key, rows in kinds.items():
        wanted = {row[key] for row in page[rows]}
        assert wanted and wanted <= {entry.get(key) for entry in held["findings"]}, rows


def test_evidence_is_written_in_words(served: str) -> None:
    """Names, days and pounds; the codes of the tables stand in <code>, where a person who looks for them finds them."""
    for subject in ("home-office", "justice.gov.uk", "govuk"):
        page = BeautifulSoup(get(served, f"/evidence/{subject}").content, "lxml")
        for code in page.find_all("code"):
            code.extract()
        text = " ".join(page.main.get_text(" ").split())
        for raw in ("value gbp", "rule id", "organisation id", "450281369", "microsoft-365:", "..", "Rule fold"):
            assert raw not in text, (subject, raw)
    assert "£450.3m" in get(served, "/evidence/home-office").text


def test_the_evidence_of_an_outage_names_each_address_and_leads_to_both_sides(served: str) -> None:
    page = BeautifulSoup(get(served, "/evidence/fastly-2021-06-08").content, "lxml").main
    links = page.select("ul.small li a")
    hosts = [urlsplit(str(link["href"])).hostname for link in links]
    assert hosts and [link.text for link in links] == hosts
    assert page.select_one("a[href='/incident/fastly-2021-06-08']") is not None


def test_a_body_sees_where_no_alternative_is_shown(served: str, default_edition: Any) -> None:
    """Each stored outage that reaches a body has a row; what it leaves without an alternative is named, the unsaid counted."""
    page = BeautifulSoup(get(served, "/organisation/ministry-of-justice").content, "lxml")
    shown = page.find("h2", id="alternatives").find_next("table")
    rows = default_edition.rows(
        "SELECT scenario_id, count(*) FILTER (effect = 'down') AS down, count(*) FILTER (effect = 'unknown') AS unknown "
        "FROM exposures WHERE organisation_id = 'ministry-of-justice' GROUP BY 1 HAVING bool_or(effect <> 'unknown')"
    )
    assert len(rows) == len(shown.find_all("tr")) - 1 > 2
    for row in rows:
        (line,) = [
            tr for tr in shown.find_all("tr") if (a := tr.find("a")) and f"preset={row['scenario_id']}" in a["href"]
        ]
        cells = [cell.text for cell in line.find_all("td")]
        assert (cells[1] == "none") == (row["down"] == 0)
        assert int(cells[3]) == row["unknown"]
    assert "gap of ours, not safety" in get(served, "/organisation/aberdeen").text
    assert "not that it is safe" in get(served, "/organisation/adur").text


def test_a_company_leads_to_all_that_is_called_so(served: str) -> None:
    answer = get(served, "/provider/microsoft")
    assert answer.status_code == 200 and answer.url.endswith("/search?q=Microsoft")
    assert {"/provider/microsoft-365", "/provider/azure"} <= {
        a["href"] for a in BeautifulSoup(answer.content, "lxml").select("ul.plain a")
    }


@pytest.mark.parametrize(
    ("provider", "head", "company"),
    [("ibm", "IBM", "IBM"), ("oracle", "Oracle", "Oracle"), ("gcp", "Google Cloud", "Google"), ("mailchimp", "Mailchimp", "Intuit")],
)  # fmt: skip
def test_a_provider_names_its_parent_company_whether_or_not_a_name_points_to_it(
    served: str, provider: str, head: str, company: str
) -> None:
    page = BeautifulSoup(get(served, f"/provider/{provider}").content, "lxml")
    assert page.h1.get_text() == head
    assert f"Parent company: {company}, at home in the United States." in page.get_text()


def test_an_incident_leads_to_its_own_scenario(served: str) -> None:
    assert 'href="/outage?preset=aws-2025-10-20"' in get(served, "/incident/aws-2025-10-20-dynamodb-dns").text
    again = "/outage?provider=aws&amp;hours=20.5"
    assert again in get(served, f"/incident/{_long_one()}").text


def _long_one() -> str:
    """An incident of AWS that no stored scenario repeats, with a length."""
    return str(
        shown_edition().value(
            "SELECT incident_id FROM incidents WHERE duration_hours = 20.5 AND list_contains(providers, 'aws')"
        )
    )


def test_a_policy_record_is_no_layer_of_a_body(served: str) -> None:
    """Leeds shows an autodiscover record and no web address: its page once said Web, none shown, known."""
    page = BeautifulSoup(get(served, "/organisation/leeds").content, "lxml")
    layers = [head.text for head in page.find("h2", id="layers").find_all_next("h3") if head.find_parent(class_="role")]
    assert "Mail" in layers and "Web" not in layers
    assert "_autodiscover._tcp.leeds.gov.uk" in page.text  # the record itself stays listed


def test_data_quality_is_told_in_days_and_words(served: str) -> None:
    page = BeautifulSoup(get(served, "/quality").content, "lxml")
    for machine in page.find_all("p", class_="no-print"):
        machine.extract()
    text = page.main.get_text(" ")
    assert re.findall(r"\b20\d\d-\d\d-\d\d\b(?!-)", text) == []
    assert "22 November 2026" in text
    assert not {"per row", "level per row", "A", "B", "C"} & {cell.get_text(strip=True) for cell in page.find_all("td")}
    assert re.search(r"Of \d+ sources \d+ are missing or ended early, and none is older than it should be", text)


def test_a_closed_department_is_named_without_a_link(served: str) -> None:
    """It has no page of its own; its contracts stay listed under the name of the notice."""
    page = BeautifulSoup(get(served, "/contracts?q=Google+Cloud+Platform").content, "lxml")
    (cell,) = {str(cell) for cell in page.find_all("td", attrs={"data-th": "Buyer"}) if cell.text == "BEIS"}
    assert "<a" not in cell


def test_both_sides_of_a_replayed_outage_are_told_in_sentences(served: str) -> None:
    page = BeautifulSoup(get(served, "/outage?preset=aws-2025-10-20").content, "lxml").main
    sides = [side.find("p").text for side in page.select(".sides > div")]
    assert len(sides) == 2 and all(side.endswith(".") for side in sides)
    causes = [option.text for option in page.select("#cause option")]
    assert "DNS" in causes and "dns" not in causes
    assert "14.5 hours" in page.text and "14.53 hours" not in page.text


def test_what_is_cited_ends_in_one_mark(served: str) -> None:
    for path in ("/", "/concentration", "/outage", "/organisation/home-office"):
        assert "?." not in get(served, path).text


def test_a_contract_that_ends_leads_to_its_records(served: str) -> None:
    page = BeautifulSoup(get(served, "/contracts").content, "lxml")
    table = page.find("div", attrs={"aria-label": "Contracts that end within 12 months"})
    rows = table.select("tbody tr")
    assert len(rows) == 11 and all(row.select_one('a[href^="/evidence/"]') for row in rows)


def test_a_body_without_contracts_is_told_no_ceiling(served: str) -> None:
    page = BeautifulSoup(get(served, "/organisation/leeds").content, "lxml").main
    assert "We list no contracts" in page.text and "ceiling" not in page.find("h2", id="contracts").find_next("p").text
    jumps = {a["href"] for a in page.select("nav.jump a")}
    assert {"#layers", "#peers"} <= jumps and all(page.find(id=jump[1:]) for jump in jumps)


def test_a_refused_choice_leads_back_to_its_page(served: str) -> None:
    answer = get(served, "/outage?provider=azure&hours=x")
    assert '<a href="/outage">The page without that choice</a>' in answer.text


def test_the_evidence_of_an_outage_names_whose_it_was(served: str) -> None:
    assert (
        BeautifulSoup(get(served, "/evidence/fastly-2021-06-08").content, "lxml").h1.text == "How we know: Fastly: CDN"
    )


def test_a_count_of_mail_is_dated_by_its_newest_mail_record(served: str, default_edition: Any) -> None:
    """The edition holds newer evidence of other things, which makes no mail record newer: mxmap asked in April 2026."""
    assert default_edition.as_of > dt.date(2026, 4, 30)
    for path, words in (("/", "Newest mail record: "), ("/concentration", "Newest record counted: ")):
        said = get(served, path).text.partition(words)[2][:40].replace("\u00a0", " ")
        assert re.match(r"\d+ Apr(il)? 2026", said), said
