"""A reader writes a search and watches a film: nobody else is asked before the reader wants it."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Site, Window, violations
from tests.factories import publish

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FRAME = (
    '<p>Watch:</p><iframe title="How ferries are built" '
    'src="https://www.youtube.com/embed/abcdefghijk"></iframe><p>And read on.</p>'
)


def published(site: Site) -> FlaskClient:
    client = site.app.test_client()
    publish(client, source="harbour-times", title="Harvest begins", tags=["Harbour"])
    publish(client, source="mercury", title="Harbour in a storm", tags=["Harbour"], language="ko")
    return client


def picture(page: Page, name: str) -> None:
    """Kept where somebody wants to look at it."""
    if folder := os.environ.get("PICTURES_TO"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_what_may_be_meant_is_offered_while_a_reader_writes(
    site: Site, open_window: Callable[..., Window]
) -> None:
    published(site)
    window = open_window("/")
    window.page.locator("#q").press_sequentially("har")

    expect(window.page.locator("#suggestions option")).to_have_count(3)
    values = window.page.locator("#suggestions option").evaluate_all("all => all.map(e => e.value)")
    assert values[:2] == ["Harbour", "Harbour Times"]
    window.page.locator("#q").press("Enter")
    window.page.wait_for_url(re.compile("/search"))
    assert (window.complaints, window.strangers) == ([], [])


@pytest.mark.parametrize("query", ["q=harbour", "q=Harbuor", "q=harbour&lang=ar"])
def test_the_search_page_is_read_by_everybody(
    site: Site, open_window: Callable[..., Window], query: str
) -> None:
    published(site)
    page = open_window(f"/search?{query}").page
    for width in (320, 390, 1440):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            picture(page, f"search-{query[2:9]}-{query[-2:]}-{width}-{scheme}")

            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 1440])
def test_a_player_is_asked_for_by_a_click(
    site: Site, open_window: Callable[..., Window], width: int
) -> None:
    article = publish(site.app.test_client(), body_html=FRAME, body_text=None)
    frames: list[str] = []

    def answer(route: Route) -> None:
        frames.append(route.request.url)
        route.fulfill(body="<!doctype html><title>a player</title>", content_type="text/html")

    window = open_window(article["url"].removeprefix(site.url), width=width)
    window.page.route("https://www.youtube-nocookie.com/**", answer)
    poster = window.page.get_by_role("link", name="How ferries are built · youtube.com")
    picture(window.page, f"poster-{width}")
    assert violations(window.page) == []
    assert (frames, window.strangers) == ([], [])

    poster.focus()
    window.page.keyboard.press("Enter")

    player = window.page.locator("iframe[title='How ferries are built · youtube.com']")
    expect(player).to_be_visible()
    expect(player).to_be_focused()
    assert frames == ["https://www.youtube-nocookie.com/embed/abcdefghijk?autoplay=1"]
    assert not window.complaints


def test_without_script_it_is_a_link(site: Site, browser: Browser) -> None:
    article = publish(site.app.test_client(), body_html=FRAME, body_text=None)
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(article["url"])

    link = page.get_by_role("link", name="How ferries are built · youtube.com")
    assert link.get_attribute("href") == "https://www.youtube.com/watch?v=abcdefghijk"
    page.context.close()
