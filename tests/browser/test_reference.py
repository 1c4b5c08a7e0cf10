"""The reference of the API in a real browser: it shows every call and asks no other host."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site, Window
from tests.factories import publish

pytestmark = pytest.mark.browser

METHODS = {"get", "put", "post", "patch", "delete"}
FEED = "/v1/tags/{tag}/articles"


def test_a_developer_reads_a_call_and_tries_it(
    site: Site, open_window: Callable[..., Window]
) -> None:
    client = site.app.test_client()
    publish(client, title="Bridge closed", tags=["Storm"])
    document = client.get("/v1/openapi.json").get_json()
    of_feeds = [
        call
        for item in (*document["paths"].values(), *document["webhooks"].values())
        for method, call in item.items()
        if method in METHODS and call["tags"] == ["feeds"]
    ]
    window = open_window("/v1/docs")
    page = window.page

    for tag in document["tags"]:
        expect(page.locator(f'.opblock-tag[data-tag="{tag["name"]}"]')).to_be_visible()
    feeds = page.locator('.opblock-tag[data-tag="feeds"]')
    feeds.click()
    section = page.locator(".opblock-tag-section", has=feeds)
    expect(section.locator(".opblock")).to_have_count(len(of_feeds))
    call = page.locator(".opblock", has=page.locator(f'[data-path="{FEED}"]'))
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_placeholder("tag", exact=True).fill("Storm")
    call.get_by_role("button", name="Execute").click()

    expect(call.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(call.locator(".live-responses-table")).to_contain_text("Bridge closed")
    assert window.strangers == []
    assert window.complaints == []
