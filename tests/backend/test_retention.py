"""What is past its time goes by setting, in slices; what is younger stays."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update

from backend.core.db import db, transaction
from backend.retention import sweeps
from backend.tables.audit import ArticleVersion
from backend.tables.newsroom import Article, ArticleTag, FeedRow
from deeplinks.store.models import LinkCount
from push.store.models import Notification, NotificationTopic
from tagwire import main
from tests.conftest import EDITOR, START, Clock
from tests.factories import Phone, draft, publish, register

MakeApp = Callable[..., Flask]
LETTERS = "The harbour is closed because of the storm, says its master. " * 3


def sweep(app: Flask, clock: Clock) -> None:
    with app.app_context():
        for _, each in sweeps(app.extensions["tagwire"], clock.now):
            deque(each, maxlen=0)


def rows(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def kept(make_app: MakeApp) -> Flask:
    return make_app(
        ARTICLE_BODY_DAYS="60",
        ARTICLE_DAYS="90",
        ALERT_DAYS="90",
        INSTALLATION_SILENT_DAYS="90",
        NUMBERS_DAYS="90",
    )


def story(client: FlaskClient, name: str, **fields: str) -> str:
    made = publish(
        client, external_id=name, title=f"{name} sails", tags=["Harbour"],
        body_text=LETTERS, **fields,
    )  # fmt: skip
    return str(made["id"])


def path_of(phone: Phone) -> str:
    return f"/v1/installations/{phone.id}"


def asked(client: FlaskClient, phone: Phone) -> int:
    return client.get(path_of(phone), headers=phone.auth).status_code


def shown(client: FlaskClient, article: str) -> tuple[int, str]:
    answer = client.get(f"/v1/articles/{article}")
    return answer.status_code, answer.get_json().get("body_html", "")


def found(client: FlaskClient, words: str) -> list[str]:
    answer = client.get("/v1/search", query_string={"q": words})
    return [each["id"] for each in answer.get_json()["articles"]]


def test_first_the_text_of_an_article_goes_and_then_all_but_its_address(
    kept: Flask, clock: Clock
) -> None:
    client = kept.test_client()
    old = story(client, "Ferry")
    clock.forward(days=40)
    young = story(client, "Barge")
    clock.forward(days=21)
    assert "harbour" in shown(client, old)[1]

    sweep(kept, clock)
    assert shown(client, old) == (200, "")
    assert "harbour" in shown(client, young)[1]

    clock.forward(days=30)
    sweep(kept, clock)
    assert shown(client, old)[0] == 410
    assert client.get(f"/article/{old}").status_code == 410
    assert shown(client, young)[0] == 200
    carried = client.get(f"/v1/articles/{young}").get_json()["tags"]
    assert rows(kept, ArticleTag) == len(carried) > 0
    titles = client.get("/v1/tags/harbour/articles").get_json()["articles"]
    assert [each["id"] for each in titles] == [young]


def test_search_finds_an_article_by_what_is_left_of_it_and_keeps_no_other_words(
    kept: Flask, clock: Clock
) -> None:
    client = kept.test_client()
    old = story(client, "Ferry", summary="Not today.")
    clock.forward(days=40)
    young = story(client, "Barge", summary="Not today.")
    clock.forward(days=21)
    assert found(client, "master") == [young, old]

    sweep(kept, clock)
    assert found(client, "master") == [young]
    assert found(client, "sails today") == [young, old]
    with kept.app_context():
        words = db.session.scalars(text("SELECT CAST(words AS text) FROM search_words")).all()
    assert ["master" in each for each in words].count(True) == 1


def test_a_source_does_not_bring_back_what_is_too_old(kept: Flask, clock: Clock) -> None:
    client = kept.test_client()
    story(client, "Ferry")
    clock.forward(days=91)
    sweep(kept, clock)

    path = "/v1/newsroom/articles/herald/Ferry"
    again = client.put(path, headers=EDITOR, json=draft(title="Ferry sails", tags=["Harbour"]))

    assert (again.status_code, "ARTICLE_DAYS" in again.get_json()["detail"]) == (410, True)
    assert rows(kept, FeedRow) == 0


def test_what_was_taken_down_stays_gone_and_loses_its_text_and_versions(
    kept: Flask, clock: Clock
) -> None:
    client = kept.test_client()
    down = story(client, "Ferry")
    with kept.app_context(), transaction() as session:
        session.execute(
            update(Article).values(unpublished_at=clock.now, takedown={"cause": "legal"})
        )
    clock.forward(days=91)
    sweep(kept, clock)

    assert shown(client, down)[0] == 410
    with kept.app_context():
        left = db.session.scalars(select(Article)).one()
        assert (left.body_text, left.summary, left.takedown) == ("", "", {"cause": "legal"})
    assert rows(kept, ArticleVersion) == 0


def test_by_default_nothing_of_articles_and_phones_goes(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    old, phone = story(client, "Ferry"), register(client)
    phone.follow("tag:Harbour")
    clock.forward(days=4_000)
    sweep(app, clock)

    assert "harbour" in shown(client, old)[1]
    assert asked(client, phone) == 200


def test_alerts_go_with_what_hangs_on_them_a_correction_first(kept: Flask, clock: Clock) -> None:
    with kept.app_context(), transaction() as session:
        first = alert("1")
        session.add(first)
        session.flush()
        session.add_all([alert("2", corrects_id=first.id), alert("3", state="scheduled")])
    clock.forward(days=91)
    sweep(kept, clock)

    with kept.app_context():
        assert db.session.scalars(select(Notification.public_id)).all() == ["3"]
    assert rows(kept, NotificationTopic) == 0


def alert(name: str, **fields: object) -> Notification:
    values = {
        "public_id": name, "key": name, "title": "Storm", "body": "Now",
        "url": "/", "urgency": "normal", "state": "sent", "created_by": "Ann",
        "content_hash": name, "created_at": START, "send_at": START, "expires_at": START,
    }  # fmt: skip
    return Notification(**(values | fields))


def test_a_silent_phone_is_told_why_and_one_that_spoke_stays(kept: Flask, clock: Clock) -> None:
    client = kept.test_client()
    story(client, "Ferry")
    silent, speaking = register(client), register(client)
    silent.follow("tag:Harbour")
    clock.forward(days=89)
    client.patch(path_of(speaking), headers=speaking.auth, json={"app_version": "2"})
    clock.forward(days=2)
    sweep(kept, clock)

    refused = client.get(path_of(silent), headers=silent.auth)
    assert refused.status_code == 401
    assert "Register again" in refused.get_json()["detail"]
    assert asked(client, speaking) == 200


def test_counts_of_links_go_with_other_numbers(kept: Flask, clock: Clock) -> None:
    days = [START.date(), START.date() - timedelta(days=91)]
    with kept.app_context(), transaction() as session:
        session.add_all(LinkCount(day=day, kind="click", label="", count=9) for day in days)
    sweep(kept, clock)

    with kept.app_context():
        assert db.session.scalars(select(LinkCount.day)).all() == days[:1]


def test_a_dry_run_says_how_many_rows_would_go_and_deletes_none(kept: Flask, clock: Clock) -> None:
    client = kept.test_client()
    old = story(client, "Ferry")
    clock.forward(days=91)

    told = kept.test_cli_runner().invoke(main, ["db", "retention", "--dry-run"])
    said = {line.split()[0]: line.split()[1] for line in told.output.splitlines()[:-1]}

    assert (said["article"], said["article_body"], said["notification"]) == ("1", "1", "0")
    assert "next sweep" in told.output
    assert "harbour" in shown(client, old)[1]


def test_rows_that_went_are_counted_from_zero(kept: Flask, clock: Clock) -> None:
    client = kept.test_client()
    kept.extensions["tagwire"].hooks.start_metrics()

    def counted() -> float:
        lines = client.get("/metrics").get_data(as_text=True).splitlines()
        name = 'tagwire_retention_rows_total{kind="article_body"} '
        return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = counted()
    story(client, "Ferry")
    clock.forward(days=61)
    sweep(kept, clock)

    assert counted() - before == 1
