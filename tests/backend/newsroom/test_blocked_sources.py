"""Nothing more of a blocked source is published, whoever sends it, until it is unblocked."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.problems import Conflict
from backend.http.context import current_context
from backend.http.keys import create_key
from backend.ingest import sources
from backend.newsroom.service import release_due
from schemas.fields import instant_text
from tests.conftest import EDITOR, START, Clock, bearer
from tests.factories import draft, publish

LIST = "/v1/newsroom/articles"
SOURCE = "/v1/newsroom/sources/herald"
FEED = "https://herald.example/feed"


@pytest.fixture
def publisher(app: Flask) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key("publisher", "herald", ["herald"], now=START, may_embargo=True))


def block(client: FlaskClient, *, is_blocked: bool = True) -> None:
    answer = client.put(SOURCE, headers=EDITOR, json={"blocked": is_blocked})
    assert answer.status_code == 200, answer.text


def change(client: FlaskClient, key: dict[str, str], article: dict[str, Any], **fields: Any) -> Any:
    return client.patch(f"{LIST}/{article['id']}", headers=key, json=fields)


def held(client: FlaskClient) -> dict[str, Any]:
    until = instant_text(START + timedelta(hours=1))
    return publish(client, title="Held", embargo_until=until, breaking=True)


def release(app: Flask) -> int:
    with app.app_context():
        return release_due(current_context().hooks, now=current_context().now())


def status(client: FlaskClient, article: dict[str, Any]) -> int:
    return client.get(f"/v1/articles/{article['id']}").status_code


def test_its_publisher_changes_nothing_that_is_public(
    client: FlaskClient, publisher: dict[str, str]
) -> None:
    article = publish(client, external_id="1", title="Harmless")
    block(client)

    refused = [
        client.put(f"{LIST}/herald/1", headers=publisher, json=draft(title="Worse")),
        change(client, publisher, article, title="Worse"),
        change(client, publisher, article, add_tags=["Worse"], dry_run=True),
    ]

    assert [each.status_code for each in refused] == [410] * 3
    assert client.get(f"/v1/articles/{article['id']}").get_json()["title"] == "Harmless"
    gone = client.delete(f"{LIST}/{article['id']}", headers=publisher)
    assert gone.status_code == 204


def test_an_editor_corrects_what_is_public_and_makes_nothing_public(client: FlaskClient) -> None:
    article, waiting = publish(client, title="Two hurt"), held(client)
    block(client)

    corrected = change(client, EDITOR, article, title="Nobody hurt", corrected=True)
    listed = change(client, EDITOR, waiting, embargo_until=None)

    assert corrected.get_json()["title"] == "Nobody hurt"
    assert listed.status_code == 410
    assert status(client, waiting) == 404


def test_what_was_taken_down_stays_down_until_it_is_unblocked(client: FlaskClient) -> None:
    article = publish(client)
    path = f"{LIST}/{article['id']}"
    client.delete(f"{path}?block_source=true", headers=EDITOR)

    refused = client.post(f"{path}/restore", headers=EDITOR)

    assert (refused.status_code, status(client, article)) == (409, 410)
    block(client, is_blocked=False)
    assert client.post(f"{path}/restore", headers=EDITOR).status_code == 200
    assert status(client, article) == 200


def test_an_embargo_that_ends_waits_until_it_is_unblocked(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    article = held(client)
    block(client)
    clock.forward(hours=2)
    other = publish(client, source="gazette", embargo_until=instant_text(clock() + timedelta(1)))

    assert (release(app), status(client, article)) == (0, 404)
    alerts = client.get("/v1/newsroom/notifications", headers=EDITOR).get_json()
    assert alerts["notifications"] == []
    block(client, is_blocked=False)
    assert (release(app), status(client, article)) == (1, 200)
    assert status(client, other) == 404


def feed(client: FlaskClient) -> tuple[bool, str | None]:
    found = client.get(SOURCE, headers=EDITOR).get_json()
    return found["paused"], found["pause_reason"]


def save(client: FlaskClient, **fields: Any) -> int:
    return client.put(SOURCE, headers=EDITOR, json=fields).status_code


def list_of_feeds(client: FlaskClient, said: str = "") -> str:
    outline = f'<outline text="Herald" xmlUrl="{FEED}" {said}/>'
    body = f'<opml version="1.0"><head/><body>{outline}</body></opml>'
    path, kind = "/v1/newsroom/sources.opml", {"Content-Type": "text/x-opml"}
    answer = client.post(path, headers={**EDITOR, **kind}, data=body).get_json()
    return str(answer["sources"][0]["result"])


@pytest.mark.parametrize("way", ["settings", "list"])
def test_a_feed_that_it_is_given_is_not_polled_until_it_is_unblocked(
    client: FlaskClient, way: str
) -> None:
    publish(client)
    block(client)

    given = save(client, feed_url=FEED) if way == "settings" else list_of_feeds(client)

    assert given in {200, "added"}
    assert feed(client) == (True, "the source is blocked")
    block(client, is_blocked=False)
    assert feed(client) == (False, None)


def test_it_is_polled_again_by_nothing_but_being_unblocked(app: Flask, client: FlaskClient) -> None:
    save(client, feed_url=FEED)
    block(client)

    with app.app_context(), pytest.raises(Conflict, match="unblock it"):
        sources.resume("herald", now=START)
    refused = [save(client, paused=False), save(client, blocked=True, paused=False)]
    save(client, feed_url=None)
    refused += [save(client, feed_url=FEED, paused=False)]

    assert refused == [409, 409, 409]
    save(client, feed_url=FEED)
    assert feed(client) == (True, "the source is blocked")
    assert save(client, blocked=False, paused=False) == 200
    assert feed(client) == (False, None)


def test_one_that_an_editor_paused_before_stays_paused_when_it_is_unblocked(
    client: FlaskClient,
) -> None:
    save(client, feed_url=FEED, paused=True)
    block(client)

    assert save(client, paused=False) == 409
    block(client, is_blocked=False)
    assert feed(client) == (True, "paused by an editor")


def test_one_that_was_removed_returns_without_being_polled(client: FlaskClient) -> None:
    save(client, feed_url=FEED)
    block(client)
    client.delete(SOURCE, headers=EDITOR)

    assert list_of_feeds(client) == "added"
    assert feed(client) == (True, "the source is blocked")
    assert list_of_feeds(client, 'paused="false"') == "known"
