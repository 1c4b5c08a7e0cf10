"""Short links in a real browser: made, changed with its effect shown first, copied, on a phone."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site
from tests.browser.test_console import checked, open_page
from tests.people import PASSWORD, invited

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_editor_makes_a_link_and_sees_what_a_change_would_do(
    site: Site, browser: Browser
) -> None:
    _, link = invited(site.app, "ann", "editor")
    page = open_page(browser, "dark", 390)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.locator("form button").click()
    page.wait_for_url("**/console/account?*")
    for path in ("devices", "webhooks", "links"):
        page.goto(f"{site.url}/console/{path}")
        checked(page)

    page.keyboard.press("n")
    page.wait_for_url("**/console/links/new")
    page.get_by_label("Code", exact=True).fill("storm")
    page.get_by_label("Leads to").first.fill("/tag/Storm")
    page.get_by_role("button", name="Make the link").click()
    expect(page.locator("#notice")).to_contain_text("The link is in use from now on.")
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    expect(page.get_by_role("img", name="QR code of this link")).to_have_js_property(
        "complete", value=True
    )
    checked(page)

    page.get_by_label("Leads to").first.fill("/tag/Harbour")
    page.get_by_role("button", name="Show what that would change").click()
    expect(page.locator("#notice")).to_contain_text("Nothing was changed yet.")
    expect(page.get_by_label("Leads to").first).to_have_value("/tag/Harbour")
    assert complaints == []
