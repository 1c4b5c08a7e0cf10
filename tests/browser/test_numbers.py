"""The page of numbers in a real browser: readable by everybody, on a phone, in Arabic, at night."""

import pytest
from playwright.sync_api import Browser, expect

from tests.backend.numbers.conftest import make_days
from tests.browser.conftest import Site
from tests.browser.test_console import checked, open_page
from tests.conftest import Clock
from tests.factories import publish, register
from tests.people import PASSWORD, invited

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_numbers_are_read_on_a_screen_and_on_a_phone_in_arabic(
    site: Site, browser: Browser, clock: Clock
) -> None:
    client = site.app.test_client()
    publish(client, source="herald", tags=["Harbour", "AVeryLongNameWithoutAnySpace" * 3])
    for _ in range(6):
        register(client, "tag:Harbour")
    make_days(site.app, clock)
    _, link = invited(site.app, "ann", "editor")
    page = open_page(browser, "light", 1280)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(link)
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/account?*")
    page.get_by_role("navigation").get_by_role("link", name="Numbers").click()
    page.get_by_role("link", name="90 days").click()
    page.wait_for_url("**/console/numbers?days=90")

    page.get_by_text("Table Follows by day").click()

    table = page.get_by_role("region", name="Follows by day")
    expect(table.get_by_role("row", name="2026-03-02")).to_contain_text("6")
    expect(page.get_by_role("img", name="Follows by day")).to_be_visible()
    checked(page)
    assert complaints == []
    phone = open_page(browser, "dark", 390, locale="ar", storage_state=page.context.storage_state())
    phone.goto(f"{site.url}/console/numbers")
    expect(phone.get_by_role("heading", level=1)).to_have_text("الأرقام")
    checked(phone)
    page.context.close()
    phone.context.close()
