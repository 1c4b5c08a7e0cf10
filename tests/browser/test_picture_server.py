"""Pictures through a picture server, which enlarges none, in real Chromium."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.browser.conftest import PICTURES, Site, Window, serving
from tests.factories import publish

pytestmark = pytest.mark.browser

# Of the picture that every window answers with (`tests/browser/conftest.py`).
OWN_WIDTH = 1200
SHOWN = """[...document.querySelectorAll("main img")].map((each) => ({
  own: each.naturalWidth, asked: /fit:(\\d+):/.exec(each.currentSrc)?.[1],
}))"""


@pytest.fixture
def site(make_app: Callable[..., Flask]) -> Iterator[Site]:
    asked = {"IMGPROXY_URL": f"https://{PICTURES}", "IMGPROXY_KEY": "aa", "IMGPROXY_SALT": "bb"}
    with serving(make_app, **asked) as found:
        yield found


@pytest.mark.parametrize(("width", "asked"), [(390, "768"), (1440, "1408")])
def test_a_picture_of_unknown_size_is_shown_as_large_as_it_came(
    site: Site, open_window: Callable[..., Window], width: int, asked: str
) -> None:
    body = "<p>A</p><img src='https://paper.example/inside.jpg'><p>B</p>"
    above = {"url": "https://paper.example/above.jpg"}
    done = publish(site.app.test_client(), image=above, body_html=body, body_text=None)

    window = open_window(done["url"].removeprefix(site.url), width=width)

    assert window.page.evaluate(SHOWN) == [{"own": OWN_WIDTH, "asked": asked}] * 2
    assert window.complaints == []
    assert window.strangers == []
