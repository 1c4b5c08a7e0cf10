"""Trending and related tags: what rises against its own past, what belongs together."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from backend.core.db import db
from backend.feed import shown
from backend.feed.related import lift, related_tags
from backend.feed.shown_tags import tag_by_key
from backend.feed.trending import score
from tests.conftest import Clock
from tests.factories import publish, register


def trending(client: FlaskClient, **query: object) -> list[str]:
    answer = client.get("/v1/tags/trending", query_string=query)
    assert answer.status_code == 200, answer.get_json()
    return [tag["name"] for tag in answer.get_json()["tags"]]


def week_of(client: FlaskClient, clock: Clock, tag: str, a_day: int) -> None:
    for _ in range(7):
        for _ in range(a_day):
            publish(client, tags=[tag])
        clock.forward(days=1)


def test_a_steady_giant_does_not_trend_and_a_newcomer_does(
    client: FlaskClient, clock: Clock
) -> None:
    week_of(client, clock, "Giant", 4)
    for tag in ["Giant"] * 4 + ["Newcomer"] * 3 + ["Once"]:
        publish(client, tags=[tag])

    assert trending(client) == ["Newcomer"]


def test_what_was_written_before_the_window_is_no_trend(client: FlaskClient, clock: Clock) -> None:
    for _ in range(5):
        publish(client, tags=["Yesterday"])
    clock.forward(hours=30)

    assert trending(client) == []
    assert trending(client, window="2d") == ["Yesterday"]


def test_followers_lift_a_tag_above_an_equal_one(client: FlaskClient, clock: Clock) -> None:
    for tag in ("Plain", "Followed") * 2:
        publish(client, tags=[tag])
    clock.forward(minutes=5)
    for _ in range(4):
        register(client, "tag:Followed")
    clock.forward(minutes=5)

    assert trending(client) == ["Followed", "Plain"]
    assert trending(client, limit=1) == ["Followed"]


@pytest.mark.parametrize("window", ["1", "8d", "0h", "24h\n", "-1h", "999h"])
def test_a_window_that_makes_no_sense_is_refused(client: FlaskClient, window: str) -> None:
    assert client.get("/v1/tags/trending", query_string={"window": window}).status_code == 422


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_only_more_than_expected_is_a_rise(recent: int, past: int) -> None:
    assert (score(recent, past, 7) > 0) == (recent * 7 > past)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 90))
def test_lift_grows_with_evidence_and_falls_with_frequency(
    together: int, more: int, frequency: int
) -> None:
    rare = lift(together, 100, frequency, 10_000)

    assert lift(together + more, 100, frequency, 10_000) >= rare
    assert lift(together, 100, frequency + more, 10_000) <= rare


def test_a_tag_that_is_everywhere_is_related_to_nothing(app: Flask, client: FlaskClient) -> None:
    for number in range(12):
        tags = ["Harbour", "Ferries"] if number < 4 else ["Bread"]
        publish(client, tags=[*tags, "Everywhere"])

    with app.app_context():
        tag = tag_by_key(db.session(), "harbour")
        assert tag is not None
        assert [each.name for each in related_tags(db.session(), tag)] == ["Ferries"]


def test_the_members_of_a_pair_are_related_to_it(app: Flask, client: FlaskClient) -> None:
    publish(client, title="Chile and Peru ties", body_text="The Chile-Peru ferry. Chile. Peru.")

    with app.app_context():
        tag = tag_by_key(db.session(), "chile-peru")
        assert tag is not None
        assert {each.name for each in related_tags(db.session(), tag)} == {"Chile", "Peru"}


def test_related_articles_share_the_rarest_tag_and_never_repeat(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    one = publish(client, title="One", tags=["Common", "Rare"])
    for number in range(6):
        clock.forward(minutes=1)
        publish(client, title=f"Common {number}", tags=["Common"])
    clock.now -= timedelta(days=1)
    publish(client, title="Rare", tags=["Rare", "Common"])

    with app.app_context():
        found = shown.article(db.session(), one["id"], related=3)
        assert found is not None
        cards = [each.card for each in found.related]

    assert len(set(cards)) == 3
    assert '"title":"Rare"' in cards[0]
    assert not any('"title":"One"' in card for card in cards)
