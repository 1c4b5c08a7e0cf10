"""An alert is written in a real browser: with script on a desk, without one on a phone."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.test_console import checked, open_page
from tests.factories import publish, register
from tests.people import PASSWORD, invited
from tests.push.many_readers import register_many

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ADDRESS = "https://herald.example/bridge"
# What the page asks for while it shows an estimate.
EXACT = "**/console/alerts/drafts/*/readers*"


def newsroom(app: Flask) -> None:
    client = app.test_client()
    publish(client, title="The bridge is closed", url=ADDRESS, tags=["Harbour"], category="World")
    publish(client, title="Ferries run again", tags=["Ferry"])
    for platform in ("ios", "android"):
        register(client, "tag:Harbour", platform=platform)
    register(client, "tag:Ferry")


def logged_in(page: Page, site: Site) -> None:
    _, link = invited(site.app, "ann", "editor")
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.locator("form button").click()
    page.wait_for_url("**/console/account?*")


def test_an_editor_pastes_an_address_writes_sees_sends_and_takes_back(
    site: Site, browser: Browser
) -> None:
    newsroom(site.app)
    page = open_page(browser, "light", 1280)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    logged_in(page, site)
    page.goto(f"{site.url}/console/alerts/new")
    expect(page.locator(".pick")).to_have_count(2)
    checked(page)
    page.locator("#q").fill(f"{ADDRESS}?utm_source=mail")
    expect(page.locator(".pick")).to_have_count(1)
    page.locator(".pick").click()

    send = page.locator("button[value=send]")
    expect(send).to_have_text("Send to 2")
    page.locator("#title").fill("The bridge at the harbour is closed until the evening")
    expect(page.locator(".cuts")).to_contain_text(["39 of 53 characters", ""])
    page.locator("#topic_q").press_sequentially("fer")
    page.get_by_label(re.compile("Ferry")).check()
    expect(send).to_have_text("Send to 3")
    page.get_by_label("dark").check()
    checked(page)

    send.click()
    expect(page.locator(".countdown")).to_be_visible()
    checked(page)
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody was sent it.")
    expect(page.locator("#title")).to_have_value(re.compile("^The bridge at"))
    assert complaints == []


def test_of_many_readers_the_estimate_makes_room_for_the_exact_number(
    site: Site, browser: Browser
) -> None:
    publish(site.app.test_client(), tags=["Harbour"])
    with site.app.app_context():
        register_many(40_000, "tag:Harbour", now=site.app.extensions["tagwire"].now())
    page = open_page(browser, "light", 390, locale="ar")
    logged_in(page, site)
    page.route(EXACT, lambda route: route.fulfill(status=204))  # not counted yet
    page.goto(f"{site.url}/console/alerts/new")
    page.locator(".pick").first.click()
    send, heading = page.locator("#do-send"), page.locator("#h-readers")

    expect(heading).to_contain_text("نحو")
    expect(send).to_be_disabled()
    checked(page)
    page.unroute(EXACT)
    expect(heading).to_have_text(re.compile(r"^يصل إلى 36,000$"))
    expect(send).to_be_enabled()
    checked(page)
    page.locator("#title").fill("إغلاق الجسر")
    expect(page.locator(".cuts")).to_contain_text(["11"])
    expect(heading).to_have_text(re.compile(r"^يصل إلى 36,000$"))


def test_on_a_phone_in_arabic_without_script_an_alert_is_written_and_sent(
    site: Site, browser: Browser
) -> None:
    newsroom(site.app)
    page = open_page(browser, "dark", 390, locale="ar", java_script_enabled=False)
    logged_in(page, site)
    page.goto(f"{site.url}/console/alerts/new?q=bridge")
    page.locator(".pick").click()
    page.locator("#language").fill("ar")
    page.locator("button[value=language]").click()
    page.locator("input[name='title:ar']").fill("إغلاق الجسر")
    page.locator("#topic_q").fill("Fer")
    page.locator("button[value=find]").click()
    page.get_by_label(re.compile("Ferry")).check()
    page.locator("form.desk button").first.click()

    expect(page.locator("button[value=send]")).to_contain_text("3")
    expect(page.locator(".phones[dir=rtl] strong").first).to_have_text("إغلاق الجسر")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("button[value=send]").click()
    page.locator("#take-back").click()
    expect(page.locator("input[name='title:ar']")).to_have_value("إغلاق الجسر")
