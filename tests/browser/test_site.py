"""The HTML pages in a real browser: no barrier that axe-core finds, nothing too wide, nothing asked of anybody else."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from starlette.routing import Route

from app.site import routes

ROOT = Path(__file__).parents[2]

PAGES = {
    "home": "/",
    "search": "/search?q=leeds",
    "organisation": "/organisation/ministry-of-justice",
    "provider": "/provider/aws",
    "service": "/service/govuk",
    "incident": "/incident/aws-2025-12-kiro-costexplorer",
    "incidents": "/incidents",
    "outage": "/outage?provider=azure&region=uksouth&hours=8",
    "claim": "/claim/tussell-aws-2025",
    "claim form": "/claim?provider=amazon&organisation=home-office",
    "contracts": "/contracts",
    "map": "/map",
    "concentration": "/concentration?population=contracts&by=jurisdiction&weight=value",
    "shared": "/shared",
    "leads": "/leads",
    "data": "/data/",
    "dictionary": "/data/latest/dictionary",
    "ai": "/ai",
    "quality": "/quality",
    "methods": "/methods",
    "changes": "/changes",
    "accessibility": "/accessibility",
    "evidence": "/evidence/justice.gov.uk",
    "embed": "/embed/layers",
    "nothing there": "/organisation/leds",
}
LOOKS = [
    pytest.param(1280, "light", marks=pytest.mark.full),
    pytest.param(390, "light", marks=pytest.mark.full),
    (390, "dark"),
    pytest.param(1280, "dark", marks=pytest.mark.full),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def opened(browser: Browser, address: str, width: int, scheme: str, asked: list[str], heard: list[str]) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.wait_for_load_state("load")
    return page


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_at_both_widths_in_light_and_dark(
    browser: Browser, served: str, name: str, width: int, scheme: str
) -> None:
    asked: list[str] = []
    heard: list[str] = []
    page = opened(browser, served + PAGES[name], width, scheme, asked, heard)
    for summary in page.locator("details").all():
        summary.evaluate("element => element.open = true")
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"][:200]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    home = urlsplit(served).netloc
    assert [url for url in asked if urlsplit(url).scheme.startswith("http") and urlsplit(url).netloc != home] == []
    assert [line for line in heard if "404" not in line] == []
    page.context.close()


def test_no_page_is_left_out() -> None:
    """Every address that gives a page is in the list; the explorer, files, feeds and charts are examined elsewhere."""
    elsewhere = re.compile(r"/(explore|assets|api|feed|chart|healthz)\b|\.(txt|xml)$|\{file\}|/data/\{edition\}/$")
    opened = [urlsplit(address).path for address in PAGES.values()]
    missing = [
        route.path
        for route in routes()
        if isinstance(route, Route) and not elsewhere.search(route.path)
        if not any(route.path_regex.match(path) for path in opened)
    ]
    assert missing == []


def test_the_examination_finds_a_barrier_where_there_is_one(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<html><body><img src='x.png'><p style='color:#ccc'>pale</p></body></html>")
    found = {v["id"] for v in Axe().run(page, options={"runOnly": RULES}).response["violations"]}
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found
    page.close()


@pytest.mark.parametrize("name", ["home", "organisation", "outage", "claim"])
def test_nothing_is_cut_at_320_pixels(browser: Browser, served: str, name: str) -> None:
    page = opened(browser, served + PAGES[name], 320, "light", [], [])
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.context.close()


@pytest.mark.parametrize("name", ["organisation", "claim", "provider", "outage", "contracts"])
def test_a_printed_page_loses_no_column_and_says_how_we_know(browser: Browser, served: str, name: str) -> None:
    """On A4 with ordinary margins: 186 millimetres, 703 units of a page."""
    page = opened(browser, served + PAGES[name], 703, "light", [], [])
    page.emulate_media(media="print")
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(t => t.offsetParent && t.scrollWidth > document.querySelector('main').clientWidth)"
        ".map(t => t.getAttribute('aria-label'))"
    )
    assert cut == []
    # A figure that is taller than a page would leave the page before it empty.
    assert (
        page.evaluate("Math.max(0, ...[...document.querySelectorAll('figure.chart')].map(f => f.offsetHeight))") < 1000
    )
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    # Methods and sources are folded on the screen; paper cannot be unfolded.
    assert page.locator("main > details li").last.evaluate(
        "e => e.checkVisibility() && e.getBoundingClientRect().height > 0"
    )
    assert not page.get_by_role("button").first.is_visible()
    page.context.close()


def test_search_works_with_the_keyboard_and_without_script(browser: Browser, served: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.get_by_role("searchbox").focus()
    page.keyboard.type("home ofice")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Home Office").first.click()
    assert urlsplit(page.url).path == "/organisation/home-office"
    assert page.get_by_role("heading", level=1).inner_text() == "Home Office"
    context.close()


def test_the_outage_form_is_its_address(browser: Browser, served: str) -> None:
    page = opened(browser, f"{served}/outage", 1280, "light", [], [])
    page.get_by_label("Provider that fails").select_option("aws")
    page.get_by_role("spinbutton", name="Hours").fill("13")
    page.get_by_role("button", name="Show who is exposed").click()
    assert "provider=aws" in page.url and "hours=13" in page.url
    said = page.locator("p.lead").inner_text()
    fresh = opened(browser, page.url, 390, "light", [], [])
    assert fresh.locator("p.lead").inner_text() == said
    page.context.close()
    fresh.context.close()


def test_a_picture_is_saved_as_png_with_its_source_line(browser: Browser, served: str) -> None:
    page = opened(browser, served, 1280, "light", [], [])
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG of Evidence points to Microsoft 365 for the mail").click()
    assert waiting.value.suggested_filename == "cloudhold-council-mail.png"
    body = waiting.value.path().read_bytes()
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(body[16:20], "big") == 800
    page.context.close()


def test_what_is_folded_opens_for_a_link_to_it_and_is_printed(browser: Browser, served: str) -> None:
    page = opened(browser, f"{served}/methods", 390, "light", [], [])
    words = page.locator("#measure-hhi")
    assert not words.is_visible()
    page.get_by_role("link", name="How each measure is made").click()
    expect(page.locator("#measures")).to_be_in_viewport()
    page.get_by_role("heading", name="Herfindahl").click()
    expect(words).to_be_visible()
    page.goto(f"{served}/concentration")
    page.goto(f"{served}/methods#measure-hhi")
    expect(words).to_be_in_viewport()
    page.goto(f"{served}/methods")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Herfindahl")).to_be_visible()
    assert page.locator("#measure-hhi").bounding_box()["height"] > 50
    page.context.close()


def test_a_host_in_a_heading_is_not_cut_within_a_word(browser: Browser, served: str) -> None:
    page = opened(browser, f"{served}/evidence/courtfines.direct.gov.uk", 390, "light", [], [])
    lines_of_words = """heading => {
        const found = {}, walk = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const range = document.createRange();
            range.selectNodeContents(walk.currentNode);
            found[walk.currentNode.data] = range.getClientRects().length;
        }
        return found;
    }"""
    found = page.locator("h1").evaluate(lines_of_words)
    assert found == {"How we know: courtfines.": 2, "direct.": 1, "gov.": 1, "uk": 1}  # the first at its blank
    page.context.close()


def test_both_faces_share_their_state(browser: Browser, served: str) -> None:
    page = opened(browser, f"{served}/organisation/home-office", 1280, "light", [], [])
    page.get_by_role("link", name="Filter and compare in the explorer").click()
    page.wait_for_url("**/explore/organisation?organisation=home-office")
    page.context.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bytes_of(browser: Browser, address: str) -> tuple[int, int]:
    """(bytes on the wire, requests) of a first visit, until the page's first chart stands."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address)
    expect(page.locator(".js-plotly-plot .bars path").first).to_be_attached(timeout=60_000)
    page.wait_for_load_state("networkidle")
    context.close()
    return int(sum(sizes)), len(sizes)


def test_the_explorers_first_load_is_a_third_of_stock_streamlits(
    browser: Browser, served: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same page, once from our server and once from `streamlit run`, in the same run."""
    port = free_port()
    environment = {**os.environ, "CLOUDHOLD_STORE": str(tmp_path_factory.mktemp("stock") / "store")}
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py"), "--server.port", str(port)]
    stock = subprocess.Popen(
        [*command, "--server.address", "127.0.0.1"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.25)
        theirs, _ = bytes_of(browser, f"http://127.0.0.1:{port}/")
    finally:
        stock.terminate()
        stock.wait(timeout=20)
    ours, _ = bytes_of(browser, f"{served}/explore/")
    assert theirs > 3_000_000, "the measurement saw the whole of the stock page"
    assert ours <= theirs / 3, f"{ours:,} bytes against {theirs:,}"
