"""Headlines of one event are one story, however they are worded, and whoever writes when."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from backend.core.db import transaction
from backend.stories.grouping import show
from backend.stories.service import forget_old
from backend.tables.newsroom import Article
from backend.tables.stories import StoryTerms
from tests.backend.stories.telling import (
    QUAKE,
    RECRUITS,
    RESIGNS,
    SOURCES,
    story_of,
    tell,
    tell_all,
)
from tests.conftest import EDITOR, Clock
from tests.factories import draft


def test_seven_publishers_of_one_event_are_one_story(client: FlaskClient) -> None:
    ids = tell_all(client, 7)

    stories = [story_of(client, each) for each in ids]
    assert stories[0]["source_count"] == 7
    assert all(story == stories[0] for story in stories)


def test_another_event_of_the_same_person_is_not_in_it(client: FlaskClient) -> None:
    ids = tell_all(client)
    recruits = tell(client, "mail", RECRUITS)
    quake = tell(client, "mail", QUAKE)

    assert story_of(client, ids[0])["source_count"] == 3
    assert recruits["story"] is quake["story"] is None


def test_related_articles_are_those_of_the_story(client: FlaskClient) -> None:
    ids = tell_all(client)
    tell(client, "mail", QUAKE)

    related = client.get(f"/v1/articles/{ids[0]}").get_json()["related"]
    assert {each["id"] for each in related} == set(ids[1:])


def test_readers_of_a_feed_hear_of_the_new_number_of_sources(client: FlaskClient) -> None:
    first = tell(client, SOURCES[0], RESIGNS[0], tags=["Navy"])
    page = client.get("/v1/tags/Navy/articles").get_json()
    tell(client, SOURCES[1], RESIGNS[1])

    query = {"cursor": page["sync_cursor"]}
    changes = client.get("/v1/tags/Navy/changes", query_string=query).get_json()["changes"]
    assert [
        (each["article"]["id"], each["article"]["story"]["source_count"]) for each in changes
    ] == [(first["id"], 2)]


def test_a_publishers_second_telling_counts_no_second_source(client: FlaskClient) -> None:
    ids = tell_all(client, 2)
    again = tell(client, SOURCES[0], RESIGNS[2])

    assert again["story"] == story_of(client, ids[0])
    assert again["story"]["source_count"] == 2


def test_the_same_headline_three_days_later_is_another_story(
    client: FlaskClient, clock: Clock
) -> None:
    tell(client, SOURCES[0], RESIGNS[0])
    clock.forward(hours=72)

    assert tell(client, SOURCES[1], RESIGNS[1])["story"] is None


def test_a_corrected_headline_finds_its_story(client: FlaskClient) -> None:
    ids = tell_all(client, 2)
    wrong = tell(client, "mail", QUAKE, external_id="1")
    title, summary = RESIGNS[2]
    client.patch(
        "/v1/newsroom/articles/mail/1",
        headers=EDITOR,
        json={"title": title, "summary": summary, "body_text": summary},
    )

    assert story_of(client, wrong["id"]) == story_of(client, ids[0])


def test_a_process_that_was_started_since_groups_as_the_former_did(
    client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    ids = tell_all(client, 2)
    restarted = make_app().test_client()
    third = tell(restarted, SOURCES[2], RESIGNS[2])
    fourth = tell(client, SOURCES[3], RESIGNS[3])

    assert third["story"]["id"] == fourth["story"]["id"] == story_of(client, ids[0])["id"]
    assert fourth["story"]["source_count"] == 4


def test_an_article_whose_words_no_former_version_kept_is_found_by_them(
    client: FlaskClient, app: Flask, make_app: Callable[..., Flask]
) -> None:
    first = tell(client, SOURCES[0], RESIGNS[0])["id"]
    with app.app_context(), transaction() as session:
        session.execute(delete(StoryTerms))
    upgraded = make_app().test_client()
    second = tell(upgraded, SOURCES[1], RESIGNS[3])

    assert second["story"] == story_of(upgraded, first)
    assert second["story"]["source_count"] == 2


def test_publishers_that_tell_at_the_same_instant_in_two_processes_are_one_story(
    make_app: Callable[..., Flask],
) -> None:
    apps = [make_app(), make_app()]

    def run(number: int) -> str:
        told = tell(apps[number % 2].test_client(), SOURCES[number], RESIGNS[number])
        found: str = told["id"]
        return found

    with ThreadPoolExecutor(7) as pool:
        ids = list(pool.map(run, range(7)))

    stories = [story_of(apps[0].test_client(), each) for each in ids]
    assert stories == [{"id": stories[0]["id"], "source_count": 7}] * 7


def test_a_publication_that_failed_leaves_no_trace_in_the_window(
    client: FlaskClient, app: Flask
) -> None:
    hooks = app.extensions["tagwire"].hooks
    tell(client, SOURCES[0], QUAKE)

    def fail(*_: object) -> None:
        raise RuntimeError("a room refuses")

    hooks.on_publish.append(fail)
    refused = client.put(
        "/v1/newsroom/articles/courier/1", headers=EDITOR, json=draft(title=RESIGNS[0][0])
    )
    hooks.on_publish.remove(fail)
    second = tell(client, SOURCES[2], RESIGNS[3])

    assert refused.status_code == 500
    assert second["story"] is None
    assert tell(client, SOURCES[3], RESIGNS[4])["story"]["source_count"] == 2


def test_what_leaves_the_window_is_cleaned_up_and_the_story_stays(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    ids = tell_all(client, 2)
    clock.forward(hours=49)
    with app.app_context():
        list(forget_old(now=clock.now))

    assert story_of(client, ids[0])["source_count"] == 2
    assert tell(client, SOURCES[2], RESIGNS[2])["story"] is None


def test_what_a_session_knows_of_a_story_it_reads_anew_when_that_is_shown(
    client: FlaskClient, session: Any, clock: Clock
) -> None:
    tell_all(client, 3)
    known = session.query(Article).order_by(Article.id).all()
    before = [each.card for each in known]
    story = known[0].story
    former, story.public_id = story.public_id, "another"

    show(session, story, now=clock())

    assert [each.card for each in known] == [card.replace(former, "another") for card in before]
    assert {each.story for each in known} == {story}
