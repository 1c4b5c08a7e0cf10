"""What machines read beside the pages: RSS, the news sitemap, robots.txt."""

from datetime import timedelta
from xml.etree.ElementTree import fromstring

from flask.testing import FlaskClient

from tests.conftest import START, Clock
from tests.factories import publish

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
