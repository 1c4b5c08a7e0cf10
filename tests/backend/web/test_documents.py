"""What machines read beside the pages: RSS, the news sitemap, robots.txt."""

import html
from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest
from flask.testing import FlaskClient

from tests.conftest import START, Clock
from tests.factories import publish

# Written from the lists that tests/backend/feed reads.
pytestmark = pytest.mark.any_engine

FORMS = ("rss", "json")
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def test_a_tags_rss_lists_its_news_under_ids_that_outlive_headlines(
    client: FlaskClient, clock: Clock
) -> None:
    first = publish(client, title="Rain & <wind>", tags=["Storm"], category="World")
    clock.forward(hours=1)
    second = publish(client, title="Sun", tags=["Storm"])

    answer = client.get("/tag/Storm.rss")
    channel = fromstring(answer.data).find("channel")
    assert channel is not None
    items = channel.findall("item")
    own = channel.find(f"{ATOM}link")
    assert own is not None

    assert answer.mimetype == "application/rss+xml"
    assert own.attrib["href"] == "http://news.test/tag/Storm.rss"
    assert own.attrib["rel"] == "self"
    assert channel.findtext("title") == "Latest news with #Storm"
    assert [item.findtext("title") for item in items] == ["Sun", "Rain & <wind>"]
    assert [item.findtext("guid") for item in items] == [second["id"], first["id"]]
    assert [item.findtext("link") for item in items] == [second["url"], first["url"]]
    assert items[1].findtext("pubDate") == "Mon, 02 Mar 2026 12:00:00 GMT"
    assert items[1].findtext("category") == "World"


def test_rss_has_one_address_too_and_is_validated(client: FlaskClient) -> None:
    publish(client, tags=["Storm"])

    assert client.get("/tag/storm.rss").headers["Location"] == "/tag/Storm.rss"
    held = {"If-None-Match": client.get("/tag/Storm.rss").headers["ETag"]}
    assert client.get("/tag/Storm.rss", headers=held).status_code == 304
    assert client.get("/tag/Unknown.rss").status_code == 404


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/", "/feed"),
        ("/tag/Storm", "/tag/Storm"),
        ("/source/herald", "/source/herald"),
        ("/category/world", "/category/world"),
        ("/search?q=rain%20now", "/search"),
    ],
)
def test_every_list_is_there_for_feed_readers_in_two_forms(
    client: FlaskClient, clock: Clock, page: str, feed: str
) -> None:
    image = {"url": "https://pictures.example/b.jpg"}
    publish(client, title="Rain, now", tags=["Storm"], category="World", image=image)
    clock.forward(hours=1)
    newest = publish(client, title="Now the rain ends", tags=["Storm"], category="World")
    query = page.partition("?")[2]
    address, json_address = (f"{feed}.{form}" + (f"?{query}" if query else "") for form in FORMS)

    shown = client.get(page).text
    channel = fromstring(client.get(address).data)
    found = client.get(json_address).get_json(force=True)

    assert f'type="application/rss+xml" title="{found["title"]}" href="{address}"' in html.unescape(
        shown
    )
    assert f'href="{json_address}"' in shown
    assert [each.text for each in channel.findall("channel/item/title")] == [
        each["title"] for each in found["items"]
    ]
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["feed_url"] == f"http://news.test{json_address}"
    assert found["home_page_url"] == f"http://news.test{page}"
    first, last = found["items"]
    assert (first["id"], first["url"]) == (newest["id"], newest["url"])
    assert last["image"] == "https://pictures.example/b.jpg"
    assert last["authors"] == [{"name": "Herald", "url": "http://news.test/source/herald"}]


def test_a_feed_has_one_address_and_is_purged_by_what_it_lists(client: FlaskClient) -> None:
    done = publish(client, tags=["Storm"])

    assert client.get("/tag/storm.json?x=1").headers["Location"] == "/tag/Storm.json?x=1"
    assert client.get("/source/nobody.json").status_code == 404
    answer = client.get("/feed.json")
    assert answer.mimetype == "application/feed+json"
    assert f"article-{done['id']}" in answer.headers["Surrogate-Key"].split()


def test_the_news_sitemap_names_chinese_as_google_asks(client: FlaskClient) -> None:
    publish(client, title="明天", language="zh-Hant-TW")

    sitemap = fromstring(client.get("/sitemap-news.xml").data)

    assert [each.text for each in sitemap.iter(f"{NEWS}language")] == ["zh-tw"]


def test_the_news_sitemap_holds_only_the_last_two_days(client: FlaskClient, clock: Clock) -> None:
    publish(client, title="Long ago", published_at=(START - timedelta(hours=49)).isoformat())
    recent = publish(client, title="Lately", published_at=(START - timedelta(hours=47)).isoformat())

    urls = fromstring(client.get("/sitemap-news.xml").data).findall(f"{MAP}url")
    clock.forward(hours=2)
    later = fromstring(client.get("/sitemap-news.xml").data).findall(f"{MAP}url")

    assert [url.findtext(f"{MAP}loc") for url in urls] == [recent["url"]]
    news = urls[0].find(f"{NEWS}news")
    assert news is not None
    assert news.findtext(f"{NEWS}title") == "Lately"
    assert news.findtext(f"{NEWS}publication_date") == "2026-02-28T13:00:00Z"
    assert news.findtext(f"{NEWS}publication/{NEWS}name") == "Test News"
    assert news.findtext(f"{NEWS}publication/{NEWS}language") == "en"
    assert later == []


def test_robots_may_read_pages_and_association_files_but_not_the_api(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()

    assert "Disallow: /v1/" in lines
    assert "Sitemap: http://news.test/sitemap-news.xml" in lines
    assert not any(line.startswith("Disallow: /.well-known") for line in lines)
