"""Text of strangers, from a notice to every page: it stays text. In this process, on a store of the test's own."""

from __future__ import annotations

import asyncio
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from starlette.applications import Starlette

from app import site
from app.site._failures import HANDLERS
from app.site._pages import hosts
from app.stores import shown_edition

NOTICES = Path(__file__).parents[1] / "golden" / "bodies" / "notices.json"
TITLE = "</title><script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} =HYPERLINK(1) ‮gnp"
SUPPLIER = 'Amazon Web Services UK Ltd."><svg onload=alert(3)>'


def page(path: str) -> tuple[int, str]:
    """Status and body of an address, asked of the application itself."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    name, _, query = path.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": name, "raw_path": name.encode(), "query_string": query.encode(), "headers": [],
        "server": ("localhost", 80), "scheme": "http", "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    application = Starlette(routes=list(site.routes()), exception_handlers=dict(HANDLERS))
    # In a thread of its own: a browser test in the same process keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(application(scope, receive, send))).result()
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]).decode()


@pytest.fixture
def taken(run: Callable[..., Any], tmp_path: Path) -> None:
    body = json.loads(NOTICES.read_text())
    release = body["releases"][0]
    release["tender"]["title"] = TITLE
    for place in (release["parties"][1], release["awards"][0]["suppliers"][0]):
        place["name"] = SUPPLIER
    (tmp_path / "notices.json").write_text(json.dumps(body))
    assert run("import", "ocds", tmp_path / "notices.json").code == 0
    assert run("build").code == 0


def test_no_page_lets_it_become_markup(taken: None) -> None:
    edition = shown_edition()
    contract = edition.rows("SELECT contract_id FROM contracts WHERE title LIKE '%alert(1)%'")
    assert len(contract) == 1, "the notice is in the edition"
    seen = 0
    for path in (
        "/contracts", "/contracts?provider=aws", "/organisation/home-office", "/provider/aws", f"/evidence/{contract[0]['contract_id']}",
        f"/search?q={quote('Amazon Web Services UK')}", "/claim?provider=aws", "/leads", "/",
    ):  # fmt: skip
        status, body = page(path)
        assert status == 200, path
        parsed = BeautifulSoup(body, "lxml")
        assert not parsed.find_all(onerror=True) and not parsed.find_all(onload=True), path
        assert "alert(" not in "".join(script.text for script in parsed.find_all("script")), path
        assert "<script>alert" not in body and "<img src=x" not in body and "<svg onload" not in body, path
        assert "‮" not in body, path
        seen += "&lt;script&gt;alert(1)" in body
    assert seen >= 3, "the text is shown, as text"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("courtfines.direct.gov.uk", "courtfines.<wbr>direct.<wbr>gov.<wbr>uk"),
        ("Home Office", "Home Office"),
        ("a.<b>", "a.&lt;b&gt;"),
        ("St. Helens Council. Mail", "St. Helens Council. Mail"),
    ],
)
def test_a_host_in_a_heading_may_break_after_a_dot(text: str, shown: str) -> None:
    assert hosts(text) == shown


def test_no_picture_and_no_file_lets_it_become_markup(taken: None) -> None:
    status, body = page("/chart/contracts-timeline.svg?provider=aws")
    assert status == 200
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(body).iter()}
    assert tags <= {"svg", "g", "rect", "text", "path", "circle", "defs", "pattern"}
    assert page("/chart/contracts-timeline.csv?provider=aws")[0] == 200
    assert "@" not in page("/contracts")[1].replace("@media", "")


def test_a_new_edition_is_shown_at_once_and_the_old_one_stays_readable(run: Callable[..., Any], tmp_path: Path) -> None:
    before = run("build", "--json").json["edition"]
    assert json.loads(page("/healthz")[1])["edition"] == before
    assert run("import", "ocds", NOTICES).code == 0
    after = run("build", "--json").json["edition"]
    assert json.loads(page("/healthz")[1])["edition"] == after != before
    assert f"You are reading edition {before}" in page(f"/?edition={before}")[1]
    assert page("/?edition=2020-01-01-00000000")[0] == 404
