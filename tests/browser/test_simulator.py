"""The phone in the browser: what a reader does with it, against the real processes."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PICTURES, Window, violations, watch
from tests.flows.running import KEY, Answer, Running

pytestmark = pytest.mark.browser

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Newsroom:
    """The running server, and a source and a tag that no other test writes about."""

    running: Running
    source: str
    tag: str

    @property
    def url(self) -> str:
        return self.running.url

    def call(self, method: str, path: str, **options: Any) -> Answer:
        return self.running.call(method, path, **options)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("simulator")
    # The articles of these tests tell much the same: of one story a phone is alerted once.
    started = Running(folder, DEMO="1", RATELIMIT_ENABLED="0", PUSH_STORY_MINUTES="0")
    assert started.wait_for("/readyz", 200), started.log.read_text()
    yield started
    started.stop()


@pytest.fixture
def tagwire(running: Running) -> Newsroom:
    number = next(_numbers)
    return Newsroom(running, source=f"paper-{number}", tag=f"Quayside{number}")


@pytest.fixture
def window(browser: Browser, tagwire: Newsroom) -> Iterator[Window]:
    """A browser in Berlin that has nothing stored; it must neither complain nor ask strangers."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Berlin"
    )
    opened = Window(context.new_page())
    watch(opened, urlsplit(tagwire.url).netloc)
    yield opened
    context.close()
    assert (opened.complaints, opened.strangers) == ([], [])


@pytest.fixture
def page(window: Window) -> Page:
    return window.page


def publish(tagwire: Newsroom, number: int, **fields: Any) -> dict[str, Any]:
    body = {
        "title": f"Report {number}",
        "url": f"https://paper.example/{number}",
        "body_text": f"The text of report {number}.",
        "tags": [tagwire.tag],
    } | fields
    answer = tagwire.call(
        "PUT", f"/v1/newsroom/articles/{tagwire.source}/{number}", json_body=body, secret=KEY
    )
    assert answer.status in {200, 201}, answer.text
    found: dict[str, Any] = answer.json
    return found


def open_phone(page: Page, tagwire: Newsroom, platform: str = "iPhone") -> None:
    page.goto(f"{tagwire.url}/simulator")
    page.get_by_text(platform, exact=True).click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Discover")).to_be_visible()


def open_link(page: Page, url: str) -> None:
    page.get_by_label("Open a link").fill(url)
    page.get_by_role("button", name="Open", exact=True).click()


def follow(page: Page, tag: str) -> None:
    open_link(page, f"tagwire://tag/{tag}")
    expect(page.get_by_role("heading", name=f"#{tag}", exact=True)).to_be_visible()
    page.get_by_role("button", name=f"Follow #{tag}").click()
    allow_alerts(page, f"Following #{tag}")


def allow_alerts(page: Page, then: str) -> None:
    """The first time that this phone follows something it asks whether it may alert."""
    allow = page.get_by_role("button", name="Allow", exact=True)
    following = page.get_by_role("button", name=then)
    expect(allow.or_(following)).to_be_visible()
    if allow.is_visible():
        allow.click()
    expect(following).to_be_enabled()


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="App").get_by_role("button", name=name).click()


def shown(page: Page) -> list[str]:
    """The ids of the articles in the list on the screen."""
    cards = page.locator(".screen:not([hidden]) .list > article")
    return [str(name) for name in cards.evaluate_all("all => all.map((one) => one.dataset.id)")]


def scroll_to_the_end(page: Page, feed_length: int) -> None:
    screen = page.locator(".screen:not([hidden])")
    for _ in range(feed_length):
        if screen.get_by_text("You have seen everything.").is_visible():
            return
        count = len(shown(page))
        screen.evaluate("screen => screen.scrollTo(0, screen.scrollHeight)")
        screen.locator(f".list > article:nth-child({count + 1}), .end").first.wait_for()


def kept(page: Page) -> dict[str, Any]:
    """The installation as the phone keeps it."""
    found: dict[str, Any] = page.evaluate("JSON.parse(localStorage['tagwire.phone']).installation")
    return found


def expect_opened(page: Page, title: str) -> None:
    """The first heading is the article's; other publishers' tellings may stand below it."""
    heading = page.locator(".reader").get_by_role("heading", name=title)
    expect(heading.first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_can_be_used_by_everyone(
    page: Page, tagwire: Newsroom, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{tagwire.url}/simulator")
    assert violations(page) == []

    open_phone(page, tagwire)
    follow(page, "Harbour")
    assert violations(page) == []
    for name in ("Home", "Discover", "Inbox", "Settings"):
        tab(page, name)
        expect(page.locator(".screen:not([hidden]) [aria-busy='true']")).to_have_count(0)
        assert violations(page) == [], name


def test_a_phone_registers_and_follows_a_tag(page: Page, tagwire: Newsroom) -> None:
    publish(tagwire, 1)
    open_phone(page, tagwire, "Android")

    page.get_by_label("Search topics and articles").fill(tagwire.tag.lower())
    page.locator(f"[data-topic='tag:{tagwire.tag}']").get_by_role("button", name="Follow").click()
    allow_alerts(page, f"Following #{tagwire.tag}")

    phone = kept(page)
    path = f"/v1/installations/{phone['id']}"
    registered = tagwire.call("GET", path, secret=phone["secret"]).json
    assert registered["platform"] == "android"
    assert registered["time_zone"] == "Europe/Berlin"
    assert registered["has_address"]
    topics = tagwire.call("GET", f"{path}/topics", secret=phone["secret"]).json
    assert topics == {"topics": [f"tag:{tagwire.tag}"]}
    tab(page, "Home")
    expect(page.get_by_role("link", name="Report 1")).to_be_visible()


@pytest.mark.parametrize("place", ["home", "tag"])
def test_scrolling_shows_every_article_once(page: Page, tagwire: Newsroom, place: str) -> None:
    published = [publish(tagwire, number)["id"] for number in range(34)]
    open_phone(page, tagwire)
    follow(page, tagwire.tag)
    if place == "home":
        tab(page, "Home")
    expect(page.locator(".screen:not([hidden]) .list > article").first).to_be_visible()
    assert len(shown(page)) < len(published)

    scroll_to_the_end(page, len(published))

    assert shown(page) == published[::-1]


def test_refreshing_puts_only_what_is_new_on_top(page: Page, tagwire: Newsroom) -> None:
    before = [publish(tagwire, number)["id"] for number in range(12)]
    open_phone(page, tagwire)
    follow(page, tagwire.tag)
    expect(page.get_by_role("link", name="Report 11")).to_be_visible()

    new = [publish(tagwire, number)["id"] for number in range(12, 24)]
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("12 new")).to_be_visible()
    scroll_to_the_end(page, 24)

    assert shown(page) == [*before, *new][::-1]
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("You are up to date.")).to_be_visible()


def test_breaking_news_arrives_once_and_opens_the_article(page: Page, tagwire: Newsroom) -> None:
    other = f"Gale{tagwire.tag}"
    publish(tagwire, 1, tags=[tagwire.tag, other])
    open_phone(page, tagwire)
    follow(page, tagwire.tag)
    follow(page, other)

    breaking = {"title": "Bridge closed", "tags": [tagwire.tag, other], "breaking": True}
    for _ in range(2):
        told = publish(tagwire, 2, **breaking)
    banner = page.locator("#banner").get_by_role("button", name="Bridge closed")
    expect(banner).to_be_visible()

    publish(tagwire, 3, title="Later news", tags=[other], breaking=True)
    expect(page.locator("#banner")).to_contain_text("Later news")
    page.locator("#status").click()
    shade = page.get_by_role("region", name="Notifications")
    titles = shade.locator(".push strong").all_inner_texts()
    assert titles == ["Later news", "Bridge closed"]

    shade.get_by_role("button", name="Bridge closed").click()
    article = page.locator(f".screen:not([hidden]) article[data-id='{told['id']}']")
    expect(article.get_by_role("heading", name="Bridge closed")).to_be_visible()
    expect(shade).to_be_hidden()
    expect(page.locator("#unread")).to_have_text("1")
    expect(page.locator("#calls li").filter(has_text="/events")).to_have_count(3)
    counts = counted(tagwire, told["notification_id"])
    assert (counts["received"], counts["opened"]) == (1, 1)
    pushed = tagwire.call("GET", "/simulator/inbox?after=0", secret=kept(page)["address"]).json
    assert [one["message"]["data"]["url"] for one in pushed["messages"]].count(told["url"]) == 1


def test_an_alert_shows_its_picture_and_its_buttons_open_what_they_name(
    page: Page, tagwire: Newsroom
) -> None:
    publish(tagwire, 1, tags=[tagwire.tag])
    open_phone(page, tagwire)
    follow(page, tagwire.tag)
    picture = f"https://{PICTURES}/{tagwire.tag}.jpg"
    alert = {
        "title": "Harbour open",
        "body": "Ships come in.",
        "topics": [f"tag:{tagwire.tag}"],
        "urgency": "breaking",
        "image": picture,
        "actions": [{"title": "All of it", "to": f"/tag/{tagwire.tag}"}],
    }

    sent = tagwire.call("POST", "/v1/newsroom/notifications", json_body=alert, secret=KEY)
    assert sent.status == 202, sent.json

    banner = page.locator("#banner")
    expect(banner.get_by_role("button", name="Harbour open")).to_be_visible()
    assert banner.locator("img").get_attribute("src") == picture
    banner.get_by_role("button", name="All of it").click()
    expect(page.locator("#title")).to_contain_text(tagwire.tag)
    expect(banner.locator(".push")).to_have_count(0)


def counted(tagwire: Newsroom, notification_id: str) -> dict[str, int]:
    path = f"/v1/newsroom/notifications/{notification_id}"
    found: dict[str, int] = tagwire.call("GET", path, secret=KEY).json["counts"]
    return found


def test_the_inbox_opens_what_was_sent(page: Page, tagwire: Newsroom) -> None:
    publish(tagwire, 1)
    open_phone(page, tagwire)
    follow(page, tagwire.tag)
    publish(tagwire, 2, title="Bridge closed", breaking=True)
    expect(page.locator("#banner")).to_contain_text("Bridge closed")

    tab(page, "Inbox")
    page.locator(".inbox").get_by_role("button", name="Bridge closed").click()

    expect_opened(page, "Bridge closed")


def test_alert_settings_are_kept_by_the_server(page: Page, tagwire: Newsroom) -> None:
    open_phone(page, tagwire)
    tab(page, "Settings")
    page.get_by_role("switch", name="Quiet hours").check()
    page.get_by_label("From").fill("21:30")
    page.get_by_label("At most a day").fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    phone = kept(page)
    path = f"/v1/installations/{phone['id']}/preferences"
    preferences = tagwire.call("GET", path, secret=phone["secret"]).json
    assert preferences["quiet_hours"] == {"start": "21:30", "end": "07:00"}
    assert preferences["daily_limit"] == 3


def test_a_reset_erases_the_installation(page: Page, tagwire: Newsroom) -> None:
    open_phone(page, tagwire)
    phone = kept(page)
    tab(page, "Settings")
    page.get_by_role("button", name="Erase this phone").click()

    expect(page.get_by_role("button", name="Start")).to_be_visible()
    assert kept(page) is None
    gone = tagwire.call("GET", f"/v1/installations/{phone['id']}", secret=phone["secret"])
    assert gone.status in {401, 404}


def test_the_phone_says_what_the_server_refused(
    page: Page, tagwire: Newsroom, window: Window
) -> None:
    open_phone(page, tagwire)
    open_link(page, f"{tagwire.url}/tag/NoSuchTag")
    refused = page.get_by_role("alert")
    expect(refused).to_contain_text("There is nothing here")
    expect(refused).to_contain_text("There is no such tag.")

    open_link(page, "https://elsewhere.example/news")
    expect(page.get_by_text("This address belongs to another site")).to_be_visible()

    statuses = [text.split("status of ")[1][:3] for text in window.complaints]
    assert statuses == ["404", "400"]
    window.complaints.clear()


def test_markup_of_a_publisher_is_shown_and_never_run(page: Page, tagwire: Newsroom) -> None:
    body = (
        "<p>Read <a href='https://paper.example/more'>more</a>.</p><ul><li>One</li></ul>"
        "<img src='https://pictures.example/2.svg' alt='A bridge' onload='stolen=1'>"
        "<script>stolen = 1</script><p style='position:fixed' onclick='stolen=1'>Plain</p>"
    )
    picture = {"url": "https://pictures.example/1.svg", "alt": "The harbour"}
    told = publish(tagwire, 1, body_text=None, body_html=body, image=picture)
    open_phone(page, tagwire)
    open_link(page, told["url"])

    reader = page.locator(".reader")
    expect(reader.get_by_role("link", name="more")).to_be_visible()
    expect(reader.get_by_role("img", name="A bridge")).to_be_visible()
    assert page.evaluate("typeof stolen") == "undefined"
    assert reader.locator("[style], [onclick], [onload], script").count() == 0


def test_an_arabic_article_reads_from_the_right(page: Page, tagwire: Newsroom) -> None:
    publish(tagwire, 1)
    publish(tagwire, 2, title="إغلاق الجسر بعد العاصفة", language="ar")
    open_phone(page, tagwire)
    follow(page, tagwire.tag)

    cards = page.locator(".list > article")
    expect(cards).to_have_count(2)
    directions = cards.evaluate_all("all => all.map((one) => [one.lang, one.dir])")
    assert directions == [["ar", "rtl"], ["en", "ltr"]]


def test_it_works_with_the_keyboard_alone(page: Page, tagwire: Newsroom) -> None:
    publish(tagwire, 1)
    open_phone(page, tagwire)
    follow(page, tagwire.tag)
    page.get_by_role("link", name="Report 1").focus()
    page.keyboard.press("Enter")
    expect_opened(page, "Report 1")

    page.get_by_role("button", name="Back").press("Enter")
    expect(page.get_by_role("heading", name=f"#{tagwire.tag}")).to_be_visible()
    page.locator("#status").press("Enter")
    expect(page.get_by_role("region", name="Notifications")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Notifications")).to_be_hidden()


def test_on_a_small_screen_the_phone_is_the_page(page: Page, tagwire: Newsroom) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    open_phone(page, tagwire)

    assert page.locator("#phone").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    tab(page, "Settings")
    page.get_by_role("button", name="API calls and links").click()
    expect(page.locator("#calls li").filter(has_text="POST").first).to_be_visible()


def test_a_phone_asks_before_the_first_alert_and_takes_no_for_an_answer(
    page: Page, tagwire: Newsroom
) -> None:
    open_phone(page, tagwire)
    open_link(page, "tagwire://tag/Harbour")
    expect(page.get_by_role("heading", name="#Harbour", exact=True)).to_be_visible()
    page.get_by_role("button", name="Follow #Harbour").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Don’t allow").click()
    expect(page.get_by_role("button", name="Following #Harbour")).to_be_enabled()

    phone = kept(page)
    path = f"/v1/installations/{phone['id']}"
    assert not tagwire.call("GET", path, secret=phone["secret"]).json["has_address"]
    tab(page, "Settings")
    page.get_by_role("button", name="Allow alerts").click()
    expect(page.get_by_role("button", name="Allow alerts")).to_have_count(0)
    assert tagwire.call("GET", path, secret=phone["secret"]).json["has_address"]


def test_two_phones_side_by_side_are_two_readers_and_a_test_alert_reaches_the_one_that_asked(
    page: Page, tagwire: Newsroom
) -> None:
    open_phone(page, tagwire)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open another phone").click()
    second = opened.value
    expect(second).to_have_url(f"{tagwire.url}/simulator?phone=2#/welcome")
    second.get_by_role("button", name="Start").click()
    expect(second.get_by_role("heading", name="Discover")).to_be_visible()
    expect(page.get_by_role("heading", name="Discover")).to_be_visible()
    second.get_by_role("button", name="Send a test alert").click()
    second.get_by_role("button", name="Allow", exact=True).click()

    banner = second.locator("#banner").get_by_role("button", name="A test alert")
    expect(banner).to_be_visible()
    assert page.locator("#banner .push").count() == 0
    ids = second.evaluate(
        "['', '.2'].map((n) => JSON.parse(localStorage[`tagwire.phone${n}`]).installation.id)"
    )
    assert len({*ids}) == 2


def test_the_three_phones_of_the_demo_show_what_they_were_alerted_to(
    page: Page, tagwire: Newsroom
) -> None:
    page.goto(f"{tagwire.url}/simulator")
    phones = page.locator("#demo-phones li")
    expect(phones).to_have_count(3)
    title = f"Gale over {tagwire.tag}"
    publish(tagwire, 1, title=title, tags=["Harbour"], breaking=True)

    for number in range(3):
        expect(phones.nth(number)).to_contain_text(title)


def test_the_last_feed_and_what_was_opened_stay_on_a_phone_without_a_network(
    page: Page, tagwire: Newsroom, window: Window
) -> None:
    publish(tagwire, 1, tags=[tagwire.tag])
    publish(tagwire, 2, tags=[tagwire.tag])
    open_phone(page, tagwire)
    follow(page, tagwire.tag)
    tab(page, "Home")
    page.get_by_role("link", name="Report 1").click()
    expect_opened(page, "Report 1")
    page.context.set_offline(True)
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Refresh").click()
    page.evaluate("location.hash = '#/home?again'")
    expect(page.locator(".screen:not([hidden]) .list > article")).to_have_count(2)
    page.get_by_role("link", name="Report 1").click()
    expect_opened(page, "Report 1")

    page.context.set_offline(False)
    window.complaints.clear()


def test_without_the_demo_there_is_no_phone(make_app: Callable[..., Flask]) -> None:
    assert make_app(DEMO="0").test_client().get("/simulator").status_code == 404
    assert make_app(DEMO="1").test_client().get("/simulator").status_code == 200
