"""A page in a reader's language, in real Chromium: chosen, remembered, and moving on in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Site, Window, violations
from tests.browser.test_pages import overflow
from tests.conftest import START
from tests.factories import publish
from tests.firefox import firefox, wanted

pytestmark = pytest.mark.browser


def test_a_reader_chooses_a_language_and_its_ages_move_on_in_it(
    site: Site, open_window: Callable[..., Window]
) -> None:
    publish(site.app.test_client(), title="Bridge closed", tags=["Storm"])
    window = open_window("/tag/Storm", width=360)
    page = window.page
    page.clock.install(time=START)

    page.get_by_role("button", name="العربية").press("Enter")

    page.wait_for_selector("html[dir=rtl]")
    assert page.url == f"{site.url}/tag/Storm"
    assert violations(page) == []
    assert overflow(window) == 0
    age = page.locator("time").first
    assert age.inner_text() == "الآن"
    page.clock.run_for(2 * 60_000)
    assert age.inner_text() == "قبل دقيقتين"
    page.clock.run_for(9 * 60_000)
    assert age.inner_text() == "قبل 11 دقيقة"

    page.goto(f"{site.url}/?lang=ko")
    assert page.locator("html").get_attribute("lang") == "ko"
    page.goto(f"{site.url}/nowhere")
    assert page.locator("html").get_attribute("lang") == "ar", "what was chosen is remembered"


def test_in_a_page_from_the_right_a_headline_from_the_left_begins_at_the_left(
    site: Site, tmp_path: Path
) -> None:
    """Firefox and Safari set what stands in a list as the list runs; Chromium does not."""
    wanted()
    publish(site.app.test_client(), title="Bridge closed", tags=["Storm"])
    with firefox(tmp_path, {"intl.accept_languages": "ar"}) as reader:
        reader.goto(f"{site.url}/tag/Storm")

        aligned = reader.evaluate("getComputedStyle(document.querySelector('.card h2')).textAlign")
        assert reader.evaluate("document.dir") == "rtl"
    assert aligned == "start"
