"""Publishing tags an article from its text and groups it with its near-copies."""

import random

from flask.testing import FlaskClient

from tests.conftest import EDITOR
from tests.factories import publish

WORDS = [f"{a}{b}" for a in "bcdfglmnprst" for b in ("anek", "en", "ikor", "ost", "umal", "erin")]


def text(seed: int, words: int = 300) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def tags_of(client: FlaskClient, article_id: str) -> list[str]:
    found: list[str] = client.get(f"/v1/articles/{article_id}").get_json()["tags"]
    return found


def test_a_pair_in_the_text_is_a_feed_with_its_members(client: FlaskClient) -> None:
    body = "The North Korea-Russia rail line reopened on Friday."
    article = publish(client, title="Trains run again", body_text=body)

    answer = client.get("/v1/tags/NorthKorea-Russia/articles").get_json()

    assert [each["id"] for each in answer["articles"]] == [article["id"]]
    assert answer["tag"]["kind"] == "pair"
    assert answer["tag"]["members"] == ["NorthKorea", "Russia"]


def test_every_spelling_of_a_pair_leads_to_it(client: FlaskClient) -> None:
    publish(client, body_text="Russia–North Korea trade grew.")

    for spelling in ("Russia-NorthKorea", "northkorea_russia", "%23NorthKorea-Russia"):
        answer = client.get(f"/v1/tags/{spelling}/articles")
        assert answer.get_json()["tag"]["name"] == "NorthKorea-Russia", spelling


def test_a_pair_typed_by_a_publisher_is_the_same_pair(client: FlaskClient) -> None:
    typed = publish(client, tags=["Russia-NorthKorea"])
    publish(client, body_text="The DPRK-Russia treaty was read out.")

    answer = client.get("/v1/tags/NorthKorea-Russia/articles").get_json()

    assert tags_of(client, typed["id"]) == ["NorthKorea-Russia"]
    assert answer["tag"]["members"] == ["NorthKorea", "Russia"]
    assert len(answer["articles"]) == 2


def test_an_abbreviation_given_as_a_tag_is_the_country(client: FlaskClient) -> None:
    publish(client, tags=["USA"])

    answer = client.get("/v1/tags/UnitedStates/articles").get_json()

    assert answer["tag"]["kind"] == "entity"
    assert len(answer["articles"]) == 1


def test_what_the_publisher_gave_comes_first_and_a_bad_tag_loses_nothing(
    client: FlaskClient,
) -> None:
    article = publish(client, title="Chile votes", tags=["Ballots", "2024", "a/b"])

    assert tags_of(client, article["id"]) == ["Ballots", "Chile"]


def test_the_language_follows_the_script_when_nobody_declares_it(client: FlaskClient) -> None:
    article = publish(client, title="북한 소식", body_text="북한은 오늘 새로운 소식을 전했다.")

    assert article["language"] == "ko"
    assert "NorthKorea" in article["tags"]


def test_the_language_of_a_latin_text_is_guessed_however_it_comes(client: FlaskClient) -> None:
    title = "Sánchez y Macron firman acuerdo entre España y Francia"

    article = publish(client, title=title, body_text="París")

    assert article["language"] == "es"
    assert "France-Spain" in article["tags"]
    assert "EspañaYFrancia" not in article["tags"]


def test_a_sources_own_language_goes_before_a_guess(client: FlaskClient) -> None:
    client.put(
        "/v1/newsroom/sources/herald", headers=EDITOR, json={"name": "Herald", "language": "pt"}
    )

    title = "Sánchez y Macron firman acuerdo entre España y Francia"
    assert publish(client, source="herald", title=title)["language"] == "pt"


def test_too_few_letters_are_no_guess(client: FlaskClient) -> None:
    assert publish(client, title="París", body_text="Oui")["language"] == "en"


def test_copies_of_two_publishers_are_one_story_shown_on_both(client: FlaskClient) -> None:
    first = publish(client, source="wire", body_text=text(1))
    second = publish(client, source="daily", body_text=text(1)[: -len(text(1)) // 4])
    other = publish(client, title="Snow", summary="Two feet.", source="daily", body_text=text(2))

    stories = [
        client.get(f"/v1/articles/{each['id']}").get_json()["story"]
        for each in (first, second, other)
    ]

    assert stories[0] == stories[1]
    assert stories[0]["source_count"] == 2
    assert stories[2] is None


def test_one_publisher_alone_makes_no_story(client: FlaskClient) -> None:
    publish(client, source="wire", body_text=text(1))
    again = publish(client, source="wire", body_text=text(1))

    assert again["story"] is None


def test_a_third_copy_joins_and_the_others_say_so_in_their_feed(client: FlaskClient) -> None:
    for source in ("wire", "daily", "evening"):
        publish(client, source=source, body_text=text(3), tags=["Harbour"])

    feed = client.get("/v1/tags/Harbour/articles").get_json()["articles"]

    assert [each["story"]["source_count"] for each in feed] == [3, 3, 3]


def test_a_takedown_leaves_the_story(client: FlaskClient) -> None:
    publish(client, source="wire", external_id="1", body_text=text(4))
    left = publish(client, source="daily", body_text=text(4))

    client.delete("/v1/newsroom/articles/wire/1?reason=legal", headers=EDITOR)

    assert client.get(f"/v1/articles/{left['id']}").get_json()["story"] is None
