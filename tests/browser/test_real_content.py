"""What real articles bring, in real Chromium: words, pictures, tables, players of every shape."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Route

from tests.browser.conftest import PICTURES, Site, Window, violations
from tests.browser.test_pages import overflow
from tests.conftest import START
from tests.factories import publish

pytestmark = pytest.mark.browser

OpenWindow = Callable[..., Window]
WORD = "Donaudampfschifffahrts" * 6
SHAPES = [(800, 1400), (1600, 900), (120, 90), (2400, 400)]
BODIES = {
    "words": f"<h2>{WORD}</h2><p>https://paper.example/{'path/' * 40} and {WORD}</p>",
    "pictures": f"<p>A</p><img src='https://{PICTURES}/1.jpg'><p>B</p>"
    f"<figure><img src='https://{PICTURES}/22.jpg' width='120' height='90'></figure>"
    f"<img src='https://{PICTURES}/333.jpg' width='100%'><p>{'Words. ' * 90}</p>",
    "tables": f"<table><tr>{'<td>A column</td>' * 14}</tr></table><pre>{'let x = 1; ' * 40}</pre>",
    "players": "<iframe src='https://v.example/e' title='A ferry'></iframe>"
    "<video src='https://v.example/v.mp4'></video>",
    "gone": "<p>Before</p><figure><img src='https://gone.example/1.jpg' alt=''>"
    "<figcaption>Its caption</figcaption></figure><p>After</p>",
}
MEASURE_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.shifted += each.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def publish_mess(newsroom: FlaskClient) -> list[str]:
    """The addresses of messy articles, written for this test."""
    return [
        publish(
            newsroom,
            title=f"{WORD} {name}",
            summary=f"{WORD} {'lead ' * 20}",
            body_html=body,
            body_text=None,
            tags=["Mess"],
            image={"url": f"https://{PICTURES}/{name}.jpg"},
        )["url"]
        for name, body in BODIES.items()
    ]


def come_slowly(window: Window) -> None:
    """Pictures of every shape, whatever was declared."""

    def answer(route: Route) -> None:
        width, height = SHAPES[len(route.request.url) % len(SHAPES)]
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        window.page.wait_for_timeout(100)
        route.fulfill(
            body=f'<svg xmlns="http://www.w3.org/2000/svg" {size}><circle r="90"/></svg>',
            content_type="image/svg+xml",
        )

    window.page.route(f"https://{PICTURES}/**", answer)


def test_no_article_widens_its_page_or_moves_it_while_its_pictures_come(
    site: Site, open_window: OpenWindow
) -> None:
    newsroom = site.app.test_client()
    articles = publish_mess(newsroom)
    window = open_window("/search", width=390, height=844)
    come_slowly(window)
    window.page.add_init_script(MEASURE_SHIFTS)

    for address in [f"{site.url}/tag/Mess", *articles]:
        window.page.set_viewport_size({"width": 390, "height": 844})
        window.page.goto(address, wait_until="networkidle")
        assert window.page.evaluate("window.shifted") < 0.05, address
        for width in (320, 390, 1440):
            window.page.set_viewport_size({"width": width, "height": 844})
            assert overflow(window) <= 0, (address, width)
        assert violations(window.page) == [], address
    assert not window.page.get_by_text("Its caption").is_visible()
    assert window.page.get_by_text("After").is_visible()
    assert {urlsplit(each).hostname for each in window.strangers} == {"gone.example"}


def test_an_open_page_tells_time_in_the_readers_zone_and_its_ages_move(
    site: Site, open_window: OpenWindow
) -> None:
    newsroom = site.app.test_client()
    done = publish(newsroom, title="Bridge closed", breaking=True, tags=["Storm"])
    code = "<p>استخدم <code>--help</code> الآن.</p>"
    arabic = publish(newsroom, title="أوامر", body_html=code, body_text=None, language="ar")
    page = open_window("/search").page
    page.clock.install(time=START)
    page.goto(done["url"])
    age, flag = page.locator(".story time[title]").first, page.locator(".story .breaking")
    assert age.inner_text() == "just now"
    assert flag.is_visible()

    page.clock.run_for(25 * 60_000)
    assert age.inner_text() == "25 minutes ago"
    page.clock.run_for(6 * 60 * 60_000)
    assert age.inner_text() == "6 hours ago"
    assert not flag.is_visible()
    page.clock.run_for(9 * 24 * 60 * 60_000)
    assert age.inner_text() == "March 2, 2026"
    assert "12:00" in str(age.get_attribute("title"))

    page.goto(arabic["url"])
    first, last = page.evaluate(
        """() => {
          const text = document.querySelector(".prose code").firstChild;
          const edge = (at) => {
            const range = document.createRange();
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            return range.getBoundingClientRect().x;
          };
          return [edge(0), edge(text.length - 1)];
        }"""
    )
    assert first < last, "code runs from the left in a text from the right"
