"""Sources in a real browser: added by a site's address on a phone in Arabic, tried on a desk."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from backend.core.db import db
from backend.ingest.poller import Poller
from tests.backend.console.test_sources import PAGE
from tests.backend.ingest.feeds import Item, rss
from tests.backend.ingest.test_poller import POLICY
from tests.backend.outbound.server import Publisher, publisher
from tests.browser.conftest import Site
from tests.browser.test_console import checked, open_page
from tests.people import PASSWORD, invited

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/", PAGE, **{"Content-Type": "text/html"})
        found.answers("/feed.xml", rss(Item(1), Item(2, None)))
        found.answers("/sport.xml", rss(Item(9), title="Sport"))
        yield found


def poll(app: Flask) -> None:
    with app.app_context():
        context = app.extensions["tagwire"]
        Poller(context.hooks, POLICY, context.clock).poll_one()
        db.session.remove()


def test_a_source_is_added_by_its_site_on_a_phone_without_script_and_in_arabic(
    site: Site, browser: Browser, server: Publisher
) -> None:
    _, link = invited(site.app, "ada", "admin")
    page = open_page(browser, "dark", 390, locale="ar", java_script_enabled=False)
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.locator("form button").click()
    page.wait_for_url("**/console/account?*")

    page.goto(f"{site.url}/console/sources:add")
    page.locator("#url").fill(server.url("/"))
    page.keyboard.press("Enter")
    expect(page.locator("#h-trial")).to_be_visible()
    page.locator('form[action="/console/sources"] button').first.click()

    page.wait_for_url("**/console/sources/daily-harbour?*")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("h1")).to_have_text("Daily Harbour")


def test_every_page_of_them_can_be_used_by_everyone(
    site: Site, browser: Browser, server: Publisher
) -> None:
    _, link = invited(site.app, "ada", "admin")
    page = open_page(browser, "light", 1280)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(link)
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/account?*")
    page.goto(f"{site.url}/console/sources")
    page.keyboard.press("n")
    page.wait_for_url("**/console/sources:add")
    page.get_by_label("Address of a site or a feed").fill(server.url("/"))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add this source").wait_for()
    checked(page)
    page.get_by_role("button", name="Add this source").click()
    expect(page.get_by_text("Waiting for the poller")).to_be_visible()
    poll(site.app)
    expect(page.get_by_role("cell", name="changed", exact=True)).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 844})
    own = "/console/sources/daily-harbour"
    for path in (own, "/console/sources", "/console/audit", "/console/going-live"):
        page.goto(site.url + path)
        checked(page)
    assert complaints == []
