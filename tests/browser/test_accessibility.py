"""Every page can be read and used by everyone, as far as axe-core can tell, in both colours."""

from collections.abc import Callable
from typing import Literal

import pytest

from tests.browser.conftest import PICTURES, Site, Window, violations
from tests.factories import publish

pytestmark = pytest.mark.browser

PAGES = (
    *("/", "/tag/Storm", "/tag/غزة", "/source/herald", "/category/world"),
    *("/search", "/search?q=bridge", "/search?q=nothing", "/nowhere", "/download?to=/tag/Storm"),
)


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_every_page_can_be_used_by_everyone(
    site: Site,
    open_window: Callable[..., Window],
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    newsroom = site.app.test_client()
    picture = {"url": f"https://{PICTURES}/b.jpg", "width": 1200, "height": 675}
    storm = publish(
        newsroom, title="Bridge closed", tags=["Storm"], category="World", image=picture
    )
    publish(newsroom, title="عنوان الخبر الأول", tags=["غزة", "Storm"], language="ar")

    page = open_window(f"/article/{storm['id']}", width=width).page
    page.emulate_media(color_scheme=scheme)

    assert violations(page) == []
    for path in PAGES:
        page.goto(site.url + path)
        assert violations(page) == [], path
