"""Following a page in real Chromium: the button, its page, and what the service worker shows.

Chromium's push service cannot be another one, so `subscribe()` alone is answered by the test, and
what the stand-in took, read by an independent decryptor, is delivered over DevTools. The whole way
through a browser's own push client is in `test_following_firefox.py`.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, serving, violations
from tests.browsers import Browser
from tests.factories import publish
from tests.push.editor import alert
from tests.push.transport.test_to_browsers import Place, Working, place, working

__all__ = ["place", "working"]

pytestmark = pytest.mark.browser

# As a push service answers, for a key that the page names.
SUBSCRIBED = """(() => {
  const told = %s;
  const made = (key) => ({endpoint: told.endpoint, toJSON: () => told, unsubscribe: async () => !(kept = null),
    options: {applicationServerKey: Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")),
      (each) => each.charCodeAt(0)).buffer}});
  let kept = null;
  PushManager.prototype.getSubscription = async () => kept;
  PushManager.prototype.subscribe = async ({applicationServerKey: key}) => (kept = made(key));
})()"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
  ({title, body, tag, icon, badge, data}) => ({title, body, tag, icon, badge, data}))"""


@pytest.fixture
def site(make_app: Callable[..., Flask], place: Place) -> Iterator[Site]:
    with serving(make_app, **place.settings) as found:
        yield found


@pytest.fixture
def newsroom(site: Site) -> Flask:
    publish(site.app.test_client(), title="Ferries wait", tags=["Harbour"], category="World")
    return site.app


@pytest.fixture
def context(browser: Chromium, place: Place) -> Iterator[BrowserContext]:
    reader = place.browsers["reader"] = Browser(f"https://{place.host}/wpush/reader")
    made = browser.new_context(viewport={"width": 390, "height": 800}, locale="en-GB")
    made.grant_permissions(["notifications"])
    made.add_init_script(SUBSCRIBED % json.dumps(reader.address["subscription"]))
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def follow(page: Page, site: Site, path: str = "/tag/Harbour") -> None:
    page.goto(site.url + path)
    page.evaluate("navigator.serviceWorker.ready")
    button = page.get_by_role("button", name="Follow", exact=False).first
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def installation(page: Page) -> Any:
    return page.evaluate("installation.known()")


def deliver(page: Page, site: Site, message: dict[str, Any]) -> None:
    """What the browser's push client does with a message that it has decrypted."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(each["registrationId"] for each in told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.wait_for_timeout(200)
    told = {"origin": site.url, "registrationId": found[-1], "data": json.dumps(message)}
    session.send("ServiceWorker.deliverPushMessage", told)


def test_what_is_followed_on_a_page_comes_as_an_alert(
    site: Site, newsroom: Flask, place: Place, working: Working, page: Page
) -> None:
    follow(page, site)
    expect(page.get_by_text("You will be alerted to news of this.")).to_be_visible()
    assert violations(page) == []
    told = alert(newsroom.test_client(), title="Bridge closed", body="Until noon.")
    working.run()
    [(name, message)] = place.read()
    assert name == "reader"

    deliver(page, site, message)
    page.wait_for_function(f"({SHOWN})().then((all) => all.length)")

    [shown] = page.evaluate(SHOWN)
    assert (shown["title"], shown["body"]) == ("Bridge closed", "Until noon.")
    assert shown["tag"] == message["notification"]["tag"]
    assert shown["data"]["notification_id"] == told["id"]
    assert [page.request.get(shown[name]).status for name in ("icon", "badge")] == [200, 200]
