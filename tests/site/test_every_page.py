"""What holds for every page: small and whole, one thing at the top, and for bad addresses a sentence and a way on."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from app.stores import shown_edition
from pipelines.answers import claim
from tests.site.conftest import PAGES, get

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


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


@pytest.mark.parametrize("path", [path for path in PAGES if "/dictionary" not in path])
def test_money_has_one_sign_on_every_page(served: str, path: str) -> None:
    """What is copied out of a sentence has the sign of the table beside it; GBP stands in names of columns only."""
    page = BeautifulSoup(get(served, path).content, "lxml")
    assert not re.search(r"\bGBP\b", page.get_text(" "))


def test_titles_tell_pages_apart(served: str) -> None:
    titles = [BeautifulSoup(get(served, path).content, "lxml").title.text for path in PAGES if "?" not in path]
    assert len(titles) == len(set(titles)) > 15


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
