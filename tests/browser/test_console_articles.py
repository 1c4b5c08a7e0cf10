"""Articles in a real browser: a wrong tag, two people at one text, a takedown and its undoing."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PICTURES, Site
from tests.browser.test_console import checked, open_page
from tests.conftest import EDITOR
from tests.factories import publish
from tests.people import PASSWORD, invited

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def enter(page: Page, site: Site, name: str) -> None:
    _, link = invited(site.app, name, "editor")
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/console/account?*")


def test_an_editor_finds_mends_and_takes_down_an_article(site: Site, browser: Browser) -> None:
    client = site.app.test_client()
    fields = {"title": "Ferries sail again", "url": "https://herald.example/ferries"}
    made = publish(client, **fields, tags=["Harbour"], image={"url": f"https://{PICTURES}/1"})
    page = open_page(browser, "light", 1280)
    page.route(f"https://{PICTURES}/**", lambda route: route.abort())
    enter(page, site, "ann")

    page.get_by_role("navigation").get_by_role("link", name="Articles").click()
    checked(page)
    page.get_by_label("Words, an address or an id").fill(fields["url"])
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Ferries sail again").click()
    page.locator("summary", has_text="#Harbour").click()
    checked(page)
    page.get_by_role("button", name="Not on this article").click()
    page.get_by_label("Add a tag").press_sequentially("harb")
    expect(page.locator("#tags-offered option")).to_have_attribute("value", "Harbour")

    page.get_by_role("link", name="Edit").click()
    url = f"/v1/newsroom/articles/{made['id']}"
    client.patch(url, headers=EDITOR, json={"title": "Ferries sail at noon"})
    page.get_by_label("Title").fill("Ferries")
    page.get_by_label("Readers are told that it was corrected").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed it")
    checked(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#notice")).to_contain_text("The article was changed.")

    page.get_by_role("link", name="Take it down").click()
    checked(page)
    page.get_by_label("Type “take down” to go on").fill("take down")
    page.get_by_role("button", name="Take it down").click()
    expect(page.locator("#notice")).to_contain_text("no page shows it any more")
    assert client.get(f"/v1/articles/{made['id']}").status_code == 410
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#notice")).to_contain_text("where it was")


def test_a_phone_in_arabic_without_script_mends_an_article(site: Site, browser: Browser) -> None:
    client = site.app.test_client()
    made = publish(client, title="Ferries sail again", tags=["Harbour"])
    page = open_page(browser, "dark", 390, locale="ar", java_script_enabled=False)
    enter(page, site, "ann")

    page.goto(f"{site.url}/console/articles/{made['id']}/edit")
    page.locator("#title").fill("Ferries sail")
    page.locator(".wide-form button").first.click()

    expect(page.locator("h1")).to_have_text("Ferries sail")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page).to_have_url(re.compile("done=edit"))
