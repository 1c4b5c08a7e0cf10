"""The pages as a visitor sees them, in real Chromium."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from backend.web.pages import PAGE_SIZE
from tests.browser.conftest import PICTURES, Site, Window
from tests.conftest import Clock
from tests.factories import publish

pytestmark = pytest.mark.browser

PAIR = "NorthKorea-Russia"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
OpenWindow = Callable[..., Window]


@pytest.fixture
def newsroom(site: Site) -> FlaskClient:
    return site.app.test_client()


def publish_stories(newsroom: FlaskClient, clock: Clock, count: int) -> list[str]:
    """Stories an hour apart; their headlines, the newest first."""
    for number in range(count):
        publish(
            newsroom,
            title=f"Story {number} of the neighbours",
            summary=f"What happened in chapter {number}. " * 4,
            tags=[PAIR, LONG],
            category="Politics",
            image={"url": f"https://{PICTURES}/{number}.jpg", "width": 1200, "height": 675},
        )
        clock.forward(hours=1)
    return [f"Story {number} of the neighbours" for number in reversed(range(count))]


def headlines(window: Window) -> list[str]:
    return window.page.locator(".cards h2").all_inner_texts()


def overflow(window: Window) -> int:
    """How many pixels the page is wider than the window."""
    found = window.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return int(found)


def test_the_tag_page_shows_its_news_in_order_and_goes_on_to_the_next_page(
    site: Site, newsroom: FlaskClient, clock: Clock, open_window: OpenWindow
) -> None:
    titles = publish_stories(newsroom, clock, PAGE_SIZE + 3)

    window = open_window(f"/tag/{PAIR}")
    page = window.page

    assert page.locator("h1").inner_text() == f"Latest news with #{PAIR}"
    assert headlines(window) == titles[:PAGE_SIZE]
    page.get_by_role("link", name="Older stories").click()
    page.wait_for_url("**cursor=**")
    assert headlines(window) == titles[PAGE_SIZE:]
    page.get_by_role("link", name="Back to the newest").click()
    page.wait_for_url(f"**/tag/{PAIR}")
    assert headlines(window) == titles[:PAGE_SIZE]
    assert window.complaints == []
    assert window.strangers == []


def test_the_download_section_leads_to_the_app_from_this_very_page(
    newsroom: FlaskClient, clock: Clock, open_window: OpenWindow
) -> None:
    publish_stories(newsroom, clock, 1)

    page = open_window(f"/tag/{PAIR}").page
    section = page.get_by_role("region", name="Download the App")
    badges = section.get_by_role("link")

    assert [badge.get_attribute("href") for badge in badges.all()] == [
        f"/download?to=/tag/{PAIR}",
        f"/download?to=/tag/{PAIR}",
    ]
    badges.first.click()
    page.wait_for_url("**/download?to=**")
    assert page.locator("h1").inner_text() == "Get Test News"


@pytest.mark.parametrize("path", ["/", f"/tag/{PAIR}", "/source/herald", "/search?q=story", "/x"])
def test_no_page_scrolls_sideways_on_a_small_phone(
    newsroom: FlaskClient, clock: Clock, open_window: OpenWindow, path: str
) -> None:
    publish_stories(newsroom, clock, 2)

    window = open_window(path, width=360, height=740)

    assert overflow(window) <= 0


def test_an_article_page_shows_the_story_without_complaints(
    newsroom: FlaskClient, open_window: OpenWindow
) -> None:
    done = publish(
        newsroom,
        title="Bridge closed",
        tags=["Storm"],
        body_text=None,
        body_html='<p onclick="evil()">It is <b>closed</b>.</p><script>evil()</script>',
        image={"url": f"https://{PICTURES}/b.jpg", "alt": "The bridge"},
    )

    window = open_window(f"/article/{done['id']}")

    assert window.page.locator("h1").inner_text() == "Bridge closed"
    assert window.page.locator(".prose").inner_text().strip() == "It is closed."
    assert window.page.get_by_alt_text("The bridge").is_visible()
    assert window.complaints == []
    assert window.strangers == []


def test_an_arabic_tag_page_runs_from_the_right(
    newsroom: FlaskClient, open_window: OpenWindow
) -> None:
    publish(newsroom, title="عنوان الخبر الأول", tags=["حكاية"], language="ar")
    publish(newsroom, title="A story in English", tags=["حكاية"], language="en")

    window = open_window("/tag/حكاية", width=360, height=740)
    page = window.page

    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    assert page.locator("html").get_attribute("lang") == "ar"
    cards = page.locator(".cards article").all()
    assert [(c.get_attribute("lang"), c.get_attribute("dir")) for c in cards] == [
        ("en", "ltr"),
        ("ar", "rtl"),
    ]
    assert overflow(window) <= 0
    assert window.complaints == []


def test_a_picture_that_is_gone_leaves_no_hole(
    newsroom: FlaskClient, open_window: OpenWindow
) -> None:
    publish(newsroom, tags=["Storm"], image={"url": "https://gone.example/picture.jpg"})

    page = open_window("/tag/Storm").page

    assert page.locator(".card .words").is_visible()
    page.locator(".card .picture").wait_for(state="hidden")


def test_the_keyboard_reaches_the_news_first(
    newsroom: FlaskClient, clock: Clock, open_window: OpenWindow
) -> None:
    publish_stories(newsroom, clock, 1)

    page = open_window(f"/tag/{PAIR}").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the news"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
