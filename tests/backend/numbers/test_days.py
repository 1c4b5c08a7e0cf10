"""A day's numbers are exactly what happened on it, whenever they are made."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.tables.numbers import FollowChange, NumberedDay
from push.delivery.process import worker_for
from tests.backend.numbers.conftest import make_days, read, rows
from tests.conftest import EDITOR, SITE, Clock
from tests.deeplinks.counts.test_counts import download
from tests.deeplinks.test_links import IPHONE
from tests.factories import Phone, publish, register
from tests.push.editor import TAG, alert

Make = Callable[[], None]
TODAY = "2026-03-02"


@pytest.fixture
def send(app: Flask, clock: Clock) -> Make:
    """Sends what is due over the local transport."""

    def run() -> None:
        with app.app_context():
            context = app.extensions["tagwire"]
            worker = worker_for(app.extensions["push"], clock, context.hooks.tell)
            while worker.step():
                pass

    return run


def say(phone: Phone, kind: str, notification: str) -> None:
    event = {"type": kind, "notification_id": notification, "at": "2026-03-02T12:00:00Z"}
    url = f"/v1/installations/{phone.id}/events"
    answer = phone.client.post(url, headers=phone.auth, json={"events": [event]})
    assert answer.get_json()["results"] == [{"status": "counted"}]


def phones(client: FlaskClient, count: int, platform: str) -> list[Phone]:
    return [register(client, TAG, platform=platform) for _ in range(count)]


def test_alerts_count_in_the_hour_that_they_were_sent_in_by_platform_and_topic(
    client: FlaskClient, send: Make, made: Make, clock: Clock
) -> None:
    article = publish(client, source="herald", tags=["Harbour"])
    ios, android = phones(client, 7, "ios"), phones(client, 6, "android")
    phones(client, 3, "web")
    first = alert(client, article_id=article["id"])["id"]
    send()
    for phone in [*ios[:6], *android[:5]]:
        say(phone, "received", first)
    clock.forward(hours=2)
    alert(client, title="Another", body="Quite another.")
    send()
    for phone in [*ios[:5], *android[:4]]:
        say(phone, "opened", first)
    made()

    assert rows(client, "alerts") == {
        TODAY: {"alerts": 2, "accepted": 26, "received": 11, "opened": 5}
    }
    by_hour = rows(client, "alerts", by="hour")
    assert by_hour["12"] == {"alerts": 1, "accepted": 13, "received": 11, "opened": 5}
    assert by_hour["14"] == {"alerts": 1, "accepted": 13, "received": 0, "opened": 0}
    assert rows(client, "alerts", by="platform", platform="ios") == {
        "ios": {"accepted": 14, "received": 6, "opened": 5}
    }
    # Four of android are no number, and are in no sum.
    assert rows(client, "alerts", by="platform")["android"]["opened"] is None
    assert rows(client, "alerts", by="platform")["web"]["accepted"] is None
    assert rows(client, "alerts", by="topic") == {
        TAG: {"alerts": 2, "accepted": 26, "received": 11, "opened": 5}
    }
    assert rows(client, "alerts", topic=TAG)[TODAY]["opened"] == 5
    assert rows(client, "articles") == {article["id"]: {"opened": 5, "clicks": 0}}
    found = read(client, "alerts", by="platform")
    assert {row["key"]: row["open_rate"] for row in found["rows"] if row["key"] == "ios"} == {
        "ios": 0.3571
    }


def test_a_dry_run_and_what_nobody_was_sent_are_no_alerts(
    client: FlaskClient, send: Make, made: Make
) -> None:
    publish(client, source="herald", tags=["Harbour"])
    alert(client)
    send()
    phones(client, 5, "ios")
    alert(client, title="Dry", dry_run=True)
    send()
    made()

    assert rows(client, "alerts") == {}


def test_follows_are_gained_and_lost_by_topic_and_the_small_ones_are_kept_together(
    client: FlaskClient, made: Make, clock: Clock, session: Session
) -> None:
    publish(client, source="herald", tags=["Harbour", "Storm", "Port"])
    everybody = phones(client, 7, "ios")
    for phone in everybody[:4]:
        phone.follow("tag:Storm")
    for phone in everybody[:3]:
        phone.follow("tag:Port", "tag:Port")
    for phone in everybody[:5]:
        client.delete(f"/v1/installations/{phone.id}/topics/{TAG}", headers=phone.auth)
    client.delete(f"/v1/installations/{everybody[5].id}", headers=everybody[5].auth)
    made()

    assert rows(client, "follows", by="topic") == {
        "tag:Harbour": {"gained": 7, "lost": 6},
        "(other)": {"gained": 7, "lost": 0},
        "tag:Port": {"gained": None, "lost": 0},
        "tag:Storm": {"gained": None, "lost": 0},
    }
    assert rows(client, "follows") == {TODAY: {"gained": 14, "lost": 6}}
    assert rows(client, "follows", topic=TAG) == {TODAY: {"gained": 7, "lost": 6}}

    clock.forward(days=8)
    made()
    clock.forward(hours=1)
    made()
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(FollowChange)) == 0
    assert rows(client, "follows") == {TODAY: {"gained": 14, "lost": 6}}


def test_merging_tags_moves_followers_and_counts_nobody(client: FlaskClient, made: Make) -> None:
    publish(client, source="herald", tags=["Harbour", "Port"])
    phones(client, 6, "ios")
    body = {"into": "Port"}
    merged = client.post("/v1/newsroom/tags/Harbour/merge", headers=EDITOR, json=body)
    assert merged.status_code == 200, merged.get_json()
    made()

    assert rows(client, "follows") == {TODAY: {"gained": 6, "lost": 0}}


def test_a_campaign_is_followed_from_visit_to_follow(
    app: Flask, client: FlaskClient, made: Make
) -> None:
    article = publish(client, source="herald", tags=["Harbour"])
    link = {"url": f"{SITE}/article/{article['id']}", "campaign": "spring"}
    code = client.post("/v1/newsroom/links", headers=EDITOR, json=link).get_json()["code"]
    for _ in range(6):
        client.get(f"/l/{code}", headers={"User-Agent": IPHONE})
    claims = [download(client) for _ in range(8)]
    for token in claims[:6]:
        client.post("/v1/deeplinks/claim", json={"token": token})
    for token in claims[:5]:
        register(client, TAG, claim=token)
    made()

    assert rows(client, "downloads", by="campaign") == {
        "spring": {"visits": 6, "downloads": 8, "claims": 6, "installations": 5, "follows": 5}
    }
    assert rows(client, "downloads")[TODAY]["downloads"] == 8
    assert rows(client, "articles") == {article["id"]: {"opened": 0, "clicks": 6}}


def test_articles_are_counted_by_tag_and_source_on_the_day_that_lists_show(
    client: FlaskClient, made: Make, clock: Clock
) -> None:
    publish(client, source="herald", tags=["Harbour"])
    clock.forward(days=1)
    publish(client, source="herald", tags=["Harbour", "Storm"])
    gone = publish(client, source="mint", external_id="gone", tags=["Storm"])
    client.delete("/v1/newsroom/articles/mint/gone", headers=EDITOR)
    made()

    assert gone["id"]
    whole = rows(client, "sources", **{"from": TODAY})
    assert whole == {"source:herald": {"articles": 2}}
    tags = rows(client, "tags", **{"from": TODAY, "to": TODAY})
    assert {key: counts["articles"] for key, counts in tags.items()} == {"tag:Harbour": 1}


def test_missed_days_are_made_up_for_and_made_again_they_are_the_same(
    client: FlaskClient, made: Make, clock: Clock, session: Session
) -> None:
    publish(client, source="herald", tags=["Harbour"])
    phones(client, 5, "ios")
    made()
    clock.forward(days=2)
    phones(client, 6, "ios")
    clock.forward(days=20)
    made()
    once = rows(client, "follows", **{"from": TODAY})
    clock.forward(hours=2)
    made()

    assert once == {
        TODAY: {"gained": 5, "lost": 0},
        "2026-03-04": {"gained": 6, "lost": 0},
    }
    assert rows(client, "follows", **{"from": TODAY}) == once
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(NumberedDay)) == 23


def test_days_are_dropped_when_they_are_older_than_they_are_kept(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    app = make_app(NUMBERS_DAYS="10")
    client = app.test_client()
    publish(client, source="herald", tags=["Harbour"])
    make_days(app, clock)
    assert len(rows(client, "sources")) == 1
    clock.forward(days=12)
    make_days(app, clock)

    assert rows(client, "sources", **{"from": TODAY}) == {}
