"""A date ahead is an embargo for those who may set one; for all others it counts as now."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.context import current_context
from backend.http.keys import create_key
from backend.ingest.parsing.parse import parse_feed
from backend.ingest.service import ImportReport, feed_import_of, import_feeds
from schemas.fields import instant_text
from tests.backend.ingest.feeds import Item, rss
from tests.conftest import EDITOR, START, Clock, bearer
from tests.factories import draft

NOW = instant_text(START)
LATER = instant_text(START + timedelta(hours=2))
FAR = "2090-01-01T00:00:00Z"


def key(app: Flask, **rights: Any) -> dict[str, str]:
    with app.app_context():
        return bearer(create_key("publisher", "wire", ("herald",), now=START, **rights))


def put(client: FlaskClient, key: dict[str, str], **fields: Any) -> dict[str, Any]:
    url = "/v1/newsroom/articles/herald/1"
    answer: dict[str, Any] = client.put(url, headers=key, json=draft(**fields)).get_json()
    return answer


def poll(app: Flask, *items: Item) -> ImportReport:
    with app.app_context():
        found = parse_feed(rss(*items), url="https://harbour.example/feed", content_type="")
        feed_import = feed_import_of(found, url="https://harbour.example/feed")
        reports = import_feeds(current_context().hooks, [feed_import], clock=current_context().now)
    return reports["daily-harbour"]


def refused(client: FlaskClient) -> int:
    state = client.get("/v1/newsroom/sources/herald", headers=EDITOR).get_json()
    return int(state["refused_dates"])


@pytest.mark.parametrize("told", [LATER, FAR, "1970-01-01T00:00:00Z", "1989-12-31T23:59:59Z"])
def test_a_publishers_date_that_is_not_believed_counts_as_now_and_is_told(
    app: Flask, client: FlaskClient, told: str
) -> None:
    made = put(client, key(app), published_at=told)

    assert (made["published_at"], made["refused_date"]) == (NOW, told)
    assert client.get(f"/v1/articles/{made['id']}").status_code == 200
    assert refused(client) == 1


def test_a_date_a_few_minutes_ahead_is_a_clock_and_one_under_embargo_a_plan(
    app: Flask, client: FlaskClient
) -> None:
    soon = instant_text(START + timedelta(minutes=5))
    made = put(client, key(app), published_at=soon)
    assert (made["published_at"], made["refused_date"]) == (soon, None)

    url = "/v1/newsroom/articles/herald/2"
    body = draft(published_at=LATER, embargo_until=LATER)
    held = client.put(url, headers=key(app), json=body).get_json()
    assert (held["published_at"], held["embargo_until"]) == (LATER, LATER)
    assert refused(client) == 0


def test_a_key_that_may_sets_an_embargo_by_a_date_ahead(app: Flask, client: FlaskClient) -> None:
    held = put(client, key(app, may_embargo=True), published_at=LATER)

    assert (held["published_at"], held["embargo_until"]) == (LATER, LATER)
    assert client.get(f"/v1/articles/{held['id']}").status_code == 404


def test_an_editors_date_ahead_counts_as_now_too(client: FlaskClient) -> None:
    made = put(client, EDITOR, published_at=LATER)

    assert (made["published_at"], made["embargo_until"]) == (NOW, None)
    assert made["refused_date"] == LATER


def test_what_is_public_already_is_hidden_by_no_date(app: Flask, client: FlaskClient) -> None:
    put(client, EDITOR)

    moved = put(client, EDITOR, published_at=FAR)

    assert (moved["published_at"], moved["refused_date"]) == (NOW, FAR)
    assert client.get(f"/v1/articles/{moved['id']}").status_code == 200


def test_a_feeds_date_ahead_counts_as_now_too_and_does_not_change_when_it_comes(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    entry = Item(1, "Mon, 02 Mar 2026 14:00:00 +0000")
    assert poll(app, entry).counts.future_dates == 1
    (seen,) = client.get("/v1/sources/daily-harbour/articles").get_json()["articles"]
    clock.forward(hours=3)

    assert poll(app, entry).unchanged == 1
    (later,) = client.get("/v1/sources/daily-harbour/articles").get_json()["articles"]
    assert seen["published_at"] == later["published_at"] == NOW
