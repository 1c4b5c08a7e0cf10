"""The download page in a browser: an iPad that says it is a Mac is recognised by its screen, and
the page looks right wherever it is read.
"""

from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.conftest import Site, violations
from tests.factories import publish

pytestmark = pytest.mark.browser

MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
# What the browser itself says is not the promise here: only the reaction to it is.
TOUCH = "Object.defineProperty(navigator, 'maxTouchPoints', { get: () => %d })"


def opened(browser: Browser, site: Site, *, points: int) -> tuple[Page, list[str]]:
    context = browser.new_context(user_agent=MAC)
    context.add_init_script(TOUCH % points)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.url}/download?to=/tag/x", wait_until="networkidle")
    return page, complaints


@pytest.mark.parametrize(("points", "is_ipad"), [(5, True), (0, False)])
def test_an_ipad_is_offered_its_own_store(
    browser: Browser, site: Site, points: int, is_ipad: bool
) -> None:
    page, complaints = opened(browser, site, points=points)

    assert page.locator(".scan").count() == (0 if is_ipad else 1)
    assert page.locator("#play-store").count() == (0 if is_ipad else 1)
    assert page.locator("#app-store").is_visible()
    assert page.locator("#keep").is_visible() is is_ipad
    focused = page.evaluate("document.activeElement.id")
    assert focused == ("app-store" if is_ipad else "")
    assert complaints == []
    page.context.close()


def page_for(
    browser: Browser, site: Site, path: str, **context: Any
) -> tuple[Page, list[str], list[str]]:
    """The page, whom else it asked for anything, and what the browser complained about."""
    page = browser.new_context(**context).new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(site.url + path, wait_until="networkidle")
    return page, [url for url in asked if not url.startswith(site.url)], complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_fits_in_light_and_dark_and_asks_nobody_else(
    browser: Browser, site: Site, scheme: Literal["light", "dark"], width: int
) -> None:
    size: ViewportSize = {"width": width, "height": 800}
    page, strangers, complaints = page_for(
        browser, site, "/download?to=/tag/x&campaign=spring", color_scheme=scheme, viewport=size
    )

    shades = page.evaluate(
        "[document.body, document.querySelector('h1')].map((element, at) =>"
        " getComputedStyle(element)[at ? 'color' : 'backgroundColor'].match(/\\d+/g)[0] < 128)"
    )
    assert shades == ([True, False] if scheme == "dark" else [False, True])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".badge").count() == 2
    assert (strangers, complaints) == ([], [])
    assert page.context.cookies() == []
    page.context.close()


def test_the_page_runs_from_right_to_left_where_its_story_does(
    browser: Browser, site: Site
) -> None:
    title = "عاصفة تضرب الميناء"
    article = publish(site.app.test_client(), title=title, language="ar")
    page, _, complaints = page_for(
        browser,
        site,
        f"/download?to=/article/{article['id']}",
        viewport={"width": 900, "height": 800},
    )

    def left(selector: str) -> float:
        box = page.locator(selector).bounding_box()
        assert box is not None
        return box["x"]

    assert page.locator(".story").inner_text() == title
    assert left("#app-store") > left("#play-store")
    assert page.locator("#open").get_attribute("href") == (
        "https://open.news.test" + urlsplit(article["url"]).path
    )
    assert complaints == []
    page.context.close()


IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36"
)
PHONE: ViewportSize = {"width": 360, "height": 740}


def test_an_iphone_takes_its_place_along_by_a_tap(browser: Browser, site: Site) -> None:
    page, strangers, complaints = page_for(
        browser,
        site,
        "/download?to=/tag/rain",
        user_agent=IPHONE,
        viewport=PHONE,
        permissions=["clipboard-read", "clipboard-write"],
    )
    before = page.evaluate("navigator.clipboard.readText()")

    page.locator("#copy").click()
    page.locator("#copied").get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    claimed = site.app.test_client().post(
        "/v1/deeplinks/claim", json={"install_referrer": copied}, base_url=site.url
    )

    assert "tw_claim" not in before
    assert claimed.get_json()["screen"] == {"name": "tag", "params": {"tag": "rain"}}
    assert page.locator(".first #open").get_attribute("href") == "https://open.news.test/tag/rain"
    assert (violations(page), strangers, complaints) == ([], [], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.context.close()


@pytest.mark.parametrize("agent", [IPHONE, ANDROID])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_script_a_phone_has_both_ways(
    browser: Browser, site: Site, agent: str, scheme: Literal["light", "dark"]
) -> None:
    page, strangers, complaints = page_for(
        browser,
        site,
        "/download?to=/tag/rain",
        user_agent=agent,
        viewport=PHONE,
        color_scheme=scheme,
        java_script_enabled=False,
    )
    store = page.locator("#app-store" if agent == IPHONE else "#play-store")

    assert page.locator(".first #open").is_visible()
    assert store.is_visible()
    assert page.locator("#place").is_visible() is (agent == IPHONE)
    assert not page.locator("#copy").is_visible()
    assert (strangers, complaints) == ([], [])
    page.context.close()
