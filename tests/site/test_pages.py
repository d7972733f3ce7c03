"""The pages: each says one thing at the top, what it is of, and how sure; bad addresses get a sentence and a way on."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from app import figures
from app.stores import shown_edition
from pipelines.answers import claim, questions

PAGES = [
    "/", "/search?q=leeds+city+counsil", "/organisation/home-office", "/organisation/leeds", "/provider/aws",
    "/provider/microsoft-365", "/service/govuk", "/incident/aws-2025-12-kiro-costexplorer", "/incidents", "/incidents?provider=aws",
    "/outage", "/outage?preset=fastly-2021-06-08", "/outage?preset=aws-2025-10-20", "/outage?provider=azure&region=uksouth&hours=8", "/claim",
    "/claim/tussell-aws-2025", "/claim?provider=amazon&organisation=home-office&from=2016-01-01&to=2026-02-20", "/contracts",
    "/contracts?provider=aws&q=hosting", "/leads", "/leads?provider=aws", "/data/", "/data/latest/dictionary", "/map", "/map?role=council-mail-filter", "/ai", "/shared", "/shared?organisation=torfaen", "/quality", "/methods", "/changes",
    "/concentration", "/concentration?population=contracts&by=jurisdiction&weight=value",
    "/concentration?population=service-web&by=region&sector=justice", "/concentration?population=bodies-mail_sending-front&by=endpoint",
    "/accessibility", "/evidence/home-office", "/evidence/justice.gov.uk",
]  # fmt: skip
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


def get(served: str, path: str, **more: Any) -> requests.Response:
    return requests.get(served + path, timeout=60, **more)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_small_whole_and_says_what_it_is(served: str, path: str) -> None:
    answer = get(served, path)
    assert answer.status_code == 200
    # Unpacked: what a browser reads, not only what the line carries; a pinned page says its edition in every link.
    assert len(answer.content) <= 60_000
    edition = shown_edition().id
    assert len(get(served, f"{path}{'&' if '?' in path else '?'}edition={edition}").content) <= 60_000
    page = BeautifulSoup(answer.content, "lxml")
    assert page.html["lang"] == "en-GB"
    assert len(page.find_all("h1")) == 1 and len(page.find_all("main")) == 1
    assert page.title.text.endswith(" - cloudhold") and page.title.text != " - cloudhold"
    assert len(page.find("meta", attrs={"name": "description"})["content"]) > 20
    text = " ".join(page.get_text(" ").split())
    assert "Edition 2" in text and "Content hash" in text and "Open Government Licence" in text
    cells = {cell.get_text(" ", strip=True) for cell in page.find_all(["td", "th", "dd"])}
    assert not cells & {"nan", "None", "NaT", "", "<NA>"}
    # no style or script in the page itself, none from elsewhere: the content policy would block both
    assert not page.find_all(style=True) and not page.find_all("style")
    assert [s for s in page.find_all("script") if not s.get("src") and s.get("type") != "application/ld+json"] == []
    assert [tag for tag in page.find_all(src=True) if not tag["src"].startswith("/")] == []
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_titles_tell_pages_apart(served: str) -> None:
    titles = [BeautifulSoup(get(served, path).content, "lxml").title.text for path in PAGES if "?" not in path]
    assert len(titles) == len(set(titles)) > 15


@pytest.mark.parametrize("path", PAGES)
def test_every_figure_has_words_table_source_and_files(served: str, path: str) -> None:
    page = BeautifulSoup(get(served, path).content, "lxml")
    for figure in page.find_all("figure"):
        picture = figure.find("svg")
        if picture is None:
            assert "nothing to draw" in figure.text
            continue
        assert len(picture["aria-label"]) > 40 and picture["role"] == "img"
        assert figure.find("table") and "Source:" in figure.text and "Cite:" in figure.text
        ends = {link["href"].partition("?")[0].rpartition(".")[2] for link in figure.select("ul.links a")}
        assert ends == {"csv", "json", "svg"}


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/organisation/leds", 404, "Leeds City Council"),
        ("/provider/amazn", 404, "Amazon Web Services"),
        ("/provider/no-such-provider-at-all", 404, "Unknown provider"),
        ("/claim/no-such", 404, "Unknown claim"),
        ("/incident/no-such", 404, "Unknown incident"),
        ("/service/no-such", 404, "Unknown service"),
        ("/outage?provider=azure&hours=-1", 400, "hours"),
        ("/outage?provider=azure&hours=x", 400, "is not a number of hours"),
        ("/outage?provider=azure&region=atlantis", 404, "Unknown region"),
        ("/claim?provider=aws&from=yesterday", 400, "is not a day"),
        ("/map?role=web", 404, "Unknown role of the map"),
        ("/chart/no-such.svg", 404, "unknown figure"),
        ("/chart/provider-roles.csv", 400, "needs provider"),
    ],
)
def test_a_wrong_address_gets_a_sentence_and_a_way_on(served: str, path: str, status: int, words: str) -> None:
    answer = get(served, path)
    assert answer.status_code == status
    assert words.lower() in answer.text.lower()
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "key", ["q", "provider", "organisation", "region", "role", "edition", "from", "hours", "preset"]
)
@pytest.mark.parametrize("path", ["/search", "/contracts", "/claim", "/outage", "/map"])
def test_hostile_keys_stay_text(served: str, path: str, key: str) -> None:
    answer = get(served, path, params={key: HOSTILE})
    assert answer.status_code in (200, 400, 404)
    assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
    assert ">49<" not in answer.text


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


def test_a_pinned_edition_stays_pinned(served: str) -> None:
    edition = get(served, "/healthz").json()["edition"]
    page = BeautifulSoup(get(served, "/", params={"edition": edition}).content, "lxml")
    inner = [a["href"] for a in page.select("nav a, ul.doors a") if a["href"].startswith("/")]
    assert len(inner) > 10
    assert [href for href in inner if f"edition={edition}" not in href] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_form_keeps_the_pinned_edition(served: str, path: str) -> None:
    edition = get(served, "/healthz").json()["edition"]
    page = BeautifulSoup(get(served, f"{path}{'&' if '?' in path else '?'}edition={edition}").content, "lxml")
    forms = page.find_all("form")
    assert forms and all(form.find("input", attrs={"name": "edition", "value": edition}) for form in forms)


def test_a_picture_in_a_page_has_its_colours_from_the_style_sheet(served: str) -> None:
    """What a file says by attribute the page says by class, in light and in dark: each class has its rule."""
    style = get(served, "/assets/site.css").text
    named = set()
    for path in (
        "/",
        "/map",
        "/contracts",
        "/outage",
        "/concentration",
        "/incidents",
        "/ai",
        "/organisation/home-office",
    ):
        for picture in BeautifulSoup(get(served, path).content, "lxml").select("figure svg"):
            for shape in picture.find_all(class_=True):
                named |= set(shape["class"])
                assert not {"fill", "stroke"} & {
                    key for key, value in shape.attrs.items() if str(value).startswith("#")
                }
    assert {"t", "v", "grid", "c-known", "c-0", "s-0", "c-cell"} <= named
    assert [name for name in sorted(named) if not re.search(rf"svg \.{name}\b", style)] == []


def test_picture_rows_and_page_hold_the_same_numbers(served: str, run: Callable[..., Any]) -> None:
    """One figure on the page, in its CSV, its JSON, its picture and on the command line; and the same fingerprint."""
    page = BeautifulSoup(get(served, "/").content, "lxml")
    figure = page.find("figure", id="council-mail")
    shown = {row.find("th").text: row.find_all("td")[-1].text for row in figure.select("tbody tr")}
    rows = list(csv.DictReader(io.StringIO(get(served, "/chart/council-mail.csv").content.decode(), newline="")))
    data = get(served, "/chart/council-mail.json").json()
    told = json.loads(run("concentration", "--json").out)
    counted = {row["name"]: row["items"] for row in told["providers"]}
    assert len(counted) >= 2
    for name, items in counted.items():
        assert float(shown[name]) == items
        assert [float(row["Total"]) for row in rows if row["name"] == name] == [items]
        assert [row["Total"] for row in data["rows"] if row[""] == name] == [items]
    picture = "".join(ET.fromstring(get(served, "/chart/council-mail.svg").content).itertext())
    assert all(f"{name}{items:.0f}" in picture for name, items in counted.items())
    assert data["content_hash"] == told["content_hash"] == get(served, "/healthz").json()["content_hash"]


def test_every_figure_draws_on_the_default_edition(served: str) -> None:
    needs = {
        "provider-roles": "?provider=aws",
        "exposed": "?provider=azure&hours=8",
        "blast-radius": "?preset=fastly-2021-06-08",
        "claim-definitions": "?claim=tussell-aws-2025",
    }
    assert len(figures.figures()) >= 12
    for figure_id in figures.figures():
        keys = needs.get(figure_id, "")
        assert ET.fromstring(get(served, f"/chart/{figure_id}.svg{keys}").content).tag.endswith("svg")
        assert get(served, f"/chart/{figure_id}.json{keys}").json()["rows"], figure_id


def test_an_embed_may_be_framed_and_nothing_else(served: str) -> None:
    embed = get(served, "/embed/council-mail")
    assert "frame-ancestors *" in embed.headers["content-security-policy"]
    assert "x-frame-options" not in embed.headers
    assert "Source:" in embed.text and "Edition" not in embed.text.split("<main")[0]


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
    told = {heading["id"] for heading in page.select("h3[id]")}
    assert {m.ID for m in questions().values() if hasattr(m, "METHODS")} <= told


def test_a_fault_of_ours_is_a_sentence_with_an_id_and_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, since a running server has no fault to show: the middleware answers for any application."""
    import asyncio

    from app.site._failures import failed
    from app.site._safety import Safety

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("a secret path")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/contracts",
        "headers": [],
        "query_string": b"",
        "server": ("localhost", 80),
    }
    with_headers = Safety(broken, failed)
    with ThreadPoolExecutor(1) as pool:  # a browser test in the same process keeps an event loop running in this thread
        pool.submit(lambda: asyncio.run(with_headers(scope, None, send))).result()  # type: ignore[arg-type]
    headers = dict(sent[0]["headers"])
    assert sent[0]["status"] == 500
    assert b"content-security-policy" in headers
    body = sent[1]["body"].decode()
    assert re.search(r"report id [0-9a-f]{8}", body) and "secret" not in body


def test_an_edition_is_opened_once(store_path: Any) -> None:
    assert shown_edition() is shown_edition()


@pytest.mark.parametrize("each", [12, pytest.param(10_000, marks=pytest.mark.full)])
def test_every_link_leads_somewhere(served: str, each: int) -> None:
    """Each address of ours that any page links to is answered well; where nothing serves it, no page links to it.

    So many of each kind; in the long run every one."""
    found: set[str] = set()
    for path in PAGES:
        page = BeautifulSoup(get(served, path).content, "lxml")
        found |= {a["href"].partition("#")[0] for a in page.find_all("a", href=True) if a["href"].startswith("/")}
    kinds: dict[str, list[str]] = {}
    for href in sorted(found - {""}):
        kinds.setdefault("/".join(href.partition("?")[0].split("/")[:2]), []).append(href)
    assert len(kinds) > 15
    asked = [href for hrefs in kinds.values() for href in hrefs[:: max(1, len(hrefs) // each)]]
    failed = [(href, status) for href in asked if (status := get(served, href).status_code) != 200]
    assert failed == []


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


@pytest.mark.parametrize(
    "path",
    [
        "/outage?provider=azure&region=uksouth&hours=8",
        "/concentration?population=contracts&by=jurisdiction&weight=value",
    ],
)
def test_a_reference_gives_the_page_that_was_read(served: str, path: str) -> None:
    """With every key of its address and the edition: what is cited can be read again."""
    page = BeautifulSoup(get(served, path).content, "lxml")
    words = page.find(attrs={"data-cite": True}).text
    address = re.search(r"http\S+(?=, retrieved)", words)[0]
    cited = BeautifulSoup(requests.get(address, timeout=60).content, "lxml")
    assert cited.find("p", class_="lead").text == page.find("p", class_="lead").text
    assert "edition=" in address and "You are reading edition" in cited.text
    newest = next(a["href"] for a in cited.find_all("a") if a.text == "Show the newest.")
    assert newest.partition("?")[2] == path.partition("?")[2]
    for chart in page.find_all("figure"):
        assert address in chart.text
    assert "Evidence up to" in page.find("h1").find_next("p").text


def test_a_company_leads_to_all_that_is_called_so(served: str) -> None:
    answer = get(served, "/provider/microsoft")
    assert answer.status_code == 200 and answer.url.endswith("/search?q=Microsoft")
    assert {"/provider/microsoft-365", "/provider/azure"} <= {
        a["href"] for a in BeautifulSoup(answer.content, "lxml").select("ul.plain a")
    }


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


def test_a_claim_has_a_picture_that_travels_with_its_source(served: str) -> None:
    page = BeautifulSoup(get(served, "/claim/tussell-aws-2025").content, "lxml")
    assert page.find("figure", id="claim-definitions").find("svg")
    picture = " ".join(
        ET.fromstring(get(served, "/chart/claim-definitions.svg?claim=tussell-aws-2025").content).itertext()
    )
    assert "Source:" in picture and "AWS: 189 contracts" in picture
    linked = page.find("h2", string="Records counted").find_next("table").select("td a[href^='/evidence/c-']")
    assert len(linked) > 20


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


@pytest.mark.full
def test_every_page_of_every_thing_is_made(served: str, default_edition: Any) -> None:
    paths = [
        f"/organisation/{r['id']}" for r in default_edition.rows("SELECT organisation_id AS id FROM organisations")
    ]
    paths += [f"/service/{r['id']}" for r in default_edition.rows("SELECT service_id AS id FROM services")]
    paths += [f"/incident/{r['id']}" for r in default_edition.rows("SELECT incident_id AS id FROM incidents")]
    paths += [
        f"/provider/{r['id']}"
        for r in default_edition.rows(
            "SELECT DISTINCT provider AS id FROM findings WHERE provider NOT IN ('none', 'unknown')"
        )
    ]
    paths += [f"/evidence/{r['id']}" for r in default_edition.rows("SELECT contract_id AS id FROM contracts")]
    paths += [f"/claim/{claim_id}" for claim_id in claim.claims()]
    paths += [
        f"/outage?preset={r['id']}" for r in default_edition.rows("SELECT DISTINCT scenario_id AS id FROM exposures")
    ]
    assert len(paths) > 1_000
    with requests.Session() as session:
        failed = [
            (path, status) for path in paths if (status := session.get(served + path, timeout=60).status_code) != 200
        ]
    assert failed == []
