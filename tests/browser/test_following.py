"""Following a page in real Chromium: the button, its page, and what the service worker shows.

Chromium's push service cannot be another one, so `subscribe()` alone is answered by the test, and
what the stand-in took, read by an independent decryptor, is delivered over DevTools. The whole way
through a browser's own push client is in `test_following_firefox.py`.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Site, serving, violations
from tests.browsers import Browser
from tests.factories import publish
from tests.push.editor import alert, read
from tests.push.transport.test_to_browsers import Place, Working, place, working
from tests.waiting import PATIENCE_S

__all__ = ["place", "working"]

pytestmark = pytest.mark.browser

# As a push service answers, for a key that the page names.
SUBSCRIBED = """(() => {
  const told = %s;
  let kept = null;
  const bytes = (key) => Uint8Array.from(
    atob(key.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  const made = (key) => ({endpoint: told.endpoint, toJSON: () => told,
    unsubscribe: async () => !(kept = null), options: {applicationServerKey: bytes(key).buffer}});
  PushManager.prototype.getSubscription = async () => kept;
  PushManager.prototype.subscribe = async ({applicationServerKey: key}) => (kept = made(key));
})()"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
  ({title, body, tag, icon, badge, data}) => ({title, body, tag, icon, badge, data}))"""

# A tap of nobody's may open no window, so what it opens is noted.
TAPPED = """async () => {
  globalThis.opened = [];
  clients.openWindow = async (url) => opened.push(url);
  const [notification] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", {notification}));
}"""


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


def until(page: Page, holds: Callable[[], object]) -> None:
    """While the browser's events come in."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def deliver(page: Page, site: Site, message: dict[str, Any]) -> None:
    """What the browser's push client does with a message that it has decrypted."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(each["registrationId"] for each in told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    until(page, lambda: found)
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


def test_the_browser_is_asked_only_after_a_tap_and_an_explanation(
    site: Site, newsroom: Flask, browser: Chromium
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800})
    context.add_init_script(
        "let now = 'default'; asked = 0;"
        "Object.defineProperty(Notification, 'permission', {get: () => now});"
        "Notification.requestPermission = async () => { asked += 1; return (now = 'denied'); }"
    )
    page = context.new_page()
    page.goto(f"{site.url}/tag/Harbour", wait_until="networkidle")
    button = page.get_by_role("button", name="Follow", exact=True)
    button.click()

    expect(page.get_by_text("without an account, until you stop it")).to_be_visible()
    assert page.evaluate("asked") == 0
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="Not now").first.click()
    expect(button).to_be_focused()
    button.click()
    page.get_by_role("button", name="Allow alerts").click()
    expect(page.get_by_text("This browser does not allow alerts of this site.")).to_be_visible()
    assert page.evaluate("asked") == 1
    assert button.get_attribute("aria-pressed") == "false"
    context.close()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            "PushManager.prototype.subscribe = () => Promise.reject(new DOMException('', 'Abort'))",
            "This browser reaches no push service",
        ),
        ("fetch = async () => { throw new TypeError() }", "There is no network."),
        ("fetch = async () => new Response('', {status: 503})", "That did not work."),
    ],
)
def test_what_goes_wrong_is_told_kindly(
    site: Site, newsroom: Flask, page: Page, broken: str, said: str
) -> None:
    page.goto(f"{site.url}/tag/Harbour", wait_until="networkidle")
    page.evaluate(f"() => {{ {broken} }}")
    button = page.get_by_role("button", name="Follow", exact=True)
    button.click()

    expect(page.get_by_text(said)).to_be_visible()
    assert button.get_attribute("aria-pressed") == "false"


def test_one_page_has_all_that_is_followed_and_ends_it(
    site: Site, newsroom: Flask, page: Page
) -> None:
    for path in ("/tag/Harbour", "/source/herald", "/category/world", "/"):
        follow(page, site, path)
    page.goto(f"{site.url}/following", wait_until="networkidle")
    rows = page.locator("#topics li")
    names = ["#Harbour", "Breaking news", "Herald", "World"]
    assert sorted(page.locator("#topics a").all_inner_texts(), key=str.lower) == sorted(
        names, key=str.lower
    )
    assert violations(page) == []

    page.get_by_label("Which alerts: #Harbour").select_option("breaking")
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Unfollow: World").click()
    expect(rows).to_have_count(3)
    page.get_by_label("Quiet hours").check()
    page.get_by_label("Quiet from").fill("23:15")
    page.get_by_label("At most a day").fill("5")
    page.get_by_text("Sources that never alert").click()
    page.get_by_label("Herald", exact=True).check()
    assert violations(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    mine = installation(page)
    head = {"Authorization": f"Bearer {mine['secret']}"}
    app, path = newsroom.test_client(), f"/v1/installations/{mine['id']}"
    chosen = app.get(f"{path}/preferences", headers=head).get_json()
    assert chosen["quiet_hours"] == {"start": "23:15", "end": "07:00"}
    assert (chosen["daily_limit"], chosen["levels"]) == (5, {"tag:Harbour": "breaking"})
    assert chosen["muted_sources"] == ["herald"]
    page.reload(wait_until="networkidle")
    assert page.get_by_label("Which alerts: #Harbour").input_value() == "breaking"
    assert page.get_by_label("Herald", exact=True).is_checked()

    page.get_by_text("Stop all alerts").click()
    page.get_by_role("button", name="Stop and erase").click()
    expect(page.get_by_text("Nothing is followed.")).to_be_visible()
    assert installation(page) is None
    assert app.get(path, headers=head).status_code == 401


def test_a_browser_that_the_server_forgot_follows_anew(
    site: Site, newsroom: Flask, place: Place, working: Working, page: Page
) -> None:
    follow(page, site)
    first = installation(page)
    app, head = newsroom.test_client(), {"Authorization": f"Bearer {first['secret']}"}
    assert app.delete(f"/v1/installations/{first['id']}", headers=head).status_code == 204

    page.goto(f"{site.url}/following")
    page.wait_for_function(f"installation.known().then(({{id}}) => id !== '{first['id']}')")
    expect(page.locator("#topics a")).to_have_text("#Harbour")
    second = installation(page)
    own, head = f"/v1/installations/{second['id']}", {"Authorization": f"Bearer {second['secret']}"}
    until(page, lambda: app.get(f"{own}/topics", headers=head).get_json()["topics"])
    alert(app)
    working.run()
    assert [name for name, _ in place.read()] == ["reader"]


def test_a_nonce_is_brought_back_and_shown_to_nobody(
    site: Site, newsroom: Flask, page: Page
) -> None:
    follow(page, site)
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    deliver(page, site, {"data": {"type": "address_nonce", "nonce": "n"}})
    until(page, lambda: any(url.endswith("/address/confirm") for url in asked))

    page.wait_for_timeout(1_000)
    assert page.evaluate(SHOWN) == []


@pytest.mark.parametrize(("standing_at", "windows"), [("/following", 1), ("/tag/Harbour", 0)])
def test_a_tap_opens_what_the_alert_is_about_unless_a_window_shows_it(
    site: Site,
    newsroom: Flask,
    place: Place,
    working: Working,
    page: Page,
    standing_at: str,
    windows: int,
) -> None:
    follow(page, site)
    app = newsroom.test_client()
    told = alert(app)
    working.run()
    deliver(page, site, place.read()[0][1])
    page.wait_for_function(f"({SHOWN})().then((all) => all.length)")
    page.goto(site.url + standing_at, wait_until="networkidle")
    [worker] = page.context.service_workers
    worker.evaluate(TAPPED)
    page.wait_for_function(f"({SHOWN})().then((all) => all.length === 0)")
    until(page, lambda: read(app, told)["counts"]["opened"])

    assert worker.evaluate("opened") == [f"{site.url}/tag/Harbour"] * windows
    counts = read(app, told)["counts"]
    assert (counts["received"], counts["opened"]) == (1, 1)


@pytest.mark.parametrize("language", ["ar", "es", "ko"])
@pytest.mark.parametrize("width", [320, 1440])
def test_both_pages_stand_in_every_language(
    site: Site, newsroom: Flask, page: Page, language: str, width: int
) -> None:
    follow(page, site)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if language == "ko" else "light")
    for path in ("/tag/Harbour", "/following"):
        page.goto(f"{site.url}{path}?lang={language}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


def test_a_page_without_script_or_without_keys_has_no_button(
    site: Site, newsroom: Flask, browser: Chromium, page: Page
) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{site.url}/tag/Harbour")
    assert plain.get_by_role("button", name="Follow").count() == 0
    context.close()
    page.add_init_script("delete window.PushManager")
    page.goto(f"{site.url}/tag/Harbour")
    assert page.get_by_role("button", name="Follow").count() == 0
    page.goto(f"{site.url}/following")
    expect(page.get_by_text("put this site on the home screen first")).to_be_visible()
