"""Who chose languages has a home of articles in these alone; who chose none has all."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.backend.feed.reading import correct, get, ids, take_down
from tests.factories import Phone, publish, register

HARBOUR = "tag:Harbour"


def home(phone: Phone, **query: Any) -> dict[str, Any]:
    return get(phone.client, "/v1/feed", headers=phone.auth, **query)


def changes(phone: Phone, cursor: str) -> Any:
    return phone.client.get(f"/v1/feed/changes?cursor={cursor}", headers=phone.auth)


@pytest.fixture
def news(client: FlaskClient) -> dict[str, str]:
    """An article in each language, the ids by language."""
    return {
        language: publish(client, language=language, tags=["Harbour", "Ferry"])["id"]
        for language in ("en-GB", "es", "zh-TW", "ko")
    }


@pytest.fixture
def phone(client: FlaskClient, news: dict[str, str]) -> Phone:
    return register(client, HARBOUR, "tag:Ferry")


@pytest.mark.parametrize(
    ("languages", "found"),
    [
        ([], ["ko", "zh-TW", "es", "en-GB"]),
        (["en-US"], ["en-GB"]),
        (["es-MX", "en"], ["es", "en-GB"]),
        (["zh", "zh-Hant"], ["zh-TW"]),
        (["zh-CN"], []),
        (["fr"], []),
    ],
)
@pytest.mark.parametrize("limit", [1, 20, 100])
def test_home_has_the_articles_in_the_languages_that_were_chosen(
    news: dict[str, str], phone: Phone, languages: list[str], found: list[str], limit: int
) -> None:
    phone.prefer(languages=languages)

    shown, query = [], {"limit": limit}
    while query:
        page = home(phone, **query)
        shown += page["articles"]
        query = page["next_cursor"] and {"limit": limit, "cursor": page["next_cursor"]}

    assert [each["id"] for each in shown] == [news[each] for each in found]
    assert all(each["matched"] == [HARBOUR, "tag:Ferry"] for each in shown)


def test_what_was_chosen_is_answered_as_it_was_written(phone: Phone) -> None:
    url = f"/v1/installations/{phone.id}/preferences"
    assert phone.client.get(url, headers=phone.auth).get_json()["languages"] == []

    phone.prefer(languages=["en-US", "zh-Hant-TW"])

    assert phone.client.get(url, headers=phone.auth).get_json()["languages"] == [
        "en-US",
        "zh-Hant-TW",
    ]
    refused = phone.client.patch(url, headers=phone.auth, json={"languages": ["en_US"]})
    assert refused.status_code == 422
    assert "en_US is no language" in str(refused.get_json()["errors"]["languages"])


def test_a_cached_home_is_read_anew_after_a_choice_and_then_told_of_these_alone(
    client: FlaskClient, news: dict[str, str], phone: Phone
) -> None:
    before = home(phone)["sync_cursor"]
    phone.prefer(languages=["en"])
    assert changes(phone, before).status_code == 410

    cursor = home(phone)["sync_cursor"]
    publish(client, language="es", tags=["Harbour"])
    new = publish(client, external_id="new", language="en", tags=["Harbour"])
    told = changes(phone, cursor).get_json()
    assert [each["article"]["id"] for each in told["changes"]] == [new["id"]]

    take_down(client, "new")
    gone = changes(phone, told["sync_cursor"]).get_json()
    assert [(each["op"], each["id"]) for each in gone["changes"]] == [("remove", new["id"])]


def test_an_article_that_turns_out_to_be_in_another_language_leaves(
    client: FlaskClient, phone: Phone
) -> None:
    article = publish(client, external_id="moved", language="en", tags=["Harbour"])
    phone.prefer(languages=["en"])
    cursor = home(phone)["sync_cursor"]

    correct(client, "moved", language="es")

    assert article["id"] not in ids(home(phone))
    told = changes(phone, cursor).get_json()["changes"]
    assert [(each["op"], each["id"]) for each in told] == [("remove", article["id"])]


def test_what_was_followed_and_unfollowed_is_told_in_the_chosen_languages(
    client: FlaskClient, news: dict[str, str]
) -> None:
    publish(client, language="en", tags=["Bread"])
    phone = register(client, "tag:Bread")
    phone.prefer(languages=["en"])
    cursor = home(phone)["sync_cursor"]

    phone.follow(HARBOUR)
    told = changes(phone, cursor).get_json()
    assert [each["article"]["id"] for each in told["changes"]] == [news["en-GB"]]

    path = f"/v1/installations/{phone.id}/topics/{HARBOUR}"
    client.delete(path, headers=phone.auth)
    gone = changes(phone, told["sync_cursor"]).get_json()["changes"]
    assert (news["en-GB"], "unfollowed") in [(each["id"], each["reason"]) for each in gone]
    assert {each["op"] for each in gone} == {"remove"}


def test_stories_have_what_their_others_tell_in_these_languages(
    news: dict[str, str], phone: Phone
) -> None:
    phone.prefer(languages=["en"])

    page = home(phone, group="story")

    assert ids(page) == [news["en-GB"]]
    assert page["articles"][0]["others"] == []
