"""Sitemaps: every page of ours is named once, with the time of its last change, and no other."""

import re
from collections.abc import Callable
from datetime import timedelta
from xml.etree.ElementTree import Element, fromstring

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from backend.catalog.listing import relist
from backend.catalog.sitemap_part import BLOCK, part_named, part_numbered, part_of
from backend.core.db import to_us, transaction
from backend.tables.newsroom import Article
from tests.backend.feed.reading import correct, take_down
from tests.backend.feed.test_page_cache import questions
from tests.backend.stories.telling import QUAKE, tell, tell_all
from tests.conftest import START, Clock
from tests.factories import publish

SITE = "http://news.test"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
NEXT = "/sitemap-articles-2026-03-1.xml"
MARCH = "/sitemap-articles-2026-03-0.xml"


def read(client: FlaskClient, path: str) -> Element:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml"), path
    return fromstring(answer.data)


def named(client: FlaskClient, path: str) -> dict[str, str | None]:
    """The addresses of a document and when each last changed."""
    return {
        (each.findtext(f"{MAP}loc") or ""): each.findtext(f"{MAP}lastmod")
        for each in read(client, path)
    }


def everything(client: FlaskClient) -> list[str]:
    """Every address of every document that the index names, news aside."""
    documents = (each.removeprefix(SITE) for each in named(client, "/sitemap.xml"))
    return [url for path in documents if "news" not in path for url in named(client, path)]


def test_robots_name_the_index_which_names_every_page_once(
    client: FlaskClient, clock: Clock
) -> None:
    old = publish(client, source="herald", tags=["Harbour"], category="Politics")
    clock.forward(days=40)
    new = publish(client, source="mercury", tags=["Harbour", "Ferry"])

    assert f"Sitemap: {SITE}/sitemap.xml" in client.get("/robots.txt").text
    assert f"{SITE}/sitemap-news.xml" in named(client, "/sitemap.xml")
    found = everything(client)
    pages = ["/", "/tag/Harbour", "/source/herald", "/source/mercury", "/category/politics"]
    assert sorted(found) == sorted([old["url"], new["url"], *(SITE + page for page in pages)])
    for url in found:
        shown = client.get(url.removeprefix(SITE)).text
        assert f'rel="canonical" href="{url}"' in shown
        assert '<meta name="robots" content="noindex' not in shown


def test_articles_are_named_by_month_with_the_time_of_their_last_change(
    client: FlaskClient, clock: Clock
) -> None:
    first = publish(client, external_id="1", title="One", tags=["Harbour"])
    clock.forward(days=40)
    second = publish(client, external_id="2", title="Two", tags=["Harbour"])
    clock.forward(hours=1)
    publish(client, external_id="1", title="One", body_text="Corrected.", tags=["Harbour"])

    assert named(client, MARCH) == {first["url"]: "2026-04-11T13:00:00Z"}
    april = named(client, "/sitemap-articles-2026-04-0.xml")
    assert april == {second["url"]: "2026-04-11T12:00:00Z"}
    index = named(client, "/sitemap.xml")
    assert index[SITE + MARCH] == "2026-04-11T13:00:00Z"
    assert index[f"{SITE}/sitemap-articles-2026-04-0.xml"] == "2026-04-11T12:00:00Z"
    for lists in ("tags-0", "sources"):
        assert index[f"{SITE}/sitemap-{lists}.xml"] == "2026-04-11T13:00:00Z"


def test_a_closed_month_is_made_once_until_something_of_it_changes(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, external_id="1", title="One")
    clock.forward(days=40)
    made = client.get(MARCH)
    publish(client, external_id="2", title="Two")

    with questions(app) as asked:
        kept = client.get(MARCH)
    assert kept.data == made.data
    assert not [each for each in asked if "FROM article" in each]
    publish(client, external_id="1", title="Another one")
    assert client.get(MARCH).data != made.data


@pytest.mark.parametrize("path", [MARCH, "/sitemap-tags-0.xml", "/sitemap-stories-0.xml"])
def test_what_was_taken_down_is_named_by_no_kept_document_of_another_process(
    make_app: Callable[..., Flask], client: FlaskClient, path: str
) -> None:
    other = make_app().test_client()
    text = (
        "Ferries wait in the harbour because of the storm that nobody had expected this week. " * 9
    )
    for source in ("herald", "mercury"):
        publish(
            client,
            source=source,
            external_id="1",
            title="Ferries wait",
            body_text=text,
            tags=["Storm"],
        )
    publish(client, source="herald", external_id="2")
    before = named(other, path)
    assert before == named(other, path)

    take_down(client, "1")

    if path == MARCH:
        assert len(named(other, path)) == len(before) - 1
    else:
        assert other.get(path).status_code == 404


def test_a_month_without_an_article_leaves_the_index(client: FlaskClient) -> None:
    publish(client, external_id="1")
    assert SITE + MARCH in named(client, "/sitemap.xml")

    take_down(client, "1")

    assert SITE + MARCH not in named(client, "/sitemap.xml")


def test_the_document_of_stories_is_as_new_as_what_was_last_told_or_taken_down(
    client: FlaskClient, clock: Clock
) -> None:
    def changed_at() -> str | None:
        return named(client, "/sitemap.xml")[f"{SITE}/sitemap-stories-0.xml"]

    tell_all(client, 2, external_id="told")
    assert changed_at() == "2026-03-02T12:00:00Z"
    clock.forward(hours=1)
    publish(client)
    for source in ("courier", "mail"):
        tell(client, source, QUAKE, external_id="quake")
    assert changed_at() == "2026-03-02T13:00:00Z"
    assert len(named(client, "/sitemap-stories-0.xml")) == 2

    clock.forward(hours=1)
    publish(client, title="No story")
    assert changed_at() == "2026-03-02T13:00:00Z"
    correct(client, "told", title="Solberg is out")
    assert changed_at() == "2026-03-02T14:00:00Z"
    clock.forward(hours=1)
    take_down(client, "quake", source="mail")
    assert len(named(client, "/sitemap-stories-0.xml")) == 1
    assert changed_at() == "2026-03-02T15:00:00Z"


def test_every_page_is_named_with_its_address_in_each_language(client: FlaskClient) -> None:
    url = publish(client)["url"]

    links = read(client, MARCH).findall(f"{MAP}url/{LINK}")

    told = {each.attrib["hreflang"]: each.attrib["href"] for each in links}
    assert told == {code: f"{url}?lang={code}" for code in ("en", "ar", "es", "ko")} | {
        "x-default": url
    }
    shown = client.get(url.removeprefix(SITE)).text
    pattern = r'rel="alternate" hreflang="([\w-]+)" href="([^"]+)"'
    assert dict(re.findall(pattern, shown)) == told


def test_an_embargo_is_told_by_no_sitemap(client: FlaskClient, clock: Clock) -> None:
    publish(client, embargo_until=(START + timedelta(hours=2)).isoformat(), tags=["Secret"])

    assert everything(client) == [f"{SITE}/"]


@pytest.mark.parametrize(
    "path",
    ["articles-2026-13-0", "articles-2026-3-0", "articles-2026-03-00", "articles-1999-01-0",
     "articles-2026-03", "articles-2026-03-99999999", "tags-7", "tags-99999999999999999999",
     "stories-0", "stories--1", "others"],
)  # fmt: skip
def test_a_document_that_the_index_does_not_name_is_not_there(
    client: FlaskClient, path: str
) -> None:
    publish(client)
    assert client.get(f"/sitemap-{path}.xml").status_code == 404


def test_the_part_of_an_article_is_its_month_and_the_block_of_its_id() -> None:
    for article_id, at in ((0, START), (BLOCK, START + timedelta(days=300)), (10**6, START)):
        part = part_of(article_id, to_us(at))
        assert part_numbered(part.number) == part_named(part.name) == part
        assert part.begins_at <= at < part.ends_at
        assert part.first_id <= article_id < part.first_id + BLOCK


def test_a_month_of_more_articles_than_a_document_holds_has_several(
    app: Flask, client: FlaskClient
) -> None:
    first = publish(client)
    with app.app_context(), transaction() as session:
        one = session.scalars(select(Article)).one()
        same = {each.name: getattr(one, each.name) for each in Article.__table__.columns}
        other = same | {"id": BLOCK, "public_id": "another", "external_id": "another"}
        session.execute(insert(Article), [other])
        relist(session, session.get_one(Article, BLOCK), now=START)

    assert list(named(client, MARCH)) == [first["url"]]
    assert [SITE + "/article/another/" in each for each in named(client, NEXT)] == [True]
    assert {SITE + MARCH, SITE + NEXT} < named(client, "/sitemap.xml").keys()
