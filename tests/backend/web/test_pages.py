"""The other pages: home, articles, sources, categories and search."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.web.test_tag_page import titles
from tests.conftest import EDITOR, START, Clock
from tests.factories import publish


def test_an_article_page_shows_the_story_and_describes_it_to_machines(client: FlaskClient) -> None:
    done = publish(
        client,
        title="Bridge closed after storm",
        summary="The bridge is closed.",
        tags=["Storm", "Harbour"],
        category="World",
        image={"url": "https://pictures.example/b.jpg", "alt": "The bridge"},
    )

    page = client.get(f"/article/{done['id']}/bridge-closed-after-storm").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    described = json.loads(found.group(1))

    assert "<h1>Bridge closed after storm</h1>" in page
    assert 'alt="The bridge"' in page
    assert 'href="/tag/Storm"' in page
    assert described["@type"] == "NewsArticle"
    assert described["datePublished"] == "2026-03-02T12:00:00Z"
    assert described["url"] == done["url"]
    assert done["url"].endswith(f"/article/{done['id']}/bridge-closed-after-storm")
    assert f'<link rel="canonical" href="{done["url"]}">' in page
    assert f'name="apple-itunes-app" content="app-id=123456789, app-argument={done["url"]}"' in page


@pytest.mark.parametrize("end", ["", "/", "/another-headline", "/bridge-closed/", "/a/b"])
def test_the_id_decides_and_a_wrong_slug_leads_to_the_right_one(
    client: FlaskClient, end: str
) -> None:
    done = publish(client, title="Bridge closed")

    answer = client.get(f"/article/{done['id']}{end}?x=1")

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/article/{done['id']}/bridge-closed?x=1"


def test_an_article_in_arabic_has_one_address_and_runs_from_the_right(client: FlaskClient) -> None:
    done = publish(client, title="الجسر مغلق", language="ar")

    answer = client.get(done["url"])

    assert answer.status_code == 200
    assert '<html lang="ar" dir="rtl">' in answer.text


def test_a_correction_and_breaking_news_are_said(client: FlaskClient, clock: Clock) -> None:
    done = publish(client, external_id="b", title="Bridge closed", breaking=True, tags=["Storm"])
    clock.forward(hours=1)
    change = {"title": "Bridge closed for a day"}
    client.patch(
        "/v1/newsroom/articles/herald/b", headers=EDITOR, json=change | {"corrected": True}
    )

    for path in (f"/article/{done['id']}/bridge-closed-for-a-day", "/tag/Storm"):
        page = " ".join(client.get(path).text.split())
        assert "Breaking</strong>" in page
        assert 'Corrected <time datetime="2026-03-02T13:00:00Z"' in page


def test_an_unpublished_article_is_gone(client: FlaskClient) -> None:
    done = publish(client, external_id="gone", title="Taken down")
    client.delete("/v1/newsroom/articles/herald/gone?reason=wrong", headers=EDITOR)

    answer = client.get(f"/article/{done['id']}/taken-down")

    assert (answer.status_code, answer.mimetype) == (410, "text/html")
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_embargoed_article_does_not_exist_yet(client: FlaskClient) -> None:
    later = (START + timedelta(hours=1)).isoformat()
    done = publish(client, title="Not yet", tags=["Storm"], embargo_until=later)

    assert client.get(f"/article/{done['id']}/not-yet").status_code == 404
    assert "Not yet" not in client.get("/").text


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/source/The%20Ledger", "/source/the-ledger"),
        ("/source/the-ledger/", "/source/the-ledger"),
        ("/category/WORLD", "/category/world"),
    ],
)
def test_sources_and_categories_have_one_address(
    client: FlaskClient, path: str, canonical: str
) -> None:
    publish(client, source="the-ledger", title="A story", category="World")

    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (301, canonical)
    assert titles(client.get(canonical)) == ["A story"]


@pytest.mark.parametrize("path", ["/source/nobody", "/category/nothing", "/article/none"])
def test_what_nobody_published_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_front_page_shows_stories_tags_and_categories(client: FlaskClient) -> None:
    publish(client, title="A story", tags=["Storm"], category="World")

    answer = client.get("/")

    assert titles(answer) == ["A story"]
    assert 'href="/tag/Storm"' in answer.text
    assert 'href="/category/world"' in answer.text


def test_an_empty_site_still_has_a_front_page(client: FlaskClient) -> None:
    answer = client.get("/")

    assert answer.status_code == 200
    assert "Nothing has been published here yet." in answer.text


def test_the_guide_of_the_demo_leads_only_where_something_is(
    make_app: Callable[..., Flask], client: FlaskClient
) -> None:
    publish(client, tags=["Storm"])
    demo = make_app(DEMO="1").test_client()
    page = demo.get("/").text
    guide = page[page.index('class="guide"') : page.index('class="columns"')]

    assert 'class="guide"' not in client.get("/").text
    for path in re.findall(r'href="([^"]*)"', guide):
        assert demo.get(path).status_code == 200, path


def test_search_finds_and_says_when_nothing_was_found(client: FlaskClient) -> None:
    publish(client, title="Bridge closed", tags=["Storm"])

    assert titles(client.get("/search?q=bridge")) == ["Bridge closed"]
    assert "Nothing was found." in client.get("/search?q=castle").text
    assert client.get("/search").status_code == 200
    assert client.get("/search?q=" + "x" * 500).status_code == 200
    assert "<script>" not in client.get("/search?q=<script>").text
