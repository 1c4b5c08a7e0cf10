"""The other pages: home, articles, sources, categories and search."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

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


def test_breaking_news_is_called_so_for_its_hours(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    client = make_app(BREAKING_HOURS="2").test_client()
    done = publish(client, title="Bridge closed", breaking=True, tags=["Storm"])
    paths = (f"/article/{done['id']}/bridge-closed", "/tag/Storm", "/")

    clock.forward(hours=1, minutes=59)
    assert all('data-until="2026-03-02T14:00:00Z"' in client.get(path).text for path in paths)
    clock.forward(minutes=1)
    assert not any("Breaking</strong>" in client.get(path).text for path in paths)


def test_a_page_says_when_the_article_changed_not_when_it_was_fetched(
    client: FlaskClient, clock: Clock
) -> None:
    told: dict[str, Any] = {
        "title": "Bridge",
        "published_at": "2026-02-20T08:00:00Z",
        "tags": ["Storm"],
    }
    done = publish(client, external_id="1", **told)
    assert '"dateModified": "2026-02-20T08:00:00Z"' in client.get(done["url"]).text

    clock.forward(hours=1)
    client.patch("/v1/newsroom/articles/herald/1", headers=EDITOR, json={"add_tags": ["Bridges"]})
    assert 'modified_time" content="2026-02-20T08:00:00Z"' in client.get(done["url"]).text

    publish(client, external_id="1", **{**told, "body_text": "It is open again."})
    page = client.get(done["url"]).text
    assert 'modified_time" content="2026-03-02T13:00:00Z"' in page
    assert '"datePublished": "2026-02-20T08:00:00Z"' in page


def test_an_article_without_picture_is_shared_with_a_card_of_the_site(client: FlaskClient) -> None:
    small = {"url": "https://pictures.example/s.jpg", "width": 120, "height": 90}
    bare, with_small = publish(client, title="Bare"), publish(client, title="Small", image=small)

    page = client.get(bare["url"]).text
    card = re.search(r'property="og:image" content="http://news.test(/static/card.png[^"]*)"', page)
    assert card is not None
    assert client.get(card.group(1)).mimetype == "image/png"
    assert 'property="og:image:width" content="1200"' in page
    found = client.get(with_small["url"]).text
    assert 'property="og:image:width" content="120"' in found
    assert 'name="twitter:card" content="summary"' in found


def test_days_are_told_in_words_and_on_pages_of_tags_as_before(
    make_app: Callable[..., Flask], client: FlaskClient, clock: Clock
) -> None:
    publish(client, title="Bridge closed", tags=["Storm"])
    clock.forward(days=20)
    in_seoul = make_app(EDITION_TIME_ZONE="Asia/Seoul", DATE_FORM="DD-MM-YYYY").test_client()

    assert ">2 March 2026</time>" in client.get("/").text
    assert 'title="Monday 2 March 2026, 12:00 UTC"' in client.get("/").text
    assert ">02-03-2026</time>" in client.get("/tag/Storm").text
    assert ">02-03-2026</time>" in in_seoul.get("/").text
    assert 'title="Monday 2 March 2026, 21:00 KST"' in in_seoul.get("/").text


def test_through_a_picture_server_the_page_allows_no_other_host(
    make_app: Callable[..., Flask],
) -> None:
    own = {"IMGPROXY_URL": "https://img.test/p", "IMGPROXY_KEY": "aa", "IMGPROXY_SALT": "bb"}
    client = make_app(**own).test_client()
    image = {"url": "https://pictures.example/b.jpg"}
    done = publish(client, title="Bridge", tags=["Storm"], image=image)

    for path in ("/tag/Storm", done["url"]):
        answer = client.get(path)
        assert "img-src 'self' https://img.test;" in answer.headers["Content-Security-Policy"]
        assert re.search(r'<img src="https://img\.test/p/[\w-]{43}/rs:fit:1408:0/', answer.text)
        assert 'src="https://pictures.example' not in answer.text


def test_an_unpublished_article_is_gone(client: FlaskClient) -> None:
    done = publish(client, external_id="gone", title="Taken down", tags=["Storm"])
    publish(client, title="What is near", tags=["Storm"])
    client.delete("/v1/newsroom/articles/herald/gone?reason=wrong", headers=EDITOR)

    answer = client.get(f"/article/{done['id']}/taken-down")

    assert (answer.status_code, answer.mimetype) == (410, "text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert titles(answer) == ["What is near"]
    assert "Taken down" not in answer.text


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
