"""`tagwire tags rebuild`: shown before it is done, exactly; ended at any point, it goes on."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from backend.core.db import db
from backend.newsroom.retag import rebuild
from tagwire import main
from tests.backend.newsroom.test_tag_preview import written
from tests.conftest import EDITOR, Clock
from tests.factories import publish

MakeApp = Callable[..., Flask]


def rebuilt(app: Flask, *options: str) -> Result:
    done = app.test_cli_runner().invoke(main, ["tags", "rebuild", *options])
    assert done.exit_code == 0, done.output
    return done


def state(session: Session) -> list[Any]:
    """Every article's tags with their rules, and the feeds that list it."""
    tagged = (
        "SELECT a.public_id, t.key, at.rule, at.position FROM article_tag at"
        " JOIN article a ON a.id = at.article_id JOIN tag t ON t.id = at.tag_id ORDER BY 1, 4"
    )
    listed = (
        "SELECT f.kind, f.ref_id, r.article_id, r.rank_us FROM feed_row r"
        " JOIN feed f ON f.id = r.feed_id ORDER BY 1, 2, 3"
    )
    found = [tuple(row) for query in (tagged, listed) for row in session.execute(text(query))]
    session.rollback()
    return found


def spoiled(client: FlaskClient, session: Session, count: int) -> list[str]:
    """Articles that lost tags, have wrong ones, or say names that became tags since."""
    chance = random.Random(count)
    ids = [publish(client, **written(seed))["id"] for seed in range(count)]
    for name in ("OrlaVandenberg", "HarbourTrust"):
        client.post(f"/v1/newsroom/tags/{name}/confirm", headers=EDITOR)
    rows = session.execute(
        text("SELECT article_id, tag_id FROM article_tag WHERE rule != 'publisher'")
    )
    for row in chance.sample(list(rows), k=count // 2):
        session.execute(
            text("DELETE FROM article_tag WHERE article_id = :a AND tag_id = :t"),
            {"a": row.article_id, "t": row.tag_id},
        )
    session.commit()
    return ids


def test_a_dry_run_shows_exactly_what_is_then_done(
    app: Flask, client: FlaskClient, session: Session, clock: Clock
) -> None:
    spoiled(client, session, 40)
    clock.forward(days=3)
    before = state(session)

    shown = rebuilt(app, "--dry-run")
    assert state(session) == before
    done = rebuilt(app)

    assert shown.stdout == done.stdout
    assert len(done.stdout.splitlines()) > 5
    assert "would change" in shown.stderr


def test_a_second_run_changes_nothing_and_writes_nothing(
    app: Flask, client: FlaskClient, session: Session, clock: Clock
) -> None:
    spoiled(client, session, 40)
    clock.forward(days=3)
    rebuilt(app)
    before = state(session)
    written: list[str] = []

    with app.app_context():

        @event.listens_for(db.engine, "before_cursor_execute")
        def note(_: Any, __: Any, statement: str, *___: Any) -> None:
            if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                written.append(statement)

    assert rebuilt(app).stdout == ""
    assert state(session) == before
    assert written == []


def test_an_article_of_the_window_is_shown_as_it_will_be(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    spoiled(client, session, 40)

    assert rebuilt(app, "--dry-run").stdout == rebuilt(app).stdout


def test_an_old_article_hears_of_new_ones_however_many_lie_between(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    lead = "The council heard Orla Vandenberg on Monday evening."
    old = publish(client, source="herald", body_text=lead, language="en")
    for _ in range(25):
        publish(client)
    clock.forward(days=3)
    publish(client, source="mercury", body_text=lead, language="en")

    assert rebuilt(app, "--dry-run").stdout == rebuilt(app).stdout
    assert client.get(f"/v1/articles/{old['id']}").get_json()["tags"] == ["OrlaVandenberg"]


@pytest.mark.parametrize("after", [1, 3, 7])
def test_what_was_ended_is_finished_by_the_next_run(
    make_app: MakeApp, session: Session, client: FlaskClient, clock: Clock, after: int
) -> None:
    """The run is dropped between two differences, as a killed process leaves it."""
    spoiled(client, session, 40)
    clock.forward(days=3)
    app = make_app()
    planned = rebuilt(app, "--dry-run").stdout.splitlines()
    with app.app_context():
        ended = rebuild(now=clock.now, dry_run=False)
        for _ in range(after):
            next(ended)
        del ended

    rest = rebuilt(app).stdout.splitlines()

    assert len(planned) - len(rest) >= after
    assert rest == planned[len(planned) - len(rest) :]
    assert rebuilt(app, "--dry-run").stdout == ""


def test_what_was_published_keeps_its_place(
    app: Flask, client: FlaskClient, session: Session, clock: Clock
) -> None:
    ids = spoiled(client, session, 12)
    clock.forward(days=3)
    newest = publish(client, **written(99))["id"]

    rebuilt(app)

    page = client.get("/v1/sources/herald/articles?limit=100").get_json()["articles"]
    page += client.get("/v1/sources/mercury/articles?limit=100").get_json()["articles"]
    page += client.get("/v1/sources/courier/articles?limit=100").get_json()["articles"]
    assert {each["id"] for each in page} == {*ids, newest}
    for source in ("herald", "mercury", "courier"):
        listed = client.get(f"/v1/sources/{source}/articles?limit=100").get_json()["articles"]
        own = [each for each in [*ids, newest] if each in {article["id"] for article in listed}]
        assert [article["id"] for article in listed] == own[::-1]
