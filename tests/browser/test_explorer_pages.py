"""The pages in a real browser: they paint, fit the screen, keep their state and ask nobody else for anything."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from app import views

PAGES = ["" if view.PAGE.default else view.PAGE.id for view in views.views()]
WIDE, NARROW = (1280, 900), (390, 844)
LOOKS = [
    pytest.param(WIDE, "light", id="1280-light"),
    *(
        pytest.param(size, scheme, id=f"{size[0]}-{scheme}", marks=pytest.mark.full)
        for size, scheme in ((NARROW, "light"), (WIDE, "dark"), (NARROW, "dark"))
    ),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def opened(
    browser: Browser,
    address: str,
    size: tuple[int, int],
    asked: list[str],
    scheme: Literal["light", "dark"] = "light",
) -> Page:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    expect(page.locator("h1").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Content hash").first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)
    return page


def menu(page: Page, title: str) -> Locator:
    """The menu's links of one name: the part comes before the page in it that is called the same."""
    return page.get_by_test_id("stPageLink-NavLink").filter(has_text=re.compile(f"^{re.escape(title)}$"))


def marked(page: Page) -> list[str]:
    """The links that the eye sees as those of the page that is open: bold, on a ground of their own."""
    expect(page.get_by_test_id("stPageLink-NavLink").first).to_be_visible(timeout=60_000)
    return page.get_by_test_id("stPageLink-NavLink").evaluate_all(
        """links => links.filter(link => getComputedStyle(link).backgroundColor !== "rgba(0, 0, 0, 0)"
             && getComputedStyle(link.querySelector("p")).fontWeight >= 600).map(link => link.innerText)"""
    )


def current(page: Page) -> list[str]:
    """The links that a screen reader says are those of the page that is open."""
    return page.locator("a[aria-current=page]").all_inner_texts()


def switch(page: Page, title: str) -> None:
    """To another page by the menu: to the part that it stands in, then to the page."""
    view = next(view.PAGE for view in views.views() if title == view.PAGE.title)
    if view.section:
        menu(page, view.section).first.click()
    menu(page, title).last.click()


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES, ids=lambda name: name or "overview")
def test_every_page_paints_fits_and_asks_nobody_else(
    browser: Browser, served: str, name: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    asked: list[str] = []
    page = opened(browser, f"{served}/explore/{name}", size, asked, scheme)
    ground = page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", ground)[:3])) < 128) is (scheme == "dark")
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text("Traceback").count() == 0
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    home = urlsplit(served).netloc
    foreign = [url for url in asked if urlsplit(url).scheme in ("http", "https", "ws") and urlsplit(url).netloc != home]
    assert foreign == []
    assert page.title().strip()
    page.wait_for_load_state("networkidle")
    papers = page.locator(".js-plotly-plot .main-svg:first-child").evaluate_all(
        "drawn => drawn.map(chart => chart.style.background)"
    )
    assert set(papers) <= {ground}, "a chart lies on the ground of its page"
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"][:200]) for v in found] == []
    page.context.close()


def test_the_menu_leads_to_every_page_by_keyboard_alone_and_shows_where_one_is(browser: Browser, served: str) -> None:
    """It has no part that is closed: from each page each part is one key away, and from its part each page."""
    page = opened(browser, f"{served}/explore/?provider=aws", WIDE, [])
    assert marked(page) == current(page) == ["Overview"]
    for _ in ("the way past the header", "the page, which the arrows scroll", "the menu"):
        page.keyboard.press("Tab")
    expect(menu(page, "Overview")).to_be_focused()
    for view in (view.PAGE for view in views.views() if not view.PAGE.default):
        for title in filter(None, (view.section, view.title)):
            link = menu(page, title).last
            expect(link).to_be_visible()
            if title == view.title and view.id in urlsplit(page.url).path:
                continue  # the first page of its part is open already
            menu(page, "Overview").focus()
            for _ in range(len(views.views())):
                page.keyboard.press("Tab")
                if link.evaluate("link => link === document.activeElement"):
                    break
            expect(link).to_be_focused()
            expect(link).to_have_css("outline-style", "solid")
            page.keyboard.press("Enter")
            expect(page.get_by_text("Content hash").last).to_be_visible(timeout=60_000)
            if title == view.title:
                expect(page).to_have_url(re.compile(rf"/explore/{view.id}\?.*provider=aws"), timeout=60_000)
        expect(menu(page, view.title).last.locator("p")).to_have_css("font-weight", "600")
        assert marked(page) == current(page) == [words for words in (view.section, view.title) if words]
        # Streamlit leaves the first page's address empty, which in a new tab is the page that one is on.
        assert menu(page, "Overview").evaluate("link => link.href") == f"{served}/explore/?provider=aws"
    page.context.close()


def test_a_chart_has_its_words_and_its_table(browser: Browser, served: str) -> None:
    page = opened(browser, f"{served}/explore/", (1280, 900), [])
    expect(page.locator("[aria-label^='Bar chart of councils']").first).to_be_attached(timeout=60_000)
    page.get_by_text("The same as a table").first.click()
    expect(page.locator("table").get_by_text("Microsoft 365").first).to_be_visible()
    page.context.close()


def test_a_choice_is_in_the_address_and_survives_reload_and_a_fresh_profile(browser: Browser, served: str) -> None:
    page = opened(browser, f"{served}/explore/organisation?organisation=home-office", (1280, 900), [])
    expect(page.get_by_text("Home Office's own names").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Home Office's own names").first).to_be_visible(timeout=60_000)
    assert "organisation=home-office" in page.url
    fresh = opened(browser, page.url, (1280, 900), [])
    expect(fresh.get_by_text("Home Office's own names").first).to_be_visible(timeout=60_000)
    fresh.context.close()
    page.context.close()


def test_a_switch_of_page_keeps_every_key(browser: Browser, served: str) -> None:
    page = opened(
        browser, f"{served}/explore/outage?provider=fastly&hours=20&organisation=home-office", (1280, 900), []
    )
    expect(page.get_by_text("fails everywhere for 20 hours").first).to_be_visible(timeout=60_000)
    switch(page, "Organisation")
    expect(page.get_by_text("Home Office's own names").first).to_be_visible(timeout=60_000)
    switch(page, "Provider")
    expect(page.get_by_text("Fastly: no name that we hold points to it").first).to_be_visible(timeout=60_000)
    switch(page, "Outage")
    expect(page.get_by_text("fails everywhere for 20 hours").first).to_be_visible(timeout=60_000)
    for key in ("provider=fastly", "hours=20", "organisation=home-office"):
        assert key in page.url
    page.context.close()


# Every key with a value that stands on some page; those of one page do not shut out each other.
WALK = (
    "provider=aws&product=CloudFront&region=eu-west-2&plane=control&hours=20&role=council-mail-filter&service=govuk"
    "&claim=tussell-aws-2025&layer=front&sector=local&evidence=known&from=2020-01-01&to=2026-01-01&metric=hhi&tab=contracts&q=leeds"
)


def shown(page: Page) -> list[str]:
    """What a page says at its top and foot, once it stands."""
    expect(page.get_by_text("Content hash").last).to_be_visible(timeout=60_000)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(timeout=60_000)
    return page.locator("h1, h2").all_inner_texts()


def test_every_page_and_key_survives_switch_reload_and_a_fresh_profile(browser: Browser, served: str) -> None:
    page = opened(browser, f"{served}/explore/?{WALK}", (1280, 900), [])
    keys = set(WALK.split("&"))
    for view in (view.PAGE for view in views.views() if not view.PAGE.default):
        switch(page, view.title)
        expect(page).to_have_url(re.compile(rf"/explore/{view.id}\?"), timeout=60_000)
        said = shown(page)
        lost = {key for key in keys if key not in page.url}
        assert lost <= {"product=CloudFront"}, (view.id, lost)
        page.reload()
        assert shown(page) == said, view.id
        fresh = opened(browser, page.url, (1280, 900), [])
        assert shown(fresh) == said, view.id
        fresh.context.close()
    page.context.close()
