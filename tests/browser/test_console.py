"""The console in a real browser: with an app's code, on a phone, in Arabic, without script."""

import re
from typing import Literal

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.backend.stories.telling import story_of, tell_all
from tests.browser.conftest import Site, violations
from tests.people import PASSWORD, invited

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def open_page(
    browser: Browser, scheme: Literal["light", "dark"], width: int, **more: object
) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        **more,  # type: ignore[arg-type]
    )
    return context.new_page()


def checked(page: Page) -> None:
    """Axe finds nothing, and nothing is wider than the window."""
    assert violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_an_admin_sets_up_an_app_logs_in_by_it_and_invites_somebody(
    site: Site, browser: Browser
) -> None:
    _, link = invited(site.app, "ann", "admin")
    page = open_page(browser, "light", 1280)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(link)
    checked(page)
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/account?*")
    checked(page)

    totp = pyotp.TOTP(page.locator("code.secret").inner_text())
    page.get_by_label("Code", exact=True).fill(totp.at(site.app.extensions["tagwire"].now()))
    page.locator("#factor-password").fill(PASSWORD)
    page.get_by_role("button", name="Ask for a code from now on").click()
    recovery = page.locator(".codes li").first.inner_text()
    checked(page)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/console/login")

    page.get_by_label("Name", exact=True).fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code", exact=True).fill(recovery)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("navigation").get_by_role("link", name="People").click()
    page.get_by_label("Name", exact=True).fill("Bob")
    page.get_by_role("button", name="Make a link").click()

    expect(page.locator("#notice")).to_contain_text(re.compile("/console/setup/"))
    checked(page)
    assert complaints == []


def test_a_phone_in_arabic_without_script_loses_nothing_that_was_typed(
    site: Site, browser: Browser
) -> None:
    _, link = invited(site.app, "ann", "admin")
    page = open_page(browser, "dark", 390, locale="ar", java_script_enabled=False)
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.locator("form button").click()
    page.wait_for_url("**/console/account?*")
    page.goto(f"{site.url}/console/people")
    page.locator("#name").fill("Bob")
    page.context.clear_cookies()
    page.locator("section.narrow button").first.click()

    page.locator("#password").fill(PASSWORD)  # the page before has a name as well
    page.locator("#name").fill("ann")
    page.locator("form button").click()
    expect(page.locator("#password")).to_have_count(0)
    page.locator("main button").click()

    expect(page.locator("h2[dir=auto]").filter(has_text="Bob")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_a_phone_in_the_dark_can_be_used_by_everyone(site: Site, browser: Browser) -> None:
    _, link = invited(site.app, "ann", "admin")
    page = open_page(browser, "dark", 390, locale="ar")
    page.goto(link)
    checked(page)
    page.locator("#password").fill(PASSWORD)
    page.locator("form button").click()
    page.wait_for_url("**/console/account?*")
    for path in ("/console", "/console/", "/console/account", "/console/people", "/console/keys"):
        page.goto(site.url + path)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        checked(page)
    page.context.clear_cookies()
    page.goto(f"{site.url}/console/login")
    checked(page)


def test_an_editor_merges_tags_and_splits_a_story_by_keyboard_and_takes_both_back(
    site: Site, browser: Browser
) -> None:
    client = site.app.test_client()
    ids = tell_all(client, 3, tags=["Navy", "Fleet"])
    _, link = invited(site.app, "ann", "editor")
    page = open_page(browser, "dark", 390, locale="ar")
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/account?*")
    page.goto(f"{site.url}/console/tags")
    checked(page)

    page.get_by_role("link", name="Fleet").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/tags/Fleet")
    checked(page)
    page.locator("#merge").fill("Navy")
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell").first).to_have_text("3")
    checked(page)
    page.locator("main form button").first.press("Enter")
    expect(page.locator("#notice")).to_contain_text("Fleet")
    page.get_by_role("status").get_by_role("button").press("Enter")
    page.wait_for_url("**/console/tags/Fleet?*")

    page.goto(f"{site.url}/console/stories/{story_of(client, ids[0])['id']}")
    checked(page)
    page.get_by_role("checkbox").last.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/split")
    checked(page)
    page.locator("main form button").first.press("Enter")
    expect(page.get_by_role("checkbox")).to_have_count(2)
    page.locator("#h-decisions + ul button").press("Enter")
    expect(page.get_by_role("checkbox")).to_have_count(3)
