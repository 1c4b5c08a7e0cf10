"""A name of the stream is shown to readers who did not ask for it from its second article on."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.conftest import Clock
from tests.factories import publish

TITLE = "Orla Vandenberg and Norway agree"
LEAD = "The council heard Orla Vandenberg on Monday evening about Norway."
PAGE = "/tag/OrlaVandenberg"


def suggested(client: FlaskClient) -> bool:
    answer = client.get("/v1/tags", query_string={"q": "orla"}).get_json()
    return [tag["name"] for tag in answer["tags"]] == ["OrlaVandenberg"]


def related(client: FlaskClient) -> bool:
    answer = client.get("/v1/tags/Norway").get_json()
    return "OrlaVandenberg" in [tag["name"] for tag in answer["related"]]


def trending(client: FlaskClient) -> bool:
    answer = client.get("/v1/tags/trending").get_json()
    return "OrlaVandenberg" in [tag["name"] for tag in answer["tags"]]


def in_the_news(client: FlaskClient) -> bool:
    listed = client.get("/").text.partition("In the news")[2].partition("</ul>")[0]
    return f'href="{PAGE}"' in listed


def indexed(client: FlaskClient) -> bool:
    return '<meta name="robots" content="noindex' not in client.get(PAGE).text


@pytest.mark.parametrize(
    "shown", [suggested, related, trending, in_the_news, indexed], ids=lambda shown: shown.__name__
)
def test_from_the_second_article_on(
    client: FlaskClient, clock: Clock, shown: Callable[[FlaskClient], bool]
) -> None:
    for _ in range(4):
        publish(client)
    publish(client, source="herald", title=TITLE, body_text=LEAD, language="en")
    assert shown(client) is False
    clock.forward(minutes=2)

    publish(client, source="mercury", title=TITLE, body_text=LEAD, language="en")
    clock.forward(minutes=2)

    assert shown(client) is True


def test_whoever_asks_for_it_by_name_finds_it_at_once(client: FlaskClient) -> None:
    article = publish(client, source="herald", title=TITLE, body_text=LEAD, language="en")

    page = client.get("/v1/tags/OrlaVandenberg/articles").get_json()
    assert [each["id"] for each in page["articles"]] == [article["id"]]
    assert client.get(PAGE).status_code == 200


def test_no_sitemap_names_the_page_of_a_tag(client: FlaskClient) -> None:
    for source in ("herald", "mercury"):
        publish(client, source=source, title=TITLE, body_text=LEAD, language="en")

    assert "/tag/" not in client.get("/sitemap-news.xml").text
