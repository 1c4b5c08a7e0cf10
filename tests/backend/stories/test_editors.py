"""Editors see, join and split stories, and what they decided holds."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from backend.stories.linkage import JOIN
from tests.backend.stories.telling import (
    QUAKE,
    RESIGNS,
    SOURCES,
    story_of,
    tell,
    tell_all,
)
from tests.conftest import EDITOR, Clock, bearer

STORIES = "/v1/newsroom/stories"


def read(client: FlaskClient, story: str) -> Any:
    answer = client.get(f"{STORIES}/{story}", headers=EDITOR)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def decide(client: FlaskClient, story: str, verb: str, **body: Any) -> Any:
    answer = client.post(f"{STORIES}/{story}/{verb}", headers=EDITOR, json=body)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_an_editor_sees_a_story_with_its_articles_and_scores(client: FlaskClient) -> None:
    ids = tell_all(client)
    shown = read(client, story_of(client, ids[0])["id"])

    assert (shown["title"], shown["source_count"]) == (RESIGNS[0][0], 3)
    assert [each["id"] for each in shown["articles"]] == ids
    assert [each["source"]["slug"] for each in shown["articles"]] == list(SOURCES[:3])
    assert all(JOIN <= each["score"] <= 1 for each in shown["articles"])
    assert shown["curated_by"] is None


def test_stories_are_listed_newest_first_and_paged(client: FlaskClient) -> None:
    tell_all(client, 2)
    for source in SOURCES[:2]:
        tell(client, source, QUAKE)

    first = client.get(f"{STORIES}?limit=1", headers=EDITOR)
    query = {"limit": 1, "cursor": first.get_json()["next_cursor"]}
    second = client.get(STORIES, headers=EDITOR, query_string=query).get_json()

    assert [each["title"] for each in first.get_json()["stories"]] == [QUAKE[0]]
    assert 'rel="next"' in first.headers["Link"]
    assert [each["title"] for each in second["stories"]] == [RESIGNS[0][0]]
    assert second["next_cursor"] is None


def test_what_is_split_stays_apart_whatever_comes_later(client: FlaskClient, clock: Clock) -> None:
    ids = tell_all(client, 4)
    story = story_of(client, ids[0])["id"]
    done = decide(client, story, "split", articles=ids[2:])

    assert [each["id"] for each in done["story"]["articles"]] == ids[:2]
    assert [each["id"] for each in done["split"]["articles"]] == ids[2:]
    assert done["story"]["source_count"] == done["split"]["source_count"] == 2

    clock.forward(minutes=5)
    for source, told in list(zip(SOURCES, RESIGNS, strict=True))[4:]:
        tell(client, source, told)
    sides = [story_of(client, each)["id"] for each in ids]
    assert sides[0] == sides[1] != sides[2] == sides[3]


def test_an_article_that_was_taken_out_is_not_brought_back_by_a_new_headline(
    client: FlaskClient,
) -> None:
    first = tell(client, SOURCES[0], RESIGNS[0], external_id="1")["id"]
    second = tell(client, SOURCES[1], RESIGNS[1])
    tell(client, SOURCES[2], RESIGNS[2])
    decide(client, second["story"]["id"], "split", articles=[first])
    tell(client, SOURCES[0], RESIGNS[4], external_id="1")

    assert story_of(client, first) is None
    assert story_of(client, second["id"])["source_count"] == 2


def test_a_pair_that_is_split_is_no_story_any_more(client: FlaskClient) -> None:
    ids = tell_all(client, 2)
    done = decide(client, story_of(client, ids[0])["id"], "split", articles=ids[:1])

    assert done == {"story": None, "split": None}
    assert [story_of(client, each) for each in ids] == [None, None]


def test_a_joined_article_counts_at_once_and_stays(client: FlaskClient) -> None:
    ids = tell_all(client, 2)
    quake = tell(client, "mail", QUAKE, external_id="q")
    story = story_of(client, ids[0])["id"]
    joined = decide(client, story, "join", articles=[quake["id"]])
    again = tell(client, "mail", QUAKE, external_id="q", breaking=True)

    assert joined["source_count"] == 3
    assert joined["curated_by"]
    assert joined["articles"][-1]["score"] is None
    assert again["story"]["id"] == story
    assert story_of(client, ids[0])["source_count"] == 3


def test_joined_stories_are_one_and_the_old_address_leads_there(client: FlaskClient) -> None:
    ids = tell_all(client, 2)
    other = [tell(client, source, QUAKE)["id"] for source in SOURCES[2:4]]
    kept, gone = story_of(client, ids[0])["id"], story_of(client, other[0])["id"]
    decide(client, kept, "join", stories=[gone])

    assert read(client, gone)["id"] == kept
    assert [story_of(client, each)["source_count"] for each in ids + other] == [4] * 4


def test_joining_undoes_a_split(client: FlaskClient) -> None:
    ids = tell_all(client, 3)
    story = story_of(client, ids[0])["id"]
    decide(client, story, "split", articles=ids[2:])
    decide(client, story, "join", articles=ids[2:])
    tell(client, SOURCES[3], RESIGNS[3])

    assert [story_of(client, each) for each in ids] == [{"id": story, "source_count": 4}] * 3


def test_readers_hear_of_a_split(client: FlaskClient) -> None:
    ids = tell_all(client, 3, tags=["Navy"])
    page = client.get("/v1/tags/Navy/articles").get_json()
    decide(client, story_of(client, ids[0])["id"], "split", articles=ids[2:])

    query = {"cursor": page["sync_cursor"]}
    changes = client.get("/v1/tags/Navy/changes", query_string=query).get_json()["changes"]
    counts = {each["article"]["id"]: each["article"]["story"] for each in changes}
    assert {key: story and story["source_count"] for key, story in counts.items()} == {
        ids[0]: 2,
        ids[1]: 2,
        ids[2]: None,
    }


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("split", {"articles": ["unknown"]}, 422),
        ("split", {"articles": []}, 422),
        ("split", {}, 422),
        ("join", {}, 422),
        ("join", {"articles": ["unknown"]}, 422),
        ("join", {"stories": ["unknown"]}, 422),
        ("join", {"article": ["misspelt"]}, 422),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_changes_nothing(
    client: FlaskClient, verb: str, body: dict[str, Any], status: int
) -> None:
    ids = tell_all(client, 2)
    story = story_of(client, ids[0])
    answer = client.post(f"{STORIES}/{story['id']}/{verb}", headers=EDITOR, json=body)

    assert answer.status_code == status
    assert answer.get_json()["errors"]
    assert story_of(client, ids[1]) == story


def test_a_split_leaves_somebody_in_the_story_and_takes_only_its_own(client: FlaskClient) -> None:
    ids = tell_all(client, 2)
    quake = tell(client, "mail", QUAKE)["id"]
    url = f"{STORIES}/{story_of(client, ids[0])['id']}/split"

    for articles in (ids, [quake]):
        answer = client.post(url, headers=EDITOR, json={"articles": articles})
        assert answer.status_code == 422


def test_an_unknown_story_is_not_found(client: FlaskClient) -> None:
    assert client.get(f"{STORIES}/nothing", headers=EDITOR).status_code == 404
    body = {"articles": ["a"]}
    for verb in ("join", "split"):
        answer = client.post(f"{STORIES}/nothing/{verb}", headers=EDITOR, json=body)
        assert answer.status_code == 404


def test_stories_are_the_editors(app: Flask, client: FlaskClient, clock: Clock) -> None:
    with app.app_context():
        publisher = bearer(create_key("publisher", "wire", (), now=clock.now))

    assert client.get(STORIES, headers=publisher).status_code == 403
    assert client.get(STORIES).status_code == 401
