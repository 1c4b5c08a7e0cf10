"""What a cached home is told: takedowns, edits, and what follows and unfollows add and remove."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.audience import follow_log
from backend.core.cursor import LONGEST
from backend.feed.changes import RETENTION, prune_changes
from tests.backend.feed.reading import correct, get, ids, take_down
from tests.conftest import Clock
from tests.factories import Phone, publish, register


def home(phone: Phone) -> dict[str, Any]:
    return get(phone.client, "/v1/feed", headers=phone.auth)


def asked(phone: Phone, cursor: str, **query: Any) -> Any:
    query |= {"cursor": cursor}
    return phone.client.get("/v1/feed/changes", headers=phone.auth, query_string=query)


def told(phone: Phone, cursor: str) -> tuple[list[Any], str]:
    """What each change says, article by article, and the next cursor."""
    page = asked(phone, cursor).get_json()
    assert not page["has_more"]
    return [_said(each) for each in page["changes"]], page["sync_cursor"]


def _said(change: dict[str, Any]) -> tuple[str, object]:
    if change["op"] == "remove":
        return change["id"], change["reason"]
    return change["article"]["id"], change["article"]["matched"]


def unfollow(phone: Phone, topic: str) -> None:
    path = f"/v1/installations/{phone.id}/topics/{topic}"
    assert phone.client.delete(path, headers=phone.auth).status_code == 204


def test_news_edits_and_takedowns_of_any_followed_topic_are_told(client: FlaskClient) -> None:
    gone = publish(client, external_id="gone", tags=["Harbour"])
    edited = publish(client, external_id="edited", tags=["Harbour", "Ferry"])
    phone = register(client, "tag:Harbour", "tag:Ferry")
    cursor = home(phone)["sync_cursor"]

    assert told(phone, cursor) == ([], cursor)
    take_down(client, "gone")
    correct(client, "edited", tags=["Ferry"])
    new = publish(client, tags=["Ferry"])
    publish(client, tags=["Bread"])

    found, cursor = told(phone, cursor)
    assert found == [
        (gone["id"], "unpublished"),
        (edited["id"], ["tag:Ferry"]),
        (new["id"], ["tag:Ferry"]),
    ]
    assert told(phone, cursor) == ([], cursor)


def test_an_unfollow_removes_what_no_other_follow_shows(client: FlaskClient) -> None:
    both = publish(client, tags=["Harbour", "Ferry"])
    one = publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour", "tag:Ferry")
    cursor = home(phone)["sync_cursor"]

    unfollow(phone, "tag:Harbour")

    found, cursor = told(phone, cursor)
    assert found == [(one["id"], "unfollowed"), (both["id"], ["tag:Ferry"])]
    assert told(phone, cursor) == ([], cursor)


def test_what_left_a_topic_before_it_was_unfollowed_is_removed_too(client: FlaskClient) -> None:
    left = publish(client, external_id="left", tags=["Harbour"])
    phone = register(client, "tag:Harbour")
    cursor = home(phone)["sync_cursor"]

    correct(client, "left", tags=["Bread"])
    unfollow(phone, "tag:Harbour")

    assert told(phone, cursor)[0] == [(left["id"], "untagged")]


def test_a_follow_tells_all_of_the_topic(client: FlaskClient) -> None:
    old = publish(client, tags=["Harbour"])
    phone = register(client)
    cursor = home(phone)["sync_cursor"]

    phone.follow("tag:Harbour")

    assert told(phone, cursor)[0] == [(old["id"], ["tag:Harbour"])]


def test_a_cursor_is_small_and_belongs_to_its_installation(client: FlaskClient) -> None:
    topics = [f"Pier{letter}" for letter in "ABCDEFGHIJKLMNOP"]
    publish(client, tags=topics)
    phone = register(client, *(f"tag:{name}" for name in topics))
    cursor = home(phone)["sync_cursor"]

    assert len(cursor) <= LONGEST
    assert asked(register(client), cursor).status_code == 400
    assert asked(phone, cursor[:-2]).status_code == 400
    assert asked(phone, get(client, "/v1/breaking/articles")["sync_cursor"]).status_code == 400


def test_an_answer_that_did_not_change_is_confirmed(client: FlaskClient) -> None:
    phone = register(client, "breaking")
    path = f"/v1/feed/changes?cursor={home(phone)['sync_cursor']}"
    etag = client.get(path, headers=phone.auth).headers["ETag"]

    again = client.get(path, headers=phone.auth | {"If-None-Match": etag})

    assert again.status_code == 304
    assert again.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("what", ["muted", "unfollow pruned", "changes pruned"])
def test_what_is_no_longer_known_starts_the_home_again(
    app: Flask, client: FlaskClient, clock: Clock, what: str
) -> None:
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour", "breaking")
    cursor = home(phone)["sync_cursor"]
    if what == "muted":
        phone.prefer(muted_sources=["herald"])
    elif what == "unfollow pruned":
        unfollow(phone, "breaking")
    else:
        publish(client, tags=["Harbour"])
    clock.forward(days=(RETENTION + timedelta(days=1)).days)
    with app.app_context():
        list(follow_log.prune(now=clock.now))
        list(prune_changes(now=clock.now))

    refused = asked(phone, cursor)

    assert (refused.status_code, refused.get_json()["type"]) == (410, "/problems/cursor-expired")
    assert asked(phone, home(phone)["sync_cursor"]).status_code == 200


def test_what_is_breaking_is_a_feed_with_changes(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    alarm = publish(client, external_id="alarm", breaking=True)
    page = get(client, "/v1/breaking/articles", language="en")
    assert ids(page) == [alarm["id"]]

    correct(client, "alarm", breaking=False)

    query = {"cursor": page["sync_cursor"], "language": "en"}
    changes = get(client, "/v1/breaking/changes", **query)["changes"]
    assert changes == [{"op": "remove", "id": alarm["id"], "reason": "untagged"}]
    assert ids(get(client, "/v1/breaking/articles")) == []
