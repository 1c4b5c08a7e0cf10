"""The alert desk in a real browser: approved by a second person, watched while it leaves."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.http.context import AppContext
from push.delivery.worker import Worker
from tests.browser.conftest import Site
from tests.browser.test_console import checked, open_page
from tests.conftest import EDITOR
from tests.factories import publish, register
from tests.people import PASSWORD, invited
from tests.push.conftest import LOST, Provider
from tests.push.editor import TAG, alert

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONES = 3


@pytest.fixture
def start(site: Site) -> Iterator[Callable[[], None]]:
    """Lets a worker send; until then nothing leaves. One phone's answer is lost."""
    context: AppContext = site.app.extensions["tagwire"]
    context.clock = lambda: datetime.now(UTC)
    client, provider, is_over = site.app.test_client(), Provider(), Event()
    publish(client, tags=["Harbour"])
    phones = [register(client, TAG, platform="ios") for _ in range(PHONES)]
    provider.answer(phones[0].address, LOST)
    worker = Worker(provider, context.clock, context.hooks.tell)

    def work() -> None:
        with site.app.app_context():
            while not is_over.is_set():
                worker.step()
                time.sleep(0.05)

    thread = Thread(target=work, daemon=True)
    yield thread.start
    is_over.set()
    thread.join()


def logged_in(site: Site, page: Page) -> list[str]:
    """Log a new approver in; what the browser complains of from now on."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    _, link = invited(site.app, "bob", "approver")
    page.goto(link)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/account?*")
    return complaints


def test_an_alert_is_approved_watched_and_recalled(
    site: Site, browser: Browser, start: Callable[[], None]
) -> None:
    made = alert(site.app.test_client(), TAG, approval=True)
    page = open_page(browser, "light", 1280)
    complaints = logged_in(site, page)
    page.get_by_role("navigation").get_by_role("link", name="Alerts").click()
    checked(page)
    page.get_by_role("link", name="Read and decide").click()
    checked(page)
    page.get_by_role("button", name="Approve it").click()
    expect(page.locator("#notice")).to_contain_text("You approved it.")

    start()
    accepted = page.locator("#h-numbers ~ .figures [data-value='counts.accepted']")
    expect(accepted).to_have_text(str(PHONES - 1))
    expect(page.get_by_role("heading", name="Accepted per second")).to_be_visible()
    checked(page)

    page.get_by_text("Recall it").first.click()
    page.get_by_label("Type “recall” to go on").fill("recall")
    page.get_by_role("button", name="Recall it").click()
    expect(page.locator("#alert-state")).to_contain_text("Recalled")
    checked(page)
    assert complaints == []

    small = open_page(browser, "dark", 390, locale="ar", storage_state=page.context.storage_state())
    for path in ("", f"/{made['id']}", f"/{made['id']}/correct", "/halt"):
        small.goto(f"{site.url}/console/alerts{path}")
        checked(small)


def test_a_repeat_is_offered_only_while_the_article_is_there(site: Site, browser: Browser) -> None:
    context: AppContext = site.app.extensions["tagwire"]
    ahead, client, provider = timedelta(), site.app.test_client(), Provider()
    context.clock = lambda: datetime.now(UTC) + ahead
    article = publish(client, tags=["Harbour"])["id"]
    provider.answer(register(client, TAG).address, LOST)
    made = alert(client, TAG, article_id=article)
    worker = Worker(provider, context.clock, context.hooks.tell)
    with site.app.app_context():
        for _ in range(40):
            while worker.step():
                pass
            ahead += timedelta(minutes=10)
    page = open_page(browser, "light", 1280)
    complaints = logged_in(site, page)
    page.goto(f"{site.url}/console/alerts/{made['id']}")
    repeat = page.get_by_role("button", name="Repeat it to 1 unsure")
    expect(repeat).to_be_visible()
    down = f"/v1/newsroom/articles/{article}"

    assert client.delete(down, headers=EDITOR).status_code == 204
    page.reload()
    expect(repeat).to_have_count(0)
    checked(page)

    assert client.post(f"{down}/restore", headers=EDITOR).status_code == 200
    page.reload()
    repeat.click()
    expect(page.locator("#notice")).to_be_visible()
    assert complaints == []
