"""Reading without a network, and what a reader does with a page, in real Chromium."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, Window, violations
from tests.browser.test_pages import overflow
from tests.conftest import EDITOR
from tests.factories import publish

pytestmark = pytest.mark.browser

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
KEPT = """async () => (await Promise.all((await caches.keys()).map(async (name) =>
  (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"""

OFFLINE = "async () => (await caches.match('/offline', { ignoreVary: true })).text()"


@pytest.fixture
def newsroom(site: Site) -> FlaskClient:
    return site.app.test_client()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="en-GB")
    context.add_init_script("delete Navigator.prototype.share")
    yield context.new_page()
    context.close()


def ready(page: Page, site: Site, path: str = "/") -> None:
    """A page whose service worker has taken over, opened once more with it."""
    page.goto(site.url + path, wait_until="networkidle")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    read(page, site, path)


def read(page: Page, site: Site, path: str) -> None:
    """Opened, and learned from."""
    page.goto(site.url + path, wait_until="networkidle")


def read_and_kept(page: Page, site: Site, path: str) -> None:
    read(page, site, path)
    page.wait_for_function(f"({KEPT})().then((all) => all.includes('{urlsplit(path).path}'))")


def saved(page: Page, path: str) -> None:
    """Its page is there: the button says so before it is."""
    page.wait_for_function(f"caches.open('saved').then((pages) => pages.match('{path}'))")


def kept(page: Page) -> list[str]:
    return list(page.evaluate(KEPT))


def offline(page: Page, site: Site, path: str) -> str:
    """The heading of what the browser shows without a network."""
    page.context.set_offline(True)
    page.goto(site.url + path)
    heading = page.locator("h1").first.inner_text()
    page.context.set_offline(False)
    return heading


def path_of(article: dict[str, str], site: Site) -> str:
    return article["url"].removeprefix(site.url)


def take_down(newsroom: FlaskClient, external_id: str) -> None:
    address = f"/v1/newsroom/articles/herald/{external_id}"
    assert newsroom.delete(address, headers=EDITOR).status_code in {200, 204}


def test_the_last_feed_and_the_opened_articles_are_there_without_a_network(
    site: Site, newsroom: FlaskClient, page: Page
) -> None:
    opened = publish(newsroom, title="Bridge closed", tags=["Storm"])
    other = publish(newsroom, title="Ferries wait", tags=["Storm"])
    ready(page, site)
    read_and_kept(page, site, "/tag/Storm")
    read_and_kept(page, site, f"{path_of(opened, site)}?utm_source=letter")

    assert offline(page, site, "/") == "Latest news"
    assert offline(page, site, "/tag/Storm?utm_campaign=x") == "Latest news with #Storm"
    assert page.locator(".cards h2").count() == 2
    assert page.evaluate("getComputedStyle(document.body).display") == "flex", "it has its sheet"
    assert offline(page, site, path_of(opened, site)) == "Bridge closed"
    assert offline(page, site, path_of(other, site)) == "No network"
    assert violations(page) == []


def test_without_a_network_a_reader_is_told_so_in_the_language_that_they_chose(
    site: Site, newsroom: FlaskClient, page: Page
) -> None:
    publish(newsroom)
    ready(page, site)
    page.get_by_role("button", name="العربية").click()
    page.wait_for_selector("html[dir=rtl]")
    page.wait_for_function(f"({OFFLINE})().then((text) => text.includes('dir=\"rtl\"'))")

    assert offline(page, site, "/tag/Nothing") == "لا يوجد اتصال"
    assert page.locator("html").get_attribute("dir") == "rtl"


def test_a_takedown_is_shown_from_nowhere_once_the_reader_was_online(
    site: Site, newsroom: FlaskClient, page: Page
) -> None:
    gone = publish(newsroom, title="A wrong report", tags=["Storm"], external_id="wrong")
    publish(newsroom, title="Ferries wait", tags=["Storm"])
    read_later = publish(newsroom, title="Another", tags=["Rain"], external_id="another")
    ready(page, site)
    for path in ("/tag/Storm", path_of(gone, site), path_of(read_later, site)):
        read_and_kept(page, site, path)
    page.get_by_role("button", name="Save for later").click()
    later = path_of(read_later, site)
    saved(page, later)
    take_down(newsroom, "wrong")
    take_down(newsroom, "another")
    read(page, site, "/source/herald")

    names = [path_of(gone, site), later]
    page.wait_for_function(f"({KEPT})().then((all) => !all.includes('{later}'))")
    assert not {*names} & {*kept(page)}
    assert offline(page, site, names[0]) == "No network"
    assert offline(page, site, "/tag/Storm") == "Latest news with #Storm"
    assert page.locator(".cards h2").all_inner_texts() == ["Ferries wait"]
    read(page, site, "/saved")
    expect(page.get_by_text("Something that you saved was taken down.")).to_be_visible()
    expect(page.locator("#saved li")).to_have_count(0)


def test_nothing_of_an_account_the_api_or_the_console_is_kept(
    site: Site, newsroom: FlaskClient, page: Page
) -> None:
    publish(newsroom, tags=["Storm"])
    ready(page, site)
    for path in ("/console/login", "/v1/breaking/articles", "/search?q=x", "/download"):
        read(page, site, path)

    ours = ("/static/", "/article/", "/tag/", "/offline", "/saved", "/following")
    assert [each for each in kept(page) if each != "/" and not each.startswith(ours)] == []


def test_an_article_is_saved_for_later_and_read_without_a_network(
    site: Site, newsroom: FlaskClient, page: Page
) -> None:
    title = "عاصفة تضرب الميناء"
    article = publish(newsroom, title=title, language="ar")
    ready(page, site, path_of(article, site))
    save = page.get_by_role("button", name="Save for later")
    save.press("Enter")
    expect(save).to_have_attribute("aria-pressed", "true")
    saved(page, path_of(article, site))
    page.evaluate(
        "caches.keys().then((all) => all.filter((name) => name.startsWith('pages'))"
        ".forEach((name) => caches.delete(name)))"
    )

    assert offline(page, site, "/saved") == "Saved for later"
    entry = page.locator("#saved article")
    assert (entry.get_attribute("dir"), entry.locator("h2").inner_text()) == ("rtl", title)
    assert violations(page) == []
    assert offline(page, site, path_of(article, site)) == title
    read(page, site, "/saved")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing is saved.")).to_be_visible()
    gone = path_of(article, site)
    page.wait_for_function(f"({KEPT})().then((all) => !all.includes('{gone}'))")


@pytest.mark.parametrize("width", [320, 1440])
def test_colours_and_text_size_stay_as_they_were_chosen(
    site: Site, newsroom: FlaskClient, page: Page, width: int
) -> None:
    publish(newsroom, tags=["Storm"])
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="light")
    page.goto(f"{site.url}/tag/Storm")
    page.get_by_text("Appearance").locator("..").click()
    page.get_by_label("Dark").check()
    page.get_by_label("Very large").check()
    assert violations(page) == []

    page.reload()

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 20, 23)"
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > 20
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    head = page.locator("script").first.get_attribute("src") or ""
    assert head.startswith("/static/appearance.js"), "before the sheet, so that nothing flashes"
    page.goto(f"{site.url}/download?to=/tag/Storm")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_an_article_is_shared_by_a_link_that_says_where_it_comes_from(
    site: Site, newsroom: FlaskClient, browser: Browser
) -> None:
    article = publish(newsroom, title="Bridge closed")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.add_init_script("delete Navigator.prototype.share")
    page = context.new_page()
    page.goto(article["url"])
    page.get_by_role("button", name="Share").click()

    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == f"{article['url']}?utm_source=reader&utm_medium=share"
    context.close()


def test_an_open_list_says_what_came_since_and_stops_in_the_background(
    site: Site, newsroom: FlaskClient, page: Page
) -> None:
    publish(newsroom, title="Bridge closed", tags=["Storm"])
    page.clock.install()
    page.goto(f"{site.url}/tag/Storm", wait_until="networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(61_000)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#new")).to_be_hidden()

    publish(newsroom, title="Ferries wait", tags=["Storm"])
    publish(newsroom, title="Trains wait", tags=["Storm"])
    page.clock.run_for(61_000)
    expect(page.locator("#new")).to_have_text("2 new")
    page.locator("#new").click()
    expect(page.locator(".cards h2")).to_have_count(3)
    expect(page.locator("#new")).to_be_hidden()
    assert "/tag/Storm.json" in asked[0]


def test_an_iphone_is_told_of_its_home_screen_until_it_was_enough(
    site: Site, newsroom: FlaskClient, browser: Browser, open_window: Callable[..., Window]
) -> None:
    publish(newsroom)
    context = browser.new_context(user_agent=IPHONE, viewport={"width": 390, "height": 800})
    context.add_init_script("navigator.standalone = false")
    page = context.new_page()
    page.goto(site.url)
    hint = page.get_by_role("complementary", name="On your home screen")
    expect(hint).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Not now").click()
    page.reload()
    expect(hint).to_be_hidden()
    context.close()

    window = open_window("/", width=320)
    assert overflow(window) == 0
    assert window.page.locator("#home-screen").is_visible() is False
    assert (window.complaints, window.strangers) == ([], [])


def test_a_page_without_script_shows_no_button_that_needs_it(
    site: Site, newsroom: FlaskClient, browser: Browser
) -> None:
    article = publish(newsroom, title="Bridge closed")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(article["url"])

    assert page.get_by_role("heading", name="Bridge closed").is_visible()
    for name in ("Share", "Save for later", "Not now"):
        assert page.get_by_role("button", name=name).count() == 0
    context.close()
