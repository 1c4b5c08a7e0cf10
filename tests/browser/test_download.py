"""The download page in a browser: an iPad that says it is a Mac is recognised by its screen."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Site

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
    focused = page.evaluate("document.activeElement.id")
    assert focused == ("app-store" if is_ipad else "")
    assert complaints == []
    page.context.close()
