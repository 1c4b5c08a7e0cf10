"""The search page: suggestions, filters, marked words, and what is near where nothing was found."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.feed.reading import take_down
from tests.backend.stories.telling import tell_all
from tests.factories import publish


def marked(client: FlaskClient, question: str) -> list[str]:
    return marked_in(client.get("/search", query_string={"q": question}).text)


def marked_in(page: str) -> list[str]:
    return re.findall(r"<mark>([^<]*)</mark>", page)


def suggested(client: FlaskClient, text: str) -> list[tuple[str, str]]:
    answer = client.get("/v1/search/suggestions", query_string={"q": text})
    assert answer.status_code == 200, answer.text
    return [(each["kind"], each["text"]) for each in answer.get_json()["suggestions"]]


@pytest.mark.parametrize(
    ("title", "question", "found"),
    [
        ("Storm & <rain> over Storms", "storm", ["Storm"]),
        ("Storm over Storms", "sto*", ["Storm", "Storms"]),
        ("Der Café und die CAFE\u0301 am See", "cafe", ["Café", "CAFE\u0301"]),
        ("The U.S.-Korea talks", '"U.S.-Korea"', ["U", "S", "Korea"]),
        ("وصل الرئيس إلى القاهرة", "رئيس", ["الرئيس"]),
        ("وصل الرئيس إلى القاهرة", "الى", ["إلى"]),
        ("북한이 미사일을 발사했다", "미사일", ["미사일"]),
        ("东京和北京", "北京", ["北京"]),
    ],
)
def test_the_words_that_were_found_are_marked_as_they_are_written(
    client: FlaskClient, title: str, question: str, found: list[str]
) -> None:
    publish(client, title=title, summary="-", body_text="-")
    assert marked(client, question) == found


def test_what_is_marked_is_still_text(client: FlaskClient) -> None:
    publish(client, title="A <b>storm</b> & rain")
    page = client.get("/search?q=storm").text
    assert "<b>" not in page
    assert "<mark>storm</mark>" in page


def test_suggestions_are_tags_publishers_and_stories_that_begin_alike(client: FlaskClient) -> None:
    publish(client, source="harbour-times", title="Harvest begins", tags=["Harbour"])

    assert suggested(client, "har") == [
        ("tag", "Harbour"),
        ("source", "Harbour Times"),
        ("article", "Harvest begins"),
    ]
    found = client.get("/v1/search/suggestions?q=har").get_json()["suggestions"]
    for each in found:
        page = client.get(each["url"].removeprefix("http://news.test"), follow_redirects=True)
        assert page.status_code == 200


def test_what_was_taken_down_is_suggested_no_more(client: FlaskClient) -> None:
    publish(client, external_id="1", title="Zeppelins land")
    assert suggested(client, "zepp") == [("article", "Zeppelins land")]
    take_down(client, "1")
    assert suggested(client, "zepp") == []


@pytest.mark.parametrize("text", ["*", '"', "#", "-", "%", "💥", "\u0301", "a" * 100])
def test_anything_may_be_written(client: FlaskClient, text: str) -> None:
    assert suggested(client, text) == []
    assert client.get("/search", query_string={"q": text}).status_code == 200


def test_a_question_without_a_text_or_with_too_long_a_one_is_named(client: FlaskClient) -> None:
    for query in ("", "?q=", f"?q={'a' * 101}"):
        answer = client.get(f"/v1/search/suggestions{query}")
        assert (answer.status_code, [*answer.get_json()["errors"]]) == (422, ["q"])


def test_results_are_filtered_by_publisher_section_and_language(client: FlaskClient) -> None:
    publish(
        client,
        source="herald",
        title="Storm one",
        summary="Roofs of sheds fell",
        body_text="-",
        category="World",
        language="en",
    )
    publish(
        client,
        source="mercury",
        title="Storm two",
        summary="Members quarrel",
        body_text="-",
        category="Politics",
        language="ar",
    )

    def titles(query: str) -> list[str]:
        page = client.get(f"/search?q=storm{query}").text
        return re.findall(r"<mark>Storm</mark> (\w+)</a>", page)

    assert titles("") == ["two", "one"]
    for query in ("&source=herald", "&category=world", "&language=en"):
        assert titles(query) == ["one"], query
    page = client.get("/search?q=storm&source=herald&language=").text
    assert '<option value="herald" selected>' in page
    assert 'href="/search.rss?q=storm&amp;source=herald"' in page
    assert "<title>Storm one</title>" in client.get("/search.rss?q=storm&source=herald").text
    assert "Storm two" not in client.get("/search.rss?q=storm&source=herald").text


def test_a_filter_that_cannot_be_is_named(client: FlaskClient) -> None:
    assert client.get("/search?q=storm&source=nobody").status_code == 404
    assert client.get("/search?q=storm&language=en_US").status_code == 422


def test_filters_stay_while_a_reader_walks_down(client: FlaskClient) -> None:
    for at in range(21):
        publish(client, title=f"Storm {at}", body_text=" ".join(f"{at}x{n}" for n in range(40)))
    publish(client, source="mercury", title="Storm of another")

    page = client.get("/search?q=storm&source=herald").text
    following = re.search(r'rel="next" href="([^"]+)"', page.partition("<main")[2])
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text

    assert "source=herald" in following[1]
    assert second.count("<mark>Storm</mark>") == 1
    assert "of another" not in page + second


def test_where_nothing_was_found_what_is_near_is_shown(client: FlaskClient) -> None:
    for title in ("Ferries sail", "Ships wait"):
        publish(client, title=title, tags=["Harbour"])

    page = client.get("/search?q=Harbuor").text
    main = page.partition("<main")[2]

    assert "Nothing was found." in main
    assert 'Did you mean <a href="/tag/Harbour"><bdi>#Harbour</bdi></a>?' in main
    assert "Ships wait" in main
    assert "Search without filters" not in main
    assert "Search without filters" in client.get("/search?q=Harbuor&source=herald").text
    assert "Did you mean" not in client.get("/search?q=ships").text


@pytest.mark.parametrize("language", ["ar", "es", "ko"])
def test_it_speaks_the_readers_language(client: FlaskClient, language: str) -> None:
    for name, spoken in (("herald", "en"), ("mercury", "ar")):
        publish(client, source=name, title="Storm", tags=["Harbour"], language=spoken)

    pages = [client.get(f"/search?q={q}&lang={language}").text for q in ("storm", "Harbuor")]

    for english in ("Did you mean", "Filter", "Source<", "Language<", ">All<", "Nothing was"):
        assert not any(english in page for page in pages), english


def test_the_page_shows_a_story_once_and_finds_within_days_of_the_edition(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(EDITION_TIME_ZONE="Asia/Seoul").test_client()
    tell_all(client, 2)
    publish(client, title="Solberg sails", published_at="2026-02-27T15:30:00Z")
    told = "2 sources"

    assert told in client.get("/search?q=solberg").text
    on_the_day = client.get("/search?q=solberg&since=2026-02-28&until=2026-02-28").text
    assert marked_in(on_the_day) == ["Solberg"]
    assert told not in on_the_day
    assert 'name="until" type="date" value="2026-02-28"' in on_the_day
    before = client.get("/search?q=solberg&until=2026-02-27").text
    assert "Nothing was found." in before
    assert "Search without filters" in before
    assert client.get("/search.rss?q=solberg&since=2026-02-28").text.count("<item>") == 3
    for wrong in ("since=2026-02-30", "until=9999-12-31", "since=x"):
        answer = client.get(f"/search?q=solberg&{wrong}", headers={"Accept": "application/json"})
        assert answer.status_code == 422
        assert wrong.partition("=")[0] in answer.text
